/* CSV and JSON: what is read, and that a refusal names the line. */
#include "io/csv.h"
#include "io/json.h"

#include "base/memory.h"
#include "base/rng.h"
#include "io/atomic_file.h"
#include "support.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Rows as text: line, then the fields between bars. */
static void show(const struct csv_table *table, char *out, size_t size)
{
    size_t length = 0;
    out[0] = '\0';
    for (size_t i = 0; i < table->rows; i++) {
        length += (size_t)snprintf(out + length, size - length, "%zu", table->row[i].line);
        for (size_t k = 0; k < table->row[i].fields; k++)
            length += (size_t)snprintf(out + length, size - length, "|%s", table->row[i].field[k]);
        length += (size_t)snprintf(out + length, size - length, ";");
    }
}

static void tables_are_read(void **state)
{
    (void)state;
    static const struct {
        const char *text, *rows;
    } row[] = {
        {"", ""},
        {"\n\n", ""},
        {"a", "1|a;"},
        {"a,b\nc,d\n", "1|a|b;2|c|d;"},
        {"a,b\r\nc,d\r\n", "1|a|b;2|c|d;"},
        {"a,b\nc,d", "1|a|b;2|c|d;"},
        {"\xEF\xBB\xBF"
         "a,b\n",
         "1|a|b;"},
        {"\xEF\xBB\xBF\"a,\",b\n", "1|a,|b;"},
        {"a,,\n,b,\n", "1|a||;2||b|;"},
        {"\"\",\"\"\n", "1||;"},
        {"\"a \"\"b\"\"\",c\n", "1|a \"b\"|c;"},
        {"\" a\",b\n", "1| a|b;"},
        {"a,\"b\nc\nd\",e\nf\n", "1|a|b\nc\nd|e;4|f;"},
        {"\"a\nb\",c\nd\n", "1|a\nb|c;3|d;"}, /* the row begins where its first field does */
        {"\"a\r\nb\"\r\n\r\n\"c\nd\",\"e\nf\"\n\ng\n", "1|a\r\nb;4|c\nd|e\nf;8|g;"},
        {"\"a\"\"\nb\"\nc\n", "1|a\"\nb;3|c;"},
        {"\n\na\n\n\nb\n", "3|a;6|b;"},
        {"\xC3\xA9t\xC3\xA9,\xE2\x82\xAC,\xF0\x9F\x98\x80\n",
         "1|\xC3\xA9t\xC3\xA9|\xE2\x82\xAC|\xF0\x9F\x98\x80;"},
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        struct csv_table table;
        struct error error = {0};
        char shown[256];
        if (csv_read_memory("t.csv", row[i].text, strlen(row[i].text), &table, &error) != STATUS_OK)
            fail_msg("%s", error.message);
        show(&table, shown, sizeof shown);
        assert_string_equal(shown, row[i].rows);
        csv_release(&table);
        csv_release(&table);
    }
}

/* Text without quotes takes a way of its own: the same rows come of it as of libcsv, which a quoted
 * field in front calls for. */
static void plain_text_is_read_as_by_libcsv(void **state)
{
    (void)state;
    struct rng rng;
    rng_init(&rng, 1, "plain csv", 0);
    for (int i = 0; i < 2000; i++) {
        char text[40] = "\"\"\n", plain[600], quoted[600];
        size_t length = 3 + (size_t)rng_below(&rng, 30);
        for (size_t k = 3; k < length; k++)
            text[k] = ",,\nab"[rng_below(&rng, 5)];
        struct csv_table one, other;
        assert_int_equal(csv_read_memory("t", text + 2, length - 2, &one, NULL), STATUS_OK);
        assert_int_equal(csv_read_memory("t", text, length, &other, NULL), STATUS_OK);
        other.row++; /* the quoted one */
        other.rows--;
        show(&one, plain, sizeof plain);
        show(&other, quoted, sizeof quoted);
        assert_string_equal(plain, quoted);
        csv_release(&one);
        csv_release(&other);
    }
}

