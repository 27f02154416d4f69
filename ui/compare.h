/* The comparison: marked networks side by side, each against the first. With fewer than two marks
 * the selected network stands beside the marked one, or beside the base. */
#ifndef UI_COMPARE_H
#define UI_COMPARE_H

#include <stddef.h>
#include <stdint.h>

struct view;
struct snapshot;

struct view_compare {
    uint32_t other; /* beside the one that is marked, or beside the base; UINT32_MAX: none yet */
    int top;        /* first line of the values shown */
    size_t layer;   /* in the middle of the codes, where they are too long */
};

/* The networks compared, at most VIEW_MARKS; returns how many. */
size_t compare_columns(const struct view *view, const struct snapshot *snapshot, uint32_t *id);
/* A network's place among some; `count`: it has none. */
size_t compare_place(const uint32_t *id, size_t count, uint32_t row);

#endif
