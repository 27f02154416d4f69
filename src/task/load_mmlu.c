/* MMLU (Hendrycks et al. 2021): CSV without a header, question, four choices, answer letter. The
 * subject comes from the file's name; the choices that are scored are the letters; worked examples
 * are those of dev/SUBJECT_dev.csv, the first ones unless samples are asked for. */
#include "loader_private.h"

#include "base/memory.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define COLUMNS 6

static int letter_of(const struct csv_row *row)
{
    const char *answer = row->fields == COLUMNS ? row->field[COLUMNS - 1] : "";
    return answer[0] >= 'A' && answer[0] <= 'D' && answer[1] == '\0' ? answer[0] - 'A' : -1;
}

static bool matches(const struct source *source)
{
    const struct csv_table *table = &source->table;
    return table->row[0].fields == COLUMNS && (letter_of(&table->row[0]) >= 0 || table->rows > 1);
}

/* "high_school_biology_test.csv" -> folder before it, "high_school_biology". */
static void split_path(const char *path, char folder[PATH_MAX], char subject[256])
{
    const char *slash = strrchr(path, '/'), *name = slash != NULL ? slash + 1 : path;
    static const char *const endings[] = {"_test.csv", "_val.csv", "_dev.csv", ".csv"};
    size_t length = strlen(name);
    snprintf(folder, PATH_MAX, "%.*s", slash != NULL ? (int)(slash - path) : 1,
             slash != NULL ? path : ".");
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        size_t ending = strlen(endings[i]);
        if (length > ending && strcmp(name + length - ending, endings[i]) == 0) {
            length -= ending;
            break;
        }
    }
    snprintf(subject, 256, "%.*s", (int)length, name);
}

static enum status check_row(const char *name, const struct csv_row *row, struct error *error)
{
    if (row->fields != COLUMNS)
        return error_set(error, STATUS_INVALID, "%s, line %zu: %zu columns, MMLU has %d", name,
                         row->line, row->fields, COLUMNS);
    if (letter_of(row) < 0)
        return error_set(error, STATUS_INVALID,
                         "%s, line %zu: the answer \"%.20s\" names none of A, B, C, D", name,
                         row->line, row->field[COLUMNS - 1]);
    return STATUS_OK;
}

static enum status append_question(struct buf *out, const struct csv_row *row, struct error *error)
{
    char *question = trimmed(row->field[0], error);
    enum status status =
        question != NULL ? buf_printf(out, error, "%s\n", question) : STATUS_MEMORY;
    for (int i = 0; status == STATUS_OK && i < 4; i++)
        status = buf_printf(out, error, "%c. %s\n", 'A' + i, row->field[1 + i]);
    memory_free(question);
    return status == STATUS_OK ? buf_printf(out, error, "Answer:") : status;
}

/* The questions of one file, each behind the description. */
static enum status add_rows(const char *path, const struct csv_table *table, const char *intro,
                            const char *subject, struct item_list *list, struct error *error)
{
    static const char *const letters[] = {"A", "B", "C", "D"};
    struct buf context;
    buf_init(&context);
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < table->rows && !item_list_full(list); i++) {
        buf_clear(&context);
        status = check_row(path, &table->row[i], error);
        if (status == STATUS_OK)
            status = buf_printf(&context, error, "%s", intro);
        if (status == STATUS_OK)
            status = append_question(&context, &table->row[i], error);
        if (status == STATUS_OK)
            status = item_list_add(list,
                                   &(struct item_parts){.context = context.data,
                                                        .choice = letters,
                                                        .choices = 4,
                                                        .gold = (size_t)letter_of(&table->row[i]),
                                                        .group = subject},
                                   error);
    }
    buf_release(&context);
    return status;
}

