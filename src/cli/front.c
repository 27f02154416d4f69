/* `paretop front`: the front of a run, read from its directory without the model. */
#include "base/memory.h"
#include "cli/commands.h"
#include "cli/report.h"
#include "engine/orders.h"
#include "store/baselines.h"
#include "store/heldout.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct view {
    struct run_summary run;
    uint32_t *id; /* owned: rows to show, in order */
    size_t count;
    uint32_t *strict; /* owned, with --within-error: the front itself; else NULL */
    size_t stricts;
    size_t feasible; /* rows within the pins */
    int column;      /* to sort by: an objective, or one of enum extra; -1: as it stands */
    /* Of pruning methods, shown under a whole front; NULL: not wanted. */
    struct history_reader *baselines;
    size_t baseline_rows;
    struct heldout_rows heldout; /* what paretop report found, shown where there is any */
};

enum extra { COLUMN_ID = OBJECTIVES, COLUMN_N, COLUMN_SECONDS, COLUMN_GENERATION };
static const char *const extra_names[] = {"id", "n", "seconds", "generation"};

static const struct row *row_at(const struct view *view, size_t index)
{
    return archive_row(view->run.archive, view->id[index]);
}

static double value_at(const struct view *view, size_t index, enum objective objective)
{
    return row_value(row_at(view, index), objective, &view->run.estimate);
}

static const struct row *baseline_at(const struct view *view, size_t index)
{
    return archive_row(history_reader_archive(view->baselines), index);
}

/* ---- which rows ---- */

static enum status add_pins(const struct options *options, struct view *view, struct error *error)
{
    const struct option_value *given = &options->value[OPTION_PIN];
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < given->count; i++) {
        struct pin pin;
        status = pin_parse(given->list[i], view->run.measured, &pin, error);
        if (status == STATUS_OK)
            status = pins_set(&view->run.pins, &pin, error);
    }
    return status;
}

static enum status find_front(struct view *view, struct error *error)
{
    const struct run_summary *run = &view->run;
    memory_free(view->id);
    view->id = NULL;
    return front_of_rows(run->archive, run->rows, &run->estimate, run->objectives, run->m,
                         &run->pins, &view->id, &view->count, &view->feasible, error);
}

/* The best by the first objective among all rows within `text` and the pins; the smallest by the
 * second of equals. */
static enum status find_best(struct view *view, const char *text, struct error *error)
{
    struct pins limits;
    struct run_summary *run = &view->run;
    enum status status = pins_parse(text, run->measured, &limits, error);
    for (size_t i = 0; status == STATUS_OK && i < limits.count; i++)
        status = pins_set(&run->pins, &limits.pin[i], error);
    if (status == STATUS_OK)
        status = find_front(view, error);
    if (status != STATUS_OK)
        return status;
    enum objective first = run->objectives[0];
    size_t best = 0;
    for (size_t i = 1; i < view->count; i++)
        if (objective_cost(first, value_at(view, i, first)) <
            objective_cost(first, value_at(view, best, first)))
            best = i;
    if (view->count > 0)
        view->id[0] = view->id[best];
    view->count = view->count > 0;
    return STATUS_OK;
}

/* In place of the strict front, which it is found from. */
static enum status widen(struct view *view, struct error *error)
{
    const struct run_summary *run = &view->run;
    view->strict = view->id;
    view->stricts = view->count;
    return front_within_error(run->archive, run->rows, &run->estimate, run->objectives, run->m,
                              &run->pins, view->strict, view->stricts, &view->id, &view->count,
                              error);
}

static bool on_front(const struct view *view, uint32_t id)
{
    bool found = view->strict == NULL;
    for (size_t i = 0; !found && i < view->stricts; i++)
        found = view->strict[i] == id;
    return found;
}

static void find_knee(const struct options *options, struct view *view)
{
    bool few;
    const struct run_summary *run = &view->run;
    size_t knee = front_knee(run->archive, &run->estimate, view->id, view->count, run->objectives,
                             run->m, &few);
    if (few)
        report_note(options, "the front has %zu points, too few for a knee: the best by %s",
                    view->count, objective_table[run->objectives[0]].name);
    view->id[0] = view->id[knee];
    view->count = 1;
}

static enum status find_baselines(const char *directory, struct view *view, struct error *error)
{
    bool anew;
    enum status status = baselines_reader_new(directory, NULL, NULL, NULL, &view->baselines, error);
    if (status == STATUS_OK)
        status = history_reader_read(view->baselines, &anew, error);
    if (status == STATUS_OK)
        view->baseline_rows = archive_count(history_reader_archive(view->baselines));
    return status;
}

/* ---- in which order ---- */

static double sort_key(const struct view *view, uint32_t id)
{
    const struct row *row = archive_row(view->run.archive, id);
    switch (view->column) {
    case COLUMN_ID:
        return row->id;
    case COLUMN_N:
        return row->n;
    case COLUMN_SECONDS:
        return row->seconds;
    case COLUMN_GENERATION:
        return row->generation;
    default:
        return objective_cost((enum objective)view->column,
                              row_value(row, (enum objective)view->column, &view->run.estimate));
    }
}

