/* The loop: waits for keys, snapshots and signals; draws when something has changed, at once after
 * a key, else at most four times a second, rows alone more seldom. An idle screen sends nothing and
 * uses no time. */
#include "guard.h"
#include "page.h"
#include "screen.h"
#include "script.h"
#include "terminal.h"

#include "base/clock.h"
#include "io/atomic_file.h"
#include "ui/ui.h"

#include <errno.h>
#include <math.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define DRAW_SECONDS 0.25
/* Rows that come wait for each other, for fewer bytes: until there are some, or for a while. */
#define ROWS_TOGETHER 3
#define ROWS_SECONDS 2.0
#define ROW_SECONDS 15.0
#define BACKGROUND_MILLISECONDS 200 /* a shell does not tell who runs that it is in front again */
#define SEEN_SECONDS 30             /* at most so often the run is told that the user was here */

struct loop {
    struct run *run;
    const struct ui_options *options;
    struct terminal *terminal;
    struct view view;
    struct grid grid;
    const struct snapshot *snapshot; /* held */
    const char *script;              /* keys still to play; NULL: none */
    bool changed;                    /* since the last drawing */
    bool urgent;                     /* not by rows alone */
    bool suspended;                  /* in the background: no reading, no drawing */
    bool lost;                       /* the terminal is gone */
    bool terminated;                 /* asked to end by a signal */
    bool running;                    /* the search had not ended in the last snapshot */
    enum extract_phase extract;      /* in the last snapshot */
    int theme;                       /* position of the theme in force; -1: the terminal's first */
    int news;                        /* descriptor that may have a notice; -1: none */
    double drawn;                    /* when */
    size_t drawn_rows;               /* and how many there were */
    double seen;                     /* when the run was told that the user was here */
};

/* ---- the view's port ---- */

static enum status port_request(void *context, const char *verb, const char *argument,
                                struct error *error)
{
    return run_request(context, verb, argument, error);
}

static enum status port_extract(void *context, const struct arch_code *code,
                                const struct weight_options *weights, const char *path,
                                bool replace, struct error *error)
{
    struct stat there;
    if (!stat(path, &there) && S_ISDIR(there.st_mode))
        return error_set(error, STATUS_INVALID, "%s is a folder; type a file name", path);
    return run_extract(context, code, weights, path, replace, error);
}

static void port_extract_cancel(void *context)
{
    run_extract_cancel(context);
}

static enum status port_save(void *context, const char *path, const char *text, struct error *error)
{
    (void)context;
    return atomic_file_replace(path, text, strlen(text), error);
}

static enum status port_keep(void *context, struct settings *settings, struct error *error)
{
    (void)context;
    return settings_keep(settings, error);
}

static enum status port_try(void *context, const struct arch_code *code, const char *prompt,
                            bool chat, uint32_t tokens, struct error *error)
{
    return run_try(context, code, prompt, chat, tokens, error);
}

static void port_try_cancel(void *context)
{
    run_try_cancel(context);
}

/* ---- steps ---- */

/* Rings and tells when the search or an extraction has come to an end since the last snapshot. */
static void tell_ends(struct loop *loop, const struct snapshot *next)
{
    bool running = snapshot_running(next), ended = loop->running && !running && !next->stopped;
    bool extracted = next->extract != loop->extract &&
                     (next->extract == EXTRACT_DONE || next->extract == EXTRACT_FAILED);
    if (ended && loop->options->ended)
        loop->options->ended(loop->options->context, next);
    if ((ended || (extracted && loop->snapshot)) && loop->view.settings.value[SETTING_BELL] &&
        !loop->suspended)
        terminal_bell(loop->terminal);
    loop->running = running;
    loop->extract = next->extract;
}

/* Is there more to see than another row? */
static bool is_urgent(const struct snapshot *old, const struct snapshot *next)
{
    return old == NULL || old->phase != next->phase || next->phase != RUN_EVALUATING ||
           next->rows < 3 || old->answers != next->answers || old->extract != next->extract ||
           next->extract == EXTRACT_RUNNING || old->attempt != next->attempt ||
           old->locks != next->locks || old->settled != next->settled ||
           strcmp(old->message, next->message) != 0 ||
           memcmp(&old->pins, &next->pins, sizeof old->pins) != 0;
}

static void take_snapshot(struct loop *loop)
{
    const struct snapshot *next = run_snapshot(loop->run);
    loop->urgent |= is_urgent(loop->snapshot, next);
    terminal_size(loop->terminal, &loop->view.width, &loop->view.height);
    tell_ends(loop, next);
    if (loop->snapshot)
        snapshot_release(loop->snapshot);
    loop->snapshot = next;
    loop->view.now = time(NULL);
    view_refresh(&loop->view, next);
    loop->changed = true;
}

