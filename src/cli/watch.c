/* `paretop watch`: a run that another process makes, on the screen, or headless with a line a
 * generation until it ends. Leaving ends the watching alone. */
#include "cli/watch.h"
#include "base/shell.h"
#include "cli/commands.h"
#include "cli/generation_line.h"
#include "cli/report.h"
#include "cli/screen.h"
#include "store/rundir.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

struct session {
    const struct options *options;
    const char *directory;
    struct run *run;
    bool screen; /* nobody else writes to the terminal */
};

static void on_generation(void *context, const struct run_generation *generation)
{
    const struct session *session = context;
    print_generation(session->options, generation);
}

static void on_message(void *context, const char *text)
{
    const struct session *session = context;
    if (!session->screen)
        report_note(session->options, "%s", text);
}

/* A run that is being started has no run.json before its model is loaded. */
static void wait_for_run(const struct session *session)
{
    char who[160];
    bool told = false;
    while (!run_is_directory(session->directory) &&
           rundir_in_use(session->directory, who, sizeof who)) {
        if (!told)
            report_note(session->options, "%s is loading the model of %s; waiting for it", who,
                        session->directory);
        told = true;
        nanosleep(&(struct timespec){.tv_nsec = 100000000}, NULL);
    }
}

static enum run_phase phase_now(const struct session *session, bool *stopped)
{
    const struct snapshot *snapshot = run_snapshot(session->run);
    enum run_phase phase = snapshot->phase;
    *stopped = snapshot->stopped;
    snapshot_release(snapshot);
    return phase;
}

static int wait_headless(struct session *session)
{
    struct pollfd wake = {.fd = run_wake_fd(session->run), .events = POLLIN};
    for (;;) {
        bool stopped;
        enum run_phase phase = phase_now(session, &stopped);
        if (phase == RUN_FINISHED)
            return stopped ? EXIT_INTERRUPTED : EXIT_DONE;
        if (phase == RUN_ABANDONED || phase == RUN_FAILED)
            return EXIT_NO;
        poll(&wake, 1, -1);
    }
}

static int show(struct session *session, const char *notice)
{
    struct error error = {0};
    char quoted[1024];
    bool stopped;
    enum ui_outcome outcome = UI_QUIT;
    struct ui_options screen = screen_options(session->options);
    screen.notice = notice;
    enum status status = ui_run(session->run, &screen, &outcome, &error);
    if (status != STATUS_OK)
        return report_failure(status, &error, false);
    if (outcome == UI_HANGUP) /* nobody is there to read anything */
        return EXIT_INTERRUPTED;
    enum run_phase phase = phase_now(session, &stopped);
    if (phase == RUN_EVALUATING || phase == RUN_PAUSED || phase == RUN_LOADING)
        report_note(session->options,
                    "stopped watching; the run goes on, paretop watch %s shows it",
                    shell_quote(session->directory, quoted, sizeof quoted));
    return outcome == UI_TERMINATED ? EXIT_INTERRUPTED : EXIT_DONE;
}

/* The run as it is now, which run_watch has read. */
static int dump(const struct session *session, int width, int height)
{
    const struct ui_options screen = screen_options(session->options);
    struct error error = {0};
    struct buf text;
    buf_init(&text);
    enum status status = ui_dump(session->run, &screen, width, height, &text, &error);
    if (status == STATUS_OK)
        fwrite(text.data, 1, text.length, stdout);
    buf_release(&text);
    return report_failure(status, &error, true);
}

static enum status check(const struct options *options, int *width, int *height,
                         struct error *error)
{
    const char *size = option_text(options, OPTION_DUMP, NULL);
    const char *script = option_text(options, OPTION_SCRIPT, NULL);
    bool lines = option_given(options, OPTION_HEADLESS) || option_given(options, OPTION_JSON);
    if (lines && (size != NULL || script != NULL))
        return error_set(error, STATUS_INVALID, "--%s is for the screen, and --%s wants none",
                         size != NULL ? "dump" : "script",
                         option_given(options, OPTION_JSON) ? "json" : "headless");
    if (script != NULL && ui_script_check(script, error) != STATUS_OK)
        return error_prefix(error, "--script");
    return size != NULL ? screen_size(size, width, height, error) : STATUS_OK;
}

int command_watch(const struct options *options)
{
    struct session session = {.options = options, .directory = options->argument[0]};
    struct error error = {0};
    int result, width, height;
    enum status status = check(options, &width, &height, &error);
    if (status != STATUS_OK)
        return report_failure(status, &error, false);
    bool dumped = option_given(options, OPTION_DUMP);
    session.screen = dumped || screen_wanted(options);
    const struct run_options wanted = {.directory = session.directory,
                                       .on_generation = session.screen ? NULL : on_generation,
                                       .on_message = on_message,
                                       .listener = &session};
    wait_for_run(&session);
    status = run_watch(&wanted, &session.run, &error);
    if (status == STATUS_OK && !dumped)
        status = run_start(session.run, &error);
    if (status != STATUS_OK)
        result = report_failure(status, &error, false);
    else if (dumped)
        result = dump(&session, width, height);
    else
        result = session.screen ? show(&session, NULL) : wait_headless(&session);
    run_close(session.run);
    return result;
}

int watch_attach(const struct options *options, const char *directory, const char *who)
{
    struct session session = {.options = options, .directory = directory, .screen = true};
    struct error error = {0};
    char notice[256];
    const char *since = strstr(who, " since ");
    const struct run_options wanted = {
        .directory = directory, .on_message = on_message, .listener = &session};
    snprintf(notice, sizeof notice, "%.*s makes this run; q leaves it running, s there stops it",
             since != NULL ? (int)(since - who) : (int)strlen(who), who);
    enum status status = run_watch(&wanted, &session.run, &error);
    if (status == STATUS_OK)
        status = run_start(session.run, &error);
    int result =
        status == STATUS_OK ? show(&session, notice) : report_failure(status, &error, false);
    run_close(session.run);
    return result;
}
