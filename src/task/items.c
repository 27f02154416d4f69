/* Tasks: finding the source, telling its format, keeping its items. */
#include "task/items.h"

#include "base/memory.h"
#include "io/atomic_file.h"
#include "loader_private.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

const struct task_loader_info task_loaders[] = {
    {"embedded", "search, heldout: the questions that come with the program"},
    {"CSV with header", "question,a,b,c,d,answer and the usual other spellings"},
    {"ARC CSV", "AI2's native file: choices inside the question, AnswerKey"},
    {"ARC JSONL", "AI2's native file: question.stem, question.choices, answerKey"},
    {"MMLU CSV", "question, four choices, answer letter; no header"},
    {"MMLU folder", "test/SUBJECT_test.csv, and dev/ for --shots"},
    {NULL, NULL},
};

bool item_list_full(const struct item_list *list)
{
    return list->limit > 0 && list->count >= list->limit;
}

char *trimmed(const char *text, struct error *error)
{
    while (isspace((unsigned char)*text))
        text++;
    char *copy = memory_string(text, error);
    size_t length = strlen(text);
    while (copy != NULL && length > 0 && isspace((unsigned char)copy[length - 1]))
        copy[--length] = '\0';
    return copy;
}

static void item_release(struct item *item)
{
    memory_free(item->context);
    for (uint32_t i = 0; item->continuation != NULL && i < item->choices; i++)
        memory_free(item->continuation[i]);
    memory_free(item->continuation);
    memory_free(item->group);
    *item = (struct item){0};
}

static char *with_space(const char *choice, struct error *error)
{
    char *trim = trimmed(choice, error);
    if (trim == NULL)
        return NULL;
    size_t length = strlen(trim);
    char *text = memory_new(length + 2, 1, error);
    if (text != NULL) {
        text[0] = ' ';
        memcpy(text + 1, trim, length + 1);
    }
    memory_free(trim);
    return text;
}

enum status item_list_add(struct item_list *list, const char *context, const char *const *choice,
                          size_t choices, size_t gold, const char *group, struct error *error)
{
    enum status status =
        memory_reserve(&list->item, &list->capacity, list->count + 1, sizeof *list->item, error);
    if (status != STATUS_OK)
        return status;
    struct item *item = &list->item[list->count];
    *item = (struct item){.choices = (uint32_t)choices, .gold = (uint32_t)gold};
    item->context = memory_string(context, error);
    item->continuation = memory_new(choices, sizeof *item->continuation, error);
    item->group = group != NULL ? memory_string(group, error) : NULL;
    bool failed = item->context == NULL || item->continuation == NULL ||
                  (group != NULL && item->group == NULL);
    for (size_t i = 0; !failed && i < choices; i++) {
        item->continuation[i] = with_space(choice[i], error);
        failed = item->continuation[i] == NULL;
    }
    if (failed) {
        item_release(item);
        return STATUS_MEMORY;
    }
    list->count++;
    return STATUS_OK;
}

enum status item_list_add_question(struct item_list *list, const char *question,
                                   const char *const *choice, size_t choices, size_t gold,
                                   struct error *error)
{
    struct buf context;
    buf_init(&context);
    char *stem = trimmed(question, error);
    enum status status =
        stem != NULL ? buf_printf(&context, error, "Question: %s\nAnswer:", stem) : STATUS_MEMORY;
    if (status == STATUS_OK)
        status = item_list_add(list, context.data, choice, choices, gold, NULL, error);
    buf_release(&context);
    memory_free(stem);
    return status;
}

void item_list_release(struct item_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        item_release(&list->item[i]);
    memory_free(list->item);
    *list = (struct item_list){0};
}

static enum status no_shots(const char *name, struct error *error)
{
    return error_set(error, STATUS_INVALID, "%s: worked examples (--shots) are known for MMLU only",
                     name);
}

static enum status load_table(const char *path, const struct csv_table *table, unsigned shots,
                              struct item_list *list, struct error *error)
{
    bool arc = arc_csv_matches(table), header = !arc && header_csv_matches(table);
    if ((arc || header) && shots > 0)
        return no_shots(path, error);
    if (arc)
        return arc_csv_load(path, table, list, error);
    if (header)
        return header_csv_load(path, table, list, error);
    if (mmlu_csv_matches(table))
        return mmlu_csv_load(path, table, shots, list, error);
    return error_set(error, STATUS_INVALID,
                     "%s, line 1: no known format: a header with question, choices and answer is "
                     "expected, or MMLU's six columns, or ARC's",
                     path);
}

static enum status load_text(const char *path, const char *text, size_t length, unsigned shots,
                             struct item_list *list, struct error *error)
{
    size_t start = 0;
    if (length >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0) {
        text += 3;
        length -= 3;
    }
    while (start < length && isspace((unsigned char)text[start]))
        start++;
    if (start == length)
        return error_set(error, STATUS_INVALID, "%s is empty; questions are expected", path);
    if (text[start] == '{')
        return shots > 0 ? no_shots(path, error) : arc_jsonl_load(path, text, length, list, error);
    struct csv_table table;
    enum status status = csv_read_memory(path, text, length, &table, error);
    if (status == STATUS_OK)
        status = load_table(path, &table, shots, list, error);
    csv_release(&table);
    return status;
}

static enum status load_source(const char *source, unsigned shots, struct item_list *list,
                               char sha256[SHA256_HEX], struct error *error)
{
    struct stat about;
    size_t length;
    const char *embedded = embedded_task(source, &length);
    char *text = NULL;
    if (embedded == NULL && stat(source, &about) != 0)
        return error_set(
            error, STATUS_INVALID,
            "there is no task, file or folder \"%s\" (embedded tasks: search, heldout)", source);
    if (embedded == NULL && S_ISDIR(about.st_mode))
        return mmlu_folder_load(source, shots, list, sha256, error);
    enum status status = embedded == NULL ? file_read(source, &text, &length, error) : STATUS_OK;
    if (status == STATUS_OK)
        status = sha256_bytes(embedded != NULL ? embedded : text, length, sha256, error);
    if (status == STATUS_OK)
        status = load_text(source, embedded != NULL ? embedded : text, length, shots, list, error);
    memory_free(text);
    return status;
}

/* The file's or folder's own name, without an ending. */
static void name_of(const char *source, char name[64])
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

enum status task_load(const char *source, unsigned shots, size_t limit, struct task *task,
                      struct error *error)
{
    struct item_list list = {.limit = limit};
    *task = (struct task){0};
    name_of(source, task->name);
    enum status status = load_source(source, shots, &list, task->sha256, error);
    if (status == STATUS_OK && list.count == 0)
        status = error_set(error, STATUS_INVALID, "%s has no questions", source);
    if (status != STATUS_OK) {
        item_list_release(&list);
        return status;
    }
    task->item = list.item;
    task->items = list.count;
    return STATUS_OK;
}

void task_release(struct task *task)
{
    struct item_list list = {.item = task->item, .count = task->items};
    item_list_release(&list);
    *task = (struct task){0};
}
