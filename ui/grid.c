/* The cell grid. Invariant: every cell holds a glyph that is one column wide and, in ASCII mode,
 * below 127. */
#include "grid.h"

#include "base/memory.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define BRAILLE 0x2800u

static const struct {
    uint32_t glyph;
    char plain;
} plain_glyphs[] = {
    {0x2500, '-'}, {0x2502, '|'}, {0x250c, '+'}, {0x2510, '+'}, {0x2514, '+'}, {0x2518, '+'},
    {0x251c, '+'}, {0x2524, '+'}, {0x252c, '+'}, {0x2534, '+'}, {0x253c, '+'}, {0x2501, '='},
    {0x2508, '-'}, {0x25cf, 'o'}, {0x25c9, '@'}, {0x25c6, 'B'}, {0x25b2, 'M'}, {0x00d7, 'x'},
    {0x00b7, '.'}, {0x2026, '~'}, {0x25b6, '>'}, {0x25c2, '<'}, {0x25b8, '>'}, {0x25b4, '^'},
    {0x25be, 'v'}, {0x25a0, '#'}, {0x2591, '.'}, {0x00b1, '~'}, {0x2580, '"'}, {0x00a0, ' '},
    {0x2192, '>'}, {0x2190, '<'}, {0x2191, '^'}, {0x2193, 'v'}, {0x258c, '|'}, {0x25c7, 'D'},
    {0x25bd, 'b'}, {0x2295, '+'}, {0x25cb, '?'},
};

static uint32_t plain_of(uint32_t glyph)
{
    if (glyph < 127)
        return glyph;
    if (glyph >= 0x2581 && glyph <= 0x2588) /* eighths of a block read as the code's digits */
        return '1' + (glyph - 0x2581);
    if (glyph >= BRAILLE && glyph < BRAILLE + 256)
        return glyph == BRAILLE ? ' ' : '.';
    for (size_t i = 0; i < sizeof plain_glyphs / sizeof *plain_glyphs; i++)
        if (plain_glyphs[i].glyph == glyph)
            return (uint32_t)plain_glyphs[i].plain;
    return '?';
}

static bool one_column(uint32_t glyph)
{
    return (glyph >= 0x20 && glyph < 0x7f) || (glyph >= 0xa0 && glyph < 0x300 && glyph != 0xad) ||
           (glyph >= 0x370 && glyph < 0x483) || (glyph >= 0x48a && glyph < 0x530) ||
           (glyph >= 0x2010 && glyph < 0x2028) || (glyph >= 0x2030 && glyph < 0x2060) ||
           (glyph >= 0x2190 && glyph < 0x2300) || (glyph >= 0x2500 && glyph < 0x25fd) ||
           (glyph >= BRAILLE && glyph < BRAILLE + 256) || glyph == 0xfffd;
}

enum status grid_reset(struct grid *grid, int width, int height, enum glyphs glyphs,
                       struct error *error)
{
    size_t need = (size_t)(width > 0 ? width : 0) * (size_t)(height > 0 ? height : 0);
    enum status status =
        memory_reserve(&grid->cell, &grid->capacity, need ? need : 1, sizeof *grid->cell, error);
    if (status)
        return status;
    grid->width = width > 0 ? width : 0;
    grid->height = height > 0 ? height : 0;
    grid->glyphs = glyphs;
    grid->cursor_x = grid->cursor_y = -1;
    for (size_t i = 0; i < need; i++)
        grid->cell[i] = (struct cell){' ', COLOUR_TEXT, 0};
    return STATUS_OK;
}

void grid_release(struct grid *grid)
{
    memory_free(grid->cell);
    *grid = (struct grid){0};
}

struct cell *grid_at(const struct grid *grid, int x, int y)
{
    if (x < 0 || y < 0 || x >= grid->width || y >= grid->height)
        return NULL;
    return &grid->cell[(size_t)y * (size_t)grid->width + (size_t)x];
}

