/* requests.d: each writer appends to a file of its own; the run alone answers, in answers.csv. A
 * request is a line "verb,argument"; it counts once it ends in a newline. */
#include "rundir_private.h"

#include "base/memory.h"
#include "io/csv.h"
#include "io/shared_folder.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static enum status file_in(const struct rundir *rundir, const char *name, struct buf *path,
                           struct error *error)
{
    buf_init(path);
    return buf_printf(path, error, "%s/requests.d/%s", rundir->path, name);
}

static enum status count_lines(const char *path, size_t *lines, struct error *error)
{
    char *text = NULL;
    size_t length = 0;
    *lines = 0;
    enum status status = file_read_regular(path, &text, &length, error);
    for (size_t i = 0; status == STATUS_OK && i < length; i++)
        *lines += text[i] == '\n';
    memory_free(text);
    return status;
}

static enum status open_own(struct rundir *rundir, struct error *error)
{
    struct buf path;
    char host[48] = "host", name[96];
    enum status status = shared_folder_make(rundir->path, "requests.d", error);
    if (status != STATUS_OK)
        return status;
    gethostname(host, sizeof host - 1);
    snprintf(name, sizeof name, "%s-%ld.csv", host, (long)getpid());
    status = file_in(rundir, name, &path, error);
    if (status == STATUS_OK)
        status = append_file_open(path.data, &rundir->requests, error);
    if (status == STATUS_OK) /* of a process before that had the same number */
        status = count_lines(path.data, &rundir->own_lines, error);
    snprintf(rundir->own, sizeof rundir->own, "%s", name);
    buf_release(&path);
    return status;
}

enum status request_write(struct rundir *rundir, const char *verb, const char *argument,
                          struct error *error)
{
    struct buf line;
    if (strpbrk(verb, "\r\n") != NULL || strpbrk(argument, "\r\n") != NULL)
        return error_set(error, STATUS_INVALID, "a request is one line");
    buf_init(&line);
    enum status status = rundir->requests == NULL ? open_own(rundir, error) : STATUS_OK;
    if (status == STATUS_OK)
        status = csv_append_field(&line, 1, verb, error);
    if (status == STATUS_OK)
        status = csv_append_field(&line, 0, argument, error);
    if (status == STATUS_OK)
        status = buf_append(&line, "\n", 1, error);
    if (status == STATUS_OK)
        status = append_file_line(rundir->requests, line.data, line.length, error);
    rundir->own_lines += status == STATUS_OK;
    buf_release(&line);
    return status;
}

size_t request_own_line(const struct rundir *rundir, const char *file)
{
    return file == NULL || strcmp(rundir->own, file) == 0 ? rundir->own_lines : 0;
}

/* How far a writer's file has been read; *file NULL for a name that no writer gives. */
static enum status file_entry(struct rundir *rundir, const char *name, struct request_file **file,
                              struct error *error)
{
    *file = NULL;
    for (size_t i = 0; i < rundir->files; i++)
        if (strcmp(rundir->file[i].name, name) == 0)
            *file = &rundir->file[i];
    if (*file != NULL || strlen(name) >= sizeof rundir->file[0].name)
        return STATUS_OK;
    enum status status = memory_reserve(&rundir->file, &rundir->file_capacity, rundir->files + 1,
                                        sizeof *rundir->file, error);
    if (status != STATUS_OK)
        return status;
    *file = &rundir->file[rundir->files++];
    snprintf((*file)->name, sizeof(*file)->name, "%s", name);
    return STATUS_OK;
}

/* ---- answers ---- */

static bool read_answer(const char *text, size_t length, struct answer *answer)
{
    struct csv_table table;
    int64_t line = 0, id = 0;
    bool good =
        csv_read_memory("answers.csv", text, length, &table, NULL) == STATUS_OK &&
        table.rows == 1 && table.row[0].fields >= 3 &&
        strlen(table.row[0].field[0]) < sizeof answer->file &&
        integer_parse("line", table.row[0].field[1], 1, INT32_MAX, &line, NULL) == STATUS_OK &&
        integer_parse("id", table.row[0].field[2], 0, UINT32_MAX, &id, NULL) == STATUS_OK;
    if (good) {
        *answer = (struct answer){.line = (size_t)line, .id = (uint32_t)id};
        snprintf(answer->file, sizeof answer->file, "%s", table.row[0].field[0]);
        if (table.row[0].fields > 3)
            snprintf(answer->refusal, sizeof answer->refusal, "%s", table.row[0].field[3]);
    }
    csv_release(&table);
    return good;
}

enum status answers_read(struct rundir *rundir, answer_sink *sink, void *context,
                         struct error *error)
{
    struct buf path;
    struct stat about;
    char *text = NULL;
    size_t length = 0, at = 0, line = 0;
    enum status status = file_in(rundir, "answers.csv", &path, error);
    if (status == STATUS_OK && stat(path.data, &about) == 0 &&
        (size_t)about.st_size != rundir->answers_seen)
        status = file_read_regular(path.data, &text, &length, error);
    for (char *end; status == STATUS_OK && text != NULL &&
                    (end = memchr(text + at, '\n', length - at)) != NULL;
         at = (size_t)(end - text) + 1) {
        struct answer answer;
        bool header = ++line == 1, known = at < rundir->answers_seen;
        if (header || known)
            continue;
        if (!read_answer(text + at, (size_t)(end - text) - at, &answer))
            rundir_log_once(rundir, "requests.d/answers.csv, line %zu is no answer; left out",
                            line);
        else if (sink != NULL)
            status = sink(context, &answer, error);
    }
    if (status == STATUS_OK && text != NULL)
        rundir->answers_seen = at;
    memory_free(text);
    buf_release(&path);
    return status;
}

