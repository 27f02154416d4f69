/* Counting what a set of networks keeps of each layer. A hundred thousand networks take some
 * milliseconds, so a count is kept until the set changes: the hash of everything that it follows
 * from says whether it has. */
#include "layer_shares.h"

#include "view.h"

#include "base/hash.h"

#include <math.h>
#include <string.h>

const char layer_letters[LAYER_LETTERS + 1] = "876543210hgfedcba.";

static int letter_index(char letter)
{
    if (letter >= '0' && letter <= '8')
        return '8' - letter;
    return letter >= 'a' && letter <= 'h' ? 9 + 'h' - letter : LAYER_LETTERS - 1;
}

/* ---- the set ---- */

/* How many ids may be in the set, and the i-th of them. */
static size_t set_most(const struct view *view, const struct snapshot *snapshot,
                       enum layers_set set)
{
    return set == LAYERS_FRONT    ? snapshot->fronts
           : set == LAYERS_MARKED ? view->marks
                                  : snapshot->rows;
}

static const struct row *set_row(const struct view *view, const struct snapshot *snapshot,
                                 enum layers_set set, size_t i)
{
    if (set == LAYERS_FRONT)
        return view_row(snapshot, snapshot->front[i]);
    if (set == LAYERS_MARKED)
        return view_row(snapshot, view->mark[i]);
    const struct row *row = archive_row(snapshot->archive, i);
    if (!view_counts(snapshot, (uint32_t)i) ||
        (set == LAYERS_WITHIN && snapshot->pins.count > 0 &&
         row_violation(row, &snapshot->pins, &snapshot->estimate) > 0))
        return NULL;
    return row;
}

static uint64_t set_hash(const struct view *view, const struct snapshot *snapshot,
                         enum layers_set set)
{
    struct {
        const struct archive *archive;
        uint64_t rows, estimated, set, objective, ids, pins;
    } of = {.archive = snapshot->archive,
            .rows = snapshot->rows,
            .estimated = snapshot->estimate.rows, /* acc_est is by these */
            .set = set,
            .objective = snapshot->objectives[0]};
    if (set == LAYERS_FRONT && snapshot->fronts)
        of.ids = hash64(snapshot->front, snapshot->fronts * sizeof *snapshot->front);
    if (set == LAYERS_MARKED && view->marks)
        of.ids = hash64(view->mark, view->marks * sizeof *view->mark);
    for (size_t i = 0; set == LAYERS_WITHIN && i < snapshot->pins.count; i++) {
        const struct pin *pin = &snapshot->pins.pin[i];
        uint64_t one[] = {of.pins, (uint64_t)pin->objective, pin->at_least, pin->enabled, 0};
        memcpy(&one[4], &pin->limit, sizeof one[4]);
        of.pins = hash64(one, sizeof one);
    }
    uint64_t hash = hash64(&of, sizeof of);
    return hash ? hash : 1;
}

/* ---- counting ---- */

/* Plain loops over all layers, without a branch: they are most of the time. */
static void count_network(struct layer_shares *shares, const char *code, const uint8_t index[256])
{
    uint32_t kept = 0, layers = shares->layers;
    for (uint32_t i = 0; i < layers; i++)
        shares->letter[i][index[(unsigned char)code[i]]]++;
    for (uint32_t i = 0; i < layers; i++)
        kept += code[i] != '.';
    shares->depth[kept]++;
    shares->networks++;
}

static void count_slices(struct layer_shares *shares, const struct snapshot *snapshot)
{
    size_t rows = snapshot->rows;
    uint32_t layers = shares->layers;
    shares->slices = rows < LAYER_SLICES ? rows : LAYER_SLICES;
    for (size_t i = 0; i < rows; i++) {
        size_t slice = i * shares->slices / rows;
        uint32_t *whole = shares->slice_whole[slice];
        const char *code = archive_row(snapshot->archive, i)->code.text;
        if (!view_counts(snapshot, (uint32_t)i))
            continue;
        shares->slice_networks[slice]++;
        for (uint32_t k = 0; k < layers; k++)
            whole[k] += code[k] == '8';
    }
}

