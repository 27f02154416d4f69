/* The view of progress. Who comes back after six hours asks: what happened, is it still getting
 * better, when is it done? The first lines answer in words, the curve and the table of generations
 * say why. */
#include "progress.h"

#include "actions.h"
#include "moment.h"
#include "pages.h"
#include "plot.h"
#include "trend.h"

#include "base/quantity.h"

#include <math.h>
#include <stdio.h>

#define ANSWERS 2 /* rows; one more where the first sentence takes two */
#define ANSWER_CELLS 76
#define CURVE_LEAST 6  /* rows that a curve is worth, with its rule */
#define TABLE_LEAST 4  /* with its rule and heading */
#define FACTS_CELLS 34 /* at least, beside the curve */

static int least(int a, int b)
{
    return a < b ? a : b;
}

struct progress_layout progress_layout(struct rect body)
{
    struct progress_layout layout = {0};
    int y = body.y, rest = body.h, answers = ANSWERS + (body.w < ANSWER_CELLS);
    layout.rule = (struct rect){body.x, y, body.w, least(rest, 1)};
    layout.answers = (struct rect){body.x, y + 1, body.w, least(rest - 1, answers)};
    if (rest < 1 + answers + TABLE_LEAST)
        return layout;
    y += 1 + answers;
    rest -= 1 + answers;
    int curve = rest >= CURVE_LEAST + TABLE_LEAST ? (rest + 3) * 9 / 16 : 0;
    bool beside = body.w >= 2 * FACTS_CELLS;
    int facts = !beside && rest >= 28 ? 9 : 0; /* below the curve where it is high and narrow */
    curve -= facts / 2;
    if (curve) {
        int right = beside ? FACTS_CELLS + (body.w - 2 * FACTS_CELLS) / 4 : 0;
        int left = body.w - right - beside;
        layout.curve_rule = (struct rect){body.x, y, left, 1};
        layout.curve = (struct rect){body.x, y + 1, left, curve - 1};
        if (beside) {
            layout.divider = (struct rect){body.x + left, y, 1, curve};
            layout.facts_rule = (struct rect){body.x + left + 1, y, right, 1};
            layout.facts = (struct rect){body.x + left + 1, y + 1, right, curve - 1};
        }
        y += curve;
        rest -= curve;
    }
    if (facts) {
        layout.facts_rule = (struct rect){body.x, y, body.w, 1};
        layout.facts = (struct rect){body.x, y + 1, body.w, facts - 1};
        y += facts;
        rest -= facts;
    }
    layout.table_rule = (struct rect){body.x, y, body.w, 1};
    layout.table = (struct rect){body.x, y + 1, body.w, rest - 1};
    return layout;
}

/* ---- the answers ---- */

/* What it is doing. */
static void state_text(const struct view *view, const struct snapshot *s, char *out, size_t size)
{
    char key[16];
    unsigned percent = (unsigned)(100 * fmin(fmax(s->phase_progress, 0), 1));
    switch (s->phase) {
    case RUN_LOADING:
        snprintf(out, size, "loading the model, %u %%", percent);
        break;
    case RUN_CALIBRATING:
        snprintf(out, size, "measuring the layers of the model, %u %%", percent);
        break;
    case RUN_EVALUATING:
        snprintf(out, size, "searching, generation %u", (unsigned)s->generation);
        break;
    case RUN_PAUSED:
        snprintf(out, size, "paused; %s lets it go on",
                 ui_key_name(keymap_key(&view->keymap, action_pause), key, sizeof key));
        break;
    case RUN_STOPPING:
        snprintf(out, size, "saving");
        break;
    case RUN_FINISHED:
        snprintf(out, size, s->stopped ? "stopped; paretop %s goes on with it" : "finished",
                 s->run_path);
        break;
    case RUN_FAILED:
        snprintf(out, size, "failed: %s", *s->message ? s->message : "see the log");
        break;
    case RUN_ABANDONED:
        snprintf(out, size, "nobody writes this run any more; paretop %s goes on with it",
                 s->run_path);
        break;
    }
}

static bool is_limited(const struct snapshot *s)
{
    return s->evaluations_wanted > 0 && s->evaluations_wanted < RUN_EVALUATIONS_MOST;
}

/* How far it is and when it is done, in at most `room` cells if it can be: of the whole run, before
 * it starts. */
