/* Tasks: finding the source, telling its format, keeping its items. */
#include "loader_private.h"

#include "base/memory.h"
#include "io/atomic_file.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* ---- a file's content ---- */

static enum status note_hash(struct loading *loading, const char *text, size_t length,
                             struct error *error)
{
    char sha256[SHA256_HEX];
    enum status status = sha256_bytes(text, length, sha256, error);
    loading->files++;
    return status == STATUS_OK ? buf_printf(&loading->hashes, error, "%s\n", sha256) : status;
}

enum status loading_read(struct loading *loading, const char *path, char **text, size_t *length,
                         struct error *error)
{
    enum status status = file_read(path, text, length, error);
    if (status != STATUS_OK)
        return status;
    status = note_hash(loading, *text, *length, error);
    if (status != STATUS_OK) {
        memory_free(*text);
        *text = NULL;
    }
    return status;
}

enum status source_open(struct source *source, struct loading *loading, const char *path,
                        const char *text, size_t length, struct error *error)
{
    size_t start = 0;
    if (length >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0) {
        text += 3;
        length -= 3;
    }
    *source = (struct source){.loading = loading, .path = path, .text = text, .length = length};
    while (start < length && isspace((unsigned char)text[start]))
        start++;
    if (start == length)
        return error_set(error, STATUS_INVALID, "%s is empty; questions are expected", path);
    source->is_json = text[start] == '{' || text[start] == '[';
    if (!source->is_json)
        return csv_read_memory(path, text, length, &source->table, error);
    struct json_stream stream = {path, text, length, 0, 1, false};
    return json_stream_next(&stream, &source->first, &source->line, error);
}

void source_release(struct source *source)
{
    csv_release(&source->table);
    json_decref(source->first);
    *source = (struct source){0};
}

enum status source_format(const struct source *source, const struct task_format **format,
                          struct error *error)
{
    *format = task_format_of(source);
    if (*format != NULL)
        return STATUS_OK;
    return error_set(error, STATUS_INVALID,
                     source->is_json
                         ? "%s, line %zu: no known format: a JSON value with the fields of a "
                           "published data set is expected (paretop eval --help lists them)"
                         : "%s, line %zu: no known format: a header with question, choices and "
                           "answer is expected, or a published file (paretop eval --help lists "
                           "them)",
                     source->path, source->is_json ? source->line : 1);
}

/* ---- loading ---- */

static enum status load_content(struct loading *loading, const char *path, const char *text,
                                size_t length, struct item_list *list, struct error *error)
{
    struct source source;
    const struct task_format *format = NULL;
    enum status status = source_open(&source, loading, path, text, length, error);
    if (status == STATUS_OK)
        status = source_format(&source, &format, error);
    if (status == STATUS_OK)
        status = format->load(&source, list, error);
    if (status == STATUS_OK && loading->options->shots > 0 && !format->own_shots)
        status = examples_add(&source, format, list, error);
    source_release(&source);
    return status;
}

static enum status load_source(struct loading *loading, const char *name, struct item_list *list,
                               struct error *error)
{
    struct stat about;
    size_t length;
    const char *embedded = embedded_task(name, &length);
    char *text = NULL;
    enum status status;
    if (embedded != NULL) {
        status = note_hash(loading, embedded, length, error);
        return status == STATUS_OK ? load_content(loading, name, embedded, length, list, error)
                                   : status;
    }
    if (stat(name, &about) != 0)
        return error_set(
            error, STATUS_INVALID,
            "there is no task, file or folder \"%s\" (embedded tasks: search, heldout)", name);
    if (S_ISDIR(about.st_mode))
        return mmlu_folder_load(loading, name, list, error);
    status = loading_read(loading, name, &text, &length, error);
    if (status == STATUS_OK)
        status = load_content(loading, name, text, length, list, error);
    memory_free(text);
    return status;
}

/* The file's or folder's own name, without an ending. */
void task_name_of(const char *source, char name[64])
{
    size_t length = strlen(source);
    while (length > 1 && source[length - 1] == '/')
        length--;
    size_t start = length;
    while (start > 0 && source[start - 1] != '/')
        start--;
    size_t end = length;
    for (size_t i = length; i > start + 1; i--)
        if (source[i - 1] == '.') {
            end = i - 1;
            break;
        }
    snprintf(name, 64, "%.*s", (int)(end - start < 63 ? end - start : 63), source + start);
}

enum status task_load(const char *source, const struct task_options *options, struct task *task,
                      struct error *error)
{
    struct item_list list = {.limit = options->limit};
    struct loading loading = {.options = options};
    *task = (struct task){0};
    task_name_of(source, task->name);
    buf_init(&loading.hashes);
    enum status status = load_source(&loading, source, &list, error);
    if (status == STATUS_OK && list.count == 0)
        status = error_set(error, STATUS_INVALID, "%s has no questions", source);
    if (status == STATUS_OK && loading.files == 1)
        memcpy(task->sha256, loading.hashes.data, SHA256_HEX - 1);
    else if (status == STATUS_OK)
        status = sha256_bytes(loading.hashes.data, loading.hashes.length, task->sha256, error);
    buf_release(&loading.hashes);
    if (status != STATUS_OK) {
        item_list_release(&list);
        return status;
    }
    task->item = list.item;
    task->items = list.count;
    return STATUS_OK;
}

struct task task_part(const struct task *task, size_t from, size_t to)
{
    struct task part = *task;
    part.item += from;
    part.items = to - from;
    return part;
}

void task_release(struct task *task)
{
    struct item_list list = {.item = task->item, .count = task->items};
    item_list_release(&list);
    *task = (struct task){0};
}
