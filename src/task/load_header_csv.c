/* CSV with a header. Columns, case ignored, in any order:
 *     question   question, stem, prompt, query, sentence
 *     choices    a, b, c, ... (also choice_a, option_a, A), or choice1, option1, 1, ... ; at least
 * two answer     answer, answerkey, answer_key, correct, correct_answer, gold, label, target The
 * answer is a choice's letter (A is the first), its number counted from 1, or its text; refused
 * where these name different choices. Choices left empty at the end of a row are not there. */
#include "loader_private.h"

#include "base/memory.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct columns {
    int question, answer;
    int choice[CHOICES_MAX];
    size_t choices;
};

static const char *const question_names[] = {"question", "stem",     "prompt",
                                             "query",    "sentence", NULL};
static const char *const answer_names[] = {"answer",  "answerkey",      "answer_key",
                                           "correct", "correct_answer", "gold",
                                           "label",   "target",         NULL};
static const char *const letter_forms[] = {"%c",       "choice_%c", "option_%c",
                                           "choice%c", "option%c",  NULL};
static const char *const number_forms[] = {"%zu",       "choice_%zu", "option_%zu",
                                           "choice%zu", "option%zu",  NULL};

static int column_of(const struct csv_table *table, const char *const *names)
{
    for (; *names != NULL; names++) {
        int column = csv_column(table, *names);
        if (column >= 0)
            return column;
    }
    return -1;
}

static int choice_column(const struct csv_table *table, size_t index)
{
    char name[32];
    for (size_t i = 0; letter_forms[i] != NULL; i++) {
        snprintf(name, sizeof name, letter_forms[i], (int)('a' + index));
        int column = csv_column(table, name);
        if (column < 0) {
            snprintf(name, sizeof name, number_forms[i], index + 1);
            column = csv_column(table, name);
        }
        if (column >= 0)
            return column;
    }
    return -1;
}

static bool find_columns(const struct csv_table *table, struct columns *columns)
{
    columns->question = column_of(table, question_names);
    columns->answer = column_of(table, answer_names);
    columns->choices = 0;
    for (int column;
         columns->choices < CHOICES_MAX && (column = choice_column(table, columns->choices)) >= 0;)
        columns->choice[columns->choices++] = column;
    return columns->question >= 0 && columns->answer >= 0 && columns->choices >= 2;
}

static bool matches(const struct source *source)
{
    struct columns columns;
    return find_columns(&source->table, &columns);
}

static bool blank(const char *text)
{
    return text[strspn(text, " \t\r\n")] == '\0';
}

/* Position that a letter or a number counted from 1 names, or -1. */
static int named_place(const char *answer, size_t choices)
{
    char *end;
    if (isalpha((unsigned char)answer[0]) && answer[1] == '\0') {
        size_t index = (size_t)(toupper((unsigned char)answer[0]) - 'A');
        return index < choices ? (int)index : -1;
    }
    long number = strtol(answer, &end, 10);
    return end != answer && *end == '\0' && number >= 1 && (size_t)number <= choices
               ? (int)number - 1
               : -1;
}

/* Equal but for blanks around `text`; `answer` has none. */
static bool same_text(const char *answer, const char *text)
{
    size_t length = strlen(answer);
    text += strspn(text, " \t\r\n");
    return strncmp(text, answer, length) == 0 && blank(text + length);
}

/* Finds the choice that the answer names. Where its letter or number and its text name different
 * ones, nobody can tell which is meant. */
static enum status find_gold(const char *name, size_t line, const char *answer,
                             const char *const *choice, size_t choices, size_t *gold,
                             struct error *error)
{
    int place = named_place(answer, choices), text = -1;
    for (size_t i = 0; i < choices; i++)
        if (same_text(answer, choice[i]) && (text < 0 || (int)i == place))
            text = (int)i;
    if (place < 0 && text < 0)
        return error_set(error, STATUS_INVALID,
                         "%s, line %zu: the answer \"%.60s\" names none of %zu choices", name, line,
                         answer, choices);
    if (place >= 0 && text >= 0 && place != text)
        return error_set(error, STATUS_INVALID,
                         "%s, line %zu: the answer \"%.60s\" could mean choice %c or the text of "
                         "choice %c; name it by its letter",
                         name, line, answer, 'A' + place, 'A' + text);
    *gold = (size_t)(place >= 0 ? place : text);
    return STATUS_OK;
}

static enum status load_row(const char *name, const struct csv_row *row,
                            const struct columns *columns, struct item_list *list,
                            struct error *error)
{
    const char *choice[CHOICES_MAX];
    size_t choices = 0, fields = row->fields;
    for (size_t i = 0; i < columns->choices; i++) {
        size_t column = (size_t)columns->choice[i];
        choice[i] = column < fields ? row->field[column] : "";
        if (!blank(choice[i])) {
            if (choices != i)
                return error_set(error, STATUS_INVALID,
                                 "%s, line %zu: choice %zu is empty, a later one is not", name,
                                 row->line, choices + 1);
            choices++;
        }
    }
    if ((size_t)columns->question >= fields || blank(row->field[columns->question]))
        return error_set(error, STATUS_INVALID, "%s, line %zu: the question is empty", name,
                         row->line);
    if (choices < 2)
        return error_set(error, STATUS_INVALID, "%s, line %zu: %zu choices, at least two expected",
                         name, row->line, choices);
    char *answer =
        trimmed((size_t)columns->answer < fields ? row->field[columns->answer] : "", error);
    if (answer == NULL)
        return STATUS_MEMORY;
    size_t gold = 0;
    enum status status = find_gold(name, row->line, answer, choice, choices, &gold, error);
    if (status == STATUS_OK)
        status = item_list_add_question(list, row->field[columns->question], choice, choices, gold,
                                        error);
    memory_free(answer);
    return status;
}

static enum status load(const struct source *source, struct item_list *list, struct error *error)
{
    const struct csv_table *table = &source->table;
    struct columns columns;
    enum status status = STATUS_OK;
    find_columns(table, &columns);
    for (size_t i = 1; status == STATUS_OK && i < table->rows && !item_list_full(list); i++)
        status = load_row(source->path, &table->row[i], &columns, list, error);
    return status;
}

const struct task_format header_csv_format = {
    .info = {"CSV with header", "question,a,b,c,d,answer and the usual other spellings"},
    .matches = matches,
    .load = load,
};
