/* What is told of networks that are compared, see compare_lines.h. */
#include "compare_lines.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- which lines ---- */

static bool any_held_out(const struct snapshot *snapshot, const uint32_t *id, size_t count)
{
    bool any = false;
    for (size_t i = 0; i < count; i++)
        any |= view_held_out(snapshot, id[i]) != NULL;
    return any;
}

static bool all_keep_attention(const struct snapshot *snapshot, const uint32_t *id, size_t count)
{
    bool all = true;
    for (size_t i = 0; i < count; i++) {
        struct code_summary code =
            code_summarize(snapshot->shape, &view_row(snapshot, id[i])->code);
        all &= code.kept == code.attention;
    }
    return all;
}

static void add(struct compare_line line[COMPARE_LINES], int *count, enum compare_kind kind)
{
    line[(*count)++] = (struct compare_line){.kind = kind};
}

static enum objective speed_of(const struct snapshot *snapshot)
{
    return snapshot->measured[OBJECTIVE_DECODE_MS] ? OBJECTIVE_DECODE_MS : OBJECTIVE_MACS;
}

/* What weighs in a decision beside the search's objectives. */
static void add_summary(const struct snapshot *snapshot, const uint32_t *id, size_t count,
                        struct compare_line line[COMPARE_LINES], int *lines)
{
    if (any_held_out(snapshot, id, count))
        add(line, lines, LINE_HELDOUT);
    if (view_row(snapshot, snapshot->base)) {
        add(line, lines, LINE_SMALLER);
        if (snapshot->measured[speed_of(snapshot)])
            add(line, lines, LINE_FASTER);
    }
    add(line, lines, LINE_LAYERS);
    if (!all_keep_attention(snapshot, id, count))
        add(line, lines, LINE_ATTENTION);
    add(line, lines, LINE_MLP);
}

int compare_lines(const struct snapshot *snapshot, const uint32_t *id, size_t count, bool errors,
                  struct compare_line line[COMPARE_LINES])
{
    enum objective order[OBJECTIVES];
    size_t objectives = values_order(snapshot, order);
    int lines = 0;
    for (size_t i = 0; i < snapshot->pins.count; i++)
        if (snapshot->pins.pin[i].enabled)
            line[lines++] = (struct compare_line){.kind = LINE_PIN, .pin = &snapshot->pins.pin[i]};
    for (size_t i = 0; i < objectives; i++) {
        line[lines++] = (struct compare_line){.kind = LINE_OBJECTIVE, .objective = order[i]};
        if (errors && isfinite(view_error(snapshot, view_row(snapshot, id[0]), order[i])))
            line[lines++] = (struct compare_line){.kind = LINE_ERROR, .objective = order[i]};
        if (i + 1 == snapshot->m)
            add_summary(snapshot, id, count, line, &lines);
    }
    add(line, &lines, LINE_FRONT);
    add(line, &lines, LINE_FOUND);
    return lines;
}

/* ---- what they say ---- */

/* The largest of an objective's values, which decides on their unit. */
static double most_of(const struct snapshot *snapshot, enum objective objective, const uint32_t *id,
                      size_t count)
{
    double most = 0;
    for (size_t i = 0; i < count; i++) {
        double value = fabs(view_value(snapshot, view_row(snapshot, id[i]), objective));
        most = value > most ? value : most; /* NaN is not */
    }
    return most;
}

const char *compare_label(const struct snapshot *snapshot, const struct compare_line *line,
                          const uint32_t *id, size_t count, char *out, size_t size)
{
    static const char *const names[] = {
        [LINE_FOUND] = "found by",    [LINE_FRONT] = "on the front",
        [LINE_ERROR] = "  its error", [LINE_SMALLER] = "smaller",
        [LINE_FASTER] = "faster",     [LINE_HELDOUT] = "held out %",
        [LINE_LAYERS] = "layers",     [LINE_ATTENTION] = "attention in",
        [LINE_MLP] = "MLP neurons %",
    };
    if (line->kind == LINE_PIN) {
        snprintf(out, size, "%s", line->pin->text);
    } else if (line->kind == LINE_OBJECTIVE) {
        struct unit unit = unit_for(objective_table[line->objective].quantity,
                                    most_of(snapshot, line->objective, id, count));
        snprintf(out, size, "%s%s%s", objective_table[line->objective].heading,
                 *unit.name ? " " : "", unit.name);
    } else if (line->kind == LINE_FASTER && speed_of(snapshot) == OBJECTIVE_MACS) {
        snprintf(out, size, "fewer MACs");
    } else {
        snprintf(out, size, "%s", names[line->kind]);
    }
    return out;
}

