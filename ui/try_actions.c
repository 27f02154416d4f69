/* What keys do in the view "try": prompts and their history, the network, the form, the length. */
#include "actions.h"
#include "pages.h"

#include <stdio.h>
#include <string.h>

const char *const try_example[TRY_EXAMPLES] = {
    "Once upon a time there was a small robot that",
    "To boil an egg, first",
    "The three largest cities of Italy are",
    "Question: Why is the sky blue? Answer:",
};

bool try_runs(const struct snapshot *snapshot)
{
    const struct run_try *attempt = snapshot->attempt;
    return attempt && (attempt->phase == TRY_LOADING || attempt->phase == TRY_RUNNING);
}

static bool as_chat(const struct view *view, const struct snapshot *snapshot)
{
    return view->attempt.chat && snapshot->chat_known;
}

bool try_unfinished(const struct snapshot *snapshot)
{
    const struct run_try *attempt = snapshot->attempt;
    return attempt && (attempt->phase == TRY_FAILED || attempt->phase == TRY_CANCELLED);
}

bool try_change(const struct view *view, const struct snapshot *snapshot, char *out, size_t size)
{
    const struct run_try *attempt = snapshot->attempt;
    const struct row *row = view_row(snapshot, view->selected);
    char name[48];
    if (!attempt || !row)
        return false;
    if (!arch_code_equal(&row->code, &attempt->side[0].code))
        snprintf(out, size, "with %s", view_name(snapshot, view->selected, name, sizeof name));
    else if (as_chat(view, snapshot) != attempt->chat)
        snprintf(out, size, attempt->chat ? "as plain text" : "as a chat");
    else if (view->attempt.tokens != attempt->tokens)
        snprintf(out, size, "in %u tokens", (unsigned)view->attempt.tokens);
    else
        return false;
    return true;
}

/* ---- prompts ---- */

/* What was typed `back` steps ago: own prompts, the newest first, then examples. NULL: no more. */
static const char *prompt_before(const struct view_try *attempt, size_t back)
{
    if (back <= attempt->prompts)
        return attempt->prompt[attempt->prompts - back];
    back -= attempt->prompts + 1;
    return back < TRY_EXAMPLES ? try_example[back] : NULL;
}

static void remember(struct view_try *attempt, const char *text)
{
    if (attempt->prompts && !strcmp(prompt_before(attempt, 1), text))
        return;
    if (attempt->prompts == TRY_PROMPTS) {
        memmove(attempt->prompt[0], attempt->prompt[1],
                sizeof attempt->prompt - sizeof attempt->prompt[0]);
        attempt->prompts--;
    }
    snprintf(attempt->prompt[attempt->prompts++], sizeof attempt->prompt[0], "%s", text);
}

/* Steps back of what the field shows; 0: it is being typed. */
static size_t steps_back(const struct view *view)
{
    size_t back = view->attempt.back;
    return back && !strcmp(prompt_before(&view->attempt, back), view->field.text) ? back : 0;
}

static void show_before(struct view *view, size_t back)
{
    struct view_try *attempt = &view->attempt;
    const char *text = back ? prompt_before(attempt, back) : attempt->typed;
    if (!text)
        return;
    attempt->back = back;
    field_set(&view->field, text);
}

void action_prompt_earlier(struct view *view, const struct snapshot *snapshot)
{
    (void)snapshot;
    if (view->prompt != PROMPT_TRY)
        return;
    size_t back = steps_back(view);
    if (!back)
        snprintf(view->attempt.typed, sizeof view->attempt.typed, "%s", view->field.text);
    show_before(view, back + 1);
}

void action_prompt_later(struct view *view, const struct snapshot *snapshot)
{
    (void)snapshot;
    size_t back = view->prompt == PROMPT_TRY ? steps_back(view) : 0;
    if (back)
        show_before(view, back - 1);
}

void action_try_prompt(struct view *view, const struct snapshot *snapshot)
{
    struct view_try *attempt = &view->attempt;
    if (!attempt->prompts && snapshot->attempt) /* of a screen before this one */
        remember(attempt, snapshot->attempt->prompt);
    attempt->typed[0] = '\0';
    attempt->back = 1;
    view_prompt(view, PROMPT_TRY, prompt_before(attempt, 1));
}

/* ---- beginning and ending ---- */

enum status submit_try(struct view *view, const struct snapshot *snapshot, const char *text,
                       struct error *error)
{
    const struct row *row = view_row(snapshot, view->selected);
    if (*snapshot->no_try)
        return error_set(error, STATUS_INVALID, "%s", snapshot->no_try);
    if (!row)
        return error_set(error, STATUS_INVALID,
                         "no network is selected: none has been evaluated yet");
    enum status status =
        view->port->try_prompt(view->port->context, &row->code, text, as_chat(view, snapshot),
                               view->attempt.tokens, error);
    if (status)
        return status;
    remember(&view->attempt, text);
    view->attempt.scrolled = false;
    return STATUS_OK;
}

/* The last prompt again, where something would come of it; else another one is asked for. */
void action_try_run(struct view *view, const struct snapshot *snapshot)
{
    const struct run_try *attempt = snapshot->attempt;
    struct error error = {0};
    char change[48];
    if (!attempt ||
        (!try_unfinished(snapshot) && !try_change(view, snapshot, change, sizeof change)))
        action_try_prompt(view, snapshot);
    else if (submit_try(view, snapshot, attempt->prompt, &error))
        view_say(view, COLOUR_BAD, "%s", error.message);
}

bool try_back(struct view *view, const struct snapshot *snapshot)
{
    if (!try_runs(snapshot))
        return false;
    view->port->try_cancel(view->port->context);
    view_say(view, COLOUR_FAINT, "cancelled; what was written stays");
    return true;
}

/* ---- how ---- */

void action_try_chat(struct view *view, const struct snapshot *snapshot)
{
    if (!snapshot->chat_known) {
        view_say(view, COLOUR_FAINT, "no form of a chat is known of this model");
        return;
    }
    view->attempt.chat = !view->attempt.chat;
    view_say(view, COLOUR_FAINT,
             view->attempt.chat ? "the prompt is put as what a person says in a chat"
                                : "the prompt is the beginning of a text");
}

static void set_tokens(struct view *view, uint32_t tokens)
{
    if (tokens >= TRY_TOKENS_LEAST && tokens <= TRY_TOKENS_MOST)
        view->attempt.tokens = tokens;
    view_say(view, COLOUR_FAINT, "%u tokens each", (unsigned)view->attempt.tokens);
}

void action_try_more(struct view *view, const struct snapshot *snapshot)
{
    (void)snapshot;
    set_tokens(view, 2 * view->attempt.tokens);
}

void action_try_fewer(struct view *view, const struct snapshot *snapshot)
{
    (void)snapshot;
    set_tokens(view, view->attempt.tokens / 2);
}
