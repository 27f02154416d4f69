/* The tokenizer against published vectors (every string of each set), and its behaviour on tiny
 * models: special tokens, byte fallback, decoding, hostile lengths. */
#include "base/memory.h"
#include "io/atomic_file.h"
#include "model/folder.h"
#include "model/source.h"
#include "model/tokenizer.h"
#include "support.h"
#include "vocabulary_model.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SEPARATOR "\n__ggml_vocab_test__\n"

static char *read_text(const char *path)
{
    char *text;
    size_t length;
    struct error error;
    assert_int_equal(file_read(path, &text, &length, &error), STATUS_OK);
    return text;
}

/* Each string of NAME.inp must give the ids on its line of NAME.out. */
static void compare_vectors(const struct tokenizer *tokenizer, const char *name)
{
    char file[128];
    struct error error = {0};
    snprintf(file, sizeof file, "vocab/%s.inp", name);
    char *input_path = support_shared(file);
    snprintf(file, sizeof file, "vocab/%s.out", name);
    char *output_path = support_shared(file);
    assert_non_null(input_path);
    assert_non_null(output_path);
    char *input = read_text(input_path), *output = read_text(output_path);
    size_t strings = 0;
    char *line = output;
    for (char *at = input, *end; (end = strstr(at, SEPARATOR)) != NULL;
         at = end + strlen(SEPARATOR)) {
        struct token_list list = {0};
        assert_int_equal(
            tokenizer_encode(tokenizer, at, (size_t)(end - at), false, false, &list, &error),
            STATUS_OK);
        char *next = strchr(line, '\n');
        assert_non_null(next);
        *next = '\0';
        char *id = line;
        for (size_t i = 0; i < list.count; i++) {
            char *stop;
            long expected = strtol(id, &stop, 10);
            if (stop == id || expected != list.id[i])
                fail_msg("%s, string %zu, token %zu: %d, expected \"%s\"", name, strings, i,
                         list.id[i], id);
            id = stop;
        }
        while (*id == ' ')
            id++;
        assert_string_equal(id, "");
        token_list_release(&list);
        line = next + 1;
        strings++;
    }
    assert_true(strings >= 40);
    memory_free(input);
    memory_free(output);
    free(input_path);
    free(output_path);
}

static void vectors_of_file(const char *path, const char *name)
{
    struct gguf *gguf;
    struct tokenizer *tokenizer = NULL;
    struct error error = {0};
    if (model_source_open(path, &gguf, &error) != STATUS_OK ||
        tokenizer_new(gguf, &tokenizer, &error) != STATUS_OK)
        fail_msg("%s", error.message);
    gguf_close(gguf);
    compare_vectors(tokenizer, name);
    tokenizer_free(tokenizer);
}

static void vectors_of_vocabulary(const char *name)
{
    char file[128];
    snprintf(file, sizeof file, "vocab/%s", name);
    char *path = support_shared(file);
    if (path == NULL) {
        print_message("SKIPPED: reference vocabularies (vocab/) are absent\n");
        skip();
    }
    vectors_of_file(path, name);
    free(path);
}

static void test_gpt2(void **state)
{
    (void)state;
    vectors_of_vocabulary("ggml-vocab-gpt-2.gguf");
}

static void test_starcoder(void **state)
{
    (void)state;
    vectors_of_vocabulary("ggml-vocab-starcoder.gguf");
}

static void test_refact(void **state)
{
    (void)state;
    vectors_of_vocabulary("ggml-vocab-refact.gguf");
}

static void test_sentencepiece(void **state)
{
    (void)state;
    vectors_of_vocabulary("ggml-vocab-llama-spm.gguf");
}

