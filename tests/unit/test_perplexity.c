/* Perplexity of a text on tiny models against the naive way, chunk by chunk. */
#include "task/perplexity.h"

#include "base/rng.h"
#include "io/atomic_file.h"
#include "passes.h"
#include "scoring.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void windows_are_llama_perplexitys(void **state)
{
    (void)state;
    static const struct {
        bool sentencepiece;
        uint32_t context;
        size_t chunks, expected;
    } row[] = {
        {false, 32, 0, 0}, {true, 32, 0, 0}, {false, 33, 2, 2}, {true, 64, 1, 1}, {false, 4, 3, 3}};
    for (size_t r = 0; r < sizeof row / sizeof *row; r++) {
        struct model model;
        struct prepared_text *prepared;
        struct token_list list = {0};
        struct error error = {0};
        char text[400], path[4200], hex[SHA256_HEX];
        struct rng rng;
        rng_init(&rng, 1, "text", 0);
        for (size_t i = 0; i + 1 < sizeof text; i++)
            text[i] = "the an in\n"[rng_below(&rng, 10)];
        text[sizeof text - 1] = '\0';
        open_model(&model, row[r].sentencepiece, "8.48");
        snprintf(path, sizeof path, "%s/text.txt", model.folder);
        check(atomic_file_replace(path, text, strlen(text), &error), &error);
        check(prepared_text_new(
                  path, model.tokenizer,
                  &(struct text_options){.context = row[r].context, .chunks = row[r].chunks},
                  &prepared, &error),
              &error);
        check(tokenizer_encode(model.tokenizer, text, strlen(text), true, false, &list, &error),
              &error);
        uint32_t context = row[r].context, scored = context - context / 2 - 1;
        size_t chunks = row[r].expected > 0 ? row[r].expected : list.count / context;
        assert_true(chunks > 0);
        assert_int_equal(prepared_text_shards(prepared), chunks);
        assert_int_equal(prepared_text_tokens(prepared), chunks * context);
        assert_string_equal(prepared_text_name(prepared), "text.txt");
        check(sha256_bytes(text, strlen(text), hex, &error), &error);
        assert_string_equal(prepared_text_sha256(prepared), hex);
        double nll[200], sum = 0;
        check(prepared_text_run(prepared, model.subnet, model.scratch, nll, &error), &error);
        for (size_t i = 0; i < chunks; i++) {
            int32_t *token = list.id + i * context;
            if (row[r].sentencepiece)
                token[0] = tokenizer_bos(model.tokenizer);
            double naive = -naive_sum(&model, token, context, scored);
            if (!close_to(nll[i], naive))
                fail_msg("text %zu, chunk %zu: %.9g, %.9g expected", r, i, nll[i], naive);
            sum += nll[i];
        }
        struct text_score score;
        text_reduce(prepared, nll, &score);
        assert_int_equal(score.chunks, chunks);
        assert_int_equal(score.tokens, chunks * scored);
        assert_true(fabs(log(score.perplexity) - sum / (double)(chunks * scored)) < 1e-9);
        prepared_text_free(prepared);
        check(prepared_text_new(path, model.tokenizer, &(struct text_options){0, 128, 99},
                                &prepared, &error),
              &error);
        assert_int_equal(prepared_text_shards(prepared),
                         list.count / 128); /* as many as there are */
        prepared_text_free(prepared);
        assert_int_equal(prepared_text_new(path, model.tokenizer,
                                           &(struct text_options){0, (uint32_t)list.count + 1, 0},
                                           &prepared, &error),
                         STATUS_INVALID); /* less than one chunk */
        assert_non_null(strstr(error.message, "text.txt"));
        assert_null(prepared);
        prepared_text_free(NULL);
        assert_int_equal(prepared_text_new("/nowhere", model.tokenizer,
                                           &(struct text_options){0, 32, 0}, &prepared, &error),
                         STATUS_IO);
        token_list_release(&list);
        close_model(&model);
    }
}

/* A text of the tiny models' words in a file of the model's folder, and its tokens. */
static void write_text(const struct model *model, const char *text, char path[4200],
                       struct token_list *list)
{
    struct error error = {0};
    snprintf(path, 4200, "%s/text.txt", model->folder);
    check(atomic_file_replace(path, text, strlen(text), &error), &error);
    check(tokenizer_encode(model->tokenizer, text, strlen(text), true, false, list, &error),
          &error);
}

/* By the definition: the harness's rolling windows, made disjoint. */
static double naive_rolling(const struct model *model, const int32_t *token, size_t count,
                            uint32_t context, double *window)
{
    int32_t whole[2000];
    double sum = 0;
    size_t windows = 0;
    int32_t bos = tokenizer_bos(model->tokenizer);
    whole[0] = bos >= 0 ? bos : tokenizer_eos(model->tokenizer);
    memcpy(whole + 1, token, count * sizeof *token);
    for (size_t done = 0; done < count;) {
        size_t scored = count - done < context ? count - done : context;
        size_t end = done + scored, start = end > context ? end - context : 0;
        window[windows] = -naive_sum(model, whole + start, end + 1 - start, scored);
        sum += window[windows++];
        done = end;
    }
    return sum;
}