static bool is_best(const struct snapshot *snapshot, enum objective objective, const uint32_t *id,
                    size_t count, double cost)
{
    bool beats = false;
    for (size_t i = 0; i < count; i++) {
        double other =
            objective_cost(objective, view_value(snapshot, view_row(snapshot, id[i]), objective));
        if (other < cost)
            return false;
        beats |= other > cost;
    }
    return beats;
}

static void error_text(double error, char out[16])
{
    if (isfinite(error))
        snprintf(out, 16, "\302\261%.1f", 100 * error);
}

static void objective_cell(const struct snapshot *snapshot, enum objective objective,
                           const uint32_t *id, size_t count, size_t at, struct compare_cell *cell)
{
    const struct row *row = view_row(snapshot, id[at]), *first = view_row(snapshot, id[0]);
    double most = most_of(snapshot, objective, id, count);
    double value = view_value(snapshot, row, objective),
           from = view_value(snapshot, first, objective),
           error = view_error(snapshot, row, objective);
    unit_format(unit_for(objective_table[objective].quantity, most),
                value_decimals(objective, most), value, cell->value, sizeof cell->value);
    error_text(error, cell->error);
    cell->best = is_best(snapshot, objective, id, count, objective_cost(objective, value));
    if (at == 0)
        return;
    double doubt = row_difference_error(first, row, objective, &snapshot->estimate);
    difference_format(objective, from, value, doubt, cell->difference, sizeof cell->difference);
    if (isfinite(value - from) && !(fabs(value - from) <= doubt))
        cell->sense = objective_cost(objective, value) < objective_cost(objective, from) ? 1 : -1;
}

static void ratio_cell(const struct snapshot *snapshot, enum objective objective,
                       const struct row *row, struct compare_cell *cell)
{
    double base = view_value(snapshot, view_row(snapshot, snapshot->base), objective);
    double ratio = base / view_value(snapshot, row, objective);
    if (isfinite(ratio))
        snprintf(cell->value, sizeof cell->value, "%.2fx", ratio);
}

static void summary_cell(const struct snapshot *snapshot, enum compare_kind kind,
                         const struct row *row, const struct row *first, struct compare_cell *cell)
{
    struct code_summary code = code_summarize(snapshot->shape, &row->code),
                        from = code_summarize(snapshot->shape, &first->code);
    double value = kind == LINE_LAYERS      ? code.kept
                   : kind == LINE_ATTENTION ? code.attention
                                            : 100 * code.mlp;
    double before = kind == LINE_LAYERS      ? from.kept
                    : kind == LINE_ATTENTION ? from.attention
                                             : 100 * from.mlp;
    int decimals = kind == LINE_MLP;
    snprintf(cell->value, sizeof cell->value, "%.*f", decimals, value);
    if (row != first && value != before)
        snprintf(cell->difference, sizeof cell->difference, "%+.*f", decimals, value - before);
}

void compare_cell(const struct snapshot *snapshot, const struct compare_line *line,
                  const uint32_t *id, size_t count, size_t at, struct compare_cell *cell)
{
    const struct row *row = view_row(snapshot, id[at]);
    const struct heldout_row *heldout;
    *cell = (struct compare_cell){0};
    switch (line->kind) {
    case LINE_FOUND:
        if (view_is_baseline(id[at]))
            snprintf(cell->value, sizeof cell->value, "pruning");
        else
            snprintf(cell->value, sizeof cell->value, "%s, gen %u", row->origin, row->generation);
        break;
    case LINE_FRONT:
        snprintf(cell->value, sizeof cell->value, view_on_front(snapshot, id[at]) ? "yes" : "no");
        break;
    case LINE_PIN:
        cell->sense = pin_verdict(line->pin, view_value(snapshot, row, line->pin->objective),
                                  view_error(snapshot, row, line->pin->objective), cell->value,
                                  sizeof cell->value)
                          ? 1
                          : -1;
        break;
    case LINE_OBJECTIVE:
        objective_cell(snapshot, line->objective, id, count, at, cell);
        break;
    case LINE_ERROR:
        error_text(view_error(snapshot, row, line->objective), cell->value);
        break;
    case LINE_SMALLER:
        ratio_cell(snapshot, OBJECTIVE_BYTES, row, cell);
        break;
    case LINE_FASTER:
        ratio_cell(snapshot, speed_of(snapshot), row, cell);
        break;
    case LINE_HELDOUT:
        heldout = view_held_out(snapshot, id[at]);
        if (heldout) {
            snprintf(cell->value, sizeof cell->value, "%.1f", 100 * heldout->acc);
            error_text(heldout->standard_error, cell->error);
        }
        break;
    case LINE_LAYERS:
    case LINE_ATTENTION:
    case LINE_MLP:
        summary_cell(snapshot, line->kind, row, view_row(snapshot, id[0]), cell);
        break;
    }
}
