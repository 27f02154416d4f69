/* Values for completion. */
#include "cli/completion_values.h"

#include "base/weight_type.h"
#include "cli/front.h"
#include "engine/baseline_chains.h"
#include "search/method.h"
#include "search/objective.h"
#include "search/space.h"
#include "task/items.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

static void add(struct completion_values *values, const char *word)
{
    if (values->words < COMPLETION_WORDS)
        values->word[values->words++] = word;
}

/* ---- what has a name ---- */

static void add_methods(struct completion_values *values)
{
    for (const struct method_entry *row = method_table; row->name != NULL; row++)
        add(values, row->name);
}

static void add_spaces(struct completion_values *values)
{
    for (int i = 0; i < SPACES; i++)
        add(values, space_table[i].name);
}

static void add_encodable(struct completion_values *values)
{
    for (const struct weight_type_info *row = weight_types; row->name != NULL; row++)
        if (row->encodable)
            add(values, row->name);
}

static void add_types(struct completion_values *values)
{
    add(values, weight_type_name(WEIGHT_SOURCE));
    add_encodable(values);
}

static void add_tasks(struct completion_values *values)
{
    static const char *const names[] = {"search", "heldout"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (task_is_embedded(names[i]))
            add(values, names[i]);
}

static void add_heldout(struct completion_values *values)
{
    add(values, "none");
    add_tasks(values);
}

static void add_objectives(struct completion_values *values)
{
    for (int i = 0; i < OBJECTIVES; i++)
        if (objective_named((enum objective)i))
            add(values, objective_table[i].name);
}

static void add_columns(struct completion_values *values)
{
    add_objectives(values);
    for (size_t i = 0; front_columns[i] != NULL; i++)
        add(values, front_columns[i]);
}

static void add_baselines(struct completion_values *values)
{
    for (const struct baseline_method *row = baseline_table; row->name != NULL; row++)
        add(values, row->name);
}

static const struct {
    enum option option;
    bool list;
    void (*add)(struct completion_values *values);
} named[] = {
    {OPTION_METHOD, false, add_methods},   {OPTION_SPACE, false, add_spaces},
    {OPTION_TYPE, false, add_types},       {OPTION_HEAD, false, add_types},
    {OPTION_TASK, false, add_tasks},       {OPTION_HELDOUT, false, add_heldout},
    {OPTION_SORT, false, add_columns},     {OPTION_OBJECTIVES, true, add_objectives},
    {OPTION_METHODS, true, add_baselines}, {OPTION_TYPES, true, add_encodable},
};

/* ---- placeholders ---- */

static bool is(const char *part, const char *name)
{
    return strcmp(part, name) == 0;
}

/* "f32|bf16|int8": what begins with a small letter is itself a value. */
static void add_part(struct completion_values *values, const char *part)
{
    const char *dot = strchr(part, '.');
    if (islower((unsigned char)*part))
        add(values, part);
    else if (is(part, "MODEL"))
        values->ending = ".gguf";
    else if (is(part, "DIR"))
        values->runs = true;
    else if (is(part, "FILE") || is(part, "FOLDER"))
        values->files = true;
    else if (dot != NULL && islower((unsigned char)dot[1]))
        values->ending = dot;
}

static void add_placeholder(struct completion_values *values, const char *placeholder)
{
    char *rest = NULL;
    snprintf(values->text, sizeof values->text, "%s", placeholder);
    for (char *part = strtok_r(values->text, "|", &rest); part != NULL;
         part = strtok_r(NULL, "|", &rest))
        add_part(values, part);
}

void completion_of_option(enum option option, struct completion_values *values)
{
    *values = (struct completion_values){0};
    if (option_table[option].argument == NULL)
        return;
    add_placeholder(values, option_table[option].argument);
    for (size_t i = 0; i < sizeof named / sizeof *named; i++)
        if (named[i].option == option) {
            named[i].add(values);
            values->list = named[i].list;
        }
}

void completion_of_argument(const struct command *command, unsigned index,
                            struct completion_values *values)
{
    char usage[64], *rest = NULL;
    *values = (struct completion_values){0};
    snprintf(usage, sizeof usage, "%s", command->usage);
    char *word = strtok_r(usage, " ", &rest);
    for (unsigned i = 0; word != NULL && i < index; i++)
        word = strtok_r(NULL, " ", &rest);
    if (word != NULL)
        add_placeholder(values, word);
}
