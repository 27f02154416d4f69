/* Undo and redo of what steers the run: each step keeps the requests that take it back, made from
 * what was in force when it was asked. A step is one key of the user, however many requests. */
#include "actions.h"

#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool same_side(const struct pin *a, const struct pin *b)
{
    return a->objective == b->objective && a->at_least == b->at_least;
}

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

static bool unanswered(const struct undo_step *step, const struct snapshot *snapshot)
{
    return snapshot->watched ? step->answers == snapshot->answers : step->snapshot == snapshot;
}

/* The pin in force on that side, as far as this screen knows: its own requests count before the
 * run has answered. NULL: none. */
static const struct pin *in_force(const struct view *view, const struct snapshot *snapshot,
                                  const struct pin *like)
{
    for (size_t i = view->undo.done; i-- > 0 && unanswered(&view->undo.step[i], snapshot);) {
        const struct undo_step *step = &view->undo.step[i];
        if (same_side(&step->pin, like) && !strcmp(step->forth.verb, "pin"))
            return &step->pin;
        if (same_side(&step->pin, like) && !strcmp(step->forth.verb, "unpin"))
            return NULL;
    }
    for (size_t i = 0; i < snapshot->pins.count; i++)
        if (snapshot->pins.pin[i].enabled && same_side(&snapshot->pins.pin[i], like))
            return &snapshot->pins.pin[i];
    return NULL;
}

static void side_text(const struct pin *pin, char out[64])
{
    snprintf(out, 64, "%s%s", objective_table[pin->objective].name, pin->at_least ? ">=" : "<=");
}

/* The request that makes the side of `like` what it is now. */
static void keep_side(struct undo_step *step, const struct view *view,
                      const struct snapshot *snapshot, const struct pin *like)
{
    const struct pin *before = in_force(view, snapshot, like);
    char side[64];
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
    step->snapshot = snapshot;
    step->answers = snapshot->answers;
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
        if (same_side(&view->off.pin[i], like))
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
