/* The architecture view: edits by hand, what they cost, networks asked for, screens as text. */
#include "desk.h"
#include "shapes.h"

#include "../../ui/pages.h"
#include "../../ui/values.h"
#include "base/memory.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char *code_of(struct desk *desk)
{
    static struct arch_code code;
    assert_true(draft_code(&desk->view, &desk->picture.snapshot, &code));
    return code.text;
}

static void open_base(struct desk *desk, size_t rows)
{
    desk_open(desk, rows, GLYPHS_BRAILLE);
    desk_type(desk, "b2");
    assert_int_equal(desk->view.page, PAGE_ARCHITECTURE);
}

static void expect_code(struct desk *desk, const char *keys, const char *code)
{
    char padded[31];
    size_t given = strlen(code);
    desk_type(desk, keys);
    memset(padded, '8', 30);
    padded[30] = '\0';
    memcpy(padded, code, given);
    assert_string_equal(code_of(desk), padded);
}

static void test_edits(void **state)
{
    (void)state;
    struct desk desk;
    open_base(&desk, 40);
    expect_code(&desk, "", "8");
    expect_code(&desk, "<Down><Down>", "6");
    expect_code(&desk, "<Right><PgDn>", "61");
    expect_code(&desk, "<Down>", "60"); /* attention alone */
    expect_code(&desk, "<Down>", "60");
    desk_expect(&desk, "no MLP to narrow");
    expect_code(&desk, "<Up><Up>", "62");
    expect_code(&desk, "A", "6b");
    expect_code(&desk, "<Down>", "6a");
    expect_code(&desk, "<Down>", "6a"); /* nothing would be left */
    desk_expect(&desk, "x drops it");
    expect_code(&desk, "x", "6.");
    expect_code(&desk, "<Up>", "6.");
    desk_expect(&desk, "x brings it back");
    desk_expect(&desk, "Enter evaluates it");
    assert_int_equal(keymap_bind(&desk.view.keymap, "architecture.drop", "D", NULL), STATUS_OK);
    assert_int_equal(keymap_bind(&desk.view.keymap, "architecture.evaluate", "V", NULL), STATUS_OK);
    expect_code(&desk, "<Up>", "6.");
    desk_expect(&desk, "D brings it back");
    desk_expect(&desk, "V evaluates it");
    keymap_init(&desk.view.keymap);
    expect_code(&desk, "x", "68");
    expect_code(&desk, "j<Right>r3", "673");
    expect_code(&desk, "<Right>rx", "673"); /* no such character */
    desk_expect(&desk, "a layer is one of 0-8, a-h and .");
    assert_int_equal(desk.view.mode, UI_MODE_VIEW);
    expect_code(&desk, "r<Esc>", "673");
    expect_code(&desk, "rh", "673h");
    expect_code(&desk, "A", "673");
    expect_code(&desk, "0", "6730");
    expect_code(&desk, "A", "6730"); /* nothing but attention */
    desk_expect(&desk, "nothing but attention");
    expect_code(&desk, "U", "673");
    expect_code(&desk, "g8", "873");
    desk_close(&desk);
}

/* Undone edits end at what was selected, and there is no draft then. */
static void test_undo(void **state)
{
    (void)state;
    struct desk desk;
    open_base(&desk, 40);
    desk_type(&desk, "U");
    desk_expect(&desk, "no edit to undo");
    expect_code(&desk, "jj<Right>x<Right>A", "6.h");
    assert_true(*desk.view.architecture.draft.text);
    expect_code(&desk, "R", "8");
    assert_false(*desk.view.architecture.draft.text);
    expect_code(&desk, "U", "6.h"); /* a dropped draft comes back */
    expect_code(&desk, "U", "6.");
    expect_code(&desk, "UUU", "8");
    assert_false(*desk.view.architecture.draft.text);
    for (int i = 0; i < 3 * DRAFT_PAST; i++)
        desk_type(&desk, i / 4 % 2 ? "k" : "j");
    for (int i = 0; i < DRAFT_PAST; i++)
        desk_type(&desk, "U");
    desk_type(&desk, "U");
    desk_expect(&desk, "no edit to undo");
    desk_close(&desk);
}

