/* model/timing: a table of what parts cost. A step's time is split where the forward pass says that
 * a part is done; of each part of each layer the lower quartile of several steps counts, which
 * leaves out what interrupts and other programs' use of caches and memory add; layers with equal
 * parts are averaged. */
#include "model/timing.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/rng.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CACHED_TOKENS 128U
#define PROMPT_TOKENS 512U
#define CACHE_BYTES (128ull << 20) /* more than caches keep from one step to the next */
#define DECODE_STEPS 16U
#define PROMPTS 3U
#define LONG_PROMPT 0.5  /* seconds; of one that takes longer, one is enough */
#define SLOW_NETWORK 5.0 /* seconds of a prompt; then two decode steps are enough */
#define PROMPT_LAYERS 8U
#define POSITIONS 16U /* a width is measured in two layers, when there are as many */
#define MOST_SAMPLES DECODE_STEPS

/* ---- which layers, in which widths ---- */

/* Layers that stay, and how each layer's own width is divided among those of its kind. */
struct chosen {
    uint32_t layers;
    uint32_t layer[ARCH_MAX_LAYERS];
    uint32_t place[ARCH_MAX_LAYERS]; /* among the chosen layers with the same full width */
    uint32_t of[ARCH_MAX_LAYERS];    /* their number */
    uint32_t rounds;                 /* sub-networks, until every layer kind had every width */
};

static bool same_attention(const struct arch_layer_shape *a, const struct arch_layer_shape *b)
{
    return a->attention == b->attention && a->heads == b->heads && a->kv_heads == b->kv_heads;
}

/* A layer is taken as long as `bytes` are not reached, or when it has a part of a new kind. */
static void choose_layers(const struct arch_shape *shape, uint64_t bytes, uint32_t most,
                          uint32_t positions, struct chosen *chosen)
{
    uint64_t sum = 0;
    chosen->layers = 0;
    for (uint32_t l = 0; l < shape->layers; l++) {
        const struct arch_layer_shape *layer = &shape->layer[l];
        uint32_t attentions = 0, mlps = 0;
        for (uint32_t i = 0; i < chosen->layers; i++) {
            const struct arch_layer_shape *other = &shape->layer[chosen->layer[i]];
            attentions += same_attention(layer, other);
            mlps += layer->intermediate == other->intermediate;
        }
        if (attentions > 0 && mlps > 0 && (sum >= bytes || mlps >= most))
            continue;
        uint64_t heads = 2ull * ((uint64_t)layer->heads + layer->kv_heads);
        sum += sizeof(float) * shape->hidden *
               (heads * shape->head_size + 3ull * layer->intermediate * 9 / 16);
        chosen->place[chosen->layers] = mlps;
        chosen->layer[chosen->layers++] = l;
    }
    chosen->rounds = 1;
    for (uint32_t i = 0; i < chosen->layers; i++) {
        chosen->of[i] = 0;
        for (uint32_t k = 0; k < chosen->layers; k++)
            chosen->of[i] += shape->layer[chosen->layer[k]].intermediate ==
                             shape->layer[chosen->layer[i]].intermediate;
        uint32_t rounds = (positions + chosen->of[i] - 1) / chosen->of[i];
        rounds = rounds > 8 ? 8 : rounds;
        chosen->rounds = rounds > chosen->rounds ? rounds : chosen->rounds;
    }
}

static enum status round_code(const struct arch_shape *shape, const struct chosen *chosen,
                              uint32_t round, struct arch_code *code, struct error *error)
{
    char text[ARCH_MAX_LAYERS + 1];
    memset(text, '.', shape->layers);
    text[shape->layers] = '\0';
    for (uint32_t i = 0; i < chosen->layers; i++)
        text[chosen->layer[i]] = (char)('1' + (chosen->place[i] + round * chosen->of[i]) % 8);
    return arch_code_parse(shape, text, code, error);
}

/* ---- running ---- */

