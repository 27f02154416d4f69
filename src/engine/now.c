/* DIR/now.json: what the process that makes a run is doing at this moment, which no other file
 * tells: the network in work and how far it is, the time left, how far loading is. It is for those
 * who watch: replaced whole, but not put on disk at once, at most once a second, and only when it
 * says something else. A paused or finished run leaves it alone; it goes with its process. Who
 * reads it looks at the run's lock first: without a writer it is of no meaning. */
#include "watch_private.h"

#include "base/clock.h"
#include "io/atomic_file.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LEAST_SECONDS 1.0 /* between two of them in one phase */
#define SECONDS_MOST 1e9  /* that are left, thirty years */
#define RATE_MOST 1e9     /* evaluations a minute */

static const char *const phase_name[] = {
    [RUN_LOADING] = "loading", [RUN_CALIBRATING] = "calibrating", [RUN_EVALUATING] = "evaluating",
    [RUN_PAUSED] = "paused",   [RUN_STOPPING] = "stopping",       [RUN_FINISHED] = "finished",
    [RUN_FAILED] = "failed",   [RUN_ABANDONED] = "abandoned",
};
#define PHASES (sizeof phase_name / sizeof *phase_name)

/* A rounded number, so that what has hardly changed says the same; null for what is not known. */
static json_t *number(double value, double step)
{
    return isfinite(value) ? json_real(nearbyint(value / step) * step) : json_null();
}

static char *now_text(const struct snapshot *look)
{
    json_t *value = json_object();
    json_object_set_new(value, "phase", json_string(phase_name[look->phase]));
    json_object_set_new(value, "phase_progress", number(look->phase_progress, 1e-2));
    json_object_set_new(value, "code", json_string(look->current.text));
    json_object_set_new(value, "progress", number(look->current_progress, 1e-2));
    json_object_set_new(value, "seconds_left", number(look->seconds_left, 1));
    json_object_set_new(value, "evaluations_per_minute",
                        number(look->evaluations_per_minute, 1e-2));
    json_object_set_new(value, "evaluations_wanted",
                        json_integer((json_int_t)look->evaluations_wanted));
    json_object_set_new(value, "shared", number(look->shared, 1e-3));
    char *text = json_dumps(value, JSON_COMPACT | JSON_REAL_PRECISION(6));
    json_decref(value);
    return text;
}

void run_tell_now(struct run *run)
{
    const struct snapshot *look = &run->look;
    double time = clock_seconds();
    bool other_phase = !run->told_now || run->told_phase != look->phase;
    bool works = look->phase == RUN_LOADING || look->phase == RUN_CALIBRATING ||
                 look->phase == RUN_EVALUATING;
    if (!other_phase && (!works || time - run->told_time < LEAST_SECONDS))
        return;
    char *text = now_text(look);
    if (text == NULL)
        return;
    uint64_t hash = hash64(text, strlen(text));
    if (!run->told_now || run->told_hash != hash)
        rundir_write_now(run->rundir, text);
    run->told_now = true;
    run->told_phase = look->phase;
    run->told_hash = hash;
    run->told_time = time;
    free(text);
}

/* ---- reading ---- */

/* 0 .. most: what is below 0 is not known, what is above is the most. */
static double read_number(const json_t *value, const char *name, double most)
{
    const json_t *number = json_object_get(value, name);
    double read = json_is_number(number) ? json_number_value(number) : NAN;
    return read >= 0 ? fmin(read, most) : NAN;
}

static bool read_now(struct run *run, const json_t *value, struct now *now)
{
    const char *phase = json_string_value(json_object_get(value, "phase"));
    const char *code = json_string_value(json_object_get(value, "code"));
    const json_t *wanted = json_object_get(value, "evaluations_wanted");
    if (phase == NULL)
        return false;
    size_t which = 0;
    while (which < PHASES && strcmp(phase, phase_name[which]) != 0)
        which++;
    if (which == PHASES)
        return false;
    *now = (struct now){.known = true, .phase = (enum run_phase)which};
    now->phase_progress = read_number(value, "phase_progress", 1);
    now->progress = read_number(value, "progress", 1);
    now->seconds_left = read_number(value, "seconds_left", SECONDS_MOST);
    now->rate = read_number(value, "evaluations_per_minute", RATE_MOST);
    now->shared = read_number(value, "shared", 1);
    if (json_is_integer(wanted) && json_integer_value(wanted) > 0)
        now->wanted = json_integer_value(wanted) < RUN_EVALUATIONS_MOST
                          ? (size_t)json_integer_value(wanted)
                          : RUN_EVALUATIONS_MOST;
    if (code != NULL && *code != '\0' &&
        arch_code_parse(run->shape, code, &now->code, NULL) != STATUS_OK)
        now->code.text[0] = '\0';
    return true;
}

void watch_look_at_now(struct run *run, bool attended)
{
    struct watching *w = run->watching;
    json_t *value = NULL;
    w->now = (struct now){0};
    if (!attended)
        return;
    if (rundir_read_now(run->rundir, &value) == STATUS_OK && !read_now(run, value, &w->now))
        w->now = (struct now){0};
    json_decref(value);
}

/* What is known of this moment only. */
void watch_show_now(const struct run *run, struct snapshot *look)
{
    const struct now *now = &run->watching->now;
    look->shared = NAN;
    if (!now->known)
        return;
    look->shared = now->shared;
    look->phase_progress = isfinite(now->phase_progress) ? now->phase_progress : 0;
    if (look->phase != RUN_EVALUATING)
        return;
    look->current = now->code;
    look->current_progress = isfinite(now->progress) ? now->progress : 0;
    look->seconds_left = now->seconds_left;
    look->evaluations_per_minute = now->rate;
    if (now->wanted > 0)
        look->evaluations_wanted = now->wanted;
}