/* Digits that mean the same width are skipped, and what the model lacks cannot be given. */
static void test_canonical(void **state)
{
    (void)state;
    struct desk desk;
    struct arch_shape shape;
    shape_build(&shape, &(struct shape_recipe){.layers = 3,
                                               .hidden = 64,
                                               .head_size = 16,
                                               .heads = 4,
                                               .kv_heads = 2,
                                               .intermediate = 96, /* 32, 64, 96: three widths */
                                               .vocabulary = 300,
                                               .tied = true,
                                               .matrix = WEIGHT_F32,
                                               .embedding = WEIGHT_F32});
    shape_remove(&shape, 1, true, false);
    shape_remove(&shape, 2, false, true);
    desk_open(&desk, 0, GLYPHS_BRAILLE);
    desk.picture.snapshot.shape = &shape;
    desk.picture.snapshot.influence = NULL;
    desk_type(&desk, "2");
    assert_string_equal(code_of(&desk), "8h0");
    desk_type(&desk, "j");
    assert_int_equal(arch_mlp_width(&shape, 0, arch_mlp_eighths(code_of(&desk)[0])), 64);
    desk_type(&desk, "j");
    assert_int_equal(arch_mlp_width(&shape, 0, arch_mlp_eighths(code_of(&desk)[0])), 32);
    desk_type(&desk, "jkkk<Right>A");
    assert_string_equal(code_of(&desk), "8h0");
    desk_expect(&desk, "the model has no attention there");
    desk_type(&desk, "<Right>k");
    desk_expect(&desk, "the model has no MLP there");
    desk_type(&desk, "gx<Right>x<Right>x"); /* the last one stays */
    assert_string_equal(code_of(&desk), "..0");
    desk_expect(&desk, "must keep a layer");
    desk_close(&desk);
    arch_shape_release(&shape);
}

/* What is shown of a draft is what the closed forms say, and what changed against the original. */
static void test_costs_follow(void **state)
{
    (void)state;
    struct desk desk;
    char text[64], bytes[32];
    struct foretold foretold;
    open_base(&desk, 40);
    const struct snapshot *s = &desk.picture.snapshot;
    assert_false(draft_point(&desk.view, s, &foretold));
    desk_type(&desk, "jjjj<Right>x");
    assert_true(draft_point(&desk.view, s, &foretold));
    struct arch_code code;
    char whole[31] = "4.";
    memset(whole + 2, '8', 28);
    assert_int_equal(arch_code_parse(s->shape, whole, &code, NULL), STATUS_OK);
    double exact = (double)arch_bytes(s->shape, &code, &s->weights);
    assert_true(foretold.value[OBJECTIVE_BYTES] == exact && foretold.error[OBJECTIVE_BYTES] == 0);
    assert_true(foretold.value[OBJECTIVE_PARAMS] == (double)arch_params(s->shape, &code));
    assert_true(foretold.value[OBJECTIVE_MACS] == (double)arch_macs(s->shape, &code));
    desk_expect(&desk, value_format(OBJECTIVE_BYTES, exact, bytes, sizeof bytes));
    double before = view_row(s, s->base)->value[OBJECTIVE_BYTES];
    snprintf(text, sizeof text, "%+.1f %%", 100 * (exact / before - 1));
    desk_expect(&desk, text);
    desk_expect(&desk, "draft from #0, 2 layers changed");
    desk_expect(&desk, "29 of 30");
    desk_close(&desk);
}

/* A row as the run would append it, for a code that was asked for. */
static void evaluate(struct desk *desk, const char *text)
{
    struct snapshot *s = &desk->picture.snapshot;
    struct row row = *archive_row(s->archive, 1);
    row.id = (uint32_t)s->rows;
    snprintf(row.origin, sizeof row.origin, "inject");
    assert_int_equal(arch_code_parse(s->shape, text, &row.code, NULL), STATUS_OK);
    row.value[OBJECTIVE_BYTES] = (double)arch_bytes(s->shape, &row.code, &s->weights);
    assert_int_equal(archive_append(desk->picture.archive, &row, NULL), STATUS_OK);
    s->rows = ++s->evaluations;
    picture_pin(&desk->picture, "");
    view_refresh(&desk->view, s);
}