static void draw(struct loop *loop)
{
    struct view *view = &loop->view;
    if (loop->suspended || loop->lost)
        return;
    terminal_size(loop->terminal, &view->width, &view->height);
    if (grid_reset(&loop->grid, view->width, view->height, view->glyphs, NULL))
        return; /* no memory for a picture now; the next change tries again */
    screen_draw(&loop->grid, view, loop->snapshot);
    if (view->repaint)
        terminal_repaint(loop->terminal);
    view->repaint = false;
    terminal_show(loop->terminal, &loop->grid);
    loop->changed = loop->urgent = false;
    loop->drawn = clock_seconds();
    loop->drawn_rows = loop->snapshot->rows;
}

static void go_on(struct loop *loop)
{
    if (!terminal_foreground(loop->terminal)) {
        loop->suspended = true; /* `bg`: the search goes on without a screen */
        return;
    }
    loop->suspended = false;
    terminal_resume(loop->terminal);
    loop->changed = true;
    draw(loop);
}

static void suspend(struct loop *loop)
{
    terminal_suspend(loop->terminal);
    guard_stop_process();
    go_on(loop);
}

static void take_signals(struct loop *loop)
{
    enum guard_event event;
    while (guard_next(&event))
        switch (event) {
        case GUARD_RESIZE:
            if (!loop->suspended) {
                terminal_resize(loop->terminal);
                terminal_size(loop->terminal, &loop->view.width, &loop->view.height);
                view_refresh(&loop->view, loop->snapshot);
                loop->changed = true;
                loop->drawn = 0; /* a resize is answered at once */
            }
            break;
        case GUARD_SUSPEND:
            suspend(loop);
            break;
        case GUARD_CONTINUE:
            go_on(loop);
            break;
        case GUARD_INTERRUPT:
            view_key(&loop->view, loop->snapshot, UI_CONTROL('C'));
            loop->changed = true;
            loop->drawn = 0;
            break;
        case GUARD_TERMINATE:
            loop->view.leave = loop->terminated = true;
            break;
        case GUARD_HANGUP:
            loop->lost = true;
            break;
        }
}

/* He was here: what came up to now is not new to him when he comes back, in another screen too. */
static void mark_seen(struct loop *loop)
{
    double now = clock_seconds();
    if (loop->seen > 0 && now - loop->seen < SEEN_SECONDS)
        return;
    loop->seen = now;
    run_mark_seen(loop->run);
}

/* What settings and keys ask of the terminal. */
static void obey(struct loop *loop)
{
    struct view *view = &loop->view;
    const struct settings *settings = &view->settings;
    struct error error = {0};
    struct theme theme;
    char name[THEME_NAME];
    if (settings->value[SETTING_THEME] != loop->theme) {
        loop->theme = settings->value[SETTING_THEME];
        setting_text(settings, SETTING_THEME, loop->theme, name, sizeof name);
        if (theme_load(name, &theme, &error))
            view_say(view, COLOUR_BAD, "%s", error.message);
        terminal_theme(loop->terminal, &theme);
    }
    terminal_mouse(loop->terminal, settings->value[SETTING_MOUSE] == 1);
    if (*view->clipboard)
        terminal_clipboard(loop->terminal, view->clipboard);
    view->clipboard[0] = '\0';
}

static void take_keys(struct loop *loop)
{
    int key;
    bool any = false;
    struct ui_mouse mouse;
    while (!loop->view.leave && (key = terminal_key(loop->terminal, &mouse)) != 0) {
        loop->view.now = time(NULL);
        if (key == UI_KEY_MOUSE)
            view_mouse(&loop->view, loop->snapshot, mouse);
        else
            view_key(&loop->view, loop->snapshot, key);
        any = true;
    }
    obey(loop);
    if (loop->view.suspend) {
        loop->view.suspend = false;
        suspend(loop);
    }
    if (any) {
        loop->changed = true;
        draw(loop);
        mark_seen(loop);
    }
}

static void take_news(struct loop *loop)
{
    char text[256];
    ssize_t length = read(loop->news, text, sizeof text - 1);
    if (length <= 0) {
        loop->news = -1;
        return;
    }
    text[length] = '\0';
    view_say(&loop->view, COLOUR_BAD, "%.*s", (int)strcspn(text, "\n"), text);
    loop->changed = loop->urgent = true;
}

