/* The loop and the terminal in a pseudo terminal, on a run that this file plays: no engine. Every
 * wait is for something to appear, with a deadline; only silence is measured in time. */
#include "pictures.h"

#include "base/clock.h"
#include "base/memory.h"
#include "ui/ui.h"

#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* ---- the run, played ---- */

struct run {
    struct picture picture;
    struct snapshot given[2]; /* by turns: the loop compares the next with the last */
    char pin[32];             /* asked for, not in a snapshot yet */
    int wake[2];
    int wakes, gives;
};

const struct snapshot *run_snapshot(struct run *run)
{
    char byte;
    struct snapshot *snapshot = &run->given[++run->gives % 2];
    if (*run->pin) /* not before: the last one given shares the front that this frees */
        picture_pin(&run->picture, run->pin);
    run->pin[0] = '\0';
    *snapshot = run->picture.snapshot;
    while (read(run->wake[0], &byte, 1) == 1) /* something to be seen soon for each wake */
        run->wakes++;
    snprintf(snapshot->message, sizeof snapshot->message, "woken %d times", run->wakes);
    return snapshot;
}

void snapshot_release(const struct snapshot *snapshot)
{
    (void)snapshot;
}

int run_wake_fd(struct run *run)
{
    return run->wake[0];
}

enum status run_request(struct run *run, const char *verb, const char *argument,
                        struct error *error)
{
    (void)error;
    if (!strcmp(verb, "pin"))
        snprintf(run->pin, sizeof run->pin, "%s", argument);
    if (!strcmp(verb, "lock")) /* what a library might do in the middle of the screen */
        fprintf(stderr, "noise of a library\n");
    return write(run->wake[1], "w", 1) == 1 ? STATUS_OK : STATUS_IO;
}

enum status run_extract(struct run *run, const struct arch_code *code,
                        const struct weight_options *weights, const char *path, bool replace,
                        struct error *error)
{
    (void)run, (void)code, (void)weights, (void)path, (void)replace;
    return error_set(error, STATUS_IO, "nothing is written here");
}

void run_extract_cancel(struct run *run)
{
    (void)run;
}

void run_mark_seen(struct run *run)
{
    (void)run;
}

enum status run_try(struct run *run, const struct arch_code *code, const char *prompt, bool chat,
                    uint32_t tokens, struct error *error)
{
    (void)run, (void)code, (void)prompt, (void)chat, (void)tokens;
    return error_set(error, STATUS_INVALID, "there is no model here");
}

void run_try_cancel(struct run *run)
{
    (void)run;
}

/* ---- the user's end ---- */

#define MOST (1 << 20)

struct session {
    pid_t child;
    int terminal, wake; /* the user's end; a byte wakes the loop */
    char *text;         /* all that was sent */
    size_t length;
};

static void child_main(size_t rows, int wake_read, int wake_write)
{
    struct run run = {.wake = {wake_read, wake_write}};
    struct ui_options options = {0};
    enum ui_outcome outcome = UI_QUIT;
    struct error error = {0};
    picture_init(&run.picture, rows);
    enum status status = ui_run(&run, &options, &outcome, &error);
    if (status)
        printf("refused: %s\n", error.message);
    else
        printf("left\n");
    fflush(stdout);
    _exit(status ? 100 + (int)status : (int)outcome);
}

static void start(struct session *session, size_t rows, const char *type, const char *locale)
{
    struct winsize size = {.ws_row = 24, .ws_col = 80};
    int wake[2];
    assert_int_equal(pipe2(wake, O_NONBLOCK), 0);
    *session = (struct session){.text = calloc(MOST + 1, 1), .wake = wake[1]};
    session->child = forkpty(&session->terminal, NULL, NULL, &size);
    assert_true(session->child >= 0);
    if (session->child == 0) {
        setenv("TERM", type, 1);
        setenv("LC_ALL", locale, 1);
        child_main(rows, wake[0], wake[1]);
    }
    close(wake[0]);
}

