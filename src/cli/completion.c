/* Completion for bash and zsh. What is fixed in each script stands here as text; the lists in it,
 * and what may stand for a value, come from the tables. */
#include "cli/completion.h"

#include "cli/completion_values.h"

#include <stdio.h>
#include <string.h>

/* ---- common ---- */

/* The words, with a blank between. */
static void print_words(const struct completion_values *values)
{
    for (size_t i = 0; i < values->words; i++)
        printf("%s%s", i > 0 ? " " : "", values->word[i]);
}

static bool any(const struct completion_values *values)
{
    return values->words > 0 || values->files || values->ending != NULL || values->runs;
}

static void print_command_names(const char *between)
{
    for (const struct command *command = command_table; command->name != NULL; command++)
        printf("%s%s", command != command_table ? between : "", command->name);
}

/* "--output|-o" of each option that takes a value. */
static void print_valued(const char *between)
{
    bool first = true;
    for (int i = 0; i < OPTIONS; i++) {
        const struct option_info *info = &option_table[i];
        if (info->argument == NULL)
            continue;
        printf("%s--%s", first ? "" : between, info->name);
        if (info->letter != 0)
            printf("%s-%c", between, info->letter);
        first = false;
    }
}

/* Calls print for every argument of every command of which something is known. */
static void each_argument(void (*print)(const struct completion_values *values))
{
    struct completion_values values;
    for (const struct command *command = command_table; command->name != NULL; command++)
        for (unsigned i = 0; i < command->most; i++) {
            completion_of_argument(command, i, &values);
            if (!any(&values))
                continue;
            printf("    %s:%u)", command->name, i);
            print(&values);
        }
}

/* ---- bash ---- */

static const char bash_head[] =
    "# bash completion for paretop; made by: paretop --completion bash\n"
    "\n"
    "_paretop_words() {\n"
    "    local found\n"
    "    mapfile -t found < <(compgen -W \"$1\" -- \"$cur\")\n"
    "    COMPREPLY+=(\"${found[@]}\")\n"
    "}\n"
    "# Words with commas between: the last one is completed.\n"
    "_paretop_list() {\n"
    "    local found before=\n"
    "    [[ $cur == *,* ]] && before=${cur%,*},\n"
    "    mapfile -t found < <(compgen -P \"$before\" -W \"$1\" -- \"${cur##*,}\")\n"
    "    COMPREPLY+=(\"${found[@]}\")\n"
    "    compopt -o nospace 2>/dev/null\n"
    "}\n"
    "# Files with this ending, and folders on the way to them.\n"
    "_paretop_files() {\n"
    "    local found\n"
    "    mapfile -t found < <(compgen -f -X \"!*$1\" -- \"$cur\"; compgen -d -- \"$cur\")\n"
    "    COMPREPLY+=(\"${found[@]}\")\n"
    "    compopt -o filenames 2>/dev/null\n"
    "}\n"
    "# Run directories; where there is none, folders on the way to them.\n"
    "_paretop_runs() {\n"
    "    local found folder runs=()\n"
    "    mapfile -t found < <(compgen -d -- \"$cur\")\n"
    "    for folder in \"${found[@]}\"; do\n"
    "        [[ -e $folder/run.json ]] && runs+=(\"$folder\")\n"
    "    done\n"
    "    [[ ${#runs[@]} -gt 0 ]] && found=(\"${runs[@]}\")\n"
    "    COMPREPLY+=(\"${found[@]}\")\n"
    "    compopt -o filenames 2>/dev/null\n"
    "}\n";

static void bash_values(const struct completion_values *values)
{
    if (values->words > 0) {
        printf(" %s \"", values->list ? "_paretop_list" : "_paretop_words");
        print_words(values);
        fputs("\";", stdout);
    }
    if (values->files)
        fputs(" _paretop_files;", stdout);
    if (values->ending != NULL)
        printf(" _paretop_files %s;", values->ending);
    if (values->runs)
        fputs(" _paretop_runs;", stdout);
}