/* Milliseconds until the next drawing is due; -1: nothing to draw. */
static int wait_time(const struct loop *loop)
{
    if (loop->suspended)
        return BACKGROUND_MILLISECONDS;
    if (!loop->changed)
        return -1;
    bool some = loop->snapshot->rows >= loop->drawn_rows + ROWS_TOGETHER;
    double between = loop->urgent ? DRAW_SECONDS : some ? ROWS_SECONDS : ROW_SECONDS;
    double left = between - (clock_seconds() - loop->drawn);
    return left > 0 ? (int)ceil(left * 1000) : 0;
}

static void wait_and_take(struct loop *loop)
{
    struct pollfd fds[4] = {{.fd = guard_fd(), .events = POLLIN},
                            {.fd = run_wake_fd(loop->run), .events = POLLIN},
                            {.fd = loop->suspended ? -1 : STDIN_FILENO, .events = POLLIN},
                            {.fd = loop->news, .events = POLLIN}};
    int ready = poll(fds, 4, wait_time(loop));
    if (ready < 0 && errno != EINTR)
        loop->lost = true;
    if (ready <= 0)
        return;
    if (fds[0].revents)
        take_signals(loop);
    if (fds[1].revents & POLLIN)
        take_snapshot(loop);
    if (fds[3].revents)
        take_news(loop);
    if (fds[2].revents & POLLIN)
        take_keys(loop);
    if (fds[2].revents & (POLLHUP | POLLERR | POLLNVAL))
        loop->lost = true;
}

static void play_script(struct loop *loop)
{
    int key;
    while (!loop->view.leave && (key = script_next(&loop->script)) != 0)
        view_key(&loop->view, loop->snapshot, key);
    obey(loop);
    draw(loop);
}

static void run_loop(struct loop *loop)
{
    take_snapshot(loop);
    obey(loop);
    if (*loop->view.settings.trouble)
        view_say(&loop->view, COLOUR_BAD, "%s", loop->view.settings.trouble);
    else if (loop->options->notice)
        view_say(&loop->view, COLOUR_GOOD, "%s", loop->options->notice);
    draw(loop);
    if (loop->script)
        play_script(loop);
    while (!loop->view.leave && !loop->lost) {
        if (loop->suspended && terminal_foreground(loop->terminal))
            go_on(loop);
        if (loop->changed && wait_time(loop) == 0)
            draw(loop);
        wait_and_take(loop);
    }
}

/* What the user has set, and what this command line says on top of it. */
static void open_view(struct loop *loop, const struct view_port *port)
{
    struct view *view = &loop->view;
    const struct ui_options *options = loop->options;
    view_init(view, port, options->ascii ? GLYPHS_ASCII : terminal_glyphs(loop->terminal));
    settings_load(&view->settings, &view->keymap);
    view_apply_settings(view);
    view_show_page(view, view->settings.value[SETTING_VIEW]);
    if (options->bell)
        view->settings.value[SETTING_BELL] = 1;
}

static bool colours_unwanted(const struct ui_options *options)
{
    const char *variable = getenv("NO_COLOR");
    return options->no_colour || (variable && *variable);
}

bool ui_possible(void)
{
    return terminal_possible();
}

enum status ui_run(struct run *run, const struct ui_options *options, enum ui_outcome *outcome,
                   struct error *error)
{
    struct loop loop = {.run = run,
                        .options = options,
                        .script = options->script,
                        .theme = -1,
                        .news = options->news > 0 ? options->news : -1};
    const struct view_port port = {.context = run,
                                   .request = port_request,
                                   .extract = port_extract,
                                   .extract_cancel = port_extract_cancel,
                                   .save = port_save,
                                   .exists = port_file_exists,
                                   .try_prompt = port_try,
                                   .try_cancel = port_try_cancel,
                                   .keep = port_keep};
    if (!ui_possible())
        return error_set(error, STATUS_INVALID,
                         "no screen: standard input and output must be a terminal, and TERM must "
                         "name one with a movable cursor");
    enum status status = guard_open(STDOUT_FILENO, error);
    if (status)
        return status;
    status = terminal_open(colours_unwanted(options), options->log_path, &loop.terminal, error);
    if (status)
        goto out;
    open_view(&loop, &port);
    run_loop(&loop);
    if (!loop.lost && !loop.terminated) /* he left by himself */
        run_mark_seen(run);
    terminal_close(loop.terminal, loop.lost);
    *outcome = loop.lost ? UI_HANGUP : loop.terminated ? UI_TERMINATED : UI_QUIT;
    view_release(&loop.view);
    grid_release(&loop.grid);
    if (loop.snapshot)
        snapshot_release(loop.snapshot);
out:
    guard_close();
    return status;
}
