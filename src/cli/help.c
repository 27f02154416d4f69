/* Help from the tables. */
#include "cli/help.h"

#include "search/method.h"
#include "search/objective.h"
#include "task/items.h"
#include "ui/keys.h"
#include "ui/setting_table.h"

#include <stdio.h>
#include <string.h>

/* ---- --help ---- */

/* "--output FILE", "-o, --output FILE" */
static const char *option_form(const struct option_info *info, char *out, size_t size)
{
    char letter[8] = "";
    if (info->letter != 0)
        snprintf(letter, sizeof letter, "-%c, ", info->letter);
    snprintf(out, size, "%s--%s%s%s", letter, info->name, info->argument != NULL ? " " : "",
             info->argument != NULL ? info->argument : "");
    return out;
}

static void print_row(const char *left, const char *right)
{
    if (strlen(left) > 26)
        printf("  %s\n  %26s  %s\n", left, "", right);
    else
        printf("  %-26s  %s\n", left, right);
}

/* The options of one group that `command` (NULL: any) takes, under their heading. */
static void print_group(const struct command *command, enum option_group group)
{
    bool any = false;
    for (int i = 0; i < OPTIONS; i++) {
        char form[64];
        if (option_table[i].group != group ||
            (command != NULL && !command_takes(command, (enum option)i)))
            continue;
        if (!any)
            printf("\n%s:\n", option_group_names[group]);
        any = true;
        print_row(option_form(&option_table[i], form, sizeof form), option_table[i].help);
    }
}

void help_short(void)
{
    fputs("usage: paretop MODEL          search a model's sub-networks, in the terminal\n"
          "       paretop RUN-DIR        go on with that search\n"
          "       paretop COMMAND ...    see paretop --help\n",
          stderr);
}

void help_all(void)
{
    puts("paretop: search the sub-networks of a LLaMA-family model (a GGUF file) in a terminal\n\n"
         "usage:");
    print_row("paretop MODEL", "search it; run directory ./MODEL-NAME.run; takes search's options");
    print_row("paretop RUN-DIR", "go on with that search");
    for (const struct command *command = command_table; command->name != NULL; command++) {
        char form[64];
        snprintf(form, sizeof form, "paretop %s %s", command->name, command->usage);
        print_row(form, command->summary);
    }
    for (int group = 0; group < GROUPS; group++)
        print_group(NULL, (enum option_group)group);
    puts("\nparetop --completion bash|zsh prints what a shell needs to complete all of this.");
    puts("\nA network is written as a code, a character a layer: 8 whole, 1 to 7 attention and "
         "that\n"
         "many eighths of the MLP, 0 attention only, a to h MLP only (1/8 to 8/8), . dropped.\n"
         "paretop COMMAND --help lists what a command takes; man paretop says all.");
}

void help_command(const struct command *command)
{
    printf("usage: paretop %s [OPTION ...] %s\n%s\n", command->name, command->usage,
           command->summary);
    for (int group = 0; group < GROUPS; group++)
        print_group(command, (enum option_group)group);
    if (command_takes(command, OPTION_TASK)) {
        puts("\nformats of questions:");
        const struct task_format_info *format;
        for (size_t i = 0; (format = task_format_info(i)) != NULL; i++)
            print_row(format->name, format->summary);
    }
    if (command_takes(command, OPTION_METHOD)) {
        puts("\nmethods:");
        for (const struct method_entry *row = method_table; row->name != NULL; row++)
            print_row(row->name, row->summary);
    }
}

/* ---- the manual's sections ---- */

/* Text as one argument of an mdoc macro, or as running text: what roff would read is escaped. */
static void print_roff(const char *text)
{
    for (; *text != '\0'; text++)
        switch (*text) {
        case '\\':
            fputs("\\e", stdout);
            break;
        case '-':
            fputs("\\-", stdout);
            break;
        case '"':
            fputs("\\(dq", stdout);
            break;
        case '^':
            fputs("\\(ha", stdout);
            break;
        case '~':
            fputs("\\(ti", stdout);
            break;
        case '\'':
            fputs("\\(aq", stdout);
            break;
        case '.':
        case '|':
        case ':':
        case ',':
        case ';':
        case '(':
        case ')':
        case '[':
        case ']':
        case '?':
        case '!':
            printf("\\&%c", *text); /* punctuation stays where it stands */
            break;
        default:
            putchar(*text);
        }
}

/* A line of running text. */
static void print_roff_line(const char *text)
{
    fputs("\\&", stdout);
    print_roff(text);
    putchar('\n');
}