static void damage_is_refused_with_its_line(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t length; /* 0: the text's */
        const char *message;
    } row[] = {
        {"a,b\nc\"d,e\n", 0, "t.csv, line 2: a stray quote"},
        {"a,b\n\"c\"d,e\n", 0, "t.csv, line 2: a stray quote"},
        {"a,b\n\"c\nd\ne\"x,f\n", 0, "t.csv, line 4: a stray quote"},
        {"a\n\n\nb,\"c", 0, "t.csv, line 4: a quoted field"},
        {"a\n\"b\nc\nd\n", 0, "t.csv, line 2: a quoted field"},
        {"a\nb,\"c\nd\nd\n", 0, "t.csv, line 2: a quoted field"},
        {"a\nb\0c\n", 6, "t.csv, line 2: a NUL byte"},
        {"a\n\n\xFF\n", 0, "t.csv, line 3: not valid UTF-8"},
        {"a\n\xC3\n", 0, "t.csv, line 2: not valid UTF-8"},          /* cut */
        {"a\n\xC3", 0, "t.csv, line 2: not valid UTF-8"},            /* cut by the end */
        {"\x80\n", 0, "t.csv, line 1: not valid UTF-8"},             /* lone tail */
        {"\xC0\xAF\n", 0, "t.csv, line 1: not valid UTF-8"},         /* longer than needed */
        {"\xE0\x80\xAF\n", 0, "t.csv, line 1: not valid UTF-8"},     /* longer than needed */
        {"\xED\xA0\x80\n", 0, "t.csv, line 1: not valid UTF-8"},     /* surrogate */
        {"\xF4\x90\x80\x80\n", 0, "t.csv, line 1: not valid UTF-8"}, /* above U+10FFFF */
        {"\xF8\x88\x80\x80\x80\n", 0, "t.csv, line 1: not valid UTF-8"},
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        struct csv_table table;
        struct error error = {0};
        size_t length = row[i].length > 0 ? row[i].length : strlen(row[i].text);
        assert_int_equal(csv_read_memory("t.csv", row[i].text, length, &table, &error),
                         STATUS_INVALID);
        if (strstr(error.message, row[i].message) == NULL)
            fail_msg("row %zu: %s", i, error.message);
        assert_int_equal(table.rows, 0);
        csv_release(&table);
    }
}

static void columns_by_heading(void **state)
{
    (void)state;
    static const char text[] = "Question,a,B,Answer\nq,1,2,A\n";
    struct csv_table table, empty = {0};
    assert_int_equal(csv_read_memory("t.csv", text, sizeof text - 1, &table, NULL), STATUS_OK);
    assert_int_equal(csv_column(&table, "question"), 0);
    assert_int_equal(csv_column(&table, "b"), 2);
    assert_int_equal(csv_column(&table, "answer"), 3);
    assert_int_equal(csv_column(&table, "q"), -1);
    assert_int_equal(csv_column(&empty, "q"), -1);
    csv_release(&table);
}

/* Whatever a field holds, it comes back as it was. */
static void fields_come_back(void **state)
{
    (void)state;
    static const char *const pieces[] = {"a",  "B", ",", "\"",       "\n", "\r\n", " ",
                                         "\t", "'", ";", "\xC3\xA9", "\\", "",     "#"};
    struct rng rng;
    rng_init(&rng, 1, "csv", 0);
    for (int round = 0; round < 2000; round++) {
        char field[8][64] = {""};
        struct buf out;
        struct csv_table table;
        size_t fields = 1 + rng_below(&rng, 8);
        buf_init(&out);
        for (size_t i = 0; i < fields; i++) {
            for (uint32_t k = 0, n = rng_below(&rng, 6); k < n; k++)
                strcat(field[i], pieces[rng_below(&rng, 14)]);
            assert_int_equal(csv_append_field(&out, i == 0, field[i], NULL), STATUS_OK);
        }
        assert_int_equal(buf_append(&out, "\n", 1, NULL), STATUS_OK);
        assert_int_equal(csv_read_memory("t.csv", out.data, out.length, &table, NULL), STATUS_OK);
        bool blank = fields == 1 && field[0][0] == '\0';
        assert_int_equal(table.rows, blank ? 0 : 1); /* an empty line is no row */
        for (size_t i = 0; !blank && i < fields; i++)
            assert_string_equal(table.row[0].field[i], field[i]);
        assert_int_equal(blank ? fields : table.row[0].fields, fields);
        csv_release(&table);
        buf_release(&out);
    }
}

