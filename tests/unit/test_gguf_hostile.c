/* GGUF files that lie: cut at every byte, with every byte changed, with impossible counts, lengths,
 * sizes and offsets. Each is refused by a message that names the file; none is read beyond its
 * end (the sanitizers' build tells). */
#include "io/gguf.h"

#include "base/buf.h"
#include "support.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static char *folder;
static char path[4096];

static int make_folder(void **state)
{
    (void)state;
    folder = support_folder();
    if (folder != NULL)
        snprintf(path, sizeof path, "%s/x.gguf", folder);
    return folder == NULL;
}

static int remove_folder(void **state)
{
    (void)state;
    support_folder_remove(folder);
    return 0;
}

/* ---- a file put together by hand ---- */

static struct buf file;

static void put(const void *data, size_t length)
{
    assert_int_equal(buf_append(&file, data, length, NULL), STATUS_OK);
}

static void u32(uint32_t value)
{
    put(&value, sizeof value);
}

static void u64(uint64_t value)
{
    put(&value, sizeof value);
}

static void text(const char *value)
{
    u64(strlen(value));
    put(value, strlen(value));
}

static void begin(uint64_t tensors, uint64_t pairs)
{
    buf_clear(&file);
    put("GGUF", 4);
    u32(3);
    u64(tensors);
    u64(pairs);
}

static void number_pair(const char *key, uint32_t value)
{
    text(key);
    u32(GGUF_U32);
    u32(value);
}

static void tensor(const char *name, uint64_t columns, uint64_t rows, uint32_t type,
                   uint64_t offset)
{
    text(name);
    u32(2);
    u64(columns);
    u64(rows);
    u32(type);
    u64(offset);
}

/* Pads to 32 and adds the data section. */
static void finish(size_t data)
{
    static const char zeros[4096];
    put(zeros, (32 - file.length % 32) % 32);
    put(zeros, data);
}

static enum status open_bytes(size_t length, struct error *error)
{
    struct gguf *gguf = (void *)folder;
    FILE *out = fopen(path, "wb");
    assert_non_null(out);
    assert_int_equal(fwrite(file.data, 1, length, out), length);
    assert_int_equal(fclose(out), 0);
    error->message[0] = '\0';
    enum status status = gguf_open(path, &gguf, error);
    if (status != STATUS_OK)
        assert_null(gguf);
    gguf_close(gguf);
    return status;
}

static void expect_refused(const char *message)
{
    struct error error = {0};
    if (open_bytes(file.length, &error) != STATUS_INVALID)
        fail_msg("taken, where \"%s\" was expected", message);
    if (strstr(error.message, message) == NULL || strstr(error.message, path) == NULL)
        fail_msg("\"%s\" expected: %s", message, error.message);
}

/* One of each kind of pair, two tensors. */
static void small_file(void)
{
    begin(2, 5);
    number_pair("general.alignment", 32);
    text("name");
    u32(GGUF_STRING);
    text("tiny");
    text("numbers");
    u32(GGUF_ARRAY);
    u32(GGUF_U16);
    u64(3);
    put("\1\0\2\0\3\0", 6);
    text("strings");
    u32(GGUF_ARRAY);
    u32(GGUF_STRING);
    u64(2);
    text("a");
    text("");
    text("flag");
    u32(GGUF_BOOL);
    put("\1", 1);
    tensor("first", 8, 2, WEIGHT_F32, 0);
    tensor("second", 32, 1, WEIGHT_Q8_0, 64);
    finish(64 + 34);
}

static void a_file_cut_anywhere_is_refused(void **state)
{
    (void)state;
    struct error error = {0};
    small_file();
    assert_int_equal(open_bytes(file.length, &error), STATUS_OK);
    for (size_t length = 0; length < file.length; length++) {
        if (open_bytes(length, &error) != STATUS_INVALID)
            fail_msg("taken when cut at %zu of %zu", length, file.length);
        assert_non_null(strstr(error.message, path));
    }
    buf_release(&file);
}

