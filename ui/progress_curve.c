/* The curve of progress: the hypervolume after each evaluation, or what generations came to, over
 * evaluations or time; and the facts beside it. */
#include "progress.h"

#include "plot.h"

#include "base/quantity.h"
#include "search/method.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* ---- what is drawn ---- */

struct curve {
    const struct snapshot *snapshot;
    enum progress_curve kind;
    size_t objective; /* whose correlation */
    bool by_time;
    size_t points;
};

/* The first objective that anything was foretold of; m: none. */
static size_t foretold(const struct snapshot *s)
{
    for (size_t k = 0; k < s->m; k++)
        for (size_t i = 0; i < s->rounds; i++)
            if (isfinite(round_correlation(s, i, k)))
                return k;
    return s->m;
}

static struct curve curve_of(const struct view *view, const struct snapshot *s)
{
    struct curve curve = {s, view->progress.curve, foretold(s), view->progress.by_time, s->rounds};
    if (curve.kind == CURVE_VOLUME)
        curve.points = s->samples;
    else if (curve.kind == CURVE_CORRELATION && curve.objective >= s->m)
        curve.points = 0;
    return curve;
}

static double curve_x(const struct curve *curve, size_t i)
{
    const struct snapshot *s = curve->snapshot;
    if (curve->kind == CURVE_VOLUME)
        return curve->by_time ? s->sample[i].seconds : (double)s->sample[i].rows;
    return curve->by_time ? s->round[i].seconds : (double)s->round[i].evaluations;
}

static size_t made_in(const struct snapshot *s, size_t i)
{
    return s->round[i].evaluations - (i ? s->round[i - 1].evaluations : 0);
}

double round_correlation(const struct snapshot *s, size_t i, size_t k)
{
    return made_in(s, i) < METHOD_RANKED_LEAST ? NAN : s->round[i].correlation[k];
}

double round_rate(const struct snapshot *s, size_t i)
{
    double before = i ? s->round[i - 1].seconds : 0;
    double made = (double)made_in(s, i);
    return s->round[i].seconds > before ? 60 * made / (s->round[i].seconds - before) : NAN;
}

static double curve_y(const struct curve *curve, size_t i)
{
    const struct snapshot *s = curve->snapshot;
    return curve->kind == CURVE_VOLUME ? s->sample[i].hypervolume
           : curve->kind == CURVE_RATE ? round_rate(s, i)
                                       : round_correlation(s, i, curve->objective);
}

/* ---- drawing ---- */

static void curve_title(const struct curve *curve, const struct plot *plot, char *out, size_t size)
{
    static const char *const names[] = {"hypervolume", "evaluations a minute", "tau"};
    const struct snapshot *s = curve->snapshot;
    int length = snprintf(out, size, "%s", names[curve->kind]);
    if (curve->kind == CURVE_CORRELATION && curve->objective < s->m)
        length += snprintf(out + length, size - (size_t)length, " of %s",
                           objective_table[s->objectives[curve->objective]].name);
    snprintf(out + length, size - (size_t)length, " over %s",
             curve->by_time ? "time" : "evaluations");
    if (*plot->x.unit.name) {
        length = (int)strlen(out);
        snprintf(out + length, size - (size_t)length, " (%s)", plot->x.unit.name);
    }
}

/* The first networks gain most; the axis begins where the curve has become flatter. */
static void curve_axes(const struct curve *curve, struct plot *plot, struct rect rect)
{
    double low = INFINITY, high = -INFINITY;
    for (size_t i = curve->kind == CURVE_VOLUME ? curve->points / 20 : 0; i < curve->points; i++) {
        double y = curve_y(curve, i);
        low = y < low ? y : low;
        high = y > high ? y : high;
    }
    if (curve->kind == CURVE_CORRELATION) {
        low = fmin(low, 0);
        high = 1;
    } else if (curve->kind == CURVE_RATE) {
        low = 0;
    }
    double above = (high - low) * 0.05, last = curve_x(curve, curve->points - 1);
    axis_init(&plot->y, QUANTITY_NUMBER, low, high + above, false, rect.h / 2);
    int ticks = rect.w / 8;
    if (!curve->by_time && last >= 1 && last < ticks)
        ticks = (int)last; /* there are no half evaluations */
    axis_init(&plot->x, curve->by_time ? QUANTITY_SECONDS : QUANTITY_NUMBER, 0, last, false, ticks);
}

static void draw_points(const struct plot *plot, const struct curve *curve)
{
    double x0 = NAN, y0 = NAN;
    for (size_t i = 0; i < curve->points; i++) {
        double x = curve_x(curve, i), y = curve_y(curve, i);
        if (!isfinite(y))
            continue;
        if (isfinite(y0))
            plot_step(plot, x0, y0, x, y, 1, COLOUR_FRONT);
        x0 = x;
        y0 = y;
    }
    int x = plot_cell_x(plot, x0), y = plot_cell_y(plot, y0);
    if (plot_in_columns(plot, x) && plot_in_rows(plot, y))
        grid_put(plot->grid, x, y, 0x25cf, COLOUR_FRONT, STYLE_BOLD);
}

