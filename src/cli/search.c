/* `paretop search`, and the default job: a run on the screen, or headless with a line a generation.
 * The default job attaches to a run that another process makes.
 * The run itself lives in the engine's thread; this one waits for its end or for a signal. */
#include "base/memory.h"
#include "base/shell.h"
#include "cli/commands.h"
#include "cli/generation_line.h"
#include "cli/judging.h"
#include "cli/loaded.h"
#include "cli/on_finish.h"
#include "cli/report.h"
#include "cli/screen.h"
#include "cli/watch.h"
#include "engine/run.h"
#include "store/rundir.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum ending { ENDED_ITSELF, ENDED_BY_SIGNAL, ENDED_BY_USER };

struct session {
    const struct options *options;
    struct run *run;
    char *directory;    /* owned */
    atomic_bool screen; /* the screen is up: nobody else writes to the terminal */
    size_t evaluations; /* of the last line; engine thread */
    bool finished;      /* the run came to its own end */
    bool unlimited;     /* in evaluations: a time ended it */
    bool questions;     /* the run has some, which a report needs */
    bool stalled;       /* as far as --stall lets it, though not all evaluations are made */
    enum ending ending;
    struct search_end end; /* of the state last looked at */
    bool ended;            /* there the search had ended, and nobody asked for it */
    struct on_finish finish;
};

/* ---- what a headless run says, in the engine thread ---- */

static void on_generation(void *context, const struct run_generation *generation)
{
    struct session *session = context;
    if (atomic_load(&session->screen) || generation->evaluations == session->evaluations)
        return;
    session->evaluations = generation->evaluations;
    print_generation(session->options, generation);
}

static void on_message(void *context, const char *text)
{
    struct session *session = context;
    if (!atomic_load(&session->screen))
        report_note(session->options, "%s", text);
}

/* ---- signals: a byte in a pipe ---- */

static int signal_pipe[2] = {-1, -1};

static void on_signal(int signal)
{
    int saved = errno;
    (void)signal;
    if (write(signal_pipe[1], "", 1) < 0) {
        /* full: it will be read anyway */
    }
    errno = saved;
}

/* SIGINT and SIGTERM ask for an orderly end, a second one ends at once; a search outlives its
 * terminal and the reader of its output. */
static enum status catch_signals(struct error *error)
{
    const struct sigaction orderly = {.sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND};
    const struct sigaction ignored = {.sa_handler = SIG_IGN};
    if (pipe2(signal_pipe, O_NONBLOCK | O_CLOEXEC) != 0)
        return error_errno(error, "cannot make", "a pipe");
    sigaction(SIGINT, &orderly, NULL);
    sigaction(SIGTERM, &orderly, NULL);
    sigaction(SIGHUP, &ignored, NULL);
    sigaction(SIGPIPE, &ignored, NULL);
    sigaction(SIGCHLD, &(struct sigaction){.sa_handler = SIG_DFL}, NULL); /* --measure waits */
    return STATUS_OK;
}

/* ---- waiting ---- */

/* Notes whether the run has come to its own end; somebody's request to stop is none. */
static enum run_phase look_at_phase(struct session *session)
{
    const struct snapshot *snapshot = run_snapshot(session->run);
    enum run_phase phase = snapshot->phase;
    session->finished = phase == RUN_FINISHED && !snapshot->stopped;
    session->ended = search_has_ended(snapshot, &session->end);
    session->stalled = option_given(session->options, OPTION_STALL) &&
                       snapshot->evaluations < snapshot->evaluations_wanted;
    session->unlimited = snapshot->evaluations_wanted >= RUN_EVALUATIONS_MOST;
    session->questions = snapshot->task_items > 0;
    snapshot_release(snapshot);
    return phase;
}