/* Takes what comes within `seconds`, or until `wanted` (may be NULL) has come after byte `from`. */
static bool take(struct session *session, const char *wanted, size_t from, double seconds)
{
    double end = clock_seconds() + seconds;
    for (;;) {
        if (wanted && session->length >= from &&
            memmem(session->text + from, session->length - from, wanted, strlen(wanted)))
            return true;
        double left = end - clock_seconds();
        struct pollfd ready = {.fd = session->terminal, .events = POLLIN};
        if (left <= 0 || poll(&ready, 1, (int)(left * 1000) + 1) <= 0)
            return false;
        ssize_t got =
            read(session->terminal, session->text + session->length, MOST - session->length);
        if (got <= 0)
            return false;
        session->length += (size_t)got;
    }
}

static void expect(struct session *session, const char *wanted, size_t from)
{
    if (!take(session, wanted, from, 120))
        fail_msg("\"%s\" did not come; this came: %s", wanted, session->text + from);
}

static void send_keys(const struct session *session, const char *keys)
{
    assert_int_equal(write(session->terminal, keys, strlen(keys)), strlen(keys));
}

static int finish(struct session *session)
{
    int status;
    take(session, NULL, 0, 0.05);
    double end = clock_seconds() + 120;
    while (waitpid(session->child, &status, WNOHANG) == 0) {
        if (clock_seconds() > end) {
            kill(session->child, SIGKILL);
            fail_msg("the screen did not end");
        }
        take(session, NULL, 0, 0.02); /* what it still writes must be read */
    }
    close(session->terminal);
    close(session->wake);
    free(session->text);
    return status;
}

/* Takes until nothing has come for a while. */
static void settle(struct session *session)
{
    size_t before;
    do {
        before = session->length;
        take(session, NULL, 0, 0.2);
    } while (session->length != before);
}

static const char last_row[] = "filter"; /* the key line is drawn last */

/* ---- tests ---- */

static void test_draws_answers_and_leaves(void **state)
{
    (void)state;
    struct session session;
    start(&session, 100, "xterm-256color", "C.UTF-8");
    expect(&session, last_row, 0);
    assert_non_null(strstr(session.text, "38;5;"));        /* colours */
    assert_non_null(strstr(session.text, "\342\227\217")); /* a front point */
    settle(&session);
    size_t before = session.length;
    send_keys(&session, "pbytes<=87MiB\r");
    expect(&session, "within", before);
    settle(&session);
    before = session.length;
    send_keys(&session, "l0-3=8\r"); /* what libraries say goes elsewhere */
    settle(&session);
    assert_null(memmem(session.text + before, session.length - before, "noise", 5));
    send_keys(&session, "q");
    expect(&session, "leave?", before);
    send_keys(&session, "y");
    expect(&session, "left", before);
    assert_non_null(strstr(session.text + before, "\033[?1049l")); /* the user's screen is back */
    int status = finish(&session);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == UI_QUIT);
}

static void test_idle_sends_nothing(void **state)
{
    (void)state;
    struct session session;
    start(&session, 100, "xterm-256color", "C.UTF-8");
    expect(&session, last_row, 0);
    settle(&session);
    size_t before = session.length;
    take(&session, NULL, 0, 1.0);
    assert_int_equal(session.length, before);
    /* two hundred changes within a second or more: four pictures in each at most, and small ones */
    double began = clock_seconds();
    for (int i = 0; i < 200; i++) {
        assert_int_equal(write(session.wake, "w", 1), 1);
        take(&session, NULL, 0, 0.005);
    }
    settle(&session);
    double took = clock_seconds() - began;
    assert_true(session.length > before);
    assert_true((double)(session.length - before) < 2048 * (took < 1.5 ? 1 : took));
    before = session.length;
    send_keys(&session, "G");
    double asked = clock_seconds();
    while (session.length == before && clock_seconds() - asked < 120)
        take(&session, NULL, 0, 0.001);
    assert_true(session.length > before);
    kill(session.child, SIGTERM);
    int status = finish(&session);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == UI_TERMINATED);
}