void grid_put(struct grid *grid, int x, int y, uint32_t glyph, enum colour colour, unsigned style)
{
    struct cell *cell = grid_at(grid, x, y);
    if (!cell)
        return;
    if (!one_column(glyph))
        glyph = '?';
    cell->glyph = grid->glyphs == GLYPHS_ASCII ? plain_of(glyph) : glyph;
    cell->colour = (uint8_t)colour;
    cell->style = (uint8_t)style;
}

void grid_fill(struct grid *grid, struct rect rect, uint32_t glyph, enum colour colour)
{
    for (int y = rect.y; y < rect.y + rect.h; y++)
        for (int x = rect.x; x < rect.x + rect.w; x++)
            grid_put(grid, x, y, glyph, colour, 0);
}

uint32_t utf8_next(const char **text)
{
    const unsigned char *p = (const unsigned char *)*text;
    unsigned length = p[0] < 0x80 ? 1 : p[0] >= 0xf0 && p[0] < 0xf5 ? 4 : p[0] >= 0xe0 ? 3 : 2;
    uint32_t point = length == 1 ? p[0] : p[0] & (0x7fu >> length);
    bool good = length == 1 || (p[0] >= 0xc2 && p[0] < 0xf5);
    for (unsigned i = 1; good && i < length; i++) {
        good = (p[i] & 0xc0) == 0x80;
        point = point << 6 | (p[i] & 0x3f);
    }
    if (good && ((length == 3 && point < 0x800) || (length == 4 && point < 0x10000) ||
                 point > 0x10ffff || (point >= 0xd800 && point < 0xe000)))
        good = false;
    *text += good ? length : 1;
    return good ? point : 0xfffd;
}

size_t utf8_put(uint32_t point, char out[4])
{
    if (point < 0x80) {
        out[0] = (char)point;
        return 1;
    }
    if (point < 0x800) {
        out[0] = (char)(0xc0 | point >> 6);
        out[1] = (char)(0x80 | (point & 0x3f));
        return 2;
    }
    if (point < 0x10000) {
        out[0] = (char)(0xe0 | point >> 12);
        out[1] = (char)(0x80 | (point >> 6 & 0x3f));
        out[2] = (char)(0x80 | (point & 0x3f));
        return 3;
    }
    out[0] = (char)(0xf0 | point >> 18);
    out[1] = (char)(0x80 | (point >> 12 & 0x3f));
    out[2] = (char)(0x80 | (point >> 6 & 0x3f));
    out[3] = (char)(0x80 | (point & 0x3f));
    return 4;
}

int text_cells(const char *text)
{
    int cells = 0;
    while (*text) {
        utf8_next(&text);
        cells++;
    }
    return cells;
}

bool text_has(const char *text, const char *word)
{
    return strcasestr(text, word) != NULL;
}

int grid_text(struct grid *grid, int x, int y, int width, enum colour colour, unsigned style,
              const char *text)
{
    int used = 0;
    while (*text && used < width) {
        const char *before = text;
        uint32_t glyph = utf8_next(&text);
        if (used == width - 1 && *text && width > 1) {
            glyph = 0x2026;
            text = before + strlen(before);
        }
        grid_put(grid, x + used, y, glyph, colour, style);
        used++;
    }
    return used;
}

