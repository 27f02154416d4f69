/* The plan of a written file: the rules' tensors as a list. */
#include "arch/plan.h"

#include "base/memory.h"
#include "rule_private.h"

#include <string.h>

struct plan_list {
    struct arch_plan *plan;
    const struct rule_layers *layers;
    size_t capacity;
};

static enum status list_tensor(void *context, const struct plan_tensor *tensor,
                               enum weight_type wanted, struct error *error)
{
    struct plan_list *list = context;
    struct arch_plan *plan = list->plan;
    const enum status status = memory_reserve(&plan->tensor, &list->capacity, plan->tensors + 1,
                                              sizeof *plan->tensor, error);
    if (status != STATUS_OK)
        return status;
    plan->tensor[plan->tensors] = *tensor;
    plan->tensor[plan->tensors].wanted = wanted;
    rule_pad(list->layers, &plan->tensor[plan->tensors++]);
    plan->fallbacks += tensor->type != wanted;
    return STATUS_OK;
}

static enum status check_type(enum weight_type type, const char *what, struct error *error)
{
    const struct weight_type_info *info = weight_type_by_id((uint32_t)type);
    if (type == WEIGHT_SOURCE || (info != NULL && info->encodable))
        return STATUS_OK;
    return error_set(error, STATUS_INVALID, "%s: weight type %s can be read but not written", what,
                     info != NULL ? info->name : "(unknown)");
}

static enum status make(const struct arch_shape *shape, const struct arch_code *code,
                        const struct weight_options *options, bool pad, struct arch_plan *plan,
                        struct error *error)
{
    struct rule_layers layers;
    struct plan_list list = {.plan = plan, .layers = &layers};
    enum status status = STATUS_OK;

    memset(plan, 0, sizeof *plan);
    if (options != NULL) {
        status = check_type(options->type, "--type", error);
        if (status == STATUS_OK)
            status = check_type(options->head, "--head", error);
        if (status != STATUS_OK)
            return status;
    }
    if (arch_code_layers(code) != shape->layers)
        return error_set(error, STATUS_INVALID, "architecture code of %zu characters for %u layers",
                         arch_code_layers(code), shape->layers);
    rule_layers(shape, code, options, pad, &layers);
    if (layers.kept == 0)
        return error_set(error, STATUS_INVALID, "architecture code: all layers are dropped");
    if ((layers.zero_attention || layers.pad) && shape->heads == 0)
        return error_set(error, STATUS_INVALID,
                         "no layer of the source has attention: such a file cannot be written");
    if (layers.pad && layers.deci)
        return error_set(error, STATUS_INVALID,
                         "--pad: the layers have different numbers of heads, which zeros do not "
                         "make equal");
    plan->code = *code;
    plan->deci = layers.deci;
    plan->layers = layers.kept;
    for (uint32_t i = 0; i < layers.kept; i++) {
        plan->source_layer[i] = layers.source_layer[i];
        rule_layer_sizes(shape, code, &layers, i, &plan->width[i], &plan->heads[i],
                         &plan->kv_heads[i]);
    }
    status = rule_visit(shape, code, options, &layers, list_tensor, &list, error);
    if (status != STATUS_OK)
        arch_plan_release(plan);
    return status;
}

enum status arch_plan_make(const struct arch_shape *shape, const struct arch_code *code,
                           const struct weight_options *options, struct arch_plan *plan,
                           struct error *error)
{
    return make(shape, code, options, false, plan, error);
}

enum status arch_plan_make_padded(const struct arch_shape *shape, const struct arch_code *code,
                                  const struct weight_options *options, struct arch_plan *plan,
                                  struct error *error)
{
    return make(shape, code, options, true, plan, error);
}

void arch_plan_release(struct arch_plan *plan)
{
    memory_free(plan->tensor);
    *plan = (struct arch_plan){0};
}