static void wait_headless(struct session *session)
{
    struct pollfd fds[2] = {{.fd = signal_pipe[0], .events = POLLIN},
                            {.fd = run_wake_fd(session->run), .events = POLLIN}};
    for (;;) {
        enum run_phase phase = look_at_phase(session);
        if (phase == RUN_FINISHED || phase == RUN_FAILED || phase == RUN_STOPPING)
            return;
        if (poll(fds, 2, -1) > 0 && (fds[0].revents & POLLIN) != 0) {
            session->ending = ENDED_BY_SIGNAL;
            report_note(session->options, "stopping; again to leave at once");
            return;
        }
    }
}

/* On the screen the command works in the background, and the screen goes on. */
static void on_end(void *context, const struct snapshot *snapshot)
{
    struct session *session = context;
    struct search_end end;
    if (search_has_ended(snapshot, &end))
        on_finish_start(&session->finish, &end, NULL);
}

/* Nobody is there to read what a headless run says; log.txt has it. Where the terminal still stands
 * (the signal came from kill, say), another program may be on it by then. */
static void leave_terminal(struct session *session)
{
    int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
    run_log(session->run, "the terminal is lost; the search goes on without a screen");
    for (int fd = STDOUT_FILENO; nowhere >= 0 && fd <= STDERR_FILENO; fd++)
        if (isatty(fd))
            dup2(nowhere, fd);
    if (nowhere >= 0)
        close(nowhere);
}

/* False when there can be no screen. */
static bool wait_on_screen(struct session *session)
{
    struct error error = {0};
    struct buf log;
    enum ui_outcome outcome = UI_QUIT;
    buf_init(&log);
    buf_printf(&log, NULL, "%s/log.txt", session->directory);
    struct ui_options options = screen_options(session->options);
    options.log_path = log.data;
    options.news = session->finish.news[0];
    options.ended = on_end;
    options.context = session;
    enum status status = ui_run(session->run, &options, &outcome, &error);
    buf_release(&log);
    if (status == STATUS_OK && outcome == UI_HANGUP) {
        leave_terminal(session);
        return false;
    }
    atomic_store(&session->screen, false);
    if (status != STATUS_OK) {
        report_note(session->options, "%s; going on without a screen", error.message);
        return false;
    }
    session->ending = outcome == UI_TERMINATED ? ENDED_BY_SIGNAL : ENDED_BY_USER;
    look_at_phase(session);
    return true;
}

/* ---- the end ---- */

/* `paretop DIR` with DIR as a shell would take it; a name that is a command's gets a "./". */
static void say_how_to_go_on(const struct session *session)
{
    char quoted[1024];
    const struct options *options = session->options;
    const char *path = shell_quote(session->directory, quoted, sizeof quoted);
    bool plain = strchr(session->directory, '/') == NULL;
    if (!run_is_directory(session->directory))
        report_note(options, "stopped before the first evaluation; nothing is saved");
    else if (session->finished)
        report_note(options, "finished; paretop front %s lists the front, %s%s%s%s goes on", path,
                    session->questions ? "paretop report " : "", session->questions ? path : "",
                    session->questions ? " judges it on other questions, " : "",
                    session->stalled     ? "without --stall it"
                    : session->unlimited ? "--time T"
                                         : "--evals N");
    else
        report_note(options, "saved; the same command goes on, or: paretop %s%s", plain ? "./" : "",
                    path);
}

static bool no_report(const struct options *options)
{
    return strcmp(option_text(options, OPTION_HELDOUT, ""), "none") == 0;
}

/* Before the search: what could not be judged at its end is refused now. */
static enum status check_heldout(const struct options *options, struct error *error)
{
    const struct option_value *tasks = &options->value[OPTION_TASK];
    const char *heldout = option_text(options, OPTION_HELDOUT, NULL);
    if (heldout == NULL || no_report(options))
        return STATUS_OK;
    return judge_check(heldout, tasks->list, tasks->count, error);
}

/* The search's work is on disk, and each network's judgement as it is made: a signal may end it. */
static int report_at_the_end(const struct session *session)
{
    const struct options *options = session->options;
    if (!session->finished || atomic_load(&session->screen) || session->ending != ENDED_ITSELF ||
        no_report(options) ||
        (!option_given(options, OPTION_HELDOUT) && !judge_usual(session->directory)))
        return EXIT_DONE;
    report_catch_signals();
    int result = judging_report(options, session->directory, true, true);
    return result == EXIT_REFUSED ? EXIT_NO : result;
}