static void a_changed_byte_never_breaks_the_reader(void **state)
{
    (void)state;
    static const unsigned char changes[] = {0x00, 0x01, 0x7F, 0x80, 0xFF};
    struct error error = {0};
    small_file();
    for (size_t at = 0; at < file.length - 98; at++) /* the header */
        for (size_t i = 0; i < sizeof changes; i++) {
            char before = file.data[at];
            file.data[at] = (char)changes[i];
            enum status status = open_bytes(file.length, &error);
            assert_true(status == STATUS_OK || status == STATUS_INVALID);
            file.data[at] = before;
        }
    buf_release(&file);
}

static void what_is_no_gguf(void **state)
{
    (void)state;
    struct error error = {0};
    struct gguf *gguf;
    begin(0, 0);
    assert_int_equal(open_bytes(file.length, &error), STATUS_OK);
    memcpy(file.data, "GGML", 4);
    expect_refused("does not begin with \"GGUF\"");
    static const uint32_t versions[] = {0, 1, 4, 0x03000000, UINT32_MAX};
    for (size_t i = 0; i < sizeof versions / sizeof *versions; i++) {
        begin(0, 0);
        memcpy(file.data + 4, &versions[i], 4);
        expect_refused("2 or 3 expected");
    }
    buf_clear(&file);
    expect_refused("is empty");
    assert_int_equal(gguf_open(folder, &gguf, &error), STATUS_INVALID);
    assert_non_null(strstr(error.message, "not a regular file"));
    assert_int_equal(gguf_open("/dev/zero", &gguf, &error), STATUS_INVALID);
    unlink(path);
    assert_int_equal(gguf_open(path, &gguf, &error), STATUS_IO);
    assert_non_null(strstr(error.message, "No such file"));
    buf_release(&file);
}

static void impossible_counts_and_lengths(void **state)
{
    (void)state;
    static const uint64_t absurd[] = {1000,      UINT32_MAX, UINT64_C(1) << 32, UINT64_C(1) << 61,
                                      INT64_MAX, UINT64_MAX};
    for (size_t i = 0; i < sizeof absurd / sizeof *absurd; i++) {
        begin(absurd[i], 0);
        finish(64);
        expect_refused("tensors, more than its");
        begin(0, absurd[i]);
        finish(64);
        expect_refused("metadata keys, too many");
        begin(0, 1); /* a key's length */
        u64(absurd[i]);
        finish(64);
        expect_refused("a key at byte 24 claims");
        begin(0, 1); /* a string's */
        text("k");
        u32(GGUF_STRING);
        u64(absurd[i]);
        finish(64);
        expect_refused("key k");
        for (uint32_t type = GGUF_U8; type <= GGUF_F64; type++) { /* an array's */
            if (type == GGUF_ARRAY)
                continue;
            begin(0, 1);
            text("k");
            u32(GGUF_ARRAY);
            u32(type);
            u64(absurd[i]);
            finish(64);
            expect_refused("key k");
        }
        begin(1, 0); /* a tensor's name */
        u64(absurd[i]);
        finish(64);
        expect_refused("a tensor's name at byte 24 claims");
    }
    buf_release(&file);
}

static void impossible_values(void **state)
{
    (void)state;
    begin(0, 1);
    text("k");
    u32(13);
    finish(64);
    expect_refused("unknown value type 13");
    begin(0, 1);
    text("k");
    u32(GGUF_ARRAY);
    u32(GGUF_ARRAY);
    u64(1);
    finish(64);
    expect_refused("array of arrays");
    begin(0, 1);
    text("k");
    u32(GGUF_BOOL);
    put("\2", 1);
    finish(64);
    expect_refused("neither 0 nor 1");
    begin(0, 3);
    number_pair("twice", 1);
    number_pair("once", 1);
    number_pair("twice", 2);
    finish(64);
    expect_refused("the key twice occurs twice");
    static const uint32_t alignments[] = {0, 1, 4, 7, 33, 96, 131072, UINT32_MAX};
    for (size_t i = 0; i < sizeof alignments / sizeof *alignments; i++) {
        begin(0, 1);
        number_pair("general.alignment", alignments[i]);
        finish(64);
        expect_refused("a power of two from 8 to 65536");
    }
    begin(0, 1);
    text("general.alignment");
    u32(GGUF_STRING);
    text("32");
    finish(64);
    expect_refused("general.alignment is of type string");
    buf_release(&file);
}

