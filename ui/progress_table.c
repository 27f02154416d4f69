/* The table of generations, the newest first, the one in work above them. */
#include "progress.h"

#include "moment.h"
#include "screen.h"

#include <math.h>
#include <stdio.h>

enum { GENERATION, EVALUATIONS, VOLUME, GAIN, RATE, FRONT, WITHIN, TIME, FORECAST };

struct line { /* a generation as it is listed */
    struct run_round round;
    double gain, rate;
    bool in_work;
};

/* Networks since the last finished generation are listed as those of one more. */
static bool has_current(const struct snapshot *s)
{
    return s->evaluations > (s->rounds ? s->round[s->rounds - 1].evaluations : 0);
}

int progress_table_lines(const struct snapshot *s)
{
    return (int)s->rounds + has_current(s);
}

static struct line line_of(const struct snapshot *s, int index)
{
    struct line line = {.rate = s->evaluations_per_minute, .in_work = has_current(s) && index == 0};
    size_t i = s->rounds - (size_t)(index + !has_current(s));
    double before = i ? s->round[i - 1].hypervolume : 0;
    if (line.in_work) {
        line.round = (struct run_round){.generation = s->generation,
                                        .evaluations = s->evaluations,
                                        .feasible = s->feasible,
                                        .front = s->fronts,
                                        .hypervolume = s->hypervolume,
                                        .seconds = s->run_seconds};
        for (int k = 0; k < 3; k++)
            line.round.correlation[k] = line.round.error[k] = NAN;
    } else {
        line.round = s->round[i];
        for (size_t k = 0; k < s->m; k++)
            line.round.correlation[k] = round_correlation(s, i, k);
        line.rate = round_rate(s, i);
    }
    line.gain = i ? line.round.hypervolume - before : NAN;
    return line;
}

/* ---- columns ---- */

static void cell_text(const struct snapshot *s, const struct line *line, int column, char *out,
                      size_t size)
{
    const struct run_round *round = &line->round;
    enum objective objective = s->objectives[column >= FORECAST ? (column - FORECAST) / 2 : 0];
    double value = NAN;
    snprintf(out, size, "-");
    switch (column) {
    case GENERATION:
        snprintf(out, size, "%s%u", line->in_work && snapshot_running(s) ? "\342\226\266 " : "",
                 (unsigned)round->generation);
        return;
    case EVALUATIONS:
        snprintf(out, size, "%zu", round->evaluations);
        return;
    case VOLUME:
        snprintf(out, size, "%.4f", round->hypervolume);
        return;
    case GAIN:
        if (isfinite(line->gain))
            snprintf(out, size, line->gain > 0 ? "%+.4f" : "none", line->gain);
        return;
    case RATE:
        if (isfinite(line->rate))
            snprintf(out, size, "%.1f", line->rate);
        return;
    case FRONT:
        if (round->front)
            snprintf(out, size, "%zu", round->front);
        return;
    case WITHIN:
        if (round->front && round->evaluations)
            snprintf(out, size, "%.0f %%",
                     100.0 * (double)round->feasible / (double)(round->evaluations + s->imported));
        return;
    case TIME:
        span_text(round->seconds, out, size);
        return;
    default:
        value = (column - FORECAST) % 2 ? round->error[(column - FORECAST) / 2]
                                        : round->correlation[(column - FORECAST) / 2];
        if ((column - FORECAST) % 2)
            value_format(objective, value, out, size);
        else if (isfinite(value))
            snprintf(out, size, "%.2f", value);
    }
}

/* Of the k-th objective the method has foretold values: else its columns would be empty. */
static bool is_foretold(const struct snapshot *s, size_t k)
{
    for (size_t i = 0; i < s->rounds; i++)
        if (isfinite(s->round[i].correlation[k]) || isfinite(s->round[i].error[k]))
            return true;
    return false;
}

static size_t foretold(const struct snapshot *s)
{
    size_t count = 0;
    for (size_t k = 0; k < s->m; k++)
        count += is_foretold(s, k);
    return count;
}

/* Cells of the column; 0: it is not shown. Of several objectives each is named. */
static int column_heading(const struct snapshot *s, int column, char *out, size_t size)
{
    static const char *const names[] = {"gen",  "evals", "HV",     "gain",
                                        "/min", "front", "within", "time"};
    static const int cells[] = {6, 7, 8, 9, 6, 7, 8, 7};
    if (column < FORECAST) {
        snprintf(out, size, "%s", names[column]);
        return cells[column];
    }
    size_t k = (size_t)(column - FORECAST) / 2;
    bool error = (column - FORECAST) % 2, named = foretold(s) > 1;
    snprintf(out, size, "%s%s%s", error ? "error" : "tau", named ? " " : "",
             named ? objective_table[s->objectives[k]].name : "");
    int width = text_cells(out) + 2, least = error ? 11 : 7;
    return !is_foretold(s, k) ? 0 : width < least ? least : width;
}

static void draw_line(struct grid *grid, struct rect rect, int y, const struct snapshot *s,
                      const struct line *line)
{
    char text[64];
    int x = rect.x, end = rect.x + rect.w;
    for (int column = 0; column < FORECAST + 2 * (int)s->m; column++) {
        int cells = column_heading(s, column, text, sizeof text);
        if (!cells)
            continue;
        if (x + cells > end)
            return;
        if (line)
            cell_text(s, line, column, text, sizeof text);
        bool gain = line && column == GAIN && line->gain > 0;
        x += cells;
        grid_text_right(grid, x, y, cells - 1,
                        !line           ? COLOUR_HEADING
                        : gain          ? COLOUR_GOOD
                        : line->in_work ? COLOUR_FRONT
                                        : COLOUR_TEXT,
                        0, text);
    }
}

void draw_progress_table(struct grid *grid, struct rect rule, struct rect rect,
                         const struct view *view, const struct snapshot *snapshot)
{
    char title[160];
    int lines = progress_table_lines(snapshot), rows = rect.h - 1;
    int most = lines > rows ? lines - rows : 0;
    int top = view->progress.top < most ? view->progress.top : most;
    if (rect.h < 2)
        return;
    int length = snprintf(title, sizeof title, "generations");
    if (lines > rows)
        length += snprintf(title + length, sizeof title - (size_t)length, ", %d-%d of %d", top + 1,
                           top + rows, lines);
    if (foretold(snapshot) == 1)
        for (size_t k = 0; k < snapshot->m; k++)
            if (is_foretold(snapshot, k))
                snprintf(title + length, sizeof title - (size_t)length,
                         "; tau, error: of the forecast of %s",
                         objective_table[snapshot->objectives[k]].name);
    draw_rule(grid, rule, title);
    draw_line(grid, rect, rect.y, snapshot, NULL);
    for (int i = 0; i < rows && top + i < lines; i++) {
        struct line line = line_of(snapshot, top + i);
        draw_line(grid, rect, rect.y + 1 + i, snapshot, &line);
    }
    if (!lines && rect.w > 2)
        grid_text(grid, rect.x + 1, rect.y + 1, rect.w - 2, COLOUR_FAINT, 0,
                  "none yet: they are listed as networks come");
}
