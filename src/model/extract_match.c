/* Which weight options a file was extracted with, from the types of its tensors. */
#include "extract_private.h"

#include <string.h>

static const struct arch_tensor *find_tensor(const struct arch_shape *shape,
                                             const struct plan_tensor *wanted)
{
    for (size_t i = 0; i < shape->tensors; i++)
        if (shape->tensor[i].role == wanted->role && shape->tensor[i].layer == wanted->layer)
            return &shape->tensor[i];
    return NULL;
}

static bool fits(const struct arch_plan *plan, const struct arch_shape *written)
{
    if (plan->tensors != written->tensors || plan->layers != written->layers)
        return false;
    for (size_t i = 0; i < plan->tensors; i++) {
        const struct plan_tensor *tensor = &plan->tensor[i];
        const struct arch_tensor *found = find_tensor(written, tensor);
        if (found == NULL || found->type != tensor->type ||
            found->columns != tensor->columns + tensor->pad_columns ||
            found->rows != tensor->rows + tensor->pad_rows)
            return false;
    }
    return true;
}

static bool would_fit(const struct arch_shape *source, const struct arch_code *code,
                      const struct extract_match *match, const struct arch_shape *written)
{
    struct arch_plan plan;
    enum status status = match->pad
                             ? arch_plan_make_padded(source, code, &match->weights, &plan, NULL)
                             : arch_plan_make(source, code, &match->weights, &plan, NULL);
    if (status != STATUS_OK)
        return false;
    bool fit = fits(&plan, written);
    arch_plan_release(&plan);
    return fit;
}

/* source, then the types that can be written. */
static enum weight_type type_at(size_t index, bool *end)
{
    for (const struct weight_type_info *row = weight_types; index > 0 && row->name != NULL; row++)
        if (row->encodable && --index == 0)
            return row->type;
    *end = index > 0;
    return WEIGHT_SOURCE;
}

size_t extract_matches(const struct arch_shape *source, const struct arch_code *code,
                       const struct arch_shape *written, struct extract_match *match, size_t most)
{
    size_t count = 0;
    for (int way = 0; count == 0 && way < 4; way++) {
        bool end_of_types = false;
        for (size_t t = 0; !end_of_types; t++) {
            enum weight_type type = type_at(t, &end_of_types);
            bool end = end_of_types;
            for (size_t h = 0; !end; h++) {
                enum weight_type head = type_at(h, &end);
                struct extract_match tried = {{type, head, (way & 1) != 0}, (way & 2) != 0};
                if (end || (h > 0 && head == type)) /* as without a head of its own */
                    continue;
                if (count < most && would_fit(source, code, &tried, written))
                    match[count++] = tried;
            }
        }
    }
    return count;
}
