/* Search spaces: genes, their choices, and the codes they stand for. A gene's offers are canonical
 * letters without repeats, so that equal layers have one gene value; a locked layer offers one. */
#include "search/space.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VALID_LETTERS "012345678abcdefgh."

const char space_default_choices[] = "8 7 6 4 h .";

const struct space_info space_table[SPACES] = {
    [SPACE_LAYERS] = {.name = "layers", .layer_genes = 1, .own_choices = true},
    [SPACE_LLAMA_NAS] = {.name = "llama-nas", .depth_genes = 1, .layer_genes = 1},
    [SPACE_ATTN_MLP] = {.name = "attn-mlp", .layer_genes = 2},
};

static uint32_t first_gene(const struct space *space, uint32_t layer)
{
    const struct space_info *info = &space_table[space->kind];
    return info->depth_genes + layer * info->layer_genes;
}

uint32_t space_gene_layer(const struct space *space, uint32_t gene)
{
    const struct space_info *info = &space_table[space->kind];
    if (space_is_type_gene(space, gene))
        return gene - (space->genes - space->type_genes);
    return gene < info->depth_genes ? UINT32_MAX : (gene - info->depth_genes) / info->layer_genes;
}

/* What a layer's character says to one of its genes: all of it, or (two genes) attention or MLP. */
static char part_of(const struct space *space, uint32_t part, char letter)
{
    if (space_table[space->kind].layer_genes == 1)
        return letter;
    if (part == 0)
        return arch_keeps_attention(letter) ? '0' : '.';
    unsigned eighths = arch_mlp_eighths(letter);
    return eighths > 0 ? (char)('a' + eighths - 1) : '.';
}

/* The layer's character from its genes' letters. */
static char join_parts(const struct space *space, const char *attention, const char *mlp)
{
    if (space_table[space->kind].layer_genes == 1)
        return *attention;
    return *attention == '0' ? (char)('0' + arch_mlp_eighths(*mlp)) : *mlp;
}

static void offer_gene(struct space *space, uint32_t gene, char letter)
{
    uint8_t *count = &space->free_choices[gene];
    for (uint8_t i = 0; i < *count; i++)
        if (space->free_letter[gene][i] == letter)
            return;
    if (*count < sizeof space->free_letter[gene])
        space->free_letter[gene][(*count)++] = letter;
}

static void offer(struct space *space, uint32_t layer, char letter)
{
    char canonical = arch_code_canonical(space->shape, layer, letter);
    for (uint32_t part = 0; part < space_table[space->kind].layer_genes; part++)
        offer_gene(space, first_gene(space, layer) + part, part_of(space, part, canonical));
}

static void offer_all(struct space *space, const char *letters)
{
    for (uint32_t layer = 0; layer < space->shape->layers; layer++)
        for (const char *at = letters; *at != '\0'; at++)
            offer(space, layer, *at);
}

/* Sets the genes' choices from the free offers and the locks. */
static void apply_locks(struct space *space)
{
    for (uint32_t gene = space_table[space->kind].depth_genes; !space_is_type_gene(space, gene);
         gene++) {
        uint32_t layer = space_gene_layer(space, gene);
        if (space->lock[layer] != 0) {
            space->choices[gene] = 1;
            space->letter[gene][0] =
                part_of(space, gene - first_gene(space, layer), space->lock[layer]);
        } else {
            space->choices[gene] = space->free_choices[gene];
            memcpy(space->letter[gene], space->free_letter[gene], sizeof space->letter[gene]);
        }
    }
}