/* Stable and short: a front has some dozens of rows. */
static void sort_rows(struct view *view)
{
    for (size_t i = 1; i < view->count; i++) {
        uint32_t id = view->id[i];
        double key = sort_key(view, id);
        size_t k = i;
        for (; k > 0 && sort_key(view, view->id[k - 1]) > key; k--)
            view->id[k] = view->id[k - 1];
        view->id[k] = id;
    }
}

static enum status read_column(const char *name, struct view *view, struct error *error)
{
    enum objective objective;
    struct error why = {0};
    for (size_t i = 0; i < sizeof extra_names / sizeof *extra_names; i++)
        if (strcmp(name, extra_names[i]) == 0) {
            view->column = COLUMN_ID + (int)i;
            return STATUS_OK;
        }
    if (objective_by_name(name, &objective, &why) != STATUS_OK)
        return error_set(error, STATUS_INVALID, "--sort: %.300s id n seconds generation",
                         why.message);
    view->column = (int)objective;
    if (view->run.measured[objective])
        return STATUS_OK;
    return error_set(error, STATUS_INVALID, "--sort: %s is not measured in this run", name);
}

/* ---- output ---- */

static enum status print_csv(const struct view *view, struct error *error)
{
    struct buf text;
    buf_init(&text);
    enum status status = history_format_header(&text, error);
    for (size_t i = 0; status == STATUS_OK && i < view->count; i++)
        status = history_format_row(row_at(view, i), &text, error);
    for (size_t i = 0; status == STATUS_OK && i < view->baseline_rows; i++)
        status = history_format_row(baseline_at(view, i), &text, error);
    if (status == STATUS_OK)
        fwrite(text.data, 1, text.length, stdout);
    buf_release(&text);
    return status;
}

static const struct heldout_row *heldout_of(const struct view *view, const struct row *row)
{
    return heldout_last(&view->heldout, &row->code,
                        baselines_by_magnitude(row) && code_needs_order(&row->code));
}

static json_t *row_json(const struct view *view, const struct row *row)
{
    double value[OBJECTIVES];
    row_values(row, &view->run.estimate, value);
    json_t *object = json_pack("{s:I,s:s,s:s}", "id", (json_int_t)row->id, "code", row->code.text,
                               "origin", row->origin);
    report_objectives(object, view->run.measured, value);
    json_object_set_new(object, "stderr", report_number(row->standard_error));
    json_object_set_new(object, "acc_est_stderr",
                        report_number(row_error(row, OBJECTIVE_ACC_EST, &view->run.estimate)));
    json_object_set_new(object, "n", json_integer((json_int_t)row->n));
    json_object_set_new(object, "feasible",
                        json_boolean(pins_violation(&view->run.pins, value, false) <= 0));
    const struct heldout_row *heldout = heldout_of(view, row);
    if (heldout != NULL) {
        json_object_set_new(object, "heldout", report_number(heldout->acc));
        json_object_set_new(object, "heldout_stderr", report_number(heldout->standard_error));
        json_object_set_new(object, "heldout_n", json_integer((json_int_t)heldout->n));
    }
    return object;
}

static json_t *as_json(const struct view *view)
{
    json_t *list = json_array();
    for (size_t i = 0; i < view->count; i++) {
        json_t *object = row_json(view, row_at(view, i));
        if (view->strict != NULL)
            json_object_set_new(object, "front", json_boolean(on_front(view, view->id[i])));
        json_array_append_new(list, object);
    }
    for (size_t i = 0; i < view->baseline_rows; i++)
        json_array_append_new(list, row_json(view, baseline_at(view, i)));
    return list;
}

/* Rows with the same objectives, of which the front shows the first. */
static void print_equals(const struct view *view, const struct row *shown)
{
    const char *separator = "  = ";
    for (size_t i = 0; i < view->run.rows; i++) {
        const struct row *row = archive_row(view->run.archive, i);
        bool equal =
            row->id != shown->id && !archive_superseded(view->run.archive, i, view->run.rows);
        for (size_t k = 0; equal && k < view->run.m; k++) {
            enum objective objective = view->run.objectives[k];
            double a = row_value(row, objective, &view->run.estimate);
            double b = row_value(shown, objective, &view->run.estimate);
            equal = a <= b && a >= b;
        }
        if (equal) {
            printf("%s%" PRIu32, separator, row->id);
            separator = ", ";
        }
    }
}

static void print_error(double error)
{
    char text[32];
    snprintf(text, sizeof text, "%.2f", 100 * error);
    printf("  %6s", isfinite(error) ? text : "-");
}

static void print_heading(const struct view *view, const char *first)
{
    printf("%6s%s", first, view->strict != NULL ? " " : "");
    for (int k = 0; k < OBJECTIVES; k++)
        if (view->run.measured[k])
            printf("  %*s", report_column_width(k), objective_table[k].name);
    printf("  %6s  %6s  ", "stderr", "of est");
    if (view->heldout.count > 0)
        printf("%8s  %6s  ", "held out", "stderr");
}

