/* From the files to the first evaluation, in the engine thread: hash, tokens, orders, space,
 * workers. What is wrong with the input is found here at the latest; run.json is written last, so
 * that a refused run leaves nothing behind. */
#include "run_private.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/version.h"
#include "io/atomic_file.h"
#include "num/gemm.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- files ---- */

static enum status check_hash_of_text(struct setup_file *file, const char *what,
                                      struct error *error)
{
    char hex[SHA256_HEX];
    if (file->path == NULL)
        return STATUS_OK;
    enum status status = sha256_file(file->path, hex, error);
    return status == STATUS_OK ? setup_file_check(file, what, hex, error) : status;
}

static int hash_progress(void *context, double done)
{
    return run_tell_progress(context, RUN_LOADING, "hashing the model", done);
}

static enum status hash_files(struct run *run, struct error *error)
{
    char hex[SHA256_HEX];
    struct setup *setup = &run->setup;
    enum status status = model_sha256_of(setup->model.path, hash_progress, run, hex, error);
    if (status == STATUS_OK)
        status = setup_file_check(&setup->model, "the model", hex, error);
    if (status == STATUS_OK)
        status = check_hash_of_text(&setup->neuron_order, "the neuron order", error);
    if (status == STATUS_OK)
        status = check_hash_of_text(&setup->calibration, "the calibration text", error);
    return status;
}

static enum status prepare(struct run *run, struct error *error)
{
    struct setup *setup = &run->setup;
    uint32_t longest = run->shape->context;
    uint32_t context = setup->context < longest ? setup->context : longest;
    size_t truncated = 0;
    if (context < setup->context)
        run_say(run, "--context %u is cut to the model's own %u", setup->context, context);
    enum status status = tokenizer_new(supernet_gguf(run->supernet), &run->tokenizer, error);
    run_cut_tasks(run);
    /* questions are cut at what the model can read; --context is the text's chunk */
    for (size_t i = 0; status == STATUS_OK && i < run->parts; i++) {
        status = prepared_task_new(&run->part[i], run->tokenizer,
                                   &(struct prepare_options){.context = longest}, &run->prepared[i],
                                   error);
        if (status == STATUS_OK)
            truncated += prepared_task_truncated(run->prepared[i]);
    }
    if (status == STATUS_OK && setup->text.path != NULL)
        status = prepared_text_new(setup->text.path, run->tokenizer,
                                   &(struct text_options){setup->ppl, context, setup->chunks},
                                   &run->prepared_text, error);
    if (status == STATUS_OK && run->prepared_text != NULL)
        status = setup_file_check(&setup->text, "the text",
                                  prepared_text_sha256(run->prepared_text), error);
    if (truncated > 0)
        run_say(run, "%zu items are longer than the model's context and are cut on the left",
                truncated);
    return status;
}

/* ---- orders and space ---- */

static int calibration_progress(void *context, double done)
{
    struct run *run = context;
    if (done - run->look.phase_progress < 0.02 && run->look.phase == RUN_CALIBRATING)
        return run_is_stopping(run);
    return run_tell_progress(run, RUN_CALIBRATING,
                             "ranking neurons and layers by a pass over the calibration text",
                             done);
}

static enum status find_orders(struct run *run, struct error *error)
{
    struct buf path;
    const struct orders_options options = {
        .neuron_order = run->setup.neuron_order.path,
        .calibration = run->setup.calibration.path,
        .directory = run->resumed ? rundir_path(run->rundir) : NULL,
        .means = run->setup.weights.compensate,
        .threads = run->threads,
        .model_sha256 = run->setup.model.sha256,
        .progress = calibration_progress,
        .context = run,
    };
    enum status status =
        orders_provide(run->supernet, run->tokenizer, &options, &run->order, error);
    if (status != STATUS_OK)
        return status;
    run->look.influence = run->order.influence;
    status = rundir_file(run->rundir, "order.bin", &path, error);
    if (status == STATUS_OK)
        status = model_order_save(path.data, &run->order, error);
    buf_release(&path);
    return status == STATUS_OK ? supernet_set_order(run->supernet, &run->order, error) : status;
}

enum status run_space_init(const struct setup *setup, const struct arch_shape *shape,
                           const struct model_order *order, struct space *space,
                           struct error *error)
{
    struct space_options measured = {0};
    char types[SPACE_TYPES] = "";
    if (order != NULL)
        measured = (struct space_options){
            .drop_order = order->layer, .influence = order->influence, .beyond = order->beyond};
    if (*setup->value[SETUP_TYPES] != '\0') {
        enum status status = space_read_types(setup->value[SETUP_TYPES], types, error);
        if (status == STATUS_OK)
            status = space_distinct_types(shape, &setup->weights, types, error);
        if (status != STATUS_OK)
            return status;
    }
    measured.types = types;
    return space_init_text(space, shape, setup->value[SETUP_SPACE], setup->value[SETUP_CHOICES],
                           setup->value[SETUP_DEPTH_ORDER], &measured, error);
}

