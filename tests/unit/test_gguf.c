/* GGUF: what the writer writes the reader reads; typed reading; a counting sink counts. */
#include "io/gguf.h"

#include "base/memory.h"
#include "base/rng.h"
#include "support.h"

#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

static enum status to_file(void *context, const void *data, size_t length, struct error *error)
{
    (void)error;
    return fwrite(data, 1, length, context) == length ? STATUS_OK : STATUS_IO;
}

/* The two forms of a scalar: as itself, and through the array writer's packing. */
static const uint8_t bytes[] = {0, 7, 255};
static const int16_t shorts[] = {-32768, 0, 32767};
static const int32_t ints[] = {-5, 0, INT32_MAX};
static const uint64_t longs[] = {0, UINT32_MAX, UINT64_MAX};
static const int64_t signed_longs[] = {INT64_MIN, -1, INT64_MAX};
static const double doubles[] = {-0.5, 1e300, 3};
static const float floats[] = {1.5F, -2.5F, FLT_MAX};
static const bool bools[] = {true, false, true};
static const char *const strings[] = {"", "two", "\xC3\xA9t\xC3\xA9"};

static const struct {
    const char *key;
    enum gguf_type type;
    const void *values;
    double expected[3];
} arrays[] = {
    {"a.u8", GGUF_U8, bytes, {0, 7, 255}},
    {"a.i16", GGUF_I16, shorts, {-32768, 0, 32767}},
    {"a.i32", GGUF_I32, ints, {-5, 0, INT32_MAX}},
    {"a.u64", GGUF_U64, longs, {0, UINT32_MAX, 0x1p64}},
    {"a.i64", GGUF_I64, signed_longs, {-0x1p63, -1, 0x1p63}},
    {"a.f64", GGUF_F64, doubles, {-0.5, 1e300, 3}},
    {"a.f32", GGUF_F32, floats, {1.5, -2.5, (double)FLT_MAX}},
    {"a.bool", GGUF_BOOL, bools, {1, 0, 1}},
    {"a.string", GGUF_STRING, strings, {0}},
};
#define ARRAYS (sizeof arrays / sizeof *arrays)

static const struct {
    const char *name;
    uint32_t dimensions;
    uint64_t size[4];
    enum weight_type type;
    uint64_t bytes;
} tensors[] = {
    {"one", 1, {5, 0, 0, 0}, WEIGHT_F32, 20},   {"two.weight", 2, {64, 3, 0, 0}, WEIGHT_Q4_1, 120},
    {"three", 3, {2, 3, 5, 0}, WEIGHT_F16, 60}, {"four", 4, {1, 1, 1, 1}, WEIGHT_F32, 4},
    {"k", 2, {256, 2, 0, 0}, WEIGHT_Q6_K, 420},
};
#define TENSORS (sizeof tensors / sizeof *tensors)

static void check(enum status status, const struct error *error)
{
    if (status != STATUS_OK)
        fail_msg("%s", error->message);
}

static void declare(struct gguf_writer *w, uint32_t alignment)
{
    struct error error = {0};
    check(gguf_writer_string(w, "general.architecture", "llama", &error), &error);
    check(gguf_writer_string(w, "empty", "", &error), &error);
    check(gguf_writer_u32(w, "general.alignment", alignment, &error), &error);
    check(gguf_writer_f32(w, "epsilon", 1e-5F, &error), &error);
    check(gguf_writer_bool(w, "yes", true, &error), &error);
    for (size_t i = 0; i < ARRAYS; i++)
        check(gguf_writer_array(w, arrays[i].key, arrays[i].type, arrays[i].values, 3, &error),
              &error);
    check(gguf_writer_array(w, "none", GGUF_U32, NULL, 0, &error), &error);
    for (size_t i = 0; i < TENSORS; i++)
        check(gguf_writer_tensor(w, tensors[i].name, tensors[i].dimensions, tensors[i].size,
                                 tensors[i].type, &error),
              &error);
}

/* Writes header and data (in pieces) to the sink; data NULL: counts only. */
static void send(struct gguf_writer *w, struct gguf_sink *sink, const uint8_t *data)
{
    struct error error = {0};
    check(gguf_writer_begin(w, sink, &error), &error);
    for (size_t i = 0; i < TENSORS; i++) {
        uint64_t first = tensors[i].bytes / 3;
        check(gguf_writer_data(w, sink, data, first, &error), &error);
        check(gguf_writer_data(w, sink, data != NULL ? data + first : NULL,
                               tensors[i].bytes - first, &error),
              &error);
    }
    check(gguf_writer_end(w, sink, &error), &error);
}

