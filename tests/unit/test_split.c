/* Split models: read as the one file that they were, written as one file, refused when a part is
 * missing, is another's or lies. */
#include "base/memory.h"
#include "io/atomic_file.h"
#include "model/extract.h"
#include "model/source.h"
#include "split_gguf.h"
#include "support.h"
#include "tiny_model.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>
#include <string.h>
#include <unistd.h>

static char *folder;
static char whole[256], prefix[256], first[300], second[300], third[300];

static int make_folder(void **state)
{
    (void)state;
    folder = support_folder();
    snprintf(whole, sizeof whole, "%s/whole.gguf", folder);
    snprintf(prefix, sizeof prefix, "%s/parts", folder);
    snprintf(first, sizeof first, "%s-00001-of-00003.gguf", prefix);
    snprintf(second, sizeof second, "%s-00002-of-00003.gguf", prefix);
    snprintf(third, sizeof third, "%s-00003-of-00003.gguf", prefix);
    tiny_write(&tiny_llama, whole);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    support_folder_remove(folder);
    return 0;
}

static void must(enum status status, const struct error *error)
{
    if (status != STATUS_OK)
        fail_msg("%s", error->message);
}

static void split(const struct split_lie *lie)
{
    struct error error = {0};
    must(split_gguf(whole, prefix, 3, lie, &error), &error);
}

static void refused(const char *path, const char *part)
{
    struct gguf *gguf = NULL;
    struct error error = {0};
    const enum status status = model_source_open(path, &gguf, &error);
    if (status == STATUS_OK || strstr(error.message, part) == NULL)
        fail_msg("status %d, \"%s\", expected \"%s\"", (int)status, error.message, part);
    assert_null(gguf);
}

static void parts_are_read_as_one(void **state)
{
    (void)state;
    struct gguf *one, *parts;
    struct error error = {0};
    split(NULL);
    must(gguf_open(whole, &one, &error), &error);
    must(gguf_open(first, &parts, &error), &error);
    assert_int_equal(gguf_tensor_count(parts), gguf_tensor_count(one));
    assert_int_equal(gguf_pair_count(parts), gguf_pair_count(one));
    assert_true(gguf_file_bytes(parts) > gguf_file_bytes(one));
    for (size_t i = 0; i < gguf_tensor_count(one); i++) {
        const struct gguf_tensor *a = gguf_tensor_at(one, i), *b = gguf_tensor_find(parts, a->name);
        assert_non_null(b);
        assert_int_equal(a->bytes, b->bytes);
        assert_memory_equal(a->data, b->data, a->bytes);
    }
    gguf_close(one);
    gguf_close(parts);
}

/* The same sub-network of both, but for the hash of the source. */
static void one_file_is_written_of_parts(void **state)
{
    (void)state;
    const struct extract_options options = {
        .weights = {WEIGHT_SOURCE, WEIGHT_SOURCE, false},
        .replace = true,
        .source_sha256 = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"};
    const char *const source[2] = {whole, first};
    char *data[2];
    size_t length[2];
    split(NULL);
    for (int i = 0; i < 2; i++) {
        struct supernet *supernet;
        struct extract_result result;
        struct arch_code code;
        struct error error = {0};
        char out[300];
        snprintf(out, sizeof out, "%s/out.gguf", folder);
        must(supernet_open(source[i], &supernet, &error), &error);
        must(arch_code_parse(supernet_shape(supernet), "8.4h", &code, &error), &error);
        must(extract_write(supernet, NULL, &code, &options, out, &result, &error), &error);
        must(file_read(out, &data[i], &length[i], &error), &error);
        supernet_close(supernet);
        unlink(out);
    }
    assert_int_equal(length[0], length[1]);
    assert_memory_equal(data[0], data[1], length[0]);
    memory_free(data[0]);
    memory_free(data[1]);
}

static void names_and_hashes(void **state)
{
    (void)state;
    struct model_files files;
    struct error error = {0};
    char name[64], hex[SHA256_HEX], lines[300], expected[SHA256_HEX];
    size_t at = 0;
    split(NULL);
    assert_string_equal(model_source_name(first, name, sizeof name), "parts");
    assert_string_equal(model_source_name("a/b.gguf", name, sizeof name), "b");
    assert_string_equal(model_source_name("a/b/", name, sizeof name), "b");
    must(model_files_list(first, &files, &error), &error);
    assert_int_equal(files.count, 3);
    assert_string_equal(files.path[0], first);
    assert_string_equal(files.path[2], third);
    for (int i = 0; i < 3; i++) {
        must(sha256_file(files.path[i], hex, &error), &error);
        at += (size_t)snprintf(lines + at, sizeof lines - at, "%s  parts-0000%d-of-00003.gguf\n",
                               hex, i + 1);
    }
    must(sha256_bytes(lines, at, expected, &error), &error);
    must(model_source_sha256(first, NULL, NULL, hex, &error), &error);
    assert_string_equal(hex, expected);
    model_files_release(&files);
    must(model_source_sha256(whole, NULL, NULL, hex, &error), &error);
    must(sha256_file(whole, expected, &error), &error);
    assert_string_equal(hex, expected);
}

static void wrong_parts_are_refused(void **state)
{
    (void)state;
    static const struct {
        struct split_lie lie;
        const char *part;
    } row[] = {
        {{.part = 2, .number = 1}, "says that it is part 3 of 3, and is named as part 2 of 3"},
        {{.part = 3, .count = 2}, "says that it is part 3 of 5"},
        {{.part = 1, .tensors = 4}, "split.tensors.count is"},
        {{.part = 1, .count = 1}, "name does not end in -00001-of-00004.gguf"},
        {{.part = 1, .count = 65533}, "expected 1 to"},
        {{.part = 1, .number = 2}, "is part 3 of 3 of a split model: name the first"},
        {{.part = 2, .again = 1}, "occurs twice"},
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        split(&row[i].lie);
        refused(first, row[i].part);
    }
    split(NULL);
    refused(second, "is part 2 of 3 of a split model: name the first");
    unlink(third);
    refused(first, "part 3 of 3: cannot open");
    assert_int_equal(rename(second, third), 0);
    refused(first, "part 2 of 3: cannot open");
    split(NULL);
    assert_int_equal(rename(first, second), 0);
    refused(second, "its name does not end in -00001-of-00003.gguf");
    split(NULL);
    assert_int_equal(truncate(third, 300), 0);
    refused(first, "part 3 of 3");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_are_read_as_one),
        cmocka_unit_test(one_file_is_written_of_parts),
        cmocka_unit_test(names_and_hashes),
        cmocka_unit_test(wrong_parts_are_refused),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