/* Puts worked examples of dev/ behind the description of the items from `first` on. */
static enum status add_shots(struct loading *loading, const char *folder, const char *subject,
                             const char *intro, struct item_list *list, size_t first,
                             struct error *error)
{
    char path[2 * PATH_MAX], *text;
    size_t length;
    struct csv_table table;
    struct item_list pool = {0};
    snprintf(path, sizeof path, "%s/../dev/%s_dev.csv", folder, subject);
    enum status status = loading_read(loading, path, &text, &length, error);
    if (status != STATUS_OK)
        return error_prefix(error, "worked examples (--shots)");
    status = csv_read_memory(path, text, length, &table, error);
    if (status == STATUS_OK)
        status = add_rows(path, &table, intro, subject, &pool, error);
    if (status == STATUS_OK)
        status = shots_add(list, first,
                           &(struct shots){.pool = &pool,
                                           .name = path,
                                           .count = loading->options->shots,
                                           .sample = loading->options->from == SHOTS_FROM_SAMPLE,
                                           .intro = strlen(intro)},
                           error);
    item_list_release(&pool);
    csv_release(&table);
    memory_free(text);
    return status;
}

static enum status load_subject(struct loading *loading, const char *path,
                                const struct csv_table *table, struct item_list *list,
                                struct error *error)
{
    char folder[PATH_MAX], subject[256], name[256], intro[400];
    size_t first = list->count;
    split_path(path, folder, subject);
    snprintf(name, sizeof name, "%s", subject);
    for (char *at = name; (at = strchr(at, '_')) != NULL;)
        *at = ' ';
    snprintf(intro, sizeof intro,
             "The following are multiple choice questions (with answers) about %s.\n\n", name);
    enum status status = add_rows(path, table, intro, subject, list, error);
    if (status == STATUS_OK && loading->options->shots > 0)
        status = add_shots(loading, folder, subject, intro, list, first, error);
    return status;
}

static enum status load_file(const struct source *source, struct item_list *list,
                             struct error *error)
{
    return load_subject(source->loading, source->path, &source->table, list, error);
}

const struct task_format mmlu_csv_format = {
    .info = {"MMLU CSV", "question, four choices, answer letter; no header"},
    .matches = matches,
    .load = load_file,
    .own_shots = true,
};

/* ---- the folder ---- */

const struct task_format mmlu_folder_format = {
    .info = {"MMLU folder", "test/SUBJECT_test.csv, and dev/ for --shots"},
};

static int is_csv(const struct dirent *entry)
{
    size_t length = strlen(entry->d_name);
    return length > 4 && strcmp(entry->d_name + length - 4, ".csv") == 0;
}

static enum status load_path(struct loading *loading, const char *path, struct item_list *list,
                             struct error *error)
{
    char *text;
    size_t length;
    struct csv_table table;
    enum status status = loading_read(loading, path, &text, &length, error);
    if (status != STATUS_OK)
        return status;
    status = csv_read_memory(path, text, length, &table, error);
    if (status == STATUS_OK)
        status = load_subject(loading, path, &table, list, error);
    csv_release(&table);
    memory_free(text);
    return status;
}

enum status mmlu_folder_load(struct loading *loading, const char *path, struct item_list *list,
                             struct error *error)
{
    static const char *const places[] = {"%s/test", "%s/data/test", "%s"};
    char folder[PATH_MAX], file[PATH_MAX + 300];
    struct dirent **entry = NULL;
    int count = -1;
    for (size_t i = 0; count <= 0 && i < sizeof places / sizeof *places; i++) {
        snprintf(folder, sizeof folder, places[i], path);
        count = scandir(folder, &entry, is_csv, alphasort);
        if (count == 0)
            free(entry);
    }
    if (count <= 0)
        return error_set(error, STATUS_INVALID,
                         "%s has no test/SUBJECT_test.csv: a folder given as a task is MMLU", path);
    enum status status = STATUS_OK;
    for (int i = 0; i < count; i++) {
        snprintf(file, sizeof file, "%s/%s", folder, entry[i]->d_name);
        if (status == STATUS_OK && !item_list_full(list))
            status = load_path(loading, file, list, error);
        free(entry[i]);
    }
    free(entry); /* scandir's own allocation */
    return status;
}
