/* Parsing of the command line by the table of options. */
#include "cli/options.h"

#include "base/memory.h"
#include "cli/command.h"

#include <stdio.h>
#include <string.h>

/* ---- tables ---- */

/* Longest name that `--NAME` or `--NAME=...` gives; 0-terminated copy. */
static void name_of(const char *text, char name[64])
{
    size_t length = strcspn(text, "=");
    snprintf(name, 64, "%.*s", (int)(length < 63 ? length : 63), text);
}

static bool find_long(const char *name, enum option *option)
{
    for (int i = 0; i < OPTIONS; i++)
        if (strcmp(option_table[i].name, name) == 0) {
            *option = (enum option)i;
            return true;
        }
    return false;
}

static bool find_letter(char letter, enum option *option)
{
    for (int i = 0; i < OPTIONS; i++)
        if (option_table[i].letter != 0 && option_table[i].letter == letter) {
            *option = (enum option)i;
            return true;
        }
    return false;
}

bool command_takes(const struct command *command, enum option option)
{
    const char *name = option_table[option].name;
    size_t length = strlen(name);
    if (option_table[option].group == GROUP_COMMON)
        return true;
    for (const char *at = command->options; (at = strstr(at, name)) != NULL; at += length)
        if ((at == command->options || at[-1] == ' ') && (at[length] == ' ' || at[length] == '\0'))
            return true;
    return false;
}

/* ---- suggestions ---- */

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Levenshtein's distance, row by row; words of up to 63 letters. */
static size_t edit_distance(const char *a, const char *b)
{
    size_t row[64], length = strlen(b);
    if (length > 63 || strlen(a) > 63)
        return 64;
    for (size_t j = 0; j <= length; j++)
        row[j] = j;
    for (size_t i = 1; a[i - 1] != '\0'; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= length; j++) {
            size_t change = diagonal + (a[i - 1] != b[j - 1]);
            diagonal = row[j];
            row[j] = smaller(change, smaller(row[j], row[j - 1]) + 1);
        }
    }
    return row[length];
}

const char *nearest_name(const char *word, const char *const *names, size_t count)
{
    const char *best = NULL;
    size_t length = strlen(word), least = smaller(length / 2, 3) + 1;
    for (size_t i = 0; i < count; i++) {
        size_t distance = edit_distance(word, names[i]);
        /* A word cut short is meant too: --neuron for --neuron-order. */
        if (length >= 3 && strncmp(word, names[i], length) == 0)
            distance = 1;
        if (distance < least) {
            least = distance;
            best = names[i];
        }
    }
    return best;
}

static enum status unknown_option(const struct command *command, const char *name,
                                  struct error *error)
{
    const char *names[OPTIONS];
    size_t count = 0;
    for (int i = 0; i < OPTIONS; i++)
        if (command_takes(command, (enum option)i))
            names[count++] = option_table[i].name;
    const char *near = nearest_name(name, names, count);
    return error_set(error, STATUS_INVALID, "there is no option --%s%s%s%s", name,
                     near != NULL ? "; did you mean --" : "", near != NULL ? near : "",
                     near != NULL ? "?" : "");
}

/* ---- values ---- */

static enum status check_range(const struct option_info *info, const char *text, double number,
                               struct error *error)
{
    if (number >= (double)info->minimum && number <= (double)info->maximum)
        return STATUS_OK;
    return error_set(error, STATUS_INVALID, "--%s must be within %lld and %lld, not %.40s",
                     info->name, (long long)info->minimum, (long long)info->maximum, text);
}

static enum status read_value(const struct option_info *info, const char *text,
                              struct option_value *value, struct error *error)
{
    char what[32];
    enum status status = STATUS_OK;
    value->given = true;
    value->text = text;
    switch (info->kind) {
    case KIND_FLAG:
        break;
    case KIND_TEXT:
    case KIND_LIST:
        if (*text == '\0')
            return error_set(error, STATUS_INVALID, "--%s is empty; %s expected", info->name,
                             info->argument);
        if (info->kind == KIND_LIST)
            value->list[value->count++] = text;
        break;
    case KIND_INTEGER:
        snprintf(what, sizeof what, "--%s", info->name);
        return integer_parse(what, text, info->minimum, info->maximum, &value->integer, error);
    case KIND_QUANTITY:
        status = quantity_parse(info->quantity, text, &value->number, error);
        if (status != STATUS_OK)
            error_prefix(error, "--%s", info->name);
        else
            status = check_range(info, text, value->number, error);
        break;
    }
    return status;
}

/* ---- parsing ---- */

struct parsing {
    const struct command *command;
    size_t argc, at; /* at: the argument being read */
    const char *const *argv;
    struct options *options;
};