static void count_set(struct layer_shares *shares, const struct view *view,
                      const struct snapshot *snapshot, enum layers_set set)
{
    uint8_t index[256] = {0};
    for (int i = 0; i < LAYER_LETTERS; i++)
        index[(unsigned char)layer_letters[i]] = (uint8_t)i;
    if (snapshot->rows)
        shares->layers = (uint32_t)arch_code_layers(&archive_row(snapshot->archive, 0)->code);
    for (size_t i = 0, most = set_most(view, snapshot, set); i < most; i++) {
        const struct row *row = set_row(view, snapshot, set, i);
        if (row)
            count_network(shares, row->code.text, index);
    }
    for (uint32_t i = 0; i < shares->layers; i++)
        for (int k = 0; k < LAYER_LETTERS - 1; k++)
            shares->width[arch_mlp_eighths(layer_letters[k])] += shares->letter[i][k];
    count_slices(shares, snapshot);
}

/* ---- the means of one layer ---- */

struct sums {
    double n, mean, squares, layers; /* Welford's running mean and squared deviations */
};

static void add(struct sums *sums, double value, const char *code, uint32_t layers)
{
    double gap = value - sums->mean;
    sums->n++;
    sums->mean += gap / sums->n;
    sums->squares += gap * (value - sums->mean);
    for (uint32_t i = 0; i < layers; i++)
        sums->layers += arch_keeps_layer(code[i]);
}

static struct layer_mean mean_of(const struct sums *sums)
{
    double n = sums->n;
    return (struct layer_mean){.networks = (size_t)n,
                               .mean = n > 0 ? sums->mean : NAN,
                               .error = n > 1 ? sqrt(sums->squares / (n - 1) / n) : NAN,
                               .layers = n > 0 ? sums->layers / n : NAN};
}

static void compare_layer(struct layer_shares *shares, const struct view *view,
                          const struct snapshot *snapshot, enum layers_set set, uint32_t layer)
{
    struct sums with = {0}, without = {0};
    bool both = layer < shares->layers && shares->networks > 0 &&
                shares->letter[layer][LAYER_LETTERS - 1] > 0 &&
                shares->letter[layer][LAYER_LETTERS - 1] < shares->networks;
    for (size_t i = 0, most = both ? set_most(view, snapshot, set) : 0; i < most; i++) {
        const struct row *row = set_row(view, snapshot, set, i);
        double value = row ? view_value(snapshot, row, snapshot->objectives[0]) : NAN;
        if (isfinite(value))
            add(arch_keeps_layer(row->code.text[layer]) ? &with : &without, value, row->code.text,
                shares->layers);
    }
    shares->compared = layer;
    shares->with = mean_of(&with);
    shares->without = mean_of(&without);
}

void layer_shares_count(struct layer_shares *shares, const struct view *view,
                        const struct snapshot *snapshot, enum layers_set set, uint32_t layer)
{
    uint64_t hash = set_hash(view, snapshot, set);
    if (shares->counted == hash && shares->compared == layer)
        return;
    if (shares->counted != hash) {
        *shares = (struct layer_shares){.counted = hash};
        count_set(shares, view, snapshot, set);
    }
    compare_layer(shares, view, snapshot, set, layer);
}

double layer_share(const struct layer_shares *shares, uint32_t layer, const char *letters)
{
    uint32_t count = 0;
    for (; *letters; letters++)
        count += shares->letter[layer][letter_index(*letters)];
    return shares->networks ? (double)count / (double)shares->networks : 0;
}

char layer_favourite(const struct layer_shares *shares, uint32_t layer)
{
    uint32_t most = 0;
    char favourite = '\0';
    for (int i = 0; i < LAYER_LETTERS; i++)
        if (shares->letter[layer][i] > most) {
            most = shares->letter[layer][i];
            favourite = layer_letters[i];
        }
    return favourite;
}
