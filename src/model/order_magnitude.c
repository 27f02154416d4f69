/* model/order: neurons by the magnitude of what leads to them, as some pruning methods sort them.
 */
#include "base/memory.h"
#include "model/supernet.h"
#include "order_private.h"

#include <math.h>

static enum status rank_layer(const struct subnet_layer *layer, struct model_order *order,
                              struct error *error)
{
    const struct matrix *parts[] = {&layer->gate, &layer->up};
    uint32_t width = layer->width;
    double *score = memory_new(width, sizeof *score, error);
    uint32_t *neuron = memory_new(width, sizeof *neuron, error);
    enum status status = score == NULL || neuron == NULL ? STATUS_MEMORY : STATUS_OK;
    for (int part = 0; part < 2 && status == STATUS_OK; part++)
        for (uint32_t j = 0; j < width; j++)
            for (uint32_t k = 0; k < parts[part]->columns; k++)
                score[j] += fabs((double)parts[part]->w[j * parts[part]->stride + k]);
    if (status == STATUS_OK)
        status = order_rank(score, width, neuron, error);
    memory_free(score);
    order->width[layer->source] = width;
    order->neuron[layer->source] = neuron;
    return status;
}

enum status model_order_by_magnitude(struct supernet *supernet, struct model_order *order,
                                     struct error *error)
{
    struct arch_code full;
    struct subnet *subnet = NULL;
    arch_code_full(supernet_shape(supernet), &full);
    *order = (struct model_order){.layers = supernet_shape(supernet)->layers};
    enum status status = order_allocate(order, false, false, error);
    if (status == STATUS_OK)
        status = subnet_new(supernet, &full, NULL, &subnet, error);
    for (uint32_t l = 0; status == STATUS_OK && l < subnet->layers; l++) {
        struct subnet_held held;
        status = subnet_hold(subnet, l, &held, error);
        if (status == STATUS_OK && held.layer.mlp)
            status = rank_layer(&held.layer, order, error);
        subnet_drop(subnet, &held);
    }
    subnet_free(subnet);
    if (status != STATUS_OK)
        model_order_release(order);
    return status;
}
