/* The guard. Its state is static because signal handlers have no other way to it; it is written
 * only while the handlers are not installed, except for volatile flags and the reset string's
 * length, which is set last. Handlers are installed before curses starts, which then leaves these
 * signals alone: its own handlers are not async-signal-safe, and any thread may get a signal. */
#include "guard.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

static const int loop_signals[] = {SIGWINCH, SIGTSTP, SIGCONT, SIGINT, SIGTERM, SIGHUP};
static const int crash_signals[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT};
enum { LOOP_SIGNALS = 6, CRASH_SIGNALS = 5 };

#define PATIENCE 3 /* seconds in which the loop should have ended, over a slow line, too */

static struct {
    bool open;
    int terminal, pipe[2];
    struct termios usual;
    char reset[512];
    volatile sig_atomic_t reset_length;
    struct sigaction old_loop[LOOP_SIGNALS], old_crash[CRASH_SIGNALS], old_alarm;
    sigset_t old_mask;
    stack_t stack, old_stack;
    char stack_memory[64 * 1024];
} guard;

static char event_of(int signal)
{
    switch (signal) {
    case SIGWINCH:
        return GUARD_RESIZE;
    case SIGTSTP:
        return GUARD_SUSPEND;
    case SIGCONT:
        return GUARD_CONTINUE;
    case SIGINT:
        return GUARD_INTERRUPT;
    case SIGTERM:
        return GUARD_TERMINATE;
    default:
        return GUARD_HANGUP;
    }
}

static void on_loop_signal(int signal)
{
    int saved = errno;
    char event = event_of(signal);
    if (write(guard.pipe[1], &event, 1) < 0) {
        /* full: the loop has enough to read, and reads it all */
    }
    if (signal == SIGTERM || signal == SIGHUP)
        alarm(PATIENCE);
    errno = saved;
}

/* The loop is to end, and has not: it may wait for a line that carries nothing any more. What that
 * has not carried yet is dropped. */
static void on_alarm(int signal)
{
    int saved = errno;
    (void)signal;
    tcflush(guard.terminal, TCOFLUSH);
    alarm(1);
    errno = saved;
}

static void say(const char *text)
{
    if (write(guard.terminal, text, strlen(text)) < 0) {
        /* nobody to tell */
    }
}

static void on_crash(int signal)
{
    size_t length = (size_t)guard.reset_length;
    if (write(guard.terminal, guard.reset, length) < 0) {
        /* nothing more can be done for the screen */
    }
    tcsetattr(guard.terminal, TCSANOW, &guard.usual);
    say("\nparetop has crashed. Every finished evaluation is saved; the same command goes on "
        "from there.\n");
    /* SA_RESETHAND: the signal now has its default action, taken when this handler returns. */
    raise(signal);
}

static void install(const int *signals, size_t count, struct sigaction *old,
                    const struct sigaction *action)
{
    for (size_t i = 0; i < count; i++)
        sigaction(signals[i], action, &old[i]);
}

enum status guard_open(int fd, struct error *error)
{
    if (pipe2(guard.pipe, O_NONBLOCK | O_CLOEXEC))
        return error_errno(error, "cannot make", "a pipe for signals");
    if (tcgetattr(fd, &guard.usual)) {
        enum status status = error_errno(error, "cannot read the modes of", "the terminal");
        close(guard.pipe[0]);
        close(guard.pipe[1]);
        return status;
    }
    guard.terminal = fd;
    guard.reset_length = 0;
    guard.stack = (stack_t){.ss_sp = guard.stack_memory, .ss_size = sizeof guard.stack_memory};
    sigaltstack(&guard.stack, &guard.old_stack); /* a stack overflow is reported on this one */
    struct sigaction loop = {.sa_handler = on_loop_signal, .sa_flags = SA_RESTART};
    struct sigaction crash = {.sa_handler = on_crash, .sa_flags = (int)(SA_RESETHAND | SA_ONSTACK)};
    struct sigaction late = {.sa_handler = on_alarm, .sa_flags = SA_RESTART};
    sigfillset(&late.sa_mask);
    sigaction(SIGALRM, &late, &guard.old_alarm);
    sigfillset(&loop.sa_mask);
    sigfillset(&crash.sa_mask);
    install(loop_signals, LOOP_SIGNALS, guard.old_loop, &loop);
    install(crash_signals, CRASH_SIGNALS, guard.old_crash, &crash);
    sigset_t unblock;
    sigemptyset(&unblock);
    for (size_t i = 0; i < LOOP_SIGNALS; i++)
        sigaddset(&unblock, loop_signals[i]);
    sigaddset(&unblock, SIGALRM);
    pthread_sigmask(SIG_UNBLOCK, &unblock, &guard.old_mask);
    guard.open = true;
    return STATUS_OK;
}

void guard_reset_string(const char *text, size_t length)
{
    guard.reset_length = 0;
    if (length > sizeof guard.reset)
        length = sizeof guard.reset;
    memcpy(guard.reset, text, length);
    guard.reset_length = (sig_atomic_t)length;
}

int guard_fd(void)
{
    return guard.pipe[0];
}

bool guard_next(enum guard_event *event)
{
    char byte;
    if (read(guard.pipe[0], &byte, 1) != 1)
        return false;
    *event = (enum guard_event)byte;
    return true;
}

void guard_stop_process(void)
{
    struct sigaction usual = {.sa_handler = SIG_DFL}, ours;
    sigaction(SIGTSTP, &usual, &ours);
    raise(SIGTSTP);
    sigaction(SIGTSTP, &ours, NULL);
}

void guard_close(void)
{
    if (!guard.open)
        return;
    alarm(0);
    sigaction(SIGALRM, &guard.old_alarm, NULL);
    for (size_t i = 0; i < CRASH_SIGNALS; i++)
        sigaction(crash_signals[i], &guard.old_crash[i], NULL);
    for (size_t i = 0; i < LOOP_SIGNALS; i++)
        sigaction(loop_signals[i], &guard.old_loop[i], NULL);
    pthread_sigmask(SIG_SETMASK, &guard.old_mask, NULL);
    sigaltstack(&guard.old_stack, NULL);
    close(guard.pipe[0]);
    close(guard.pipe[1]);
    guard.open = false;
}
