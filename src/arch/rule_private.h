/* What becomes of each tensor of the source under a code: the one place that knows. The plan lists
 * it, the costs add it up. */
#ifndef ARCH_RULE_PRIVATE_H
#define ARCH_RULE_PRIVATE_H

#include "arch/plan.h"

/* Width of the zero MLP that stands for no MLP in a written file. */
#define ZERO_MLP_WIDTH 32u

/* The layers that are written. */
struct rule_layers {
    uint32_t kept;
    uint32_t source_layer[ARCH_MAX_LAYERS]; /* [kept] */
    uint32_t position[ARCH_MAX_LAYERS];     /* of each kept source layer */
    bool zero_attention;                    /* the first kept layer has none: written as zeros */
    bool deci;
    bool pad;           /* every layer has attention, and */
    uint32_t pad_width; /* this width; 0 without `pad` */
};

/* `options` (NULL: source) count only with `pad`. */
void rule_layers(const struct arch_shape *shape, const struct arch_code *code,
                 const struct weight_options *options, bool pad, struct rule_layers *layers);
/* Widths and heads as written, of one kept layer. */
void rule_layer_sizes(const struct arch_shape *shape, const struct arch_code *code,
                      const struct rule_layers *layers, uint32_t position, uint32_t *width,
                      uint32_t *heads, uint32_t *kv_heads);

/* Size of a source tensor in the sub-network; false when its part is not in it. */
bool rule_kept_size(const struct arch_shape *shape, const struct arch_tensor *tensor,
                    char character, uint64_t *columns, uint64_t *rows);

/* What the widest layer's width asks of a tensor that rule_visit hands out. */
void rule_pad(const struct rule_layers *layers, struct plan_tensor *tensor);
/* Calls `visit` for each tensor that is written, in order; *wanted is the type it would have if
 * every type fitted. Stops at the first status that is not OK. */
typedef enum status rule_visitor(void *context, const struct plan_tensor *tensor,
                                 enum weight_type wanted, struct error *error);
enum status rule_visit(const struct arch_shape *shape, const struct arch_code *code,
                       const struct weight_options *options, const struct rule_layers *layers,
                       rule_visitor *visit, void *context, struct error *error);

#endif
