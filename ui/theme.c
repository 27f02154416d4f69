/* Themes as text: `role = colour256 colour8 style... / style...`. */
#include "theme.h"

#include "config_lines.h"

#include <stdlib.h>
#include <string.h>

const char *const theme_roles[COLOURS + 1] = {
    [COLOUR_TEXT] = "text",
    [COLOUR_FAINT] = "faint",
    [COLOUR_FRAME] = "frame",
    [COLOUR_TITLE] = "title",
    [COLOUR_HEADING] = "heading",
    [COLOUR_FRONT] = "front",
    [COLOUR_DOMINATED] = "dominated",
    [COLOUR_SELECTED] = "selected",
    [COLOUR_BASE] = "base",
    [COLOUR_MARKED] = "marked",
    [COLOUR_BASELINE] = "baseline",
    [COLOUR_OUTSIDE] = "outside",
    [COLOUR_PIN] = "pin",
    [COLOUR_GOOD] = "good",
    [COLOUR_BAD] = "bad",
    [COLOUR_KEY] = "key",
    [COLOUR_MLP] = "mlp",
    [COLOUR_ATTENTION] = "attention",
};

static int position(const char *const *names, size_t count, const char *word, size_t length)
{
    for (size_t i = 0; i < count; i++)
        if (strlen(names[i]) == length && !strncmp(names[i], word, length))
            return (int)i;
    return -1;
}

/* A number of the palette, a name of the eight, or "default". */
static bool read_colour(const char **value, int most, short *colour)
{
    static const char *const names[] = {"black", "red",     "green", "yellow",
                                        "blue",  "magenta", "cyan",  "white"};
    size_t length = config_word(value);
    const char *word = *value;
    int named = position(names, sizeof names / sizeof *names, word, length);
    char *end;
    long number = strtol(word, &end, 10);
    *value += length;
    if (length == 7 && !strncmp(word, "default", 7))
        *colour = -1;
    else if (named >= 0)
        *colour = (short)named;
    else if (length && end == word + length && number >= 0 && number < most)
        *colour = (short)number;
    else
        return false;
    return true;
}

static bool read_styles(const char *value, struct theme_colour *colour)
{
    static const char *const names[] = {"bold", "dim", "reverse", "underline"};
    static const unsigned bits[] = {STYLE_BOLD, STYLE_DIM, STYLE_REVERSE, STYLE_UNDERLINE};
    unsigned *to = &colour->style;
    colour->style = colour->plain = 0;
    for (size_t length; (length = config_word(&value)) > 0; value += length) {
        int style = position(names, sizeof names / sizeof *names, value, length);
        if (length == 1 && *value == '/' && to == &colour->style)
            to = &colour->plain;
        else if (style >= 0)
            *to |= bits[style];
        else
            return false;
    }
    return true;
}

static enum status read_role(const struct config_line *line, struct theme *theme,
                             struct error *error)
{
    const char *value = line->value;
    struct theme_colour colour;
    int role = position(theme_roles, COLOURS, line->name, strlen(line->name));
    if (role < 0)
        return error_set(error, STATUS_INVALID, "line %u: there is no role \"%s\"", line->number,
                         line->name);
    if (!read_colour(&value, 256, &colour.of_256) || !read_colour(&value, 8, &colour.of_8) ||
        !read_styles(value, &colour))
        return error_set(error, STATUS_INVALID,
                         "line %u: %s takes a colour of 256, one of 8, and styles: \"208 yellow "
                         "bold / bold\", not \"%.60s\"",
                         line->number, line->name, line->value);
    theme->colour[role] = colour;
    return STATUS_OK;
}

enum status theme_parse(const char *text, struct theme *theme, struct error *error)
{
    enum status status = STATUS_OK;
    for (struct config_line line = {0}; config_line_next(&text, &line);) {
        struct error why = {0};
        enum status now = STATUS_OK;
        if (!line.empty && !line.good)
            now = error_set(&why, STATUS_INVALID, "line %u is not ROLE = COLOURS", line.number);
        else if (!line.empty)
            now = read_role(&line, theme, &why);
        if (now != STATUS_OK && status == STATUS_OK) {
            status = now;
            if (error)
                *error = why;
        }
    }
    return status;
}
