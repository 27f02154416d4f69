/* The terminal: the only user of curses. Takes the screen, shows grids, reads keys. */
#ifndef UI_TERMINAL_H
#define UI_TERMINAL_H

#include "grid.h"
#include "view.h"

struct terminal;

/* Standard input and output are a terminal on which the cursor can be placed. */
bool terminal_possible(void);
/* The environment's locale, taken from here on, writes UTF-8. */
bool terminal_utf8(void);
/* Takes the screen; standard error goes to log_path (NULL: nowhere) until terminal_close.
 * guard_open comes first, so that a crash finds its way back. */
enum status terminal_open(bool no_colour, const char *log_path, struct terminal **terminal,
                          struct error *error);
void terminal_close(struct terminal *terminal, bool lost); /* lost: nothing is written any more */

/* The best glyphs for its locale and type. */
enum glyphs terminal_glyphs(const struct terminal *terminal);
void terminal_size(const struct terminal *terminal, int *width, int *height);
void terminal_resize(struct terminal *terminal); /* after SIGWINCH */
/* Sends what differs from the grid shown before; all of it after terminal_repaint. */
void terminal_show(struct terminal *terminal, const struct grid *grid);
void terminal_repaint(struct terminal *terminal);
void terminal_bell(struct terminal *terminal);
void terminal_theme(struct terminal *terminal,
                    const struct theme *theme);          /* of what is shown next */
void terminal_mouse(struct terminal *terminal, bool on); /* off to begin with */
/* Puts the text on the clipboard of who looks at the terminal (OSC 52). */
void terminal_clipboard(struct terminal *terminal, const char *text);
/* The next key that has been typed (see keys.h), or 0. Never waits. UI_KEY_MOUSE: *mouse is set. */
int terminal_key(struct terminal *terminal, struct ui_mouse *mouse);
void terminal_suspend(struct terminal *terminal); /* the user's screen and modes are back */
void terminal_resume(struct terminal *terminal);
bool terminal_foreground(const struct terminal *terminal); /* may read and write */

#endif
