/* The prefix cache: what is found, what is planned, what gives way, and that no bytes beyond the
 * budget are ever held. */
#include "engine/prefix_cache.h"

#include "base/memory.h"
#include "base/rng.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define LAYERS 8
#define SLICES 3
#define MOST LAYERS

static const size_t floats[SLICES] = {100, 30, 1};

static struct arch_code code_of(const char *text)
{
    struct arch_code code = {{0}};
    snprintf(code.text, sizeof code.text, "%s", text);
    return code;
}

/* The bytes at which one checkpoint fits, by trying; they hold the streams at least. */
static uint64_t bytes_of_one(void)
{
    uint64_t least = 1, enough = 1 << 20;
    while (least < enough) {
        uint64_t middle = least + (enough - least) / 2;
        struct prefix_cache *cache;
        assert_int_equal(prefix_cache_new(middle, SLICES, floats, LAYERS, &cache, NULL), STATUS_OK);
        if (prefix_cache_capacity(cache) > 0)
            enough = middle;
        else
            least = middle + 1;
        prefix_cache_free(cache);
    }
    assert_true(least >= 131 * sizeof(float) && least < 131 * sizeof(float) + 1024);
    return least;
}

static struct prefix_cache *cache_of(size_t checkpoints)
{
    struct prefix_cache *cache;
    assert_int_equal(
        prefix_cache_new(checkpoints * bytes_of_one(), SLICES, floats, LAYERS, &cache, NULL),
        STATUS_OK);
    assert_int_equal(prefix_cache_capacity(cache), checkpoints);
    return cache;
}

static uint32_t find(struct prefix_cache *cache, const char *text)
{
    struct arch_code code = code_of(text);
    struct prefix_entry *entry = prefix_cache_find(cache, &code);
    uint32_t depth = entry != NULL ? prefix_entry_depth(entry) : 0;
    if (entry != NULL)
        prefix_entry_release(cache, entry);
    return depth;
}

static void fill(struct prefix_cache *cache, struct prefix_entry *entry)
{
    for (size_t i = 0; i < SLICES; i++)
        prefix_entry_fill(entry, i);
    prefix_entry_release(cache, entry);
}

/* Plans, fills all, and returns the depths as text: "257". `waiting` are parted by spaces. */
static const char *evaluate(struct prefix_cache *cache, const char *text, const char *waiting)
{
    static char depths[MOST + 1];
    struct prefix_entry *entry[MOST];
    struct arch_code next[8], code = code_of(text);
    size_t nexts = 0;
    for (; *waiting != '\0'; waiting += waiting[LAYERS] == ' ' ? LAYERS + 1 : LAYERS) {
        char one[LAYERS + 1];
        snprintf(one, sizeof one, "%s", waiting);
        next[nexts++] = code_of(one);
    }
    struct prefix_entry *from = prefix_cache_find(cache, &code);
    size_t count = prefix_cache_plan(cache, &code, from != NULL ? prefix_entry_depth(from) : 0,
                                     next, nexts, entry, MOST);
    if (from != NULL)
        prefix_entry_release(cache, from);
    for (size_t i = 0; i < count; i++) {
        depths[i] = (char)('0' + prefix_entry_depth(entry[i]));
        fill(cache, entry[i]);
    }
    depths[count] = '\0';
    assert_true(prefix_cache_count(cache) <= prefix_cache_capacity(cache));
    return depths;
}

/* ---- what is planned ---- */

static void checkpoints_are_where_waiting_codes_part_and_then_guesses(void **state)
{
    (void)state;
    static const struct {
        const char *before; /* evaluated first, alone */
        size_t room;
        const char *code, *waiting, *depths;
    } row[] = {
        /* guesses: an eighth, a quarter, a half of the way */
        {NULL, 9, "88888888", "", "124"},
        {NULL, 9, "8888888.", "", "13"},
        /* behind a dropped layer it is as behind the kept one before it */
        {NULL, 9, "888.8888", "", "123"},
        {NULL, 9, ".8888888", "", "24"},
        /* nothing is left of a network of one layer */
        {NULL, 9, "8.......", "", ""},
        {NULL, 9, ".......8", "", ""},
        /* where codes part, and once where two part from it at one place */
        {NULL, 9, "88888888", "88888887 88888887 88888444", "12457"},
        /* no room for all: the deepest need, then the next; no guess */
        {NULL, 2, "88888888", "88888888 88888444 88.88888", "57"},
        {NULL, 1, "88888888", "88888777 88888444 88.88888", "5"},
        {NULL, 0, "88888888", "88888777", ""},
        /* dropped layers before the parting are left out of the key */
        {NULL, 9, "88...777", "88...666", "12"},
        {NULL, 9, "88...777", "88.88666", "12"},
        {NULL, 9, ".....777", ".....766", "6"},
        {NULL, 9, ".....777", "....8777", ""},
        /* a whole network with its last layers dropped, which others go beyond */
        {NULL, 9, "888.....", "888...44", "13"},
        /* only beyond what it starts with */
        {"88888888", 9, "88887777", "88887778", "567"},
        {"88888888", 9, "88887777", "88777777", "56"},
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        struct prefix_cache *cache = cache_of(row[i].room);
        if (row[i].before != NULL)
            assert_string_equal(evaluate(cache, row[i].before, ""), "124");
        const char *depths = evaluate(cache, row[i].code, row[i].waiting);
        if (strcmp(depths, row[i].depths) != 0)
            fail_msg("row %zu: depths \"%s\", \"%s\" expected", i, depths, row[i].depths);
        prefix_cache_free(cache);
    }
}

