/* Tables of costs: the sum that predicts, which widths are in it, what is read back from run.json,
 * measured times, and pins and objectives by them. */
#include "engine/cost.h"

#include "base/memory.h"
#include "search_world.h"
#include "shapes.h"
#include "tiny_model.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void ok(enum status status, const struct error *error)
{
    if (status != STATUS_OK)
        fail_msg("%s", error->message);
}

/* Made-up seconds: of attention 1 ms a head, of an MLP 10 us a neuron, the ends 5 ms; prompts ten
 * times that. */
static void fill(struct cost_table *table, const struct arch_shape *shape)
{
    cost_table_init(table, shape);
    table->context = 128;
    table->prompt = 512;
    snprintf(table->precision, sizeof table->precision, "f32");
    for (int w = 0; w < COST_WORKLOADS; w++) {
        double scale = w == COST_DECODE ? 1 : 10;
        table->ends[w] = 5e-3 * scale;
        for (uint32_t i = 0; i < table->attentions; i++)
            table->attention[i].seconds[w] = 1e-3 * table->attention[i].heads * scale;
        for (uint32_t i = 0; i < table->mlps; i++)
            table->mlp[i].seconds[w] = 1e-5 * table->mlp[i].width * scale;
    }
}

static bool near(double a, double b)
{
    return fabs(a - b) <= 1e-12 * fabs(b);
}

static struct arch_code code_of(const struct arch_shape *shape, const char *text)
{
    struct arch_code code;
    struct error error = {0};
    ok(arch_code_parse(shape, text, &code, &error), &error);
    return code;
}

/* ---- the prediction ---- */

static void parts_add_up(void **state)
{
    (void)state;
    struct arch_shape shape; /* 9 heads, MLPs of 1536, 30 layers */
    struct cost_table table;
    static const struct {
        const char *code;
        double attentions, neurons;
    } row[] = {
        {"888888888888888888888888888888", 30, 30 * 1536},
        {"8.............................", 1, 1536},
        {"..............................", 0, 0}, /* no network; the ends alone */
        {"0h4d..........................", 2, 1536 + 768 + 768},
        {"1a2b..........................", 2, 2 * 192 + 2 * 384},
    };
    shape_build(&shape, &shape_smollm);
    fill(&table, &shape);
    assert_int_equal(table.attentions, 1);
    assert_int_equal(table.mlps, 8);
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        struct arch_code code = {""};
        memcpy(code.text, row[i].code, 31);
        double wanted = 5e-3 + 9e-3 * row[i].attentions + 1e-5 * row[i].neurons;
        assert_true(near(cost_seconds(&table, &shape, &code, COST_DECODE), wanted));
        assert_true(near(cost_seconds(&table, &shape, &code, COST_PROMPT), 10 * wanted));
    }
    assert_true(near(cost_tokens_per_second(&table, COST_DECODE, .02), 50));
    assert_true(near(cost_tokens_per_second(&table, COST_PROMPT, .5), 1024));
    arch_shape_release(&shape);
}

/* Layers of 40 different widths have more widths than the table holds: the least and the greatest
 * are there, those between are interpolated, which is exact for a cost in proportion to the width.
 */
