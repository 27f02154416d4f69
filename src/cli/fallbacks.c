/* What commands say of matrices whose type could not be the one asked for. */
#include "cli/fallbacks.h"

#include "cli/report.h"

#include <inttypes.h>

enum status fallbacks_note(const struct options *options, const struct loaded *loaded,
                           const struct extract_result *result, struct error *error)
{
    struct arch_plan plan;
    struct buf text;
    enum status status = arch_plan_make(supernet_shape(loaded->supernet), &loaded->code,
                                        &loaded->weights, &plan, error);
    if (status != STATUS_OK)
        return status;
    buf_init(&text);
    status = arch_plan_fallback_text(&plan, &text, error);
    if (status == STATUS_OK && plan.fallbacks > 0)
        report_note(options, "%" PRIu32 " of %zu tensors in another type: %s", plan.fallbacks,
                    plan.tensors, text.data);
    if (status == STATUS_OK && result != NULL && result->beyond > 0)
        report_note(options,
                    "%" PRIu64 " numbers, the first in %s, are too large for their type, or no "
                    "numbers: written as the largest that it has, or as 0",
                    result->beyond, result->beyond_tensor);
    buf_release(&text);
    arch_plan_release(&plan);
    return status;
}

json_t *fallbacks_json(const struct loaded *loaded)
{
    struct arch_plan plan;
    json_t *list = json_array();
    if (arch_plan_make(supernet_shape(loaded->supernet), &loaded->code, &loaded->weights, &plan,
                       NULL) != STATUS_OK) {
        json_decref(list);
        return NULL;
    }
    for (size_t i = 0; i < plan.tensors; i++) {
        const struct plan_tensor *tensor = &plan.tensor[i];
        char name[64];
        role_tensor_name(tensor->role, tensor->layer, name);
        if (tensor->type != tensor->wanted)
            json_array_append_new(list, json_pack("{s:s,s:s,s:s}", "tensor", name, "wanted",
                                                  weight_type_name(tensor->wanted), "type",
                                                  weight_type_name(tensor->type)));
    }
    arch_plan_release(&plan);
    return list;
}
