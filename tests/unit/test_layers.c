/* The view of layers: what is counted, the map at many depths and sizes, the lock it proposes.
 * UPDATE_GOLDEN=1 writes tests/golden/screen-layers*.txt anew: look at each before it is committed.
 */
#include "desk.h"

#include "../../ui/pages.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/rng.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* ---- a run over a model of another depth ---- */

static float deep_influence[ARCH_MAX_LAYERS];

/* Rows of `layers` layers in place of the picture's; the middle layers are dropped most. */
static void deepen(struct desk *desk, uint32_t layers, size_t rows)
{
    static const char choices[] = "8876h4..";
    struct snapshot *s = &desk->picture.snapshot;
    struct rng rng;
    rng_init(&rng, 5, "deep", layers);
    archive_free(desk->picture.archive);
    archive_new(&desk->picture.archive, NULL);
    for (size_t i = 0; i < rows; i++) {
        struct row row = {.id = (uint32_t)i, .n = 200, .standard_error = 0.03};
        for (uint32_t k = 0; k < layers; k++) {
            double middle = 1 - fabs(2.0 * k / layers - 1);
            row.code.text[k] =
                rng_uniform(&rng) < 0.8 * middle && i ? choices[rng_below(&rng, 8)] : '8';
        }
        for (int o = 0; o < OBJECTIVES; o++)
            row.value[o] = NAN;
        row.value[OBJECTIVE_ACC] = 0.3 + 0.2 * rng_uniform(&rng);
        row.value[OBJECTIVE_CHOICE_NLL] = 2 - row.value[OBJECTIVE_ACC];
        row.value[OBJECTIVE_BYTES] = 1e8 * rng_uniform(&rng);
        archive_append(desk->picture.archive, &row, NULL);
    }
    for (uint32_t k = 0; k < layers; k++)
        deep_influence[k] = (float)(0.02 + 0.5 * exp(-(double)k) + 0.001 * k);
    s->archive = desk->picture.archive;
    s->rows = s->evaluations = rows;
    s->estimate = estimate_of_rows(s->archive, rows);
    s->shape = NULL;
    s->influence = deep_influence;
    picture_pin(&desk->picture, "");
    view_refresh(&desk->view, s);
}

/* ---- counting ---- */

static bool in_set(const struct desk *desk, enum layers_set set, uint32_t id)
{
    const struct snapshot *s = &desk->picture.snapshot;
    if (set == LAYERS_FRONT)
        return view_on_front(s, id);
    if (set == LAYERS_MARKED)
        return view_marked(&desk->view, id);
    return set == LAYERS_ALL || row_violation(view_row(s, id), &s->pins, &s->estimate) <= 0;
}

/* One at a time, by another way than the counter's. */
static void expect_counts(const struct desk *desk, enum layers_set set)
{
    const struct snapshot *s = &desk->picture.snapshot;
    const struct layer_shares *shares = &desk->view.layers.shares;
    size_t networks = 0, by_depth = 0;
    for (uint32_t id = 0; id < s->rows; id++)
        networks += in_set(desk, set, id);
    assert_int_equal(shares->networks, networks);
    assert_int_equal(shares->layers, 30);
    for (uint32_t layer = 0; layer < 30; layer++) {
        double all = 0;
        for (const char *letter = layer_letters; *letter; letter++) {
            size_t count = 0;
            char one[2] = {*letter, '\0'};
            for (uint32_t id = 0; id < s->rows; id++)
                count += in_set(desk, set, id) && view_row(s, id)->code.text[layer] == *letter;
            assert_int_equal(shares->letter[layer][letter - layer_letters], count);
            all += layer_share(shares, layer, one);
        }
        assert_true(!networks || fabs(all - 1) < 1e-12); /* each network chooses once */
    }
    for (uint32_t depth = 0; depth <= 30; depth++)
        by_depth += shares->depth[depth];
    assert_int_equal(by_depth, networks);
}