/* The value of the option in $prev; nothing is known of most. */
static void bash_option_values(void)
{
    struct completion_values values;
    fputs("    case $prev in\n", stdout);
    for (int i = 0; i < OPTIONS; i++) {
        const struct option_info *info = &option_table[i];
        completion_of_option((enum option)i, &values);
        if (!any(&values))
            continue;
        printf("    --%s", info->name);
        if (info->letter != 0)
            printf(" | -%c", info->letter);
        putchar(')');
        bash_values(&values);
        puts(" return ;;");
    }
    fputs("    ", stdout);
    print_valued(" | ");
    puts(") return ;;\n    esac");
}

static void bash_options(void)
{
    puts("    if [[ $cur == -* ]]; then\n        case $command in");
    for (const struct command *command = command_table; command->name != NULL; command++) {
        printf("        %s) _paretop_words \"", command->name);
        for (int i = 0; i < OPTIONS; i++)
            if (command_takes(command, (enum option)i))
                printf("--%s ", option_table[i].name);
        puts("\" ;;");
    }
    puts("        *) _paretop_words \"--help --version\" ;;\n        esac\n        return\n    fi");
}

static void bash_argument(const struct completion_values *values)
{
    bash_values(values);
    puts(" ;;");
}

static void bash_arguments(void)
{
    fputs("    case $command:$count in\n    :0) _paretop_words \"", stdout);
    print_command_names(" ");
    puts("\"; _paretop_files .gguf; _paretop_runs ;;");
    each_argument(bash_argument);
    puts("    esac");
}

static void print_bash(void)
{
    fputs(bash_head, stdout);
    puts("_paretop() {\n"
         "    local cur prev word command= i count=0\n"
         "    COMPREPLY=()\n"
         "    cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}\n"
         "    # --option=value comes as three words\n"
         "    if [[ $cur == = ]]; then cur=; elif [[ $prev == = ]]; then "
         "prev=${COMP_WORDS[COMP_CWORD - 2]}; fi\n"
         "    for ((i = 1; i < COMP_CWORD; i++)); do\n"
         "        word=${COMP_WORDS[i]}\n"
         "        case $word in\n"
         "        =) ((i++)) ;;");
    fputs("        ", stdout);
    print_valued(" | ");
    puts(") [[ ${COMP_WORDS[i + 1]} == = ]] || ((i++)) ;;\n"
         "        -*) ;;\n"
         "        *)\n"
         "            if [[ -n $command ]]; then ((count++)); else\n"
         "                case $word in");
    fputs("                ", stdout);
    print_command_names(" | ");
    puts(") command=$word ;;\n"
         "                *) command=search count=1 ;;\n"
         "                esac\n"
         "            fi ;;\n"
         "        esac\n"
         "    done");
    bash_option_values();
    bash_options();
    bash_arguments();
    puts("}\ncomplete -F _paretop paretop");
}

/* ---- zsh ---- */

/* Inside single quotes; what _arguments would take for its own sign is escaped. */
static void zsh_text(const char *text, const char *escaped)
{
    for (; *text != '\0'; text++)
        if (*text == '\'')
            fputs("'\\''", stdout);
        else
            printf("%s%c", strchr(escaped, *text) != NULL ? "\\" : "", *text);
}

/* One line of a case: what may stand there. */
static void zsh_values(const struct completion_values *values)
{
    fputs(" _alternative", stdout);
    if (values->words > 0 && values->list) {
        fputs(" 'words:value:_sequence compadd - ", stdout);
        print_words(values);
        putchar('\'');
    } else if (values->words > 0) {
        fputs(" 'words:value:(", stdout);
        print_words(values);
        fputs(")'", stdout);
    }
    if (values->files)
        fputs(" 'files:file:_files'", stdout);
    if (values->ending != NULL)
        printf(" 'files:file:_files -g \"*%s\"'", values->ending);
    if (values->runs)
        fputs(" 'runs:run directory:_paretop_runs'", stdout);
    puts(" ;;");
}

