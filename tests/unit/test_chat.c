/* The forms in which models are spoken to: told by their templates, the prompt put in them, the
 * token that ends an answer. And the characters that a text is cut into. */
#include "tiny_model.h"

#include "base/utf8.h"
#include "model/generate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static const char *template; /* of the model that is written; NULL: none */

static void add_template(struct gguf_writer *writer)
{
    if (template != NULL)
        assert_int_equal(gguf_writer_string(writer, "tokenizer.chat_template", template, NULL),
                         STATUS_OK);
}

static struct supernet *opened(const char *text)
{
    char path[256];
    struct supernet *supernet;
    struct tiny_recipe recipe = tiny_llama;
    template = text;
    recipe.extra = add_template;
    tiny_write(&recipe, tiny_path("chat", path));
    assert_int_equal(supernet_open(path, &supernet, NULL), STATUS_OK);
    unlink(path); /* it is mapped */
    return supernet;
}

static void expect_tokens(const struct tokenizer *tokenizer, const struct token_list *list,
                          const char *text)
{
    struct token_list whole = {0};
    assert_int_equal(tokenizer_encode(tokenizer, text, strlen(text), true, true, &whole, NULL),
                     STATUS_OK);
    assert_int_equal(list->count, whole.count);
    assert_memory_equal(list->id, whole.id, whole.count * sizeof *whole.id);
    token_list_release(&whole);
}

static void templates_tell_the_form(void **state)
{
    (void)state;
    static const struct {
        const char *template, *name, *text;
        bool ends; /* by the vocabulary's </s> */
    } row[] = {
        {"{{'<|im_start|>' + role}}", "chatml",
         "<|im_start|>user\nHello<|im_end|>\n<|im_start|>assistant\n", false},
        {"{{bos}}<|start_header_id|>", "llama-3",
         "<|start_header_id|>user<|end_header_id|>\n\nHello<|eot_id|>"
         "<|start_header_id|>assistant<|end_header_id|>\n\n",
         false},
        {"{{'<|user|>\n' + text + eos}}", "zephyr", "<|user|>\nHello</s>\n<|assistant|>\n", true},
        {"{{'[INST] ' + text}}", "llama-2", "[INST] Hello [/INST]", true},
        {"{{text}}", NULL, "Hello", false},
        {"", NULL, "Hello", false},
        {NULL, NULL, "Hello", false},
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        struct supernet *supernet = opened(row[i].template);
        struct tokenizer *tokenizer;
        struct token_list list = {0};
        int32_t end;
        const struct chat_form *form = chat_form_of(supernet_gguf(supernet));
        assert_int_equal(form != NULL, row[i].name != NULL);
        if (form != NULL)
            assert_string_equal(form->name, row[i].name);
        assert_int_equal(tokenizer_new(supernet_gguf(supernet), &tokenizer, NULL), STATUS_OK);
        assert_int_equal(chat_encode(form, tokenizer, "Hello", &list, NULL), STATUS_OK);
        expect_tokens(tokenizer, &list, row[i].text);
        token_list_release(&list);
        assert_int_equal(chat_end(form, tokenizer, &end, NULL), STATUS_OK);
        assert_int_equal(end, row[i].ends ? tokenizer_eos(tokenizer) : -1);
        tokenizer_free(tokenizer);
        supernet_close(supernet);
    }
}

static void characters_are_whole(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t length;
        bool cut;
    } row[] = {
        {"a", 1, false},
        {"\xC3\xA9", 2, false},
        {"\xE2\x82\xAC", 3, false},
        {"\xF0\x9F\x99\x82", 4, false},
        {"\xE2\x82", 0, true},
        {"\xF0\x9F\x99", 0, true},
        {"\xC3", 0, true},
        {"\xC3(", 0, false},
        {"\xA9", 0, false},
        {"\xFF", 0, false},
        {"\xC0\xAF", 0, false},         /* longer than needed */
        {"\xED\xA0\x80", 0, false},     /* half of a pair */
        {"\xF4\x90\x80\x80", 0, false}, /* beyond the last */
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        bool cut;
        assert_int_equal(utf8_length(row[i].bytes, strlen(row[i].bytes), &cut), row[i].length);
        assert_int_equal(cut, row[i].cut);
        assert_int_equal(utf8_length(row[i].bytes, strlen(row[i].bytes), NULL), row[i].length);
    }
}

static void what_two_texts_have_in_common_is_whole(void **state)
{
    (void)state;
    static const struct {
        const char *a, *b;
        size_t common;
    } row[] = {
        {"", "", 0},
        {"a", "", 0},
        {"abc", "abd", 2},
        {"abc", "abc", 3},
        {"abc", "abcd", 3},
        {"a\xC3\xA9", "a\xC3\xA8", 1},
        {"a\xC3\xA9", "a\xC3\xA9z", 3},
        {"\xE2\x82\xAC", "\xE2\x82\xAD", 0},
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        const char *a = row[i].a, *b = row[i].b;
        assert_int_equal(utf8_common(a, strlen(a), b, strlen(b)), row[i].common);
        assert_int_equal(utf8_common(b, strlen(b), a, strlen(a)), row[i].common);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(templates_tell_the_form),
        cmocka_unit_test(characters_are_whole),
        cmocka_unit_test(what_two_texts_have_in_common_is_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
