/* Weight types of a model, summed. */
#include "cli/type_sums.h"

uint64_t tensor_bytes(const struct arch_tensor *tensor)
{
    return weight_type_row_bytes(tensor->type, tensor->columns) * tensor->rows;
}

struct type_sums type_sums_of(const struct arch_shape *shape)
{
    struct type_sums sums = {0};
    for (size_t i = 0; i < shape->tensors; i++) {
        struct type_sum *sum = &sums.type[(unsigned)shape->tensor[i].type % 64];
        sum->tensors++;
        sum->bytes += tensor_bytes(&shape->tensor[i]);
    }
    return sums;
}
