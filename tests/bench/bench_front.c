/* What the front costs with many networks: a key from its arrival to the drawn grid, and a new
 * snapshot. CSV: rows, listed, what, milliseconds (the median of the repetitions, and the worst).
 */
#include "desk.h"

#include "base/clock.h"

#include <stdio.h>
#include <stdlib.h>

#define TIMES 21

static int compare(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

static void tell(const struct desk *desk, const char *what, double seconds[TIMES])
{
    qsort(seconds, TIMES, sizeof *seconds, compare);
    printf("%zu,%zu,%s,%.2f,%.2f\n", desk->picture.snapshot.rows, desk->view.rows, what,
           1000 * seconds[TIMES / 2], 1000 * seconds[TIMES - 1]);
}

static void measure_keys(struct desk *desk, const char *what, const char *keys)
{
    double seconds[TIMES];
    for (int i = 0; i < TIMES; i++) {
        double start = clock_seconds();
        desk_type(desk, keys);
        desk_draw(desk, 200, 60);
        seconds[i] = clock_seconds() - start;
    }
    tell(desk, what, seconds);
}

/* A row more each time, and with it another estimate. */
static void measure_snapshots(struct desk *desk)
{
    double seconds[TIMES];
    struct snapshot *s = &desk->picture.snapshot;
    for (int i = 0; i < TIMES; i++) {
        s->rows++;
        s->estimate.y += 1e-9;
        double start = clock_seconds();
        view_refresh(&desk->view, s);
        desk_draw(desk, 200, 60);
        seconds[i] = clock_seconds() - start;
    }
    tell(desk, "snapshot", seconds);
}

static void measure(size_t rows)
{
    struct desk desk;
    desk_open(&desk, rows, GLYPHS_BRAILLE);
    desk.picture.snapshot.rows -= 3 * TIMES; /* to come */
    measure_keys(&desk, "key", "j");
    measure_snapshots(&desk);
    desk_type(&desk, "t");
    measure_keys(&desk, "key", "j");
    measure_keys(&desk, "page", "<PgDn>");
    measure_keys(&desk, "left", "<Left>");
    measure_keys(&desk, "sort", "s");
    measure_keys(&desk, "find", "f88.8<Enter>");
    measure_snapshots(&desk);
    picture_pin(&desk.picture, "bytes<=87MiB and acc>=45%");
    view_refresh(&desk.view, &desk.picture.snapshot);
    measure_keys(&desk, "key within pins", "j");
    measure_keys(&desk, "nudge", "<F7>");
    desk_close(&desk);
}

int main(void)
{
    printf("rows,listed,what,median_ms,worst_ms\n");
    measure(1000);
    measure(100000);
    return 0;
}
