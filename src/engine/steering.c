/* Requests: pins, locks, injections, pause, stop. Each takes effect before a certain evaluation,
 * whose id is its answer; those that change what is asked wait for the networks in flight, so that
 * history and answers together replay the run. The state is saved before the answer: killed between
 * the two, the same request is taken again and changes nothing. */
#include "run_private.h"

#include "base/memory.h"

#include <stdio.h>
#include <string.h>

/* ---- the verbs, on a state ---- */

struct verb {
    const char *name;
    bool replans; /* changes what is asked */
    bool resumes; /* a finished search may go on */
    enum status (*check)(const struct run *run, const char *argument, struct error *error);
    enum status (*apply)(struct run *run, const char *argument, struct error *error);
};

static enum status check_pin(const struct run *run, const char *argument, struct error *error)
{
    struct pin pin;
    return pin_parse(argument, run->measured, &pin, error);
}

static enum status apply_pin(struct run *run, const char *argument, struct error *error)
{
    struct pin pin;
    enum status status = pin_parse(argument, run->measured, &pin, error);
    return status == STATUS_OK ? pins_set(&run->state.pins, &pin, error) : status;
}

/* "bytes<=" names a pin by objective and direction; so does "bytes<=90MiB". */
static enum status find_pin(const struct pins *pins, const char *argument, size_t *index,
                            struct error *error)
{
    char text[80];
    struct pin pin;
    size_t length = strlen(argument);
    bool bare = length > 0 && argument[length - 1] == '=';
    snprintf(text, sizeof text, "%.70s%s", argument, bare ? "0" : "");
    enum status status = pin_parse(text, NULL, &pin, error);
    if (status != STATUS_OK)
        return status;
    for (*index = 0; *index < pins->count; (*index)++) {
        const struct pin *have = &pins->pin[*index];
        if (have->objective == pin.objective && have->at_least == pin.at_least)
            return STATUS_OK;
    }
    return STATUS_OK;
}

static enum status check_unpin(const struct run *run, const char *argument, struct error *error)
{
    size_t index;
    const struct pins none = {0};
    (void)run;
    return find_pin(&none, argument, &index, error);
}

static enum status apply_unpin(struct run *run, const char *argument, struct error *error)
{
    size_t index;
    enum status status = find_pin(&run->state.pins, argument, &index, error);
    if (status == STATUS_OK)
        pins_remove(&run->state.pins, index); /* not there: taken before a crash, say */
    return status;
}

static enum status check_lock(const struct run *run, const char *argument, struct error *error)
{
    struct space space = run->plain;
    return space_lock(&space, argument, error);
}

/* The locks in force, as few ranges as possible. */
static enum status list_locks(const struct space *space, char lock[16][24], size_t *locks,
                              struct error *error)
{
    uint32_t layers = space->shape->layers;
    *locks = 0;
    for (uint32_t from = 0; from < layers; from++) {
        uint32_t to = from;
        while (to + 1 < layers && space->lock[to + 1] == space->lock[from])
            to++;
        if (space->lock[from] != '\0') {
            if (*locks == 16)
                return error_set(error, STATUS_INVALID, "more than 16 ranges of locked layers");
            if (from == to)
                snprintf(lock[*locks], 24, "%u=%c", from, space->lock[from]);
            else
                snprintf(lock[*locks], 24, "%u-%u=%c", from, to, space->lock[from]);
            (*locks)++;
        }
        from = to;
    }
    return STATUS_OK;
}

static enum status apply_lock(struct run *run, const char *argument, struct error *error)
{
    struct space space = run->space;
    char lock[16][24];
    size_t locks;
    enum status status = space_lock(&space, argument, error);
    if (status == STATUS_OK)
        status = list_locks(&space, lock, &locks, error);
    if (status != STATUS_OK)
        return status;
    run->space = space;
    memcpy(run->state.lock, lock, sizeof lock);
    run->state.locks = locks;
    return STATUS_OK;
}

static const char *unlocking(const char *argument, char out[48])
{
    snprintf(out, 48, "%.40s=", argument);
    return out;
}

static enum status check_unlock(const struct run *run, const char *argument, struct error *error)
{
    char text[48];
    return check_lock(run, unlocking(argument, text), error);
}

static enum status apply_unlock(struct run *run, const char *argument, struct error *error)
{
    char text[48];
    return apply_lock(run, unlocking(argument, text), error);
}

static enum status check_inject(const struct run *run, const char *argument, struct error *error)
{
    struct arch_code code;
    return arch_code_parse(run->shape, argument, &code, error);
}

static enum status apply_inject(struct run *run, const char *argument, struct error *error)
{
    struct arch_code code;
    enum status status = arch_code_parse(run->shape, argument, &code, error);
    const struct row *row = archive_find(run->archive, &code);
    if (status != STATUS_OK || run_is_whole(run, row))
        return status;
    for (size_t i = 0; i < run->state.injects; i++)
        if (arch_code_equal(&run->state.inject[i], &code))
            return STATUS_OK;
    if (run->state.injects == STATE_CODES_MAX)
        return error_set(error, STATUS_INVALID, "%d injected codes are waiting already",
                         STATE_CODES_MAX);
    run->state.inject[run->state.injects++] = code;
    size_t needed = run_made(run);
    for (size_t i = 0; i < run->state.injects; i++) /* stages more of a network are none more */
        needed += archive_find(run->archive, &run->state.inject[i]) == NULL;
    if (run->state.evaluations < needed) /* asked for by hand: the budget makes room */
        run->state.evaluations = needed;
    return STATUS_OK;
}

