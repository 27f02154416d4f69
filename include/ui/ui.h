/* The screen: takes the terminal, draws snapshots of a run, turns keys into requests. */
#ifndef UI_UI_H
#define UI_UI_H

#include "base/buf.h"
#include "engine/run.h"

struct ui_options {           /* zero value: the default */
    bool ascii;               /* plain characters whatever the locale says */
    bool no_colour;           /* also by NO_COLOR in the environment */
    bool bell;                /* rings when the search has ended, or an extraction */
    const char *script;       /* keys to play first; NULL: none */
    const char *notice;       /* in the status line until the first key; NULL: none */
    const char *log_path;     /* standard error of libraries goes there while the screen is up */
    int news;                 /* what can be read there goes to the status line; 0: nothing */
    /* Called each time the search comes to an end while the screen is up; may be NULL. */
    void (*ended)(void *context, const struct snapshot *snapshot);
    void *context;
};

enum ui_outcome {
    UI_QUIT,                  /* the user left: stop the run and say how to resume */
    UI_TERMINATED,            /* SIGTERM: as if the user had left, but interrupted */
    UI_HANGUP,                /* the terminal is gone (SIGHUP): go on headless */
};

/* Runs until the user leaves or the terminal is lost. Called in the main thread, the only one with
 * signals unblocked. STATUS_INVALID when the terminal cannot show a screen (TERM=dumb, no tty):
 * the caller then runs headless. */
enum status ui_run(struct run *run, const struct ui_options *options, enum ui_outcome *outcome,
                   struct error *error);
/* The keys of a script have names that are known; else STATUS_INVALID. */
enum status ui_script_check(const char *script, struct error *error);
/* Appends the screen after options->script to out, a line a row, without a terminal; nothing is
 * asked of the run. */
enum status ui_dump(struct run *run, const struct ui_options *options, int width, int height,
                    struct buf *out, struct error *error);
/* True when standard input and output are a terminal that curses can drive. */
bool ui_possible(void);

#endif
