/* The known pruning methods as chains of codes. A method sees the model's shape, the run's order of
 * layers, and the loss of a code on calibration text; it knows no run and no task. */
#ifndef ENGINE_BASELINE_CHAINS_H
#define ENGINE_BASELINE_CHAINS_H

#include "arch/code.h"
#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct baseline_world {
    const struct arch_shape *shape;
    const uint32_t *layer; /* [layers], least block influence first */
    /* loss[count] of the codes, any order of magnitude; NaN counts as the worst. */
    enum status (*losses)(void *context, const struct arch_code *codes, size_t count, double *loss,
                          struct error *error);
    void *context;
};

/* The largest network of the method's chain with at most `most` parameters; *found false: its chain
 * ends above that. */
typedef enum status baseline_chain(const struct baseline_world *world, uint64_t most,
                                   struct arch_code *code, bool *found, struct error *error);

struct baseline_method {
    const char *name, *summary;
    bool magnitude; /* neurons in the order of model_order_by_magnitude, not in the run's */
    bool losses;    /* asks for losses */
    baseline_chain *chain;
};
extern const struct baseline_method baseline_table[]; /* NULL-ended */

/* Losses that the method asks for at most on the way down to `most` parameters, from the shape
 * alone; for an estimate. */
uint64_t baseline_losses(const struct baseline_method *method, const struct arch_shape *shape,
                         uint64_t most);

#endif