static void test_counts(void **state)
{
    (void)state;
    struct desk desk;
    desk_open(&desk, 214, GLYPHS_BRAILLE);
    picture_pin(&desk.picture, "bytes<=87MiB");
    desk_type(&desk, "g jj jjj 3");
    static const enum layers_set order[] = {LAYERS_FRONT, LAYERS_MARKED, LAYERS_WITHIN, LAYERS_ALL};
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(desk.view.layers.set, order[i]);
        expect_counts(&desk, order[i]);
        desk_type(&desk, "t");
    }
    assert_int_equal(desk.view.layers.set, LAYERS_FRONT);
    desk_close(&desk);
}

/* A network that was scored again counts once, by the row that counts. */
static void test_superseded(void **state)
{
    (void)state;
    struct desk desk;
    desk_open(&desk, 60, GLYPHS_BRAILLE);
    struct row row = *archive_row(desk.picture.archive, 7);
    row.id = 60;
    row.n = 400;
    archive_append(desk.picture.archive, &row, NULL);
    desk.picture.snapshot.rows = 61;
    picture_pin(&desk.picture, "");
    desk_type(&desk, "3ttt");
    assert_int_equal(desk.view.layers.set, LAYERS_ALL);
    assert_int_equal(desk.view.layers.shares.networks, 60);
    desk_close(&desk);
}

static void expect_mean(const struct desk *desk, const struct layer_mean *mean, uint32_t layer,
                        bool kept)
{
    const struct snapshot *s = &desk->picture.snapshot;
    double n = 0, sum = 0, squares = 0, layers = 0;
    for (int pass = 0; pass < 2; pass++)
        for (uint32_t id = 0; id < s->rows; id++) {
            const struct row *row = view_row(s, id);
            double value = view_value(s, row, s->objectives[0]);
            if ((row->code.text[layer] != '.') != kept)
                continue;
            if (pass) {
                squares += (value - sum / n) * (value - sum / n);
                continue;
            }
            n++;
            sum += value;
            for (const char *c = row->code.text; *c && *c != ':'; c++)
                layers += *c != '.';
        }
    assert_true(n > 1);
    assert_int_equal(mean->networks, n);
    assert_true(fabs(mean->mean - sum / n) < 1e-12);
    assert_true(fabs(mean->error - sqrt(squares / (n - 1) / n)) < 1e-12);
    assert_true(fabs(mean->layers - layers / n) < 1e-9);
}

static void test_means(void **state)
{
    (void)state;
    struct desk desk;
    desk_open(&desk, 214, GLYPHS_BRAILLE);
    for (uint32_t id = 0; id < 214; id += 2) { /* weight types are no layers */
        struct row *row = (struct row *)(uintptr_t)view_row(&desk.picture.snapshot, id);
        arch_code_set_types(&row->code, "48-48-48-48-48-48-48-48-48-48-");
    }
    desk_type(&desk, "3ttt");
    for (int i = 0; i < 12; i++)
        desk_type(&desk, "<Right>");
    assert_int_equal(desk.view.layers.layer, 12);
    expect_mean(&desk, &desk.view.layers.shares.with, 12, true);
    expect_mean(&desk, &desk.view.layers.shares.without, 12, false);
    desk_expect(&desk, "associated, not caused");
    desk_type(&desk, "g"); /* nobody drops the first layer: nothing to compare */
    assert_int_equal(desk.view.layers.shares.without.networks, 0);
    char *text = desk_text(&desk, 100, 30);
    assert_null(strstr(text, "associated"));
    memory_free(text);
    desk_close(&desk);
}

/* What has not changed is not counted again; what has is. */
static void test_counted_once(void **state)
{
    (void)state;
    struct desk desk;
    desk_open(&desk, 214, GLYPHS_BRAILLE);
    struct snapshot *s = &desk.picture.snapshot;
    struct layer_shares *shares = &desk.view.layers.shares;
    static const char *const changes[] = {"t", "K ", "j ", "tt", "<Right>"};
    desk_type(&desk, "3");
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        size_t networks = shares->networks;
        shares->networks = 12345;
        view_refresh(&desk.view, s);
        assert_int_equal(shares->networks, 12345);
        shares->networks = networks;
        desk_type(&desk, changes[i]); /* marks of "j " are of another row only by the list below */
        if (i == 2)
            desk_type(&desk, "] ");
        assert_int_not_equal(shares->networks, 12345);
    }
    shares->networks = 12345;
    s->rows--;
    picture_pin(&desk.picture, "");
    view_refresh(&desk.view, s);
    assert_int_not_equal(shares->networks, 12345);
    desk_close(&desk);
}

