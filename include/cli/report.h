/* What a command says: failures and notes on standard error, progress there when it is a terminal,
 * results on standard output. */
#ifndef CLI_REPORT_H
#define CLI_REPORT_H

#include "cli/options.h"
#include "engine/listener.h"
#include "io/json.h"
#include "search/objective.h"

enum exit_status {
    EXIT_DONE = 0,
    EXIT_NO = 1,      /* ran, and the answer is no, or could not finish */
    EXIT_REFUSED = 2, /* before work began */
    EXIT_INTERRUPTED = 130,
};

/* Prints "paretop: <message>" and returns the exit status (RULES: Exit): `began` tells whether work
 * had begun. STATUS_OK prints nothing. */
int report_failure(enum status status, const struct error *error, bool began);
/* "paretop: ..." on standard error, unless --quiet. */
void report_note(const struct options *options, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Refuses --csv together with --json. */
enum status report_one_format(const struct options *options, struct error *error);
/* Prints one value on standard output (indented, or on one line) and gives it back; NULL, a value
 * that could not be built for lack of memory, is reported. Returns the exit status. */
int report_json(json_t *value, bool one_line);
/* A number, or null when it is not finite. */
json_t *report_number(double value);
/* The measured of a network's values by their names, into an object. */
void report_objectives(json_t *object, const bool measured[OBJECTIVES],
                       const double value[OBJECTIVES]);
int report_column_width(int objective); /* cells of its column: tasks may have long names */
/* A path or another name from outside; bytes that are not UTF-8, which JSON cannot hold, become
 * '?'.
 */
json_t *report_text(const char *text);
/* Flushes standard output; a failure (a full disk) is reported once and turns `exit_status` 0 into
 * EXIT_NO. */
int report_flush(int exit_status);

/* A line of progress that is rewritten in place, at most ten times a second. */
struct progress {
    const char *label;
    bool wanted, shown;
    double start, last; /* monotonic seconds */
};
void progress_start(struct progress *progress, const struct options *options, const char *label);
/* For callbacks: context is a struct progress; never cancels. */
int progress_show(void *context, double done);
void progress_clear(struct progress *progress);

/* The listener of long work: messages as notes, progress as such a line, anew for each thing that
 * is being done. Clear telling->progress in the end. */
struct telling {
    const struct options *options;
    struct progress progress;
    char doing[64];
};
void telling_start(struct telling *telling, const char *doing);
struct listener telling_listener(struct telling *telling);

/* Lets SIGINT, SIGTERM and SIGHUP remove half-written files and end the process with
 * EXIT_INTERRUPTED; what was set to be ignored stays so. */
void report_catch_signals(void);

#endif
