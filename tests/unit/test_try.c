/* Prompts that a network and the base continue beside a search: the texts are those of `generate`;
 * one ends another; a finished run and a watcher can; what cannot be done is said. For the thread
 * sanitizer, too. */
#include "live_run.h"
#include "support.h"

#include "base/memory.h"
#include "base/utf8.h"
#include "model/generate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define PROMPT "The river, and the sea"
#define TOKENS 40
#define MANY 15000 /* nobody waits for them */

static char *folder;
static const struct snapshot *before; /* the last try: what it showed then is not its own */
static char model[256], directory[300];

static int make_folder_of(uint32_t context)
{
    const struct tiny_options options = {.layers = 6,
                                         .hidden = 64,
                                         .intermediate = 256,
                                         .context = context,
                                         .own_output = true,
                                         .sentencepiece = true,
                                         .chat = true};
    folder = support_folder();
    snprintf(model, sizeof model, "%s/tiny.gguf", folder);
    snprintf(directory, sizeof directory, "%s/a.run", folder);
    setenv("XDG_CACHE_HOME", folder, 1);
    return support_tiny_model(model, &options, NULL) == STATUS_OK ? 0 : -1;
}

static int make_folder(void **state)
{
    (void)state;
    return make_folder_of(16384);
}

static int make_short_folder(void **state)
{
    (void)state;
    return make_folder_of(1024);
}

static int remove_folder(void **state)
{
    (void)state;
    snapshot_release(before);
    before = NULL;
    support_folder_remove(folder);
    return 0;
}

static struct run *started(struct run_options options)
{
    options.model = model;
    options.directory = directory;
    return live_run(options);
}

static bool is_new(const struct snapshot *s)
{
    return s->attempt != NULL && s->attempt != before->attempt;
}

static bool over(const struct snapshot *s)
{
    return is_new(s) && s->attempt->phase >= TRY_DONE;
}

static bool writes(const struct snapshot *s)
{
    return is_new(s) && s->attempt->phase == TRY_RUNNING && s->attempt->side[1].tokens > 0;
}

static bool second_over(const struct snapshot *s)
{
    return over(s) && strcmp(s->attempt->prompt, "second") == 0;
}

static void try(struct run *run, const char *code, const char *prompt, bool chat, uint32_t tokens)
{
    struct arch_code asked;
    struct error error = {0};
    snprintf(asked.text, sizeof asked.text, "%s", code);
    snapshot_release(before);
    before = run_snapshot(run);
    if (run_try(run, &asked, prompt, chat, tokens, &error) != STATUS_OK)
        fail_msg("%s", error.message);
}

static void expect_valid(const struct run_try_side *side)
{
    assert_int_equal(strlen(side->text), side->length);
    for (size_t at = 0, step; at < side->length; at += step) {
        step = utf8_length(side->text + at, side->length - at, NULL);
        assert_int_not_equal(step, 0);
        assert_true((unsigned char)side->text[at] >= ' ' || strchr("\n\t", side->text[at]));
    }
}

/* ---- what is written ---- */

/* The same by the parts of `paretop generate`. */
static void generate(const char *text, const struct model_order *order, bool chat, uint32_t tokens,
                     struct buf *out)
{
    struct supernet *supernet;
    struct tokenizer *tokenizer;
    struct subnet *subnet;
    struct generation *generation;
    struct arch_code code;
    struct token_list prompt = {0};
    struct generation_options options = {.prompt = &prompt, .tokens = tokens};
    assert_int_equal(supernet_open(model, &supernet, NULL), STATUS_OK);
    const struct gguf *gguf = supernet_gguf(supernet);
    const struct chat_form *form = chat ? chat_form_of(gguf) : NULL;
    assert_int_equal(tokenizer_new(gguf, &tokenizer, NULL), STATUS_OK);
    assert_int_equal(supernet_set_order(supernet, order, NULL), STATUS_OK);
    assert_int_equal(arch_code_parse(supernet_shape(supernet), text, &code, NULL), STATUS_OK);
    assert_int_equal(subnet_new(supernet, &code, NULL, &subnet, NULL), STATUS_OK);
    assert_int_equal(chat_encode(form, tokenizer, PROMPT, &prompt, NULL), STATUS_OK);
    assert_int_equal(chat_end(form, tokenizer, &options.end, NULL), STATUS_OK);
    options.tokenizer = tokenizer;
    assert_int_equal(generation_new(subnet, &options, &generation, NULL), STATUS_OK);
    while (generation_end(generation) == GENERATION_GOES_ON)
        assert_int_equal(generation_step(generation, NULL), STATUS_OK);
    const struct buf *made = generation_text(generation);
    buf_init(out);
    assert_int_equal(buf_append(out, made->data, made->length, NULL), STATUS_OK);
    generation_free(generation);
    subnet_free(subnet);
    token_list_release(&prompt);
    tokenizer_free(tokenizer);
    supernet_close(supernet);
}

