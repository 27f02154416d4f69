/* model/compensation: what the neurons that a cut MLP lacks would give on average, as a bias (An et
 * al., FLAP, AAAI 2024, arXiv 2312.11983): b = sum over j not kept of E[h_j] * down[:, j]. */
#include "supernet_private.h"

#include "base/memory.h"
#include "num/quant.h"

#include <inttypes.h>
#include <string.h>

const float *supernet_means(const struct supernet *supernet, uint32_t layer)
{
    return supernet->order.mean == NULL ? NULL : supernet->order.mean[layer];
}

/* missing[whole]: the means of the neurons not kept, 0 of those kept. */
static void choose_means(const struct supernet *supernet, uint32_t layer, uint32_t width,
                         uint32_t whole, float *missing)
{
    const uint32_t *neuron = supernet_neurons(supernet, layer);
    memcpy(missing, supernet_means(supernet, layer), whole * sizeof *missing);
    for (uint32_t i = 0; i < width; i++) {
        missing[neuron == NULL ? i : neuron[i]] = 0.0F;
    }
}

enum status supernet_compensation(const struct supernet *supernet, uint32_t layer, uint32_t width,
                                  float *bias, struct error *error)
{
    const struct gguf_tensor *down = supernet_tensor(supernet, ROLE_FFN_DOWN, layer);
    const struct gguf_tensor *own = supernet_tensor(supernet, ROLE_FFN_DOWN_BIAS, layer);
    const uint32_t whole = supernet->config.shape.layer[layer].intermediate;
    if (supernet_means(supernet, layer) == NULL) {
        return error_set(error, STATUS_INVALID,
                         "bias compensation needs the mean activation of each neuron, and the "
                         "order in use has none for layer %" PRIu32,
                         layer);
    }
    float *missing = memory_new(whole, sizeof *missing, error);
    float *row = memory_new(whole, sizeof *row, error);
    enum status status = missing == NULL || row == NULL ? STATUS_MEMORY : STATUS_OK;
    if (status == STATUS_OK) {
        choose_means(supernet, layer, width, whole, missing);
    }
    for (uint64_t r = 0; r < down->size[1] && status == STATUS_OK; r++) {
        double sum = 0.0;
        quant_decode(down->type, gguf_tensor_row(down, r), row, whole);
        for (uint32_t i = 0; i < whole; i++) {
            sum += (double)row[i] * (double)missing[i];
        }
        float before = 0.0F;
        if (own != NULL) {
            memcpy(&before, (const char *)own->data + r * sizeof before, sizeof before);
        }
        bias[r] = (float)((double)before + sum);
    }
    memory_free(missing);
    memory_free(row);
    return status;
}
