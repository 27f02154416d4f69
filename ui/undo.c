/* Undo and redo of what steers the run: each step keeps the requests that take it back, made from
 * what was in force when it was asked. A step is one key of the user, however many requests. */
#include "actions.h"

#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void set_request(struct undo_request *request, const char *verb, const char *argument)
{
    snprintf(request->verb, sizeof request->verb, "%s", verb);
    snprintf(request->argument, sizeof request->argument, "%.*s", (int)sizeof request->argument - 1,
             argument);
}

static enum status ask(struct view *view, const struct undo_request *request, struct error *error)
{
    if (!*request->verb)
        return STATUS_OK;
    return view->port->request(view->port->context, request->verb, request->argument, error);
}

/* Of a watched run the answers tell; of one's own each new snapshot knows what was asked. */
static uint64_t seen_now(const struct snapshot *snapshot)
{
    if (snapshot->watched)
        return snapshot->answers;
    return view_hash_pins(view_hash(view_rows_hash(snapshot), &snapshot, sizeof snapshot),
                          &snapshot->pins);
}

void undo_pins_asked(const struct undo *undo, const struct snapshot *snapshot, struct pins *pins)
{
    size_t first = undo->done;
    uint64_t seen = seen_now(snapshot);
    while (first > 0 && undo->step[first - 1].seen == seen)
        first--;
    for (size_t i = first; i < undo->done; i++) {
        const struct undo_step *step = &undo->step[i];
        if (!strcmp(step->forth.verb, "pin"))
            pins_set(pins, &step->pin, NULL);
        for (size_t k = 0; !strcmp(step->forth.verb, "unpin") && k < pins->count; k++)
            if (pins_same_side(&pins->pin[k], &step->pin))
                pins_remove(pins, k);
    }
}

/* By the name that it was typed with. */
static void side_text(const struct pin *pin, char out[64])
{
    snprintf(out, 64, "%.*s%s", (int)strcspn(pin->text, "<>="), pin->text,
             pin->at_least ? ">=" : "<=");
}

/* The request that makes the side of `like` what it is now. */
static void keep_side(struct undo_step *step, const struct view *view,
                      const struct snapshot *snapshot, const struct pin *like)
{
    struct pin pins[VIEW_PINS];
    const struct pin *before = NULL;
    size_t count = view_pins(view, snapshot, pins);
    char side[64];
    for (size_t i = 0; i < count; i++)
        if (pins[i].enabled && pins_same_side(&pins[i], like))
            before = &pins[i];
    side_text(like, side);
    set_request(&step->back[step->backs++], before ? "pin" : "unpin", before ? before->text : side);
}

/* Asks, and remembers how to take it back. Without memory for that it is done all the same. */
static enum status take_step(struct view *view, const struct snapshot *snapshot,
                             struct undo_step *step, struct error *error)
{
    struct undo *undo = &view->undo;
    enum status status = ask(view, &step->forth, error);
    if (status)
        return status;
    step->seen = seen_now(snapshot);
    undo->count = undo->done;
    if (memory_reserve(&undo->step, &undo->capacity, undo->count + 1, sizeof *undo->step, NULL))
        return STATUS_OK;
    undo->step[undo->count++] = *step;
    undo->done = undo->count;
    return STATUS_OK;
}

static const struct pin *switched_off(const struct view *view, const struct pin *like)
{
    for (size_t i = 0; i < view->off.count; i++)
        if (pins_same_side(&view->off.pin[i], like))
            return &view->off.pin[i];
    return NULL;
}

enum status view_pin(struct view *view, const struct snapshot *snapshot, const struct pin *pin,
                     struct error *error)
{
    struct undo_step step = {.pin = *pin};
    const struct pin *off = switched_off(view, pin);
    if (off) {
        step.off = UNDO_OFF_TAKEN;
        step.off_pin = *off;
    }
    keep_side(&step, view, snapshot, pin);
    set_request(&step.forth, "pin", pin->text);
    enum status status = take_step(view, snapshot, &step, error);
    if (status)
        return status;
    view_forget_off(view, pin);
    view->pin_at = *pin;
    return STATUS_OK;
}

