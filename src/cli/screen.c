/* Options of the screen, for search and watch alike. */
#include "cli/screen.h"

#include <stdio.h>
#include <string.h>

#define WIDTH_MOST 500
#define HEIGHT_MOST 200

bool screen_wanted(const struct options *options)
{
    return !option_given(options, OPTION_HEADLESS) && !option_given(options, OPTION_JSON) &&
           ui_possible();
}

struct ui_options screen_options(const struct options *options)
{
    return (struct ui_options){
        .ascii = option_given(options, OPTION_ASCII),
        .no_colour = option_given(options, OPTION_NO_COLOUR),
        .bell = option_given(options, OPTION_BELL),
        .script = option_text(options, OPTION_SCRIPT, NULL),
    };
}

enum status screen_size(const char *text, int *width, int *height, struct error *error)
{
    int read = 0;
    if (text[strspn(text, "0123456789x")] == '\0' &&
        sscanf(text, "%4dx%4d%n", width, height, &read) == 2 && text[read] == '\0' && *width >= 1 &&
        *width <= WIDTH_MOST && *height >= 1 && *height <= HEIGHT_MOST)
        return STATUS_OK;
    return error_set(error, STATUS_INVALID,
                     "--dump takes columns and rows, 1x1 to %dx%d, such as 80x24, not \"%.40s\"",
                     WIDTH_MOST, HEIGHT_MOST, text);
}
