/* The view of the run's messages: which are shown, and where the user reads. */
#ifndef UI_LOG_H
#define UI_LOG_H

#include <stdbool.h>

struct view_log {
    char filter[128]; /* only lines with this text; "": all */
    int top;          /* row that is shown first */
    bool scrolled;    /* to there by the user; else the newest are followed */
};

#endif
