/* In words: which tensors of a plan have another type than they were wanted in. */
#include "arch/plan.h"

#include <string.h>

static bool whole_blocks(const struct plan_tensor *tensor)
{
    return weight_type_row_bytes(tensor->wanted, tensor->columns) > 0;
}

static bool alike(const struct plan_tensor *a, const struct plan_tensor *b)
{
    return a->role == b->role && a->type == b->type && a->wanted == b->wanted &&
           whole_blocks(a) == whole_blocks(b);
}

/* "0-3,7": the layers of the tensors like this one, from it on. */
static enum status append_layers(const struct arch_plan *plan, size_t first, struct buf *text,
                                 struct error *error)
{
    const struct plan_tensor *like = &plan->tensor[first];
    enum status status = buf_printf(text, error, "%u", like->layer);
    uint32_t begin = like->layer, last = begin;
    for (size_t i = first + 1; i <= plan->tensors && status == STATUS_OK; i++) {
        const struct plan_tensor *tensor = i < plan->tensors ? &plan->tensor[i] : NULL;
        if (tensor != NULL && !alike(tensor, like))
            continue;
        if (tensor != NULL && tensor->layer == last + 1) {
            last++;
            continue;
        }
        if (last > begin)
            status = buf_printf(text, error, last == begin + 1 ? ",%u" : "-%u", last);
        if (tensor != NULL && status == STATUS_OK)
            status = buf_printf(text, error, ",%u", begin = last = tensor->layer);
    }
    return status;
}

static enum status append_name(const struct arch_plan *plan, size_t first, struct buf *text,
                               struct error *error)
{
    const char *pattern = role_table[plan->tensor[first].role].name, *rest = strchr(pattern, '%');
    if (rest == NULL)
        return buf_printf(text, error, "%s", pattern);
    enum status status = buf_append(text, pattern, (size_t)(rest - pattern), error);
    if (status == STATUS_OK)
        status = append_layers(plan, first, text, error);
    return status == STATUS_OK ? buf_printf(text, error, "%s", rest + strlen("%u")) : status;
}

enum status arch_plan_fallback_text(const struct arch_plan *plan, struct buf *text,
                                    struct error *error)
{
    enum status status = STATUS_OK;
    const char *between = "";
    for (size_t i = 0; i < plan->tensors && status == STATUS_OK; i++) {
        const struct plan_tensor *tensor = &plan->tensor[i];
        bool told = tensor->type == tensor->wanted;
        for (size_t before = 0; before < i && !told; before++)
            told = alike(&plan->tensor[before], tensor);
        if (told)
            continue;
        if ((status = buf_printf(text, error, "%s", between)) != STATUS_OK ||
            (status = append_name(plan, i, text, error)) != STATUS_OK ||
            (status = buf_printf(text, error, " as %s ", weight_type_name(tensor->type))) !=
                STATUS_OK)
            break;
        status = buf_printf(text, error,
                            whole_blocks(tensor) ? "(%s can be read, not written)"
                                                 : "(rows are no whole blocks of %s)",
                            weight_type_name(tensor->wanted));
        between = "; ";
    }
    return status;
}