static struct gguf *write_and_open(uint32_t alignment, const uint8_t *data)
{
    struct gguf_writer *w;
    struct gguf *gguf;
    struct error error = {0};
    check(gguf_writer_new(alignment, &w, &error), &error);
    declare(w, alignment);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    struct gguf_sink sink = {to_file, file, 0}, counter = {NULL, NULL, 0};
    send(w, &sink, data);
    assert_int_equal(ftell(file), sink.bytes);
    assert_int_equal(fclose(file), 0);
    send(w, &counter, NULL);
    assert_int_equal(counter.bytes, sink.bytes);
    gguf_writer_free(w);
    check(gguf_open(path, &gguf, &error), &error);
    assert_int_equal(gguf_file_bytes(gguf), sink.bytes);
    return gguf;
}

static void expect_array(const struct gguf *gguf, size_t i)
{
    const struct gguf_pair *pair = gguf_find(gguf, arrays[i].key);
    assert_non_null(pair);
    assert_int_equal(pair->type, GGUF_ARRAY);
    assert_int_equal(pair->element, arrays[i].type);
    assert_int_equal(pair->count, 3);
    uint64_t offset = 0;
    struct gguf_string text;
    for (size_t k = 0; k < 3; k++) {
        if (arrays[i].type != GGUF_STRING) {
            assert_true(gguf_number_at(pair, k) == arrays[i].expected[k]);
            assert_false(gguf_next_string(pair, &offset, &text));
            continue;
        }
        assert_true(gguf_next_string(pair, &offset, &text));
        assert_int_equal(text.length, strlen(strings[k]));
        assert_memory_equal(text.data, strings[k], text.length);
    }
    assert_false(gguf_next_string(pair, &offset, &text));
}

static void what_is_written_is_read(void **state)
{
    (void)state;
    static const uint32_t alignments[] = {8, 32, 64, 4096};
    uint8_t data[420];
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (uint8_t)(i * 31 + 7);
    for (size_t a = 0; a < sizeof alignments / sizeof *alignments; a++) {
        struct gguf *gguf = write_and_open(alignments[a], data);
        assert_string_equal(gguf_path(gguf), path);
        assert_int_equal(gguf_alignment(gguf), alignments[a]);
        assert_int_equal(gguf_pair_count(gguf), 6 + ARRAYS);
        for (size_t i = 0; i < ARRAYS; i++)
            expect_array(gguf, i);
        assert_int_equal(gguf_tensor_count(gguf), TENSORS);
        for (size_t i = 0; i < TENSORS; i++) {
            const struct gguf_tensor *t = gguf_tensor_at(gguf, i);
            assert_ptr_equal(gguf_tensor_find(gguf, tensors[i].name), t);
            assert_string_equal(t->name, tensors[i].name);
            assert_int_equal(t->dimensions, tensors[i].dimensions);
            for (uint32_t k = 0; k < 4; k++)
                assert_int_equal(t->size[k], k < t->dimensions ? tensors[i].size[k] : 1);
            assert_int_equal(t->type, tensors[i].type);
            assert_int_equal(t->bytes, tensors[i].bytes);
            assert_memory_equal(t->data, data, tensors[i].bytes);
        }
        assert_null(gguf_tensor_find(gguf, "five"));
        assert_null(gguf_find(gguf, "general"));
        gguf_close(gguf);
    }
    gguf_close(NULL);
}

static void pairs_are_copied(void **state)
{
    (void)state;
    uint8_t data[420] = {0};
    struct gguf *from = write_and_open(32, data), *to;
    struct gguf_writer *w;
    struct error error = {0};
    char copy[4200];
    check(gguf_writer_new(32, &w, &error), &error);
    for (size_t i = 0; i < gguf_pair_count(from); i++)
        check(gguf_writer_copy(w, NULL, gguf_pair_at(from, i), &error), &error);
    check(gguf_writer_copy(w, "renamed", gguf_find(from, "a.string"), &error), &error);
    snprintf(copy, sizeof copy, "%s.copy", path);
    FILE *file = fopen(copy, "wb");
    assert_non_null(file);
    struct gguf_sink sink = {to_file, file, 0};
    check(gguf_writer_begin(w, &sink, &error), &error);
    check(gguf_writer_end(w, &sink, &error), &error);
    assert_int_equal(fclose(file), 0);
    gguf_writer_free(w);
    check(gguf_open(copy, &to, &error), &error); /* no tensors at all is a file, too */
    assert_int_equal(gguf_pair_count(to), gguf_pair_count(from) + 1);
    for (size_t i = 0; i < gguf_pair_count(from); i++) {
        const struct gguf_pair *a = gguf_pair_at(from, i), *b = gguf_pair_at(to, i);
        assert_int_equal(a->value_bytes, b->value_bytes);
        assert_memory_equal(a->value, b->value, a->value_bytes);
    }
    assert_int_equal(gguf_find(to, "renamed")->count, 3);
    gguf_close(from);
    gguf_close(to);
}

