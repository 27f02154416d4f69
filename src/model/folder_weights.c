/* model.safetensors of a plan: one tensor behind the other in the plan's order, under transformers'
 * names. Invariant: what is sent has the bytes that the header tells. */
#include "folder_private.h"

#include "base/memory.h"

#include <inttypes.h>
#include <string.h>

void folder_weights_release(struct folder_weights *weights)
{
    memory_free(weights->tensor);
    buf_release(&weights->header);
    *weights = (struct folder_weights){0};
}

static const char *dtype_of(enum weight_type type)
{
    return type == WEIGHT_F32    ? "F32"
           : type == WEIGHT_F16  ? "F16"
           : type == WEIGHT_BF16 ? "BF16"
                                 : NULL;
}

static enum status add(struct folder_weights *weights, const struct plan_tensor *plan,
                       struct error *error)
{
    if (dtype_of(plan->type) == NULL)
        return error_set(error, STATUS_INVALID,
                         "%s would have the weight type %s, and a Hugging Face folder has f32, f16 "
                         "and bf16: give --type f32, f16 or bf16",
                         plan->role == ROLE_TOKEN_EMBD ? "the embedding" : "a matrix",
                         weight_type_name(plan->type));
    enum status status = memory_reserve(&weights->tensor, &weights->capacity, weights->tensors + 1,
                                        sizeof *weights->tensor, error);
    if (status != STATUS_OK)
        return status;
    struct folder_tensor *tensor = &weights->tensor[weights->tensors++];
    tensor->plan = *plan;
    tensor->bytes = weight_type_row_bytes(plan->type, plan->columns + plan->pad_columns) *
                    (plan->rows + plan->pad_rows);
    return STATUS_OK;
}

/* transformers has the biases of a part all or none. */
static const enum tensor_role attention_biases[] = {ROLE_ATTN_Q_BIAS, ROLE_ATTN_K_BIAS,
                                                    ROLE_ATTN_V_BIAS, ROLE_ATTN_OUTPUT_BIAS},
                              mlp_biases[] = {ROLE_FFN_GATE_BIAS, ROLE_FFN_UP_BIAS,
                                              ROLE_FFN_DOWN_BIAS};

static bool is_among(enum tensor_role role, const enum tensor_role *roles, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (roles[i] == role)
            return true;
    return false;
}

static uint64_t bias_length(const struct arch_shape *shape, const struct arch_plan *plan,
                            enum tensor_role role, uint32_t layer)
{
    switch (role) {
    case ROLE_ATTN_Q_BIAS:
        return (uint64_t)plan->heads[layer] * shape->head_size;
    case ROLE_ATTN_K_BIAS:
    case ROLE_ATTN_V_BIAS:
        return (uint64_t)plan->kv_heads[layer] * shape->head_size;
    case ROLE_FFN_GATE_BIAS:
    case ROLE_FFN_UP_BIAS:
        return plan->width[layer];
    default:
        return shape->hidden;
    }
}

static enum status complete(const struct arch_shape *shape, const struct arch_plan *plan,
                            const enum tensor_role *roles, size_t count,
                            struct folder_weights *weights, struct error *error)
{
    const size_t given = weights->tensors;
    for (uint32_t l = 0; l < plan->layers; l++)
        for (size_t r = 0; r < count; r++) {
            bool there = false;
            for (size_t i = 0; i < given && !there; i++)
                there =
                    weights->tensor[i].plan.role == roles[r] && weights->tensor[i].plan.layer == l;
            const struct plan_tensor zeros = {.role = roles[r],
                                              .layer = l,
                                              .dimensions = 1,
                                              .columns = bias_length(shape, plan, roles[r], l),
                                              .rows = 1,
                                              .type = WEIGHT_F32,
                                              .action = PLAN_ZERO};
            const enum status status = there ? STATUS_OK : add(weights, &zeros, error);
            if (status != STATUS_OK)
                return status;
        }
    return STATUS_OK;
}

