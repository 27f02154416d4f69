/* AI2's ARC in its two native forms (Clark et al. 2018). CSV: choices inside `question` as
 * "(A) ... (B) ...", label in AnswerKey. JSONL: question.stem, question.choices, answerKey. Labels
 * are letters or numbers, three to five of them; blanks around stem and choices are trimmed, so
 * that both forms give equal items. */
#include "loader_private.h"

#include "base/memory.h"
#include "io/json.h"

#include <stdio.h>
#include <string.h>

bool arc_csv_matches(const struct csv_table *table)
{
    return table->rows > 0 && csv_column(table, "AnswerKey") >= 0 &&
           csv_column(table, "question") >= 0 && csv_column(table, "questionID") >= 0;
}

static char *find_label(char *text, char label)
{
    const char mark[] = {'(', label, ')', '\0'};
    return strstr(text, mark);
}

/* Cuts the text at its labels, the last "(A)" or "(1)" first; returns the number of choices. */
static size_t cut_choices(char *text, char first, char *choice[CHOICES_MAX])
{
    char *at = NULL;
    for (char *next = find_label(text, first); next != NULL; next = find_label(next + 1, first))
        at = next;
    size_t count = 0;
    while (at != NULL && count < 9) {
        *at = '\0';
        choice[count] = at + 3;
        at = find_label(choice[count], (char)(first + (int)count + 1));
        count++;
    }
    return count;
}

static enum status load_csv_row(const char *name, const struct csv_row *row, int question_column,
                                int key_column, struct item_list *list, struct error *error)
{
    char *choice[CHOICES_MAX];
    if ((size_t)question_column >= row->fields || (size_t)key_column >= row->fields)
        return error_set(error, STATUS_INVALID, "%s, line %zu: %zu fields are too few", name,
                         row->line, row->fields);
    char *text = memory_string(row->field[question_column], error);
    if (text == NULL)
        return STATUS_MEMORY;
    const char *key = row->field[key_column];
    char first = key[0] >= '1' && key[0] <= '9' ? '1' : 'A';
    size_t choices = cut_choices(text, first, choice);
    size_t gold = (size_t)(key[0] - first);
    enum status status;
    if (choices < 2)
        status = error_set(error, STATUS_INVALID,
                           "%s, line %zu: no choices \"(%c) ...\" in the question", name, row->line,
                           first);
    else if (key[0] < first || gold >= choices || key[1] != '\0')
        status = error_set(error, STATUS_INVALID,
                           "%s, line %zu: the answer key \"%.20s\" names none of %zu choices", name,
                           row->line, key, choices);
    else
        status =
            item_list_add_question(list, text, (const char *const *)choice, choices, gold, error);
    memory_free(text);
    return status;
}

enum status arc_csv_load(const char *name, const struct csv_table *table, struct item_list *list,
                         struct error *error)
{
    int question = csv_column(table, "question"), key = csv_column(table, "AnswerKey");
    enum status status = STATUS_OK;
    for (size_t i = 1; status == STATUS_OK && i < table->rows && !item_list_full(list); i++)
        status = load_csv_row(name, &table->row[i], question, key, list, error);
    return status;
}

static enum status load_object(const char *name, size_t line, const json_t *object,
                               struct item_list *list, struct error *error)
{
    const json_t *question = json_object_get(object, "question");
    const json_t *choices = json_object_get(question, "choices");
    const char *stem = json_string_value(json_object_get(question, "stem"));
    const char *key = json_string_value(json_object_get(object, "answerKey"));
    const char *choice[CHOICES_MAX];
    size_t count = json_array_size(choices), gold = count;
    if (stem == NULL || key == NULL || count < 2 || count > CHOICES_MAX)
        return error_set(
            error, STATUS_INVALID,
            "%s, line %zu: question.stem, two or more question.choices and answerKey expected",
            name, line);
    for (size_t i = 0; i < count; i++) {
        const json_t *entry = json_array_get(choices, i);
        const char *label = json_string_value(json_object_get(entry, "label"));
        choice[i] = json_string_value(json_object_get(entry, "text"));
        if (choice[i] == NULL || label == NULL)
            return error_set(error, STATUS_INVALID, "%s, line %zu: choice %zu lacks text or label",
                             name, line, i + 1);
        if (strcmp(label, key) == 0)
            gold = i;
    }
    if (gold == count)
        return error_set(error, STATUS_INVALID,
                         "%s, line %zu: the answerKey \"%.20s\" names none of %zu choices", name,
                         line, key, count);
    return item_list_add_question(list, stem, choice, count, gold, error);
}

enum status arc_jsonl_load(const char *name, const char *text, size_t length,
                           struct item_list *list, struct error *error)
{
    enum status status = STATUS_OK;
    size_t line = 0;
    for (size_t at = 0; status == STATUS_OK && at < length && !item_list_full(list);) {
        const char *end = memchr(text + at, '\n', length - at);
        size_t bytes = end != NULL ? (size_t)(end - text) - at : length - at;
        line++;
        if (strspn(text + at, " \t\r") < bytes) {
            json_t *object;
            status = json_read_text(name, line, text + at, bytes, &object, error);
            if (status == STATUS_OK) {
                status = load_object(name, line, object, list, error);
                json_decref(object);
            }
        }
        at += bytes + 1;
    }
    return status;
}
