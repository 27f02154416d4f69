/* Colour roles: panels name a role, the terminal picks the colour. A role never carries meaning
 * alone: shapes and words differ too. */
#ifndef UI_THEME_H
#define UI_THEME_H

#include "base/error.h"
#include "ui/setting_table.h"

enum colour {
    COLOUR_TEXT,
    COLOUR_FAINT,
    COLOUR_FRAME,
    COLOUR_TITLE,
    COLOUR_HEADING,
    COLOUR_FRONT,
    COLOUR_DOMINATED,
    COLOUR_SELECTED,
    COLOUR_BASE,
    COLOUR_MARKED,
    COLOUR_BASELINE,
    COLOUR_OUTSIDE,
    COLOUR_PIN,
    COLOUR_GOOD,
    COLOUR_BAD,
    COLOUR_KEY,
    COLOUR_MLP,
    COLOUR_ATTENTION,
    COLOURS,
};

enum {
    STYLE_BOLD = 1,
    STYLE_DIM = 2,
    STYLE_REVERSE = 4,
    STYLE_UNDERLINE = 8,
};

struct theme_colour {
    short of_256, of_8; /* palette index; -1: the terminal's own */
    unsigned style;     /* added where there are colours */
    unsigned plain;     /* instead, where there are none */
};
struct theme {
    struct theme_colour colour[COLOURS];
};

/* Reads lines `role = colour256 colour8 style... / style...` over what *theme holds. A line that is
 * wrong is left out, the first of them told: "line 3: ...". */
enum status theme_parse(const char *text, struct theme *theme, struct error *error);

#endif