static void no_more_than_the_callers_room_is_planned(void **state)
{
    (void)state;
    struct prefix_cache *cache = cache_of(9);
    const struct arch_code code = code_of("88888888"), next = code_of("88888444");
    struct prefix_entry *entry[2];
    assert_int_equal(prefix_cache_plan(cache, &code, 0, &next, 1, entry, 2), 2);
    assert_int_equal(prefix_entry_depth(entry[0]), 1);
    assert_int_equal(prefix_entry_depth(entry[1]), 5);
    prefix_cache_free(cache); /* held ones too */
}

/* ---- what is found ---- */

static void the_deepest_entry_is_found(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint32_t depth;
    } row[] = {
        {"88..7777", 2}, /* one with other layers dropped behind it */
        {"88888888", 2}, {"887.6666", 5}, {"887.6444", 5}, {"887.4444", 3},
        {"88644444", 2}, {"86444444", 1}, {"8.888888", 1}, {".8888888", 0},
    };
    struct prefix_cache *cache = cache_of(9);
    assert_int_equal(find(cache, "88888888"), 0);
    assert_string_equal(evaluate(cache, "887.6666", "887.6777 887.7777 88877777"), "1235");
    for (size_t i = 0; i < sizeof row / sizeof *row; i++)
        if (find(cache, row[i].text) != row[i].depth)
            fail_msg("%s: depth %u, %u expected", row[i].text, find(cache, row[i].text),
                     row[i].depth);
    prefix_cache_free(cache);
}

/* "888....." is where "888.8888" begins, and the other way round. */
static void a_network_without_its_last_layers_is_found_whole(void **state)
{
    (void)state;
    struct prefix_cache *cache = cache_of(9);
    evaluate(cache, "888.8888", "888.....");
    assert_int_equal(find(cache, "888....."), 3);
    prefix_cache_free(cache);
}

/* ---- life of an entry ---- */

static void an_entry_is_found_while_it_is_being_filled(void **state)
{
    (void)state;
    struct prefix_cache *cache = cache_of(1);
    const struct arch_code code = code_of("88888888"), next = code_of("88888444");
    struct prefix_entry *entry;
    assert_int_equal(prefix_cache_plan(cache, &code, 0, &next, 1, &entry, 1), 1);
    for (size_t i = 0; i < SLICES; i++) { /* each slice's buffer is its own and lasts */
        float *x = prefix_entry_stream(entry, i);
        for (size_t k = 0; k < floats[i]; k++)
            x[k] = (float)(1000 * i + k);
    }
    prefix_entry_fill(entry, 1);
    struct prefix_entry *found = prefix_cache_find(cache, &next);
    assert_ptr_equal(found, entry);
    assert_false(prefix_entry_filled(found, 0));
    assert_true(prefix_entry_filled(found, 1));
    for (size_t i = 0; i < SLICES; i++)
        for (size_t k = 0; k < floats[i]; k++)
            assert_true(prefix_entry_stream(found, i)[k] == (float)(1000 * i + k));
    prefix_entry_fill(entry, 0);
    prefix_entry_fill(entry, 2);
    prefix_entry_release(cache, entry);
    assert_int_equal(prefix_cache_count(cache), 1);
    prefix_entry_release(cache, found);
    assert_int_equal(find(cache, "88888666"), 5); /* whole: it stays */
    prefix_cache_free(cache);
}

