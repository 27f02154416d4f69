/* What the help says of each view: the words are here, its keys in the table of keys. */
#ifndef UI_HELP_H
#define UI_HELP_H

#include "page.h"

/* What the view is, for someone who sees it for the first time. "{extract}" stands for the key of
 * the action of that name. */
extern const char *const help_about[PAGES];

struct help_sign {
    enum ui_page page;       /* PAGES: in every view */
    const char *sign, *text; /* at most 15 and 62 cells: beside each other at 80 columns */
};
extern const struct help_sign help_signs[]; /* ended by a row without a sign */

#endif
