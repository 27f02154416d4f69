/* What a command says, and where. */
#include "cli/report.h"

#include "base/clock.h"
#include "io/atomic_file.h"

#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define PROGRESS_SECONDS 0.1

/* ---- failures and notes ---- */

static int exit_status_of(enum status status, bool began)
{
    switch (status) {
    case STATUS_OK:
        return EXIT_DONE;
    case STATUS_INVALID:
    case STATUS_IO:
        return began ? EXIT_NO : EXIT_REFUSED;
    case STATUS_CANCELLED:
        return EXIT_INTERRUPTED;
    case STATUS_MEMORY:
    case STATUS_FAILED:
        break;
    }
    return EXIT_NO;
}

int report_failure(enum status status, const struct error *error, bool began)
{
    if (status != STATUS_OK)
        fprintf(stderr, "paretop: %s\n", error->message);
    return exit_status_of(status, began);
}

void report_note(const struct options *options, const char *format, ...)
{
    va_list arguments;
    if (option_given(options, OPTION_QUIET))
        return;
    va_start(arguments, format);
    fputs("paretop: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
}

/* ---- results ---- */

int report_json(json_t *value, bool one_line)
{
    struct error error = {0};
    struct buf text;
    buf_init(&text);
    enum status status =
        value != NULL ? json_format(value, one_line, &text, &error) : error_memory(&error, 0);
    if (status == STATUS_OK)
        fwrite(text.data, 1, text.length, stdout);
    buf_release(&text);
    json_decref(value);
    return report_failure(status, &error, true);
}

enum status report_one_format(const struct options *options, struct error *error)
{
    return option_given(options, OPTION_CSV) && option_given(options, OPTION_JSON)
               ? error_set(error, STATUS_INVALID, "--csv and --json exclude each other")
               : STATUS_OK;
}

json_t *report_number(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

void report_objectives(json_t *object, const bool measured[OBJECTIVES],
                       const double value[OBJECTIVES])
{
    for (int k = 0; k < OBJECTIVES; k++) {
        bool whole = (objective_table[k].quantity == QUANTITY_COUNT ||
                      objective_table[k].quantity == QUANTITY_BYTES) &&
                     isfinite(value[k]);
        if (measured[k])
            json_object_set_new(object, objective_table[k].name,
                                whole ? json_integer((json_int_t)value[k])
                                      : report_number(value[k]));
    }
}

int report_column_width(int objective)
{
    int length = (int)strlen(objective_table[objective].name);
    return length > 10 ? length : 10;
}

json_t *report_text(const char *text)
{
    struct buf copy;
    json_t *value = json_string(text);
    if (value != NULL)
        return value;
    buf_init(&copy);
    if (buf_printf(&copy, NULL, "%s", text) == STATUS_OK) {
        for (size_t i = 0; i < copy.length; i++)
            if ((unsigned char)copy.data[i] >= 0x80)
                copy.data[i] = '?';
        value = json_string(copy.data);
    }
    buf_release(&copy);
    return value;
}

int report_flush(int exit_status)
{
    static bool said;
    if (fflush(stdout) == 0 && !ferror(stdout))
        return exit_status;
    if (!said)
        fprintf(stderr, "paretop: cannot write standard output: %s\n", strerror(errno));
    said = true;
    return exit_status == EXIT_DONE ? EXIT_NO : exit_status;
}

/* ---- progress ---- */

void progress_start(struct progress *progress, const struct options *options, const char *label)
{
    *progress = (struct progress){
        .label = label,
        .wanted = !option_given(options, OPTION_QUIET) && isatty(STDERR_FILENO),
        .start = clock_seconds(),
    };
}

int progress_show(void *context, double done)
{
    struct progress *progress = context;
    double now = clock_seconds(), spent = now - progress->start;
    char left[32] = "";
    if (!progress->wanted || now - progress->last < PROGRESS_SECONDS)
        return 0;
    if (spent > 1 && done > 0.02 && done < 1) {
        char time[24];
        snprintf(left, sizeof left, ", %s left",
                 quantity_format(QUANTITY_SECONDS, spent * (1 - done) / done, time, sizeof time));
    }
    fprintf(stderr, "\r%s %3.0f %%%s\033[K", progress->label, 100 * done, left);
    fflush(stderr);
    progress->last = now;
    progress->shown = true;
    return 0;
}

void progress_clear(struct progress *progress)
{
    if (progress->shown)
        fputs("\r\033[K", stderr);
    progress->shown = false;
}

/* ---- long work ---- */

static void on_message(void *context, const char *text)
{
    struct telling *telling = context;
    progress_clear(&telling->progress);
    report_note(telling->options, "%s", text);
}

void telling_start(struct telling *telling, const char *doing)
{
    progress_clear(&telling->progress);
    snprintf(telling->doing, sizeof telling->doing, "%s", doing);
    progress_start(&telling->progress, telling->options, telling->doing);
}

static void on_progress(void *context, const char *doing, double done)
{
    struct telling *telling = context;
    if (strcmp(doing, telling->doing) != 0)
        telling_start(telling, doing);
    progress_show(&telling->progress, done);
}

struct listener telling_listener(struct telling *telling)
{
    return (struct listener){on_message, on_progress, telling};
}

/* ---- signals ---- */

static void on_signal(int signal)
{
    (void)signal;
    atomic_file_abort_all();
    _exit(EXIT_INTERRUPTED);
}

void report_catch_signals(void)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
    struct sigaction action = {.sa_handler = on_signal}, before;
    sigfillset(&action.sa_mask);
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
        sigaction(signals[i], NULL, &before);
        if (before.sa_handler != SIG_IGN) /* nohup, a shell's background job */
            sigaction(signals[i], &action, NULL);
    }
}
