/* DIR/overlays/NAME.csv: fronts of other runs of the same model (of another weight type, say),
 * drawn over this one's. They have history.csv's columns, as paretop front --csv prints them, and
 * are followed while the run is open. A list of them is made anew when a file has changed and is
 * shared by the snapshots until then. acc_est is by this run's estimate, as it was when the last
 * generation ended: it moves little within one. */
#include "run_private.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/shared.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LEAST_SECONDS 1.0 /* between two looks */

struct file {
    char name[32]; /* without .csv */
    struct history_reader *reader;
    size_t rows;                   /* that the list knows */
    const struct archive *archive; /* that it knows, compared only */
    char why[256];                 /* first thing that was left out; "" nothing */
    bool told;
};

struct overlays {
    struct file file[RUN_OVERLAYS];
    size_t files;
    double looked;       /* when */
    uint32_t generation; /* of the estimate */
    bool listed;
};

struct list {
    struct run_overlay overlay[RUN_OVERLAYS];
    uint32_t *front[RUN_OVERLAYS]; /* owned */
};

static void release_list(void *memory)
{
    struct list *list = memory;
    for (size_t i = 0; i < RUN_OVERLAYS; i++) {
        memory_free(list->front[i]);
        archive_free((struct archive *)(uintptr_t)list->overlay[i].archive);
    }
}

/* ---- the folder ---- */

static int by_name(const void *a, const void *b)
{
    return strcmp(a, b);
}

/* Names of the first RUN_OVERLAYS files, sorted; returns how many. */
static size_t list_names(const char *directory, char name[RUN_OVERLAYS + 1][32])
{
    struct buf path;
    size_t count = 0;
    buf_init(&path);
    DIR *folder =
        buf_printf(&path, NULL, "%s/overlays", directory) == STATUS_OK ? opendir(path.data) : NULL;
    for (struct dirent *entry; folder != NULL && (entry = readdir(folder)) != NULL;) {
        size_t length = strlen(entry->d_name);
        if (length < 5 || length - 4 >= sizeof name[0] || entry->d_name[0] == '.' ||
            strcmp(entry->d_name + length - 4, ".csv") != 0)
            continue;
        snprintf(name[count], sizeof name[0], "%.*s", (int)length - 4, entry->d_name);
        count++;
        qsort(name, count, sizeof name[0], by_name);
        count = count < RUN_OVERLAYS ? count : RUN_OVERLAYS;
    }
    if (folder != NULL)
        closedir(folder);
    buf_release(&path);
    return count;
}

static void hear(void *context, const char *text)
{
    struct file *file = context;
    if (file->why[0] == '\0')
        snprintf(file->why, sizeof file->why, "%.255s", text);
}

static void close_files(struct overlays *overlays)
{
    for (size_t i = 0; i < overlays->files; i++)
        history_reader_free(overlays->file[i].reader);
    overlays->files = 0;
}

/* True: there are others than before, all to be read. */
static bool find_files(struct run *run, struct overlays *overlays)
{
    char name[RUN_OVERLAYS + 1][32];
    size_t count = list_names(rundir_path(run->rundir), name);
    bool same = count == overlays->files;
    for (size_t i = 0; same && i < count; i++)
        same = strcmp(name[i], overlays->file[i].name) == 0;
    if (same)
        return false;
    close_files(overlays);
    for (size_t i = 0; i < count; i++) {
        struct file *file = &overlays->file[overlays->files];
        char path[64];
        *file = (struct file){0};
        snprintf(file->name, sizeof file->name, "%s", name[i]);
        snprintf(path, sizeof path, "overlays/%s.csv", name[i]);
        overlays->files += rows_reader_new(rundir_path(run->rundir), path, run->shape, hear, file,
                                           &file->reader, NULL) == STATUS_OK;
    }
    return true;
}

/* True: it has changed. */
static bool read_file(struct run *run, struct file *file)
{
    struct error error = {0};
    bool anew;
    if (history_reader_read(file->reader, &anew, &error) != STATUS_OK)
        hear(file, error.message);
    if (file->why[0] != '\0' && !file->told)
        run_say(run, "%s", file->why);
    file->told = file->told || file->why[0] != '\0';
    const struct archive *archive = history_reader_archive(file->reader);
    bool change = archive != file->archive || archive_count(archive) != file->rows;
    file->archive = archive;
    file->rows = archive_count(archive);
    return change;
}

/* ---- the list ---- */

static struct list *make_list(struct run *run, const struct overlays *overlays)
{
    const struct pins none = {0};
    struct list *list = shared_new(sizeof *list, release_list, NULL);
    for (size_t i = 0; list != NULL && i < overlays->files; i++) {
        const struct file *file = &overlays->file[i];
        struct run_overlay *overlay = &list->overlay[i];
        size_t feasible;
        memcpy(overlay->name, file->name, sizeof overlay->name);
        overlay->archive = file->archive;
        overlay->rows = file->rows;
        archive_hold(file->archive);
        if (front_of_rows(file->archive, file->rows, &run->look.estimate, run->setup.objectives,
                          run->setup.m, &none, &list->front[i], &overlay->fronts, &feasible,
                          NULL) != STATUS_OK) {
            shared_drop(list);
            return NULL;
        }
        overlay->front = list->front[i];
    }
    return list;
}

static bool by_estimate(const struct run *run)
{
    for (size_t k = 0; k < run->setup.m; k++)
        if (objective_is_derived(run->setup.objectives[k]))
            return true;
    return false;
}

bool run_look_at_overlays(struct run *run)
{
    struct overlays *overlays = run->overlays;
    struct snapshot *look = &run->look;
    double time = clock_seconds();
    if (overlays == NULL)
        overlays = run->overlays = memory_new(1, sizeof *overlays, NULL);
    if (overlays == NULL || (overlays->listed && time - overlays->looked < LEAST_SECONDS))
        return false;
    overlays->looked = time;
    bool change = find_files(run, overlays) || !overlays->listed;
    for (size_t i = 0; i < overlays->files; i++)
        change = read_file(run, &overlays->file[i]) || change;
    uint32_t generation = run->state.method.generation;
    change =
        change || (overlays->files > 0 && overlays->generation != generation && by_estimate(run));
    struct list *list = change ? make_list(run, overlays) : NULL;
    if (list == NULL)
        return false;
    shared_drop(look->held[SNAPSHOT_OVERLAYS]);
    look->held[SNAPSHOT_OVERLAYS] = list;
    look->overlay = list->overlay;
    look->overlays = overlays->files;
    overlays->generation = generation;
    overlays->listed = true;
    return true;
}

void run_overlays_release(struct run *run)
{
    shared_drop(run->look.held[SNAPSHOT_OVERLAYS]);
    run->look.held[SNAPSHOT_OVERLAYS] = NULL;
    if (run->overlays != NULL)
        close_files(run->overlays);
    memory_free(run->overlays);
    run->overlays = NULL;
}
