/* Find: what was asked for is marked in the list, which stays whole, and keys go from one match to
 * the next. A fragment of a code (`?` is any character; with its ':' weight types count, too),
 * `#123`, or limits as pins have them. */
#include "actions.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool matches_here(const char *code, const char *pattern)
{
    for (; *pattern; pattern++, code++)
        if (!*code || (*pattern != '?' && *pattern != *code))
            return false;
    return true;
}

/* In what is kept of the layers; with a ':' in their weight types, too. */
static bool has_fragment(const struct arch_code *code, const char *pattern)
{
    size_t end = strchr(pattern, ':') ? strlen(code->text) : arch_code_layers(code);
    for (size_t i = 0, length = strlen(pattern); i + length <= end; i++)
        if (matches_here(code->text + i, pattern))
            return true;
    return false;
}

bool view_found(const struct view *view, const struct snapshot *snapshot, uint32_t id)
{
    const struct view_find *find = &view->find;
    const struct row *row = *find->text ? view_row(snapshot, id) : NULL;
    if (!row)
        return false;
    return find->limits.count ? row_violation(row, &find->limits, &snapshot->estimate) <= 0
                              : has_fragment(&row->code, find->text);
}

/* Tells which of how many the selected row is. */
static void tell_place(struct view *view, const struct snapshot *snapshot)
{
    size_t count = 0, at = 0;
    char next[16], before[16];
    for (size_t i = 0; i < view->rows; i++)
        if (view_found(view, snapshot, view->row[i])) {
            count++;
            if (view->row[i] == view->selected)
                at = count;
        }
    keymap_key_name(&view->keymap, action_find_next, next, sizeof next);
    keymap_key_name(&view->keymap, action_find_previous, before, sizeof before);
    if (count == 1)
        view_say(view, COLOUR_FAINT, "the only one listed with %s", view->find.text);
    else
        view_say(view, COLOUR_FAINT, "%zu of %zu with %s   %s %s the others", at, count,
                 view->find.text, next, before);
}

static void tell_none(struct view *view, const struct snapshot *snapshot)
{
    size_t elsewhere = 0;
    char key[16];
    for (size_t i = 0; i < snapshot->rows; i++)
        elsewhere += view_counts(snapshot, (uint32_t)i) && view_found(view, snapshot, (uint32_t)i);
    if (elsewhere == 0)
        view_say(view, COLOUR_BAD, "no network evaluated so far has %s", view->find.text);
    else
        view_say(view, COLOUR_FAINT, "none listed has %s, but %zu of all; %s lists them",
                 view->find.text, elsewhere,
                 keymap_key_name(&view->keymap, action_everything, key, sizeof key));
}

/* To the next match from the selected row on, round the ends; `first`: it may be the row itself. */
static void go(struct view *view, const struct snapshot *snapshot, bool forward, bool first)
{
    size_t rows = view->rows, at = view_position(view, view->selected);
    at = at == SIZE_MAX ? 0 : at;
    for (size_t k = first ? 0 : 1; k <= rows && rows; k++) {
        size_t i = (forward ? at + k : at + 2 * rows - k) % rows;
        if (view_found(view, snapshot, view->row[i])) {
            view->selected = view->row[i];
            view->chosen = true;
            tell_place(view, snapshot);
            return;
        }
    }
    tell_none(view, snapshot);
}

static enum status find_id(struct view *view, const struct snapshot *snapshot, const char *text,
                           struct error *error)
{
    char *end;
    unsigned long id = strtoul(text + 1, &end, 10);
    if (end == text + 1 || *end)
        return error_set(error, STATUS_INVALID, "a number expected behind #, such as #123");
    if (id >= snapshot->rows)
        return error_set(error, STATUS_INVALID, "there is no network #%lu yet: they are 0 to %zu",
                         id, snapshot->rows ? snapshot->rows - 1 : 0);
    view_select(view, snapshot, view_counting(snapshot, (uint32_t)id));
    return STATUS_OK;
}

enum status submit_find(struct view *view, const struct snapshot *snapshot, const char *text,
                        struct error *error)
{
    struct view_find find = {0};
    if (*text == '#')
        return find_id(view, snapshot, text, error);
    if (strpbrk(text, "<>=")) {
        enum status status = pins_parse(text, snapshot->measured, &find.limits, error);
        if (status)
            return status;
    } else if (text[strspn(text, "012345678abcdefgh.?:-")]) {
        return error_set(error, STATUS_INVALID,
                         "a part of a code such as 88.8 (? is any), #123, or acc>=45%% expected");
    }
    snprintf(find.text, sizeof find.text, "%.*s", (int)sizeof find.text - 1, text);
    view->find = find;
    if (*text)
        go(view, snapshot, true, true);
    return STATUS_OK;
}

static void step(struct view *view, const struct snapshot *snapshot, bool forward)
{
    if (*view->find.text)
        go(view, snapshot, forward, false);
    else
        action_find(view, snapshot);
}

void action_find_next(struct view *view, const struct snapshot *snapshot)
{
    step(view, snapshot, true);
}

void action_find_previous(struct view *view, const struct snapshot *snapshot)
{
    step(view, snapshot, false);
}