static void draw_no_curve(struct grid *grid, struct rect rect, const struct curve *curve)
{
    const struct snapshot *s = curve->snapshot;
    char text[160];
    if (curve->kind == CURVE_VOLUME || !s->rows) {
        plot_draw_waiting(grid, rect, s);
        return;
    }
    if (curve->kind == CURVE_CORRELATION && s->rounds)
        snprintf(text, sizeof text,
                 "%s has not foretold any network yet, so there is nothing to "
                 "compare with what was found.",
                 s->method_name);
    else
        snprintf(text, sizeof text, "This is known of finished generations; none is finished yet.");
    if (rect.w > 4)
        grid_wrap(grid, (struct rect){rect.x + 2, rect.y + (rect.h > 2), rect.w - 4, rect.h - 1},
                  COLOUR_FAINT, 0, text);
}

void draw_progress_curve(struct grid *grid, struct rect rule, struct rect rect,
                         const struct view *view, const struct snapshot *snapshot)
{
    struct curve curve = curve_of(view, snapshot);
    char title[128];
    if (rect.w < 1 || rect.h < 1)
        return;
    struct plot plot = {.grid = grid, .view = view, .snapshot = snapshot, .x.unit.name = ""};
    if (curve.points) {
        curve_axes(&curve, &plot, rect);
        bool axes = plot_place(&plot, rect);
        draw_points(&plot, &curve);
        if (axes)
            plot_draw_axes(&plot);
    } else {
        draw_no_curve(grid, rect, &curve);
    }
    curve_title(&curve, &plot, title, sizeof title);
    draw_rule(grid, rule, title);
}

/* ---- facts ---- */

struct facts {
    struct grid *grid;
    struct rect rect;
    int line;
};

static void add_fact(struct facts *facts, const char *label, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void add_fact(struct facts *facts, const char *label, const char *format, ...)
{
    char text[600];
    struct rect rect = facts->rect;
    va_list arguments;
    if (facts->line >= rect.h || rect.w < 2)
        return;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    int y = rect.y + facts->line++;
    int x = rect.x + 1, end = rect.x + rect.w;
    x += grid_text(facts->grid, x, y, end - x, COLOUR_FAINT, 0, label) + 1;
    if (x < rect.x + 9)
        x = rect.x + 9;
    if (x < end)
        grid_text(facts->grid, x, y, end - x, COLOUR_TEXT, 0, text);
}

static void add_network(struct facts *facts, const struct view *view, const struct snapshot *s)
{
    struct rect rect = facts->rect;
    if (s->phase != RUN_EVALUATING || !*s->current.text || facts->line >= rect.h)
        return;
    int y = rect.y + facts->line, bar = rect.w - 20;
    add_fact(facts, "network", "#%zu", s->rows);
    if (view->activity >= 0 && bar >= 4)
        grid_bar(facts->grid, rect.x + 19, y, bar < 24 ? bar : 24, view->activity, COLOUR_GOOD);
}

static void add_rate(struct facts *facts, const struct snapshot *s)
{
    double mean = s->run_seconds > 0 ? 60 * (double)s->evaluations / s->run_seconds : NAN;
    if (isfinite(s->evaluations_per_minute) && s->rows)
        add_fact(facts, "speed", "%.1f/min, %.1f on average", s->evaluations_per_minute, mean);
    else if (s->evaluations)
        add_fact(facts, "speed", "%.1f/min on average", mean);
    if (isfinite(s->shared))
        add_fact(facts, "shared", "%.0f %% of the layers' work", 100 * s->shared);
}

void draw_progress_facts(struct grid *grid, struct rect rect, const struct view *view,
                         const struct snapshot *s)
{
    struct facts facts = {grid, rect, 0};
    char goals[160] = "";
    add_network(&facts, view, s);
    add_rate(&facts, s);
    if (view_networks(s))
        add_fact(&facts, "within", "%zu of %zu, %.0f %%%s", s->feasible, view_networks(s),
                 100.0 * (double)s->feasible / (double)view_networks(s),
                 s->pins.count ? " (the pins)" : "; no pins");
    if (s->fronts)
        add_fact(&facts, "front", "%zu network%s", s->fronts, s->fronts == 1 ? "" : "s");
    for (size_t k = 0; k < s->m; k++)
        snprintf(goals + strlen(goals), sizeof goals - strlen(goals), "%s%s", k ? ", " : "",
                 objective_table[s->objectives[k]].heading);
    add_fact(&facts, "search", "%s over %s", s->method_name, s->space_name);
    add_fact(&facts, "for", "%s", goals);
    add_fact(&facts, "on", "%s, %zu item%s", s->task_name, s->task_items,
             s->task_items == 1 ? "" : "s");
    add_fact(&facts, "weights", "%s; computes in %s", s->type_name,
             *s->precision_name ? s->precision_name : "f32");
    add_fact(&facts, "seed", "%llu; %zu a generation", (unsigned long long)s->seed, s->population);
    add_fact(&facts, "run", "%s", s->run_path);
}
