/* model/supernet: the loaded model: its file, its neuron order, the memory for its weights. */
#include "supernet_private.h"

#include "base/memory.h"
#include "model/source.h"

#include <inttypes.h>
#include <string.h>

const struct model_config *supernet_config(const struct supernet *supernet)
{
    return &supernet->config;
}

const struct arch_shape *supernet_shape(const struct supernet *supernet)
{
    return &supernet->config.shape;
}

void supernet_set_memory(struct supernet *supernet, uint64_t bytes)
{
    mutex_lock(supernet->lock);
    supernet->memory = bytes;
    mutex_unlock(supernet->lock);
}

uint64_t supernet_decoded(const struct supernet *supernet)
{
    mutex_lock(supernet->lock);
    uint64_t bytes = supernet->decoded;
    mutex_unlock(supernet->lock);
    return bytes;
}

const struct gguf *supernet_gguf(const struct supernet *supernet)
{
    return supernet->gguf;
}

const struct gguf_tensor *supernet_tensor(const struct supernet *supernet, enum tensor_role role,
                                          uint32_t layer)
{
    uint32_t place = supernet->place[layer][role];
    return place == 0 ? NULL : gguf_tensor_at(supernet->gguf, place - 1);
}

/* paretop.neurons_sorted: an array of block_count booleans. */
static enum status read_sorted(struct supernet *supernet, struct error *error)
{
    const struct gguf_pair *pair = gguf_find(supernet->gguf, "paretop.neurons_sorted");
    if (pair == NULL) {
        return STATUS_OK;
    }
    if (pair->type != GGUF_ARRAY || pair->element != GGUF_BOOL ||
        pair->count != supernet->config.shape.layers) {
        return error_set(error, STATUS_INVALID,
                         "%s: paretop.neurons_sorted: expected %" PRIu32 " booleans",
                         gguf_path(supernet->gguf), supernet->config.shape.layers);
    }
    for (uint32_t l = 0; l < supernet->config.shape.layers; l++) {
        supernet->sorted_file[l] = gguf_number_at(pair, l) != 0.0;
    }
    return STATUS_OK;
}

static enum status supernet_tables(struct supernet *supernet, struct error *error)
{
    const struct arch_shape *shape = &supernet->config.shape;
    enum status status = mutex_new(&supernet->lock, error);
    if (status != STATUS_OK) {
        return status;
    }
    supernet->memory = UINT64_MAX;
    supernet->place = memory_new(shape->layers, sizeof *supernet->place, error);
    supernet->pieces = memory_new(shape->layers, sizeof *supernet->pieces, error);
    if (supernet->place == NULL || supernet->pieces == NULL) {
        return STATUS_MEMORY;
    }
    for (size_t i = 0; i < shape->tensors; i++) {
        supernet->place[shape->tensor[i].layer][shape->tensor[i].role] = (uint32_t)(i + 1);
    }
    return read_sorted(supernet, error);
}

enum status supernet_open(const char *path, struct supernet **supernet, struct error *error)
{
    *supernet = NULL;
    struct supernet *made = memory_new(1, sizeof *made, error);
    if (made == NULL) {
        return STATUS_MEMORY;
    }
    enum status status;
    if ((status = model_source_open(path, &made->gguf, error)) ||
        (status = model_config_read(made->gguf, &made->config, error)) ||
        (status = supernet_tables(made, error))) {
        supernet_close(made);
        return status;
    }
    *supernet = made;
    return STATUS_OK;
}

void supernet_close(struct supernet *supernet)
{
    if (supernet == NULL) {
        return;
    }
    pieces_release(supernet);
    model_order_release(&supernet->order);
    model_config_release(&supernet->config);
    memory_free(supernet->place);
    mutex_free(supernet->lock);
    gguf_close(supernet->gguf);
    memory_free(supernet);
}