static void an_abandoned_entry_is_not_found_and_goes_with_its_last_holder(void **state)
{
    (void)state;
    struct prefix_cache *cache = cache_of(2);
    const struct arch_code code = code_of("88888888"), next = code_of("88888444");
    struct prefix_entry *entry[2], *again[2];
    assert_int_equal(prefix_cache_plan(cache, &code, 0, &next, 1, entry, 1), 1);
    prefix_entry_fill(entry[0], 0);
    struct prefix_entry *consumer = prefix_cache_find(cache, &next);
    assert_ptr_equal(consumer, entry[0]);
    assert_false(prefix_entry_abandoned(consumer));
    prefix_entry_abandon(entry[0]);
    assert_true(prefix_entry_abandoned(consumer));
    assert_null(prefix_cache_find(cache, &next));
    prefix_entry_release(cache, entry[0]);
    assert_true(prefix_entry_filled(consumer, 0)); /* still there, and still counted */
    assert_int_equal(prefix_cache_count(cache), 1);
    /* the same key can be made anew meanwhile */
    assert_int_equal(prefix_cache_plan(cache, &next, 0, &code, 1, again, 2), 1);
    assert_int_equal(prefix_entry_depth(again[0]), 5);
    prefix_entry_release(cache, consumer);
    assert_int_equal(prefix_cache_count(cache), 1);
    fill(cache, again[0]);
    assert_int_equal(find(cache, "88888777"), 5);
    prefix_cache_free(cache);
}

static void an_entry_that_was_not_filled_goes_when_it_is_released(void **state)
{
    (void)state;
    struct prefix_cache *cache = cache_of(1);
    const struct arch_code code = code_of("88888888"), next = code_of("88888444");
    struct prefix_entry *entry;
    assert_int_equal(prefix_cache_plan(cache, &code, 0, &next, 1, &entry, 1), 1);
    prefix_entry_fill(entry, 0);
    prefix_entry_release(cache, entry);
    assert_int_equal(prefix_cache_count(cache), 0);
    assert_null(prefix_cache_find(cache, &next));
    prefix_cache_free(cache);
}

/* ---- what gives way ---- */

static void held_entries_never_give_way(void **state)
{
    (void)state;
    struct prefix_cache *cache = cache_of(2);
    struct arch_code code = code_of("88888888"), next = code_of("88888444");
    struct prefix_entry *entry[MOST];
    assert_string_equal(evaluate(cache, "77777777", "77777666"), "15"); /* 1: a guess */
    struct arch_code other = code_of("77777555");
    struct prefix_entry *held = prefix_cache_find(cache, &other);
    assert_int_equal(prefix_entry_depth(held), 5);
    assert_int_equal(prefix_cache_plan(cache, &code, 0, &next, 1, entry, MOST), 1);
    code = code_of("66666666");
    next = code_of("66666444");
    assert_int_equal(prefix_cache_plan(cache, &code, 0, &next, 1, entry + 1, MOST - 1), 0);
    fill(cache, entry[0]);
    prefix_entry_release(cache, held);
    assert_int_equal(find(cache, "77777444"), 5);
    assert_int_equal(find(cache, "88888444"), 5);
    assert_int_equal(find(cache, "77444444"), 0); /* the guess went */
    prefix_cache_free(cache);
}

static void guesses_then_the_least_recently_used_then_wanted_ones_give_way(void **state)
{
    (void)state;
    struct prefix_cache *cache = cache_of(3);
    assert_string_equal(evaluate(cache, "87777777", "87777666"), "125");
    assert_int_equal(find(cache, "86666666"), 1); /* no guess any more */
    /* the guess "87" gives way; then there is none that another guess could replace */
    assert_string_equal(evaluate(cache, "77777777", "77777666"), "5");
    assert_int_equal(find(cache, "77777444"), 5);
    assert_int_equal(find(cache, "87777444"), 5);
    assert_string_equal(evaluate(cache, "66666666", ""), "");
    /* the least recently used of those along the ways that were gone: "77777" */
    assert_string_equal(evaluate(cache, "66666666", "66666444"), "5");
    assert_int_equal(find(cache, "77777444"), 0);
    assert_int_equal(find(cache, "66666444"), 5);
    /* now "87777" is, but a code waits for it; "8" is not its deepest */
    assert_string_equal(evaluate(cache, "44444444", "44444666 87777444"), "5");
    assert_int_equal(find(cache, "87777444"), 5);
    assert_int_equal(find(cache, "86666444"), 0);
    prefix_cache_free(cache);
}

/* ---- limits ---- */

static void sizes_that_cannot_be_counted_are_refused(void **state)
{
    (void)state;
    const size_t large[2] = {SIZE_MAX / 2, SIZE_MAX / 2};
    struct prefix_cache *cache;
    struct error error = {0};
    assert_int_equal(prefix_cache_new(UINT64_MAX, 2, large, LAYERS, &cache, &error),
                     STATUS_INVALID);
    assert_non_null(strstr(error.message, "2 slices"));
    assert_null(cache);
    /* a budget without end is not a table without end */
    assert_int_equal(prefix_cache_new(UINT64_MAX, SLICES, floats, LAYERS, &cache, NULL), STATUS_OK);
    assert_in_range(prefix_cache_capacity(cache), 100, 100000);
    prefix_cache_free(cache);
    prefix_cache_free(NULL);
}