/* ---- JSON ---- */

static void json_errors_name_lines(void **state)
{
    (void)state;
    static const struct {
        const char *text, *message;
    } row[] = {
        {"", "line 1"},
        {"{\n  \"a\": 1,\n  \"b\": \n}\n", "line 4"},
        {"{\n\"a\": 1,\n\"a\": 2}\n", "duplicate"},
        {"{\"a\": 1}\n{\"b\": 2}\n", "line 2"},
        {"{\"a\": nan}", "line 1"},
        {"{\"a\": \"\xFF\"}", "line 1"},
        {"{\"a\": \"\\u0000\"}", "line 1"},
        {"[1, 2", "line 1"},
        {"{\"a\": 99999999999999999999999}", "line 1"},
    };
    char *folder = support_folder(), path[4200];
    snprintf(path, sizeof path, "%s/x.json", folder);
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        struct error error = {0};
        json_t *value;
        assert_int_equal(atomic_file_replace(path, row[i].text, strlen(row[i].text), NULL),
                         STATUS_OK);
        assert_int_equal(json_read_file(path, &value, &error), STATUS_INVALID);
        assert_null(value);
        if (strstr(error.message, row[i].message) == NULL || strstr(error.message, path) == NULL)
            fail_msg("row %zu: %s", i, error.message);
    }
    support_folder_remove(folder);
}

static void json_lines_are_counted_by_the_caller(void **state)
{
    (void)state;
    struct error error = {0};
    json_t *value;
    assert_int_equal(json_read_text("t.jsonl", 41, "{\"a\": }", 8, &value, &error), STATUS_INVALID);
    assert_null(value);
    assert_non_null(strstr(error.message, "t.jsonl, line 41"));
    assert_int_equal(json_read_text("t.jsonl", 41, "{\"a\": 1}xxx", 8, &value, NULL), STATUS_OK);
    json_decref(value);
}

static void deep_json_is_refused_not_fatal(void **state)
{
    (void)state;
    enum { DEPTH = 200000 };
    char *text = memory_new(DEPTH, 1, NULL);
    json_t *value;
    memset(text, '[', DEPTH);
    assert_int_equal(json_read_text("deep", 1, text, DEPTH, &value, NULL), STATUS_INVALID);
    memory_free(text);
}

static void json_files_are_replaced_whole(void **state)
{
    (void)state;
    char *folder = support_folder(), path[4200];
    json_t *value = json_pack("{s:i,s:[f,s]}", "b", 2, "a", 0.1, "\xC3\xA9"), *back;
    snprintf(path, sizeof path, "%s/x.json", folder);
    for (int i = 0; i < 2; i++)
        assert_int_equal(json_write_file(path, value, NULL), STATUS_OK);
    assert_int_equal(json_read_file(path, &back, NULL), STATUS_OK);
    assert_true(json_equal(value, back));
    json_decref(back);
    json_decref(value);
    char *text;
    size_t length;
    assert_int_equal(file_read(path, &text, &length, NULL), STATUS_OK);
    assert_int_equal(text[length - 1], '\n');
    assert_true(strstr(text, "\"b\"") < strstr(text, "\"a\"")); /* keys as they were put in */
    memory_free(text);
    support_folder_remove(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tables_are_read),
        cmocka_unit_test(plain_text_is_read_as_by_libcsv),
        cmocka_unit_test(damage_is_refused_with_its_line),
        cmocka_unit_test(columns_by_heading),
        cmocka_unit_test(fields_come_back),
        cmocka_unit_test(json_errors_name_lines),
        cmocka_unit_test(json_lines_are_counted_by_the_caller),
        cmocka_unit_test(deep_json_is_refused_not_fatal),
        cmocka_unit_test(json_files_are_replaced_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
