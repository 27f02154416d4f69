/* Points in time as people say them: in local time, with as much of the date as is needed. */
#include "moment.h"

#include <math.h>
#include <stdio.h>
#include <time.h>

#define WEEK (6 * 86400) /* a name of a day says which one up to here */

const char *moment_text(int64_t utc, int64_t now, char *out, size_t size)
{
    static const char *const days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    struct tm at, here;
    time_t when = (time_t)utc, today = (time_t)now;
    if (!localtime_r(&when, &at) || !localtime_r(&today, &here))
        snprintf(out, size, "-");
    else if (at.tm_year == here.tm_year && at.tm_yday == here.tm_yday)
        snprintf(out, size, "%02d:%02d", at.tm_hour, at.tm_min);
    else if (utc - now < WEEK && now - utc < WEEK)
        snprintf(out, size, "%s %02d:%02d", days[at.tm_wday % 7], at.tm_hour, at.tm_min);
    else
        snprintf(out, size, "%d %s %02d:%02d", at.tm_mday, months[at.tm_mon % 12], at.tm_hour,
                 at.tm_min);
    return out;
}

const char *span_text(double seconds, char *out, size_t size)
{
    long m = isfinite(seconds) && seconds > 0 && seconds < 1e9 ? (long)(seconds / 60 + 0.5) : 0;
    if (m < 60)
        snprintf(out, size, "%ldm", m);
    else if (m < 48 * 60)
        snprintf(out, size, "%ldh%02ld", m / 60, m % 60);
    else
        snprintf(out, size, "%ldd%02ldh", m / 1440, m / 60 % 24);
    return out;
}
