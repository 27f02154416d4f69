/* state.json: what a repeated ask needs. Random numbers' state goes as hexadecimal text: JSON
 * numbers do not hold 64 bits. */
#include "rundir_private.h"

#include "base/memory.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define SECONDS_MOST 4e9 /* more than a hundred years */

static json_t *state_json(const struct run_state *state)
{
    json_t *rng = json_array(), *members = json_array(), *pins = json_array(),
           *locks = json_array(), *injects = json_array();
    for (int i = 0; i < 4; i++) {
        char hex[20];
        snprintf(hex, sizeof hex, "%016" PRIx64, state->method.rng.state[i]);
        json_array_append_new(rng, json_string(hex));
    }
    for (size_t i = 0; i < state->method.members; i++)
        json_array_append_new(members, json_integer(state->method.member[i]));
    for (size_t i = 0; i < state->pins.count; i++)
        json_array_append_new(pins, json_pack("{s:s,s:b}", "pin", state->pins.pin[i].text,
                                              "enabled", (int)state->pins.pin[i].enabled));
    for (size_t i = 0; i < state->locks; i++)
        json_array_append_new(locks, json_string(state->lock[i]));
    for (size_t i = 0; i < state->injects; i++)
        json_array_append_new(injects, json_string(state->inject[i].text));
    json_t *value =
        json_pack("{s:I,s:o,s:o,s:I,s:I,s:I,s:o,s:o,s:o,s:b,s:I,s:f}", "generation",
                  (json_int_t)state->method.generation, "rng", rng, "members", members,
                  "asked_rows", (json_int_t)state->asked_rows, "want", (json_int_t)state->want,
                  "generation_done", (json_int_t)state->generation_done, "pins", pins, "locks",
                  locks, "injects", injects, "paused", (int)state->paused, "evaluations",
                  (json_int_t)state->evaluations, "seconds", state->seconds);
    json_object_set_new(value, "ended", json_string(state->ended));
    json_object_set_new(value, "stall_from", json_integer(state->stall_from));
    return value;
}

enum status state_write(struct rundir *rundir, const struct run_state *state, struct error *error)
{
    struct buf path;
    json_t *value = state_json(state);
    if (value == NULL)
        return error_memory(error, 0);
    enum status status = rundir_file(rundir, "state.json", &path, error);
    if (status == STATUS_OK)
        status = json_write_file(path.data, value, error);
    json_decref(value);
    buf_release(&path);
    return status;
}

static bool read_members(const json_t *members, struct method_state *method)
{
    size_t count = json_array_size(members);
    method->member = memory_new(count, sizeof *method->member, NULL);
    if (method->member == NULL)
        return false;
    for (size_t i = 0; i < count; i++) {
        const json_t *entry = json_array_get(members, i);
        json_int_t id = json_integer_value(entry);
        if (!json_is_integer(entry) || id < 0 || id >= UINT32_MAX)
            return false;
        method->member[i] = (uint32_t)id;
    }
    method->members = count;
    return true;
}

static bool read_rng(const json_t *rng, struct rng *out)
{
    uint64_t any = 0;
    for (size_t i = 0; i < 4; i++) {
        const char *hex = json_string_value(json_array_get(rng, i));
        if (hex == NULL || strlen(hex) != 16 || strspn(hex, "0123456789abcdef") != 16)
            return false;
        any |= out->state[i] = strtoull(hex, NULL, 16);
    }
    return json_array_size(rng) == 4 && any != 0; /* of zeros only zeros would come */
}

