/* A run directory may hold anything, and a screen shows it: numbers at the ends of what there is,
 * names and texts of control characters. And before anything is known any key may be pressed. In
 * each case nothing but printable characters is drawn, and drawing changes nothing. */
#include "desk.h"

#include "../../ui/pages.h"
#include "base/memory.h"
#include "base/rng.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const double wild[] = {0,     -0.0,   1e300,    -1e300, 5e-324, 1.7e308, -1.7e308,
                              1e-30, 0.4321, INFINITY, NAN,    -3,     1e12,    -INFINITY};

static double any(struct rng *rng)
{
    return wild[rng_below(rng, sizeof wild / sizeof *wild)];
}

#define ESCAPES "\033[31m\033]52;c;aGk=\a\302\233m\r\n\b\377\340\342\200\256\177 text"

static const struct run_line told[] = {{INT64_MAX, ESCAPES}, {-1, ESCAPES}, {1780012900, "failed"}};

static struct run_try attempt = {
    .phase = TRY_RUNNING,
    .prompt = ESCAPES,
    .tokens = UINT32_MAX,
    .side = {{.text = ESCAPES, .length = sizeof ESCAPES - 1, .tokens_per_second = 1e300},
             {.text = ESCAPES "!", .length = sizeof ESCAPES, .tokens_per_second = -1e300}},
    .agree = sizeof ESCAPES - 1};

/* Rows, generations and samples as before, with other numbers in them. */
static void go_wild(struct picture *picture, struct rng *rng)
{
    struct snapshot *s = &picture->snapshot;
    struct archive *archive = NULL;
    archive_new(&archive, NULL);
    for (size_t i = 0; i < s->rows; i++) {
        struct row row = *archive_row(picture->archive, i);
        for (int o = 0; o < OBJECTIVES; o++)
            if (rng_below(rng, 4) == 0)
                row.value[o] = any(rng);
        if (rng_below(rng, 2))
            row.standard_error = any(rng);
        if (rng_below(rng, 4) == 0)
            snprintf(row.origin, sizeof row.origin, "\033[2J\302\205");
        row.generation = rng_below(rng, 4) ? row.generation : UINT32_MAX;
        archive_append(archive, &row, NULL);
    }
    archive_free(picture->archive);
    s->archive = picture->archive = archive;
    s->estimate = estimate_of_rows(s->archive, s->rows);
    picture_rounds(picture, 2);
    for (size_t i = 0; i < s->rounds; i++)
        picture->round[i] = (struct run_round){.generation = (uint32_t)(i * 7),
                                               .evaluations = rng_below(rng, 2) ? SIZE_MAX : 0,
                                               .feasible = SIZE_MAX,
                                               .front = rng_below(rng, 100),
                                               .hypervolume = any(rng),
                                               .seconds = any(rng),
                                               .correlation = {any(rng), any(rng), NAN},
                                               .error = {any(rng), any(rng), NAN}};
    for (size_t i = 0; i < s->samples; i++)
        s->sample[i] = (struct run_sample){i + 1, any(rng), any(rng)};
}

static void state_goes_wild(struct snapshot *s, struct rng *rng)
{
    s->phase = (enum run_phase)rng_below(rng, 8);
    s->phase_progress = rng_below(rng, 2) ? 1 : 0; /* the engine keeps it there */
    s->run_seconds = any(rng);
    s->seconds_left = rng_below(rng, 2) ? 1e9 : NAN;
    s->evaluations_per_minute = any(rng);
    s->hypervolume = any(rng);
    s->hypervolume_gain = any(rng);
    s->evaluations_wanted = rng_below(rng, 2) ? RUN_EVALUATIONS_MOST : 0;
    s->generation = UINT32_MAX;
    s->seen_time = rng_below(rng, 2) ? INT64_MAX : 1;
    s->seen_rows = rng_below(rng, 2) ? SIZE_MAX : 3;
    s->attempt = rng_below(rng, 3) ? &attempt : NULL;
    attempt.phase = (enum try_phase)rng_below(rng, 6);
    snprintf(s->message, sizeof s->message, "%s", ESCAPES);
    snprintf(s->model_name, sizeof s->model_name, "%s", ESCAPES);
    snprintf(s->task_name, sizeof s->task_name, "%s", ESCAPES);
    snprintf(s->run_path, sizeof s->run_path, "%s", ESCAPES);
    snprintf(s->answer, sizeof s->answer, "%s", ESCAPES);
    s->answers++;
    s->line = told;
    s->lines = sizeof told / sizeof *told;
}

