/* support/passes: see the header. A prefix's keys and values are there until the next prefix. */
#include "passes.h"

#include "base/memory.h"

struct keys { /* of one prefix, in each kept layer */
    float **layer;
    uint32_t layers;
};

static void keys_release(struct keys *keys)
{
    for (uint32_t l = 0; keys->layer != NULL && l < keys->layers; l++)
        memory_free(keys->layer[l]);
    memory_free(keys->layer);
    *keys = (struct keys){0};
}

static enum status keys_init(struct keys *keys, const struct subnet *subnet, uint32_t tokens,
                             struct error *error)
{
    enum status status = STATUS_OK;
    *keys = (struct keys){memory_new(subnet->layers, sizeof *keys->layer, error), subnet->layers};
    if (keys->layer == NULL)
        return STATUS_MEMORY;
    for (uint32_t l = 0; status == STATUS_OK && l < keys->layers; l++) {
        keys->layer[l] = memory_new(tokens, forward_keep_floats(subnet, l) * sizeof(float), error);
        status = keys->layer[l] == NULL ? STATUS_MEMORY : STATUS_OK;
    }
    return status;
}

struct pass {
    struct forward_plan *plan;
    float *x;
};

static void pass_release(struct pass *pass)
{
    forward_plan_free(pass->plan);
    memory_free(pass->x);
}

/* Ready for the first layer; release it in any case. */
static enum status pass_init(struct pass *pass, const struct subnet *subnet,
                             const struct forward_batch *batch, struct error *error)
{
    const struct arch_shape *shape = supernet_shape(subnet->supernet);
    *pass = (struct pass){
        .x = memory_new((size_t)batch->tokens * shape->hidden, sizeof *pass->x, error)};
    if (pass->x == NULL)
        return STATUS_MEMORY;
    enum status status = forward_plan_new(batch, shape->vocabulary, &pass->plan, error);
    return status == STATUS_OK ? forward_begin(subnet, pass->plan, pass->x, error) : status;
}

/* `known` and `keep` have no layers when the batch has no prefix, or is none. */
static enum status run_batch(const struct subnet *subnet, struct forward_scratch *scratch,
                             const struct forward_batch *batch, const struct keys *known,
                             const struct keys *keep, float *loglik, struct error *error)
{
    struct pass pass;
    enum status status = pass_init(&pass, subnet, batch, error);
    for (uint32_t l = 0; status == STATUS_OK && l < subnet->layers; l++)
        status = forward_layer(subnet, scratch, pass.plan, l, pass.x,
                               known->layers > 0 ? known->layer[l] : NULL,
                               keep->layers > 0 ? keep->layer[l] : NULL, error);
    if (status == STATUS_OK && batch->targets > 0)
        status = forward_end(subnet, scratch, pass.plan, pass.x, loglik, error);
    pass_release(&pass);
    return status;
}

enum status prepared_task_run(const struct prepared_task *prepared, const struct subnet *subnet,
                              struct forward_scratch *scratch, struct choice_result *results,
                              struct error *error)
{
    const struct keys none = {0};
    struct keys keys = {0};
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < prepared_task_shards(prepared); i++) {
        struct forward_batch batch;
        int32_t prefix;
        prepared_task_shard(prepared, i, &batch, &prefix);
        float *loglik = memory_new(batch.targets, sizeof *loglik, error);
        status = loglik == NULL ? STATUS_MEMORY : STATUS_OK;
        if (status == STATUS_OK && batch.targets == 0) {
            keys_release(&keys);
            status = keys_init(&keys, subnet, batch.tokens, error);
        }
        if (status == STATUS_OK)
            status = run_batch(subnet, scratch, &batch, prefix >= 0 ? &keys : &none,
                               batch.targets == 0 ? &keys : &none, loglik, error);
        if (status == STATUS_OK)
            prepared_task_take(prepared, i, loglik, results);
        memory_free(loglik);
    }
    keys_release(&keys);
    return status;
}

enum status prepared_text_run(const struct prepared_text *prepared, const struct subnet *subnet,
                              struct forward_scratch *scratch, double *nll, struct error *error)
{
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < prepared_text_shards(prepared); i++) {
        struct forward_batch batch;
        prepared_text_shard(prepared, i, &batch);
        float *loglik = memory_new(batch.targets, sizeof *loglik, error);
        status =
            loglik == NULL ? STATUS_MEMORY : forward_score(subnet, scratch, &batch, loglik, error);
        if (status == STATUS_OK)
            prepared_text_take(prepared, i, loglik, nll);
        memory_free(loglik);
    }
    return status;
}

enum status forward_observe(const struct subnet *subnet, struct forward_scratch *scratch,
                            const struct forward_batch *batch,
                            const struct forward_observer *observer, struct error *error)
{
    struct pass pass;
    enum status status = pass_init(&pass, subnet, batch, error);
    for (uint32_t l = 0; status == STATUS_OK && l < subnet->layers; l++)
        status = forward_layer_observed(subnet, scratch, pass.plan, l, pass.x, observer, error);
    pass_release(&pass);
    return status;
}