static void mdoc_commands(void)
{
    puts(".Bl -tag -width Ds");
    for (const struct command *command = command_table; command->name != NULL; command++) {
        printf(".It Cm %s Ar ", command->name);
        print_roff(command->usage);
        putchar('\n');
        print_roff_line(command->summary);
        bool any = false;
        for (int i = 0; i < OPTIONS; i++) {
            if (option_table[i].group == GROUP_COMMON || !command_takes(command, (enum option)i))
                continue;
            if (!any)
                puts(".br\nOptions:");
            printf("%s.Fl \\-%s", any ? " ,\n" : "", option_table[i].name);
            any = true;
        }
        if (any)
            puts(" .");
    }
    puts(".El");
}

static void mdoc_options(void)
{
    for (int group = 0; group < GROUPS; group++) {
        fputs(".Ss ", stdout);
        print_roff(option_group_names[group]);
        puts("\n.Bl -tag -width Ds");
        for (int i = 0; i < OPTIONS; i++) {
            const struct option_info *info = &option_table[i];
            if (info->group != (enum option_group)group)
                continue;
            fputs(".It", stdout);
            if (info->letter != 0)
                printf(" Fl %c%s ,", info->letter, info->argument != NULL ? " Ar value" : "");
            printf(" Fl \\-%s", info->name);
            if (info->argument != NULL) {
                fputs(" Ar ", stdout);
                print_roff(info->argument);
            }
            putchar('\n');
            print_roff_line(info->help);
        }
        puts(".El");
    }
}

static void mdoc_objectives(void)
{
    puts(".Bl -tag -width perplexity -compact");
    for (int i = 0; i < OBJECTIVES; i++) {
        const struct objective_info *info = &objective_table[i];
        if (!objective_named((enum objective)i))
            continue;
        printf(".It Cm %s\n", info->name);
        print_roff(info->heading);
        printf("%s%s\n", info->maximise ? ", the more the better" : ", the less the better",
               info->computed ? "; known before an evaluation" : "");
    }
    puts(".It Cm acc:NAME\naccuracy on one of several tasks, the more the better");
    puts(".El");
}

static bool has_keys(enum ui_mode mode)
{
    for (const struct ui_key *key = ui_keys; key->help != NULL; key++)
        if (key->mode == mode)
            return true;
    return false;
}

static void mdoc_keys(void)
{
    struct keymap keymap;
    keymap_init(&keymap);
    for (int mode = 0; mode < UI_MODES; mode++) {
        if (!has_keys((enum ui_mode)mode))
            continue;
        fputs(".Ss ", stdout);
        print_roff(ui_mode_names[mode]);
        puts("\n.Bl -tag -width Ds");
        for (const struct ui_key *key = ui_keys; key->help != NULL; key++) {
            char names[64];
            if (key->mode != (enum ui_mode)mode)
                continue;
            fputs(".It ", stdout);
            print_roff(keymap_names(&keymap, key, names, sizeof names));
            fputs(" No [", stdout);
            print_roff(key->name);
            puts("]");
            print_roff_line(key->help);
        }
        puts(".El");
    }
}

static void mdoc_settings(void)
{
    puts(".Bl -tag -width clipboard");
    for (int i = 0; i < SETTINGS; i++) {
        printf(".It Cm %s\n", setting_table[i].name);
        print_roff_line(setting_table[i].help);
        fputs(".br\n", stdout);
        if (setting_table[i].values != NULL)
            print_roff_line(setting_table[i].values);
        for (size_t k = 0; setting_table[i].values == NULL && theme_embedded_name(k) != NULL; k++)
            print_roff_line(theme_embedded_name(k));
    }
    puts(".El");
}

/* Names with commas between and a full stop behind. */
static void mdoc_names(const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        printf(".Cm %s %s\n", names[i], i + 1 < count ? "," : ".");
}

static void mdoc_places(void)
{
    mdoc_names(ui_mode_ids, UI_MODES);
}

static void mdoc_roles(void)
{
    size_t count = 0;
    while (theme_roles[count] != NULL)
        count++;
    mdoc_names(theme_roles, count);
}

bool help_mdoc(const char *part)
{
    static const struct {
        const char *name;
        void (*print)(void);
    } parts[] = {
        {"commands", mdoc_commands}, {"options", mdoc_options},   {"objectives", mdoc_objectives},
        {"keys", mdoc_keys},         {"settings", mdoc_settings}, {"places", mdoc_places},
        {"roles", mdoc_roles}};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (strcmp(part, parts[i].name) == 0) {
            parts[i].print();
            return true;
        }
    return false;
}