static void test_plain_terminals(void **state)
{
    (void)state;
    struct session session;
    setenv("NO_COLOR", "1", 1);
    start(&session, 100, "xterm-256color", "C");
    unsetenv("NO_COLOR");
    expect(&session, last_row, 0);
    settle(&session);
    assert_null(strstr(session.text, "38;5;"));
    for (size_t i = 0; i < session.length; i++) /* no byte that ASCII does not know */
        assert_true((unsigned char)session.text[i] < 0x80);
    send_keys(&session, "\003"); /* Ctrl-C asks first, as q does */
    expect(&session, "leave?", 0);
    send_keys(&session, "\003");
    int status = finish(&session);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == UI_QUIT);

    static const char *const unfit[] = {"dumb", "", "no-such-terminal"};
    for (size_t i = 0; i < sizeof unfit / sizeof *unfit; i++) {
        start(&session, 10, unfit[i], "C");
        expect(&session, "refused: ", 0);
        status = finish(&session);
        assert_int_equal(WEXITSTATUS(status), 100 + STATUS_INVALID);
    }
}

static void test_resize_and_suspend(void **state)
{
    (void)state;
    static const struct winsize sizes[] = {{1, 1, 0, 0},    {1, 200, 0, 0}, {60, 1, 0, 0},
                                           {60, 200, 0, 0}, {2, 3, 0, 0},   {15, 60, 0, 0},
                                           {7, 44, 0, 0},   {30, 100, 0, 0}};
    struct session session;
    start(&session, 100, "xterm-256color", "C.UTF-8");
    expect(&session, last_row, 0);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        ioctl(session.terminal, TIOCSWINSZ, &sizes[i]); /* the kernel sends SIGWINCH */
        send_keys(&session, i % 2 ? "?" : "\033");
        take(&session, NULL, 0, 0.05);
    }
    send_keys(&session, "\033");
    settle(&session);
    size_t before = session.length;
    send_keys(&session, "\014");      /* Ctrl-L: all of it again, at the new size */
    expect(&session, "mark", before); /* a key that only 100 columns have room for */
    before = session.length;
    kill(session.child, SIGTSTP); /* an orphan is not stopped: away from the screen and back */
    expect(&session, "\033[?1049l", before);
    expect(&session, last_row, before);
    kill(session.child, SIGSTOP);
    kill(session.child, SIGCONT);
    settle(&session);
    kill(session.child, SIGTERM);
    int status = finish(&session);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == UI_TERMINATED);
}

static void test_lost_terminal(void **state)
{
    (void)state;
    struct session session;
    start(&session, 100, "xterm-256color", "C.UTF-8");
    expect(&session, last_row, 0);
    kill(session.child, SIGHUP);
    int status = finish(&session);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == UI_HANGUP);
}

static void test_crash_gives_the_terminal_back(void **state)
{
    (void)state;
    static const int signals[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT};
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
        struct session session;
        struct termios usual, after;
        start(&session, 30, "xterm-256color", "C.UTF-8");
        expect(&session, last_row, 0);
        settle(&session);
        assert_int_equal(tcgetattr(session.terminal, &usual), 0);
        assert_false(usual.c_lflag & ICANON); /* the screen has the keys to itself */
        size_t before = session.length;
        kill(session.child, signals[i]);
        expect(&session, "crashed", before);
        assert_non_null(strstr(session.text + before, "\033[?1049l"));
        assert_non_null(strstr(session.text + before, "\033[?25h"));
        if (tcgetattr(session.terminal, &after) == 0)
            assert_true((after.c_lflag & ICANON) && (after.c_lflag & ECHO));
        int status = finish(&session);
        assert_true(WIFSIGNALED(status) && WTERMSIG(status) == signals[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_draws_answers_and_leaves),
        cmocka_unit_test(test_idle_sends_nothing),
        cmocka_unit_test(test_plain_terminals),
        cmocka_unit_test(test_resize_and_suspend),
        cmocka_unit_test(test_lost_terminal),
        cmocka_unit_test(test_crash_gives_the_terminal_back),
    };
    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