/* What is plain ASCII must be there as it is; anything else may have become U+FFFD. */
static void expect_text(const struct run_try_side *side, const struct buf *made)
{
    const char *shown = side->text;
    for (size_t i = 0; i < made->length; i++) {
        unsigned char byte = (unsigned char)made->data[i];
        if (byte < ' ' || byte >= 0x7F)
            continue;
        while (*shown != '\0' && ((unsigned char)*shown < ' ' || (unsigned char)*shown >= 0x7F))
            shown++;
        assert_int_equal(*shown++, byte);
    }
    assert_true(made->length > 0 && side->length > 0);
    expect_valid(side);
}

static void check_texts(struct run *run, const char *code, bool chat)
{
    char path[400];
    struct model_order order;
    struct buf text;
    try(run, code, PROMPT, chat, TOKENS);
    const struct snapshot *s = live_when(run, over);
    const struct run_try *attempt = s->attempt;
    assert_int_equal(attempt->phase, TRY_DONE);
    assert_string_equal(attempt->message, "");
    assert_string_equal(attempt->prompt, PROMPT);
    assert_int_equal(attempt->chat, chat);
    assert_true(s->chat_known);
    assert_string_equal(attempt->side[0].code.text, code);
    assert_string_equal(attempt->side[1].code.text, "888888");
    snprintf(path, sizeof path, "%s/order.bin", directory);
    assert_int_equal(model_order_load(path, &order, NULL), STATUS_OK);
    for (int i = 0; i < 2; i++) {
        const struct run_try_side *side = &attempt->side[i];
        generate(side->code.text, &order, chat, TOKENS, &text);
        expect_text(side, &text);
        buf_release(&text);
        assert_true(side->ended && !side->failed);
        assert_int_equal(side->end, TRY_TOKENS_MADE);
        assert_int_equal(side->tokens, TOKENS);
        assert_true(side->tokens_per_second > 0 && side->seconds > 0);
    }
    model_order_release(&order);
    size_t agree = attempt->agree;
    assert_memory_equal(attempt->side[0].text, attempt->side[1].text, agree);
    if (strcmp(code, "888888") == 0)
        assert_int_equal(agree, attempt->side[1].length);
    else
        assert_true(agree < attempt->side[1].length);
    snapshot_release(s);
}

static void the_texts_are_those_of_generate(void **state)
{
    (void)state;
    struct run *run = started((struct run_options){.evaluations = 10});
    live_until(run, live_finished);
    check_texts(run, "84.8h8", false);
    check_texts(run, "888888", false);
    check_texts(run, "84.8h8", true);
    run_close(run);
    run = live_watcher(directory);
    check_texts(run, "84.8h8", true);
    run_close(run);
}

/* ---- beside a search, and ends ---- */

static void one_ends_another_beside_a_search(void **state)
{
    (void)state;
    struct run *run = started((struct run_options){.evaluations = 2000});
    live_until(run, live_evaluates);
    try(run, "88888.", "first", false, MANY);
    live_until(run, writes);
    try(run, "8888.8", "waits", false, MANY);
    try(run, "88.888", "second", false, 5);
    const struct snapshot *s = live_when(run, second_over);
    assert_int_equal(s->attempt->phase, TRY_DONE);
    assert_string_equal(s->attempt->side[0].code.text, "88.888");
    snapshot_release(s);
    try(run, "88.888", "second", false, MANY);
    live_until(run, writes);
    run_try_cancel(run);
    s = live_when(run, second_over);
    assert_int_equal(s->attempt->phase, TRY_CANCELLED);
    assert_true(s->attempt->side[0].length > 0 && s->attempt->side[0].tokens < MANY);
    assert_false(s->attempt->side[0].ended || s->attempt->side[0].failed);
    snapshot_release(s);
    try(run, "88.888", "third", false, MANY); /* the run is closed while it writes */
    live_until(run, writes);
    run_close(run);
}

static void a_paused_run_writes_as_well(void **state)
{
    (void)state;
    struct run *run = started((struct run_options){.evaluations = 2000});
    struct error error = {0};
    live_until(run, live_evaluates);
    assert_int_equal(run_request(run, "pause", "", &error), STATUS_OK);
    try(run, "88.888", "second", false, 3);
    const struct snapshot *s = live_when(run, second_over);
    assert_int_equal(s->attempt->phase, TRY_DONE);
    snapshot_release(s);
    run_close(run);
}

static void the_context_ends_a_text(void **state)
{
    (void)state;
    struct run *run = started((struct run_options){.evaluations = 9});
    live_until(run, live_finished);
    char prompt[1011] = "";
    memset(prompt, 'q', sizeof prompt - 1);
    try(run, "88.888", prompt, false, 100);
    const struct snapshot *s = live_when(run, over);
    assert_int_equal(s->attempt->phase, TRY_DONE);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(s->attempt->side[i].end, TRY_CONTEXT_FULL);
        assert_true(s->attempt->side[i].tokens > 0 && s->attempt->side[i].tokens < 30);
    }
    snapshot_release(s);
    run_close(run);
}