/* ---- the estimate ---- */

/* Products a second of one thread, over some ten milliseconds; NaN: not known. */
static double product_rate(enum precision precision)
{
    const size_t m = 256, n = 1024, k = 512;
    struct packed_matrix *packed = NULL;
    struct packed_scratch *scratch = NULL;
    float *x = memory_new(m * k + n * k + m * n, sizeof *x, NULL);
    enum status status = x != NULL ? STATUS_OK : STATUS_MEMORY;
    float *w = x != NULL ? x + m * k : NULL, *y = x != NULL ? w + n * k : NULL;
    if (status == STATUS_OK && precision != PRECISION_F32 &&
        (status = packed_matrix_new(precision, n, k, w, k, &packed, NULL)) == STATUS_OK &&
        (status = packed_scratch_new(&scratch, NULL)) == STATUS_OK) /* once: prepares */
        status = packed_product(scratch, packed, 0, n, m, x, k, 0, y, n, NULL);
    double start = clock_seconds(), seconds = 0;
    int rounds = 0;
    for (; status == STATUS_OK && seconds < 0.02; seconds = clock_seconds() - start, rounds++)
        if (packed == NULL)
            gemm_nt(m, n, k, x, k, w, k, 0, y, n);
        else
            status = packed_product(scratch, packed, 0, n, m, x, k, 0, y, n, NULL);
    packed_scratch_free(scratch);
    packed_matrix_free(packed);
    memory_free(x);
    return status == STATUS_OK ? (double)(m * n * k) * rounds / seconds : NAN;
}

#define SHARE_OF_PRODUCTS 0.75 /* of an evaluator's time, about; the first row corrects it */

static const char *duration(double seconds, char *out, size_t size)
{
    return seconds < 1 ? quantity_format(QUANTITY_MILLISECONDS, seconds * 1000, out, size)
                       : quantity_format(QUANTITY_SECONDS, seconds, out, size);
}

static void estimate(struct run *run)
{
    struct arch_code full;
    uint64_t tokens = 0;
    char each[32], all[32];
    for (size_t i = 0; i < run->parts; i++)
        tokens += prepared_task_tokens(run->prepared[i]);
    if (run->prepared_text != NULL)
        tokens += prepared_text_tokens(run->prepared_text);
    arch_code_full(run->shape, &full);
    double macs = (double)arch_macs(run->shape, &full);
    double rate = product_rate(run->setup.precision);
    run->expected_seconds =
        (double)tokens * macs / (rate * SHARE_OF_PRODUCTS * (double)run->threads);
    size_t codes = run_made(run), left = run->state.evaluations;
    left = left > codes ? left - codes : 0;
    if (!isfinite(run->expected_seconds) || left == 0)
        return;
    duration(run->expected_seconds, each, sizeof each);
    if (run->state.evaluations < RUN_EVALUATIONS_MOST)
        run_say(run, "about %s each, %zu evaluations in %s or less", each, left,
                duration(run->expected_seconds * (double)left, all, sizeof all));
    else if (run->time_limit > 0)
        run_say(run, "about %s each, %.0f or more in %s", each,
                floor(run->time_limit / run->expected_seconds),
                duration(run->time_limit, all, sizeof all));
    else
        run_say(run, "about %s each, until it is stopped: neither evaluations nor time are limited",
                each);
    run->estimating = true;
}

/* ---- all ---- */

/* The state comes first: a run that is there has its pins, locks and injected codes, too. */
static enum status write_run_json(struct run *run, struct error *error)
{
    if (run->resumed) /* it goes on: who watches sees it */
        return run_save_state(run, error);
    json_t *value = setup_json(&run->setup, run->look.model_name);
    if (value == NULL)
        return error_memory(error, 0);
    json_object_set_new(value, "cost", cost_json(&run->cost, &run->cost_check));
    json_object_set_new(value, "command", run_command_json(run));
    run_tell_watchers(run, value);
    if (run->warm.imported > 0) {
        json_object_set_new(value, "warm", run_warm_json(run));
        json_object_set_new(value, "hypervolume", progress_json(&run->progress));
    }
    enum status status = run_save_state(run, error);
    if (status == STATUS_OK)
        status = rundir_write_run(run->rundir, value, error);
    json_decref(value);
    return status;
}

