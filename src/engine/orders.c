/* Hashes and importance orders, kept in the user's cache: a pass over the calibration text takes
 * seconds to minutes, and depends on nothing but model and text. */
#include "engine/orders.h"

#include "base/buf.h"
#include "base/memory.h"
#include "io/atomic_file.h"
#include "io/user_folder.h"
#include "model/source.h"
#include "task/score.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define ORDERS_VERSION 3 /* of what is measured and how: a change makes cached orders stale */

bool code_needs_order(const struct arch_code *code)
{
    for (size_t i = 0, layers = arch_code_layers(code); i < layers; i++) {
        unsigned eighths = arch_mlp_eighths(code->text[i]);
        if (eighths > 0 && eighths < 8)
            return true;
    }
    return false;
}

bool code_needs_means(const struct arch_code *code)
{
    return code_needs_order(code) || strchr(code->text, '0') != NULL;
}

/* "CACHE/paretop/FOLDER/NAME"; makes the folder. */
static enum status cache_path(const char *folder, const char *name, struct buf *path,
                              struct error *error)
{
    enum status status = user_folder("XDG_CACHE_HOME", ".cache", path, error);
    if (status == STATUS_OK)
        status = buf_printf(path, error, "/%s", folder);
    if (status == STATUS_OK)
        status = folder_make(path->data, error);
    return status == STATUS_OK ? buf_printf(path, error, "/%s", name) : status;
}

/* ---- the model's hash ---- */

/* What must be as it was for a cached hash to hold; ends where the hash begins. */
static enum status describe(const char *path, struct buf *text, struct error *error)
{
    struct stat about;
    char *whole = realpath(path, NULL);
    enum status status;
    if (whole == NULL || stat(whole, &about) != 0)
        status = error_errno(error, "cannot read", path);
    else
        status = buf_printf(text, error, "%s\n%jd bytes, changed %jd.%09ld, inode %ju\n", whole,
                            (intmax_t)about.st_size, (intmax_t)about.st_mtim.tv_sec,
                            about.st_mtim.tv_nsec, (uintmax_t)about.st_ino);
    free(whole); /* realpath's own allocation */
    return status;
}

static bool take_cached_hash(const char *file, const struct buf *about, char hex[SHA256_HEX])
{
    char *text = NULL;
    size_t length = 0;
    bool holds = file_read_regular(file, &text, &length, NULL) == STATUS_OK &&
                 length == about->length + SHA256_HEX - 1 &&
                 memcmp(text, about->data, about->length) == 0 &&
                 strspn(text + about->length, "0123456789abcdef") == SHA256_HEX - 1;
    if (holds)
        memcpy(hex, text + about->length, SHA256_HEX);
    memory_free(text);
    return holds;
}

struct hashing {
    int (*progress)(void *context, double done);
    void *context;
    double before, part; /* done of the model; what this file is of it */
};

static int file_progress(void *context, double done)
{
    const struct hashing *hashing = context;
    return hashing->progress(hashing->context, hashing->before + hashing->part * done);
}

/* A file's hash, cached. */
static enum status hash_of(void *context, const char *path, char hex[SHA256_HEX],
                           struct error *error)
{
    struct hashing *hashing = context;
    struct buf about, file;
    char name[32];
    buf_init(&about);
    buf_init(&file);
    enum status status = describe(path, &about, error);
    if (status != STATUS_OK)
        goto out;
    snprintf(name, sizeof name, "%016" PRIx64,
             hash64(about.data, strcspn(about.data, "\n"))); /* one entry a path */
    bool cache = cache_path("hashes", name, &file, NULL) == STATUS_OK;
    if (cache && take_cached_hash(file.data, &about, hex))
        goto out;
    status = sha256_file_watched(path, hashing->progress != NULL ? file_progress : NULL, hashing,
                                 hex, error);
    if (status == STATUS_OK && cache && buf_append(&about, hex, SHA256_HEX - 1, NULL) == STATUS_OK)
        atomic_file_replace(file.data, about.data, about.length, NULL);
out:
    hashing->before += hashing->part;
    buf_release(&about);
    buf_release(&file);
    return status;
}

enum status model_sha256_of(const char *path, int (*progress)(void *context, double done),
                            void *context, char hex[SHA256_HEX], struct error *error)
{
    struct model_files files;
    enum status status = model_files_list(path, &files, error);
    if (status != STATUS_OK)
        return status;
    struct hashing hashing = {progress, context, 0, 1 / (double)files.count};
    model_files_release(&files);
    return model_source_sha256(path, hash_of, &hashing, hex, error);
}

/* ---- orders ---- */

struct search { /* what is looked for */
    struct supernet *supernet;
    const struct tokenizer *tokenizer;
    const struct orders_options *options;
    char model_sha256[SHA256_HEX], text_sha256[SHA256_HEX];
    const char *text;
    size_t length;
};

/* `text`: it must have been measured on the text that is asked for. */
static bool fits(const struct search *search, const struct model_order *order, bool text)
{
    const struct arch_shape *shape = supernet_shape(search->supernet);
    bool same = order->layers == shape->layers && order->influence != NULL;
    for (uint32_t l = 0; same && l < shape->layers; l++)
        same = order->width[l] == shape->layer[l].intermediate;
    return same && strcmp(order->model_sha256, search->model_sha256) == 0 &&
           (!text || strcmp(order->text_sha256, search->text_sha256) == 0);
}

