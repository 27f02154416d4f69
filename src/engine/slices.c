/* The slices of an evaluator's tasks and texts: stage by stage, so that those of a stage are
 * neighbours; the texts go with the first. */
#include "evaluator_private.h"

#include "base/memory.h"

#include <stdint.h>

static enum status add_slice(struct evaluator *e, const struct forward_batch *batch, size_t source,
                             size_t shard, size_t prefix, struct error *error)
{
    const struct arch_shape *shape = supernet_shape(e->options.supernet);
    struct slice *slice = &e->slice[e->slices];
    *slice = (struct slice){.batch = *batch, .source = source, .shard = shard, .prefix = prefix};
    enum status status = forward_plan_new(batch, shape->vocabulary, &slice->plan, error);
    if (status == STATUS_OK) {
        e->slices++;
        slice->floats = (size_t)forward_plan_rows(slice->plan) * shape->hidden;
        if (prefix != SIZE_MAX)
            e->slice[prefix].dependents++;
    }
    return status;
}

static enum status add_task(struct evaluator *e, size_t part, struct error *error)
{
    size_t first = e->slices;
    enum status status = STATUS_OK;
    for (size_t s = 0; status == STATUS_OK && s < prepared_task_shards(e->task[part]); s++) {
        struct forward_batch batch;
        int32_t prefix;
        prepared_task_shard(e->task[part], s, &batch, &prefix);
        status =
            add_slice(e, &batch, part, s, prefix < 0 ? SIZE_MAX : first + (size_t)prefix, error);
    }
    return status;
}

static enum status add_text(struct evaluator *e, size_t text, struct error *error)
{
    enum status status = STATUS_OK;
    for (size_t s = 0; status == STATUS_OK && s < prepared_text_shards(e->text[text]); s++) {
        struct forward_batch batch;
        prepared_text_shard(e->text[text], s, &batch);
        status = add_slice(e, &batch, e->parts + text, s, SIZE_MAX, error);
    }
    return status;
}

enum status slices_make(struct evaluator *e, struct error *error)
{
    size_t count = 0;
    enum status status = STATUS_OK;
    for (size_t i = 0; i < e->parts; i++)
        count += prepared_task_shards(e->task[i]);
    for (size_t i = 0; i < e->options.texts; i++)
        count += prepared_text_shards(e->text[i]);
    if (count == 0)
        return error_set(error, STATUS_INVALID, "there is nothing to score: no task and no text");
    e->slice = memory_new(count, sizeof *e->slice, error);
    e->stage_slice = memory_new(e->stages + 1, sizeof *e->stage_slice, error);
    if (e->slice == NULL || e->stage_slice == NULL)
        return STATUS_MEMORY;
    for (size_t s = 0; status == STATUS_OK && s < e->stages; s++) {
        for (size_t i = 0; status == STATUS_OK && i < e->options.tasks; i++)
            status = add_task(e, s * e->options.tasks + i, error);
        for (size_t i = 0; status == STATUS_OK && s == 0 && i < e->options.texts; i++)
            status = add_text(e, i, error);
        e->stage_slice[s + 1] = e->slices;
    }
    return status;
}

void slices_free(struct evaluator *e)
{
    for (size_t i = 0; i < e->slices; i++)
        forward_plan_free(e->slice[i].plan);
    memory_free(e->slice);
    memory_free(e->stage_slice);
}
