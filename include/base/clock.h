/* Time: monotonic seconds for durations, UTC for records. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stddef.h>
#include <stdint.h>

double clock_seconds(void);         /* monotonic */
double clock_cpu_seconds(void);     /* this thread's CPU time */
double clock_process_seconds(void); /* that of all threads */
int64_t clock_utc(void);            /* seconds since 1970 */
const char *clock_iso8601(int64_t utc, char out[21]); /* "2026-11-24T12:00:00Z" */
int clock_parse_iso8601(const char *text, int64_t *utc); /* 0 ok, -1 malformed */

#endif
