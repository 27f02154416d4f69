/* The command runs in a shell of its own that tells through a pipe how it failed: who waits there
 * is the screen, which goes on meanwhile, or a headless search, which has nothing else to do. */
#include "cli/on_finish.h"

#include "base/buf.h"
#include "base/memory.h"
#include "base/shell.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* Standard output is the pipe, standard error the log. */
static const char script[] =
    "/bin/sh -c \"$PARETOP_ON_FINISH\" >&2; status=$?\n"
    "[ $status -eq 0 ] && exit\n"
    "text=\"--on-finish: the command ended with status $status; log.txt has what it said\"\n"
    "echo \"$text\"; echo \"$text\" >&2\n";

bool search_has_ended(const struct snapshot *snapshot, struct search_end *end)
{
    *end = (struct search_end){
        .failed = snapshot->phase == RUN_FAILED,
        .evaluations = snapshot->evaluations,
        .front = snapshot->fronts,
        .hypervolume = snapshot->hypervolume,
        .seconds = snapshot->run_seconds,
    };
    return end->failed || (snapshot->phase == RUN_FINISHED && !snapshot->stopped);
}

enum status on_finish_init(struct on_finish *finish, const char *command, struct error *error)
{
    *finish = (struct on_finish){.command = command, .news = {-1, -1}, .told = SIZE_MAX};
    if (command != NULL && pipe2(finish->news, O_NONBLOCK | O_CLOEXEC) != 0)
        return error_errno(error, "cannot make", "a pipe");
    return STATUS_OK;
}

void on_finish_release(struct on_finish *finish)
{
    for (int i = 0; i < 2; i++) {
        if (finish->news[i] >= 0)
            close(finish->news[i]);
        finish->news[i] = -1;
    }
}

enum { OWN_VARIABLES = 7 };

static enum status describe(const struct on_finish *finish, const struct search_end *end,
                            struct buf text[OWN_VARIABLES], struct error *error)
{
    char path[PATH_MAX];
    bool known = realpath(finish->directory, path) != NULL;
    enum status status;
    if ((status = buf_printf(&text[0], error, "PARETOP_ON_FINISH=%s", finish->command)) ||
        (status =
             buf_printf(&text[1], error, "PARETOP_RUN=%s", known ? path : finish->directory)) ||
        (status = buf_printf(&text[2], error, "PARETOP_OUTCOME=%s",
                             end->failed ? "failed" : "finished")) ||
        (status = buf_printf(&text[3], error, "PARETOP_EVALUATIONS=%zu", end->evaluations)) ||
        (status = buf_printf(&text[4], error, "PARETOP_FRONT=%zu", end->front)) ||
        (status = buf_printf(&text[5], error, "PARETOP_HYPERVOLUME=%.9g", end->hypervolume)))
        return status;
    return buf_printf(&text[6], error, "PARETOP_SECONDS=%.0f", end->seconds);
}

static enum status start(struct on_finish *finish, struct buf text[OWN_VARIABLES],
                         struct error *error)
{
    extern char **environ;
    char log[PATH_MAX];
    size_t count = 0;
    while (environ[count] != NULL)
        count++;
    char **all = memory_new(count + OWN_VARIABLES + 1, sizeof *all, error);
    if (all == NULL)
        return STATUS_MEMORY;
    for (size_t i = 0; i < OWN_VARIABLES; i++) /* first: getenv takes the first of a name */
        all[i] = text[i].data;
    memcpy(all + OWN_VARIABLES, environ, count * sizeof *all);
    snprintf(log, sizeof log, "%s/log.txt", finish->directory);
    int output = open(log, O_WRONLY | O_CREAT | O_APPEND | O_NONBLOCK | O_CLOEXEC, 0666);
    if (output < 0) /* a full disk, a folder that was never made: it is told all the same */
        output = open("/dev/null", O_WRONLY | O_CLOEXEC);
    int failed =
        output < 0 ? errno : shell_spawn(script, finish->news[1], output, all, &finish->process);
    if (output >= 0)
        close(output);
    memory_free(all);
    return failed == 0 ? STATUS_OK
                       : error_set(error, STATUS_FAILED, "--on-finish: cannot start /bin/sh: %s",
                                   strerror(failed));
}

enum status on_finish_start(struct on_finish *finish, const struct search_end *end,
                            struct error *error)
{
    struct buf text[OWN_VARIABLES];
    if (finish->command == NULL || finish->told == end->evaluations)
        return STATUS_OK;
    finish->told = end->evaluations;
    if (finish->process > 0)
        waitpid(finish->process, NULL, WNOHANG); /* of an end before this one */
    finish->process = 0;
    for (size_t i = 0; i < OWN_VARIABLES; i++)
        buf_init(&text[i]);
    enum status status = describe(finish, end, text, error);
    if (status == STATUS_OK)
        status = start(finish, text, error);
    for (size_t i = 0; i < OWN_VARIABLES; i++)
        buf_release(&text[i]);
    return status;
}

void on_finish_wait(struct on_finish *finish, char *text, size_t size)
{
    text[0] = '\0';
    if (finish->process <= 0)
        return;
    while (waitpid(finish->process, NULL, 0) < 0 && errno == EINTR)
        ;
    finish->process = 0;
    ssize_t length = read(finish->news[0], text, size - 1);
    text[length > 0 ? length : 0] = '\0';
    text[strcspn(text, "\n")] = '\0';
}