static void zsh_option(const struct option_info *info, const char *form, const char *assign)
{
    fputs("        '", stdout);
    if (info->kind == KIND_LIST)
        putchar('*');
    printf("%s%s[", form, info->argument != NULL ? assign : "");
    zsh_text(info->help, "[]:\\");
    putchar(']');
    if (info->argument != NULL) {
        putchar(':');
        zsh_text(info->argument, ":");
        printf(": _paretop_value %s", info->name);
    }
    putchar('\'');
    puts(" \\");
}

static void zsh_command(const struct command *command)
{
    printf("    %s)\n        _arguments -s \\\n", command->name);
    for (int i = 0; i < OPTIONS; i++) {
        const struct option_info *info = &option_table[i];
        char form[64];
        if (!command_takes(command, (enum option)i))
            continue;
        snprintf(form, sizeof form, "--%s", info->name);
        zsh_option(info, form, "=");
        snprintf(form, sizeof form, "-%c", info->letter);
        if (info->letter != 0)
            zsh_option(info, form, "+");
    }
    printf("        ");
    for (unsigned i = 0; i < command->most; i++)
        printf("'%u:argument: _paretop_value %s:%u' ", i + 1, command->name, i);
    puts(";;");
}

static void zsh_all_values(void)
{
    struct completion_values values;
    puts("_paretop_value() {\n    case $1 in");
    for (int i = 0; i < OPTIONS; i++) {
        completion_of_option((enum option)i, &values);
        if (!any(&values))
            continue;
        printf("    %s)", option_table[i].name);
        zsh_values(&values);
    }
    each_argument(zsh_values);
    puts("    *) _message value ;;\n    esac\n}");
}

static void print_zsh(void)
{
    puts("#compdef paretop\n"
         "# zsh completion for paretop; made by: paretop --completion zsh\n"
         "\n"
         "# Run directories; where there is none, folders on the way to them.\n"
         "_paretop_runs() {\n"
         "    _path_files -g '*(-/e:\"[[ -e \\$REPLY/run.json ]]\":)' || _path_files -/\n"
         "}");
    zsh_all_values();
    puts("_paretop_commands() {\n    local -a commands=(");
    for (const struct command *command = command_table; command->name != NULL; command++) {
        printf("        '%s:", command->name);
        zsh_text(command->summary, ":\\");
        puts("'");
    }
    puts("    )\n"
         "    _describe -t commands command commands\n"
         "}\n"
         "_paretop_first() {\n"
         "    _alternative 'commands:command:_paretop_commands' 'models:model:_files -g "
         "\"*.gguf\"' \\\n"
         "        'runs:run directory:_paretop_runs'\n"
         "}\n"
         "_paretop() {\n"
         "    local command=search first=1 i\n"
         "    # the command is the first word that is no option and no option's value\n"
         "    for ((i = 2; i < CURRENT; i++)); do\n"
         "        case $words[i] in");
    fputs("        ", stdout);
    print_valued("|");
    puts(") ((i++)) ;;\n"
         "        -*) ;;\n"
         "        *) first= && break ;;\n"
         "        esac\n"
         "    done\n"
         "    if [[ -n $first && $words[CURRENT] != -* && i -eq CURRENT ]]; then\n"
         "        _paretop_first\n"
         "        return\n"
         "    fi\n"
         "    case $words[i] in");
    fputs("    ", stdout);
    print_command_names("|");
    puts(")\n"
         "        command=$words[i]\n"
         "        words[i]=() && ((CURRENT--)) ;;\n"
         "    esac\n"
         "    case $command in");
    for (const struct command *command = command_table; command->name != NULL; command++)
        zsh_command(command);
    puts("    esac\n"
         "}\n"
         "_paretop \"$@\"");
}

bool completion_print(const char *shell)
{
    static const struct {
        const char *name;
        void (*print)(void);
    } shells[] = {{"bash", print_bash}, {"zsh", print_zsh}};
    for (size_t i = 0; i < sizeof shells / sizeof *shells; i++)
        if (strcmp(shell, shells[i].name) == 0) {
            shells[i].print();
            return true;
        }
    return false;
}