static void many_widths_are_interpolated(void **state)
{
    (void)state;
    struct arch_shape shape = {.layers = 40, .hidden = 64, .head_size = 16, .context = 64};
    struct cost_table table;
    for (uint32_t l = 0; l < shape.layers; l++)
        shape.layer[l] = (struct arch_layer_shape){.attention = true,
                                                   .mlp = true,
                                                   .heads = 4,
                                                   .kv_heads = 1 + l % 2,
                                                   .intermediate = 1024 + 512 * l};
    fill(&table, &shape);
    assert_int_equal(table.attentions, 2);
    assert_int_equal(table.mlps, COST_WIDTHS_MAX);
    assert_int_equal(table.mlp[0].width, 128);
    assert_int_equal(table.mlp[COST_WIDTHS_MAX - 1].width, 1024 + 512 * 39);
    for (uint32_t i = 1; i < table.mlps; i++)
        assert_true(table.mlp[i - 1].width < table.mlp[i].width);
    for (uint32_t l = 0; l < shape.layers; l++)
        for (unsigned eighths = 1; eighths <= 8; eighths++) {
            struct arch_code code = {""};
            memset(code.text, '.', shape.layers);
            code.text[l] = (char)('a' + eighths - 1);
            double wanted = 5e-3 + 1e-5 * arch_mlp_width(&shape, l, eighths);
            double got = cost_seconds(&table, &shape, &code, COST_DECODE);
            assert_true(fabs(got - wanted) < 1e-9);
        }
    table.mlp[table.mlps - 1].width /= 2; /* beyond the table: in proportion to the nearest */
    struct arch_code code = {""};
    memset(code.text, '.', shape.layers);
    code.text[39] = 'h';
    assert_true(
        near(cost_seconds(&table, &shape, &code, COST_DECODE), 5e-3 + 2e-5 * (1024 + 512 * 39)));
}

/* ---- run.json ---- */

static void a_table_reads_back_exactly(void **state)
{
    (void)state;
    struct arch_shape shape;
    struct cost_table table, again;
    struct cost_check check = {10, {1.0 / 3, 1.0 / 7}, {.5, 2.0 / 3}}, read;
    struct error error = {0};
    shape_build(&shape, &shape_smollm);
    fill(&table, &shape);
    for (uint32_t i = 0; i < table.mlps; i++) /* numbers that need all their digits */
        table.mlp[i].seconds[COST_DECODE] = sqrt(table.mlp[i].width) / 3e4;
    char path[256];
    tiny_path("cost-json", path);
    json_t *value = cost_json(&table, &check), *back = NULL;
    ok(json_write_file(path, value, &error), &error);
    ok(json_read_file(path, &back, &error), &error);
    ok(cost_read(back, &shape, &again, &read, &error), &error);
    assert_int_equal(again.context, 128);
    assert_int_equal(again.prompt, 512);
    assert_string_equal(again.precision, "f32");
    for (int w = 0; w < COST_WORKLOADS; w++) {
        assert_true(table.ends[w] == again.ends[w]);
        assert_true(table.attention[0].seconds[w] == again.attention[0].seconds[w]);
        for (uint32_t i = 0; i < table.mlps; i++)
            assert_true(table.mlp[i].seconds[w] == again.mlp[i].seconds[w]);
        assert_true(check.mean[w] == read.mean[w] && check.worst[w] == read.worst[w]);
    }
    assert_int_equal(read.networks, 10);
    json_decref(value);
    json_decref(back);
    value = cost_json(&table, &(struct cost_check){0}); /* not checked yet */
    assert_null(json_object_get(value, "check"));
    ok(cost_read(value, &shape, &again, &read, &error), &error);
    assert_int_equal(read.networks, 0);
    json_decref(value);
    remove(path);
    arch_shape_release(&shape);
}

/* Each of these changes is refused, with a sentence. */
static void foreign_tables_are_refused(void **state)
{
    (void)state;
    static const char *const patches[] = {
        "[]",
        "{\"ends\": null}",
        "{\"ends\": {\"decode\": 0, \"prompt\": 1}}",
        "{\"ends\": {\"decode\": -1, \"prompt\": 1}}",
        "{\"ends\": {\"decode\": 1}}",
        "{\"prompt\": 0}",
        "{\"prompt\": -1}",
        "{\"prompt\": 1e3}",
        "{\"context\": 4294967296}",
        "{\"context\": 4294967288}",
        "{\"prompt\": 4294967288}",
        "{\"prompt\": 64, \"context\": 65}",
        "{\"precision\": 32}",
        "{\"attention\": []}",
        "{\"attention\": [{\"heads\": 9, \"kv_heads\": 4, \"decode\": 1, \"prompt\": 1}]}",
        "{\"attention\": [{\"heads\": 9, \"kv_heads\": 3, \"decode\": \"1\", \"prompt\": 1}]}",
        "{\"mlp\": {}}",
        "{\"mlp\": [{\"width\": 192, \"decode\": 1, \"prompt\": 1}]}",
        "{\"check\": {\"networks\": 10}}",
        "{\"check\": 1}",
    };
    struct arch_shape shape;
    struct cost_table table;
    struct cost_check check;
    shape_build(&shape, &shape_smollm);
    for (size_t i = 0; i < sizeof patches / sizeof *patches; i++) {
        struct error error = {0};
        fill(&table, &shape);
        json_t *value = cost_json(&table, &(struct cost_check){0}), *patch = NULL;
        size_t line = 0;
        struct json_stream stream = {"patch", patches[i], strlen(patches[i]), 0, 1, false};
        if (*patches[i] == '{') {
            ok(json_stream_next(&stream, &patch, &line, &error), &error);
            json_object_update(value, patch);
            json_decref(patch);
        } else {
            json_decref(value);
            value = json_array();
        }
        if (cost_read(value, &shape, &table, &check, &error) != STATUS_INVALID)
            fail_msg("%s was taken", patches[i]);
        assert_non_null(strstr(error.message, "\"cost\" is no table"));
        json_decref(value);
    }
    arch_shape_release(&shape);
}

