/* safetensors files: what is in them, and those that lie. Each of these is refused by a sentence
 * that names the file; none is read beyond its end (the sanitizers' build tells). */
#include "io/safetensors.h"

#include "io/atomic_file.h"
#include "support.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char *folder;
static char path[256];

static int make_folder(void **state)
{
    (void)state;
    folder = support_folder();
    snprintf(path, sizeof path, "%s/x.safetensors", folder);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    support_folder_remove(folder);
    return 0;
}

/* Header and `data` bytes of data; `length` is what the file says of its header. */
static void write_file(const char *header, uint64_t length, size_t data)
{
    char file[4096];
    const size_t text = strlen(header);
    assert_true(8 + text + data <= sizeof file);
    memcpy(file, &length, 8);
    memcpy(file + 8, header, text);
    for (size_t i = 0; i < data; i++)
        file[8 + text + i] = (char)i;
    assert_int_equal(atomic_file_put(path, file, 8 + text + data, NULL), STATUS_OK);
}

static void refused(const char *part)
{
    struct safetensors *file;
    struct error error = {0};
    const enum status status = safetensors_open(path, &file, &error);
    assert_null(file);
    if (status == STATUS_OK || strstr(error.message, part) == NULL ||
        strstr(error.message, path) == NULL)
        fail_msg("status %d, \"%s\", expected \"%s\"", (int)status, error.message, part);
}

static void tensors_are_found(void **state)
{
    (void)state;
    static const char header[] =
        "{\"__metadata__\":{\"format\":\"pt\"},"
        "\"a\":{\"dtype\":\"BF16\",\"shape\":[2,3],\"data_offsets\":[8,20]},"
        "\"b\":{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[0,4]},"
        "\"none\":{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[4,4]},"
        "\"c\":{\"dtype\":\"F8_NEW\",\"shape\":[9],\"data_offsets\":[4,7]}}   ";
    struct safetensors *file;
    struct error error = {0};
    write_file(header, strlen(header), 20);
    if (safetensors_open(path, &file, &error) != STATUS_OK)
        fail_msg("%s", error.message);
    assert_int_equal(safetensors_count(file), 4);
    assert_string_equal(safetensors_path(file), path);
    const struct safetensor *a = safetensors_at(file, 0), *b = safetensors_at(file, 1);
    assert_string_equal(a->name, "a");
    assert_string_equal(a->dtype, "BF16");
    assert_int_equal(a->dimensions, 2);
    assert_int_equal(a->size[0], 2);
    assert_int_equal(a->size[1], 3);
    assert_int_equal(a->bytes, 12);
    assert_int_equal(*(const uint8_t *)a->data, 8);
    assert_int_equal(b->dimensions, 0);
    assert_int_equal(b->bytes, 4);
    assert_int_equal(*(const uint8_t *)b->data, 0);
    safetensors_close(file);
}

static void lies_are_refused(void **state)
{
    (void)state;
#define A "\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}"
    static const struct {
        const char *header, *part;
    } row[] = {
        {"{" A ",\"b\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}}", "overlap"},
        {"{" A "," A "}", "not valid JSON: duplicate"},
        {"{" A, "not valid JSON"},
        {"[1]", "no header stands at its beginning"},
        {"{\"a\":1}", "has no dtype"},
        {"{\"a\":{\"dtype\":4}}", "has no dtype"},
        {"{\"a\":{\"dtype\":\"F32\"}}", "has no shape"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":{}}}", "has no shape"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1,1,1,1,1,1,1,1,1]}}", "at most 8 sizes"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[-2],\"data_offsets\":[0,8]}}", "not of whole"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2.0],\"data_offsets\":[0,8]}}", "not of whole"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2]}}", "has no data_offsets"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0]}}", "has no data_offsets"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[8,0]}}", "has no data_offsets"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[-8,0]}}", "no data_offsets"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[4,12]}}", "cut short or wrong"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,9223372036854775807]}}",
         "cut short or wrong"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[3],\"data_offsets\":[0,8]}}", "do not make"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[4611686018427387904,4,2],\"data_offsets\":[0,8]}}",
         "do not make"},
        {"{\"a\":{\"dtype\":\"F16\",\"shape\":[2],\"data_offsets\":[0,8]}}", "do not make"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[99999999999999999999],\"data_offsets\":[0,8]}}",
         "not valid JSON: too big integer"},
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        write_file(row[i].header, strlen(row[i].header), 8);
        refused(row[i].part);
    }
}

static void headers_that_are_none(void **state)
{
    (void)state;
    static const uint64_t length[] = {0, 1, 3000, UINT64_MAX, UINT64_MAX - 7, 1ULL << 40};
    for (size_t i = 0; i < sizeof length / sizeof *length; i++) {
        write_file("{" A "}", length[i], 8);
        refused("no header stands at its beginning");
    }
    char deep[3000];
    memset(deep, '[', sizeof deep);
    memcpy(deep, "{\"a\":", 5);
    deep[sizeof deep - 1] = '\0';
    write_file(deep, sizeof deep - 1, 8);
    refused("not valid JSON");
    write_file("{" A "}", strlen("{" A "}"), 8);
    for (off_t at = 40; at > 0; at--) {
        assert_int_equal(truncate(path, at), 0);
        refused("no header stands at its beginning");
    }
    assert_int_equal(truncate(path, 0), 0);
    refused("is empty");
    unlink(path);
    refused("cannot open");
    assert_int_equal(mkfifo(path, 0600), 0);
    refused("is not a regular file");
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tensors_are_found),
        cmocka_unit_test(lies_are_refused),
        cmocka_unit_test(headers_that_are_none),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