/* Not when somebody has left or interrupted it: they know. */
static void tell_on_finish(struct session *session, enum status status)
{
    struct error error = {0};
    char text[256];
    if (session->ending != ENDED_ITSELF || (status == STATUS_OK && !session->ended))
        return;
    session->end.failed |= status != STATUS_OK;
    report_catch_signals();
    if (on_finish_start(&session->finish, &session->end, &error) != STATUS_OK)
        report_note(session->options, "%s", error.message);
    on_finish_wait(&session->finish, text, sizeof text);
    if (*text != '\0')
        report_note(session->options, "%s", text);
}

static int say_end(const struct session *session, enum status status, const struct error *error)
{
    if (session->ending == ENDED_BY_SIGNAL && (status == STATUS_OK || status == STATUS_CANCELLED)) {
        say_how_to_go_on(session);
        return EXIT_INTERRUPTED;
    }
    /* The run itself tells by STATUS_INVALID that its work had not begun. */
    if (status != STATUS_OK)
        return report_failure(status, error, status != STATUS_INVALID);
    say_how_to_go_on(session);
    if (session->finished)
        return report_at_the_end(session);
    /* Somebody else's request stopped it. */
    return session->ending == ENDED_BY_USER ? EXIT_DONE : EXIT_INTERRUPTED;
}

/* ---- the options ---- */

static struct run_options wanted_run(const struct options *o, struct session *session)
{
    const struct option_value *value = o->value;
    struct run_options wanted = {
        .model = o->argument[0],
        .directory = option_text(o, OPTION_RUN, NULL),
        .tasks = value[OPTION_TASK].list,
        .task_count = value[OPTION_TASK].count,
        .text = option_text(o, OPTION_TEXT, NULL),
        .limit = (size_t)option_integer(o, OPTION_LIMIT, 0),
        .chunks = (size_t)option_integer(o, OPTION_CHUNKS, 0),
        .context = (unsigned)option_integer(o, OPTION_CONTEXT, 0),
        .shots = (unsigned)option_integer(o, OPTION_SHOTS, 0),
        .shots_from = option_text(o, OPTION_SHOTS_FROM, NULL),
        .ppl = option_text(o, OPTION_PPL, NULL),
        .space = option_text(o, OPTION_SPACE, NULL),
        .choices = option_text(o, OPTION_CHOICES, NULL),
        .depth_order = option_text(o, OPTION_DEPTH_ORDER, NULL),
        .method = option_text(o, OPTION_METHOD, NULL),
        .crossover = option_text(o, OPTION_CROSSOVER, NULL),
        .objectives = option_text(o, OPTION_OBJECTIVES, NULL),
        .locks = value[OPTION_LOCK].list,
        .lock_count = value[OPTION_LOCK].count,
        .pins = value[OPTION_PIN].list,
        .pin_count = value[OPTION_PIN].count,
        .injects = value[OPTION_INJECT].list,
        .inject_count = value[OPTION_INJECT].count,
        .type = option_text(o, OPTION_TYPE, NULL),
        .head = option_text(o, OPTION_HEAD, NULL),
        .bias_compensation = option_given(o, OPTION_BIAS_COMPENSATION),
        .precision = option_text(o, OPTION_PRECISION, NULL),
        .measure = option_text(o, OPTION_MEASURE, NULL),
        .neuron_order = option_text(o, OPTION_NEURON_ORDER, NULL),
        .calibration = option_text(o, OPTION_CALIBRATION, NULL),
        .stages = option_text(o, OPTION_STAGES, NULL),
        .evaluations = (size_t)option_integer(o, OPTION_EVALS, 0),
        .population = (size_t)option_integer(o, OPTION_POPULATION, 0),
        .seed = (uint64_t)option_integer(o, OPTION_SEED, 0),
        .seed_given = option_given(o, OPTION_SEED),
        .warm = value[OPTION_WARM].list,
        .warm_count = value[OPTION_WARM].count,
        .time_limit = value[OPTION_TIME].number,
        .stall = (size_t)option_integer(o, OPTION_STALL, 0),
        .threads = (unsigned)option_integer(o, OPTION_THREADS, 0),
        .memory = loaded_memory(o),
        .cache = loaded_cache(o),
        .on_generation = on_generation,
        .on_message = on_message,
        .listener = session,
    };
    if (run_is_directory(wanted.model)) {
        wanted.directory = wanted.model;
        wanted.model = NULL;
    }
    return wanted;
}