/* ---- measuring ---- */

static void check_measured(const struct tiny_recipe *recipe, enum precision precision)
{
    char path[256];
    struct supernet *supernet;
    struct error error = {0};
    struct cost_table table;
    const struct timing_options options = {
        {WEIGHT_SOURCE, WEIGHT_SOURCE, false}, precision, NULL, NULL};
    tiny_path("timing", path);
    tiny_write(recipe, path);
    ok(supernet_open(path, &supernet, &error), &error);
    const struct arch_shape *shape = supernet_shape(supernet);
    ok(timing_measure(supernet, &options, &table, &error), &error);
    assert_true(cost_table_fits(&table, shape));
    for (int w = 0; w < COST_WORKLOADS; w++) {
        for (uint32_t i = 0; i < table.attentions; i++)
            assert_true(table.attention[i].seconds[w] > 0);
        for (uint32_t i = 0; i < table.mlps; i++)
            assert_true(table.mlp[i].seconds[w] > 0);
    }
    /* many tokens cost more than one, but less than as many times one */
    struct arch_code full;
    double seconds[COST_WORKLOADS];
    arch_code_full(shape, &full);
    double decode = cost_seconds(&table, shape, &full, COST_DECODE);
    double prompt = cost_seconds(&table, shape, &full, COST_PROMPT);
    assert_true(prompt > decode);
    assert_true(prompt < decode * table.prompt);
    ok(timing_network(supernet, &full, &options, &table, seconds, &error), &error);
    assert_true(seconds[COST_DECODE] > decode / 10 && seconds[COST_DECODE] < decode * 10);
    assert_true(seconds[COST_PROMPT] > prompt / 10 && seconds[COST_PROMPT] < prompt * 10);
    supernet_close(supernet);
    remove(path);
}

static void tiny_models_are_measured(void **state)
{
    (void)state;
    check_measured(&tiny_llama, PRECISION_F32);
    check_measured(&tiny_deci, PRECISION_F32);
    check_measured(&tiny_llama, PRECISION_INT8);
}

static int cancel(void *context, double done)
{
    (void)done;
    return ++*(int *)context == 2;
}

static void measuring_can_be_stopped(void **state)
{
    (void)state;
    char path[256];
    int calls = 0;
    struct supernet *supernet;
    struct error error = {0};
    struct cost_table table;
    const struct timing_options options = {
        {WEIGHT_SOURCE, WEIGHT_SOURCE, false}, PRECISION_F32, cancel, &calls};
    tiny_path("timing", path);
    tiny_write(&tiny_llama, path);
    ok(supernet_open(path, &supernet, &error), &error);
    assert_int_equal(timing_measure(supernet, &options, &table, &error), STATUS_CANCELLED);
    assert_int_equal(calls, 2);
    supernet_close(supernet);
    remove(path);
}

