/* Extracts a network, runs a command on the file, reads numbers from what it prints. */
#include "engine/measure.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/shell.h"
#include "io/json.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define PLACE "{model}"
#define TICK_MILLISECONDS 100
#define GRACE_SECONDS 2 /* between asking a command to end and ending it */
#define LAST_READS 256  /* of what was written before the end */

enum status measure_check(const char *command, struct error *error)
{
    if (strstr(command, PLACE) == NULL)
        return error_set(error, STATUS_INVALID,
                         "--measure: the command needs " PLACE ", which stands for the file");
    json_t *text = json_string(command);
    json_decref(text);
    return text != NULL ? STATUS_OK
                        : error_set(error, STATUS_INVALID, "--measure: the command is not UTF-8");
}

/* ---- the command ---- */

static enum status complete_command(const char *command, const char *path, struct buf *out,
                                    struct error *error)
{
    char quoted[4 * PATH_MAX + 8]; /* each character of a path may take four */
    enum status status = STATUS_OK;
    shell_quote(path, quoted, sizeof quoted);
    for (const char *at = command, *place; status == STATUS_OK && *at != '\0';) {
        place = strstr(at, PLACE);
        status = buf_append(out, at, place != NULL ? (size_t)(place - at) : strlen(at), error);
        if (status == STATUS_OK && place != NULL) /* "./": no option whatever it begins with */
            status = buf_printf(out, error, *path == '-' ? "./%s" : "%s", quoted);
        at = place != NULL ? place + strlen(PLACE) : "";
    }
    return status;
}

/* The end of what was written to a pipe. */
struct tail {
    int fd; /* read from; -1: closed */
    char text[1024];
    size_t length;
};

struct child {
    pid_t pid;
    struct tail out, err;
};

static void close_pipe(int fds[2])
{
    for (int i = 0; i < 2; i++)
        if (fds[i] >= 0)
            close(fds[i]);
}

static enum status start(const char *command, struct child *child, struct error *error)
{
    int out[2] = {-1, -1}, err[2] = {-1, -1};
    int failed = pipe2(out, O_CLOEXEC) != 0 || pipe2(err, O_CLOEXEC) != 0 ? errno : 0;
    if (failed == 0)
        failed = shell_spawn(command, out[1], err[1], NULL, &child->pid);
    if (failed != 0) {
        close_pipe(out);
        close_pipe(err);
        return error_set(error, STATUS_FAILED, "--measure: cannot start /bin/sh: %s",
                         strerror(failed));
    }
    close(out[1]);
    close(err[1]);
    child->out.fd = out[0];
    child->err.fd = err[0];
    return STATUS_OK;
}

/* What does not fit pushes out what came first. */
static void read_tail(struct tail *tail)
{
    char some[sizeof tail->text / 2];
    ssize_t got = read(tail->fd, some, sizeof some);
    if (got < 0 && errno == EINTR)
        return;
    if (got <= 0) {
        close(tail->fd);
        tail->fd = -1;
        return;
    }
    size_t most = sizeof tail->text - 1, count = (size_t)got;
    if (tail->length + count > most) {
        size_t keep = most - count < tail->length ? most - count : tail->length;
        memmove(tail->text, tail->text + tail->length - keep, keep);
        tail->length = keep;
    }
    memcpy(tail->text + tail->length, some, count);
    tail->length += count;
}

/* The last line that is not empty, without the blanks around it; cut off in front if it is long. */
static const char *last_line(struct tail *tail)
{
    char *text = tail->text;
    size_t end = tail->length;
    for (size_t i = 0; i < end; i++) /* a NUL would end the text */
        text[i] = text[i] == '\0' ? ' ' : text[i];
    while (end > 0 && strchr(" \t\r\n", text[end - 1]) != NULL)
        end--;
    text[end] = '\0';
    size_t start = end;
    while (start > 0 && text[start - 1] != '\n')
        start--;
    return text + start + strspn(text + start, " \t\r");
}

/* The command has ended; it is not waited for yet, so that its group is still its own. */
static bool has_ended(const struct child *child)
{
    siginfo_t about = {0};
    if (waitid(P_PID, (id_t)child->pid, &about, WEXITED | WNOHANG | WNOWAIT) != 0)
        return errno != EINTR;
    return about.si_pid == child->pid;
}

