/* A draft: an architecture edited by hand, a layer at a time. Invariants: a draft is a canonical
 * code of the snapshot's shape that keeps a layer; it is not that of the selected network. */
#include "actions.h"
#include "pages.h"
#include "values.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- what is edited ---- */

bool draft_original(const struct view *view, const struct snapshot *snapshot,
                    struct arch_code *original)
{
    const struct row *row = view_row(snapshot, view->selected);
    if (row)
        *original = row->code;
    else if (snapshot->shape)
        arch_code_full(snapshot->shape, original);
    return row || snapshot->shape;
}

bool draft_code(const struct view *view, const struct snapshot *snapshot, struct arch_code *code)
{
    if (!*view->architecture.draft.text)
        return draft_original(view, snapshot, code);
    *code = view->architecture.draft;
    return true;
}

bool draft_point(const struct view *view, const struct snapshot *snapshot,
                 struct foretold *foretold)
{
    if (!*view->architecture.draft.text || !snapshot->shape)
        return false;
    values_foretell(snapshot, &view->architecture.draft, foretold);
    return true;
}

/* ---- networks asked for ---- */

static struct drawn_network *find_drawn(struct view_architecture *own, const struct arch_code *code)
{
    for (size_t i = 0; i < own->drawns; i++)
        if (arch_code_equal(&own->drawn[i].code, code))
            return &own->drawn[i];
    return NULL;
}

const struct drawn_network *draft_drawn(const struct view *view, const struct arch_code *code)
{
    for (size_t i = 0; i < view->architecture.drawns; i++)
        if (arch_code_equal(&view->architecture.drawn[i].code, code))
            return &view->architecture.drawn[i];
    return NULL;
}

static void remember_drawn(struct view_architecture *own, const struct snapshot *snapshot,
                           const struct arch_code *code)
{
    if (find_drawn(own, code))
        return;
    if (own->drawns == DRAWN_MOST) {
        own->drawns--;
        memmove(own->drawn, own->drawn + 1, own->drawns * sizeof *own->drawn);
    }
    struct drawn_network *drawn = &own->drawn[own->drawns++];
    *drawn = (struct drawn_network){.code = *code, .row = NO_ROW};
    values_foretell(snapshot, code, &drawn->foretold);
}

static void tell_arrival(struct view *view, const struct snapshot *snapshot,
                         const struct drawn_network *drawn)
{
    enum objective first = snapshot->objectives[0];
    const struct row *row = view_row(snapshot, drawn->row);
    char measured[32], foretold[32];
    value_format(first, view_value(snapshot, row, first), measured, sizeof measured);
    value_format(first, drawn->foretold.value[first], foretold, sizeof foretold);
    if (isfinite(drawn->foretold.value[first]) && !objective_table[first].computed)
        view_say(view, COLOUR_GOOD, "your network is #%u: %s %s, foretold %s", (unsigned)row->id,
                 objective_table[first].heading, measured, foretold);
    else
        view_say(view, COLOUR_GOOD, "your network is #%u: %s %s", (unsigned)row->id,
                 objective_table[first].heading, measured);
}

/* Rows that have come since: of what was asked for? */
static void take_arrivals(struct view *view, const struct snapshot *snapshot)
{
    struct view_architecture *own = &view->architecture;
    if (own->looked > snapshot->rows)
        own->looked = 0;
    for (; own->looked < snapshot->rows; own->looked++) {
        const struct row *row = archive_row(snapshot->archive, own->looked);
        struct drawn_network *drawn = own->drawns ? find_drawn(own, &row->code) : NULL;
        if (!drawn || drawn->row != NO_ROW)
            continue;
        drawn->row = row->id;
        drawn->seen = !arch_code_equal(&own->draft, &drawn->code);
        tell_arrival(view, snapshot, drawn);
    }
    for (size_t i = 0; i < own->drawns; i++) /* what has been learnt since, but not of itself */
        if (own->drawn[i].row == NO_ROW)
            values_foretell(snapshot, &own->drawn[i].code, &own->drawn[i].foretold);
}

