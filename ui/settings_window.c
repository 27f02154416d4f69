/* The window of settings: each takes effect at once, all are kept when it closes. */
#include "actions.h"
#include "screen.h"

#include <stdio.h>
#include <string.h>

#define LABEL 11

/* ---- what changes with a setting ---- */

/* What the terminal cannot show is not chosen by auto, but may be wanted all the same; without
 * UTF-8 there is no choice. */
static void apply_glyphs(struct view *view)
{
    enum glyphs wanted = view->richest;
    if (view->best == GLYPHS_ASCII)
        return;
    switch (view->settings.value[SETTING_GLYPHS]) {
    case SETTING_GLYPHS_BRAILLE:
        wanted = GLYPHS_BRAILLE;
        break;
    case SETTING_GLYPHS_BLOCKS:
        wanted = GLYPHS_BLOCKS;
        break;
    case SETTING_GLYPHS_ASCII:
        wanted = GLYPHS_ASCII;
        break;
    default:
        wanted = view->best;
        break;
    }
    view->glyphs = wanted;
    view->richest = wanted < view->best ? wanted : view->best;
}

void view_apply_settings(struct view *view)
{
    apply_glyphs(view);
}

/* ---- drawing ---- */

static void draw_setting(struct grid *grid, int x, int y, int width, const struct view *view,
                         enum setting setting)
{
    const struct settings *settings = &view->settings;
    bool current = setting == view->setting;
    char text[THEME_NAME];
    if (current)
        grid_put(grid, x, y, 0x25b8, COLOUR_SELECTED, STYLE_BOLD);
    grid_text(grid, x + 2, y, LABEL, current ? COLOUR_SELECTED : COLOUR_TEXT,
              current ? STYLE_BOLD : 0, setting_table[setting].name);
    grid_printf(grid, x + 2 + LABEL, y, width - 2 - LABEL, current ? COLOUR_KEY : COLOUR_TEXT,
                current ? STYLE_BOLD : 0, current ? "< %s >" : "  %s",
                setting_text(settings, setting, settings->value[setting], text, sizeof text));
}

void draw_settings(struct grid *grid, const struct view *view)
{
    char text[600];
    snprintf(text, sizeof text,
             "kept in %s when this closes; keys are bound there, a line each: key.sort = s F5",
             *view->settings.path ? view->settings.path : "a file of yours");
    int width = grid->width < 72 ? grid->width : 72;
    int rows = SETTINGS + 3 + text_rows(text, width - 4) + 2;
    struct rect inner =
        draw_box(grid, layout_centred(grid->width, grid->height, width, rows), "settings");
    for (int i = 0; i < SETTINGS && i < inner.h; i++)
        draw_setting(grid, inner.x, inner.y + i, inner.w, view, (enum setting)i);
    struct rect rest = {inner.x, inner.y + SETTINGS + 1, inner.w, inner.h - SETTINGS - 1};
    if (rest.h < 1)
        return;
    grid_text(grid, rest.x, rest.y, rest.w, COLOUR_TEXT, 0, setting_table[view->setting].help);
    rest.y += 2;
    rest.h -= 2;
    if (rest.h > 0)
        grid_wrap(grid, rest, COLOUR_FAINT, 0, text);
}

/* ---- keys ---- */

void action_settings(struct view *view, const struct snapshot *snapshot)
{
    (void)snapshot;
    view->mode = UI_MODE_SETTINGS;
}

static void move(struct view *view, int by)
{
    view->setting = (enum setting)(((int)view->setting + by + SETTINGS) % SETTINGS);
}

void action_setting_up(struct view *view, const struct snapshot *snapshot)
{
    (void)snapshot;
    move(view, -1);
}

void action_setting_down(struct view *view, const struct snapshot *snapshot)
{
    (void)snapshot;
    move(view, 1);
}

static void step(struct view *view, int by)
{
    setting_step(&view->settings, view->setting, by);
    view_apply_settings(view);
}

void action_setting_less(struct view *view, const struct snapshot *snapshot)
{
    (void)snapshot;
    step(view, -1);
}

void action_setting_more(struct view *view, const struct snapshot *snapshot)
{
    (void)snapshot;
    step(view, 1);
}

void action_settings_close(struct view *view, const struct snapshot *snapshot)
{
    const struct view_port *port = view->port;
    struct error error = {0};
    bool changed = false;
    (void)snapshot;
    for (int i = 0; i < SETTINGS; i++)
        changed |= view->settings.changed[i];
    view->mode = UI_MODE_VIEW;
    if (!changed || !port->keep)
        return;
    if (port->keep(port->context, &view->settings, &error))
        view_say(view, COLOUR_BAD, "%s", error.message);
    else
        view_say(view, COLOUR_GOOD, "kept in %s", view->settings.path);
}
