/* AI2's ARC in its two native forms (Clark et al. 2018). CSV: choices inside `question` as
 * "(A) ... (B) ...", label in AnswerKey. JSONL: question.stem, question.choices, answerKey. Labels
 * are letters or numbers, three to five of them; blanks around stem and choices are trimmed, so
 * that both forms give equal items. */
#include "loader_private.h"

#include "base/memory.h"

#include <stdio.h>
#include <string.h>

static bool csv_matches(const struct source *source)
{
    return csv_column(&source->table, "AnswerKey") >= 0 &&
           csv_column(&source->table, "question") >= 0 &&
           csv_column(&source->table, "questionID") >= 0;
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

static enum status load_csv(const struct source *source, struct item_list *list,
                            struct error *error)
{
    const struct csv_table *table = &source->table;
    int question = csv_column(table, "question"), key = csv_column(table, "AnswerKey");
    enum status status = STATUS_OK;
    for (size_t i = 1; status == STATUS_OK && i < table->rows && !item_list_full(list); i++)
        status = load_csv_row(source->path, &table->row[i], question, key, list, error);
    return status;
}

const struct task_format arc_csv_format = {
    .info = {"ARC CSV", "AI2's native file: choices inside the question, AnswerKey"},
    .matches = csv_matches,
    .load = load_csv,
};

/* ---- JSONL ---- */

static bool json_matches(const struct source *source)
{
    return json_is_object(json_object_get(source->first, "question"));
}

static enum status add(void *context, const struct json_place *place, const json_t *object,
                       struct item_list *list, struct error *error)
{
    struct stem_question question;
    (void)context;
    enum status status = stem_question_read(place, object, &question, error);
    return status == STATUS_OK ? item_list_add_question(list, question.stem, question.choice,
                                                        question.choices, question.gold, error)
                               : status;
}

static enum status load_json(const struct source *source, struct item_list *list,
                             struct error *error)
{
    return json_items(source, add, NULL, list, error);
}

const struct task_format arc_json_format = {
    .info = {"ARC JSONL", "AI2's native file: question.stem, question.choices, answerKey"},
    .json = true,
    .matches = json_matches,
    .load = load_json,
};
