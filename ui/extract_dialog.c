/* The extraction dialog: weight type, file name, and the exact size before a byte is written. */
#include "actions.h"

#include "base/shell.h"

#include <stdio.h>
#include <string.h>

/* Type position -> index in weight_types of the position-th encodable type, or -1. */
static int encodable_type(int position)
{
    for (int i = 0; weight_types[i].name; i++)
        if (weight_types[i].encodable && --position == 0)
            return i;
    return -1;
}

struct weight_options view_extract_weights(const struct view *view, const struct snapshot *snapshot)
{
    int index = encodable_type(view->extract.type);
    if (index < 0)
        return snapshot->weights;
    return (struct weight_options){.type = weight_types[index].type,
                                   .head = weight_types[index].type,
                                   .compensate = snapshot->weights.compensate};
}

static const char *file_stem(const struct snapshot *snapshot, char *out, size_t size)
{
    const char *name = strrchr(snapshot->model_name, '/');
    snprintf(out, size, "%s", name ? name + 1 : snapshot->model_name);
    size_t length = strlen(out);
    if (length > 5 && !strcmp(out + length - 5, ".gguf"))
        out[length - 5] = '\0';
    return out;
}

/* "n106"; of a network that is not the run's own "sleb-2". */
static const char *file_name(const struct view *view, const struct snapshot *snapshot, char *out,
                             size_t size)
{
    if (view->extract.row < BASELINE_IDS) {
        snprintf(out, size, "n%u", (unsigned)view->extract.row);
        return out;
    }
    view_name(snapshot, view->extract.row, out, size);
    char *number = strstr(out, " #");
    if (number) {
        *number = '-';
        memmove(number + 1, number + 2, strlen(number + 2) + 1);
    }
    for (char *at = out; *at; at++)
        if (*at == '/' || *at == ' ')
            *at = '-';
    return out;
}

void view_extract_update(struct view *view, const struct snapshot *snapshot)
{
    const struct row *row = view_row(snapshot, view->extract.row);
    if (!row || !snapshot->shape)
        return;
    struct weight_options weights = view_extract_weights(view, snapshot);
    view->extract.bytes = arch_bytes(snapshot->shape, &row->code, &weights);
    view->extract.confirm = false;
    view->extract.error.message[0] = '\0';
    if (view->extract.path_edited)
        return;
    char stem[64], name[48], path[200];
    int index = encodable_type(view->extract.type);
    snprintf(path, sizeof path, "%s-%s%s%s.gguf", file_stem(snapshot, stem, sizeof stem),
             file_name(view, snapshot, name, sizeof name), index < 0 ? "" : "-",
             index < 0 ? "" : weight_types[index].name);
    field_propose(&view->extract.path, path);
}

/* A network of an overlay that has a weight type's name was evaluated at that type: it is what is
 * offered. 0: the run's own. */
static int type_of(const struct snapshot *snapshot, uint32_t id)
{
    size_t overlay = view_overlay(id); /* SIZE_MAX: of none */
    int index = 0;
    for (int position = 1; overlay < snapshot->overlays && index >= 0; position++) {
        index = encodable_type(position);
        if (index >= 0 && !strcmp(weight_types[index].name, snapshot->overlay[overlay].name))
            return position;
    }
    return 0;
}

void view_extract_open(struct view *view, const struct snapshot *snapshot)
{
    if (!view_row(snapshot, view->selected)) {
        view_say(view, COLOUR_FAINT, "no network is selected");
    } else if (*snapshot->no_extraction) {
        view_say(view, COLOUR_BAD, "%s", snapshot->no_extraction);
    } else if (!snapshot->shape) {
        view_say(view, COLOUR_FAINT, "the model is still being loaded");
    } else if (snapshot->extract == EXTRACT_RUNNING) {
        view_say(view, COLOUR_BAD, "one extraction at a time: the last one is still being written");
    } else {
        view->extract =
            (struct view_extract){.row = view->selected, .type = type_of(snapshot, view->selected)};
        view->mode = UI_MODE_EXTRACT;
        view_extract_update(view, snapshot);
    }
}

void action_extract(struct view *view, const struct snapshot *snapshot)
{
    view_extract_open(view, snapshot);
}

void action_type_next(struct view *view, const struct snapshot *snapshot)
{
    view->extract.type++;
    if (encodable_type(view->extract.type) < 0)
        view->extract.type = 0;
    view_extract_update(view, snapshot);
}

void action_type_previous(struct view *view, const struct snapshot *snapshot)
{
    if (view->extract.type > 0)
        view->extract.type--;
    else
        while (encodable_type(view->extract.type + 1) >= 0)
            view->extract.type++;
    view_extract_update(view, snapshot);
}

void action_extract_enter(struct view *view, const struct snapshot *snapshot)
{
    struct view_extract *extract = &view->extract;
    const struct row *row = view_row(snapshot, extract->row);
    char path[1024];
    if (!row || !*extract->path.text) {
        error_set(&extract->error, STATUS_INVALID, "type a file name");
        return;
    }
    if (shell_expand_home(extract->path.text, path, sizeof path, &extract->error))
        return;
    if (!extract->confirm && view->port->exists(view->port->context, path)) {
        extract->confirm = true;
        return;
    }
    struct weight_options weights = view_extract_weights(view, snapshot);
    if (view->port->extract(view->port->context, &row->code, extract->type ? &weights : NULL, path,
                            extract->confirm, &extract->error)) {
        extract->confirm = false;
        return;
    }
    view->extract_asked = snapshot;
    view->mode = UI_MODE_VIEW;
    view_say(view, COLOUR_GOOD, "writing %s", path);
}

void action_result(struct view *view, const struct snapshot *snapshot)
{
    if (snapshot->extract != EXTRACT_NONE)
        view->mode = UI_MODE_RESULT;
    else
        view_say(view, COLOUR_FAINT, "nothing was extracted yet; e writes a file");
}

void action_extract_cancel(struct view *view, const struct snapshot *snapshot)
{
    if (snapshot->extract == EXTRACT_RUNNING)
        view->port->extract_cancel(view->port->context);
    else
        view->mode = UI_MODE_VIEW;
}
