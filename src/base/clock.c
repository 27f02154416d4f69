/* Time. */
#include "base/clock.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static double seconds_of(clockid_t id)
{
    struct timespec now;
    clock_gettime(id, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

double clock_seconds(void)
{
    return seconds_of(CLOCK_MONOTONIC);
}

double clock_cpu_seconds(void)
{
    return seconds_of(CLOCK_THREAD_CPUTIME_ID);
}

double clock_process_seconds(void)
{
    return seconds_of(CLOCK_PROCESS_CPUTIME_ID);
}

int64_t clock_utc(void)
{
    return (int64_t)time(NULL);
}

const char *clock_iso8601(int64_t utc, char out[21])
{
    time_t seconds = (time_t)utc;
    struct tm parts;
    if (gmtime_r(&seconds, &parts) == NULL || strftime(out, 21, "%Y-%m-%dT%H:%M:%SZ", &parts) == 0)
        snprintf(out, 21, "1970-01-01T00:00:00Z");
    return out;
}

int clock_parse_iso8601(const char *text, int64_t *utc)
{
    struct tm parts;
    memset(&parts, 0, sizeof parts);
    const char *end = strptime(text, "%Y-%m-%dT%H:%M:%SZ", &parts);
    if (end == NULL || *end != '\0')
        return -1;
    *utc = (int64_t)timegm(&parts);
    return 0;
}