struct timing {
    struct supernet *supernet;
    const struct arch_shape *shape;
    const struct timing_options *options;
    uint32_t context, prompt; /* tokens */
    int32_t *token;           /* [tokens], any */
    uint32_t tokens;
    float *logits;
    /* one sub-network */
    struct subnet *subnet;
    struct forward_session *session;
    struct subnet_held *held; /* [layers + 1], of which `holds` */
    uint32_t holds;
    /* time of the step that is running, by part: attention and MLP of each kept layer, then the
     * ends */
    double last, overhead, *part, *sample /* [parts][MOST_SAMPLES] */;
    uint32_t parts;
};

static void part_done(void *context, uint32_t index, enum forward_part part)
{
    struct timing *t = context;
    double now = clock_cpu_seconds();
    uint32_t at = part == FORWARD_ENDS ? t->parts - 1 : 2 * index + (part == FORWARD_MLP);
    if (part != FORWARD_HELD) /* decoding weights is no part of a network's time */
        t->part[at] += now - t->last - t->overhead;
    t->last = now;
}

/* Seconds that reading the clock takes. */
static double clock_overhead(void)
{
    double least = INFINITY;
    for (int i = 0; i < 100; i++) {
        double start = clock_cpu_seconds(), took = clock_cpu_seconds() - start;
        least = took < least ? took : least;
    }
    return least;
}

static void drop_network(struct timing *t)
{
    while (t->holds > 0)
        subnet_drop(t->subnet, &t->held[--t->holds]);
    forward_session_free(t->session);
    subnet_free(t->subnet);
    t->session = NULL;
    t->subnet = NULL;
}

static void timing_release(struct timing *t)
{
    drop_network(t);
    memory_free(t->held);
    memory_free(t->token);
    memory_free(t->logits);
    memory_free(t->part);
    memory_free(t->sample);
}

/* The conditions are the table's, or the usual ones as far as the model's context goes. */
static enum status timing_init(struct timing *t, struct supernet *supernet,
                               const struct timing_options *options, const struct cost_table *table,
                               struct error *error)
{
    const struct arch_shape *shape = supernet_shape(supernet);
    *t = (struct timing){.supernet = supernet, .shape = shape, .options = options};
    t->prompt = shape->context < PROMPT_TOKENS ? shape->context : PROMPT_TOKENS;
    t->context = t->prompt / 2 < CACHED_TOKENS ? t->prompt / 2 : CACHED_TOKENS;
    if (table != NULL) {
        t->prompt = table->prompt;
        t->context = table->context;
    }
    t->overhead = clock_overhead();
    t->tokens = t->prompt > t->context + DECODE_STEPS ? t->prompt : t->context + DECODE_STEPS;
    t->token = memory_new(t->tokens, sizeof *t->token, error);
    t->logits = memory_new(shape->vocabulary, sizeof *t->logits, error);
    t->held = memory_new(shape->layers + 1ull, sizeof *t->held, error);
    t->part = memory_new(2ull * shape->layers + 1, sizeof *t->part, error);
    t->sample = memory_new((2ull * shape->layers + 1) * MOST_SAMPLES, sizeof *t->sample, error);
    if (!t->token || !t->logits || !t->held || !t->part || !t->sample)
        return STATUS_MEMORY;
    struct rng rng;
    rng_init(&rng, 0, "timing", 0);
    for (uint32_t i = 0; i < t->tokens; i++)
        t->token[i] = (int32_t)rng_below(&rng, shape->vocabulary);
    return STATUS_OK;
}

/* `hold`: its decoded weights stay, whatever memory they take. */
static enum status take_network(struct timing *t, const struct arch_code *code, bool hold,
                                struct error *error)
{
    drop_network(t);
    enum status status = subnet_new_precision(t->supernet, code, &t->options->weights,
                                              t->options->precision, &t->subnet, error);
    if (status == STATUS_OK)
        status = forward_session_new(t->subnet, t->tokens, &t->session, error);
    if (status == STATUS_OK)
        t->parts = 2 * t->subnet->layers + 1;
    for (uint32_t i = 0; hold && status == STATUS_OK && i <= t->subnet->layers; i++) {
        status = subnet_hold(t->subnet, i, &t->held[i], error);
        t->holds += status == STATUS_OK;
    }
    return status;
}