/* Written as tokenizer.json and read again, the vocabularies give the same ids. */
static void through_a_folder(const char *name)
{
    const struct extract_options options = {
        .weights = {.type = WEIGHT_SOURCE, .head = WEIGHT_SOURCE}, .unchecked = true};
    struct supernet *supernet = NULL;
    struct tokenizer *tokenizer = NULL;
    struct folder_result result;
    struct arch_code code;
    struct error error = {0};
    char file[128], model[256], out[256], *folder = support_folder();
    snprintf(file, sizeof file, "vocab/%s", name);
    snprintf(model, sizeof model, "%s/model.gguf", folder);
    snprintf(out, sizeof out, "%s/out", folder);
    char *path = support_shared(file);
    if (path == NULL) {
        support_folder_remove(folder);
        print_message("SKIPPED: reference vocabularies (vocab/) are absent\n");
        skip();
    }
    if (vocabulary_model(path, model, &error) != STATUS_OK ||
        supernet_open(model, &supernet, &error) != STATUS_OK ||
        tokenizer_new(supernet_gguf(supernet), &tokenizer, &error) != STATUS_OK)
        fail_msg("%s", error.message);
    arch_code_full(supernet_shape(supernet), &code);
    if (folder_write(supernet, tokenizer, &code, &options, out, &result, &error) != STATUS_OK)
        fail_msg("%s", error.message);
    assert_string_equal(result.no_tokenizer, "");
    tokenizer_free(tokenizer);
    supernet_close(supernet);
    vectors_of_file(out, name);
    support_folder_remove(folder);
    free(path);
}

static void test_gpt2_through_a_folder(void **state)
{
    (void)state;
    through_a_folder("ggml-vocab-gpt-2.gguf");
}

static void test_starcoder_through_a_folder(void **state)
{
    (void)state;
    through_a_folder("ggml-vocab-starcoder.gguf");
}

static void test_sentencepiece_through_a_folder(void **state)
{
    (void)state;
    through_a_folder("ggml-vocab-llama-spm.gguf");
}

static void test_smollm(void **state)
{
    (void)state;
    char *vectors = support_shared("vocab/smollm.inp");
    if (vectors == NULL || support_model() == NULL) {
        free(vectors);
        print_message("SKIPPED: the default model or its vectors (vocab/smollm.*) are absent\n");
        skip();
    }
    vectors_of_file(support_model(), "smollm");
    free(vectors);
}

struct pieces {
    char text[512];
};

static void collect(void *context, const char *data, size_t length)
{
    struct pieces *pieces = context;
    size_t used = strlen(pieces->text);
    snprintf(pieces->text + used, sizeof pieces->text - used, "%.*s|", (int)length, data);
}

static void assert_split(const char *pre, const char *text, const char *expected)
{
    struct pieces pieces = {""};
    struct error error = {0};
    assert_int_equal(pretokenizer_split(pre, text, strlen(text), collect, &pieces, &error),
                     STATUS_OK);
    assert_string_equal(pieces.text, expected);
}

static void test_splits(void **state)
{
    (void)state;
    assert_split("gpt-2", "We're 123  here, l'\xC3\xA9t\xC3\xA9!",
                 "We|'re| 123| | here|,| l|'|\xC3\xA9t\xC3\xA9|!|");
    assert_split("smollm", "a 12b", "a| |1|2|b|");
    assert_split("llama-bpe", "WE'RE 12345\n\n x", "WE|'RE| |123|45|\n\n| x|");
    assert_split("qwen2", "it 123", "it| |1|2|3|");
    struct error error = {0};
    assert_int_equal(pretokenizer_split("nobody", "x", 1, collect, &(struct pieces){""}, &error),
                     STATUS_INVALID);
    assert_non_null(strstr(error.message, "nobody"));
}

/* A byte-level vocabulary's published splits join to the text again, whatever the text. */
static void test_llama_bpe_split_is_lossless(void **state)
{
    (void)state;
    char *path = support_shared("vocab/ggml-vocab-llama-bpe.gguf.inp");
    if (path == NULL) {
        print_message("SKIPPED: reference vocabularies (vocab/) are absent\n");
        skip();
    }
    char *output_path = support_shared("vocab/ggml-vocab-llama-bpe.gguf.out");
    assert_non_null(output_path);
    char *input = read_text(path), *output = read_text(output_path), *line = output;
    for (char *at = input, *end; (end = strstr(at, SEPARATOR)) != NULL;
         at = end + strlen(SEPARATOR)) {
        struct pieces pieces = {""};
        struct error error = {0};
        assert_int_equal(
            pretokenizer_split("llama-bpe", at, (size_t)(end - at), collect, &pieces, &error),
            STATUS_OK);
        size_t count = 0, ids = 0;
        for (const char *c = pieces.text; *c != '\0'; c++)
            count += *c == '|';
        for (; *line != '\n'; line++)
            ids += *line != ' ' && (line == output || line[-1] == ' ' || line[-1] == '\n');
        line++;
        /* each piece becomes at least one token (texts with a bar of their own count one more) */
        if (memchr(at, '|', (size_t)(end - at)) == NULL)
            assert_true(count <= ids);
    }
    memory_free(input);
    memory_free(output);
    free(path);
    free(output_path);
}