/* ---- keys ---- */

static void test_cursor_and_lock(void **state)
{
    (void)state;
    struct desk desk;
    desk_open(&desk, 214, GLYPHS_BRAILLE);
    desk_type(&desk, "3<Right><Right><Left>jk<PgDn>");
    assert_int_equal(desk.view.layers.layer, 11);
    desk_type(&desk, "G<Right>");
    assert_int_equal(desk.view.layers.layer, 29);
    desk_type(&desk, "g<Left>");
    assert_int_equal(desk.view.layers.layer, 0);
    desk_type(&desk, "<Right><Right><Right><Right><Right><Enter>");
    assert_int_equal(desk.view.mode, UI_MODE_PROMPT);
    char text[16];
    snprintf(text, sizeof text, "5=%c", layer_favourite(&desk.view.layers.shares, 5));
    assert_string_equal(desk.view.field.text, text);
    desk_type(&desk, "<Enter>");
    char asked[32];
    snprintf(asked, sizeof asked, "lock,%s;", text);
    assert_string_equal(desk.asked.requests, asked);
    desk_expect(&desk, "layer 5   Enter: lock 5=");
    struct snapshot *run = &desk.picture.snapshot; /* which has taken it */
    static const char *const locks[] = {"0-4=.", "6=4", "5=8", "3-7=h"};
    for (run->locks = 0; run->locks < 2; run->locks++)
        snprintf(run->lock[run->locks].text, sizeof run->lock->text, "%s", locks[run->locks]);
    desk_expect(&desk, "layer 5   Enter: lock 5=");
    for (size_t i = 2; i < 4; i++) {
        snprintf(run->lock[2].text, sizeof run->lock->text, "%s", locks[i]);
        run->locks = 3;
        desk_expect(&desk, i == 2 ? "layer 5, locked to 8" : "layer 5, locked to h");
    }
    desk_close(&desk);
    desk_open(&desk, 0, GLYPHS_BRAILLE); /* nothing to lock to */
    desk_type(&desk, "3<Enter>");
    assert_int_equal(desk.view.mode, UI_MODE_VIEW);
    desk_expect(&desk, "there is no network yet");
    desk_close(&desk);
}

/* ---- screens ---- */

static void test_screens(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int width, height;
        uint32_t layers; /* 0: the picture's own */
        const char *keys;
        enum glyphs glyphs;
    } cases[] = {
        {"layers-80x24", 80, 24, 0, "3G<PgUp><PgUp>", GLYPHS_BRAILLE},
        {"layers-100x30", 100, 30, 0, "3ttt<PgDn>", GLYPHS_BRAILLE},
        {"layers-200x60", 200, 60, 0, "3tt<PgDn>", GLYPHS_BRAILLE},
        {"layers-40x12", 40, 12, 0, "3<PgDn>", GLYPHS_BRAILLE},
        {"layers-ascii", 80, 24, 0, "3ttt<PgDn>", GLYPHS_ASCII},
        {"layers-80-deep", 80, 24, 80, "3ttt<PgDn>", GLYPHS_BRAILLE},
        {"layers-126-deep", 80, 24, 126, "3tttG<Left>", GLYPHS_BRAILLE},
        {"layers-12-wide", 200, 30, 12, "3ttt<PgDn>", GLYPHS_BRAILLE},
        {"layers-none-marked", 80, 24, 0, "3t", GLYPHS_BRAILLE},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct desk desk;
        desk_open(&desk, 214, cases[i].glyphs);
        if (cases[i].layers)
            deepen(&desk, cases[i].layers, 60);
        desk_type(&desk, cases[i].keys);
        desk_golden(&desk, cases[i].name, cases[i].width, cases[i].height);
        desk_close(&desk);
    }
}

