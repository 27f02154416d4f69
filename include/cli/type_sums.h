/* How many tensors a model has of each weight type, and their bytes. */
#ifndef CLI_TYPE_SUMS_H
#define CLI_TYPE_SUMS_H

#include "arch/shape.h"

struct type_sum {
    size_t tensors;
    uint64_t bytes;
};
struct type_sums {
    struct type_sum type[64]; /* by weight type's id */
};

struct type_sums type_sums_of(const struct arch_shape *shape);
uint64_t tensor_bytes(const struct arch_tensor *tensor);

#endif