static void short_memory_makes_fewer_checkpoints_and_no_harm(void **state)
{
    (void)state;
    const struct arch_code code = code_of("88888888"), next = code_of("88888444");
    struct prefix_entry *entry[MOST];
    for (unsigned long k = 1; k <= 5; k++) {
        struct prefix_cache *cache;
        memory_fail_at(k);
        enum status status = prefix_cache_new(1 << 20, SLICES, floats, LAYERS, &cache, NULL);
        memory_fail_at(0);
        assert_int_equal(status, k <= 3 ? STATUS_MEMORY : STATUS_OK);
        if (status == STATUS_OK)
            prefix_cache_free(cache);
    }
    for (unsigned long k = 1; k <= 3 + SLICES + 1; k++) { /* an entry, its two lists, its streams */
        struct prefix_cache *cache = cache_of(9);
        memory_fail_at(k);
        size_t count = prefix_cache_plan(cache, &code, 0, &next, 1, entry, MOST);
        memory_fail_at(0);
        assert_int_equal(count, k <= 3 + SLICES ? 0 : 1);
        assert_int_equal(prefix_cache_count(cache), count);
        prefix_cache_free(cache);
    }
}

/* ---- against a plain model of it ---- */

/* Random networks, producers and consumers in any order: what is found is always a true beginning,
 * keys are unique and end in a kept layer, and the room is never exceeded. */
static void random_use_keeps_the_invariants(void **state)
{
    (void)state;
    struct prefix_cache *cache = cache_of(5);
    struct rng rng;
    struct holding {
        struct prefix_entry *entry;
        char prefix[LAYERS + 1];
        bool producer;
    } held[64];
    size_t holdings = 0, found = 0, planned = 0;
    rng_init(&rng, 1, "prefix cache", 0);
    for (int step = 0; step < 20000; step++) {
        struct arch_code code[4];
        for (int i = 0; i < 4; i++) {
            for (int k = 0; k < LAYERS; k++)
                code[i].text[k] = "88.7"[rng_below(&rng, 4)];
            code[i].text[LAYERS] = '\0';
        }
        struct prefix_entry *from = prefix_cache_find(cache, code), *entry[MOST];
        uint32_t depth = from != NULL ? prefix_entry_depth(from) : 0;
        assert_true(depth < LAYERS && (depth == 0 || code[0].text[depth - 1] != '.'));
        size_t count = prefix_cache_plan(cache, code, depth, code + 1, 3, entry, MOST);
        for (size_t i = 0; i < count; i++) {
            uint32_t here = prefix_entry_depth(entry[i]);
            assert_true(here > depth && here < LAYERS && code[0].text[here - 1] != '.');
            assert_true(i == 0 || here > prefix_entry_depth(entry[i - 1]));
            for (size_t k = 0; k < holdings; k++)
                assert_ptr_not_equal(held[k].entry, entry[i]);
            held[holdings] = (struct holding){entry[i], "", true};
            memcpy(held[holdings++].prefix, code[0].text, here);
        }
        if (from != NULL) {
            for (size_t k = 0; k < holdings; k++)
                if (held[k].entry == from)
                    assert_memory_equal(held[k].prefix, code[0].text, depth);
            held[holdings] = (struct holding){from, "", false};
            memcpy(held[holdings++].prefix, code[0].text, depth);
        }
        found += from != NULL;
        planned += count;
        assert_true(prefix_cache_count(cache) <= 5);
        while (holdings > rng_below(&rng, 6)) {
            struct holding *last = &held[rng_below(&rng, (uint32_t)holdings)], gone = *last;
            *last = held[--holdings];
            if (gone.producer && rng_below(&rng, 8) == 0)
                prefix_entry_abandon(gone.entry);
            else if (gone.producer)
                for (size_t i = 0; i < SLICES; i++)
                    prefix_entry_fill(gone.entry, i);
            prefix_entry_release(cache, gone.entry);
        }
    }
    assert_true(found > 2000 && planned > 2000);
    prefix_cache_free(cache);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(checkpoints_are_where_waiting_codes_part_and_then_guesses),
        cmocka_unit_test(no_more_than_the_callers_room_is_planned),
        cmocka_unit_test(the_deepest_entry_is_found),
        cmocka_unit_test(a_network_without_its_last_layers_is_found_whole),
        cmocka_unit_test(an_entry_is_found_while_it_is_being_filled),
        cmocka_unit_test(an_abandoned_entry_is_not_found_and_goes_with_its_last_holder),
        cmocka_unit_test(an_entry_that_was_not_filled_goes_when_it_is_released),
        cmocka_unit_test(held_entries_never_give_way),
        cmocka_unit_test(guesses_then_the_least_recently_used_then_wanted_ones_give_way),
        cmocka_unit_test(sizes_that_cannot_be_counted_are_refused),
        cmocka_unit_test(short_memory_makes_fewer_checkpoints_and_no_harm),
        cmocka_unit_test(random_use_keeps_the_invariants),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