static void impossible_tensors(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        uint64_t columns, rows;
        uint32_t type;
        uint64_t offset;
        const char *message;
    } row[] = {
        {"t", 0, 2, WEIGHT_F32, 0, "impossible size"},
        {"t", 8, 0, WEIGHT_F32, 0, "impossible size"},
        {"t", 33, 1, WEIGHT_Q8_0, 0, "impossible size"}, /* no whole block */
        {"t", UINT64_C(1) << 32, UINT64_C(1) << 32, WEIGHT_F32, 0, "impossible size"},
        {"t", UINT64_MAX, 1, WEIGHT_F32, 0, "impossible size"},
        {"t", 1, UINT64_MAX, WEIGHT_F32, 0, "impossible size"},
        {"t", UINT64_C(1) << 62, 1, WEIGHT_F32, 0, "impossible size"},
        {"t", UINT64_C(1) << 61, 1, WEIGHT_F32, 0, "cut short or wrong"},
        {"t", 8, 2, 4, 0, "weight type 4, which is not supported"}, /* Q4_2, withdrawn */
        {"t", 8, 2, 1000, 0, "weight type 1000"},
        {"t", 8, 2, UINT32_MAX, 0, "weight type 4294967295"}, /* WEIGHT_SOURCE is none */
        {"t", 8, 2, WEIGHT_F32, 1, "not a multiple of 32"},
        {"t", 8, 2, WEIGHT_F32, 16, "not a multiple of 32"},
        {"t", 8, 2, WEIGHT_F32, 128, "cut short or wrong"}, /* where the data ends */
        {"t", 8, 2, WEIGHT_F32, 96, "cut short or wrong"},
        {"t", 8, 2, WEIGHT_F32, UINT64_MAX - 31, "cut short or wrong"},
        {"t", 8, 2, WEIGHT_F32, UINT64_C(1) << 63, "cut short or wrong"},
        {"", 8, 2, WEIGHT_F32, 0, "name of 0 bytes"},
    };
    struct error error = {0};
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        begin(1, 0);
        tensor(row[i].name, row[i].columns, row[i].rows, row[i].type, row[i].offset);
        finish(128);
        expect_refused(row[i].message);
    }
    static const uint32_t dimensions[] = {0, 5, UINT32_MAX};
    for (size_t i = 0; i < 3; i++) {
        begin(1, 0);
        text("t");
        u32(dimensions[i]);
        finish(128);
        expect_refused("dimensions, 1 to 4 expected");
    }
    begin(1, 0);
    u64(3);
    put("a\0b", 3);
    finish(128);
    expect_refused("name of 3 bytes");
    static char longest[1100];
    memset(longest, 'x', sizeof longest - 1);
    begin(1, 0);
    tensor(longest, 8, 2, WEIGHT_F32, 0);
    finish(128);
    expect_refused("name of 1099 bytes");
    longest[1024] = '\0';
    begin(1, 0);
    tensor(longest, 8, 2, WEIGHT_F32, 0);
    finish(128);
    assert_int_equal(open_bytes(file.length, &error), STATUS_OK);
    begin(3, 0);
    tensor("a", 8, 2, WEIGHT_F32, 0);
    tensor("b", 8, 2, WEIGHT_F32, 64);
    tensor("a", 8, 2, WEIGHT_F32, 128);
    finish(256);
    expect_refused("the tensor a occurs twice");
    begin(2, 0);
    tensor("b", 8, 2, WEIGHT_F32, 32);
    tensor("a", 8, 2, WEIGHT_F32, 0);
    finish(256);
    expect_refused("the tensors a and b overlap");
    begin(2, 0); /* side by side, in any order, with a hole */
    tensor("b", 8, 2, WEIGHT_F32, 96);
    tensor("a", 8, 2, WEIGHT_F32, 0);
    finish(256);
    assert_int_equal(open_bytes(file.length, &error), STATUS_OK);
    buf_release(&file);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_folder, remove_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_file_cut_anywhere_is_refused),
        TEST(a_changed_byte_never_breaks_the_reader),
        TEST(what_is_no_gguf),
        TEST(impossible_counts_and_lengths),
        TEST(impossible_values),
        TEST(impossible_tensors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
