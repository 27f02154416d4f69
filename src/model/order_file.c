/* model/order_file: importance orders as files. order.bin, all little-endian:
 *   8 bytes "PTORDER\0", u32 version 1, u32 layers, u32 flags (1: influence and drop order;
 *   2: shares beyond widths; 4: means),
 *   64 + 64 bytes SHA-256 (hexadecimal, zeros when unknown), u32 width[layers] (0: no order),
 *   u32 neuron[layer][width] one after the other, then f32 influence[layers], u32 layer[layers],
 *   then f32 beyond[layers][8], then f32 mean[layer][width] of the layers that have neurons.
 * Reading is strict: lengths must agree to the byte, every list must be a permutation. */
#include "base/buf.h"
#include "base/memory.h"
#include "base/quantity.h"
#include "io/atomic_file.h"
#include "io/csv.h"
#include "model/supernet.h"
#include "order_private.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#define ORDER_MAGIC "PTORDER"
#define ORDER_VERSION 1U
#define ORDER_HAS_LAYERS 1U
#define ORDER_HAS_SHARES 2U
#define ORDER_HAS_MEANS 4U
#define ORDER_MOST_LAYERS 65536U

enum status order_allocate(struct model_order *order, bool layers, bool shares, struct error *error)
{
    order->width = memory_new(order->layers, sizeof *order->width, error);
    order->neuron = memory_new(order->layers, sizeof(uint32_t *), error);
    order->mean = memory_new(order->layers, sizeof(float *), error);
    bool made = order->width != NULL && order->neuron != NULL && order->mean != NULL;
    if (layers && made) {
        order->influence = memory_new(order->layers, sizeof *order->influence, error);
        order->layer = memory_new(order->layers, sizeof *order->layer, error);
        made = order->influence != NULL && order->layer != NULL;
    }
    if (shares && made) {
        order->beyond = memory_new(order->layers, SHARES * sizeof *order->beyond, error);
        made = order->beyond != NULL;
    }
    return made ? STATUS_OK : STATUS_MEMORY;
}

void model_order_release(struct model_order *order)
{
    for (uint32_t l = 0; order->neuron != NULL && l < order->layers; l++) {
        memory_free(order->neuron[l]);
    }
    for (uint32_t l = 0; order->mean != NULL && l < order->layers; l++) {
        memory_free(order->mean[l]);
    }
    memory_free(order->mean);
    memory_free(order->neuron);
    memory_free(order->width);
    memory_free(order->influence);
    memory_free(order->beyond);
    memory_free(order->layer);
    *order = (struct model_order){0};
}

/* STATUS_INVALID unless values[count] is a permutation of 0..count-1. */
static enum status check_permutation(const char *path, const char *what, size_t line,
                                     const uint32_t *values, uint32_t count, struct error *error)
{
    bool *seen = memory_new(count, sizeof *seen, error);
    if (seen == NULL) {
        return STATUS_MEMORY;
    }
    enum status status = STATUS_OK;
    for (uint32_t i = 0; i < count && status == STATUS_OK; i++) {
        if (values[i] >= count || seen[values[i]]) {
            status = error_set(error, STATUS_INVALID,
                               "%s: %s %zu is no permutation of 0 to %" PRIu32 ": %" PRIu32 " %s",
                               path, what, line, count - 1, values[i],
                               values[i] >= count ? "is out of range" : "occurs twice");
        } else {
            seen[values[i]] = true;
        }
    }
    memory_free(seen);
    return status;
}

/* ---- CSV ---- */

static enum status read_csv_row(const char *path, const struct csv_row *row, uint32_t width,
                                uint32_t *neuron, struct error *error)
{
    for (uint32_t i = 0; i < width; i++) {
        int64_t value;
        struct error own = {0};
        if (integer_parse("neuron", row->field[i], 0, (int64_t)width - 1, &value, &own) !=
            STATUS_OK) {
            return error_set(error, own.status, "%s: line %zu, field %" PRIu32 ": %.300s", path,
                             row->line, i + 1, own.message);
        }
        neuron[i] = (uint32_t)value;
    }
    return check_permutation(path, "line", row->line, neuron, width, error);
}

static enum status read_csv_table(const char *path, const struct csv_table *table,
                                  const struct supernet *supernet, struct model_order *order,
                                  struct error *error)
{
    const struct arch_shape *shape = supernet_shape(supernet);
    if (table->rows != shape->layers) {
        return error_set(error, STATUS_INVALID,
                         "%s: expected a line for each of %" PRIu32 " layers, found %zu", path,
                         shape->layers, table->rows);
    }
    enum status status = order_allocate(order, false, false, error);
    for (uint32_t l = 0; l < shape->layers && status == STATUS_OK; l++) {
        const struct csv_row *row = &table->row[l];
        uint32_t width = shape->layer[l].intermediate;
        if (width == 0) {
            continue;
        }
        if (row->fields != width) {
            return error_set(error, STATUS_INVALID,
                             "%s: line %zu has %zu neurons, layer %" PRIu32 " has %" PRIu32, path,
                             row->line, row->fields, l, width);
        }
        order->width[l] = width;
        order->neuron[l] = memory_new(width, sizeof(uint32_t), error);
        status = order->neuron[l] == NULL ? STATUS_MEMORY
                                          : read_csv_row(path, row, width, order->neuron[l], error);
    }
    return status;
}