/* The header, padded with blanks to eight bytes as the format's own writer does. */
static enum status write_header(struct folder_weights *weights, struct error *error)
{
    struct buf *out = &weights->header;
    uint64_t offset = 0, length = 0;
    enum status status = buf_append(out, &length, sizeof length, error);
    if (status == STATUS_OK)
        status = buf_printf(out, error, "{\"__metadata__\":{\"format\":\"pt\"}");
    for (size_t i = 0; status == STATUS_OK && i < weights->tensors; i++) {
        struct folder_tensor *tensor = &weights->tensor[i];
        const struct plan_tensor *plan = &tensor->plan;
        char name[128];
        hugging_face_tensor_name(plan->role, plan->layer, name);
        tensor->offset = offset;
        offset += tensor->bytes;
        status = buf_printf(out, error, ",\"%s\":{\"dtype\":\"%s\",\"shape\":[", name,
                            dtype_of(plan->type));
        if (status == STATUS_OK && role_table[plan->role].matrix)
            status = buf_printf(out, error, "%" PRIu64 ",", plan->rows + plan->pad_rows);
        if (status == STATUS_OK)
            status =
                buf_printf(out, error, "%" PRIu64 "],\"data_offsets\":[%" PRIu64 ",%" PRIu64 "]}",
                           plan->columns + plan->pad_columns, tensor->offset, offset);
    }
    if (status == STATUS_OK)
        status = buf_printf(out, error, "}");
    while (status == STATUS_OK && out->length % 8 != 0)
        status = buf_printf(out, error, " ");
    if (status != STATUS_OK)
        return status;
    length = out->length - sizeof length;
    memcpy(out->data, &length, sizeof length);
    weights->bytes = out->length + offset;
    return STATUS_OK;
}

static enum weight_type most_common(const struct folder_weights *weights)
{
    static const enum weight_type types[] = {WEIGHT_F32, WEIGHT_F16, WEIGHT_BF16};
    enum weight_type best = WEIGHT_F32;
    uint64_t most = 0;
    for (size_t t = 0; t < sizeof types / sizeof *types; t++) {
        uint64_t elements = 0;
        for (size_t i = 0; i < weights->tensors; i++)
            if (weights->tensor[i].plan.type == types[t])
                elements += weights->tensor[i].plan.columns * weights->tensor[i].plan.rows;
        if (elements > most) {
            most = elements;
            best = types[t];
        }
    }
    return best;
}

enum status folder_weights_plan(const struct arch_shape *shape, const struct arch_plan *plan,
                                struct folder_weights *weights, struct error *error)
{
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < plan->tensors; i++) {
        const struct plan_tensor *tensor = &plan->tensor[i];
        if (hugging_face_names[tensor->role] == NULL) /* rope factors: in config.json */
            continue;
        weights->attention_bias |= is_among(tensor->role, attention_biases, 4);
        weights->mlp_bias |= is_among(tensor->role, mlp_biases, 3);
        status = add(weights, tensor, error);
    }
    if (status == STATUS_OK && weights->attention_bias)
        status = complete(shape, plan, attention_biases, 4, weights, error);
    if (status == STATUS_OK && weights->mlp_bias)
        status = complete(shape, plan, mlp_biases, 3, weights, error);
    weights->type = most_common(weights);
    return status == STATUS_OK ? write_header(weights, error) : status;
}

/* ---- sending ---- */

static enum status to_folder(void *context, const void *data, uint64_t length, struct error *error)
{
    return atomic_folder_write(context, data, (size_t)length, error);
}

enum status folder_weights_send(struct supernet *supernet, const struct folder_weights *weights,
                                const struct extract_options *options, struct atomic_folder *folder,
                                struct extract_result *result, struct error *error)
{
    const uint32_t head_size = supernet_shape(supernet)->head_size;
    const struct extract_target target = {to_folder, folder};
    struct extract_room room;
    enum status status = extract_room_init(&room, options->threads, error);
    if (status == STATUS_OK)
        status = atomic_folder_write(folder, weights->header.data, weights->header.length, error);
    for (size_t i = 0; status == STATUS_OK && i < weights->tensors; i++) {
        const struct folder_tensor *tensor = &weights->tensor[i];
        const enum tensor_role role = tensor->plan.role;
        const bool rotary = role == ROLE_ATTN_Q || role == ROLE_ATTN_K ||
                            role == ROLE_ATTN_Q_BIAS || role == ROLE_ATTN_K_BIAS;
        status = extract_tensor_shaped(supernet, &tensor->plan, rotary ? head_size : 0, &target,
                                       &room, error);
        extract_count_beyond(&tensor->plan, &room, result);
        if (status == STATUS_OK && options->progress != NULL &&
            options->progress(options->context, (double)(tensor->offset + tensor->bytes) /
                                                    (double)weights->bytes) != 0)
            status = error_set(error, STATUS_CANCELLED, "extraction was stopped");
    }
    extract_room_release(&room);
    return status;
}