static void end_text(const struct view *view, const struct snapshot *s, int room, char *out,
                     size_t size)
{
    char made[64], span[32], at[32], end[96] = "";
    bool running = snapshot_running(s), known = isfinite(s->seconds_left);
    if (is_limited(s))
        snprintf(made, sizeof made, "%zu of %zu evaluations", s->evaluations,
                 s->evaluations_wanted);
    else
        snprintf(made, sizeof made, "%zu evaluations", s->evaluations);
    if (!running) {
        snprintf(out, size, "%s in %s", made,
                 quantity_format(QUANTITY_SECONDS, s->run_seconds, span, sizeof span));
        return;
    }
    if (!known) {
        snprintf(out, size, "%s%s", made,
                 is_limited(s) ? "; how long it takes is not known yet" : ", until it is stopped");
        return;
    }
    quantity_format(QUANTITY_SECONDS, s->seconds_left, span, sizeof span);
    if (s->phase != RUN_PAUSED && view->now > 0)
        snprintf(end, sizeof end, ": done at %s",
                 moment_text(view->now + (int64_t)s->seconds_left, view->now, at, sizeof at));
    snprintf(out, size, "%s, about %s left%s", made, span, end);
    if (text_cells(out) > room)
        snprintf(out, size, "%zu made, %s left%s", s->evaluations, span, end);
}

static void draw_answers(struct grid *grid, struct rect rect, const struct view *view,
                         const struct snapshot *s)
{
    char text[192], pace[128];
    struct trend trend = trend_of(s);
    struct rect inner = {rect.x + 1, rect.y, rect.w - 2, rect.h};
    if (inner.w < 1 || inner.h < 1)
        return;
    trend_text(&trend, snapshot_running(s), text, sizeof text);
    trend_pace(&trend, pace, sizeof pace);
    bool better = trend.present || (isfinite(trend.gain) && !trend.idle);
    enum colour colour = better ? COLOUR_GOOD : COLOUR_TEXT;
    struct rect first = {inner.x, inner.y, inner.w, inner.h > 2 ? inner.h - 1 : 1};
    int rows = grid_wrap(grid, first, colour, STYLE_BOLD, text), used = text_cells(text);
    if (*pace && used + 2 + text_cells(pace) <= inner.w)
        grid_text(grid, inner.x + used + 2, inner.y, inner.w - used - 2, COLOUR_FAINT, 0, pace);
    if (inner.h <= rows)
        return;
    int y = inner.y + rows;
    end_text(view, s, inner.w, text, sizeof text);
    used = grid_text(grid, inner.x, y, inner.w, COLOUR_TEXT, 0, text);
    int bar = least(inner.w - used - 7, 40);
    if (!is_limited(s) || bar < 4)
        return;
    double done = (double)s->evaluations / (double)s->evaluations_wanted;
    grid_bar(grid, inner.x + used + 2, y, bar, done, COLOUR_FRONT);
    grid_printf(grid, inner.x + used + 3 + bar, y, 4, COLOUR_FAINT, 0, "%.0f%%",
                100 * fmin(done, 1));
}

/* ---- the view ---- */

void draw_progress(struct grid *grid, const struct layout *layout, const struct view *view,
                   const struct snapshot *snapshot)
{
    struct progress_layout at = progress_layout(layout->body);
    char title[700];
    state_text(view, snapshot, title, sizeof title);
    draw_rule(grid, at.rule, title);
    draw_answers(grid, at.answers, view, snapshot);
    draw_progress_curve(grid, at.curve_rule, at.curve, view, snapshot);
    draw_rule(grid, at.facts_rule, "now");
    draw_progress_facts(grid, at.facts, view, snapshot);
    draw_progress_table(grid, at.table_rule, at.table, view, snapshot);
    draw_divider(grid, at.divider, at.table_rule.h > 0);
}

static int table_height(const struct view *view)
{
    struct layout layout;
    layout_compute(view->width ? view->width : 80, view->height ? view->height : 24, &layout);
    return progress_layout(layout.body).table.h - 1; /* without its heading */
}

void progress_refresh(struct view *view, const struct snapshot *snapshot)
{
    struct view_progress *progress = &view->progress;
    int lines = progress_table_lines(snapshot), last = lines - table_height(view);
    if (progress->top > 0 && lines > progress->lines && progress->lines > 0)
        progress->top += lines - progress->lines;
    progress->lines = lines;
    if (progress->top > last)
        progress->top = last > 0 ? last : 0;
}

void progress_move(struct view *view, const struct snapshot *snapshot, enum ui_move move)
{
    view->progress.top =
        page_scroll(view->progress.top, move, table_height(view), progress_table_lines(snapshot));
}

void action_progress_time(struct view *view, const struct snapshot *snapshot)
{
    (void)snapshot;
    view->progress.by_time = !view->progress.by_time;
}

void action_progress_curve(struct view *view, const struct snapshot *snapshot)
{
    (void)snapshot;
    view->progress.curve = (enum progress_curve)((view->progress.curve + 1) % CURVES);
}
