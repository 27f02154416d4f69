/* The sequence that puts a text on the clipboard of who looks at the terminal: OSC 52. */
#ifndef UI_CLIPBOARD_H
#define UI_CLIPBOARD_H

#include <stdbool.h>

#define CLIPBOARD_MOST 600 /* bytes of text */
#define CLIPBOARD_SEQUENCE (2 * (CLIPBOARD_MOST / 3 + 1) * 4 + 64)

/* "" for a longer text. Inside tmux it comes twice: tmux takes it for itself (set-clipboard), or
 * hands it on as it is packed in another (allow-passthrough); which one it does cannot be asked.
 * Returns out. */
const char *clipboard_sequence(const char *text, bool tmux, char out[CLIPBOARD_SEQUENCE]);

#endif
