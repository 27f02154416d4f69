/* A network's time as the sum of its parts' (Wu et al., FBNet, 2019: latency
 * by a table of blocks). */
#include "arch/cost_table.h"

#include <math.h>
#include <string.h>

/* ---- kinds of parts ---- */

static int compare_attention(const struct cost_attention *a, uint32_t heads, uint32_t kv_heads)
{
    if (a->heads != heads)
        return a->heads < heads ? -1 : 1;
    return a->kv_heads < kv_heads ? -1 : a->kv_heads > kv_heads;
}

static void add_attention(struct cost_table *table, uint32_t heads, uint32_t kv_heads)
{
    uint32_t at = 0;
    while (at < table->attentions && compare_attention(&table->attention[at], heads, kv_heads) < 0)
        at++;
    if (at < table->attentions && compare_attention(&table->attention[at], heads, kv_heads) == 0)
        return;
    memmove(&table->attention[at + 1], &table->attention[at],
            (table->attentions - at) * sizeof *table->attention);
    table->attention[at] = (struct cost_attention){.heads = heads, .kv_heads = kv_heads};
    table->attentions++; /* no more than layers */
}

/* Keeps the list sorted; when it is full, of the widths within the least and the greatest the one
 * goes whose neighbours are nearest to each other: what is left spreads over the range. */
static void add_width(struct cost_table *table, uint32_t width)
{
    struct cost_mlp list[COST_WIDTHS_MAX + 1];
    uint32_t at = 0, count = table->mlps, out = 1;
    while (at < count && table->mlp[at].width < width)
        at++;
    if (width == 0 || (at < count && table->mlp[at].width == width))
        return;
    memcpy(list, table->mlp, at * sizeof *list);
    list[at] = (struct cost_mlp){.width = width};
    memcpy(list + at + 1, table->mlp + at, (count - at) * sizeof *list);
    if (++count > COST_WIDTHS_MAX) {
        for (uint32_t i = 2; i + 1 < count; i++)
            if (list[i + 1].width - list[i - 1].width < list[out + 1].width - list[out - 1].width)
                out = i;
        memmove(list + out, list + out + 1, (--count - out) * sizeof *list);
    }
    memcpy(table->mlp, list, count * sizeof *list);
    table->mlps = count;
}

void cost_table_init(struct cost_table *table, const struct arch_shape *shape)
{
    memset(table, 0, sizeof *table);
    for (uint32_t l = 0; l < shape->layers; l++) {
        const struct arch_layer_shape *layer = &shape->layer[l];
        if (layer->attention)
            add_attention(table, layer->heads, layer->kv_heads);
        for (unsigned eighths = 1; layer->mlp && eighths <= 8; eighths++)
            add_width(table, arch_mlp_width(shape, l, eighths));
    }
}

struct cost_attention *cost_table_attention(struct cost_table *table, uint32_t heads,
                                            uint32_t kv_heads)
{
    for (uint32_t i = 0; i < table->attentions; i++)
        if (compare_attention(&table->attention[i], heads, kv_heads) == 0)
            return &table->attention[i];
    return NULL;
}

struct cost_mlp *cost_table_mlp(struct cost_table *table, uint32_t width)
{
    for (uint32_t i = 0; i < table->mlps; i++)
        if (table->mlp[i].width == width)
            return &table->mlp[i];
    return NULL;
}

static bool plausible(double seconds)
{
    return isfinite(seconds) && seconds >= 0;
}

bool cost_table_fits(const struct cost_table *table, const struct arch_shape *shape)
{
    struct cost_table wanted;
    cost_table_init(&wanted, shape);
    bool fits = table->attentions == wanted.attentions && table->mlps == wanted.mlps &&
                table->prompt > 0 && table->prompt <= shape->context &&
                table->context <= table->prompt;
    for (int w = 0; fits && w < COST_WORKLOADS; w++) {
        fits = plausible(table->ends[w]) && table->ends[w] > 0;
        for (uint32_t i = 0; fits && i < wanted.attentions; i++)
            fits = plausible(table->attention[i].seconds[w]) &&
                   compare_attention(&table->attention[i], wanted.attention[i].heads,
                                     wanted.attention[i].kv_heads) == 0;
        for (uint32_t i = 0; fits && i < wanted.mlps; i++)
            fits =
                plausible(table->mlp[i].seconds[w]) && table->mlp[i].width == wanted.mlp[i].width;
    }
    return fits;
}

/* ---- prediction ---- */

static double mlp_seconds(const struct cost_table *table, uint32_t width, enum cost_workload w)
{
    const struct cost_mlp *mlp = table->mlp;
    uint32_t above = 0;
    if (table->mlps == 0)
        return NAN;
    while (above < table->mlps && mlp[above].width < width)
        above++;
    if (above < table->mlps && mlp[above].width == width)
        return mlp[above].seconds[w];
    if (above == 0 || above == table->mlps) {
        const struct cost_mlp *nearest = &mlp[above > 0 ? above - 1 : 0];
        return nearest->seconds[w] * (double)width / (double)nearest->width;
    }
    const struct cost_mlp *low = &mlp[above - 1], *high = &mlp[above];
    double share = (double)(width - low->width) / (double)(high->width - low->width);
    return low->seconds[w] + share * (high->seconds[w] - low->seconds[w]);
}

static double attention_seconds(const struct cost_table *table,
                                const struct arch_layer_shape *layer, enum cost_workload w)
{
    for (uint32_t i = 0; i < table->attentions; i++)
        if (compare_attention(&table->attention[i], layer->heads, layer->kv_heads) == 0)
            return table->attention[i].seconds[w];
    return NAN;
}

double cost_seconds(const struct cost_table *table, const struct arch_shape *shape,
                    const struct arch_code *code, enum cost_workload workload)
{
    double sum = table->ends[workload];
    for (uint32_t l = 0; l < shape->layers; l++) {
        const struct arch_layer_shape *layer = &shape->layer[l];
        unsigned eighths = arch_mlp_eighths(code->text[l]);
        if (layer->attention && arch_keeps_attention(code->text[l]))
            sum += attention_seconds(table, layer, workload);
        if (layer->mlp && eighths > 0)
            sum += mlp_seconds(table, arch_mlp_width(shape, l, eighths), workload);
    }
    return sum;
}

double cost_tokens_per_second(const struct cost_table *table, enum cost_workload workload,
                              double seconds)
{
    return (workload == COST_PROMPT ? (double)table->prompt : 1.0) / seconds;
}