void draft_refresh(struct view *view, const struct snapshot *snapshot)
{
    struct view_architecture *own = &view->architecture;
    take_arrivals(view, snapshot);
    if (!*own->draft.text)
        return;
    struct drawn_network *drawn = find_drawn(own, &own->draft);
    if (drawn && drawn->row < snapshot->rows && !drawn->seen && view->page == PAGE_ARCHITECTURE) {
        drawn->seen = true;
        view_select(view, snapshot, drawn->row);
        tell_arrival(view, snapshot, drawn);
    }
    architecture_refresh(view, snapshot);
}

void architecture_refresh(struct view *view, const struct snapshot *snapshot)
{
    struct view_architecture *own = &view->architecture;
    struct arch_code original;
    if (draft_original(view, snapshot, &original) && arch_code_equal(&own->draft, &original))
        own->draft.text[0] = '\0';
}

/* ---- edits ---- */

static void keep_past(struct view_architecture *own, const struct arch_code *code)
{
    if (own->pasts == DRAFT_PAST) {
        own->pasts--;
        memmove(own->past, own->past + 1, own->pasts * sizeof *own->past);
    }
    own->past[own->pasts++] = *code;
}

static bool keeps_any(const struct arch_code *code)
{
    return code->text[strspn(code->text, ".")] != '\0';
}

/* What may be edited, and where the cursor is in it; false: says why nothing may. */
static bool begin_edit(struct view *view, const struct snapshot *snapshot, struct arch_code *code)
{
    if (!draft_code(view, snapshot, code) || !snapshot->shape ||
        arch_code_layers(code) != snapshot->shape->layers) {
        view_say(view, COLOUR_FAINT, "nothing can be edited before the model is loaded");
        return false;
    }
    if (view->architecture.layer >= snapshot->shape->layers)
        view->architecture.layer = snapshot->shape->layers - 1;
    return true;
}

/* Puts a character in the cursor's layer; `same` is said when that changes nothing. */
static void edit(struct view *view, const struct snapshot *snapshot, char character,
                 const char *same)
{
    struct arch_code code, before;
    if (!begin_edit(view, snapshot, &code))
        return;
    size_t layer = view->architecture.layer;
    char lock = lock_of_layer(snapshot, layer);
    before = code;
    arch_code_set_layer(snapshot->shape, &code, (uint32_t)layer, character);
    if (code.text[layer] == before.text[layer]) {
        view_say(view, COLOUR_FAINT, "layer %zu: %s", layer, same);
    } else if (!keeps_any(&code)) {
        view_say(view, COLOUR_BAD, "layer %zu is the last one: a network must keep a layer", layer);
    } else {
        keep_past(&view->architecture, &before);
        view->architecture.draft = code;
        view->chosen = true; /* what it is compared with stays */
        if (lock && lock != code.text[layer])
            view_say(view, COLOUR_FAINT,
                     "the search locks layer %zu to %c; a network of your own may differ", layer,
                     lock);
    }
}

/* The character with the next narrower or wider MLP; its own: there is none. */
static char next_width(const struct arch_shape *shape, size_t layer, char c, int by)
{
    bool attention = arch_keeps_attention(c);
    for (int e = (int)arch_mlp_eighths(c) + by; e >= !attention && e <= 8; e += by) {
        char next =
            arch_code_canonical(shape, (uint32_t)layer, (char)(attention ? '0' + e : 'a' + e - 1));
        if (next != c)
            return next;
    }
    return c;
}

static const char *drop_key(const struct view *view, char *out, size_t size)
{
    return keymap_key_name(&view->keymap, action_draft_drop, out, size);
}