static enum status read_choices(struct space *space, const char *choices, struct error *error)
{
    size_t letters = 0;
    for (const char *at = choices; *at != '\0'; at++) {
        if (*at == ' ')
            continue;
        if (strchr(VALID_LETTERS, *at) == NULL || (at[1] != ' ' && at[1] != '\0'))
            return error_set(
                error, STATUS_INVALID,
                "choices \"%.60s\": code characters with blanks between expected, such as \"%s\"",
                choices, space_default_choices);
        if (++letters > sizeof space->free_letter[0])
            return error_set(error, STATUS_INVALID, "choices \"%.60s\": more than %zu", choices,
                             sizeof space->free_letter[0]);
        for (uint32_t layer = 0; layer < space->shape->layers; layer++)
            offer(space, layer, *at);
    }
    bool only_dropped = letters == 1 && strchr(choices, '.') != NULL;
    if (letters == 0 || only_dropped)
        return error_set(error, STATUS_INVALID, "choices \"%.60s\" leave no network", choices);
    return STATUS_OK;
}

static void set_depths(struct space *space)
{
    uint32_t layers = space->shape->layers;
    uint32_t wanted[3] = {(3 * layers + 2) / 4, (7 * layers + 4) / 8, layers};
    for (int i = 0; i < 3; i++) {
        uint32_t depth = wanted[i] > 0 ? wanted[i] : 1;
        if (space->choices[0] == 0 || space->depths[space->choices[0] - 1] != depth)
            space->depths[space->choices[0]++] = depth;
    }
}

static void add_type_genes(struct space *space, const char *types)
{
    const size_t offers = types != NULL ? strlen(types) : 0;
    if (offers == 0)
        return;
    space->type_genes = space->shape->layers;
    for (uint32_t i = 0; i < space->type_genes; i++, space->genes++) {
        space->choices[space->genes] = (uint8_t)offers;
        memcpy(space->letter[space->genes], types, offers);
    }
}

static void set_orders(struct space *space, const struct space_options *options)
{
    uint32_t layers = space->shape->layers;
    for (uint32_t i = 0; i < layers; i++) {
        space->drop_order[i] =
            options->drop_order != NULL ? options->drop_order[i] : layers - 1 - i;
        space->influence[i] = options->influence != NULL ? options->influence[i] : 1.0F;
        for (unsigned k = 0; k < 8; k++)
            space->beyond[i][k] = options->beyond != NULL ? options->beyond[8 * (size_t)i + k]
                                                          : 1.0F - (float)k / 8.0F;
    }
}

enum status space_init(struct space *space, const struct arch_shape *shape,
                       const struct space_options *options, struct error *error)
{
    *space = (struct space){.kind = options->kind, .shape = shape};
    enum status status = STATUS_OK;
    set_orders(space, options);
    space->genes = first_gene(space, shape->layers);
    if (options->choices != NULL && !space_table[options->kind].own_choices)
        return error_set(error, STATUS_INVALID,
                         "the space %s has its own choices; --choices is for layers",
                         space_table[options->kind].name);
    if (options->kind == SPACE_LAYERS) {
        status = read_choices(
            space, options->choices != NULL ? options->choices : space_default_choices, error);
    } else if (options->kind == SPACE_LLAMA_NAS) {
        set_depths(space);
        offer_all(space, "84");
    } else {
        offer_all(space, "80h.");
    }
    apply_locks(space);
    add_type_genes(space, options->types);
    size_t most = sizeof options->locks / sizeof *options->locks;
    for (size_t i = 0; status == STATUS_OK && i < most && options->locks[i] != NULL; i++)
        status = space_lock(space, options->locks[i], error);
    return status;
}

/* "3" or "0-3" before `end`. */
static bool read_range(const char *text, const char *end, long *from, long *to)
{
    char *stop;
    if (text == end || *text < '0' || *text > '9')
        return false;
    *from = *to = strtol(text, &stop, 10);
    if (stop < end && *stop == '-') {
        if (stop[1] < '0' || stop[1] > '9')
            return false;
        *to = strtol(stop + 1, &stop, 10);
    }
    return stop == end && *from <= *to;
}

static bool leaves_a_layer(const struct space *space)
{
    for (uint32_t gene = space_table[space->kind].depth_genes; !space_is_type_gene(space, gene);
         gene++)
        for (uint8_t i = 0; i < space->choices[gene]; i++)
            if (space->letter[gene][i] != '.')
                return true;
    return false;
}

