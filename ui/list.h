/* What the front's table and plot show of all networks: which are listed, in which order, where
 * they are. It follows from the snapshot and the view, and is found anew only when those have
 * changed. */
#ifndef UI_LIST_H
#define UI_LIST_H

#include "networks.h"

struct view;

enum view_others { OTHERS_DRAWN, OTHERS_LISTED, OTHERS_HIDDEN }; /* than the run's own networks */

struct view_span { /* of finite values; infinities the wrong way round: there are none */
    double least, most, positive; /* positive: the least above 0 */
};

struct view_extents { /* of the first `rows` rows of the archive; see ui/extents.c */
    const struct archive *archive;
    size_t rows;
    struct view_span span[COLUMNS];
    uint64_t derived; /* hash of the rows that acc_est's span is of */
};

struct view_point { /* of a row, in the plot */
    double x, y;
    bool counts; /* not superseded */
    bool within; /* the pins as they are drawn */
};

struct view_range {
    double lo, hi;
    bool known; /* follows the points outwards only */
    bool held;  /* zoomed or panned by the user: stays */
};

struct view_find { /* what is marked in the list; text "": nothing */
    char text[256];
    struct pins limits; /* count 0: the text is a part of a code, ? any character */
};

size_t view_position(const struct view *view, uint32_t id); /* in the table; SIZE_MAX: not there */
bool view_marked(const struct view *view, uint32_t id);
/* Selects a row; what hides it from the list is dropped, with a notice. */
void view_select(struct view *view, const struct snapshot *snapshot, uint32_t id);
bool view_found(const struct view *view, const struct snapshot *snapshot, uint32_t id);
/* Measured, and worth a place: not the number of questions where all networks have the same. */
bool view_has_column(const struct view *view, const struct snapshot *snapshot, int column);
/* Of all rows of the run. */
struct view_span view_span(const struct view *view, int column);
void view_span_add(struct view_span *span, double value);
/* Of view_refresh: what follows from the rows, found anew only where they have changed. */
void view_refresh_extents(struct view *view, const struct snapshot *snapshot);
void view_refresh_rows(struct view *view, const struct snapshot *snapshot);
void view_refresh_points(struct view *view, const struct snapshot *snapshot);
uint64_t view_hash(uint64_t hash, const void *bytes, size_t size);
uint64_t view_hash_pins(uint64_t hash, const struct pins *pins);
uint64_t view_rows_hash(const struct snapshot *snapshot);

/* Range over all rows (those on the front and the base first, when the rest is far away). */
void view_fit(struct view *view, const struct snapshot *snapshot, int axis);
/* Of view_refresh: the axes are the search's first two objectives, ranges hold what is there. */
void view_refresh_axes(struct view *view, const struct snapshot *snapshot);

#endif
