/* support/search_world: see the header. */
#include "search_world.h"

#include "shapes.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* Block influences of SmolLM2-135M, rounded. */
static const float influence[30] = {.98F, .16F, .04F, .03F, .04F, .04F, .04F, .04F, .05F, .04F,
                                    .04F, .04F, .03F, .03F, .03F, .03F, .03F, .03F, .04F, .04F,
                                    .06F, .05F, .05F, .07F, .16F, .03F, .03F, .05F, .05F, .23F};
static const enum objective objectives[] = {OBJECTIVE_ACC, OBJECTIVE_BYTES};

static bool is_taken(void *context, const struct arch_code *code)
{
    const struct world *world = context;
    const struct row *row = archive_find(world->archive, code);
    return row != NULL && row->id < world->seen;
}

void open_world(struct world *world, const char *method, uint32_t layers,
                const struct space_options *space, uint64_t seed)
{
    struct shape_recipe recipe = shape_smollm;
    struct space_options options = *space;
    memset(world, 0, sizeof *world);
    recipe.layers = layers;
    options.influence = influence;
    shape_build(&world->shape, &recipe);
    assert_int_equal(space_init(&world->space, &world->shape, &options, NULL), STATUS_OK);
    assert_int_equal(archive_new(&world->archive, NULL), STATUS_OK);
    world->weights = (struct weight_options){WEIGHT_SOURCE, WEIGHT_SOURCE, false};
    world->options = (struct method_options){.seed = seed, .population = POPULATION};
    world->method = method_by_name(method);
    assert_non_null(world->method);
    method_state_init(&world->state, &world->options);
    world->context = (struct method_context){.space = &world->space,
                                             .archive = world->archive,
                                             .estimate = &world->estimate,
                                             .objectives = objectives,
                                             .m = 2,
                                             .pins = &world->pins,
                                             .weights = &world->weights,
                                             .taken = is_taken,
                                             .taken_context = world};
}

void close_world(struct world *world)
{
    method_state_release(&world->state);
    archive_free(world->archive);
    arch_shape_release(&world->shape);
}

/* Falls with what is missing, weighted by influence; neighbours that miss both cost more. */
static double accuracy(const char *text)
{
    double loss = 0, before = 0;
    for (int i = 0; text[i] != '\0'; i++) {
        double missing = (double)(8 - arch_mlp_eighths(text[i])) / 8;
        double cost = (double)influence[i] *
                      (.5 * missing * missing + (arch_keeps_attention(text[i]) ? 0 : .5));
        loss += cost + sqrt(cost * before);
        before = cost;
    }
    return .25 + .25 * exp(-loss / .5);
}

void add_row(struct world *world, const struct arch_code *code)
{
    struct row row = {.id = (uint32_t)archive_count(world->archive), .code = *code};
    for (int i = 0; i < OBJECTIVES; i++)
        row.value[i] = NAN;
    row.value[OBJECTIVE_ACC] = accuracy(code->text);
    row.value[OBJECTIVE_CHOICE_NLL] = 1.1 * exp(1.5 * (.5 - row.value[OBJECTIVE_ACC]));
    row.value[OBJECTIVE_PARAMS] = (double)arch_params(&world->shape, code);
    row.value[OBJECTIVE_MACS] = (double)arch_macs(&world->shape, code);
    row.value[OBJECTIVE_BYTES] = (double)arch_bytes(&world->shape, code, &world->weights);
    assert_int_equal(archive_append(world->archive, &row, NULL), STATUS_OK);
    estimate_add(&world->estimate, &row);
    world->context.rows = world->seen = archive_count(world->archive);
}

size_t ask(struct world *world, struct method_state *state, size_t want, struct arch_code *codes)
{
    size_t count = want + 1;
    struct error error = {0};
    if (world->method->ask(state, &world->options, &world->context, want, codes, &count, &error) !=
        STATUS_OK)
        fail_msg("%s", error.message);
    assert_true(count <= want);
    return count;
}

void tell(struct world *world)
{
    assert_int_equal(world->method->tell(&world->state, &world->options, &world->context, NULL),
                     STATUS_OK);
}

size_t generation(struct world *world)
{
    struct arch_code codes[POPULATION];
    size_t count = ask(world, &world->state, POPULATION, codes);
    for (size_t i = 0; i < count; i++)
        add_row(world, &codes[i]);
    assert_int_equal(world->method->tell(&world->state, &world->options, &world->context, NULL),
                     STATUS_OK);
    return count;
}

void pin(struct world *world, const char *text)
{
    assert_int_equal(pins_parse(text, NULL, &world->pins, NULL), STATUS_OK);
}
