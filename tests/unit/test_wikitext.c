/* Raw WikiText: the detokeniser against lines that Python's re and str.replace made by the
 * harness's own function, pages, and the perplexity of pages on tiny models against the naive way.
 */
#include "task/wikitext.h"

#include "base/memory.h"
#include "io/atomic_file.h"
#include "passes.h"
#include "scoring.h"
#include "task/perplexity.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void detokenised_as_python_does(void **state)
{
    (void)state;
    static const struct {
        const char *page, *written;
    } row[] = {
        {"", ""},
        {"the dogs ' bones", "the dogs' bones"},
        {"a /' 7/ b /' x/ c", "a /'[0-9]/ b /' x/ c"},
        {"guest @-@ starring", "guest-starring"},
        {"1 @,@ 234 and 5 @.@ 6", "1,234 and 5.6"},
        {" : a : b", ": a: b"},
        {"x ; y", "x; y"},
        {"end . New", "end. New"},
        {"so ! he", "so! he"},
        {"why ? me", "why? me"},
        {"one , two", "one, two"},
        {" , , , ", ", ,, "},
        {"( a b ) (c)", "(a b) (c)"},
        {"( open only", "( open only"},
        {"(\u00A0a (b ) c )", "(a (b) c )"},
        {"( \u3000 )", "()"},
        {"[ 1 ]", "[1]"},
        {"{ x }", "{x}"},
        {"said \" no way \" and \" yes \"", "said \"no way\" and \"yes\""},
        {"a ' b ' c", "a 'b' c"},
        {"= = = = X = = = =", "==== X ===="},
        {"= = = X = = =", "=== X ==="},
        {"= = X = =", "== X =="},
        {"20 \u00B0 C", "20\u00B0C"},
        {"a \n b\n c", "a\nb\nc"},
        {"an N here N N ends", "an 1 here 1 N ends"},
        {"the man 's hat", "the man's hat"},
        {"it 's ' s", "it's' s"},
        {"s ' s ' s '", "s's' s'"},
        {"a , ( b , c ) . D", "a, (b, c). D"},
        {"  \n  = T = \n", " \n = T =\n"},
    };
    struct error error = {0};
    struct buf out;
    buf_init(&out);
    for (size_t r = 0; r < sizeof row / sizeof *row; r++) {
        char text[100]; /* what stands behind the page is not read */
        struct wikitext_page page = {text, strlen(row[r].page)};
        snprintf(text, sizeof text, "%s ) ' \" N ", row[r].page);
        check(wikitext_detokenise(&page, &out, &error), &error);
        assert_string_equal(out.data, row[r].written);
        assert_int_equal(out.length, strlen(row[r].written));
    }
    buf_release(&out);
}

static void memory_that_ends_is_an_error(void **state)
{
    (void)state;
    struct wikitext_page page = {" = T = \n a ( b ) ", 17};
    unsigned long k = 1;
    for (enum status status = STATUS_MEMORY; status != STATUS_OK; k++) {
        struct error error = {0};
        struct buf out;
        buf_init(&out);
        memory_fail_at(k);
        status = wikitext_detokenise(&page, &out, &error);
        memory_fail_at(0);
        assert_true(status == STATUS_OK || status == STATUS_MEMORY);
        if (status == STATUS_OK)
            assert_string_equal(out.data, " = T =\na (b) ");
        buf_release(&out);
    }
    assert_true(k > 2);
}

static void told_by_its_first_line(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool matches;
    } row[] = {
        {"", false},
        {" \n\n", false},
        {" = T = ", true},
        {"= T =", true},
        {" \n\u00A0\n = T = \n \n text", true},
        {"\r\n = T = \r\n text", true},
        {"\r = T = \r text", true},
        {" = = T = = \n", false},
        {" text \n = T = \n", false},
        {" = T \n", false},
        {" T = \n", false},
        {"=T=", false},
        {"= T==", false},
        {" = T = = ", false},
        {" = T = = = ", false},
        {" = T = = = = ", false},
        {" = T = = = = = ", true}, /* "=== = =" is "==== =" */
        {"=", false},
        {"= =", false},
        {"=  =", true},
    };
    for (size_t r = 0; r < sizeof row / sizeof *row; r++)
        if (wikitext_matches(row[r].text, strlen(row[r].text)) != row[r].matches)
            fail_msg("row %zu: %s", r, row[r].text);
}

static void pages_begin_at_first_level_headings(void **state)
{
    (void)state;
    static const struct {
        const char *text, *page[4];
    } row[] = {
        {"", {""}}, /* as the loader: what is behind the last heading is a page */
        {" \n = A = \n x \n", {" = A = \n x \n"}},
        {" = A = ", {" = A = "}},
        {" = A = \n = B = ", {" = A = ", " = B = "}},
        {" = A = \n\n a = b \n = = C = = \n x = \n = \n\n = B = \n y ",
         {" = A = \n\n a = b \n = = C = = \n x = \n = \n", " = B = \n y "}},
        {"x\n = A = \n", {"x", " = A = \n"}},
        {" = A = \n see = B = \n = = = D = = = \n\u00A0= E =\u2003\n",
         {" = A = \n see = B = \n = = = D = = = ", "\u00A0= E =\u2003\n"}},
    };
    for (size_t r = 0; r < sizeof row / sizeof *row; r++) {
        struct wikitext_page page;
        size_t at = 0, length = strlen(row[r].text), pages = 0;
        while (wikitext_next(row[r].text, length, &at, &page)) {
            assert_non_null(row[r].page[pages]);
            assert_int_equal(page.length, strlen(row[r].page[pages]));
            assert_memory_equal(page.text, row[r].page[pages], page.length);
            pages++;
        }
        assert_null(row[r].page[pages]);
    }
}