static enum status open_run(struct session *session, struct error *error)
{
    const struct options *options = session->options;
    struct run_options wanted = wanted_run(options, session);
    const char *run = option_text(options, OPTION_RUN, NULL);
    if (wanted.model == NULL && run != NULL && strcmp(run, wanted.directory) != 0)
        return error_set(error, STATUS_INVALID, "%s is a run directory, and --run names another",
                         wanted.directory);
    enum status status = loaded_types(options, &wanted.types, error);
    if (status != STATUS_OK)
        return status;
    if (wanted.directory != NULL)
        session->directory = memory_string(wanted.directory, error);
    else
        status = run_default_directory(wanted.model, &session->directory, error);
    if (status == STATUS_OK && session->directory == NULL)
        status = STATUS_MEMORY;
    return status == STATUS_OK ? run_open(&wanted, &session->run, error) : status;
}

/* ---- the command ---- */

static int search(struct session *session)
{
    struct error error = {0};
    bool screen = atomic_load(&session->screen);
    if (!screen || !wait_on_screen(session))
        wait_headless(session);
    run_stop(session->run);
    enum status status = run_wait(session->run, &error);
    run_close(session->run);
    int result = say_end(session, status, &error);
    tell_on_finish(session, status);
    return result;
}

/* Nothing is asked of the run but to see it. */
static bool only_looks(const struct options *options)
{
    static const enum option harmless[] = {OPTION_ASCII, OPTION_NO_COLOUR, OPTION_BELL,
                                           OPTION_QUIET, OPTION_VERBOSE};
    for (int i = 0; i < OPTIONS; i++) {
        bool allowed = false;
        for (size_t k = 0; k < sizeof harmless / sizeof *harmless; k++)
            allowed |= (enum option)i == harmless[k];
        if (option_given(options, (enum option)i) && !allowed)
            return false;
    }
    return run_is_directory(options->argument[0]);
}

/* `attach`: a run that another process makes is shown, where it would be refused. */
static int search_or_attach(const struct options *options, bool attach)
{
    struct session session = {.options = options};
    struct error error = {0};
    char who[160];
    int result;
    atomic_init(&session.screen, screen_wanted(options));
    enum status status =
        on_finish_init(&session.finish, option_text(options, OPTION_ON_FINISH, NULL), &error);
    if (status == STATUS_OK)
        status = check_heldout(options, &error);
    if (status == STATUS_OK)
        status = open_run(&session, &error);
    session.finish.directory = session.directory;
    if (status == STATUS_INVALID && attach && atomic_load(&session.screen) && only_looks(options) &&
        rundir_in_use(options->argument[0], who, sizeof who)) {
        result = watch_attach(options, options->argument[0], who);
        goto out;
    }
    if (status == STATUS_OK)
        status = catch_signals(&error);
    if (status == STATUS_OK)
        status = run_start(session.run, &error);
    if (status == STATUS_OK) {
        result = search(&session);
    } else {
        run_close(session.run);
        result = report_failure(status, &error, false);
    }
out:
    on_finish_release(&session.finish);
    memory_free(session.directory);
    return result;
}

int command_search(const struct options *options)
{
    return search_or_attach(options, false);
}

int command_default(const struct options *options)
{
    return search_or_attach(options, true);
}