static void test_waiting(void **state)
{
    (void)state;
    struct desk desk;
    desk_open(&desk, 0, GLYPHS_BRAILLE);
    desk_type(&desk, "3");
    desk.picture.snapshot.phase = RUN_CALIBRATING;
    desk_expect(&desk, "measuring the layers of the model");
    desk.picture.snapshot.phase = RUN_EVALUATING;
    desk_expect(&desk, "evaluating the first networks");
    desk_close(&desk);
}

/* The cursor's layer can be read at every size that has a map, with any number of layers. */
static void test_cursor_is_seen(void **state)
{
    (void)state;
    static const uint32_t depths[] = {1, 12, 30, 80, 126, ARCH_MAX_LAYERS};
    struct desk desk;
    desk_open(&desk, 60, GLYPHS_ASCII);
    for (size_t i = 0; i < sizeof depths / sizeof *depths; i++) {
        deepen(&desk, depths[i], 40);
        desk_type(&desk, "3");
        for (uint32_t layer = 0; layer < depths[i]; layer += 1 + depths[i] / 9) {
            desk.view.layers.layer = layer;
            view_refresh(&desk.view, &desk.picture.snapshot);
            static const int sizes[][2] = {{80, 24}, {40, 12}, {200, 60}, {30, 20}};
            for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
                char wanted[2][16];
                snprintf(wanted[0], sizeof wanted[0], "^%u", (unsigned)layer);
                snprintf(wanted[1], sizeof wanted[1], "%u^", (unsigned)layer);
                char *text = desk_text(&desk, sizes[k][0], sizes[k][1]);
                if (!strstr(text, wanted[0]) && !strstr(text, wanted[1]))
                    fail_msg("layer %u of %u is not marked:\n%s", (unsigned)layer,
                             (unsigned)depths[i], text);
                memory_free(text);
            }
        }
    }
    desk_close(&desk);
}

static void test_inside(void **state)
{
    (void)state;
    static const uint32_t depths[] = {0, 126};
    struct desk desk;
    for (size_t i = 0; i < 2; i++) {
        desk_open(&desk, 60, i ? GLYPHS_ASCII : GLYPHS_BRAILLE);
        if (depths[i])
            deepen(&desk, depths[i], 60);
        desk_type(&desk, "3ttt<PgDn><PgDn>");
        desk_stays_inside(&desk, PAGE_LAYERS);
        desk_close(&desk);
    }
    desk_open(&desk, 0, GLYPHS_BRAILLE);
    desk_type(&desk, "3");
    desk_stays_inside(&desk, PAGE_LAYERS);
    desk_close(&desk);
}

/* A hundred thousand networks: a new snapshot, and a key, are answered well below 50 ms. */
static void test_speed(void **state)
{
    (void)state;
    struct desk desk;
    desk_open(&desk, 0, GLYPHS_BRAILLE);
    deepen(&desk, 32, 100000);
    struct snapshot *s = &desk.picture.snapshot;
    double counted = INFINITY, drawn = INFINITY;
    desk_type(&desk, "3ttt");
    for (int i = 0; i < 5; i++) {
        double start = clock_cpu_seconds();
        desk.view.layers.layer = (uint32_t)i + 1;
        layers_refresh(&desk.view, s);
        double middle = clock_cpu_seconds();
        desk_draw(&desk, 200, 60);
        counted = fmin(counted, middle - start);
        drawn = fmin(drawn, clock_cpu_seconds() - middle);
    }
    assert_int_equal(desk.view.layers.shares.networks, 100000);
    print_message("100,000 networks of 32 layers: counted in %.1f ms, drawn in %.1f ms\n",
                  1000 * counted, 1000 * drawn);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    assert_true(counted < 0.05 && drawn < 0.01);
#endif
    desk_close(&desk);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_counts),          cmocka_unit_test(test_superseded),
        cmocka_unit_test(test_means),           cmocka_unit_test(test_counted_once),
        cmocka_unit_test(test_cursor_and_lock), cmocka_unit_test(test_screens),
        cmocka_unit_test(test_waiting),         cmocka_unit_test(test_cursor_is_seen),
        cmocka_unit_test(test_inside),          cmocka_unit_test(test_speed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
