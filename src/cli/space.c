/* `paretop space`: how large a search space is, what its networks cost, and some of them. */
#include "search/space.h"

#include "cli/commands.h"
#include "cli/decimal.h"
#include "cli/loaded.h"
#include "cli/report.h"
#include "cli/space_cost.h"
#include "cli/space_range.h"
#include "engine/orders.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define SAMPLES 10
#define TRIES 1000 /* for samples that differ */

struct looking {
    struct loaded loaded;
    struct model_order order; /* empty when it is not needed */
    struct space space;
    struct decimal genotypes, networks;
    uint64_t params[2], bytes[2]; /* least, most */
    struct arch_code sample[SAMPLES];
    size_t samples;         /* fewer in a tiny space */
    struct space_cost cost; /* with --cost */
    bool costed;
};

/* ---- counts ---- */

static void count_genotypes(const struct space *space, struct decimal *count)
{
    decimal_set(count, 1);
    for (uint32_t gene = 0; gene < space->genes; gene++)
        decimal_multiply(count, space->choices[gene]);
}

/* What a layer can be, dropped or not; a dropped one has no weight type. */
static uint64_t count_layer(const struct space *space, uint32_t layer, bool *droppable)
{
    uint64_t all = 1, types = 1;
    *droppable = true;
    for (uint32_t gene = 0; gene < space->genes; gene++) {
        if (space_gene_layer(space, gene) != layer)
            continue;
        if (space_is_type_gene(space, gene)) {
            types = space->choices[gene];
            continue;
        }
        all *= space->choices[gene];
        *droppable = *droppable && memchr(space->letter[gene], '.', space->choices[gene]) != NULL;
    }
    return (all - *droppable) * types + *droppable;
}

/* Layers choose freely; only all dropped is none. */
static void count_layers(const struct space *space, struct decimal *count)
{
    bool can_be_empty = true;
    decimal_set(count, 1);
    for (uint32_t layer = 0; layer < space->shape->layers; layer++) {
        bool droppable;
        decimal_multiply(count, (uint32_t)count_layer(space, layer, &droppable));
        can_be_empty = can_be_empty && droppable;
    }
    if (can_be_empty)
        decimal_subtract_one(count);
}

/* A depth keeps certain layers, whose widths are free; depths that keep the same (locks) are one.
 */
static void count_llama_nas(const struct space *space, struct decimal *count)
{
    struct arch_code before = {""}, code;
    struct genome genome = {.genes = (uint16_t)space->genes};
    decimal_set(count, 0);
    for (uint8_t depth = 0; depth < space->choices[0]; depth++) {
        struct decimal product;
        genome.gene[0] = depth;
        if (!space_decode(space, &genome, &code) || arch_code_equal(&code, &before))
            continue;
        before = code;
        decimal_set(&product, 1);
        for (uint32_t gene = 1; gene < space->genes; gene++)
            if (code.text[space_gene_layer(space, gene)] != '.')
                decimal_multiply(&product, space->choices[gene]);
        decimal_add(count, &product);
    }
}

static uint64_t params_of(const void *context, const struct arch_code *code)
{
    return arch_params(supernet_shape(((const struct loaded *)context)->supernet), code);
}

static uint64_t bytes_of(const void *context, const struct arch_code *code)
{
    const struct loaded *loaded = context;
    return arch_bytes(supernet_shape(loaded->supernet), code, &loaded->weights);
}

static void draw_samples(struct looking *l, uint64_t seed)
{
    struct rng rng;
    struct genome genome;
    rng_init(&rng, seed, "space samples", 0);
    for (size_t i = 0; i < TRIES && l->samples < SAMPLES; i++) {
        struct arch_code *code = &l->sample[l->samples];
        size_t same = 0;
        space_random(&l->space, &rng, &genome);
        if (!space_decode(&l->space, &genome, code))
            continue;
        while (!arch_code_equal(&l->sample[same], code))
            same++;
        l->samples += same == l->samples;
    }
}

/* ---- the space by the options ---- */

static enum status measure_order(const struct options *options, struct looking *l,
                                 struct error *error)
{
    struct progress progress;
    progress_start(&progress, options, "measuring the importance of layers");
    const struct orders_options wanted = {
        .calibration = option_text(options, OPTION_CALIBRATION, NULL),
        .directory = option_text(options, OPTION_RUN, NULL),
        .threads = l->loaded.threads,
        .progress = progress_show,
        .context = &progress,
    };
    enum status status =
        orders_provide(l->loaded.supernet, l->loaded.tokenizer, &wanted, &l->order, error);
    progress_clear(&progress);
    return status;
}