/* Feeds `count` tokens behind `past` and splits the time that they take; *seconds is their sum. */
static enum status feed(struct timing *t, uint32_t past, uint32_t count, double *seconds,
                        struct error *error)
{
    const struct forward_observer observer = {.context = t, .part = part_done};
    forward_session_rewind(t->session, past);
    forward_session_observe(t->session, &observer);
    memset(t->part, 0, t->parts * sizeof *t->part);
    t->last = clock_cpu_seconds();
    enum status status = forward_session_feed(t->session, t->token + past, count, t->logits, error);
    forward_session_observe(t->session, NULL);
    *seconds = 0;
    for (uint32_t i = 0; i < t->parts; i++)
        *seconds += t->part[i];
    return status;
}

static int compare_seconds(const void *a, const void *b)
{
    const double *x = a, *y = b;
    return *x < *y ? -1 : *x > *y;
}

static double lower_quartile(double *sample, uint32_t count)
{
    qsort(sample, count, sizeof *sample, compare_seconds);
    return sample[(count - 1) / 4];
}

/* First cached token and number of steps, so that `context` are cached at the middle step. */
static uint32_t decode_steps(const struct timing *t, uint32_t most, uint32_t *first)
{
    uint32_t steps = most < t->context ? most : t->context;
    *first = t->context - steps / 2;
    return steps > 0 ? steps : 1;
}

/* ---- the table ---- */

struct sum { /* of a part's kind */
    double seconds;
    uint32_t count;
};

struct sums {
    struct sum attention[ARCH_MAX_LAYERS], mlp[COST_WIDTHS_MAX], ends;
};

static void add_sum(struct sum *sum, double seconds)
{
    sum->seconds += seconds > 0 ? seconds : 0;
    sum->count++;
}

/* The samples of one sub-network to the kinds of their parts. */
static void add_samples(const struct timing *t, struct cost_table *table, uint32_t count,
                        struct sums *sums)
{
    for (uint32_t i = 0; i < t->subnet->layers; i++) {
        const struct subnet_layer *layer = &t->subnet->layer[i];
        double *sample = t->sample + 2ull * i * MOST_SAMPLES;
        const struct cost_attention *attention =
            layer->attention ? cost_table_attention(table, layer->heads, layer->kv_heads) : NULL;
        const struct cost_mlp *mlp = layer->mlp ? cost_table_mlp(table, layer->width) : NULL;
        if (attention != NULL)
            add_sum(&sums->attention[attention - table->attention], lower_quartile(sample, count));
        if (mlp != NULL)
            add_sum(&sums->mlp[mlp - table->mlp], lower_quartile(sample + MOST_SAMPLES, count));
    }
    add_sum(&sums->ends,
            lower_quartile(t->sample + 2ull * t->subnet->layers * MOST_SAMPLES, count));
}

static void keep_samples(struct timing *t, uint32_t index)
{
    for (uint32_t i = 0; i < t->parts; i++)
        t->sample[(size_t)i * MOST_SAMPLES + index] = t->part[i];
}

static enum status sample_decode(struct timing *t, uint32_t *count, struct error *error)
{
    double seconds;
    uint32_t first, steps = decode_steps(t, DECODE_STEPS, &first);
    enum status status = first > 0 ? feed(t, 0, first, &seconds, error) : STATUS_OK;
    for (uint32_t i = 0; status == STATUS_OK && i < steps; i++) {
        status = feed(t, first + i, 1, &seconds, error);
        keep_samples(t, i);
    }
    *count = steps;
    return status;
}

static enum status sample_prompt(struct timing *t, uint32_t *count, struct error *error)
{
    double seconds = 0;
    enum status status = feed(t, 0, t->prompt, &seconds, error);
    bool once = seconds > LONG_PROMPT; /* else the first one but touched the memory */
    uint32_t prompts = once ? 1 : PROMPTS;
    keep_samples(t, 0);
    for (uint32_t i = once; status == STATUS_OK && i < prompts; i++) {
        status = feed(t, 0, t->prompt, &seconds, error);
        keep_samples(t, i);
    }
    *count = prompts;
    return status;
}