/* In the log alone: the screen shows it all, and a search without one has begun by a command. */
static void tell_session(struct run *run)
{
    char text[400], count[64];
    char *const *value = run->setup.value;
    if (run->state.evaluations < RUN_EVALUATIONS_MOST)
        snprintf(count, sizeof count, "%zu of %zu evaluations", run_made(run),
                 run->state.evaluations);
    else
        snprintf(count, sizeof count, "%zu evaluations, no limit", run_made(run));
    snprintf(text, sizeof text,
             "%s by paretop %s: %s; %.40s, space %.40s, objectives %.80s, seed %.20s, %u thread%s",
             run->resumed ? "resumed" : "begun", PARETOP_VERSION, count, value[SETUP_METHOD],
             value[SETUP_SPACE], value[SETUP_OBJECTIVES], value[SETUP_SEED], run->threads,
             run->threads == 1 ? "" : "s");
    rundir_log(run->rundir, text);
}

static void sink(void *context, const struct evaluation *evaluation)
{
    struct run *run = context;
    struct delivery *delivery = memory_new(1, sizeof *delivery, NULL);
    pthread_mutex_lock(&run->lock);
    if (delivery == NULL) {
        run->lost = true;
    } else {
        *delivery = (struct delivery){.code = evaluation->code,
                                      .stages = evaluation->stages,
                                      .status = evaluation->status,
                                      .error = evaluation->error,
                                      .standard_error = evaluation->standard_error,
                                      .seconds = evaluation->seconds,
                                      .n = evaluation->n};
        memcpy(delivery->value, evaluation->value, sizeof delivery->value);
        if (run->last != NULL)
            run->last->after = delivery;
        else
            run->first = delivery;
        run->last = delivery;
    }
    pthread_cond_signal(&run->change);
    pthread_mutex_unlock(&run->lock);
}

static enum status start_workers(struct run *run, struct error *error)
{
    const struct evaluator_options options = {
        .supernet = run->supernet,
        .task = (const struct prepared_task *const *)run->prepared,
        .tasks = run->setup.tasks,
        .stages = run->setup.stages,
        .text = (const struct prepared_text *const *)&run->prepared_text,
        .texts = run->prepared_text != NULL,
        .weights = run->setup.weights,
        .precision = run->setup.precision,
        .cost = &run->cost,
        .measure = run_costs(run) == NULL ? run_measure : NULL,
        .measure_context = run,
        .threads = run->threads,
        .memory = run->memory,
        .cache = run->cache,
    };
    return evaluator_new(&options, sink, run, &run->evaluator, error);
}

static enum status lock_space(struct run *run, struct error *error)
{
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < run->state.locks; i++)
        status = space_lock(&run->space, run->state.lock[i], error);
    return status;
}

/* Cut matrices that their type cannot hold, told once, of a network that is cut everywhere. */
static enum status tell_fallbacks(struct run *run, struct error *error)
{
    struct arch_plan plan;
    struct arch_code code = {0};
    struct buf text;
    for (uint32_t l = 0; l < run->shape->layers; l++)
        code.text[l] = arch_code_canonical(run->shape, l, '4');
    enum status status = arch_plan_make(run->shape, &code, &run->setup.weights, &plan, error);
    if (status != STATUS_OK)
        return status;
    buf_init(&text);
    status = arch_plan_fallback_text(&plan, &text, error);
    if (status == STATUS_OK && plan.fallbacks > 0)
        run_say(run, "cut networks have tensors in another type than asked for: %s", text.data);
    buf_release(&text);
    arch_plan_release(&plan);
    return status;
}

enum status run_load(struct run *run, struct error *error)
{
    enum status status;
    if (run->kernel_before[0] != '\0')
        run_say(run,
                "this run was started with OpenBLAS's kernel %s and goes on with %s: what is the "
                "same to four digits may differ in the last bits",
                run->kernel_before, gemm_kernel());
    if ((status = hash_files(run, error)) || (status = prepare(run, error)) ||
        (status = find_orders(run, error)) ||
        (status = run_space_init(&run->setup, run->shape, &run->order, &run->space, error)) ||
        (status = lock_space(run, error)) || (status = run_find_costs(run, error)) ||
        (status = run_warm_import(run, error)) || (status = start_workers(run, error)) ||
        (status = tell_fallbacks(run, error)) || (status = write_run_json(run, error)) ||
        (status = run_warm_store(run, error)))
        return status;
    tell_session(run);
    pthread_mutex_lock(&run->lock);
    run->ready = true;
    pthread_mutex_unlock(&run->lock);
    estimate(run);
    if (run_costs(run) == NULL)
        run_say(run, "times are measured by the command, network by network: they steer only after "
                     "an evaluation, and another run with this seed may go another way");
    return STATUS_OK;
}

void run_unload(struct run *run)
{
    evaluator_free(run->evaluator);
    run->evaluator = NULL;
    for (size_t i = 0; i < run->parts; i++)
        prepared_task_free(run->prepared[i]);
    prepared_text_free(run->prepared_text);
    tokenizer_free(run->tokenizer);
    model_order_release(&run->order);
}