static bool read_texts(const json_t *pins, const json_t *locks, const json_t *injects,
                       struct run_state *state)
{
    for (size_t i = 0; i < json_array_size(pins); i++) {
        const json_t *entry = json_array_get(pins, i);
        const char *text = json_string_value(json_object_get(entry, "pin"));
        struct pin pin;
        if (text == NULL || pin_parse(text, NULL, &pin, NULL) != STATUS_OK)
            return false;
        const json_t *enabled = json_object_get(entry, "enabled");
        pin.enabled = json_is_true(enabled);
        if (!json_is_boolean(enabled) || pins_set(&state->pins, &pin, NULL) != STATUS_OK)
            return false;
    }
    for (size_t i = 0; i < json_array_size(locks); i++) {
        const char *text = json_string_value(json_array_get(locks, i));
        if (text == NULL || i == sizeof state->lock / sizeof *state->lock ||
            strlen(text) >= sizeof state->lock[0])
            return false;
        snprintf(state->lock[state->locks++], sizeof state->lock[0], "%s", text);
    }
    for (size_t i = 0; i < json_array_size(injects); i++) {
        const char *text = json_string_value(json_array_get(injects, i));
        if (text == NULL || i == STATE_CODES_MAX || !arch_code_readable(text))
            return false;
        snprintf(state->inject[state->injects++].text, ARCH_CODE_TEXT, "%s", text);
    }
    return true;
}

/* A run from before it was told: 0. */
static bool read_stall(const json_t *value, uint32_t *from)
{
    json_int_t number = json_integer_value(value);
    *from = (uint32_t)number;
    return value == NULL || (json_is_integer(value) && number >= 0 && number <= UINT32_MAX);
}

static bool read_state(const json_t *value, struct run_state *state)
{
    json_int_t generation, asked, want, done, evaluations;
    json_t *rng, *members, *pins, *locks, *injects;
    int paused;
    if (json_unpack((json_t *)(uintptr_t)value, "{s:I,s:o,s:o,s:I,s:I,s:I,s:o,s:o,s:o,s:b,s:I,s:F}",
                    "generation", &generation, "rng", &rng, "members", &members, "asked_rows",
                    &asked, "want", &want, "generation_done", &done, "pins", &pins, "locks", &locks,
                    "injects", &injects, "paused", &paused, "evaluations", &evaluations, "seconds",
                    &state->seconds) != 0 ||
        generation < 0 || generation > UINT32_MAX || asked < 0 || want < 0 || done < 0 ||
        evaluations < 0 || !(state->seconds >= 0 && state->seconds < SECONDS_MOST))
        return false;
    state->method.generation = (uint32_t)generation;
    state->asked_rows = (size_t)asked;
    state->want = (size_t)want;
    state->generation_done = (size_t)done;
    state->evaluations = (size_t)evaluations;
    state->paused = paused != 0;
    const json_t *told = json_object_get(value, "ended"); /* a run from before it was told: none */
    const char *ended = json_string_value(told);
    snprintf(state->ended, sizeof state->ended, "%s", ended != NULL ? ended : "");
    return (told == NULL || (ended != NULL && strlen(ended) < sizeof state->ended)) &&
           read_stall(json_object_get(value, "stall_from"), &state->stall_from) &&
           json_is_array(members) && json_is_array(pins) && json_is_array(locks) &&
           json_is_array(injects) && read_rng(rng, &state->method.rng) &&
           read_members(members, &state->method) && read_texts(pins, locks, injects, state);
}

enum status state_read(const struct rundir *rundir, struct run_state *state, bool *found,
                       struct error *error)
{
    struct buf path;
    struct stat about;
    json_t *value = NULL;
    memset(state, 0, sizeof *state);
    *found = false;
    enum status status = rundir_file(rundir, "state.json", &path, error);
    if (status == STATUS_OK && stat(path.data, &about) == 0) {
        status = json_read_file(path.data, &value, error);
        if (status == STATUS_OK && !read_state(value, state)) {
            run_state_release(state);
            status =
                error_set(error, STATUS_INVALID, "%s does not hold a search's state", path.data);
        }
        *found = status == STATUS_OK;
        json_decref(value);
    }
    buf_release(&path);
    return status;
}

void run_state_release(struct run_state *state)
{
    method_state_release(&state->method);
    memset(state, 0, sizeof *state);
}
