/* Codes at random, distinct; accuracy falls with what is cut, as a search's rows do. */
#include "long_run.h"

#include "base/buf.h"
#include "base/rng.h"
#include "engine/run.h"
#include "io/atomic_file.h"
#include "store/rundir.h"

#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#define ITEMS 12

struct maker {
    const struct long_run *options;
    const struct snapshot *first; /* of the real run */
    struct archive *rows;
    struct rng rng;
    size_t population;
};

static enum status wait_for_end(struct run *run, struct error *error)
{
    for (bool over = false; !over;) {
        struct pollfd ready = {.fd = run_wake_fd(run), .events = POLLIN};
        const struct snapshot *snapshot = run_snapshot(run);
        over = snapshot->phase == RUN_FINISHED || snapshot->phase == RUN_FAILED;
        snapshot_release(snapshot);
        if (!over)
            poll(&ready, 1, 1000);
    }
    run_stop(run);
    return run_wait(run, error);
}

static void draw_row(struct maker *maker, struct row *row)
{
    const struct arch_shape *shape = maker->first->shape;
    const struct row *base = archive_row(maker->first->archive, maker->first->base);
    double kept = 0;
    struct arch_code code = base->code;
    for (uint32_t i = 0; i < shape->layers; i++)
        code.text[i] = "88764h."[rng_below(&maker->rng, 7)];
    arch_code_parse(shape, code.text, &row->code, NULL);
    for (uint32_t i = 0; i < shape->layers; i++)
        kept += (0.5 * arch_mlp_eighths(row->code.text[i]) / 8.0 +
                 0.5 * arch_keeps_attention(row->code.text[i])) /
                shape->layers;
    for (int k = 0; k < OBJECTIVES; k++)
        row->value[k] = objective_table[k].computed ? kept * base->value[k] : NAN;
    double acc = 0.25 + 0.5 * kept * kept + 0.03 * rng_normal(&maker->rng);
    row->value[OBJECTIVE_BYTES] = (double)arch_bytes(shape, &row->code, &maker->first->weights);
    row->value[OBJECTIVE_ACC] = row->value[OBJECTIVE_TASK_FIRST] =
        fmin(fmax(round(acc * ITEMS) / ITEMS, 0), 1);
    row->value[OBJECTIVE_ACC_NORM] = row->value[OBJECTIVE_ACC];
    row->value[OBJECTIVE_CHOICE_NLL] = 3 - 2 * acc + 0.01 * rng_normal(&maker->rng);
    row->standard_error = sqrt(acc * (1 - acc) / ITEMS);
    row->n = ITEMS;
    row->seconds = 0.5;
}

static enum status add_rows(struct maker *maker, struct error *error)
{
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < maker->first->rows; i++)
        status = archive_append(maker->rows, archive_row(maker->first->archive, i), error);
    while (status == STATUS_OK && archive_count(maker->rows) < maker->options->rows) {
        size_t index = archive_count(maker->rows);
        struct row row = {.id = (uint32_t)index,
                          .generation = (uint32_t)(index / maker->population),
                          .origin = "random",
                          .finished = 1750000000 + (int64_t)index};
        do
            draw_row(maker, &row);
        while (archive_first(maker->rows, &row.code) != NULL);
        status = archive_append(maker->rows, &row, error);
    }
    return status;
}

static enum status write_history(const struct maker *maker, struct error *error)
{
    struct buf text, path;
    buf_init(&text);
    buf_init(&path);
    enum status status = history_format_header(&text, error);
    for (size_t i = 0; status == STATUS_OK && i < archive_count(maker->rows); i++)
        status = history_format_row(archive_row(maker->rows, i), &text, error);
    if (status == STATUS_OK)
        status = buf_printf(&path, error, "%s/history.csv", maker->options->directory);
    if (status == STATUS_OK)
        status = atomic_file_replace(path.data, text.data, text.length, error);
    buf_release(&path);
    buf_release(&text);
    return status;
}

static enum status write_state(const struct maker *maker, struct error *error)
{
    struct rundir *rundir;
    struct run_state state = {0};
    bool found = false;
    size_t rows = archive_count(maker->rows);
    enum status status = rundir_open(maker->options->directory, &rundir, error);
    if (status == STATUS_OK)
        status = state_read(rundir, &state, &found, error);
    state.method.generation = (uint32_t)(rows / maker->population);
    state.asked_rows = rows;
    state.want = state.generation_done = 0;
    state.evaluations = maker->options->wanted > 0 ? maker->options->wanted : rows + 1000;
    state.seconds = 0.5 * (double)rows;
    state.ended[0] = '\0';
    if (status == STATUS_OK)
        status = state_write(rundir, &state, error);
    run_state_release(&state);
    rundir_close(rundir);
    return status;
}

enum status long_run_make(const struct long_run *options, struct error *error)
{
    const struct run_options begin = {.model = options->model,
                                      .directory = options->directory,
                                      .objectives = options->objectives,
                                      .method = "random",
                                      .limit = ITEMS,
                                      .evaluations = 2,
                                      .population = options->population,
                                      .seed = 7,
                                      .seed_given = true,
                                      .threads = 1};
    struct maker maker = {.options = options,
                          .population = options->population > 0 ? options->population : 20};
    struct run *run = NULL;
    rng_init(&maker.rng, 7, "long_run", 0);
    enum status status = run_open(&begin, &run, error);
    if (status == STATUS_OK)
        status = run_start(run, error);
    if (status == STATUS_OK)
        status = wait_for_end(run, error);
    if (status == STATUS_OK)
        status = archive_new(&maker.rows, error);
    if (status == STATUS_OK) {
        maker.first = run_snapshot(run);
        status = add_rows(&maker, error);
        snapshot_release(maker.first);
    }
    run_close(run);
    if (status == STATUS_OK)
        status = write_history(&maker, error);
    if (status == STATUS_OK)
        status = write_state(&maker, error);
    archive_free(maker.rows);
    return status;
}