/* One option; `inline_value`: what stood behind '=' or the letter, or NULL. */
static enum status take_option(struct parsing *p, enum option option, const char *inline_value,
                               struct error *error)
{
    const struct option_info *info = &option_table[option];
    const char *value = inline_value;
    if (!command_takes(p->command, option))
        return error_set(error, STATUS_INVALID, "%s does not take --%s; see paretop %s --help",
                         p->command->name, info->name, p->command->name);
    if (info->kind == KIND_FLAG) {
        if (value != NULL)
            return error_set(error, STATUS_INVALID, "--%s takes no value, found \"%.60s\"",
                             info->name, value);
        value = "";
    } else if (value == NULL) {
        bool there = p->at + 1 < p->argc && strncmp(p->argv[p->at + 1], "--", 2) != 0;
        if (!there)
            return error_set(error, STATUS_INVALID, "--%s needs a value: --%s %s", info->name,
                             info->name, info->argument);
        value = p->argv[++p->at];
    }
    return read_value(info, value, &p->options->value[option], error);
}

/* -q, -qv, -oFILE, -o FILE */
static enum status take_letters(struct parsing *p, const char *letters, struct error *error)
{
    enum status status = STATUS_OK;
    for (; status == STATUS_OK && *letters != '\0'; letters++) {
        enum option option;
        if (!find_letter(*letters, &option))
            return error_set(error, STATUS_INVALID, "there is no option -%c; see paretop --help",
                             *letters >= ' ' && *letters < 0x7f ? *letters : '?');
        if (option_table[option].kind != KIND_FLAG)
            return take_option(p, option, letters[1] != '\0' ? letters + 1 : NULL, error);
        status = take_option(p, option, NULL, error);
    }
    return status;
}

static enum status take_argument(struct parsing *p, bool only_arguments, struct error *error)
{
    const char *text = p->argv[p->at];
    enum option option;
    char name[64];
    if (only_arguments || text[0] != '-' || text[1] == '\0') {
        p->options->argument[p->options->arguments++] = text;
        return STATUS_OK;
    }
    if (text[1] != '-')
        return take_letters(p, text + 1, error);
    name_of(text + 2, name);
    if (!find_long(name, &option))
        return unknown_option(p->command, name, error);
    const char *equals = strchr(text, '=');
    return take_option(p, option, equals != NULL ? equals + 1 : NULL, error);
}

static enum status check_count(const struct command *command, const struct options *options,
                               struct error *error)
{
    static const char *const words[] = {"no", "one", "two", "three"};
    unsigned given = (unsigned)options->arguments;
    if (option_given(options, OPTION_HELP) || option_given(options, OPTION_VERSION) ||
        (given >= command->least && given <= command->most))
        return STATUS_OK;
    unsigned wanted = given < command->least ? command->least : command->most;
    if (given > command->most)
        return error_set(error, STATUS_INVALID, "\"%.80s\" is one argument too many: paretop %s %s",
                         options->argument[command->most], command->name, command->usage);
    return error_set(error, STATUS_INVALID, "%s needs %s argument%s, %s given: paretop %s %s",
                     command->name, words[wanted < 4 ? wanted : 3], wanted == 1 ? "" : "s",
                     given == 0 ? "none" : words[given < 4 ? given : 3], command->name,
                     command->usage);
}

enum status options_parse(const struct command *command, size_t argc, const char *const *argv,
                          struct options *options, struct error *error)
{
    struct parsing parsing = {command, argc, 0, argv, options};
    bool only_arguments = false;
    *options = (struct options){.command = command};
    options->argument = memory_new(argc, sizeof *options->argument, error);
    if (options->argument == NULL)
        return STATUS_MEMORY;
    for (int i = 0; i < OPTIONS; i++)
        if (option_table[i].kind == KIND_LIST) {
            options->value[i].list = memory_new(argc, sizeof(char *), error);
            if (options->value[i].list == NULL)
                return STATUS_MEMORY;
        }
    for (; parsing.at < argc; parsing.at++) {
        if (!only_arguments && strcmp(argv[parsing.at], "--") == 0) {
            only_arguments = true;
            continue;
        }
        enum status status = take_argument(&parsing, only_arguments, error);
        if (status != STATUS_OK)
            return status;
    }
    return check_count(command, options, error);
}

void options_release(struct options *options)
{
    for (int i = 0; i < OPTIONS; i++)
        memory_free(options->value[i].list);
    memory_free(options->argument);
    *options = (struct options){0};
}

size_t options_first_argument(size_t argc, const char *const *argv)
{
    for (size_t i = 0; i < argc; i++) {
        const char *text = argv[i];
        enum option option;
        char name[64];
        if (text[0] != '-' || text[1] == '\0')
            return i;
        if (strcmp(text, "--") == 0)
            return i + 1;
        bool known;
        if (text[1] == '-') {
            name_of(text + 2, name);
            known = strchr(text, '=') == NULL && find_long(name, &option);
        } else {
            known = text[2] == '\0' && find_letter(text[1], &option);
        }
        if (known && option_table[option].kind != KIND_FLAG)
            i++;
    }
    return argc;
}

/* ---- reading ---- */

bool option_given(const struct options *options, enum option option)
{
    return options->value[option].given;
}

const char *option_text(const struct options *options, enum option option, const char *otherwise)
{
    return options->value[option].given ? options->value[option].text : otherwise;
}

int64_t option_integer(const struct options *options, enum option option, int64_t otherwise)
{
    return options->value[option].given ? options->value[option].integer : otherwise;
}
