/* Search spaces: which genomes there are and which code each stands for.
 * llama-nas: gene 0 is the depth, then a width gene {half, full} per layer (LLaMA-NAS).
 * layers: a gene per layer out of a list of choices.
 * attn-mlp: two genes per layer, its attention and its MLP, each kept or dropped.
 * Layers can be locked to one choice. Behind these genes, where weight types are searched, too, one
 * gene per layer for its type; that of a dropped layer has no effect. */
#ifndef SEARCH_SPACE_H
#define SEARCH_SPACE_H

#include "arch/plan.h"
#include "base/rng.h"
#include "search/pins.h"

#define GENOME_MAX (3 * ARCH_MAX_LAYERS)

struct genome {
    uint16_t genes;
    uint8_t gene[GENOME_MAX]; /* index into the gene's choices */
};

enum space_kind { SPACE_LAYERS, SPACE_LLAMA_NAS, SPACE_ATTN_MLP, SPACES };

struct space_info {
    const char *name;
    uint32_t depth_genes; /* before the layers' */
    uint32_t layer_genes; /* of each layer, next to each other */
    bool own_choices;     /* takes a list of choices */
};

extern const struct space_info space_table[SPACES];

extern const char space_default_choices[]; /* of the space layers */

struct space_options {
    enum space_kind kind;
    const char *choices;        /* layers; NULL: space_default_choices */
    const uint32_t *drop_order; /* [layers], least important first; NULL: the last layers first */
    const float *influence;     /* [layers], block influence, for guided sampling; NULL: flat */
    const float *beyond;        /* [layers][8], as struct model_order's; NULL: unknown */
    const char *types;          /* letters of weight types, '-' for that of the options; NULL: no
                                   genes for them */
    const char *locks[8];       /* "0-3=8", "5=.": NULL-ended */
};

struct space {
    enum space_kind kind;
    const struct arch_shape *shape; /* borrowed */
    uint32_t genes, type_genes; /* the last ones decide weight types */
    uint8_t choices[GENOME_MAX]; /* count of choices of each gene */
    /* Canonical characters of a layer gene's choices, no repeats; in attn-mlp those of the part:
     * '0' (attention) or 'a'..'h' (MLP), '.' without it. Of a type gene the types' letters. */
    char letter[GENOME_MAX][16];
    uint32_t depths[3]; /* llama-nas: kept layers */
    uint32_t drop_order[ARCH_MAX_LAYERS];
    float influence[ARCH_MAX_LAYERS]; /* 1.0 each when unknown */
    float beyond[ARCH_MAX_LAYERS][8]; /* 1 - k/8 each when unknown */
    char lock[ARCH_MAX_LAYERS];       /* the locked character, or 0 */
    /* What each gene offers when its layer is not locked. */
    uint8_t free_choices[GENOME_MAX];
    char free_letter[GENOME_MAX][16];
};

enum status space_init(struct space *space, const struct arch_shape *shape,
                       const struct space_options *options, struct error *error);
/* The space that texts ask for: a name of the table; choices NULL or "": the default;
 * depth_order "tail", a list that names every layer once, least important first, or "importance":
 * the measured drop_order (NULL: not measured yet, the last layers first). `measured`: drop_order,
 * influence, beyond and types of these options are taken; NULL: none is known. */
enum status space_init_text(struct space *space, const struct arch_shape *shape, const char *name,
                            const char *choices, const char *depth_order,
                            const struct space_options *measured, struct error *error);
/* "0-3=8": locks a range of layers (0-based, inclusive) to one character; "0-3=" unlocks. */
enum status space_lock(struct space *space, const char *text, struct error *error);
void space_random(const struct space *space, struct rng *rng, struct genome *genome);
/* False when the genome's code is not a network (all dropped). */
bool space_decode(const struct space *space, const struct genome *genome, struct arch_code *code);
/* The genome of a code, or false when no genome of the space stands for it. */
bool space_encode(const struct space *space, const struct arch_code *code, struct genome *genome);
/* The genome of the space that is nearest to a code, gene by gene: for parents from before a lock,
 * or injected from outside the space. */
void space_project(const struct space *space, const struct arch_code *code, struct genome *genome);
/* True of a gene that decides a layer's weight type, not what is kept of it. */
static inline bool space_is_type_gene(const struct space *space, uint32_t gene)
{
    return gene >= space->genes - space->type_genes;
}
/* The letters of a list of weight types, as in "source,q8_0,q4_0", without repeats. Room for one a
 * type, and NUL; at least two. */
#define SPACE_TYPES 12
enum status space_read_types(const char *list, char letters[SPACE_TYPES], struct error *error);
/* Leaves out types in which the model's layers are written as in an earlier one, `weights` being the
 * options': a network would have several codes. STATUS_INVALID when one is left. */
enum status space_distinct_types(const struct arch_shape *shape,
                                 const struct weight_options *weights, char letters[SPACE_TYPES],
                                 struct error *error);
/* The layer that a gene decides, or UINT32_MAX (the depth). */
uint32_t space_gene_layer(const struct space *space, uint32_t gene);
/* True when some genome gives this layer the character (in its canonical form). */
bool space_may_be(const struct space *space, uint32_t layer, char letter);
/* The layer's block influence, at least 0.005: noise may leave a layer none, which no layer has. */
double space_influence(const struct space *space, uint32_t layer);
/* Chance weight with which a gene is changed: high where the layer matters little. */
double space_gene_weight(const struct space *space, uint32_t gene);
/* The first generation: base, uniform widths, the block-influence depth chain, and samples whose
 * number of changed genes is spread evenly from few to many, changes drawn towards unimportant
 * layers. Distinct codes; *count <= want of them (fewer in a tiny space). */
enum status space_first_generation(const struct space *space, struct rng *rng, size_t want,
                                   struct arch_code *codes, size_t *count, struct error *error);
/* log10 of the number of genotypes. */
double space_log10_genotypes(const struct space *space);

#endif
