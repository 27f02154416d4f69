/* model/session: one sequence token by token; keys and values of earlier tokens are kept. */
#include "base/memory.h"
#include "forward_private.h"
#include "num/kernels.h"

#include <inttypes.h>
#include <string.h>

#define FEED_ROWS 256U /* tokens of a prompt that pass together */

struct forward_session {
    const struct subnet *subnet;     /* borrowed */
    struct forward_scratch *scratch; /* owned */
    uint32_t context, past;
    struct layer_cache *cache; /* [layers kept], owned */
    const struct forward_observer *observer; /* borrowed, or NULL */
};

enum status forward_session_new(const struct subnet *subnet, uint32_t context,
                                struct forward_session **session, struct error *error)
{
    *session = NULL;
    struct forward_session *made = memory_new(1, sizeof *made, error);
    if (made == NULL) {
        return STATUS_MEMORY;
    }
    made->subnet = subnet;
    made->context = context;
    enum status status = forward_scratch_new(&made->scratch, error);
    if (status == STATUS_OK) {
        made->cache = memory_new(subnet->layers, sizeof *made->cache, error);
        status = made->cache == NULL ? STATUS_MEMORY : STATUS_OK;
    }
    for (uint32_t l = 0; l < subnet->layers && status == STATUS_OK; l++) {
        size_t row = subnet->layer[l].k.rows;
        made->cache[l].k = memory_new(context, row * sizeof(float), error);
        made->cache[l].v =
            made->cache[l].k == NULL ? NULL : memory_new(context, row * sizeof(float), error);
        status = made->cache[l].v == NULL ? STATUS_MEMORY : STATUS_OK;
    }
    if (status != STATUS_OK) {
        forward_session_free(made);
        return status;
    }
    *session = made;
    return STATUS_OK;
}

void forward_session_free(struct forward_session *session)
{
    if (session == NULL) {
        return;
    }
    for (uint32_t l = 0; session->cache != NULL && l < session->subnet->layers; l++) {
        memory_free(session->cache[l].k);
        memory_free(session->cache[l].v);
    }
    memory_free(session->cache);
    forward_scratch_free(session->scratch);
    memory_free(session);
}

static enum status feed_some(struct forward_session *session, const int32_t *token, uint32_t count,
                             struct error *error)
{
    struct forward_scratch *scratch = session->scratch;
    const struct subnet *subnet = session->subnet;
    size_t hidden = supernet_shape(subnet->supernet)->hidden;
    struct layers_input input = {
        .plan = &scratch->plan, .rows = count, .observer = session->observer};
    enum status status;
    if ((status = attention_plan_past(&scratch->plan, session->past, count, error)) ||
        (status = layers_reserve(subnet, scratch, &input, error)) ||
        (status = floats_reserve(&scratch->x, count * hidden, error)) ||
        (status = memory_reserve(&scratch->position, &scratch->position_capacity, count,
                                 sizeof *scratch->position, error)) ||
        (status = layers_rope(subnet, scratch, session->past, count, error)) ||
        (status = subnet_embed(subnet, token, count, scratch->x.data, error))) {
        return status;
    }
    for (uint32_t i = 0; i < count; i++) {
        scratch->position[i] = i;
    }
    input.x = scratch->x.data;
    input.position = scratch->position;
    layers_tell(session->observer, 0, FORWARD_ENDS);
    for (uint32_t l = 0; l < subnet->layers && status == STATUS_OK; l++) {
        session->cache[l].past = session->past;
        input.cache = &session->cache[l];
        status = layers_run(subnet, scratch, l, &input, error);
    }
    session->past += status == STATUS_OK ? count : 0;
    return status;
}

enum status forward_session_feed(struct forward_session *session, const int32_t *token,
                                 uint32_t count, float *logits, struct error *error)
{
    const struct subnet *subnet = session->subnet;
    if (count == 0 || count > session->context - session->past) {
        return error_set(error, STATUS_INVALID,
                         "%" PRIu32 " tokens to feed, the context of %" PRIu32
                         " has room for %" PRIu32,
                         count, session->context, session->context - session->past);
    }
    enum status status =
        forward_check_tokens(supernet_shape(subnet->supernet)->vocabulary, token, count, error);
    uint32_t some = 0;
    for (uint32_t first = 0; first < count && status == STATUS_OK; first += some) {
        some = count - first < FEED_ROWS ? count - first : FEED_ROWS;
        status = feed_some(session, token + first, some, error);
    }
    if (status != STATUS_OK) {
        return status;
    }
    const struct model_config *config = supernet_config(subnet->supernet);
    size_t hidden = config->shape.hidden;
    const float *last = session->scratch->x.data + (some - 1) * hidden;
    float *normed = session->scratch->normed.data;
    kernel_rms_norm(normed, last, subnet->output_norm, hidden, config->rms_epsilon);
    struct subnet_held head;
    layers_tell(session->observer, subnet->layers, FORWARD_ENDS);
    status = subnet_hold(subnet, subnet->layers, &head, error);
    if (status == STATUS_OK) {
        layers_tell(session->observer, subnet->layers, FORWARD_HELD);
        status = layers_product(session->scratch, &head.output, 0, head.output.rows, 1, normed,
                                0.0F, logits, head.output.rows, error);
        layers_tell(session->observer, subnet->layers, FORWARD_ENDS);
        subnet_drop(subnet, &head);
    }
    return status;
}

void forward_session_rewind(struct forward_session *session, uint32_t tokens)
{
    session->past = tokens < session->past ? tokens : session->past;
}

void forward_session_observe(struct forward_session *session,
                             const struct forward_observer *observer)
{
    session->observer = observer;
}
