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
    const struct method_options method = setup_method(&run->setup);
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

/* Rows are missing, and those behind them have other ids than the state knows. The method chooses
 * again from what there is. */
static void follow_repair(struct run_state *state, size_t rows)
{
    size_t kept = 0;
    if (state->asked_rows > rows)
        state->asked_rows = rows;
    for (size_t i = 0; i < state->method.members; i++)
        if (state->method.member[i] < rows)
            state->method.member[kept++] = state->method.member[i];
    state->method.members = kept;
}

/* The base is what all are compared with: where its row was lost it is evaluated again. */
static enum status ask_base_again(struct run *run, struct error *error)
{
    struct arch_code full;
    arch_code_full(run->shape, &full);
    return run->repaired && archive_find(run->archive, &full) == NULL
               ? run_apply_request(run, "inject", full.text, error)
               : STATUS_OK;
}

/* What state.json says must be of this run: of its rows, its model, its space. */
static enum status check_state(struct run *run, struct error *error)
{
    struct run_state *state = &run->state;
    const char *directory = rundir_path(run->rundir);
    size_t rows = archive_count(run->archive);
    if (run->repaired)
        follow_repair(state, rows);
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

/* ---- the first command ---- */

json_t *run_command_json(const struct run *run)
{
    json_t *pins = json_array(), *locks = json_array();
    for (size_t i = 0; i < run->state.pins.count; i++)
        json_array_append_new(pins, json_string(run->state.pins.pin[i].text));
    for (size_t i = 0; i < run->state.locks; i++)
        json_array_append_new(locks, json_string(run->state.lock[i]));
    json_t *evals =
        run->evals_given ? json_integer((json_int_t)run->state.evaluations) : json_null();
    return json_pack("{s:o,s:o,s:o}", "pins", pins, "locks", locks, "evals", evals);
}

struct steered { /* pins, and locks as `space` holds them */
    struct pins pins;
    struct space space;
};

static void add_pin(struct pins *pins, const char *text)
{
    struct pin pin;
    if (text != NULL && pin_parse(text, NULL, &pin, NULL) == STATUS_OK)
        pins_set(pins, &pin, NULL);
}

static void add_lock(struct space *space, const char *text)
{
    if (text != NULL)
        space_lock(space, text, NULL);
}

/* What run.json says that the first command asked for; nothing where it does not say. */
static void first_command(const struct run *run, const json_t *stored, struct steered *first)
{
    const json_t *command = json_object_get(stored, "command");
    const json_t *pins = json_object_get(command, "pins"),
                 *locks = json_object_get(command, "locks");
    *first = (struct steered){.space = run->plain};
    for (size_t i = 0; i < json_array_size(pins); i++)
        add_pin(&first->pins, json_string_value(json_array_get(pins, i)));
    for (size_t i = 0; i < json_array_size(locks); i++)
        add_lock(&first->space, json_string_value(json_array_get(locks, i)));
}

static void in_force(const struct run *run, struct steered *now)
{
    *now = (struct steered){.pins = run->state.pins, .space = run->plain};
    for (size_t i = 0; i < run->state.locks; i++)
        add_lock(&now->space, run->state.lock[i]);
}

static bool has_pin(const struct pins *pins, const struct pin *pin)
{
    for (size_t i = 0; i < pins->count; i++) {
        const struct pin *have = &pins->pin[i];
        if (have->objective == pin->objective && have->at_least == pin->at_least)
            return have->limit <= pin->limit && have->limit >= pin->limit;
    }
    return false;
}

static bool waits(const struct run_state *state, const struct arch_code *code)
{
    for (size_t i = 0; i < state->injects; i++)
        if (arch_code_equal(&state->inject[i], code))
            return true;
    return false;
}

static enum status request_pins(struct run *run, const struct run_options *options,
                                const struct steered *first, const struct steered *now,
                                struct error *error)
{
    enum status status = STATUS_OK;
    struct pins wanted = {0};
    for (size_t i = 0; i < options->pin_count; i++)
        add_pin(&wanted, options->pins[i]);
    for (size_t i = 0; status == STATUS_OK && i < wanted.count; i++) {
        const struct pin *pin = &wanted.pin[i];
        if (has_pin(&now->pins, pin))
            continue;
        if (has_pin(&first->pins, pin)) {
            run_say(run, "--pin %s was changed or removed in the run, and stays so", pin->text);
            continue;
        }
        status = request_write(run->rundir, "pin", pin->text, error);
        pins_set(&run->look.pins, pin, NULL);
    }
    return status;
}

/* Layer by layer: options may overlap. */
static enum status request_locks(struct run *run, const struct run_options *options,
                                 const struct steered *first, const struct steered *now,
                                 struct error *error)
{
    enum status status = STATUS_OK;
    struct space wanted = now->space;
    const char *lock = wanted.lock;
    bool asked[ARCH_MAX_LAYERS + 1] = {false}, stays = false;
    uint32_t layers = run->shape->layers;
    for (size_t i = 0; i < options->lock_count; i++)
        add_lock(&wanted, options->locks[i]);
    for (uint32_t i = 0; i < layers; i++) {
        bool same = lock[i] == now->space.lock[i];
        bool again = lock[i] != '\0' && lock[i] == first->space.lock[i];
        asked[i] = !same && !again;
        stays = stays || (!same && again);
    }
    for (uint32_t from = 0, to; status == STATUS_OK && from < layers; from = to + 1) {
        char text[32];
        for (to = from; asked[from] && asked[to + 1] && lock[to + 1] == lock[from];)
            to++;
        snprintf(text, sizeof text, "%u-%u=%.1s", from, to, &lock[from]); /* "0-3=" unlocks */
        if (asked[from])
            status = request_write(run->rundir, "lock", text, error);
    }
    if (stays)
        run_say(run, "locks that were changed or removed in the run stay so");
    return status;
}

/* Options of a resumed run are requests like any others: recorded, answered. Those that change
 * nothing are none, nor those that the first command gave: the same command goes on as if it had
 * not stopped. */
static enum status request_options(struct run *run, const struct run_options *options,
                                   const json_t *stored, struct error *error)
{
    struct steered first, now;
    first_command(run, stored, &first);
    in_force(run, &now);
    enum status status = request_pins(run, options, &first, &now, error);
    if (status == STATUS_OK)
        status = request_locks(run, options, &first, &now, error);
    for (size_t i = 0; status == STATUS_OK && i < options->inject_count; i++) {
        struct arch_code code;
        status = arch_code_parse(run->shape, options->injects[i], &code, error);
        if (status == STATUS_OK && !run_is_whole(run, archive_find(run->archive, &code)) &&
            !waits(&run->state, &code))
            status = request_write(run->rundir, "inject", code.text, error);
    }
    return status;
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
    progress_replay_generations(&run->progress, run->archive, run->state.method.generation,
                                run->state.stall_from);
    status = ask_base_again(run, error);
    if (status != STATUS_OK)
        return status;
    return request_options(run, options, stored, error);
}