static void test_evaluating(void **state)
{
    (void)state;
    struct desk desk;
    char wanted[300], code[ARCH_MAX_LAYERS + 1];
    open_base(&desk, 40);
    struct snapshot *s = &desk.picture.snapshot;
    desk_type(&desk, "<Enter>"); /* nothing is drawn yet */
    assert_string_equal(desk.asked.requests, "");
    desk_type(&desk, "jjj");
    desk_expect(&desk, "Enter evaluates it");
    snprintf(code, sizeof code, "%s", code_of(&desk));
    desk.asked.refuse = true;
    desk_type(&desk, "<Enter>");
    desk_expect(&desk, "refused by the run");
    desk_expect(&desk, "Enter evaluates it");
    desk.asked.refuse = false;
    desk_type(&desk, "<Enter>");
    snprintf(wanted, sizeof wanted, "inject,%s;", code);
    assert_string_equal(desk.asked.requests, wanted);
    desk_expect(&desk, "waits: evaluated next");
    s->phase = RUN_PAUSED;
    desk_expect(&desk, "z lets it go on");
    s->phase = RUN_EVALUATING;
    memcpy(s->current.text, code, sizeof code);
    desk_expect(&desk, "being evaluated, 45 %");
    desk_type(&desk, "14 2"); /* the draft is there in other views, and after them */
    assert_string_equal(code_of(&desk), code);
    evaluate(&desk, code);
    assert_int_equal(desk.view.selected,
                     40); /* what was drawn is selected, and no draft any more */
    assert_false(*desk.view.architecture.draft.text);
    desk_expect(&desk, "your network is #40");
    desk_expect(&desk, "#40, generation 0, inject");
    struct foretold *foretold = &desk.view.architecture.drawn[0].foretold;
    foretold->value[OBJECTIVE_ACC_EST] = 0.4321; /* had the run learnt before */
    foretold->error[OBJECTIVE_ACC_EST] = 0.023;
    desk_expect(&desk, "foretold");
    desk_expect(&desk, "43.2 % \302\2612.3");
    desk_type(&desk, "b"); /* to draw it again takes no one to it before Enter */
    desk_type(&desk, "jjj");
    assert_string_equal(code_of(&desk), code);
    assert_int_equal(desk.view.selected, 0);
    desk_type(&desk, "<Enter>");
    assert_int_equal(desk.view.selected, 40);
    desk_close(&desk);
}

/* It arrives while something else is drawn, or another view is shown: nothing is taken away. */
static void test_arrival_does_not_disturb(void **state)
{
    (void)state;
    struct desk desk;
    char code[ARCH_MAX_LAYERS + 1];
    open_base(&desk, 40);
    desk_type(&desk, "jjj<Enter>");
    snprintf(code, sizeof code, "%s", code_of(&desk));
    desk_type(&desk, "<Right>x");
    evaluate(&desk, code);
    assert_int_equal(desk.view.selected, 0);
    expect_code(&desk, "", "5.");
    desk_expect(&desk, "your network is #40");
    desk_type(&desk, "<Enter>1");
    snprintf(code, sizeof code, "%s", code_of(&desk));
    evaluate(&desk, code);
    assert_int_equal(desk.view.selected, 0);
    desk_expect(&desk, "your network is #41");
    desk_type(&desk, "2");
    assert_int_equal(desk.view.selected, 41);
    desk_close(&desk);
}

static void test_evaluated_already(void **state)
{
    (void)state;
    struct desk desk;
    open_base(&desk, 40);
    desk_type(&desk, "[");
    uint32_t other = desk.view.selected;
    assert_true(other != 0);
    char code[ARCH_MAX_LAYERS + 1];
    snprintf(code, sizeof code, "%s", code_of(&desk));
    desk_type(&desk, "bg");
    for (size_t i = 0; i < 30; i++) {
        char keys[16];
        snprintf(keys, sizeof keys, "r%c<Right>", code[i]);
        desk_type(&desk, keys);
    }
    assert_string_equal(code_of(&desk), code);
    desk_type(&desk, "<Enter>");
    assert_string_equal(desk.asked.requests, "");
    assert_int_equal(desk.view.selected, other);
    assert_false(*desk.view.architecture.draft.text);
    desk_expect(&desk, "evaluated already");
    desk_close(&desk);
}

static void test_locks(void **state)
{
    (void)state;
    struct desk desk;
    open_base(&desk, 40);
    struct snapshot *s = &desk.picture.snapshot;
    snprintf(s->lock[0].text, sizeof s->lock[0].text, "2-4=8");
    snprintf(s->lock[1].text, sizeof s->lock[1].text, "29=.");
    s->locks = 2;
    for (size_t i = 0; i < 40; i++)
        assert_int_equal(lock_of_layer(s, i), i >= 2 && i <= 4 ? '8' : i == 29 ? '.' : 0);
    desk_type(&desk, "<Right><Right>");
    desk_expect(&desk, "locked to 8");
    expect_code(&desk, "j", "887");
    desk_expect(&desk, "a network of your own may differ");
    desk_close(&desk);
}