static enum status make_space(const struct options *options, struct looking *l, struct error *error)
{
    const char *name = option_text(options, OPTION_SPACE, "layers");
    const char *depth_order = option_text(options, OPTION_DEPTH_ORDER, "importance");
    const struct option_value *locks = &options->value[OPTION_LOCK];
    struct space_options measured = {0};
    char letters[SPACE_TYPES] = "";
    const char *types = NULL;
    enum status status = loaded_types(options, &types, error);
    if (status == STATUS_OK && types != NULL)
        status = space_read_types(types, letters, error);
    if (status == STATUS_OK)
        status = space_distinct_types(supernet_shape(l->loaded.supernet), &l->loaded.weights,
                                      letters, error);
    measured.types = letters;
    if (status == STATUS_OK && strcmp(name, "llama-nas") == 0 &&
        strcmp(depth_order, "importance") == 0)
        status = measure_order(options, l, error);
    measured.drop_order = l->order.layer;
    if (status == STATUS_OK)
        status = space_init_text(&l->space, supernet_shape(l->loaded.supernet), name,
                                 option_text(options, OPTION_CHOICES, NULL), depth_order, &measured,
                                 error);
    for (size_t i = 0; status == STATUS_OK && i < locks->count; i++)
        status = space_lock(&l->space, locks->list[i], error);
    return status;
}

static enum status look(const struct options *options, struct looking *l, struct error *error)
{
    enum status status = make_space(options, l, error);
    if (status != STATUS_OK)
        return status;
    count_genotypes(&l->space, &l->genotypes);
    if (l->space.kind == SPACE_LLAMA_NAS)
        count_llama_nas(&l->space, &l->networks);
    else
        count_layers(&l->space, &l->networks);
    space_range(&l->space, params_of, &l->loaded, &l->params[0], &l->params[1]);
    space_range(&l->space, bytes_of, &l->loaded, &l->bytes[0], &l->bytes[1]);
    draw_samples(l, (uint64_t)option_integer(options, OPTION_SEED, 0));
    l->costed = option_given(options, OPTION_COST);
    return l->costed ? space_cost_measure(options, &l->loaded, &l->space, &l->cost, error)
                     : STATUS_OK;
}

/* ---- output ---- */

static json_t *as_json(const struct looking *l)
{
    char genotypes[DECIMAL_DIGITS + 1], networks[DECIMAL_DIGITS + 1];
    json_t *samples = json_array();
    for (size_t i = 0; i < l->samples; i++)
        json_array_append_new(samples,
                              json_pack("{s:s,s:I,s:I}", "code", l->sample[i].text, "params",
                                        (json_int_t)params_of(&l->loaded, &l->sample[i]), "bytes",
                                        (json_int_t)bytes_of(&l->loaded, &l->sample[i])));
    /* Counts as text: few readers of JSON keep whole numbers of this size. */
    json_t *value =
        json_pack("{s:s,s:s,s:s,s:o,s:[I,I],s:[I,I],s:o}", "space", space_table[l->space.kind].name,
                  "genotypes", decimal_text(&l->genotypes, genotypes), "networks",
                  decimal_text(&l->networks, networks), "log10_genotypes",
                  report_number(space_log10_genotypes(&l->space)), "params",
                  (json_int_t)l->params[0], (json_int_t)l->params[1], "bytes",
                  (json_int_t)l->bytes[0], (json_int_t)l->bytes[1], "samples", samples);
    if (l->costed)
        json_object_set_new(value, "cost", cost_json(&l->cost.table, &l->cost.check));
    return value;
}

static void print_range(const char *name, enum quantity kind, const uint64_t range[2])
{
    char least[24], most[24];
    printf("%-18s %s to %s (%" PRIu64 " to %" PRIu64 ")\n", name,
           quantity_format(kind, (double)range[0], least, sizeof least),
           quantity_format(kind, (double)range[1], most, sizeof most), range[0], range[1]);
}

static void print_text(const struct looking *l)
{
    char number[DECIMAL_DIGITS + 1], params[24], bytes[24];
    printf("%-18s %s, %" PRIu32 " genes\n", "space", space_table[l->space.kind].name,
           l->space.genes);
    printf("%-18s %s (10^%.1f)\n", "genotypes", decimal_text(&l->genotypes, number),
           space_log10_genotypes(&l->space));
    printf("%-18s %s\n", "distinct networks", decimal_text(&l->networks, number));
    print_range("parameters", QUANTITY_COUNT, l->params);
    print_range("size", QUANTITY_BYTES, l->bytes);
    puts("samples");
    for (size_t i = 0; i < l->samples; i++)
        printf("  %s  %10s  %10s\n", l->sample[i].text,
               quantity_format(QUANTITY_COUNT, (double)params_of(&l->loaded, &l->sample[i]), params,
                               sizeof params),
               quantity_format(QUANTITY_BYTES, (double)bytes_of(&l->loaded, &l->sample[i]), bytes,
                               sizeof bytes));
    if (l->costed)
        space_cost_print(&l->cost, supernet_shape(l->loaded.supernet));
}

int command_space(const struct options *options)
{
    struct looking l = {0};
    struct error error = {0};
    int result = EXIT_DONE;
    enum status status = loaded_open(options, options->argument[0], &l.loaded, &error);
    if (status == STATUS_OK)
        status = look(options, &l, &error);
    if (status != STATUS_OK)
        result = report_failure(status, &error, false);
    else if (option_given(options, OPTION_JSON))
        result = report_json(as_json(&l), false);
    else
        print_text(&l);
    model_order_release(&l.order);
    loaded_close(&l.loaded);
    return result;
}