/* Lines answered earlier are not asked again. */
static enum status note_answer(void *context, const struct answer *answer, struct error *error)
{
    struct rundir *rundir = context;
    struct request_file *file;
    enum status status = file_entry(rundir, answer->file, &file, error);
    if (status == STATUS_OK && file != NULL && file->lines < answer->line)
        file->lines = answer->line;
    return status;
}

static enum status read_answers(struct rundir *rundir, struct error *error)
{
    enum status status = answers_read(rundir, note_answer, rundir, error);
    rundir->answers_read = status == STATUS_OK;
    return status;
}

/* ---- requests ---- */

/* The file's text, NULL for what cannot be read: a folder, a pipe, a file that its writer keeps to
 * himself. Whatever others put into requests.d, it does not end or hold up the run. */
static enum status read_file_of(struct rundir *rundir, const char *name, char **text,
                                size_t *length, struct error *error)
{
    struct buf path;
    *text = NULL;
    enum status status = file_in(rundir, name, &path, error);
    if (status == STATUS_OK)
        status = file_read_regular(path.data, text, length, error);
    buf_release(&path);
    return status == STATUS_IO || status == STATUS_INVALID ? STATUS_OK : status;
}

/* The line after `file->lines` of a writer's file, if it is complete. */
static enum status next_of(struct rundir *rundir, struct request_file *file,
                           struct request *request, bool *found, struct error *error)
{
    char *text = NULL;
    size_t length = 0, line = 0;
    enum status status = read_file_of(rundir, file->name, &text, &length, error);
    for (char *at = text, *end; status == STATUS_OK && at != NULL &&
                                (end = memchr(at, '\n', length - (size_t)(at - text))) != NULL;
         at = end + 1) {
        struct csv_table table;
        if (++line <= file->lines)
            continue;
        *found = true;
        *request = (struct request){.line = line};
        snprintf(request->file, sizeof request->file, "%s", file->name);
        if (csv_read_memory(file->name, at, (size_t)(end - at), &table, NULL) == STATUS_OK &&
            table.rows == 1 && table.row[0].fields >= 1) {
            snprintf(request->verb, sizeof request->verb, "%s", table.row[0].field[0]);
            if (table.row[0].fields > 1)
                snprintf(request->argument, sizeof request->argument, "%s", table.row[0].field[1]);
        }
        csv_release(&table);
        break;
    }
    memory_free(text);
    return status;
}

static int is_request_file(const struct dirent *entry)
{
    size_t length = strlen(entry->d_name);
    return length > 4 && strcmp(entry->d_name + length - 4, ".csv") == 0 &&
           strcmp(entry->d_name, "answers.csv") != 0;
}

enum status request_next(struct rundir *rundir, struct request *request, bool *found,
                         struct error *error)
{
    struct buf path;
    struct dirent **entry = NULL;
    *found = false;
    enum status status = rundir->answers_read ? STATUS_OK : read_answers(rundir, error);
    if (status != STATUS_OK)
        return status;
    status = rundir_file(rundir, "requests.d", &path, error);
    int count = status == STATUS_OK ? scandir(path.data, &entry, is_request_file, alphasort) : -1;
    for (int i = 0; i < count; i++) {
        struct request_file *file = NULL;
        if (status == STATUS_OK && !*found)
            status = file_entry(rundir, entry[i]->d_name, &file, error);
        if (status == STATUS_OK && file != NULL)
            status = next_of(rundir, file, request, found, error);
        free(entry[i]);
    }
    free(entry); /* scandir's own allocation */
    buf_release(&path);
    return status;
}

static enum status open_answers(struct rundir *rundir, struct error *error)
{
    static const char header[] = "file,line,id,refusal\n";
    struct buf path;
    struct stat about;
    enum status status = shared_folder_make(rundir->path, "requests.d", error);
    if (status == STATUS_OK)
        status = file_in(rundir, "answers.csv", &path, error);
    if (status == STATUS_OK)
        status = append_file_open(path.data, &rundir->answers, error);
    if (status == STATUS_OK && stat(path.data, &about) == 0 && about.st_size == 0)
        status = append_file_line(rundir->answers, header, sizeof header - 1, error);
    buf_release(&path);
    return status;
}

enum status request_answer(struct rundir *rundir, const struct request *request, uint32_t id,
                           const char *refusal, struct error *error)
{
    struct buf line;
    buf_init(&line);
    struct request_file *file = NULL;
    enum status status = file_entry(rundir, request->file, &file, error);
    if (status == STATUS_OK && file != NULL)
        file->lines = request->line;
    if (status == STATUS_OK && rundir->answers == NULL)
        status = open_answers(rundir, error);
    if (status == STATUS_OK)
        status = csv_append_field(&line, 1, request->file, error);
    if (status == STATUS_OK)
        status = buf_printf(&line, error, ",%zu,%" PRIu32, request->line, id);
    if (status == STATUS_OK)
        status = csv_append_field(&line, 0, refusal, error);
    if (status == STATUS_OK)
        status = buf_append(&line, "\n", 1, error);
    if (status == STATUS_OK)
        status = append_file_line(rundir->answers, line.data, line.length, error);
    buf_release(&line);
    return status;
}