/* Words are counted with the empty ones at both ends. The last byte of the two letters beyond ASCII
 * would be a blank, were it a letter. */
static const char words[] =
    " the thing in \u00E0 \u0405 the beginning\n\nand  the end, an answer and more in the "
    "end and the thing in it ";
#define WORDS 24

static void rolling_windows_are_the_harness(void **state)
{
    (void)state;
    static const struct {
        bool sentencepiece;
        uint32_t context;
    } row[] = {{false, 16}, {true, 16}, {false, 5}, {true, 7}, {false, 512}, {true, 1}};
    for (size_t r = 0; r < sizeof row / sizeof *row; r++) {
        struct model model;
        struct prepared_text *prepared;
        struct token_list list = {0};
        struct error error = {0};
        struct text_options options = {PERPLEXITY_ROLLING, row[r].context, 0};
        char path[4200];
        double nll[200], naive[200];
        struct text_score score;
        open_model(&model, row[r].sentencepiece, "8888");
        write_text(&model, words, path, &list);
        check(prepared_text_new(path, model.tokenizer, &options, &prepared, &error), &error);
        size_t windows = (list.count + row[r].context - 1) / row[r].context;
        assert_int_equal(prepared_text_shards(prepared), windows);
        double sum = naive_rolling(&model, list.id, list.count, row[r].context, naive);
        check(prepared_text_run(prepared, model.subnet, model.scratch, nll, &error), &error);
        for (size_t i = windows; i-- > 0;) {
            if (!close_to(nll[i], naive[i]))
                fail_msg("text %zu, window %zu: %g, %g expected", r, i, nll[i], naive[i]);
        }
        text_reduce(prepared, nll, &score);
        assert_int_equal(score.definition, PERPLEXITY_ROLLING);
        assert_int_equal(score.tokens, list.count);
        assert_true(close_to(log(score.perplexity), sum / (double)list.count));
        assert_true(close_to(log(score.word_perplexity), sum / WORDS));
        assert_true(close_to(log(score.byte_perplexity), sum / (double)strlen(words)));
        assert_true(close_to(score.bits_per_byte, sum / (double)strlen(words) / log(2)));
        prepared_text_free(prepared);
        options.chunks = 1; /* a part of the text has no words */
        check(prepared_text_new(path, model.tokenizer, &options, &prepared, &error), &error);
        text_reduce(prepared, nll, &score);
        assert_int_equal(score.chunks, 1);
        assert_true(isnan(score.word_perplexity) == (windows > 1));
        prepared_text_free(prepared);
        token_list_release(&list);
        close_model(&model);
    }
}

static void joined_windows_are_the_papers(void **state)
{
    (void)state;
    for (int sentencepiece = 0; sentencepiece < 2; sentencepiece++) {
        struct model model;
        struct prepared_text *prepared;
        struct token_list list = {0};
        struct error error = {0};
        const struct text_options options = {PERPLEXITY_JOINED, 12, 0};
        char path[4200];
        double nll[200], sum = 0;
        struct text_score score;
        open_model(&model, sentencepiece != 0, "8888");
        write_text(&model, words, path, &list);
        check(prepared_text_new(path, model.tokenizer, &options, &prepared, &error), &error);
        size_t windows = list.count / 12;
        assert_int_equal(prepared_text_shards(prepared), windows);
        assert_int_equal(prepared_text_tokens(prepared), windows * 11);
        check(prepared_text_run(prepared, model.subnet, model.scratch, nll, &error), &error);
        for (size_t i = 0; i < windows; i++) {
            double naive = -naive_sum(&model, list.id + i * 12, 12, 11);
            assert_true(close_to(nll[i], naive));
            sum += naive;
        }
        text_reduce(prepared, nll, &score);
        assert_int_equal(score.tokens, windows * 11);
        assert_true(close_to(log(score.perplexity), sum / (double)(windows * 11)));
        assert_true(isnan(score.word_perplexity));
        prepared_text_free(prepared);
        token_list_release(&list);
        close_model(&model);
    }
}

static void definitions_have_names(void **state)
{
    (void)state;
    enum perplexity definition;
    struct error error = {0};
    for (int i = 0; i < 3; i++) {
        assert_int_equal(perplexity_parse(perplexity_name((enum perplexity)i), &definition, NULL),
                         STATUS_OK);
        assert_int_equal(definition, i);
    }
    assert_int_equal(perplexity_parse(NULL, &definition, NULL), STATUS_OK);
    assert_int_equal(definition, PERPLEXITY_LLAMA);
    assert_int_equal(perplexity_parse("wanda", &definition, &error), STATUS_INVALID);
    assert_non_null(strstr(error.message, "llama, rolling or joined"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(windows_are_llama_perplexitys),
        cmocka_unit_test(rolling_windows_are_the_harness),
        cmocka_unit_test(joined_windows_are_the_papers),
        cmocka_unit_test(definitions_have_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
