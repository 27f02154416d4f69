/* Networks on questions held out: the file they are kept in, and what is said about them. */
#include "search/judgement.h"
#include "store/heldout.h"

#include "io/atomic_file.h"
#include "support.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

#include <cmocka.h>

#define HASH_A "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define HASH_B "ffff456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static char *folder;
static char path[4200];

static int make_folder(void **state)
{
    (void)state;
    folder = support_folder();
    if (folder != NULL)
        snprintf(path, sizeof path, "%s/heldout.csv", folder);
    return folder == NULL;
}

static int remove_folder(void **state)
{
    (void)state;
    support_folder_remove(folder);
    return 0;
}

static struct heldout_row a_row(const char *code, bool magnitude, uint32_t n, double acc)
{
    struct heldout_row row = {.magnitude = magnitude,
                              .task = "tricky, \"name\"",
                              .sha256 = HASH_A,
                              .n = n,
                              .acc = acc,
                              .standard_error = sqrt(acc * (1 - acc) / (n - 1)),
                              .acc_norm = acc / 3,
                              .choice_nll = 1 / 7.0,
                              .seconds = 1.25,
                              .finished = 1700000000};
    snprintf(row.code.text, sizeof row.code.text, "%s", code);
    return row;
}

static void append(const struct heldout_row *row)
{
    struct heldout_file *file;
    struct error error = {0};
    if (heldout_open(folder, &file, &error) != STATUS_OK ||
        heldout_append(file, row, &error) != STATUS_OK)
        fail_msg("%s", error.message);
    heldout_close(file);
}

static struct heldout_rows read_all(void)
{
    struct heldout_rows rows;
    struct error error = {0};
    if (heldout_read(folder, &rows, &error) != STATUS_OK)
        fail_msg("%s", error.message);
    return rows;
}

