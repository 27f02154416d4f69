/* A grid of character cells: what every panel draws on, and what tests read as text. Nothing here
 * knows a terminal. Drawing outside the grid is ignored, so a panel may be any size. */
#ifndef UI_GRID_H
#define UI_GRID_H

#include "base/buf.h"
#include "theme.h"

#include <stdbool.h>
#include <stdint.h>

struct rect {
    int x, y, w, h; /* cells; w or h 0: not shown */
};

enum glyphs { GLYPHS_BRAILLE, GLYPHS_BLOCKS, GLYPHS_ASCII, GLYPHS };

struct cell {
    uint32_t glyph; /* code point; always one column wide */
    uint8_t colour; /* enum colour */
    uint8_t style;  /* STYLE_ bits */
};

struct grid {
    int width, height;
    enum glyphs glyphs; /* ASCII: every other glyph is replaced by its nearest plain character */
    struct cell *cell;  /* [height][width], owned */
    size_t capacity;
    int cursor_x, cursor_y; /* text cursor; -1: hidden */
};

/* Sets the size and blanks all cells. */
enum status grid_reset(struct grid *grid, int width, int height, enum glyphs glyphs,
                       struct error *error);
void grid_release(struct grid *grid);

struct cell *grid_at(const struct grid *grid, int x, int y); /* NULL outside */
void grid_put(struct grid *grid, int x, int y, uint32_t glyph, enum colour colour, unsigned style);
void grid_fill(struct grid *grid, struct rect rect, uint32_t glyph, enum colour colour);
/* UTF-8 text in at most `width` cells; what does not fit ends in an ellipsis. Control characters
 * and glyphs that are not one cell wide become '?'. Returns the cells used. */
int grid_text(struct grid *grid, int x, int y, int width, enum colour colour, unsigned style,
              const char *text);
int grid_printf(struct grid *grid, int x, int y, int width, enum colour colour, unsigned style,
                const char *format, ...) __attribute__((format(printf, 7, 8)));
/* The last `width` cells of the row end at x (exclusive). */
void grid_text_right(struct grid *grid, int x, int y, int width, enum colour colour, unsigned style,
                     const char *text);
/* Words of `text` over several rows of rect, a new one behind each newline; returns the rows used.
 */
int grid_wrap(struct grid *grid, struct rect rect, enum colour colour, unsigned style,
              const char *text);
int text_rows(const char *text, int width);        /* rows that grid_wrap needs */
int text_cells(const char *text);                  /* cells that grid_text needs */
bool text_has(const char *text, const char *word); /* upper or lower case; nothing is in all */
/* Bytes of the row that `text` begins with when it is wrapped, broken at a blank if it can be;
 * *next is where the row behind it begins. width > 0. */
size_t text_line(const char *text, int width, size_t *next);

/* One dot of a plot in rect, in dots from its top left (2x4 a cell in braille, 1x2 in blocks, 1x1
 * in ASCII). Dots in a cell add up; a cell that holds another glyph is left alone. */
void grid_dot(struct grid *grid, struct rect rect, int dot_x, int dot_y, enum colour colour);
int grid_dots_x(const struct grid *grid); /* dots in a cell */
int grid_dots_y(const struct grid *grid);

/* A bar of `width` cells, filled by the fraction 0..1. */
void grid_bar(struct grid *grid, int x, int y, int width, double fraction, enum colour colour);

/* The grid as UTF-8 text, a line per row, trailing blanks removed. */
enum status grid_dump(const struct grid *grid, struct buf *out, struct error *error);

/* Reads one code point at *text and moves on; malformed bytes give U+FFFD, a byte at a time. */
uint32_t utf8_next(const char **text);
size_t utf8_put(uint32_t point, char out[4]);

#endif