enum status space_lock(struct space *space, const char *text, struct error *error)
{
    const char *equals = strchr(text, '=');
    long from, to;
    if (equals == NULL || !read_range(text, equals, &from, &to) ||
        (equals[1] != '\0' && (strchr(VALID_LETTERS, equals[1]) == NULL || equals[2] != '\0')))
        return error_set(error, STATUS_INVALID,
                         "\"%.40s\" is no lock; LAYERS=CHARACTER expected, such as 0-3=8 or 5=.",
                         text);
    if (to >= (long)space->shape->layers)
        return error_set(error, STATUS_INVALID, "lock %.40s: the model's layers are 0 to %u", text,
                         space->shape->layers - 1);
    char before[ARCH_MAX_LAYERS];
    memcpy(before, space->lock, sizeof before);
    for (long layer = from; layer <= to; layer++)
        space->lock[layer] = equals[1] == '\0'
                                 ? '\0'
                                 : arch_code_canonical(space->shape, (uint32_t)layer, equals[1]);
    apply_locks(space);
    if (!leaves_a_layer(space)) {
        memcpy(space->lock, before, sizeof before);
        apply_locks(space);
        return error_set(error, STATUS_INVALID, "lock %.40s: no layer would be left", text);
    }
    return STATUS_OK;
}

bool space_may_be(const struct space *space, uint32_t layer, char letter)
{
    char canonical = arch_code_canonical(space->shape, layer, letter);
    if (space->kind == SPACE_LLAMA_NAS && canonical == '.' && space->lock[layer] == 0)
        return true; /* by a depth */
    for (uint32_t part = 0; part < space_table[space->kind].layer_genes; part++) {
        uint32_t gene = first_gene(space, layer) + part;
        if (memchr(space->letter[gene], part_of(space, part, canonical), space->choices[gene]) ==
            NULL)
            return false;
    }
    return true;
}

void space_random(const struct space *space, struct rng *rng, struct genome *genome)
{
    genome->genes = (uint16_t)space->genes;
    for (uint32_t i = 0; i < space->genes; i++)
        genome->gene[i] = (uint8_t)rng_below(rng, space->choices[i]);
}

/* llama-nas: drops layers in drop order until `depth` are left; a layer locked to be kept passes
 * its drop to the next one. */
static void drop_to_depth(const struct space *space, uint32_t depth, char *text)
{
    uint32_t layers = space->shape->layers, kept = 0;
    for (uint32_t i = 0; i < layers; i++)
        kept += text[i] != '.';
    for (uint32_t i = 0; i < layers && kept > depth; i++) {
        uint32_t layer = space->drop_order[i];
        if (space->lock[layer] == 0 && text[layer] != '.') {
            text[layer] = '.';
            kept--;
        }
    }
}

bool space_decode(const struct space *space, const struct genome *genome, struct arch_code *code)
{
    uint32_t layers = space->shape->layers;
    bool kept = false;
    memset(code, 0, sizeof *code);
    for (uint32_t layer = 0; layer < layers; layer++) {
        uint32_t gene = first_gene(space, layer),
                 last = gene + space_table[space->kind].layer_genes - 1;
        code->text[layer] = join_parts(space, &space->letter[gene][genome->gene[gene]],
                                       &space->letter[last][genome->gene[last]]);
    }
    if (space->kind == SPACE_LLAMA_NAS)
        drop_to_depth(space, space->depths[genome->gene[0]], code->text);
    if (space->type_genes > 0) {
        char types[ARCH_MAX_LAYERS] = {0};
        for (uint32_t layer = 0; layer < layers; layer++) {
            uint32_t gene = space->genes - space->type_genes + layer;
            types[layer] = space->letter[gene][genome->gene[gene]];
        }
        arch_code_set_types(code, types);
    }
    for (uint32_t layer = 0; layer < layers; layer++)
        kept = kept || code->text[layer] != '.';
    return kept;
}

