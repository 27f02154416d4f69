/* A line of text that the user edits. A proposed text is replaced by typing, and kept by editing
 * or moving in it. */
#ifndef UI_FIELD_H
#define UI_FIELD_H

#include "grid.h"

struct field {
    char text[256]; /* UTF-8, NUL-terminated */
    size_t cursor;  /* byte position, at the start of a character or at the end */
    bool proposed;  /* not touched yet */
};

void field_set(struct field *field, const char *text); /* cursor at the end */
void field_propose(struct field *field, const char *text);
/* True when the key edited the field or moved its cursor; others are left to the caller. */
bool field_key(struct field *field, int key);
/* Draws in `width` cells, scrolled so that the cursor shows; places the grid's text cursor. */
void field_draw(struct grid *grid, int x, int y, int width, const struct field *field);

#endif
