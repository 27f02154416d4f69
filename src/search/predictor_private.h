/* The models behind predictors: one row of a table each. */
#ifndef SEARCH_PREDICTOR_PRIVATE_H
#define SEARCH_PREDICTOR_PRIVATE_H

#include "search/predictor.h"

struct predictor_model {
    const char *name;
    /* `like`: a fit on more data of the same kind, whose settings are kept; NULL: find them. */
    enum status (*fit)(const struct predictor_data *data, const void *like, void **fit,
                       struct error *error);
    double (*mean)(const void *fit, const struct arch_code *code);
    enum status (*sample)(const void *fit, struct rng *rng, void **sample, struct error *error);
    void (*release)(void *fit);
};

extern const struct predictor_model predictor_layers, predictor_ridge, predictor_process;

#define LETTERS 18
/* Position of a code's character in tables: 0..8, a..h, '.'. */
static inline unsigned letter_index(char c)
{
    return c == '.' ? 17 : c >= 'a' ? 9 + (unsigned)(c - 'a') : (unsigned)(c - '0');
}
static inline char letter_at(unsigned index)
{
    return (char)(index == 17 ? '.' : index >= 9 ? 'a' + (int)index - 9 : '0' + (int)index);
}

/* Weight types of a code's layers, as far as a space has genes for them. */
#define TYPE_LETTERS 8
/* Position of a type's letter in tables; TYPE_LETTERS: the options' own type, or a dropped layer.
 */
unsigned type_index(char letter);
/* What rounding to the type adds to a weight: root mean square in standard deviations, of normal
 * weights; TYPE_LETTERS: 0. */
double type_coarseness(unsigned index);
/* The letters of a code's layers, [layers]; NULL: none has a type of its own. */
static inline const char *types_of(const struct arch_code *code, uint32_t layers)
{
    return code->text[layers] == ':' ? code->text + layers + 1 : NULL;
}

/* What a letter leaves out of a whole layer. */
struct missing {
    unsigned mlp; /* eighths */
    bool attention;
};
static inline struct missing missing_of(char full, char c)
{
    unsigned whole = arch_mlp_eighths(full), left = arch_mlp_eighths(c);
    return (struct missing){whole > left ? whole - left : 0,
                            arch_keeps_attention(full) && !arch_keeps_attention(c)};
}

/* prior[l][k]: how much more it costs layer l than the others to lose k eighths of its MLP, as a
 * difference of logarithms, by the importance of its neurons (struct space's beyond); 0 for whole
 * MLPs, for all but the first eighth, and where nothing is known. */
void predictor_neurons(const struct space *space, double (*prior)[9]);

#endif
