/* MMLU (Hendrycks et al. 2021): CSV without a header, question, four choices, answer letter. The
 * subject comes from the file's name; the choices that are scored are the letters; --shots K takes
 * the first K of dev/SUBJECT_dev.csv as worked examples. */
#include "loader_private.h"

#include "base/memory.h"
#include "io/atomic_file.h"

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

bool mmlu_csv_matches(const struct csv_table *table)
{
    return table->rows > 0 && table->row[0].fields == COLUMNS &&
           (letter_of(&table->row[0]) >= 0 || table->rows > 1);
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

static enum status append_question(struct buf *out, const struct csv_row *row, bool answered,
                                   struct error *error)
{
    char *question = trimmed(row->field[0], error);
    enum status status =
        question != NULL ? buf_printf(out, error, "%s\n", question) : STATUS_MEMORY;
    for (int i = 0; status == STATUS_OK && i < 4; i++)
        status = buf_printf(out, error, "%c. %s\n", 'A' + i, row->field[1 + i]);
    if (status == STATUS_OK)
        status = buf_printf(out, error, "Answer:");
    if (status == STATUS_OK && answered)
        status = buf_printf(out, error, " %c\n\n", 'A' + letter_of(row));
    memory_free(question);
    return status;
}

/* The description and the worked examples that each question of a subject begins with. */
static enum status make_preamble(const char *folder, const char *subject, unsigned shots,
                                 struct buf *out, struct error *error)
{
    char path[2 * PATH_MAX], name[256];
    struct csv_table table;
    size_t length = (size_t)snprintf(name, sizeof name, "%s", subject);
    for (size_t i = 0; i < length; i++)
        if (name[i] == '_')
            name[i] = ' ';
    enum status status = buf_printf(
        out, error, "The following are multiple choice questions (with answers) about %s.\n\n",
        name);
    if (status != STATUS_OK || shots == 0)
        return status;
    snprintf(path, sizeof path, "%s/../dev/%s_dev.csv", folder, subject);
    status = csv_read_file(path, &table, error);
    if (status != STATUS_OK)
        return error_prefix(error, "worked examples (--shots)");
    if (table.rows < shots)
        status = error_set(error, STATUS_INVALID, "%s has %zu worked examples, --shots asks for %u",
                           path, table.rows, shots);
    for (size_t i = 0; status == STATUS_OK && i < shots; i++) {
        status = check_row(path, &table.row[i], error);
        if (status == STATUS_OK)
            status = append_question(out, &table.row[i], true, error);
    }
    csv_release(&table);
    return status;
}

enum status mmlu_csv_load(const char *path, const struct csv_table *table, unsigned shots,
                          struct item_list *list, struct error *error)
{
    static const char *const letters[] = {"A", "B", "C", "D"};
    char folder[PATH_MAX], subject[256];
    struct buf context;
    buf_init(&context);
    split_path(path, folder, subject);
    enum status status = make_preamble(folder, subject, shots, &context, error);
    size_t preamble = context.length;
    for (size_t i = 0; status == STATUS_OK && i < table->rows && !item_list_full(list); i++) {
        status = check_row(path, &table->row[i], error);
        context.length = preamble;
        if (status == STATUS_OK)
            status = append_question(&context, &table->row[i], false, error);
        if (status == STATUS_OK)
            status = item_list_add(list, context.data, letters, 4,
                                   (size_t)letter_of(&table->row[i]), subject, error);
    }
    buf_release(&context);
    return status;
}

static int is_csv(const struct dirent *entry)
{
    size_t length = strlen(entry->d_name);
    return length > 4 && strcmp(entry->d_name + length - 4, ".csv") == 0;
}

static enum status load_subject(const char *path, unsigned shots, struct item_list *list,
                                struct buf *hashes, struct error *error)
{
    char sha256[SHA256_HEX];
    struct csv_table table;
    enum status status = csv_read_file(path, &table, error);
    if (status != STATUS_OK)
        return status;
    status = sha256_file(path, sha256, error);
    if (status == STATUS_OK)
        status = buf_printf(hashes, error, "%s\n", sha256);
    if (status == STATUS_OK)
        status = mmlu_csv_load(path, &table, shots, list, error);
    csv_release(&table);
    return status;
}

enum status mmlu_folder_load(const char *path, unsigned shots, struct item_list *list,
                             char sha256[SHA256_HEX], struct error *error)
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
    struct buf hashes;
    buf_init(&hashes);
    enum status status = STATUS_OK;
    for (int i = 0; i < count; i++) {
        snprintf(file, sizeof file, "%s/%s", folder, entry[i]->d_name);
        if (status == STATUS_OK && !item_list_full(list))
            status = load_subject(file, shots, list, &hashes, error);
        free(entry[i]);
    }
    free(entry); /* scandir's own allocation */
    if (status == STATUS_OK)
        status = sha256_bytes(hashes.data, hashes.length, sha256, error);
    buf_release(&hashes);
    return status;
}