int grid_printf(struct grid *grid, int x, int y, int width, enum colour colour, unsigned style,
                const char *format, ...)
{
    char text[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    return grid_text(grid, x, y, width, colour, style, text);
}

void grid_text_right(struct grid *grid, int x, int y, int width, enum colour colour, unsigned style,
                     const char *text)
{
    int cells = text_cells(text);
    if (cells > width)
        cells = width;
    grid_text(grid, x - cells, y, cells, colour, style, text);
}

size_t text_line(const char *text, int width, size_t *next)
{
    const char *p = text, *blank = NULL;
    for (int used = 0; *p && *p != '\n' && used < width; used++) {
        if (*p == ' ')
            blank = p;
        utf8_next(&p);
    }
    const char *end = !*p || *p == '\n' || *p == ' ' || !blank || blank == text ? p : blank;
    const char *rest = end;
    if (*rest == ' ')
        rest += strspn(rest, " ");
    if (*rest == '\n')
        rest++;
    *next = (size_t)(rest - text);
    return (size_t)(end - text);
}

int text_rows(const char *text, int width)
{
    int rows = 0;
    size_t next;
    for (; *text && width > 0; rows++, text += next)
        text_line(text, width, &next);
    return rows;
}

int grid_wrap(struct grid *grid, struct rect rect, enum colour colour, unsigned style,
              const char *text)
{
    int row = 0;
    size_t next;
    for (; *text && row < rect.h && rect.w > 0; row++, text += next) {
        size_t length = text_line(text, rect.w, &next);
        bool cut = text[next] && row == rect.h - 1; /* more than there is room for */
        char line[1024];
        if (cut)
            length = strcspn(text, "\n");
        snprintf(line, sizeof line, "%.*s", (int)(length < 1000 ? length : 1000), text);
        int used = grid_text(grid, rect.x, rect.y + row, rect.w, colour, style, line);
        if (cut)
            grid_put(grid, rect.x + (used < rect.w ? used : rect.w - 1), rect.y + row, 0x2026,
                     colour, style);
    }
    return row;
}

int grid_dots_x(const struct grid *grid)
{
    return grid->glyphs == GLYPHS_BRAILLE ? 2 : 1;
}

int grid_dots_y(const struct grid *grid)
{
    return grid->glyphs == GLYPHS_BRAILLE ? 4 : grid->glyphs == GLYPHS_BLOCKS ? 2 : 1;
}

static uint32_t dotted(enum glyphs glyphs, uint32_t old, int column, int row)
{
    static const uint8_t braille[4][2] = {{0x01, 0x08}, {0x02, 0x10}, {0x04, 0x20}, {0x40, 0x80}};
    if (glyphs == GLYPHS_BRAILLE) {
        if (old != ' ' && (old < BRAILLE || old >= BRAILLE + 256))
            return old;
        return (old == ' ' ? BRAILLE : old) | braille[row][column];
    }
    if (glyphs == GLYPHS_BLOCKS) {
        uint32_t half = row ? 0x2584 : 0x2580;
        if (old == ' ' || old == half)
            return half;
        return old == 0x2580 || old == 0x2584 ? 0x2588 : old;
    }
    return old == ' ' ? '.' : old == '.' ? ':' : old;
}

void grid_dot(struct grid *grid, struct rect rect, int dot_x, int dot_y, enum colour colour)
{
    int nx = grid_dots_x(grid), ny = grid_dots_y(grid);
    if (dot_x < 0 || dot_y < 0 || dot_x >= rect.w * nx || dot_y >= rect.h * ny)
        return;
    struct cell *cell = grid_at(grid, rect.x + dot_x / nx, rect.y + dot_y / ny);
    if (!cell)
        return;
    uint32_t glyph = dotted(grid->glyphs, cell->glyph, dot_x % nx, dot_y % ny);
    bool ours = (glyph >= BRAILLE && glyph < BRAILLE + 256) || glyph == '.' || glyph == ':' ||
                (glyph >= 0x2580 && glyph <= 0x2588);
    if (!ours)
        return;
    *cell = (struct cell){glyph, (uint8_t)colour, 0};
}

void grid_bar(struct grid *grid, int x, int y, int width, double fraction, enum colour colour)
{
    if (!(fraction > 0))
        fraction = 0;
    int full = fraction >= 1 ? width : (int)floor(fraction * width);
    for (int i = 0; i < width; i++)
        grid_put(grid, x + i, y, i < full ? 0x2501 : 0x2500, i < full ? colour : COLOUR_FRAME, 0);
}

enum status grid_dump(const struct grid *grid, struct buf *out, struct error *error)
{
    for (int y = 0; y < grid->height; y++) {
        int end = grid->width;
        while (end > 0 && grid_at(grid, end - 1, y)->glyph == ' ')
            end--;
        for (int x = 0; x < end; x++) {
            char bytes[4];
            size_t length = utf8_put(grid_at(grid, x, y)->glyph, bytes);
            enum status status = buf_append(out, bytes, length, error);
            if (status)
                return status;
        }
        enum status status = buf_append(out, "\n", 1, error);
        if (status)
            return status;
    }
    return STATUS_OK;
}