static struct tokenizer *tiny_tokenizer(bool sentencepiece)
{
    char *folder = support_folder(), path[512];
    struct error error = {0};
    struct gguf *gguf;
    struct tokenizer *tokenizer;
    const struct tiny_options options = {.layers = 1, .sentencepiece = sentencepiece};
    snprintf(path, sizeof path, "%s/tiny.gguf", folder);
    assert_int_equal(support_tiny_model(path, &options, &error), STATUS_OK);
    assert_int_equal(gguf_open(path, &gguf, &error), STATUS_OK);
    assert_int_equal(tokenizer_new(gguf, &tokenizer, &error), STATUS_OK);
    gguf_close(gguf);
    support_folder_remove(folder);
    return tokenizer;
}

/* Text comes back as it was, invalid UTF-8 and all. */
static void round_trip(const struct tokenizer *tokenizer, const char *text, size_t length)
{
    struct token_list list = {0};
    struct buf back;
    struct error error = {0};
    buf_init(&back);
    assert_int_equal(tokenizer_encode(tokenizer, text, length, false, false, &list, &error),
                     STATUS_OK);
    for (size_t i = 0; i < list.count; i++)
        assert_int_equal(tokenizer_decode(tokenizer, list.id[i], i == 0, &back, &error), STATUS_OK);
    assert_int_equal(back.length, length);
    assert_memory_equal(back.data, text, length);
    buf_release(&back);
    token_list_release(&list);
}

static void test_round_trips(void **state)
{
    (void)state;
    static const char invalid[] = "a\xFF\xC3 the\x80 end \xE2\x82";
    for (int kind = 0; kind < 2; kind++) {
        struct tokenizer *tokenizer = tiny_tokenizer(kind == 1);
        round_trip(tokenizer, "the thin hen and the ant", 24);
        round_trip(tokenizer, "\xC3\xA9t\xC3\xA9 \xF0\x9F\x99\x82 1234\n\n\t x", 20);
        round_trip(tokenizer, invalid, sizeof invalid - 1);
        tokenizer_free(tokenizer);
    }
}

static void test_special_tokens(void **state)
{
    (void)state;
    struct tokenizer *tokenizer = tiny_tokenizer(true);
    struct token_list list = {0};
    struct error error = {0};
    assert_int_equal(tokenizer_encode(tokenizer, "<s>e", 4, true, true, &list, &error), STATUS_OK);
    assert_int_equal(list.id[0], tokenizer_bos(tokenizer));
    assert_int_equal(list.id[1], 1);
    list.count = 0;
    assert_int_equal(tokenizer_encode(tokenizer, "<s>e", 4, true, false, &list, &error), STATUS_OK);
    assert_int_not_equal(list.id[1], 1);
    assert_true(list.count > 4);
    assert_int_equal(tokenizer_decode(tokenizer, 1000000, false, &(struct buf){0}, &error),
                     STATUS_INVALID);
    token_list_release(&list);
    tokenizer_free(tokenizer);
}

/* A megabyte of one letter must not take quadratic time. */
static void test_long_text(void **state)
{
    (void)state;
    size_t length = 1 << 20;
    char *text = malloc(length);
    assert_non_null(text);
    memset(text, 'e', length);
    for (int kind = 0; kind < 2; kind++) {
        struct tokenizer *tokenizer = tiny_tokenizer(kind == 1);
        struct token_list list = {0};
        struct error error = {0};
        assert_int_equal(tokenizer_encode(tokenizer, text, length, false, false, &list, &error),
                         STATUS_OK);
        assert_true(list.count > length / 64);
        token_list_release(&list);
        tokenizer_free(tokenizer);
    }
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gpt2),
        cmocka_unit_test(test_starcoder),
        cmocka_unit_test(test_refact),
        cmocka_unit_test(test_sentencepiece),
        cmocka_unit_test(test_gpt2_through_a_folder),
        cmocka_unit_test(test_starcoder_through_a_folder),
        cmocka_unit_test(test_sentencepiece_through_a_folder),
        cmocka_unit_test(test_smollm),
        cmocka_unit_test(test_splits),
        cmocka_unit_test(test_llama_bpe_split_is_lossless),
        cmocka_unit_test(test_round_trips),
        cmocka_unit_test(test_special_tokens),
        cmocka_unit_test(test_long_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
