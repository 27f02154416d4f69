/* Points in time as people say them. */
#ifndef UI_MOMENT_H
#define UI_MOMENT_H

#include <stddef.h>
#include <stdint.h>

/* Local time of `utc` (seconds since 1970), seen from `now`: "04:12"; another day "Mon 04:12", and
 * from a week on "4 Dec 04:12". Returns out. */
const char *moment_text(int64_t utc, int64_t now, char *out, size_t size);
/* A span in few cells: "41m", "3h05", "2d04h". In minutes, so that a clock on the screen costs a
 * line nothing while one waits. Returns out. */
const char *span_text(double seconds, char *out, size_t size);

#endif