static bool printable(uint32_t glyph)
{
    return (glyph >= ' ' && glyph < 0x7f) || (glyph >= 0xa0 && glyph != 0x202e);
}

/* At a size of its own; what the view has is the same before and after. */
static void draw_somewhere(struct desk *desk, struct rng *rng)
{
    static struct view before;
    int width = 1 + (int)rng_below(rng, 130), height = 1 + (int)rng_below(rng, 40);
    desk_size(desk, width, height);
    memcpy(&before, &desk->view, sizeof before);
    desk_draw(desk, width, height);
    assert_memory_equal(&before, &desk->view, sizeof before);
    for (int i = 0; i < width * height; i++)
        if (!printable(desk->grid.cell[i].glyph))
            fail_msg("U+%04X is drawn", (unsigned)desk->grid.cell[i].glyph);
}

static void press_any(struct desk *desk, struct rng *rng)
{
    static const char keys[] = "?jkgG[]Kbm cA xX+-=pPlLeyYoOwWsSzZqQtrRuUifnN/0123456789.8h<>dD\n\t"
                               "\033\014\177,;:'\"!@#$%^&*(){}|\\vVBCHIJMTEa";
    int key = rng_below(rng, 3) ? keys[rng_below(rng, sizeof keys - 1)]
                                : UI_KEY_FIRST + (int)rng_below(rng, 28);
    const struct ui_mouse mouse = {(int)rng_below(rng, 130), (int)rng_below(rng, 40),
                                   (enum ui_mouse_kind)rng_below(rng, 3)};
    if (rng_below(rng, 12))
        view_key(&desk->view, &desk->picture.snapshot, key);
    else
        view_mouse(&desk->view, &desk->picture.snapshot, mouse);
    desk->view.leave = false;
}

static void test_wild_numbers_and_names(void **state)
{
    (void)state;
    struct rng rng;
    rng_init(&rng, 3, "wild", 0);
    for (int round = 0; round < 12; round++) {
        struct desk desk;
        desk_open(&desk, 60, (enum glyphs)(round % GLYPHS));
        struct snapshot *s = &desk.picture.snapshot;
        picture_baselines(&desk.picture);
        picture_overlays(&desk.picture);
        snprintf(desk.picture.overlay[0].name, sizeof desk.picture.overlay[0].name,
                 "\033[5m\302\x9b");
        go_wild(&desk.picture, &rng);
        for (int step = 0; step < 400; step++) {
            if (step % 20 == 0) {
                state_goes_wild(s, &rng);
                picture_pin(&desk.picture, rng_below(&rng, 2) ? "" : "bytes<=1MiB and acc>=0.3");
                view_show_page(&desk.view, (int)rng_below(&rng, PAGES));
                desk.view.now += (int64_t)rng_below(&rng, 300);
                view_refresh(&desk.view, s);
            }
            press_any(&desk, &rng);
            draw_somewhere(&desk, &rng);
        }
        desk_close(&desk);
    }
}

/* Without a model, a row, or a base. */
static void test_any_key_before_anything_is_known(void **state)
{
    (void)state;
    struct rng rng;
    rng_init(&rng, 4, "wild", 0);
    for (int page = 0; page < PAGES; page++) {
        struct desk desk;
        desk_open(&desk, 0, GLYPHS_BRAILLE);
        struct snapshot *s = &desk.picture.snapshot;
        s->shape = NULL;
        s->influence = NULL;
        s->current.text[0] = '\0';
        for (int step = 0; step < 300; step++) {
            s->phase = step % 50 < 25 ? RUN_LOADING : RUN_FAILED;
            if (desk.view.mode == UI_MODE_VIEW)
                view_show_page(&desk.view, page);
            press_any(&desk, &rng);
            draw_somewhere(&desk, &rng);
        }
        desk_close(&desk);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_wild_numbers_and_names),
        cmocka_unit_test(test_any_key_before_anything_is_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