/* As far as `most` steps go. */
static void change_width(struct view *view, const struct snapshot *snapshot, int by, int most)
{
    struct arch_code code;
    char key[16], narrowest[80];
    if (!begin_edit(view, snapshot, &code))
        return;
    size_t layer = view->architecture.layer;
    char c = code.text[layer];
    if (c == '.') {
        view_say(view, COLOUR_FAINT, "layer %zu is dropped; %s brings it back", layer,
                 drop_key(view, key, sizeof key));
        return;
    }
    for (int i = 0; i < most; i++) {
        char next = next_width(snapshot->shape, layer, c, by);
        if (most > 1 && arch_mlp_eighths(next) == 0)
            break; /* the narrowest MLP is one */
        c = next;
    }
    snprintf(narrowest, sizeof narrowest, "%s; %s drops it",
             arch_keeps_attention(c) ? "it has no MLP to narrow"
                                     : "without attention it needs its MLP",
             drop_key(view, key, sizeof key));
    edit(view, snapshot, c,
         !snapshot->shape->layer[layer].mlp ? "the model has no MLP there"
         : by > 0                           ? "its MLP is whole"
                                            : narrowest);
}

void architecture_move(struct view *view, const struct snapshot *snapshot, enum ui_move move)
{
    struct arch_code code;
    size_t *layer = &view->architecture.layer;
    if (!draft_code(view, snapshot, &code))
        return;
    size_t last = arch_code_layers(&code) - 1;
    if (*layer > last)
        *layer = last;
    if (move == MOVE_LEFT)
        *layer -= *layer > 0;
    else if (move == MOVE_RIGHT)
        *layer += *layer < last;
    else if (move == MOVE_FIRST || move == MOVE_LAST)
        *layer = move == MOVE_FIRST ? 0 : last;
    else
        change_width(view, snapshot, move == MOVE_UP || move == MOVE_PAGE_UP ? 1 : -1,
                     move == MOVE_UP || move == MOVE_DOWN ? 1 : 8);
}

void action_draft_drop(struct view *view, const struct snapshot *snapshot)
{
    struct arch_code code, original;
    if (!begin_edit(view, snapshot, &code) || !draft_original(view, snapshot, &original))
        return;
    size_t layer = view->architecture.layer;
    char back = original.text[layer];
    edit(view, snapshot,
         code.text[layer] != '.' ? '.'
         : back != '.'           ? back
                                 : '8',
         "the model has nothing there");
}

void action_draft_attention(struct view *view, const struct snapshot *snapshot)
{
    struct arch_code code;
    if (!begin_edit(view, snapshot, &code))
        return;
    size_t layer = view->architecture.layer;
    char c = code.text[layer];
    unsigned eighths = arch_mlp_eighths(c);
    char key[16];
    if (arch_keeps_attention(c) && eighths == 0)
        view_say(view, COLOUR_FAINT, "layer %zu has nothing but attention; %s drops it", layer,
                 drop_key(view, key, sizeof key));
    else
        edit(view, snapshot,
             (char)(arch_keeps_attention(c) ? 'a' + (int)eighths - 1 : '0' + (int)eighths),
             "the model has no attention there");
}

/* The options' type, then those that can be written, the coarsest last. */
static char next_type(char letter)
{
    const struct weight_type_info *info = weight_types;
    while (letter != '-' && info->name && info->letter != letter)
        info++;
    for (info += letter != '-'; info->name; info++)
        if (weight_type_by_letter(info->letter))
            return info->letter;
    return '-';
}

