/* Costs of a code in closed form, without a file and without allocation: parameters, multiply-
 * accumulates, and the exact size of the written file (GGUF v3: header, pairs, tensor infos and
 * data, each tensor padded to the alignment). */
#include "rule_private.h"

#include <string.h>

static const uint64_t header_bytes = 4 + 4 + 8 + 8; /* magic, version, two counts */
static const size_t architecture_length = 4;        /* "llama" is one longer than "deci" */

uint64_t arch_params(const struct arch_shape *shape, const struct arch_code *code)
{
    uint64_t params = 0, columns, rows;
    for (size_t i = 0; i < shape->tensors; i++) {
        const struct arch_tensor *tensor = &shape->tensor[i];
        /* Rope factors are constants of the position code, in no published count. */
        if (tensor->role != ROLE_ROPE_FREQS &&
            rule_kept_size(shape, tensor, code->text[tensor->layer], &columns, &rows))
            params += columns * rows;
    }
    return params;
}

uint64_t arch_macs(const struct arch_shape *shape, const struct arch_code *code)
{
    uint64_t macs = 0, columns, rows;
    for (size_t i = 0; i < shape->tensors; i++) {
        const struct arch_tensor *tensor = &shape->tensor[i];
        const bool product = role_table[tensor->role].matrix &&
                             (tensor->role != ROLE_TOKEN_EMBD || shape->tied_output);
        if (product && rule_kept_size(shape, tensor, code->text[tensor->layer], &columns, &rows))
            macs += columns * rows;
    }
    return macs;
}

struct size_sum {
    uint32_t alignment;
    const struct rule_layers *layers;
    uint64_t infos, data;
};

static uint64_t padded(uint64_t bytes, uint32_t alignment)
{
    return (bytes + alignment - 1) / alignment * alignment;
}

static enum status add_tensor(void *context, const struct plan_tensor *tensor,
                              enum weight_type wanted, struct error *error)
{
    struct size_sum *sum = context;
    const struct role_info *role = &role_table[tensor->role];
    size_t name = role->name_length;

    (void)wanted, (void)error;
    if (role->in_layer)
        name = name - strlen("%u") + (tensor->layer < 10 ? 1 : tensor->layer < 100 ? 2 : 3);
    /* length, name, dimension count, sizes, type, offset */
    sum->infos += 8 + name + 4 + 8ull * tensor->dimensions + 4 + 8;
    struct plan_tensor out = *tensor;
    rule_pad(sum->layers, &out);
    sum->data += padded(weight_type_row_bytes(out.type, out.columns + out.pad_columns) *
                            (out.rows + out.pad_rows),
                        sum->alignment);
    return STATUS_OK;
}

static uint64_t bytes_of(const struct arch_shape *shape, const struct arch_code *code,
                         const struct weight_options *options, bool pad)
{
    const struct arch_metadata_cost *metadata = &shape->metadata;
    struct rule_layers layers;
    struct size_sum sum = {.alignment = metadata->alignment > 0 ? metadata->alignment : 32,
                           .layers = &layers};

    rule_layers(shape, code, options, pad, &layers);
    rule_visit(shape, code, options, &layers, add_tensor, &sum, NULL);
    uint64_t head = header_bytes + metadata->fixed_bytes + sum.infos;
    head += metadata->prefixed_pairs * (architecture_length + !layers.deci);
    head += strlen(code->text) - shape->layers; /* paretop.code: the layers' types */
    head += layers.kept;                        /* paretop.neurons_sorted: a byte a layer */
    /* deci: feed_forward_length, head_count and head_count_kv are INT32 arrays (element type,
     * count, values) in the place of one u32 each. */
    if (layers.deci)
        head += 3ull * (4 + 8 + 4ull * layers.kept - 4);
    return padded(head, sum.alignment) + sum.data;
}

uint64_t arch_bytes(const struct arch_shape *shape, const struct arch_code *code,
                    const struct weight_options *options)
{
    return bytes_of(shape, code, options, false);
}

uint64_t arch_bytes_padded(const struct arch_shape *shape, const struct arch_code *code,
                           const struct weight_options *options)
{
    return bytes_of(shape, code, options, true);
}
