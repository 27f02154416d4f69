/* Perplexity of a text on tiny models against the naive way, chunk by chunk. */
#include "task/score.h"

#include "base/rng.h"
#include "io/atomic_file.h"
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
        check(prepared_text_new(path, model.tokenizer, row[r].context, row[r].chunks, &prepared,
                                &error),
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
        for (size_t i = 0; i < chunks; i++) {
            check(prepared_text_score(prepared, i, model.subnet, model.scratch, nll, &error),
                  &error);
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
        check(prepared_text_new(path, model.tokenizer, 128, 99, &prepared, &error), &error);
        assert_int_equal(prepared_text_shards(prepared),
                         list.count / 128); /* as many as there are */
        prepared_text_free(prepared);
        assert_int_equal(prepared_text_new(path, model.tokenizer, (uint32_t)list.count + 1, 0,
                                           &prepared, &error),
                         STATUS_INVALID); /* less than one chunk */
        assert_non_null(strstr(error.message, "text.txt"));
        assert_null(prepared);
        prepared_text_free(NULL);
        assert_int_equal(prepared_text_new("/nowhere", model.tokenizer, 32, 0, &prepared, &error),
                         STATUS_IO);
        token_list_release(&list);
        close_model(&model);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(windows_are_llama_perplexitys)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