/* How far apart two letters are: eighths of an MLP, an attention counting as four. */
static unsigned distance(char a, char b)
{
    unsigned mlp_a = arch_mlp_eighths(a), mlp_b = arch_mlp_eighths(b);
    unsigned mlp = mlp_a > mlp_b ? mlp_a - mlp_b : mlp_b - mlp_a;
    return mlp + (arch_keeps_attention(a) != arch_keeps_attention(b) ? 4 : 0);
}

static uint8_t nearest(const struct space *space, uint32_t gene, char letter)
{
    uint8_t best = 0;
    for (uint8_t i = 1; i < space->choices[gene]; i++)
        if (distance(space->letter[gene][i], letter) < distance(space->letter[gene][best], letter))
            best = i;
    return best;
}

/* llama-nas: layers that a depth really keeps, what is locked or absent being out of its reach. */
static uint32_t kept_at_depth(const struct space *space, uint32_t depth)
{
    uint32_t can_stay = 0, must_stay = 0;
    for (uint32_t layer = 0; layer < space->shape->layers; layer++) {
        bool stays = space->letter[layer + 1][0] != '.';
        can_stay += stays;
        must_stay += stays && space->lock[layer] != 0;
    }
    return depth > can_stay ? can_stay : depth < must_stay ? must_stay : depth;
}

/* A type that is not offered becomes the first one. */
static void project_types(const struct space *space, const struct arch_code *code,
                          struct genome *genome)
{
    for (uint32_t gene = space->genes - space->type_genes; gene < space->genes; gene++) {
        const char letter = arch_code_type_letter(code, space_gene_layer(space, gene));
        const char *found = memchr(space->letter[gene], letter, space->choices[gene]);
        genome->gene[gene] = (uint8_t)(found != NULL ? found - space->letter[gene] : 0);
    }
}

void space_project(const struct space *space, const struct arch_code *code, struct genome *genome)
{
    uint32_t kept = 0;
    memset(genome, 0, sizeof *genome);
    genome->genes = (uint16_t)space->genes;
    for (uint32_t layer = 0; layer < space->shape->layers; layer++) {
        char letter = code->text[layer];
        kept += letter != '.';
        /* in llama-nas a dropped layer's width says nothing: it stays whole */
        bool free = space->kind == SPACE_LLAMA_NAS && letter == '.';
        uint32_t gene = first_gene(space, layer);
        for (uint32_t part = 0; part < space_table[space->kind].layer_genes; part++)
            genome->gene[gene + part] =
                free ? 0 : nearest(space, gene + part, part_of(space, part, letter));
    }
    project_types(space, code, genome);
    if (space->kind != SPACE_LLAMA_NAS)
        return;
    for (uint8_t i = 1; i < space->choices[0]; i++) {
        uint32_t now = kept_at_depth(space, space->depths[genome->gene[0]]),
                 other = kept_at_depth(space, space->depths[i]);
        uint32_t far_now = now > kept ? now - kept : kept - now;
        if ((other > kept ? other - kept : kept - other) < far_now)
            genome->gene[0] = i;
    }
}

bool space_encode(const struct space *space, const struct arch_code *code, struct genome *genome)
{
    struct arch_code back;
    space_project(space, code, genome);
    return space_decode(space, genome, &back) && arch_code_equal(&back, code);
}

double space_influence(const struct space *space, uint32_t layer)
{
    double influence = (double)space->influence[layer];
    return influence > 0.005 ? influence : 0.005;
}

double space_gene_weight(const struct space *space, uint32_t gene)
{
    uint32_t layer = space_gene_layer(space, gene);
    if (space->choices[gene] < 2)
        return 0;
    if (layer == UINT32_MAX)
        return 1.0 / sqrt(0.05);
    return 1.0 / sqrt(space_influence(space, layer));
}

double space_log10_genotypes(const struct space *space)
{
    double sum = 0;
    for (uint32_t i = 0; i < space->genes; i++)
        sum += log10((double)space->choices[i]);
    return sum;
}