static enum status check_evals(const struct run *run, const char *argument, struct error *error)
{
    int64_t value;
    (void)run;
    return integer_parse("evals", argument, 1, RUN_EVALUATIONS_MOST, &value, error);
}

static enum status apply_evals(struct run *run, const char *argument, struct error *error)
{
    int64_t value = 0;
    enum status status = integer_parse("evals", argument, 1, RUN_EVALUATIONS_MOST, &value, error);
    if (status == STATUS_OK) {
        run->state.evaluations = (size_t)value;
        run->progress.stalled = 0; /* more is wanted all the same */
        run->state.stall_from = run->state.method.generation;
    }
    return status;
}

static enum status check_nothing(const struct run *run, const char *argument, struct error *error)
{
    (void)run;
    return argument[0] == '\0'
               ? STATUS_OK
               : error_set(error, STATUS_INVALID, "no argument expected: %.40s", argument);
}

static enum status apply_pause(struct run *run, const char *argument, struct error *error)
{
    (void)argument, (void)error;
    run->state.paused = true;
    return STATUS_OK;
}

static enum status apply_continue(struct run *run, const char *argument, struct error *error)
{
    (void)argument, (void)error;
    run->state.paused = false;
    return STATUS_OK;
}

static enum status apply_stop(struct run *run, const char *argument, struct error *error)
{
    (void)argument, (void)error;
    run_stop(run);
    return STATUS_OK;
}

static const struct verb verbs[] = {
    {"pin", true, false, check_pin, apply_pin},
    {"unpin", true, false, check_unpin, apply_unpin},
    {"lock", true, false, check_lock, apply_lock},
    {"unlock", true, false, check_unlock, apply_unlock},
    {"inject", true, true, check_inject, apply_inject},
    {"evals", false, true, check_evals, apply_evals},
    {"pause", false, false, check_nothing, apply_pause},
    {"continue", false, false, check_nothing, apply_continue},
    {"stop", false, false, check_nothing, apply_stop},
};

static const struct verb *verb_by_name(const char *name)
{
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
        if (strcmp(verbs[i].name, name) == 0)
            return &verbs[i];
    return NULL;
}

enum status run_check_request(const struct run *run, const char *verb, const char *argument,
                              struct error *error)
{
    const struct verb *entry = verb_by_name(verb);
    if (entry == NULL)
        return error_set(error, STATUS_INVALID, "there is no request \"%.16s\"", verb);
    return entry->check(run, argument, error);
}

enum status run_apply_request(struct run *run, const char *verb, const char *argument,
                              struct error *error)
{
    const struct verb *entry = verb_by_name(verb);
    if (entry == NULL)
        return error_set(error, STATUS_INVALID, "there is no request \"%.16s\"", verb);
    return entry->apply(run, argument, error);
}

/* ---- taking them ---- */

/* How many of the asked codes have been evaluated. */
static size_t asked_done(const struct run *run)
{
    size_t done = 0;
    for (size_t i = 0; run->planned && i < run->asks; i++)
        done += archive_find(run->archive, &run->asked[i]) != NULL;
    return done;
}

/* The codes asked for are given up; what was evaluated of them counts for this generation. */
static void give_up_asked(struct run *run)
{
    run->state.generation_done += asked_done(run);
    run->state.want = 0;
    run->planned = false;
    run->raced = false;
    run->exhausted = false;
}

/* A pin that waits for the networks in flight is on the screen at once: what is shown is cut to it,
 * only the asking still has to follow. */
static void show_waiting(struct run *run, const struct request *request)
{
    struct pins pins = run->state.pins;
    struct pin pin;
    size_t index = 0;
    if (strcmp(request->verb, "pin") == 0 &&
        pin_parse(request->argument, run->measured, &pin, NULL) == STATUS_OK)
        pins_set(&pins, &pin, NULL);
    if (strcmp(request->verb, "unpin") == 0 &&
        find_pin(&pins, request->argument, &index, NULL) == STATUS_OK)
        pins_remove(&pins, index);
    run->look.pins = pins;
    run->stale = true;
}

enum status run_take_request(struct run *run, bool *found, bool *wait, struct error *error)
{
    struct request request;
    struct error refusal = {0};
    *wait = false;
    enum status status = request_next(run->rundir, &request, found, error);
    if (status != STATUS_OK || !*found)
        return status;
    const struct verb *verb = verb_by_name(request.verb);
    if (verb != NULL && verb->replans && run->in_flight > 0) {
        *found = false;
        *wait = true;
        show_waiting(run, &request);
        return STATUS_OK;
    }
    uint32_t id = (uint32_t)(archive_count(run->archive) + run->in_flight);
    if (run_apply_request(run, request.verb, request.argument, &refusal) == STATUS_OK)
        refusal.message[0] = '\0';
    bool done = refusal.message[0] == '\0';
    if (done && verb->replans) {
        give_up_asked(run);
        run->look.pins = run->state.pins;
        run->stale = true;
    }
    char asked[160];
    snprintf(asked, sizeof asked, "%.32s%s%.120s", request.verb, *request.argument ? " " : "",
             request.argument);
    if (done && verb->replans)
        run_say(run, "%s, from evaluation %u on", asked, id);
    else if (done)
        run_say(run, "%s", asked);
    else
        run_say(run, "request %s refused: %s", asked, refusal.message);
    if (done && verb->resumes)
        run->state.ended[0] = '\0';
    if (done)
        status = state_write(run->rundir, &run->state, error);
    return status == STATUS_OK ? request_answer(run->rundir, &request, id, refusal.message, error)
                               : status;
}