/* Ends what it left behind, too: that would disturb what is measured next. */
static void end_child(struct child *child, int *how)
{
    double start = clock_seconds();
    if (!has_ended(child))
        kill(-child->pid, SIGTERM);
    while (!has_ended(child) && clock_seconds() - start < GRACE_SECONDS)
        poll(NULL, 0, TICK_MILLISECONDS / 10);
    kill(-child->pid, SIGKILL);
    while (waitpid(child->pid, how, 0) < 0 && errno == EINTR)
        ;
}

/* False: nothing has come. */
static bool read_child(struct child *child, int milliseconds)
{
    struct pollfd fds[2] = {{.fd = child->out.fd, .events = POLLIN},
                            {.fd = child->err.fd, .events = POLLIN}};
    int news = poll(fds, 2, milliseconds);
    if (news > 0 && fds[0].revents != 0)
        read_tail(&child->out);
    if (news > 0 && fds[1].revents != 0)
        read_tail(&child->err);
    return news > 0;
}

/* Until the command has ended; who it left behind may hold its pipes and is not waited for. */
static enum status wait_child(struct child *child, const struct measure_options *options, int *how,
                              struct error *error)
{
    double start = clock_seconds();
    double most = options->seconds > 0 ? options->seconds : MEASURE_SECONDS;
    bool stop = false, late = false;
    while (!has_ended(child) && !stop && !late) {
        read_child(child, TICK_MILLISECONDS);
        stop = options->stopping != NULL && options->stopping(options->context);
        late = clock_seconds() - start >= most;
    }
    for (int i = 0; i < LAST_READS && read_child(child, 0); i++)
        ;
    end_child(child, how);
    if (stop)
        return error_set(error, STATUS_CANCELLED, "stopped");
    return !late ? STATUS_OK
                 : error_set(error, STATUS_FAILED, "--measure: the command took more than %g s",
                             most);
}

/* ---- what it says ---- */

static bool read_number(const char **text, double *number)
{
    char *end;
    const char *at = *text + strspn(*text, " \t,;");
    if (strchr("0123456789.", *at) == NULL)
        return false;
    *number = strtod(at, &end);
    *text = end;
    return end != at && isfinite(*number) && *number > 0;
}

static enum status read_times(struct child *child, int how, struct measured_times *times,
                              struct error *error)
{
    const char *said = last_line(&child->out), *complaint = last_line(&child->err);
    const char *colon = *complaint != '\0' ? ": " : "";
    if (WIFSIGNALED(how))
        return error_set(error, STATUS_FAILED,
                         "--measure: the command was ended by signal %d%s%.200s", WTERMSIG(how),
                         colon, complaint);
    if (WEXITSTATUS(how) != 0)
        return error_set(error, STATUS_FAILED,
                         "--measure: the command ended with status %d%s%.200s", WEXITSTATUS(how),
                         colon, complaint);
    const char *at = said;
    if (!read_number(&at, &times->decode))
        return error_set(error, STATUS_FAILED,
                         "--measure: the last line of the command's output must begin with "
                         "milliseconds per token, not \"%.100s\"",
                         said);
    if (!read_number(&at, &times->prompt))
        times->prompt = NAN;
    return STATUS_OK;
}

static enum status run_command(const struct measure_options *options, struct measured_times *times,
                               struct error *error)
{
    struct child child = {.out.fd = -1, .err.fd = -1};
    struct buf command;
    int how = 0;
    buf_init(&command);
    enum status status = complete_command(options->command, options->path, &command, error);
    if (status == STATUS_OK)
        status = start(command.data, &child, error);
    if (status == STATUS_OK)
        status = wait_child(&child, options, &how, error);
    if (status == STATUS_OK)
        status = read_times(&child, how, times, error);
    close_pipe((int[]){child.out.fd, child.err.fd});
    buf_release(&command);
    return status;
}

/* ---- all ---- */

static int stop_extraction(void *context, double done)
{
    const struct measure_options *options = context;
    (void)done;
    return options->stopping != NULL && options->stopping(options->context);
}

enum status measure_run(const struct measure_options *options, const struct arch_code *code,
                        struct measured_times *times, struct error *error)
{
    struct extract_result result;
    struct measure_options mine = *options;
    const struct extract_options extract = {
        .weights = options->weights,
        .replace = true,
        .unchecked = true,
        .source_sha256 = options->source_sha256,
        .progress = stop_extraction,
        .context = &mine,
    };
    enum status status = extract_write(options->supernet, options->tokenizer, code, &extract,
                                       options->path, &result, error);
    if (status == STATUS_OK)
        status = run_command(options, times, error);
    unlink(options->path);
    return status;
}
