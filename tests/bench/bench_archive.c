/* bench_archive [rows=N]: what one evaluation costs beside the evaluation itself when the archive
 * holds N networks (10,000), as CSV. Rows at random, and the hard case, in which all are on the
 * front. Processor time, which waits for no disk; steps of a generation are divided by its 20 rows.
 */
#include "../../ui/view.h"
#include "base/clock.h"
#include "base/memory.h"
#include "base/rng.h"
#include "bench_tools.h"
#include "search/hypervolume.h"
#include "search/method.h"
#include "search/row.h"
#include "store/rundir.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LAST 200 /* rows that are measured */
#define POPULATION 20

static const enum objective objectives[] = {OBJECTIVE_ACC, OBJECTIVE_BYTES, OBJECTIVE_MACS};
static const enum objective estimated[] = {OBJECTIVE_ACC_EST, OBJECTIVE_BYTES, OBJECTIVE_MACS};

struct bench {
    bool hard;
    size_t m, rows;
    struct rng rng;
    struct archive *archive;
    struct growing_volume volume;
    struct rundir *rundir;
    struct kept_front kept, kept_estimated;
    struct estimate estimate;
    struct pins none, pins;
    struct method_state state;
    struct view view;
    struct snapshot picture;
    uint32_t *front;
    size_t fronts, feasible;
};

enum step {
    STEP_ARCHIVE,
    STEP_VOLUME,
    STEP_KEPT,
    STEP_KEPT_ESTIMATED,
    STEP_FRONT,
    STEP_FRONT_PINS,
    STEP_KNEE,
    STEP_NSGA2,
    STEP_FRONT_FILE,
    STEP_HISTORY,
    STEP_VIEW,
    STEP_VIEW_ALL,
    STEPS
};
static const char *const step_name[STEPS] = {
    "archive_append",       "growing_volume_add",
    "kept_front_update",    "kept_front_update_estimated",
    "front_of_rows",        "front_of_rows_two_pins",
    "front_knee_of_points", "nsga2_tell",
    "front_write",          "history_append",
    "view_refresh",         "view_refresh_all",
};

/* Worths in [0, 1), the larger the better; on a plane where what one has another lacks. */
static void draw_row(struct bench *bench, struct row *row)
{
    double worth[3], sum = 0;
    *row = (struct row){.id = (uint32_t)archive_count(bench->archive), .origin = "nsga2"};
    for (size_t k = 0; k < bench->m; k++) {
        worth[k] = rng_uniform(&bench->rng);
        sum += worth[k];
    }
    for (size_t k = 0; bench->hard && k < bench->m; k++)
        worth[k] /= sum;
    for (int i = 0; i < OBJECTIVES; i++)
        row->value[i] = NAN;
    row->value[OBJECTIVE_ACC] = worth[0];
    row->value[OBJECTIVE_BYTES] = 1e8 * (1 - worth[1]);
    row->value[OBJECTIVE_CHOICE_NLL] = -log(.05 + .9 * worth[0] + .05 * rng_uniform(&bench->rng));
    row->value[OBJECTIVE_MACS] = bench->m == 3 ? 1e8 * (1 - worth[2]) : 1e8;
    row->standard_error = .03;
    row->n = 200;
    for (int i = 0; i < 30; i++)
        row->code.text[i] = "8764h."[rng_below(&bench->rng, 6)];
}

static enum status add_volume(struct bench *bench, const struct row *row, struct error *error)
{
    double point[3];
    for (size_t k = 0; k < bench->m; k++)
        point[k] = k == 0 ? 1 - row->value[objectives[0]] : row->value[objectives[k]] / 1e8;
    return growing_volume_add(&bench->volume, point, error);
}

static enum status find_front(struct bench *bench, const struct pins *pins, struct error *error)
{
    memory_free(bench->front);
    return front_of_rows(bench->archive, archive_count(bench->archive), &bench->estimate,
                         objectives, bench->m, pins, &bench->front, &bench->fronts,
                         &bench->feasible, error);
}

static enum status update(struct bench *bench, struct kept_front *kept, struct error *error)
{
    return kept_front_update(kept, bench->archive, archive_count(bench->archive), &bench->estimate,
                             &bench->pins, error);
}

static enum status tell(struct bench *bench, struct error *error)
{
    const struct method_options options = {.population = POPULATION};
    const struct method_context context = {.archive = bench->archive,
                                           .rows = archive_count(bench->archive),
                                           .objectives = objectives,
                                           .m = bench->m,
                                           .pins = &bench->pins};
    return method_by_name("nsga2")->tell(&bench->state, &options, &context, error);
}

