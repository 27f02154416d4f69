/* The text field. Keys are those of a shell's line. */
#include "field.h"

#include "ui/keys.h"

#include <stdio.h>
#include <string.h>

void field_set(struct field *field, const char *text)
{
    snprintf(field->text, sizeof field->text, "%s", text);
    field->cursor = strlen(field->text);
    field->proposed = false;
}

void field_propose(struct field *field, const char *text)
{
    field_set(field, text);
    field->proposed = *text != '\0';
}

static size_t before(const struct field *field, size_t at)
{
    if (at)
        at--;
    while (at && ((unsigned char)field->text[at] & 0xc0) == 0x80)
        at--;
    return at;
}

static size_t after(const struct field *field, size_t at)
{
    const char *p = field->text + at;
    if (*p)
        utf8_next(&p);
    return (size_t)(p - field->text);
}

static void cut(struct field *field, size_t from, size_t to)
{
    memmove(field->text + from, field->text + to, strlen(field->text + to) + 1);
    field->cursor = from;
}

static size_t word_start(const struct field *field)
{
    size_t at = field->cursor;
    while (at && field->text[at - 1] == ' ')
        at--;
    while (at && field->text[at - 1] != ' ' && field->text[at - 1] != '/')
        at--;
    return at == field->cursor && at ? at - 1 : at;
}

static bool insert(struct field *field, int key)
{
    if (key < ' ' || key == 0x7f || key >= UI_KEY_FIRST)
        return false;
    char bytes[4];
    if (field->proposed)
        field_set(field, "");
    size_t length = utf8_put((uint32_t)key, bytes), old = strlen(field->text);
    if (old + length >= sizeof field->text)
        return true;
    memmove(field->text + field->cursor + length, field->text + field->cursor,
            old - field->cursor + 1);
    memcpy(field->text + field->cursor, bytes, length);
    field->cursor += length;
    return true;
}

static bool edit(struct field *field, int key)
{
    size_t length = strlen(field->text);
    switch (key) {
    case UI_KEY_LEFT:
        field->cursor = before(field, field->cursor);
        return true;
    case UI_KEY_RIGHT:
        field->cursor = after(field, field->cursor);
        return true;
    case UI_KEY_HOME:
    case UI_CONTROL('A'):
        field->cursor = 0;
        return true;
    case UI_KEY_END:
    case UI_CONTROL('E'):
        field->cursor = length;
        return true;
    case UI_KEY_BACKSPACE:
        cut(field, before(field, field->cursor), field->cursor);
        return true;
    case UI_KEY_DELETE:
        cut(field, field->cursor, after(field, field->cursor));
        return true;
    case UI_CONTROL('U'):
        cut(field, 0, field->cursor);
        return true;
    case UI_CONTROL('K'):
        field->text[field->cursor] = '\0';
        return true;
    case UI_CONTROL('W'):
        cut(field, word_start(field), field->cursor);
        return true;
    default:
        return insert(field, key);
    }
}

bool field_key(struct field *field, int key)
{
    bool done = edit(field, key);
    if (done)
        field->proposed = false;
    return done;
}

void field_draw(struct grid *grid, int x, int y, int width, const struct field *field)
{
    if (width < 1)
        return;
    char start[sizeof field->text];
    snprintf(start, sizeof start, "%.*s", (int)field->cursor, field->text);
    int column = text_cells(start), skip = column >= width ? column - width + 1 : 0;
    const char *p = field->text;
    for (int i = 0; i < skip && *p; i++)
        utf8_next(&p);
    for (int i = 0; i < width; i++) {
        unsigned style = field->proposed && *p ? STYLE_REVERSE : STYLE_UNDERLINE;
        grid_put(grid, x + i, y, *p ? utf8_next(&p) : ' ', COLOUR_TEXT, style);
    }
    if (grid_at(grid, x + column - skip, y)) {
        grid->cursor_x = x + column - skip;
        grid->cursor_y = y;
    }
}
