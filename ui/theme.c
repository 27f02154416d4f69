/* The default theme: mid tones that stay readable on dark and on light backgrounds. */
#include "theme.h"

const struct theme_colour theme_default[COLOURS] = {
    [COLOUR_TEXT] = {-1, -1, 0, 0},
    [COLOUR_FAINT] = {244, -1, 0, STYLE_DIM},
    [COLOUR_FRAME] = {242, -1, 0, STYLE_DIM},
    [COLOUR_TITLE] = {-1, -1, STYLE_BOLD, STYLE_BOLD},
    [COLOUR_HEADING] = {67, 6, 0, STYLE_UNDERLINE},
    [COLOUR_FRONT] = {35, 2, STYLE_BOLD, STYLE_BOLD},
    [COLOUR_DOMINATED] = {67, 4, 0, 0},
    [COLOUR_SELECTED] = {208, 3, STYLE_BOLD, STYLE_BOLD},
    [COLOUR_BASE] = {170, 5, STYLE_BOLD, STYLE_BOLD},
    [COLOUR_MARKED] = {38, 6, STYLE_BOLD, STYLE_BOLD},
    [COLOUR_BASELINE] = {136, 3, 0, 0},
    [COLOUR_OUTSIDE] = {131, 1, 0, STYLE_DIM},
    [COLOUR_PIN] = {167, 1, 0, 0},
    [COLOUR_GOOD] = {35, 2, 0, 0},
    [COLOUR_BAD] = {160, 1, STYLE_BOLD, STYLE_BOLD},
    [COLOUR_KEY] = {38, 6, STYLE_BOLD, STYLE_BOLD},
    [COLOUR_MLP] = {67, 4, 0, 0},
    [COLOUR_ATTENTION] = {72, 2, 0, 0},
};
