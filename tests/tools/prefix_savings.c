/* prefix_savings [checkpoints=N,...] HISTORY.csv...: which share of layers the prefix cache spares
 * over the history of a search, as CSV: for several numbers of checkpoints, in the order of the
 * file and with each generation sorted, beside the bound (every layer of every network kept). */
#include "base/memory.h"
#include "io/csv.h"
#include "prefix_simulation.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct history {
    struct arch_code *code;
    struct prefix_generation *generation;
    size_t count, generations;
    uint32_t layers;
};

static void history_release(struct history *history)
{
    memory_free(history->code);
    memory_free(history->generation);
}

/* Rows of one generation follow each other. */
static enum status take_rows(const char *path, const struct csv_table *table,
                             struct history *history, struct error *error)
{
    int code = csv_column(table, "code"), generation = csv_column(table, "generation");
    const char *before = NULL;
    for (size_t i = 1; i < table->rows; i++) {
        const struct csv_row *row = &table->row[i];
        struct arch_code *to = &history->code[history->count];
        if (code < 0 || generation < 0 ||
            row->fields <= (size_t)(code > generation ? code : generation))
            return error_set(error, STATUS_INVALID, "%s: no columns code and generation", path);
        size_t length = strlen(row->field[code]);
        if (length == 0 || length > ARCH_MAX_LAYERS || (i > 1 && length != history->layers))
            return error_set(error, STATUS_INVALID, "%s: line %zu: no code of %u layers", path,
                             row->line, history->layers);
        history->layers = (uint32_t)length;
        memcpy(to->text, row->field[code], length + 1);
        if (before == NULL || strcmp(before, row->field[generation]) != 0)
            history->generation[history->generations++].code = to;
        before = row->field[generation];
        history->generation[history->generations - 1].count++;
        history->count++;
    }
    return history->count > 0 ? STATUS_OK : error_set(error, STATUS_INVALID, "%s: no rows", path);
}

static enum status read_history(const char *path, struct history *history, struct error *error)
{
    struct csv_table table;
    *history = (struct history){0};
    enum status status = csv_read_file(path, &table, error);
    if (status != STATUS_OK)
        return status;
    history->code = memory_new(table.rows, sizeof *history->code, error);
    history->generation = memory_new(table.rows, sizeof *history->generation, error);
    status = history->code != NULL && history->generation != NULL
                 ? take_rows(path, &table, history, error)
                 : STATUS_MEMORY;
    csv_release(&table);
    return status;
}

static void print_row(const char *path, const struct history *history, const char *order,
                      const char *checkpoints, const struct prefix_savings *savings)
{
    printf("%s,%zu,%s,%s,%llu,%llu,%.4f,%zu\n", path, history->count, order, checkpoints,
           (unsigned long long)savings->layers, (unsigned long long)savings->saved,
           (double)savings->saved / (double)savings->layers, savings->checkpoints);
}

static enum status simulate(const char *path, const struct history *history, const char *order,
                            const char *list, struct error *error)
{
    struct prefix_savings savings =
        prefix_bound(history->generation, history->generations, history->layers);
    print_row(path, history, order, "all", &savings);
    for (const char *at = list; *at != '\0'; at += strcspn(at, ","), at += *at == ',') {
        char text[24];
        size_t checkpoints = (size_t)strtoul(at, NULL, 10);
        enum status status = prefix_simulate(history->generation, history->generations,
                                             history->layers, checkpoints, &savings, error);
        if (status != STATUS_OK)
            return status;
        snprintf(text, sizeof text, "%zu", checkpoints);
        print_row(path, history, order, text, &savings);
    }
    return STATUS_OK;
}

static enum status report(const char *path, const char *list, struct error *error)
{
    struct history history;
    enum status status = read_history(path, &history, error);
    if (status == STATUS_OK)
        status = simulate(path, &history, "file", list, error);
    for (size_t g = 0; g < history.generations; g++)
        arch_code_sort(history.generation[g].code, history.generation[g].count);
    if (status == STATUS_OK)
        status = simulate(path, &history, "sorted", list, error);
    history_release(&history);
    return status;
}

int main(int argc, char **argv)
{
    static const char option[] = "checkpoints=";
    const char *list = "5,10,20,50,113";
    int first = 1;
    if (argc > 1 && strncmp(argv[1], option, sizeof option - 1) == 0)
        list = argv[first++] + sizeof option - 1;
    if (first == argc) {
        fprintf(stderr, "usage: prefix_savings [checkpoints=N,...] HISTORY.csv...\n");
        return 2;
    }
    printf("history,evaluations,order,checkpoints,layers,saved,share,written\n");
    for (int i = first; i < argc; i++) {
        struct error error = {0};
        if (report(argv[i], list, &error) != STATUS_OK) {
            fprintf(stderr, "prefix_savings: %s\n", error.message);
            return 2;
        }
    }
    return 0;
}