/* Behind the id, with --within-error, ~: not on the strict front. */
static void print_row(const struct view *view, const struct row *row, bool strict)
{
    char text[32];
    printf("%6" PRIu32 "%s", row->id, view->strict == NULL ? "" : strict ? " " : "~");
    for (int k = 0; k < OBJECTIVES; k++)
        if (view->run.measured[k])
            printf("  %*s", report_column_width(k),
                   quantity_format(objective_table[k].quantity,
                                   row_value(row, (enum objective)k, &view->run.estimate), text,
                                   sizeof text));
    print_error(row->standard_error);
    print_error(row_error(row, OBJECTIVE_ACC_EST, &view->run.estimate));
    const struct heldout_row *heldout = heldout_of(view, row);
    if (heldout != NULL)
        printf("  %8s", quantity_format(QUANTITY_FRACTION, heldout->acc, text, sizeof text));
    else if (view->heldout.count > 0)
        printf("  %8s", "-");
    if (view->heldout.count > 0)
        print_error(heldout != NULL ? heldout->standard_error : NAN);
    fputs("  ", stdout);
}

static void print_text(const struct view *view)
{
    print_heading(view, "id");
    puts("code");
    for (size_t i = 0; i < view->count; i++) {
        print_row(view, row_at(view, i), on_front(view, view->id[i]));
        fputs(row_at(view, i)->code.text, stdout);
        print_equals(view, row_at(view, i));
        putchar('\n');
    }
    if (view->baseline_rows == 0)
        return;
    puts("\nnetworks of pruning methods");
    print_heading(view, "");
    printf("%-20s  code\n", "origin");
    for (size_t i = 0; i < view->baseline_rows; i++) {
        const struct row *row = baseline_at(view, i);
        print_row(view, row, true);
        printf("%-20s  %s\n", row->origin, row->code.text);
    }
}

/* Which pin leaves nothing, alone if one does. */
static void explain_empty(const struct view *view)
{
    const struct pins *pins = &view->run.pins;
    char text[80];
    fputs("paretop: no evaluated network is within the pins", stderr);
    for (size_t i = 0; i < pins->count; i++) {
        size_t within = 0;
        if (!pins->pin[i].enabled)
            continue;
        for (size_t k = 0; k < view->run.rows; k++)
            within += !archive_superseded(view->run.archive, k, view->run.rows) &&
                      row_pin_violation(archive_row(view->run.archive, k), &pins->pin[i],
                                        &view->run.estimate) <= 0;
        fprintf(stderr, "%s %s %zu of %zu", i == 0 ? ":" : ",",
                pin_format(&pins->pin[i], text, sizeof text), within,
                archive_codes(view->run.archive));
    }
    fputs("; the nearest is shown\n", stderr);
}

/* ---- the command ---- */

static enum status choose(const struct options *options, struct view *view, struct error *error)
{
    const char *best = option_text(options, OPTION_BEST, NULL);
    const char *column = option_text(options, OPTION_SORT, NULL);
    struct error why = {0};
    enum status status;
    view->column = -1;
    bool knee = option_given(options, OPTION_KNEE),
         within = option_given(options, OPTION_WITHIN_ERROR);
    if ((best != NULL) + knee + within > 1)
        return error_set(error, STATUS_INVALID,
                         "--best, --knee and --within-error exclude each other");
    if ((status = run_summary_read(options->argument[0], &view->run, error)) != STATUS_OK ||
        (status = add_pins(options, view, error)) != STATUS_OK)
        return status;
    if (heldout_read(options->argument[0], &view->heldout, &why) != STATUS_OK)
        report_note(options, "%s", why.message);
    if (column != NULL && (status = read_column(column, view, error)) != STATUS_OK)
        return status;
    status = best != NULL ? find_best(view, best, error) : find_front(view, error);
    if (status != STATUS_OK || view->count == 0)
        return status;
    if (knee)
        find_knee(options, view);
    else if (within)
        status = widen(view, error);
    else if (best == NULL)
        status = find_baselines(options->argument[0], view, error);
    if (status == STATUS_OK && view->column >= 0)
        sort_rows(view);
    return status;
}

int command_front(const struct options *options)
{
    struct view view = {0};
    struct error error = {0};
    int result = EXIT_DONE;
    enum status status = choose(options, &view, &error);
    if (status == STATUS_OK && option_given(options, OPTION_CSV))
        status = print_csv(&view, &error);
    else if (status == STATUS_OK && option_given(options, OPTION_JSON))
        result = report_json(as_json(&view), false);
    else if (status == STATUS_OK && view.count > 0)
        print_text(&view);
    if (status != STATUS_OK) {
        result = report_failure(status, &error, false);
    } else if (view.count == 0) {
        fprintf(stderr, "paretop: %s has no evaluated network yet\n", options->argument[0]);
        result = EXIT_NO;
    } else if (view.feasible == 0) {
        explain_empty(&view);
        result = EXIT_NO;
    }
    history_reader_free(view.baselines);
    memory_free(view.id);
    memory_free(view.strict);
    heldout_release(&view.heldout);
    run_summary_release(&view.run);
    return result;
}