enum status model_order_read_csv(const char *path, const struct supernet *supernet,
                                 struct model_order *order, struct error *error)
{
    struct csv_table table;
    *order = (struct model_order){.layers = supernet_shape(supernet)->layers};
    enum status status = csv_read_file(path, &table, error);
    if (status != STATUS_OK) {
        return status;
    }
    status = read_csv_table(path, &table, supernet, order, error);
    if (status != STATUS_OK) {
        model_order_release(order);
    }
    csv_release(&table);
    return status;
}

/* ---- order.bin ---- */

/* The bytes of a file being taken apart. */
struct taking {
    const char *path, *data;
    size_t length, at;
    struct error *error;
};

static enum status take(struct taking *t, void *to, size_t length)
{
    if (length > t->length - t->at) {
        return error_set(t->error, STATUS_INVALID,
                         "%s: ends at byte %zu, expected %zu more bytes at %zu", t->path, t->length,
                         length, t->at);
    }
    if (length > 0) {
        memcpy(to, t->data + t->at, length);
    }
    t->at += length;
    return STATUS_OK;
}

static enum status take_head(struct taking *t, struct model_order *order, uint32_t *flags)
{
    char magic[8];
    uint32_t version;
    enum status status;
    if ((status = take(t, magic, sizeof magic)) || (status = take(t, &version, sizeof version))) {
        return status;
    }
    if (memcmp(magic, ORDER_MAGIC, sizeof magic) != 0 || version != ORDER_VERSION) {
        return error_set(t->error, STATUS_INVALID, "%s is no order file of version %u", t->path,
                         ORDER_VERSION);
    }
    if ((status = take(t, &order->layers, sizeof order->layers)) ||
        (status = take(t, flags, sizeof *flags)) ||
        (status = take(t, order->model_sha256, SHA256_HEX - 1)) ||
        (status = take(t, order->text_sha256, SHA256_HEX - 1))) {
        return status;
    }
    if (order->layers == 0 || order->layers > ORDER_MOST_LAYERS ||
        *flags > (ORDER_HAS_LAYERS | ORDER_HAS_SHARES | ORDER_HAS_MEANS)) {
        uint32_t layers = order->layers;
        order->layers = 0;
        return error_set(t->error, STATUS_INVALID,
                         "%s: %" PRIu32 " layers, flags %" PRIu32 ": expected 1 to %u, 0 to 7",
                         t->path, layers, *flags, ORDER_MOST_LAYERS);
    }
    return STATUS_OK;
}

static enum status take_neurons(struct taking *t, struct model_order *order)
{
    enum status status = take(t, order->width, order->layers * sizeof *order->width);
    for (uint32_t l = 0; l < order->layers && status == STATUS_OK; l++) {
        uint32_t width = order->width[l];
        if (width == 0) {
            continue;
        }
        if (width > (t->length - t->at) / sizeof(uint32_t)) {
            return error_set(t->error, STATUS_INVALID,
                             "%s: layer %" PRIu32 " of %" PRIu32 " neurons is longer than the file",
                             t->path, l, width);
        }
        order->neuron[l] = memory_new(width, sizeof(uint32_t), t->error);
        if (order->neuron[l] == NULL) {
            return STATUS_MEMORY;
        }
        status = take(t, order->neuron[l], width * sizeof(uint32_t));
        if (status == STATUS_OK) {
            status = check_permutation(t->path, "layer", l, order->neuron[l], width, t->error);
        }
    }
    return status;
}

static enum status take_layers(struct taking *t, struct model_order *order)
{
    enum status status;
    if ((status = take(t, order->influence, order->layers * sizeof *order->influence)) ||
        (status = take(t, order->layer, order->layers * sizeof *order->layer))) {
        return status;
    }
    for (uint32_t l = 0; l < order->layers; l++) {
        if (!isfinite(order->influence[l])) {
            return error_set(t->error, STATUS_INVALID,
                             "%s: the influence of layer %" PRIu32 " is not a number", t->path, l);
        }
    }
    return check_permutation(t->path, "drop order", 0, order->layer, order->layers, t->error);
}

static enum status take_shares(struct taking *t, struct model_order *order)
{
    enum status status = take(t, order->beyond, order->layers * SHARES * sizeof *order->beyond);
    for (uint32_t l = 0; l < order->layers && status == STATUS_OK; l++) {
        const float *beyond = order->beyond + (size_t)l * SHARES;
        bool falls = beyond[0] <= 1.0F && beyond[SHARES - 1] >= 0.0F;
        for (unsigned k = 1; k < SHARES; k++) {
            falls = falls && beyond[k] <= beyond[k - 1]; /* false for a NaN */
        }
        if (!falls) {
            status = error_set(t->error, STATUS_INVALID,
                               "%s: the shares of layer %" PRIu32 " do not fall from 1 to 0",
                               t->path, l);
        }
    }
    return status;
}