static void refresh_view(struct bench *bench, bool everything)
{
    struct snapshot *picture = &bench->picture;
    picture->archive = bench->archive;
    picture->rows = archive_count(bench->archive);
    picture->front = bench->front;
    picture->fronts = bench->fronts;
    picture->m = bench->m;
    memcpy(picture->objectives, objectives, sizeof objectives);
    bench->view.everything = everything;
    view_refresh(&bench->view, picture);
}

static enum status take_step(struct bench *bench, enum step step, const struct row *row,
                             struct error *error)
{
    bool few;
    switch (step) {
    case STEP_ARCHIVE:
        return archive_append(bench->archive, row, error);
    case STEP_VOLUME:
        return add_volume(bench, row, error);
    case STEP_KEPT:
        return update(bench, &bench->kept, error);
    case STEP_KEPT_ESTIMATED:
        estimate_add(&bench->estimate, row);
        return update(bench, &bench->kept_estimated, error);
    case STEP_FRONT:
        return find_front(bench, &bench->none, error);
    case STEP_FRONT_PINS:
        return find_front(bench, &bench->pins, error);
    case STEP_KNEE:
        front_knee_of_points(bench->kept.front.point, bench->kept.front.points, bench->m, &few);
        return STATUS_OK;
    case STEP_NSGA2:
        return row->id % POPULATION == 0 ? tell(bench, error) : STATUS_OK;
    case STEP_FRONT_FILE:
        return row->id % POPULATION == 0
                   ? front_write(bench->rundir, bench->archive, bench->front, bench->fronts, error)
                   : STATUS_OK;
    case STEP_HISTORY:
        return history_append(bench->rundir, row, error);
    case STEP_VIEW:
    case STEP_VIEW_ALL:
        refresh_view(bench, step == STEP_VIEW_ALL);
        return STATUS_OK;
    case STEPS:
        break;
    }
    return STATUS_OK;
}

static enum status measure(struct bench *bench, struct error *error)
{
    double seconds[STEPS] = {0};
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < bench->rows; i++) {
        struct row row;
        bool measured = i + LAST >= bench->rows;
        draw_row(bench, &row);
        if (!measured)
            estimate_add(&bench->estimate, &row);
        for (int step = 0; status == STATUS_OK && step < (measured ? STEPS : STEP_KEPT); step++) {
            double start = clock_cpu_seconds();
            status = take_step(bench, (enum step)step, &row, error);
            seconds[step] += measured ? clock_cpu_seconds() - start : 0;
        }
    }
    for (int step = 0; status == STATUS_OK && step < STEPS; step++)
        printf("%zu,%zu,%s_%s,%.1f\n", bench->m, bench->rows, step_name[step],
               bench->hard ? "hard" : "random", 1e6 * seconds[step] / LAST);
    return status;
}

static enum status run(size_t m, bool hard, size_t rows, const char *directory, struct error *error)
{
    static const double ones[3] = {1, 1, 1};
    static const struct view_port port = {0};
    static struct bench bench;
    bench = (struct bench){.hard = hard, .m = m, .rows = rows};
    rng_init(&bench.rng, 1, "bench_archive", m);
    growing_volume_init(&bench.volume, m, ones);
    kept_front_init(&bench.kept, objectives, m);
    kept_front_init(&bench.kept_estimated, estimated, m);
    view_init(&bench.view, &port, GLYPHS_ASCII);
    enum status status = archive_new(&bench.archive, error);
    if (status == STATUS_OK)
        status = pins_parse("bytes<=80MB and acc>=0.1", NULL, &bench.pins, error);
    if (status == STATUS_OK)
        status = rundir_open(directory, &bench.rundir, error);
    if (status == STATUS_OK)
        status = measure(&bench, error);
    rundir_close(bench.rundir);
    view_release(&bench.view);
    method_state_release(&bench.state);
    growing_volume_release(&bench.volume);
    kept_front_release(&bench.kept);
    kept_front_release(&bench.kept_estimated);
    memory_free(bench.front);
    archive_free(bench.archive);
    return status;
}

int main(int argc, char **argv)
{
    size_t rows = 10000;
    char directory[64];
    struct error error = {0};
    if (argc > 2 || (argc == 2 && !bench_number(argv[1], "rows", LAST, 1000000, &rows))) {
        fprintf(stderr, "usage: bench_archive [rows=N]\n");
        return 2;
    }
    printf("objectives,rows,step,microseconds_per_row\n");
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < 4; i++) {
        char command[96];
        snprintf(directory, sizeof directory, "/tmp/bench-archive-XXXXXX");
        if (mkdtemp(directory) == NULL)
            return 1;
        status = run(2 + i / 2, i % 2 == 1, rows, directory, &error);
        snprintf(command, sizeof command, "rm -rf %s", directory);
        if (system(command) != 0)
            return 1;
    }
    if (status != STATUS_OK)
        fprintf(stderr, "%s\n", error.message);
    return status == STATUS_OK ? 0 : 1;
}