static void add_text(const char *text)
{
    FILE *file = fopen(path, "a");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void rows_come_back(void **state)
{
    (void)state;
    struct heldout_rows rows = read_all(); /* no file yet */
    assert_int_equal(rows.count, 0);
    struct heldout_row first = a_row("88.4", false, 30, 1 / 3.0),
                       second = a_row("88.4", true, 30, .5);
    append(&first);
    append(&second);
    rows = read_all();
    assert_int_equal(rows.count, 2);
    assert_int_equal(rows.damaged, 0);
    const struct heldout_row *found = heldout_find(&rows, &first.code, true, HASH_A, 30);
    assert_non_null(found);
    assert_true(found->acc == .5 && found->magnitude);
    found = heldout_find(&rows, &first.code, false, HASH_A, 30);
    assert_non_null(found);
    assert_true(found->acc == first.acc && found->standard_error == first.standard_error);
    assert_true(found->acc_norm == first.acc_norm && found->choice_nll == first.choice_nll);
    assert_true(found->seconds == 1.25 && found->finished == first.finished);
    assert_string_equal(found->task, first.task);
    /* other questions, or more of them, are another matter */
    assert_null(heldout_find(&rows, &first.code, false, HASH_B, 30));
    assert_null(heldout_find(&rows, &first.code, false, HASH_A, 31));
    heldout_release(&rows);
}

static void the_last_row_of_a_code_is_found(void **state)
{
    (void)state;
    struct heldout_row row = a_row("88.4", false, 30, .25);
    append(&row);
    row.n = 60;
    append(&row);
    row.magnitude = true;
    append(&row);
    struct heldout_rows rows = read_all();
    assert_int_equal(heldout_last(&rows, &row.code, false)->n, 60);
    assert_false(heldout_last(&rows, &row.code, false)->magnitude);
    snprintf(row.code.text, sizeof row.code.text, "8888");
    assert_null(heldout_last(&rows, &row.code, false));
    heldout_release(&rows);
}

static void a_torn_line_never_was(void **state)
{
    (void)state;
    struct heldout_row row = a_row("8888", false, 30, .5);
    append(&row);
    add_text("88.8,importance,t," HASH_A ",30,0.5,0.1,0.5,1,1,2026-01-0");
    struct heldout_rows rows = read_all();
    assert_int_equal(rows.count, 1);
    assert_int_equal(rows.damaged, 0);
    heldout_release(&rows);
    snprintf(row.code.text, sizeof row.code.text, "8.88");
    append(&row); /* cuts it */
    rows = read_all();
    assert_int_equal(rows.count, 2);
    assert_int_equal(rows.damaged, 0);
    assert_string_equal(rows.row[1].code.text, "8.88");
    heldout_release(&rows);
}

#define TAIL ",0.1,0.5,1,1,2026-01-01T00:00:00Z\n"

static void damage_is_counted_and_left_out(void **state)
{
    (void)state;
    static const char *const damaged[] = {
        "garbage\n",
        "88\"8,importance,t," HASH_A ",30,0.5" TAIL,
        "88x8,importance,t," HASH_A ",30,0.5" TAIL,
        ",importance,t," HASH_A ",30,0.5" TAIL,
        "8888,chance,t," HASH_A ",30,0.5" TAIL,
        "8888,importance,t,abc,30,0.5" TAIL,
        "8888,importance,t," HASH_A ",0,0.5" TAIL,
        "8888,importance,t," HASH_A ",-3,0.5" TAIL,
        "8888,importance,t," HASH_A ",99999999999999,0.5" TAIL,
        "8888,importance,t," HASH_A ",30,1.5" TAIL,
        "8888,importance,t," HASH_A ",30,nan" TAIL,
        "8888,importance,t," HASH_A ",30," TAIL,
        "8888,importance,t," HASH_A ",30,0.5,0.1,0.5,1,1,yesterday\n",
        "8888,importance,t," HASH_A ",30,0.5,0.1,0.5,1,1,2026-01-01T00:00:00Z,7\n",
    };
    struct heldout_row row = a_row("8888", false, 30, .5);
    append(&row);
    for (size_t i = 0; i < sizeof damaged / sizeof *damaged; i++) {
        add_text(damaged[i]);
        struct heldout_rows rows = read_all();
        if (rows.count != 1 || rows.damaged != i + 1)
            fail_msg("taken: %s", damaged[i]);
        heldout_release(&rows);
    }
    add_text("8888,magnitude,t," HASH_A ",30,0.5" TAIL);
    struct heldout_rows rows = read_all();
    assert_int_equal(rows.count, 2);
    heldout_release(&rows);
}

/* Who opens a run reads the file as a courtesy, and wants no message. */
static void a_file_without_a_header_is_refused(void **state)
{
    (void)state;
    struct heldout_rows rows;
    add_text("\"code,order\n8888,importance\n");
    assert_int_equal(heldout_read(folder, &rows, NULL), STATUS_INVALID);
    assert_int_equal(rows.count, 0);
    heldout_release(&rows);
}

static void a_file_of_other_columns_is_refused(void **state)
{
    (void)state;
    struct heldout_rows rows;
    struct heldout_file *file;
    struct error error = {0};
    add_text("id,code,acc\n0,8888,0.5\n");
    assert_int_equal(heldout_read(folder, &rows, &error), STATUS_INVALID);
    assert_non_null(strstr(error.message, "the column order is missing"));
    heldout_release(&rows);
    assert_int_equal(heldout_open(folder, &file, &error), STATUS_INVALID);
    assert_non_null(strstr(error.message, "other columns"));
    assert_null(file);
    char *text;
    size_t length;
    assert_int_equal(file_read(path, &text, &length, NULL), STATUS_OK);
    assert_string_equal(text, "id,code,acc\n0,8888,0.5\n");
    memory_free(text);
}

static void one_process_appends(void **state)
{
    (void)state;
    struct heldout_file *file, *second;
    struct error error = {0};
    assert_int_equal(heldout_open(folder, &file, &error), STATUS_OK);
    assert_int_equal(heldout_open(folder, &second, &error), STATUS_INVALID);
    assert_non_null(strstr(error.message, "another process is adding to"));
    struct heldout_rows rows = read_all(); /* anybody reads */
    heldout_release(&rows);
    heldout_close(file);
    assert_int_equal(heldout_open(folder, &second, &error), STATUS_OK);
    heldout_close(second);
}

/* ---- what is said ---- */

#define SEARCH "search"
#define OTHER "baseline:other"

static const struct judged some[] = {
    /* origin, base, front, params, bytes, known, seen, error, heldout, error */
    {SEARCH, false, true, 50, 500, .30, .32, .03, .27, .03},
    {SEARCH, false, true, 60, 600, .40, .41, .03, .36, .03},
    {SEARCH, false, false, 70, 700, .35, .36, .03, .41, .03},
    {SEARCH, false, true, 80, 810, .50, .52, .03, .41, .03},
    {SEARCH, true, true, 100, 1000, .49, .45, .03, .43, .03},
    {OTHER, false, false, 80, 800, .20, .21, .03, .44, .03},
    {OTHER, false, false, 70, 700, .20, .21, .03, .20, .03},
};
#define SOME (sizeof some / sizeof *some)

static void luck_is_what_the_front_loses_beyond_the_base(void **state)
{
    (void)state;
    struct luck luck = judged_luck(some, SOME, false);
    assert_int_equal(luck.networks, 3);
    assert_true(fabs(luck.front - (.05 + .05 + .11) / 3) < 1e-12);
    assert_true(fabs(luck.base - .02) < 1e-12);
    assert_true(fabs(luck.luck - (.07 - .02)) < 1e-12);
    luck = judged_luck(some, SOME, true); /* by what was known */
    assert_true(fabs(luck.front - (.03 + .04 + .09) / 3) < 1e-12);
    assert_true(fabs(luck.base - .06) < 1e-12);
    luck = judged_luck(some, 4, false); /* without a base */
    assert_int_equal(luck.networks, 3);
    assert_true(isnan(luck.base) && isnan(luck.luck));
    luck = judged_luck(some + 4, 1, false); /* the base alone */
    assert_int_equal(luck.networks, 0);
    assert_true(isnan(luck.front) && isnan(luck.luck));
}

static void near_the_base_is_within_its_error(void **state)
{
    (void)state;
    static const bool near[SOME] = {false, false, true, true, true, true, false};
    for (size_t i = 0; i < SOME; i++)
        assert_int_equal(judged_near_base(some, SOME, i), near[i]);
    assert_false(judged_near_base(some, 4, 3)); /* there is none */
    assert_int_equal(judged_base(some, SOME), 4);
    assert_int_equal(judged_base(some, 4), SIZE_MAX);
}

/* 3 is beaten by the smaller 2 that is as good; 5 is of others. */
static void what_stands_is_best_of_its_size(void **state)
{
    (void)state;
    static const bool stands[SOME] = {true, true, true, false, true, true, true};
    for (size_t i = 0; i < SOME; i++)
        assert_int_equal(judged_stands(some, SOME, i), stands[i]);
    struct judged unknown = some[0];
    unknown.heldout = NAN;
    assert_false(judged_stands(&unknown, 1, 0));
}

/* By what was known, not by what came out. */
static void picks_go_by_what_was_known(void **state)
{
    (void)state;
    const struct judged_size params = {"params", false, .8}, bytes = {"bytes", true, .8};
    assert_int_equal(judged_pick(some, SOME, SEARCH, &params, 80), 3);
    assert_int_equal(judged_pick(some, SOME, SEARCH, &params, 79), 1);
    assert_int_equal(judged_pick(some, SOME, SEARCH, &bytes, 800), 1);
    assert_int_equal(judged_pick(some, SOME, SEARCH, &bytes, 499), SIZE_MAX);
    assert_int_equal(judged_pick(some, SOME, OTHER, &params, 90),
                     6); /* of equal ones the smallest */
    assert_int_equal(judged_pick(some, SOME, "baseline:none", &params, 90), SIZE_MAX);
    struct judged unknown[2] = {some[3], some[0]};
    unknown[0].known = NAN;
    assert_int_equal(judged_pick(unknown, 2, SEARCH, &params, 90), 1);
    assert_true(judged_first_of(some, 0) && !judged_first_of(some, 4));
    assert_true(judged_first_of(some, 5) && !judged_first_of(some, 6));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(rows_come_back, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(the_last_row_of_a_code_is_found, make_folder,
                                        remove_folder),
        cmocka_unit_test_setup_teardown(a_torn_line_never_was, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(damage_is_counted_and_left_out, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(a_file_without_a_header_is_refused, make_folder,
                                        remove_folder),
        cmocka_unit_test_setup_teardown(a_file_of_other_columns_is_refused, make_folder,
                                        remove_folder),
        cmocka_unit_test_setup_teardown(one_process_appends, make_folder, remove_folder),
        cmocka_unit_test(luck_is_what_the_front_loses_beyond_the_base),
        cmocka_unit_test(near_the_base_is_within_its_error),
        cmocka_unit_test(what_stands_is_best_of_its_size),
        cmocka_unit_test(picks_go_by_what_was_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