/* ---- what cannot be ---- */

static void what_cannot_be_is_said(void **state)
{
    (void)state;
    struct arch_code code = {"88.888"}, wrong = {"8"};
    struct error error = {0};
    struct run *run = started((struct run_options){.evaluations = 9, .memory = 1 << 20});
    live_until(run, live_finished);
    assert_int_equal(run_try(run, &wrong, "a", false, 5, &error), STATUS_INVALID);
    assert_int_equal(run_try(run, &code, "a", false, 0, &error), STATUS_INVALID);
    try(run, "88.888", "second", false, MANY); /* of two networks: above 128 KiB */
    const struct snapshot *s = live_when(run, second_over);
    assert_int_equal(s->attempt->phase, TRY_FAILED);
    assert_non_null(strstr(s->attempt->message, "--memory"));
    snapshot_release(s);
    run_stop(run);
    assert_int_equal(run_wait(run, NULL), STATUS_OK);
    assert_int_equal(run_try(run, &code, "a", false, 5, &error), STATUS_INVALID);
    assert_non_null(strstr(error.message, "has ended"));
    run_close(run);
    char away[300];
    snprintf(away, sizeof away, "%s.away", model);
    assert_int_equal(rename(model, away), 0);
    assert_int_equal(run_watch(&(struct run_options){.directory = directory}, &run, &error),
                     STATUS_OK);
    assert_int_equal(run_try(run, &code, "a", false, 5, &error), STATUS_INVALID);
    assert_non_null(strstr(error.message, "needs the model"));
    s = run_snapshot(run);
    assert_string_equal(s->no_try, error.message);
    snapshot_release(s);
    run_close(run);
}

/* Each allocation of the caller's fails in turn. Only one thread: the failing is every thread's. */
static void out_of_memory_is_a_refusal(void **state)
{
    (void)state;
    struct arch_code code = {"84.8h8"};
    enum status status = STATUS_MEMORY;
    unsigned long k = 0;
    struct run *run;
    struct error error = {0};
    assert_int_equal(
        run_open(&(struct run_options){.model = model, .directory = directory}, &run, &error),
        STATUS_OK);
    while (status == STATUS_MEMORY) {
        memory_fail_at(++k);
        status = run_try(run, &code, PROMPT, false, 4, &error);
        memory_fail_at(0);
    }
    assert_true(k > 4);
    assert_int_equal(status, STATUS_INVALID);
    assert_non_null(strstr(error.message, "still being loaded"));
    run_close(run);
}

/* So does each of the continuation itself. */
static void a_text_without_memory_is_an_error(void **state)
{
    (void)state;
    struct supernet *supernet;
    struct tokenizer *tokenizer;
    struct subnet *subnet;
    struct arch_code code;
    struct token_list prompt = {0};
    enum status status = STATUS_MEMORY;
    unsigned long k;
    assert_int_equal(supernet_open(model, &supernet, NULL), STATUS_OK);
    arch_code_full(supernet_shape(supernet), &code);
    assert_int_equal(tokenizer_new(supernet_gguf(supernet), &tokenizer, NULL), STATUS_OK);
    assert_int_equal(subnet_new(supernet, &code, NULL, &subnet, NULL), STATUS_OK);
    assert_int_equal(chat_encode(NULL, tokenizer, PROMPT, &prompt, NULL), STATUS_OK);
    const struct generation_options options = {
        .tokenizer = tokenizer, .prompt = &prompt, .tokens = 12, .end = -1};
    for (k = 1; status != STATUS_OK; k++) {
        struct generation *generation;
        memory_fail_at(k);
        status = generation_new(subnet, &options, &generation, NULL);
        while (status == STATUS_OK && generation_end(generation) == GENERATION_GOES_ON)
            status = generation_step(generation, NULL);
        memory_fail_at(0);
        assert_true(status == STATUS_OK || status == STATUS_MEMORY);
        if (status == STATUS_OK)
            assert_int_equal(generation_made(generation), 12);
        generation_free(generation);
    }
    assert_true(k > 12);
    subnet_free(subnet);
    token_list_release(&prompt);
    tokenizer_free(tokenizer);
    supernet_close(supernet);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_texts_are_those_of_generate, make_folder,
                                        remove_folder),
        cmocka_unit_test_setup_teardown(one_ends_another_beside_a_search, make_folder,
                                        remove_folder),
        cmocka_unit_test_setup_teardown(a_paused_run_writes_as_well, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(the_context_ends_a_text, make_short_folder, remove_folder),
        cmocka_unit_test_setup_teardown(what_cannot_be_is_said, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(out_of_memory_is_a_refusal, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(a_text_without_memory_is_an_error, make_folder,
                                        remove_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
