/* The state that a run begins with: a new one by its options, or the one in its directory, joined
 * with the options as requests. */
#include "run_private.h"

#include <string.h>

/* Everything that an option asks is checked before work begins. */
static enum status check_options(const struct run *run, const struct run_options *options,
                                 struct error *error)
{
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < options->pin_count; i++)
        status = run_check_request(run, "pin", options->pins[i], error);
    for (size_t i = 0; status == STATUS_OK && i < options->lock_count; i++)
        status = run_check_request(run, "lock", options->locks[i], error);
    for (size_t i = 0; status == STATUS_OK && i < options->inject_count; i++)
        status = run_check_request(run, "inject", options->injects[i], error);
    return status;
}

/* A new run: the options are its first state, the base is evaluated before what is injected. */
static enum status new_state(struct run *run, const struct run_options *options,
                             struct error *error)
{
    const struct method_options method = {run->setup.seed, run->setup.population};
    enum status status = STATUS_OK;
    struct arch_code full;
    method_state_init(&run->state.method, &method);
    run->evals_given = options->evaluations > 0;
    run->state.evaluations = run->evals_given          ? options->evaluations
                             : options->time_limit > 0 ? RUN_EVALUATIONS_MOST
                                                       : RUN_EVALUATIONS;
    run->space = run->plain; /* the locks' place until the orders are measured */
    for (size_t i = 0; status == STATUS_OK && i < options->pin_count; i++)
        status = run_apply_request(run, "pin", options->pins[i], error);
    for (size_t i = 0; status == STATUS_OK && i < options->lock_count; i++)
        status = run_apply_request(run, "lock", options->locks[i], error);
    arch_code_full(run->shape, &full);
    if (status == STATUS_OK && options->inject_count > 0)
        status = run_apply_request(run, "inject", full.text, error);
    for (size_t i = 0; status == STATUS_OK && i < options->inject_count; i++)
        status = run_apply_request(run, "inject", options->injects[i], error);
    run->look.pins = run->state.pins;
    return status;
}

/* What state.json says must be of this run: of its rows, its model, its space. */
static enum status check_state(struct run *run, struct error *error)
{
    struct run_state *state = &run->state;
    const char *directory = rundir_path(run->rundir);
    size_t rows = archive_count(run->archive);
    if (state->asked_rows > rows)
        return error_set(error, STATUS_INVALID,
                         "%s/history.csv has %zu rows; there were %zu when state.json was written",
                         directory, rows, state->asked_rows);
    if (state->want > run->setup.population)
        return error_set(error, STATUS_INVALID,
                         "%s/state.json: %zu networks wanted of a generation of %zu", directory,
                         state->want, run->setup.population);
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < state->pins.count; i++) {
        enum objective objective = state->pins.pin[i].objective;
        if (!run->measured[objective])
            status = error_set(error, STATUS_INVALID, "%s is not measured in this run",
                               objective_table[objective].name);
    }
    for (size_t i = 0; status == STATUS_OK && i < state->locks; i++)
        status = run_check_request(run, "lock", state->lock[i], error);
    for (size_t i = 0; status == STATUS_OK && i < state->injects; i++) {
        struct arch_code code = state->inject[i];
        status = arch_code_parse(run->shape, code.text, &state->inject[i], error);
    }
    return status == STATUS_OK ? status : error_prefix(error, "%s/state.json", directory);
}

/* The pins in force are those that the options make of them. */
static bool same_pins(const struct run *run, const struct run_options *options)
{
    struct pins pins = run->state.pins;
    for (size_t i = 0; i < options->pin_count; i++) {
        struct pin pin;
        if (pin_parse(options->pins[i], NULL, &pin, NULL) != STATUS_OK ||
            pins_set(&pins, &pin, NULL) != STATUS_OK)
            return false;
    }
    bool same = pins.count == run->state.pins.count;
    for (size_t i = 0; same && i < pins.count; i++) {
        double before = run->state.pins.pin[i].limit, after = pins.pin[i].limit;
        same = after <= before && after >= before;
    }
    return same;
}

static bool same_locks(const struct run *run, const struct run_options *options)
{
    struct space space = run->plain;
    char before[sizeof space.lock];
    bool read = true;
    for (size_t i = 0; i < run->state.locks; i++)
        read = read && space_lock(&space, run->state.lock[i], NULL) == STATUS_OK;
    memcpy(before, space.lock, sizeof before);
    for (size_t i = 0; i < options->lock_count; i++)
        read = read && space_lock(&space, options->locks[i], NULL) == STATUS_OK;
    return read && memcmp(space.lock, before, sizeof before) == 0;
}

static bool waits(const struct run_state *state, const struct arch_code *code)
{
    for (size_t i = 0; i < state->injects; i++)
        if (arch_code_equal(&state->inject[i], code))
            return true;
    return false;
}

/* Options of a resumed run are requests like any others: recorded, answered. Those that change
 * nothing are none: the same command goes on as if it had not stopped. */
static enum status request_options(struct run *run, const struct run_options *options,
                                   struct error *error)
{
    enum status status = STATUS_OK;
    bool pins = !same_pins(run, options), locks = !same_locks(run, options);
    for (size_t i = 0; status == STATUS_OK && pins && i < options->pin_count; i++) {
        struct pin pin;
        status = request_write(run->rundir, "pin", options->pins[i], error);
        if (pin_parse(options->pins[i], NULL, &pin, NULL) == STATUS_OK)
            pins_set(&run->look.pins, &pin, NULL);
    }
    for (size_t i = 0; status == STATUS_OK && locks && i < options->lock_count; i++)
        status = request_write(run->rundir, "lock", options->locks[i], error);
    for (size_t i = 0; status == STATUS_OK && i < options->inject_count; i++) {
        struct arch_code code;
        status = arch_code_parse(run->shape, options->injects[i], &code, error);
        if (status == STATUS_OK && archive_find(run->archive, &code) == NULL &&
            !waits(&run->state, &code))
            status = request_write(run->rundir, "inject", code.text, error);
    }
    return status;
}

json_t *run_command_json(const struct run *run)
{
    json_t *evals =
        run->evals_given ? json_integer((json_int_t)run->state.evaluations) : json_null();
    return json_pack("{s:o}", "evals", evals);
}

/* More of them are wanted when they are asked for; any number, when a time is given and nobody has
 * said how many. */
static void join_evaluations(struct run *run, const struct run_options *options,
                             const json_t *stored)
{
    const json_t *evals = json_object_get(json_object_get(stored, "command"), "evals");
    bool usual = run->state.evaluations == RUN_EVALUATIONS && !json_is_integer(evals);
    if (options->evaluations > run->state.evaluations)
        run->state.evaluations = options->evaluations;
    else if (options->evaluations == 0 && options->time_limit > 0 && usual)
        run->state.evaluations = RUN_EVALUATIONS_MOST;
}

enum status run_restore(struct run *run, const struct run_options *options, const json_t *stored,
                        struct error *error)
{
    bool found = false;
    enum status status = check_options(run, options, error);
    if (status == STATUS_OK && run->resumed)
        status = state_read(run->rundir, &run->state, &found, error);
    if (status != STATUS_OK)
        return status;
    if (!found)
        return new_state(run, options, error);
    status = check_state(run, error);
    if (status != STATUS_OK)
        return status;
    join_evaluations(run, options, stored);
    run->state.paused = false; /* starting it again is asking for it to go on */
    run->clock_before = run->state.seconds;
    run->look.pins = run->state.pins;
    return request_options(run, options, error);
}
