/* Is the search still getting better? A gain is one of the hypervolume, which never falls, so any
 * rise counts, however small; how small is said. */
#include "trend.h"

#include "base/quantity.h"

#include <math.h>
#include <stdio.h>

#define LEAST_GAIN 1e-9 /* of the hypervolume, as the engine has it: rounding is no gain */

/* Part by which the hypervolume has grown from a to b; NaN when there was none before. */
static double growth(double a, double b)
{
    return a > 0 ? (b - a) / a : NAN;
}

static bool gained(double a, double b)
{
    return b - a > LEAST_GAIN * b;
}

static double seconds_since_gain(const struct snapshot *s)
{
    for (size_t i = s->samples; i-- > 1;)
        if (gained(s->sample[i - 1].hypervolume, s->sample[i].hypervolume))
            return fmax(s->run_seconds - s->sample[i].seconds, 0);
    return NAN;
}

struct trend trend_of(const struct snapshot *s)
{
    struct trend trend = {.generations = s->rounds,
                          .begun = s->rows > 0,
                          .gain = NAN,
                          .ago = seconds_since_gain(s),
                          .recent = NAN,
                          .before = NAN};
    const struct run_round *round = s->round;
    size_t n = s->rounds;
    if (n > 0 && gained(round[n - 1].hypervolume, s->hypervolume)) {
        trend.present = true;
        trend.gain = growth(round[n - 1].hypervolume, s->hypervolume);
        trend.generation = s->generation;
    }
    for (size_t i = n; i-- > 1 && !trend.present;) {
        if (gained(round[i - 1].hypervolume, round[i].hypervolume)) {
            trend.gain = growth(round[i - 1].hypervolume, round[i].hypervolume);
            trend.generation = round[i].generation;
            break;
        }
        trend.idle++;
    }
    if (n > TREND_WINDOW)
        trend.recent = growth(round[n - 1 - TREND_WINDOW].hypervolume, round[n - 1].hypervolume);
    if (n > 2 * TREND_WINDOW)
        trend.before = growth(round[n - 1 - 2 * TREND_WINDOW].hypervolume,
                              round[n - 1 - TREND_WINDOW].hypervolume);
    return trend;
}

/* "+0.4 %" with two digits that count; "" where there was nothing to compare with. */
static const char *gain_text(double gain, char *out, size_t size)
{
    double percent = 100 * gain;
    out[0] = '\0';
    if (isfinite(percent))
        snprintf(out, size,
                 percent >= 10      ? "+%.0f %%"
                 : percent >= 0.095 ? "+%.1f %%"
                                    : "+%.2g %%",
                 percent);
    return out;
}

static const char *ago_text(const struct trend *trend, char *out, size_t size)
{
    char span[32];
    out[0] = '\0';
    if (trend->ago < 90)
        snprintf(out, size, ", just now");
    else if (isfinite(trend->ago))
        snprintf(out, size, ", %s ago",
                 quantity_format(QUANTITY_SECONDS, trend->ago, span, sizeof span));
    return out;
}

const char *trend_text(const struct trend *trend, bool running, char *out, size_t size)
{
    char gain[24], ago[48];
    gain_text(trend->gain, gain, sizeof gain);
    ago_text(trend, ago, sizeof ago);
    unsigned generation = (unsigned)trend->generation;
    const char *what = *gain ? gain : "a first gain";
    if (trend->generations < 2 && !trend->present)
        snprintf(out, size, "Too early to say whether it gets better: %s.",
                 trend->generations ? "one generation is finished"
                 : trend->begun     ? "no generation is finished"
                                    : "no network is evaluated");
    else if (trend->present)
        snprintf(out, size, "%s: %s in generation %u%s%s.",
                 running ? "Still getting better" : "It was still getting better", what, generation,
                 running ? " so far" : "", running ? ago : "");
    else if (!isfinite(trend->gain) && trend->idle + 1 >= trend->generations)
        snprintf(out, size, "No gain since the first generation; there are %zu more.", trend->idle);
    else if (trend->idle == 1)
        snprintf(out, size, "No gain in the last generation; %s in generation %u%s.", what,
                 generation, running ? ago : "");
    else if (trend->idle)
        snprintf(out, size, "%s %zu generations; last gain %s in generation %u%s.",
                 running ? "No gain for" : "It had stopped getting better: no gain for",
                 trend->idle, what, generation, running ? ago : "");
    else
        snprintf(out, size, "%s: %s in generation %u%s.",
                 running ? "Still getting better" : "It was still getting better", what, generation,
                 running ? ago : "");
    return out;
}

const char *trend_pace(const struct trend *trend, char *out, size_t size)
{
    char recent[24], before[24];
    out[0] = '\0';
    gain_text(trend->recent, recent, sizeof recent);
    gain_text(trend->before, before, sizeof before);
    if (*recent && *before)
        snprintf(out, size, "The last %d generations: %s, the %d before: %s.", TREND_WINDOW, recent,
                 TREND_WINDOW, before);
    else if (*recent)
        snprintf(out, size, "The last %d generations: %s.", TREND_WINDOW, recent);
    return out;
}