static void test_pins(void **state)
{
    (void)state;
    struct pin pin;
    char text[64];
    static const struct {
        const char *pin;
        double value, error;
        const char *text;
    } cases[] = {
        {"bytes<=90MiB", 90.0 * 1048576, 0, "yes"},
        {"bytes<=90MiB", 93.5 * 1048576, 0, "no, +3.50 MiB"},
        {"acc>=45%", 0.45, 0.02, "yes, 50 % sure"},
        {"acc>=45%", 0.47, 0.02, "yes, 84 % sure"},
        {"acc>=45%", 0.43, 0.02, "no, 84 % sure"},
        {"acc>=45%", 0.9, 0.02, "yes, 99 % sure"},
        {"acc<=45%", 0.43, 0.02, "yes, 84 % sure"},
        {"acc>=45%", NAN, 0.02, "not known"},
        {"acc>=45%", 0.44, NAN, "no, -1.0 %"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(pin_parse(cases[i].pin, NULL, &pin, NULL), STATUS_OK);
        pin_verdict(&pin, cases[i].value, cases[i].error, text, sizeof text);
        assert_string_equal(text, cases[i].text);
    }
    struct desk desk;
    open_base(&desk, 40);
    picture_pin(&desk.picture, "bytes<=89.5MiB");
    view_refresh(&desk.view, &desk.picture.snapshot);
    desk_expect(&desk, "bytes<=89.5MiB no, +");
    for (int i = 0; i < 8; i++)
        desk_type(&desk, "x<Right>");
    desk_expect(&desk, "bytes<=89.5MiB yes");
    desk_close(&desk);
}

static void test_differences(void **state)
{
    (void)state;
    static const struct {
        enum objective objective;
        double from, to, error;
        const char *text;
    } cases[] = {
        {OBJECTIVE_ACC, 0.5, 0.489, 0.02, "-1.1?"},
        {OBJECTIVE_ACC, 0.5, 0.45, 0.02, "-5.0"},
        {OBJECTIVE_ACC, 0.5, 0.45, NAN, "-5.0"},
        {OBJECTIVE_ACC, NAN, 0.45, 0.1, ""},
        {OBJECTIVE_ACC, 0.5, 0.5, 0.1, "same"},
        {OBJECTIVE_BYTES, 100, 96, 0, "-4.0 %"},
        {OBJECTIVE_BYTES, 100, 60, 0, "-40 %"},
        {OBJECTIVE_BYTES, 100, 100, 0, "same"},
        {OBJECTIVE_CHOICE_NLL, 2, 2.1, NAN, "+5.0 %"},
        {OBJECTIVE_PERPLEXITY, 10, 10.5, 1, "+5.0 %?"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[32];
        difference_format(cases[i].objective, cases[i].from, cases[i].to, cases[i].error, text,
                          sizeof text);
        assert_string_equal(text, cases[i].text);
    }
}

/* A model of many layers: each size shows the layer under the cursor. */
static void test_many_layers(void **state)
{
    (void)state;
    static const uint32_t layers[] = {1, 80, 126, 256};
    for (size_t i = 0; i < sizeof layers / sizeof *layers; i++) {
        struct desk desk;
        struct arch_shape shape;
        struct shape_recipe recipe = shape_smollm;
        char text[32];
        recipe.layers = layers[i];
        shape_build(&shape, &recipe);
        desk_open(&desk, 0, i % 2 ? GLYPHS_BRAILLE : GLYPHS_ASCII);
        desk.picture.snapshot.shape = &shape;
        desk.picture.snapshot.influence = NULL;
        desk_type(&desk, "2");
        for (uint32_t layer = 0; layer < layers[i]; layer++) {
            desk_draw(&desk, 80, 24);
            size_t cursors = 0;
            for (int k = 0; k < 80 * 24; k++)
                cursors += desk.grid.cell[k].glyph == (i % 2 ? 0x25b4 : '^') &&
                           desk.grid.cell[k].colour == COLOUR_SELECTED;
            assert_int_equal(cursors, 1);
            snprintf(text, sizeof text, "layer %u  ", layer);
            desk_expect(&desk, text);
            desk_type(&desk, "<Right>");
        }
        desk_type(&desk, layers[i] > 1 ? "Gx" : "j");
        char last = code_of(&desk)[layers[i] - 1];
        assert_int_equal(last, layers[i] > 1 ? '.' : '7');
        if (layers[i] == 80 || layers[i] == 126) {
            snprintf(text, sizeof text, "architecture-%u-layers", layers[i]);
            desk_golden(&desk, text, 80, 24);
        }
        desk_close(&desk);
        arch_shape_release(&shape);
    }
}

/* In the plot a draft is where it is foretold to be, by a shape of its own. */
static void test_draft_in_the_plot(void **state)
{
    (void)state;
    struct desk desk;
    for (int glyphs = GLYPHS_BRAILLE; glyphs <= GLYPHS_ASCII; glyphs++) {
        desk_open(&desk, 60, (enum glyphs)glyphs);
        desk.view.axis[1] = OBJECTIVE_PARAMS; /* of which all is known */
        view_fit(&desk.view, &desk.picture.snapshot, 1);
        desk_type(&desk, "b2jjj<Right>x1");
        size_t drafts = 0;
        for (int drop = 0; drop < 2; drop++) {
            struct layout layout;
            desk_draw(&desk, 200, 60);
            layout_compute(200, 60, &layout);
            for (int y = layout.plot.y; y < layout.plot.y + layout.plot.h - 2; y++)
                for (int x = layout.plot.x; x < layout.plot.x + layout.plot.w; x++) {
                    const struct cell *cell = grid_at(&desk.grid, x, y);
                    drafts += cell->glyph == (glyphs == GLYPHS_ASCII ? 'D' : 0x25c7) &&
                              cell->colour == COLOUR_SELECTED;
                }
            assert_int_equal(drafts, 1); /* and none when it is dropped */
            char *screen = desk_text(&desk, 200, 60);
            assert_int_equal(strstr(screen, " draft ") != NULL, drop == 0);
            memory_free(screen);
            desk_type(&desk, "2R1");
        }
        desk_close(&desk);
    }
}

static void test_screens(void **state)
{
    (void)state;
    static const struct desk_scene scenes[] = {
        {"80x24", "", "2", 80, 24, GLYPHS_BRAILLE},
        {"draft-80x24", "bytes<=87MiB and acc>=45%", "2jj<Right><Right>xG<Left>A", 80, 24,
         GLYPHS_BRAILLE},
        {"draft-100x30", "bytes<=87MiB and acc>=45%", "2jj<Right><Right>xG<Left>A", 100, 30,
         GLYPHS_BRAILLE},
        {"draft-200x60", "bytes<=87MiB", "2jj<Right><Right>xG<Left>A", 200, 60, GLYPHS_BRAILLE},
        {"draft-40x12", "bytes<=87MiB", "2jj<Right><Right>xG<Left>A", 40, 12, GLYPHS_BRAILLE},
        {"draft-ascii", "bytes<=87MiB", "2jj<Right><Right>xG<Left>A", 80, 24, GLYPHS_ASCII},
    };
    desk_scenes("architecture", scenes, sizeof scenes / sizeof *scenes);
}

static void test_stays_inside(void **state)
{
    (void)state;
    desk_page_stays_inside("2jj<Right>xG<Left>A", PAGE_ARCHITECTURE);
}

/* Before the model is loaded, and of a run whose model is not at hand: said in words. */
static void test_without_model(void **state)
{
    (void)state;
    struct desk desk;
    desk_open(&desk, 40, GLYPHS_BRAILLE);
    struct snapshot *s = &desk.picture.snapshot;
    s->shape = NULL;
    desk_type(&desk, "2j");
    desk_expect(&desk, "nothing can be edited before the model is loaded");
    desk_type(&desk, "xA8r0iUR<Enter>");
    assert_string_equal(desk.asked.requests, "");
    desk_close(&desk);
    desk_open(&desk, 0, GLYPHS_BRAILLE);
    s = &desk.picture.snapshot;
    s->shape = NULL;
    s->influence = NULL;
    s->phase = RUN_LOADING;
    desk_type(&desk, "2");
    desk_expect(&desk, "loading the model");
    desk_stays_inside(&desk, PAGE_ARCHITECTURE);
    s->shape = &desk.picture.shape;
    s->phase = RUN_CALIBRATING;
    desk_expect(&desk, "the whole model, not evaluated yet");
    desk_close(&desk);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_edits),
        cmocka_unit_test(test_undo),
        cmocka_unit_test(test_canonical),
        cmocka_unit_test(test_costs_follow),
        cmocka_unit_test(test_evaluating),
        cmocka_unit_test(test_arrival_does_not_disturb),
        cmocka_unit_test(test_evaluated_already),
        cmocka_unit_test(test_locks),
        cmocka_unit_test(test_pins),
        cmocka_unit_test(test_differences),
        cmocka_unit_test(test_many_layers),
        cmocka_unit_test(test_draft_in_the_plot),
        cmocka_unit_test(test_screens),
        cmocka_unit_test(test_stays_inside),
        cmocka_unit_test(test_without_model),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
