/* Opening a model as the options say. */
#include "cli/loaded.h"

#include "cli/report.h"
#include "engine/evaluator.h"
#include "engine/orders.h"
#include "engine/run.h"
#include "store/rundir.h"

#include <string.h>

static enum status read_type(const struct options *options, enum option option,
                             enum weight_type *type, struct error *error)
{
    enum status status = weight_type_parse(option_text(options, option, "source"), type, error);
    return status == STATUS_OK ? status : error_prefix(error, "--%s", option_table[option].name);
}

enum status loaded_weights(const struct options *options, struct weight_options *weights,
                           struct error *error)
{
    enum status status = read_type(options, OPTION_TYPE, &weights->type, error);
    weights->compensate = option_given(options, OPTION_BIAS_COMPENSATION);
    return status == STATUS_OK ? read_type(options, OPTION_HEAD, &weights->head, error) : status;
}

unsigned loaded_threads(const struct options *options)
{
    return (unsigned)option_integer(options, OPTION_THREADS, evaluator_default_threads());
}

uint64_t loaded_memory(const struct options *options)
{
    return option_given(options, OPTION_MEMORY) ? (uint64_t)options->value[OPTION_MEMORY].number
                                                : 0;
}

uint64_t loaded_cache(const struct options *options)
{
    return option_given(options, OPTION_CACHE) ? (uint64_t)options->value[OPTION_CACHE].number
                                               : RUN_DEFAULT_CACHE;
}

enum status loaded_open(const struct options *options, const char *path, struct loaded *loaded,
                        struct error *error)
{
    const char *code = option_text(options, OPTION_ARCH, NULL);
    *loaded = (struct loaded){.path = path, .threads = loaded_threads(options)};
    enum status status = loaded_weights(options, &loaded->weights, error);
    if (status != STATUS_OK ||
        (status = precision_parse(option_text(options, OPTION_PRECISION, "f32"), &loaded->precision,
                                  error)) != STATUS_OK ||
        (status = supernet_open(path, &loaded->supernet, error)) != STATUS_OK)
        return status;
    supernet_set_memory(loaded->supernet, evaluator_weights_memory(loaded_memory(options)));
    status = tokenizer_new(supernet_gguf(loaded->supernet), &loaded->tokenizer, error);
    if (status != STATUS_OK)
        return status;
    const struct arch_shape *shape = supernet_shape(loaded->supernet);
    arch_code_full(shape, &loaded->code);
    loaded->as_it_is =
        code == NULL && !option_given(options, OPTION_TYPE) && !option_given(options, OPTION_HEAD);
    return code != NULL ? arch_code_parse(shape, code, &loaded->code, error) : STATUS_OK;
}

enum status loaded_order(const struct options *options, struct loaded *loaded, struct error *error)
{
    struct progress progress;
    struct model_order order;
    const char *directory = option_text(options, OPTION_RUN, NULL);
    if (directory != NULL && !rundir_exists(directory))
        return error_set(error, STATUS_INVALID,
                         "--run %s is not a run directory: no run.json in it", directory);
    bool means = loaded->weights.compensate && code_needs_means(&loaded->code);
    if (!code_needs_order(&loaded->code) && !means)
        return STATUS_OK;
    progress_start(&progress, options, "measuring the importance of neurons");
    const struct orders_options wanted = {
        .neuron_order = option_text(options, OPTION_NEURON_ORDER, NULL),
        .calibration = option_text(options, OPTION_CALIBRATION, NULL),
        .directory = directory,
        .neurons_only = true,
        .means = means,
        .threads = loaded->threads,
        .progress = progress_show,
        .context = &progress,
    };
    enum status status =
        orders_provide(loaded->supernet, loaded->tokenizer, &wanted, &order, error);
    progress_clear(&progress);
    if (status == STATUS_OK)
        status = supernet_set_order(loaded->supernet, &order, error);
    model_order_release(&order);
    return status;
}

void loaded_close(struct loaded *loaded)
{
    tokenizer_free(loaded->tokenizer);
    supernet_close(loaded->supernet);
    *loaded = (struct loaded){0};
}

enum status loaded_types(const struct options *options, const char **types, struct error *error)
{
    bool genes = option_given(options, OPTION_QUANT_GENES);
    *types = genes ? option_text(options, OPTION_TYPES, "source,q8_0,q4_0") : NULL;
    if (genes || !option_given(options, OPTION_TYPES))
        return STATUS_OK;
    return error_set(error, STATUS_INVALID,
                     "--types says which weight types --quant-genes searches: give that, too");
}