/* The weight type of the layer's matrices. */
void action_draft_type(struct view *view, const struct snapshot *snapshot)
{
    struct arch_code code, before;
    char types[ARCH_MAX_LAYERS];
    if (!begin_edit(view, snapshot, &code))
        return;
    size_t layer = view->architecture.layer;
    before = code;
    for (uint32_t i = 0; i < snapshot->shape->layers; i++)
        types[i] = arch_code_type_letter(&code, i);
    if (code.text[layer] == '.') {
        view_say(view, COLOUR_FAINT, "layer %zu is dropped: it has no weights", layer);
        return;
    }
    types[layer] = next_type(types[layer]);
    arch_code_set_types(&code, types);
    keep_past(&view->architecture, &before);
    view->architecture.draft = code;
    view->chosen = true;
    const struct weight_type_info *info = weight_type_by_letter(types[layer]);
    view_say(view, COLOUR_FAINT, "layer %zu: weights of type %s", layer,
             info ? info->name : "as in the whole run");
}

void action_draft_whole(struct view *view, const struct snapshot *snapshot)
{
    edit(view, snapshot, '8', "it is whole");
}

void action_draft_narrow(struct view *view, const struct snapshot *snapshot)
{
    edit(view, snapshot, '0', "it has no MLP");
}

void action_draft_replace(struct view *view, const struct snapshot *snapshot)
{
    struct arch_code code;
    if (!begin_edit(view, snapshot, &code))
        return;
    view->mode = UI_MODE_REPLACE;
    view_say(view, COLOUR_KEY, "layer %zu: type 0-8, a-h without attention, or . for none",
             view->architecture.layer);
}

void draft_replace(struct view *view, const struct snapshot *snapshot, int key)
{
    static const char characters[] = "012345678abcdefgh.";
    view->mode = UI_MODE_VIEW;
    if (key > 0 && key < 128 && strchr(characters, key))
        edit(view, snapshot, (char)key, "that is what it is");
    else
        view_say(view, COLOUR_BAD, "a layer is one of 0-8, a-h and .");
}

void action_draft_undo(struct view *view, const struct snapshot *snapshot)
{
    struct view_architecture *own = &view->architecture;
    struct arch_code code;
    bool fits = draft_code(view, snapshot, &code) && own->pasts > 0 &&
                arch_code_layers(&own->past[own->pasts - 1]) == arch_code_layers(&code);
    if (fits)
        own->draft = own->past[--own->pasts];
    else
        view_say(view, COLOUR_FAINT, "no edit to undo");
}

void action_draft_reset(struct view *view, const struct snapshot *snapshot)
{
    struct view_architecture *own = &view->architecture;
    (void)snapshot;
    if (!*own->draft.text) {
        view_say(view, COLOUR_FAINT, "there is no draft; arrows edit");
        return;
    }
    keep_past(own, &own->draft);
    own->draft.text[0] = '\0';
    view_say(view, COLOUR_FAINT, "the draft is dropped; U brings it back");
}

/* The kept layer that changes the hidden state least: the next one to try without. */
void action_draft_least(struct view *view, const struct snapshot *snapshot)
{
    struct arch_code code;
    size_t least = SIZE_MAX;
    if (!begin_edit(view, snapshot, &code))
        return;
    for (size_t i = 0; snapshot->influence && i < arch_code_layers(&code); i++)
        if (arch_keeps_layer(code.text[i]) &&
            (least == SIZE_MAX || snapshot->influence[i] < snapshot->influence[least]))
            least = i;
    if (least == SIZE_MAX)
        view_say(view, COLOUR_FAINT, "the layers' influence is not known yet");
    else
        view->architecture.layer = least;
}

void action_draft_evaluate(struct view *view, const struct snapshot *snapshot)
{
    struct view_architecture *own = &view->architecture;
    struct error error = {0};
    if (!*own->draft.text) {
        view_say(view, COLOUR_FAINT, "this network is evaluated; edit it with the arrows first");
        return;
    }
    struct arch_code code = own->draft;
    if (view_inject(view, snapshot, code.text, &error)) {
        view_say(view, COLOUR_BAD, "%s", error.message);
        return;
    }
    const struct row *row = view_row(snapshot, view->selected);
    if (!row || !arch_code_equal(&row->code, &code)) /* it was not evaluated already */
        remember_drawn(own, snapshot, &code);
}
