/* Prompts: a line typed at the bottom of the screen. One row of prompt_table each. */
#include "actions.h"

#include <stdio.h>
#include <string.h>

void view_prompt(struct view *view, enum prompt_kind kind, const char *text)
{
    view->prompt = kind;
    view->mode = UI_MODE_PROMPT;
    view->prompt_error.message[0] = '\0';
    field_propose(&view->field, text);
}

static enum status submit_pin(struct view *view, const struct snapshot *snapshot, const char *text,
                              struct error *error)
{
    struct pin pin;
    char shown[64];
    enum status status = pin_parse(text, snapshot->measured, &pin, error);
    if (!status)
        status = view_pin(view, snapshot, &pin, error);
    if (status)
        return status;
    pin_format(&pin, shown, sizeof shown);
    bool bare = strchr("0123456789", shown[strlen(shown) - 1]) != NULL;
    view_say(view, COLOUR_GOOD, "pinned %s%s", shown,
             bare && objective_table[pin.objective].quantity == QUANTITY_BYTES
                 ? ", that is bytes; MiB or GiB can follow the number"
                 : "");
    return STATUS_OK;
}

static enum status submit_lock(struct view *view, const struct snapshot *snapshot, const char *text,
                               struct error *error)
{
    size_t length = strlen(text);
    bool unlock = length > 0 && text[length - 1] == '=';
    char range[sizeof view->field.text];
    snprintf(range, sizeof range, "%.*s", (int)(unlock ? length - 1 : length), text);
    enum status status = view_lock(view, snapshot, range, unlock, error);
    if (!status)
        view_say(view, COLOUR_GOOD, "%s %s", unlock ? "unlocked" : "locked", range);
    return status;
}

enum status view_inject(struct view *view, const struct snapshot *snapshot, const char *text,
                        struct error *error)
{
    struct arch_code code;
    if (!snapshot->shape)
        return error_set(error, STATUS_INVALID, "the model is still being loaded");
    enum status status = arch_code_parse(snapshot->shape, text, &code, error);
    if (status)
        return status;
    uint32_t id = view_find(snapshot, &code);
    if (id != NO_ROW) {
        view_select(view, snapshot, id);
        view_say(view, COLOUR_GOOD, "evaluated already: #%u", (unsigned)id);
        return STATUS_OK;
    }
    status = view->port->request(view->port->context, "inject", code.text, error);
    if (!status)
        view_say(view, COLOUR_GOOD, "next to be evaluated: %s", code.text);
    return status;
}

static enum status submit_filter(struct view *view, const struct snapshot *snapshot,
                                 const char *text, struct error *error)
{
    struct pins filter = {0};
    if (*text) {
        enum status status = pins_parse(text, snapshot->measured, &filter, error);
        if (status)
            return status;
    }
    view->filter = filter;
    snprintf(view->filter_text, sizeof view->filter_text, "%.*s", (int)sizeof view->filter_text - 1,
             text);
    return STATUS_OK;
}

static enum status submit_longer(struct view *view, const struct snapshot *snapshot,
                                 const char *text, struct error *error)
{
    (void)snapshot;
    enum status status = view->port->request(view->port->context, "evals", text, error);
    if (!status)
        view_say(view, COLOUR_GOOD, "the search goes on to %s networks", text);
    return status;
}

const struct prompt_entry prompt_table[PROMPTS] = {
    [PROMPT_PIN] = {"pin", "bytes<=90MiB  acc>=45%", submit_pin, false},
    [PROMPT_LOCK] = {"lock", "layers 0-3 whole: 0-3=8   unlock: 0-3=", submit_lock, false},
    [PROMPT_ADD] = {"add", "8 whole, 1-7 narrower MLP, 0 no MLP, a-h no attention, . dropped",
                    view_inject, false},
    [PROMPT_FIND] = {"find", "88.8 (? any)  #123  acc>=45%   empty: nothing", submit_find, true},
    [PROMPT_FILTER] = {"filter", "acc>=0.4 and size<=90MiB   empty: everything", submit_filter,
                       true},
    [PROMPT_LONGER] = {"networks in all", "the full model and added ones included", submit_longer,
                       false},
    [PROMPT_LOG] = {"with", "only the messages with this text   empty: all", submit_log, true},
    [PROMPT_TRY] = {"prompt", "or an earlier one, or an example", submit_try, false},
};

void action_pin(struct view *view, const struct snapshot *snapshot)
{
    (void)snapshot;
    view->drafting = false;
    view_prompt(view, PROMPT_PIN, "");
}

void action_lock(struct view *view, const struct snapshot *snapshot)
{
    (void)snapshot;
    view_prompt(view, PROMPT_LOCK, "");
}

void action_add(struct view *view, const struct snapshot *snapshot)
{
    struct arch_code code;
    view_prompt(view, PROMPT_ADD, draft_code(view, snapshot, &code) ? code.text : "");
}

void action_filter(struct view *view, const struct snapshot *snapshot)
{
    (void)snapshot;
    view_prompt(view, PROMPT_FILTER, view->filter_text);
}

void action_find(struct view *view, const struct snapshot *snapshot)
{
    (void)snapshot;
    view_prompt(view, PROMPT_FIND, view->find.text);
}

void action_prompt_enter(struct view *view, const struct snapshot *snapshot)
{
    const char *text = view->field.text;
    while (*text == ' ')
        text++;
    if (!*text && !prompt_table[view->prompt].may_be_empty) {
        view->mode = UI_MODE_VIEW;
        return;
    }
    view->prompt_error.message[0] = '\0';
    if (!prompt_table[view->prompt].submit(view, snapshot, text, &view->prompt_error))
        view->mode = UI_MODE_VIEW;
}

void action_longer(struct view *view, const struct snapshot *snapshot)
{
    char text[32] = "";
    if (snapshot->evaluations_wanted < RUN_EVALUATIONS_MOST)
        snprintf(text, sizeof text, "%zu", snapshot->evaluations_wanted + RUN_EVALUATIONS);
    view_prompt(view, PROMPT_LONGER, text);
}