static enum status take_means(struct taking *t, struct model_order *order)
{
    enum status status = STATUS_OK;
    for (uint32_t l = 0; l < order->layers && status == STATUS_OK; l++) {
        uint32_t width = order->width[l];
        if (width == 0) {
            continue;
        }
        order->mean[l] = memory_new(width, sizeof(float), t->error);
        status =
            order->mean[l] == NULL ? STATUS_MEMORY : take(t, order->mean[l], width * sizeof(float));
        for (uint32_t i = 0; i < width && status == STATUS_OK; i++) {
            if (!isfinite(order->mean[l][i])) {
                status = error_set(t->error, STATUS_INVALID,
                                   "%s: the mean of neuron %" PRIu32 " of layer %" PRIu32
                                   " is not a number",
                                   t->path, i, l);
            }
        }
    }
    return status;
}

static enum status take_order(struct taking *t, struct model_order *order)
{
    uint32_t flags = 0;
    enum status status = take_head(t, order, &flags);
    if (status == STATUS_OK) {
        status = order_allocate(order, (flags & ORDER_HAS_LAYERS) != 0,
                                (flags & ORDER_HAS_SHARES) != 0, t->error);
    }
    if (status == STATUS_OK) {
        status = take_neurons(t, order);
    }
    if (status == STATUS_OK && (flags & ORDER_HAS_LAYERS) != 0) {
        status = take_layers(t, order);
    }
    if (status == STATUS_OK && (flags & ORDER_HAS_SHARES) != 0) {
        status = take_shares(t, order);
    }
    if (status == STATUS_OK && (flags & ORDER_HAS_MEANS) != 0) {
        status = take_means(t, order);
    }
    if (status == STATUS_OK && t->at != t->length) {
        status = error_set(t->error, STATUS_INVALID, "%s: %zu bytes after the end", t->path,
                           t->length - t->at);
    }
    return status;
}

enum status model_order_load(const char *path, struct model_order *order, struct error *error)
{
    char *data = NULL;
    struct taking t = {.path = path, .error = error};
    *order = (struct model_order){0};
    enum status status = file_read_regular(path, &data, &t.length, error);
    if (status != STATUS_OK) {
        return status;
    }
    t.data = data;
    status = take_order(&t, order);
    if (status != STATUS_OK) {
        model_order_release(order);
    }
    memory_free(data);
    return status;
}

bool model_order_has_means(const struct model_order *order)
{
    bool all = order->mean != NULL;
    for (uint32_t l = 0; l < order->layers && all; l++) {
        all = order->neuron[l] == NULL || order->mean[l] != NULL;
    }
    return all;
}

static enum status put(struct buf *out, const struct model_order *order, struct error *error)
{
    bool has_layers = order->layer != NULL && order->influence != NULL;
    const bool has_means = model_order_has_means(order);
    const uint32_t flags = (has_layers ? ORDER_HAS_LAYERS : 0) |
                           (order->beyond != NULL ? ORDER_HAS_SHARES : 0) |
                           (has_means ? ORDER_HAS_MEANS : 0);
    const uint32_t head[3] = {ORDER_VERSION, order->layers, flags};
    size_t layers = order->layers;
    enum status status;
    if ((status = buf_append(out, ORDER_MAGIC, sizeof ORDER_MAGIC, error)) ||
        (status = buf_append(out, head, sizeof head, error)) ||
        (status = buf_append(out, order->model_sha256, SHA256_HEX - 1, error)) ||
        (status = buf_append(out, order->text_sha256, SHA256_HEX - 1, error))) {
        return status;
    }
    for (size_t l = 0; l < layers && status == STATUS_OK; l++) {
        uint32_t width = order->neuron[l] == NULL ? 0 : order->width[l];
        status = buf_append(out, &width, sizeof width, error);
    }
    for (size_t l = 0; l < layers && status == STATUS_OK; l++) {
        if (order->neuron[l] != NULL) {
            status = buf_append(out, order->neuron[l], order->width[l] * sizeof(uint32_t), error);
        }
    }
    if (status == STATUS_OK && has_layers) {
        status = buf_append(out, order->influence, layers * sizeof(float), error);
    }
    if (status == STATUS_OK && has_layers) {
        status = buf_append(out, order->layer, layers * sizeof(uint32_t), error);
    }
    if (status == STATUS_OK && order->beyond != NULL) {
        status = buf_append(out, order->beyond, layers * SHARES * sizeof(float), error);
    }
    for (size_t l = 0; l < layers && status == STATUS_OK && has_means; l++) {
        if (order->neuron[l] != NULL) {
            status = buf_append(out, order->mean[l], order->width[l] * sizeof(float), error);
        }
    }
    return status;
}

enum status model_order_save(const char *path, const struct model_order *order, struct error *error)
{
    struct buf out;
    buf_init(&out);
    enum status status = put(&out, order, error);
    if (status == STATUS_OK) {
        status = atomic_file_replace(path, out.data, out.length, error);
    }
    buf_release(&out);
    return status;
}