static void line_ends_are_pythons(void **state)
{
    (void)state;
    char text[] = "a\r\nb\rc\n\r\n\r\rd\r";
    assert_int_equal(wikitext_lines(text, strlen(text)), 11);
    assert_string_equal(text, "a\nb\nc\n\n\n\nd\n");
}

/* Two pages with the words of the tiny models. Words are counted with the empty ones at both ends
 * of a page. */
static const char raw[] = " \n = the in = \n \n the thing , in the end ( an and ) \n"
                          " = an = \n \n in the beginning \n and the end";
static const char *const written[] = {" = the in =\n\nthe thing, in the end (an and) ",
                                      " = an =\n\nin the beginning\nand the end"};
#define WORDS (16 + 10)
#define BYTES (strlen(raw) - 3) /* without the first line and the line end between the pages */

/* The pages' tokens, each behind the token that it begins with; windows by the definition. */
static double naive_pages(const struct model *model, uint32_t context, double *window,
                          size_t *windows, size_t *tokens)
{
    double sum = 0;
    *windows = *tokens = 0;
    for (size_t page = 0; page < 2; page++) {
        struct token_list list = {0};
        struct error error = {0};
        int32_t whole[500], bos = tokenizer_bos(model->tokenizer);
        check(tokenizer_encode(model->tokenizer, written[page], strlen(written[page]), true, false,
                               &list, &error),
              &error);
        assert_true(list.count < 499);
        whole[0] = bos >= 0 ? bos : tokenizer_eos(model->tokenizer);
        memcpy(whole + 1, list.id, list.count * sizeof *list.id);
        for (size_t done = 0; done < list.count;) {
            size_t left = list.count - done, scored = left < context ? left : context;
            size_t end = done + scored, start = end > context ? end - context : 0;
            window[*windows] = -naive_sum(model, whole + start, end + 1 - start, scored);
            sum += window[(*windows)++];
            done = end;
        }
        *tokens += list.count;
        token_list_release(&list);
    }
    return sum;
}

static void pages_are_run_on_their_own(void **state)
{
    (void)state;
    static const struct {
        bool sentencepiece;
        uint32_t context;
    } row[] = {{false, 16}, {true, 7}, {true, 512}, {false, 1}};
    for (size_t r = 0; r < sizeof row / sizeof *row; r++) {
        struct model model;
        struct prepared_text *prepared;
        struct error error = {0};
        struct text_options options = {PERPLEXITY_ROLLING, row[r].context, 0};
        char path[4200];
        double nll[500], naive[500];
        size_t windows, tokens;
        struct text_score score;
        open_model(&model, row[r].sentencepiece, "8888");
        snprintf(path, sizeof path, "%s/wiki.raw", model.folder);
        check(atomic_file_replace(path, raw, strlen(raw), &error), &error);
        check(prepared_text_new(path, model.tokenizer, &options, &prepared, &error), &error);
        double sum = naive_pages(&model, row[r].context, naive, &windows, &tokens);
        assert_int_equal(prepared_text_shards(prepared), windows);
        check(prepared_text_run(prepared, model.subnet, model.scratch, nll, &error), &error);
        for (size_t i = 0; i < windows; i++) {
            if (!close_to(nll[i], naive[i]))
                fail_msg("row %zu, window %zu: %g, %g expected", r, i, nll[i], naive[i]);
        }
        text_reduce(prepared, nll, &score);
        assert_int_equal(score.pages, 2);
        assert_true(score.detokenised);
        assert_int_equal(score.tokens, tokens);
        assert_true(close_to(log(score.perplexity), sum / (double)tokens));
        assert_true(close_to(log(score.word_perplexity), sum / WORDS));
        assert_true(close_to(log(score.byte_perplexity), sum / (double)BYTES));
        assert_true(close_to(score.bits_per_byte, sum / (double)BYTES / log(2)));
        prepared_text_free(prepared);
        options.chunks = 1;
        check(prepared_text_new(path, model.tokenizer, &options, &prepared, &error), &error);
        text_reduce(prepared, nll, &score);
        assert_int_equal(score.chunks, 1);
        assert_int_equal(score.pages, 1);
        assert_true(isnan(score.word_perplexity));
        prepared_text_free(prepared);
        options = (struct text_options){PERPLEXITY_JOINED, 8, 0}; /* the file as it stands */
        check(prepared_text_new(path, model.tokenizer, &options, &prepared, &error), &error);
        for (size_t i = 0; i < prepared_text_shards(prepared); i++)
            nll[i] = 0;
        text_reduce(prepared, nll, &score);
        assert_int_equal(score.pages, 0);
        assert_false(score.detokenised);
        prepared_text_free(prepared);
        close_model(&model);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(detokenised_as_python_does),
        cmocka_unit_test(memory_that_ends_is_an_error),
        cmocka_unit_test(told_by_its_first_line),
        cmocka_unit_test(pages_begin_at_first_level_headings),
        cmocka_unit_test(line_ends_are_pythons),
        cmocka_unit_test(pages_are_run_on_their_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