static void data_is_counted_by_the_writer(void **state)
{
    (void)state;
    struct gguf_writer *w;
    struct gguf_sink sink = {NULL, NULL, 0};
    struct error error = {0};
    const uint64_t size[2] = {32, 2}, odd[2] = {33, 2}, none[2] = {32, 0},
                   huge[2] = {UINT64_C(1) << 40, UINT64_C(1) << 40};
    check(gguf_writer_new(32, &w, &error), &error);
    assert_int_equal(gguf_writer_tensor(w, "odd", 2, odd, WEIGHT_Q8_0, &error), STATUS_INVALID);
    assert_non_null(strstr(error.message, "odd"));
    assert_int_equal(gguf_writer_tensor(w, "none", 2, none, WEIGHT_F32, &error), STATUS_INVALID);
    assert_int_equal(gguf_writer_tensor(w, "huge", 2, huge, WEIGHT_F32, &error), STATUS_INVALID);
    check(gguf_writer_tensor(w, "t", 2, size, WEIGHT_Q8_0, &error), &error); /* 68 bytes */
    check(gguf_writer_begin(w, &sink, &error), &error);
    assert_int_equal(gguf_writer_end(w, &sink, &error), STATUS_INVALID);
    assert_non_null(strstr(error.message, "t lacks 68 bytes"));
    check(gguf_writer_data(w, &sink, NULL, 60, &error), &error);
    assert_int_equal(gguf_writer_data(w, &sink, NULL, 9, &error), STATUS_INVALID);
    assert_non_null(strstr(error.message, "1 bytes too many for tensor t"));
    check(gguf_writer_data(w, &sink, NULL, 8, &error), &error);
    check(gguf_writer_end(w, &sink, &error), &error);
    assert_int_equal(gguf_writer_data(w, &sink, NULL, 1, &error), STATUS_INVALID);
    gguf_writer_free(w);
    gguf_writer_free(NULL);
}

/* ---- typed reading ---- */

static void numbers_are_read_by_type(void **state)
{
    (void)state;
    uint8_t data[420] = {0};
    struct gguf *g = write_and_open(32, data);
    struct error error = {0};
    uint32_t u = 77, many[3];
    float f = 77;
    bool b = false;
    struct gguf_string text;
    check(gguf_get_u32(g, "general.alignment", true, &u, &error), &error);
    assert_int_equal(u, 32);
    u = 77;
    check(gguf_get_u32(g, "absent", false, &u, &error), &error);
    assert_int_equal(u, 77);
    check(gguf_get_f32(g, "epsilon", true, &f, &error), &error);
    assert_true(f == 1e-5F);
    check(gguf_get_bool(g, "yes", true, &b, &error), &error);
    assert_true(b);
    check(gguf_get_string(g, "general.architecture", true, &text, &error), &error);
    assert_int_equal(text.length, 5);
    check(gguf_get_string(g, "empty", true, &text, &error), &error);
    assert_int_equal(text.length, 0);
    check(gguf_get_u32_array(g, "a.u8", true, 3, many, &error), &error);
    assert_int_equal(many[2], 255);
    check(gguf_get_u32_array(g, "general.alignment", true, 3, many, &error), &error);
    assert_true(many[0] == 32 && many[2] == 32); /* a scalar serves all */

    static const struct {
        char getter; /* u f b s a */
        const char *key, *message;
    } row[] = {
        {'u', "absent", "lacks the key absent"},
        {'u', "epsilon", "epsilon is of type float32"},
        {'u', "yes", "yes is of type bool"},
        {'u', "a.u8", "an array of uint8"},
        {'u', "empty", "of type string"},
        {'f', "absent", "lacks the key absent"},
        {'f', "general.alignment", "of type uint32, a float32 expected"},
        {'f', "a.f32", "an array of float32"},
        {'b', "general.alignment", "a bool expected"},
        {'s', "epsilon", "a string expected"},
        {'s', "a.string", "an array of string"},
        {'a', "absent", "lacks the key absent"},
        {'a', "a.i32", "a.i32 is -5, outside 0 to 4294967295"},
        {'a', "a.u64", "outside 0 to 4294967295"},
        {'a', "a.f32", "an unsigned integer expected"},
        {'a', "a.string", "an unsigned integer expected"},
        {'a', "none", "none has 0 elements, 3 expected"},
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        enum status status = STATUS_OK;
        error.message[0] = '\0';
        switch (row[i].getter) {
        case 'u':
            status = gguf_get_u32(g, row[i].key, true, &u, &error);
            break;
        case 'f':
            status = gguf_get_f32(g, row[i].key, true, &f, &error);
            break;
        case 'b':
            status = gguf_get_bool(g, row[i].key, true, &b, &error);
            break;
        case 's':
            status = gguf_get_string(g, row[i].key, true, &text, &error);
            break;
        default:
            status = gguf_get_u32_array(g, row[i].key, true, 3, many, &error);
        }
        assert_int_equal(status, STATUS_INVALID);
        if (strstr(error.message, row[i].message) == NULL || strstr(error.message, path) == NULL)
            fail_msg("row %zu: %s", i, error.message);
    }
    gguf_close(g);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_folder, remove_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_written_is_read),
        TEST(pairs_are_copied),
        TEST(data_is_counted_by_the_writer),
        TEST(numbers_are_read_by_type),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