enum status view_unpin(struct view *view, const struct snapshot *snapshot, const struct pin *pin,
                       bool keep, struct error *error)
{
    struct undo_step step = {.pin = *pin};
    char side[64];
    bool in_list = !pin->enabled; /* the run does not know it */
    if (keep || in_list) {
        step.off = keep ? UNDO_OFF_PUT : UNDO_OFF_TAKEN;
        step.off_pin = *pin;
    }
    if (!in_list) {
        side_text(pin, side);
        keep_side(&step, view, snapshot, pin);
        set_request(&step.forth, "unpin", side);
    }
    enum status status = keep ? pins_set(&view->off, pin, error) : STATUS_OK;
    if (status)
        return status;
    status = take_step(view, snapshot, &step, error);
    if (status ? keep : in_list)
        view_forget_off(view, pin);
    return status;
}

enum status view_lock(struct view *view, const struct snapshot *snapshot, const char *range,
                      bool unlock, struct error *error)
{
    struct undo_step step = {.pin = {.objective = OBJECTIVES}}; /* like no pin */
    char layers[24];
    unsigned from, to, before_from, before_to;
    set_request(&step.forth, unlock ? "unlock" : "lock", range);
    snprintf(layers, sizeof layers, "%.*s", (int)strcspn(range, "="), range);
    int read = sscanf(layers, "%u-%u", &from, &to);
    if (read == 1)
        to = from;
    if (!unlock)
        set_request(&step.back[step.backs++], "unlock", layers);
    for (size_t i = 0; read > 0 && i < snapshot->locks && step.backs < UNDO_BACKS; i++) {
        int parts = sscanf(snapshot->lock[i].text, "%u-%u", &before_from, &before_to);
        if (parts == 1)
            before_to = before_from;
        if (parts > 0 && before_from <= to && before_to >= from)
            set_request(&step.back[step.backs++], "lock", snapshot->lock[i].text);
    }
    return take_step(view, snapshot, &step, error);
}

/* ---- there and back ---- */

static void step_text(const struct undo_step *step, char *out, size_t size)
{
    if (!strcmp(step->forth.verb, "unpin") && step->off == UNDO_OFF_PUT)
        snprintf(out, size, "switching off %s", step->pin.text);
    else if (!*step->forth.verb || !strcmp(step->forth.verb, "unpin"))
        snprintf(out, size, "removing %s", step->pin.text);
    else
        snprintf(out, size, "%s %s", step->forth.verb, step->forth.argument);
}

static void tell(struct view *view, const struct undo_step *step, const char *what,
                 ui_action *other_way, const char *other)
{
    char text[96], key[16];
    step_text(step, text, sizeof text);
    view_say(view, COLOUR_GOOD, "%s %s; %s %s", what, text,
             keymap_key_name(&view->keymap, other_way, key, sizeof key), other);
}

void action_undo(struct view *view, const struct snapshot *snapshot)
{
    struct undo *undo = &view->undo;
    struct error error = {0};
    (void)snapshot;
    if (!undo->done) {
        view_say(view, COLOUR_FAINT, "nothing to undo: no pin or lock was changed on this screen");
        return;
    }
    const struct undo_step *step = &undo->step[undo->done - 1];
    for (size_t i = 0; i < step->backs; i++)
        if (ask(view, &step->back[i], &error)) {
            view_say(view, COLOUR_BAD, "%s", error.message);
            return;
        }
    if (step->off == UNDO_OFF_PUT)
        view_forget_off(view, &step->off_pin);
    else if (step->off == UNDO_OFF_TAKEN)
        pins_set(&view->off, &step->off_pin, &error); /* there was room for it */
    undo->done--;
    tell(view, step, "undone:", action_redo, "does it again");
}

void action_redo(struct view *view, const struct snapshot *snapshot)
{
    struct undo *undo = &view->undo;
    struct error error = {0};
    (void)snapshot;
    if (undo->done == undo->count) {
        view_say(view, COLOUR_FAINT, "nothing was undone that could be done again");
        return;
    }
    const struct undo_step *step = &undo->step[undo->done];
    if (ask(view, &step->forth, &error)) {
        view_say(view, COLOUR_BAD, "%s", error.message);
        return;
    }
    if (step->off == UNDO_OFF_TAKEN)
        view_forget_off(view, &step->off_pin);
    else if (step->off == UNDO_OFF_PUT)
        pins_set(&view->off, &step->off_pin, &error);
    undo->done++;
    tell(view, step, "done again:", action_undo, "undoes it");
}