static void random_networks_are_checked(void **state)
{
    (void)state;
    char path[256], text[200];
    struct supernet *supernet;
    struct space space;
    struct error error = {0};
    struct cost_table table;
    struct cost_check check;
    const struct timing_options options = {
        {WEIGHT_SOURCE, WEIGHT_SOURCE, false}, PRECISION_F32, NULL, NULL};
    tiny_path("timing", path);
    tiny_write(&tiny_llama, path);
    ok(supernet_open(path, &supernet, &error), &error);
    ok(space_init_text(&space, supernet_shape(supernet), "layers", NULL, "tail", NULL, &error),
       &error);
    ok(timing_measure(supernet, &options, &table, &error), &error);
    for (int w = 0; w < COST_WORKLOADS; w++) /* a wrong table is seen to be wrong */
        table.ends[w] *= 1000;
    ok(cost_check(supernet, &space, 1, &options, &table, &check, &error), &error);
    assert_int_equal(check.networks, COST_CHECKED);
    for (int w = 0; w < COST_WORKLOADS; w++) {
        assert_true(check.mean[w] > 3);
        assert_true(check.worst[w] >= check.mean[w]);
    }
    check = (struct cost_check){10, {.012, .009}, {.034, .021}};
    assert_string_equal(cost_check_text(&check, text, sizeof text),
                        "latency of 10 random networks predicted within 1.2 % on average, 3.4 % at "
                        "worst (prompts: 0.9 %, 2.1 %)");
    supernet_close(supernet);
    remove(path);
}

/* ---- objectives and pins ---- */

static void times_are_objectives(void **state)
{
    (void)state;
    struct arch_shape shape;
    struct cost_table table;
    struct weight_options weights = {WEIGHT_SOURCE, WEIGHT_SOURCE, false};
    shape_build(&shape, &shape_smollm);
    fill(&table, &shape);
    struct arch_code code = code_of(&shape, "8.............................");
    static const struct {
        enum objective objective;
        double value;
    } row[] = {
        {OBJECTIVE_DECODE_MS, 29.36},
        {OBJECTIVE_PROMPT_MS, 293.6},
        {OBJECTIVE_DECODE_TPS, 1000 / 29.36},
        {OBJECTIVE_PROMPT_TPS, 512000 / 293.6},
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        assert_true(objective_table[row[i].objective].computed);
        assert_true(near(objective_computed(row[i].objective, &shape, &code, &weights, &table),
                         row[i].value));
        assert_true(isnan(objective_computed(row[i].objective, &shape, &code, &weights, NULL)));
    }
    assert_true(isnan(objective_computed(OBJECTIVE_ACC, &shape, &code, &weights, &table)));
    arch_shape_release(&shape);
}

/* A pin on latency steers what is bred, when there is a table: as a pin on bytes does. */
static void a_pin_on_latency_steers(void **state)
{
    (void)state;
    struct world world;
    struct cost_table table;
    const struct space_options space = {.kind = SPACE_LAYERS};
    for (int known = 0; known < 2; known++) {
        open_world(&world, "nsga2", 30, &space, 3);
        fill(&table, &world.shape);
        world.context.cost = known ? &table : NULL;
        pin(&world, "latency<=400ms"); /* of 735.8 */
        generation(&world);
        struct arch_code codes[POPULATION];
        size_t count = ask(&world, &world.state, POPULATION, codes), within = 0;
        for (size_t i = 0; i < count; i++)
            within += cost_seconds(&table, &world.shape, &codes[i], COST_DECODE) <= .4;
        assert_true(count > 0);
        if (known)
            assert_int_equal(within, count);
        else
            assert_true(within < count);
        close_world(&world);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_add_up),
        cmocka_unit_test(many_widths_are_interpolated),
        cmocka_unit_test(a_table_reads_back_exactly),
        cmocka_unit_test(foreign_tables_are_refused),
        cmocka_unit_test(tiny_models_are_measured),
        cmocka_unit_test(measuring_can_be_stopped),
        cmocka_unit_test(random_networks_are_checked),
        cmocka_unit_test(times_are_objectives),
        cmocka_unit_test(a_pin_on_latency_steers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