/* *found false when the directory has none. One of another model is refused, and one of another
 * text than --calibration names: the rows of that run were made with it. Without --calibration it
 * holds whatever text it was measured on, the embedded one of an earlier version for instance. */
static enum status take_from_run(const struct search *search, struct model_order *order,
                                 bool *found, struct error *error)
{
    struct buf path;
    struct stat about;
    *found = false;
    if (search->options->directory == NULL)
        return STATUS_OK;
    buf_init(&path);
    enum status status = buf_printf(&path, error, "%s/order.bin", search->options->directory);
    if (status == STATUS_OK && stat(path.data, &about) == 0) {
        status = model_order_load(path.data, order, error);
        if (status == STATUS_OK && !fits(search, order, search->options->calibration != NULL)) {
            model_order_release(order);
            status = error_set(error, STATUS_INVALID,
                               "%s belongs to another model or calibration text", path.data);
        }
        *found = status == STATUS_OK;
    }
    buf_release(&path);
    return status;
}

static enum status measure(const struct search *search, struct model_order *order,
                           struct error *error)
{
    const struct orders_options *options = search->options;
    struct buf path;
    char name[64];
    buf_init(&path);
    snprintf(name, sizeof name, "%.24s-%.24s-%d.bin", search->model_sha256, search->text_sha256,
             ORDERS_VERSION);
    bool cache = cache_path("orders", name, &path, NULL) == STATUS_OK;
    enum status status = STATUS_OK;
    if (!cache || model_order_load(path.data, order, NULL) != STATUS_OK ||
        !fits(search, order, true)) {
        model_order_release(order);
        status = model_order_measure(search->supernet, search->tokenizer, search->text,
                                     search->length, options->threads, options->progress,
                                     options->context, order, error);
        if (status == STATUS_OK) {
            memcpy(order->model_sha256, search->model_sha256, SHA256_HEX);
            memcpy(order->text_sha256, search->text_sha256, SHA256_HEX);
        }
        if (status == STATUS_OK && cache)
            model_order_save(path.data, order, NULL);
    }
    buf_release(&path);
    return status;
}

/* Puts the neurons of a CSV file in place of the measured ones, of which alone the shares tell. */
static enum status take_neurons(const struct search *search, struct model_order *order,
                                struct error *error)
{
    struct model_order given;
    enum status status =
        model_order_read_csv(search->options->neuron_order, search->supernet, &given, error);
    if (status != STATUS_OK)
        return status;
    for (uint32_t l = 0; l < order->layers; l++) {
        uint32_t *measured = order->neuron[l];
        order->neuron[l] = given.neuron[l];
        given.neuron[l] = measured;
    }
    memory_free(order->beyond);
    order->beyond = NULL;
    model_order_release(&given);
    return STATUS_OK;
}

/* The means of an order that has none, from one that is measured. */
static enum status take_means(const struct search *search, struct model_order *order,
                              struct error *error)
{
    struct model_order measured;
    enum status status = measure(search, &measured, error);
    if (status == STATUS_OK) {
        float **none = order->mean;
        order->mean = measured.mean;
        measured.mean = none;
        model_order_release(&measured);
    } else {
        model_order_release(order);
    }
    return status;
}

static enum status provide(const struct search *search, struct model_order *order,
                           struct error *error)
{
    bool found = false;
    enum status status = take_from_run(search, order, &found, error);
    if (status == STATUS_OK && found && search->options->means && !model_order_has_means(order))
        return take_means(search, order, error);
    if (status != STATUS_OK || found) /* a run's order has its CSV's neurons already */
        return status;
    status = measure(search, order, error);
    if (status == STATUS_OK && search->options->neuron_order != NULL) {
        status = take_neurons(search, order, error);
        if (status != STATUS_OK)
            model_order_release(order);
    }
    return status;
}

enum status orders_provide(struct supernet *supernet, const struct tokenizer *tokenizer,
                           const struct orders_options *options, struct model_order *order,
                           struct error *error)
{
    struct search search = {.supernet = supernet, .tokenizer = tokenizer, .options = options};
    char *text = NULL;
    enum status status = STATUS_OK;
    *order = (struct model_order){0};
    if (options->neurons_only && options->neuron_order != NULL && !options->means)
        return model_order_read_csv(options->neuron_order, supernet, order, error);
    if (options->calibration != NULL)
        status = file_read(options->calibration, &text, &search.length, error);
    else
        search.text = embedded_calibration(&search.length);
    if (status == STATUS_OK && options->calibration != NULL)
        search.text = text;
    if (status == STATUS_OK)
        status = sha256_bytes(search.text, search.length, search.text_sha256, error);
    if (status == STATUS_OK && options->model_sha256 != NULL)
        memcpy(search.model_sha256, options->model_sha256, SHA256_HEX);
    else if (status == STATUS_OK)
        status = model_sha256_of(gguf_path(supernet_gguf(supernet)), NULL, NULL,
                                 search.model_sha256, error);
    if (status == STATUS_OK)
        status = provide(&search, order, error);
    memory_free(text);
    return status;
}