/* A neuron order must be a permutation of the layer's own neurons. */
static enum status check_order(const struct supernet *supernet, const struct model_order *order,
                               struct error *error)
{
    const struct arch_shape *shape = &supernet->config.shape;
    if (order->layers != shape->layers) {
        return error_set(error, STATUS_INVALID,
                         "the neuron order has %" PRIu32 " layers, the model %" PRIu32,
                         order->layers, shape->layers);
    }
    for (uint32_t l = 0; l < shape->layers; l++) {
        if (order->neuron != NULL && order->neuron[l] != NULL &&
            order->width[l] != shape->layer[l].intermediate) {
            return error_set(error, STATUS_INVALID,
                             "the neuron order of layer %" PRIu32 " has %" PRIu32
                             " neurons, the model %" PRIu32,
                             l, order->width[l], shape->layer[l].intermediate);
        }
    }
    return STATUS_OK;
}

static enum status copy_layer(struct model_order *copy, const struct model_order *order, uint32_t l,
                              struct error *error)
{
    uint32_t width = order->width[l];
    bool *seen = memory_new(width, sizeof *seen, error);
    copy->neuron[l] = memory_new(width, sizeof *copy->neuron[l], error);
    enum status status = seen == NULL || copy->neuron[l] == NULL ? STATUS_MEMORY : STATUS_OK;
    copy->width[l] = width;
    for (uint32_t i = 0; i < width && status == STATUS_OK; i++) {
        uint32_t neuron = order->neuron[l][i];
        if (neuron >= width || seen[neuron]) {
            status = error_set(error, STATUS_INVALID,
                               "the neuron order of layer %" PRIu32
                               " is no permutation: position %" PRIu32 " holds %" PRIu32,
                               l, i, neuron);
        } else {
            seen[neuron] = true;
            copy->neuron[l][i] = neuron;
        }
    }
    memory_free(seen);
    return status;
}

/* Means are numbers of the layer's own neurons. */
static enum status copy_means(struct model_order *copy, const struct model_order *order, uint32_t l,
                              struct error *error)
{
    uint32_t width = order->width[l];
    copy->mean[l] = memory_new(width, sizeof *copy->mean[l], error);
    if (copy->mean[l] == NULL) {
        return STATUS_MEMORY;
    }
    memcpy(copy->mean[l], order->mean[l], width * sizeof *copy->mean[l]);
    return STATUS_OK;
}

enum status supernet_set_order(struct supernet *supernet, const struct model_order *order,
                               struct error *error)
{
    struct model_order copy = {.layers = supernet->config.shape.layers};
    enum status status = STATUS_OK;
    if (order != NULL) {
        if ((status = check_order(supernet, order, error)) != STATUS_OK) {
            return status;
        }
        copy.width = memory_new(copy.layers, sizeof *copy.width, error);
        copy.neuron = memory_new(copy.layers, sizeof(uint32_t *), error);
        copy.mean = memory_new(copy.layers, sizeof(float *), error);
        status = copy.width == NULL || copy.neuron == NULL || copy.mean == NULL ? STATUS_MEMORY
                                                                                : STATUS_OK;
        for (uint32_t l = 0; l < copy.layers && status == STATUS_OK && order->neuron != NULL; l++) {
            if (order->neuron[l] != NULL) {
                status = copy_layer(&copy, order, l, error);
                if (status == STATUS_OK && order->mean != NULL && order->mean[l] != NULL) {
                    status = copy_means(&copy, order, l, error);
                }
            }
        }
    }
    mutex_lock(supernet->lock);
    if (status == STATUS_OK && supernet->any_sorted) {
        status = error_set(error, STATUS_INVALID,
                           "the neuron order cannot change after a layer has been cut");
    }
    if (status == STATUS_OK) {
        model_order_release(&supernet->order);
        supernet->order = copy;
    } else {
        model_order_release(&copy);
    }
    mutex_unlock(supernet->lock);
    return status;
}

const uint32_t *supernet_neurons(const struct supernet *supernet, uint32_t layer)
{
    if (supernet->sorted_file[layer] || supernet->order.neuron == NULL) {
        return NULL;
    }
    return supernet->order.neuron[layer];
}
