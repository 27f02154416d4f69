/* bench_open [rows=N] [run=DIR]: a run of N evaluations (100,000) of a small model, made up for
 * this or found in DIR, opened by a watcher and by who goes on with it, until there is a picture
 * with all of its rows; and what one picture more costs, with and without a new row. CSV: what,
 * rows, milliseconds (of the openings the fastest of five). */
#include "../../src/engine/run_private.h"
#include "base/clock.h"
#include "bench_tools.h"
#include "long_run.h"
#include "support.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TIMES 5
#define PUBLISHES 100

typedef enum status opening(const struct run_options *options, struct run **run,
                            struct error *error);

struct spent { /* seconds: of the clock, of this thread's processor time */
    double wall, cpu;
};

static struct spent now(void)
{
    return (struct spent){clock_seconds(), clock_cpu_seconds()};
}

static struct spent since(struct spent start)
{
    struct spent end = now();
    return (struct spent){end.wall - start.wall, end.cpu - start.cpu};
}

static void tell(const char *what, size_t rows, struct spent spent, int times)
{
    printf("%s,%zu,%.3f,%.3f\n", what, rows, 1e3 * spent.wall / times, 1e3 * spent.cpu / times);
    fflush(stdout);
}

static void publish_again(struct run *run, const char *what, bool stale, size_t rows)
{
    struct spent start = now();
    for (int i = 0; i < PUBLISHES; i++) {
        run->stale = stale;
        run_publish(run);
    }
    tell(what, rows, since(start), PUBLISHES);
}

/* As the engine does with an evaluation, but for the disk. */
static enum status add_rows(struct run *run, size_t rows, struct error *error)
{
    enum status status = STATUS_OK;
    run->look.phase = RUN_EVALUATING;
    struct spent start = now();
    for (size_t i = 0; status == STATUS_OK && i < PUBLISHES; i++) {
        struct row row = *archive_row(run->archive, rows - 1 - i);
        row.id = (uint32_t)archive_count(run->archive);
        memset(row.code.text, '7', run->shape->layers); /* none of those that are there */
        row.code.text[i % run->shape->layers] = '.';
        row.code.text[i / run->shape->layers % run->shape->layers] = 'h';
        status = archive_append(run->archive, &row, error);
        if (status == STATUS_OK)
            status = run_replay_row(run, &row, error);
        run->stale = true;
        run_publish(run);
    }
    tell("publish_with_a_row", rows, since(start), PUBLISHES);
    return status;
}

static enum status measure(const char *name, opening *open_run, const struct run_options *options,
                           size_t rows, struct error *error)
{
    struct spent least = {INFINITY, INFINITY};
    enum status status = STATUS_OK;
    for (int i = 0; status == STATUS_OK && i < TIMES; i++) {
        struct run *run;
        struct spent start = now();
        status = open_run(options, &run, error);
        if (status != STATUS_OK)
            return status;
        const struct snapshot *snapshot = run_snapshot(run);
        struct spent spent = since(start);
        least.wall = fmin(least.wall, spent.wall);
        least.cpu = fmin(least.cpu, spent.cpu);
        if (snapshot->rows < rows)
            status = error_set(error, STATUS_FAILED, "%s: the first picture has %zu of %zu rows",
                               name, snapshot->rows, rows);
        snapshot_release(snapshot);
        if (status == STATUS_OK && i + 1 == TIMES) {
            tell(name, rows, least, 1);
            publish_again(run, "publish", false, rows);
            publish_again(run, "publish_looking_again", true, rows);
            status = add_rows(run, rows, error);
        }
        run_close(run);
    }
    return status;
}

static enum status make(size_t rows, const char *directory, struct error *error)
{
    char model[4200];
    const struct tiny_options tiny = {.layers = 12, .hidden = 32, .intermediate = 256};
    snprintf(model, sizeof model, "%s.gguf", directory);
    enum status status = support_tiny_model(model, &tiny, error);
    return status == STATUS_OK
               ? long_run_make(
                     &(struct long_run){.model = model, .directory = directory, .rows = rows},
                     error)
               : status;
}

int main(int argc, char **argv)
{
    size_t rows = 100000;
    const char *there = NULL;
    struct error error = {0};
    for (int i = 1; i < argc; i++)
        if (!bench_number(argv[i], "rows", 1000, 1000000, &rows) &&
            (there = bench_text(argv[i], "run")) == NULL) {
            fprintf(stderr, "usage: bench_open [rows=N] [run=DIR]\n");
            return 2;
        }
    char *folder = support_folder(), directory[4160];
    if (folder == NULL)
        return 1;
    setenv("XDG_CACHE_HOME", folder, 1);
    snprintf(directory, sizeof directory, "%s/long.run", folder);
    const struct run_options options = {.directory = there != NULL ? there : directory,
                                        .threads = 1};
    enum status status = there != NULL ? STATUS_OK : make(rows, directory, &error);
    printf("what,rows,milliseconds,cpu_milliseconds\n");
    if (status == STATUS_OK)
        status = measure("run_watch", run_watch, &options, rows, &error);
    if (status == STATUS_OK)
        status = measure("run_open", run_open, &options, rows, &error);
    support_folder_remove(folder);
    if (status != STATUS_OK)
        fprintf(stderr, "%s\n", error.message);
    return status == STATUS_OK ? 0 : 1;
}