static void fill_table(struct cost_table *table, enum cost_workload w, const struct sums *sums)
{
    for (uint32_t i = 0; i < table->attentions; i++)
        table->attention[i].seconds[w] = sums->attention[i].seconds / sums->attention[i].count;
    for (uint32_t i = 0; i < table->mlps; i++)
        table->mlp[i].seconds[w] = sums->mlp[i].seconds / sums->mlp[i].count;
    table->ends[w] = sums->ends.seconds / sums->ends.count;
}

static enum status report(const struct timing_options *options, double done, struct error *error)
{
    return options->progress != NULL && options->progress(options->context, done) != 0
               ? error_set(error, STATUS_CANCELLED, "stopped")
               : STATUS_OK;
}

static enum status measure_workload(struct timing *t, enum cost_workload w,
                                    struct cost_table *table, struct error *error)
{
    struct chosen chosen;
    struct sums *sums = memory_new(1, sizeof *sums, error);
    enum status status = sums != NULL ? STATUS_OK : STATUS_MEMORY;
    if (w == COST_DECODE)
        choose_layers(t->shape, CACHE_BYTES, UINT32_MAX, POSITIONS, &chosen);
    else
        choose_layers(t->shape, CACHE_BYTES, PROMPT_LAYERS, PROMPT_LAYERS, &chosen);
    for (uint32_t round = 0; status == STATUS_OK && round < chosen.rounds; round++) {
        struct arch_code code;
        uint32_t count = 0;
        if ((status = round_code(t->shape, &chosen, round, &code, error)) ||
            (status = take_network(t, &code, true, error)) ||
            (status = w == COST_DECODE ? sample_decode(t, &count, error)
                                       : sample_prompt(t, &count, error)))
            break;
        add_samples(t, table, count, sums);
        status =
            report(t->options, ((double)w + (round + 1.0) / chosen.rounds) / COST_WORKLOADS, error);
    }
    if (status == STATUS_OK)
        fill_table(table, w, sums);
    memory_free(sums);
    return status;
}

enum status timing_measure(struct supernet *supernet, const struct timing_options *options,
                           struct cost_table *table, struct error *error)
{
    struct timing t;
    cost_table_init(table, supernet_shape(supernet));
    enum status status = timing_init(&t, supernet, options, NULL, error);
    table->context = t.context;
    table->prompt = t.prompt;
    snprintf(table->precision, sizeof table->precision, "%s", precision_name(options->precision));
    for (int w = 0; status == STATUS_OK && w < COST_WORKLOADS; w++)
        status = measure_workload(&t, (enum cost_workload)w, table, error);
    timing_release(&t);
    return status;
}

/* ---- a whole network ---- */

enum status timing_network(struct supernet *supernet, const struct arch_code *code,
                           const struct timing_options *options, const struct cost_table *table,
                           double seconds[COST_WORKLOADS], struct error *error)
{
    struct timing t;
    double sample[MOST_SAMPLES];
    uint32_t first = 0, steps = 0, prompts = PROMPTS;
    enum status status = timing_init(&t, supernet, options, table, error);
    if (status == STATUS_OK)
        status = take_network(&t, code, false, error);
    double start = clock_seconds();
    for (uint32_t i = 0; status == STATUS_OK && i < prompts; i++) {
        status = feed(&t, 0, t.prompt, &sample[i], error);
        if (i == 0 && sample[0] > LONG_PROMPT)
            prompts = 1;
    }
    bool slow = clock_seconds() - start > SLOW_NETWORK;
    if (status == STATUS_OK) {
        seconds[COST_PROMPT] = lower_quartile(sample, prompts);
        steps = decode_steps(&t, slow ? 2 : DECODE_STEPS / 2, &first);
    }
    for (uint32_t i = 0; status == STATUS_OK && i < steps; i++) /* the prompt's first keys stay */
        status = feed(&t, first + i, 1, &sample[i], error);
    if (status == STATUS_OK)
        seconds[COST_DECODE] = lower_quartile(sample, steps);
    timing_release(&t);
    return status;
}
