/* The front of a run as a table, CSV and JSON. */
#include "cli/front.h"
#include "cli/report.h"
#include "engine/orders.h"
#include "store/baselines.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

const struct row *front_view_row(const struct front_view *view, size_t index)
{
    return archive_row(view->run.archive, view->id[index]);
}

static const struct row *baseline_at(const struct front_view *view, size_t index)
{
    return archive_row(history_reader_archive(view->baselines), index);
}

static bool on_front(const struct front_view *view, uint32_t id)
{
    bool found = view->strict == NULL;
    for (size_t i = 0; !found && i < view->stricts; i++)
        found = view->strict[i] == id;
    return found;
}

enum status front_print_csv(const struct front_view *view, struct error *error)
{
    struct buf text;
    buf_init(&text);
    enum status status = history_format_header(&text, error);
    for (size_t i = 0; status == STATUS_OK && i < view->count; i++)
        status = history_format_row(front_view_row(view, i), &text, error);
    for (size_t i = 0; status == STATUS_OK && i < view->baseline_rows; i++)
        status = history_format_row(baseline_at(view, i), &text, error);
    if (status == STATUS_OK)
        fwrite(text.data, 1, text.length, stdout);
    buf_release(&text);
    return status;
}

static const struct heldout_row *heldout_of(const struct front_view *view, const struct row *row)
{
    return heldout_last(&view->heldout, &row->code,
                        baselines_by_magnitude(row) && code_needs_order(&row->code));
}

static json_t *row_json(const struct front_view *view, const struct row *row)
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

json_t *front_json(const struct front_view *view)
{
    json_t *list = json_array();
    for (size_t i = 0; i < view->count; i++) {
        json_t *object = row_json(view, front_view_row(view, i));
        if (view->strict != NULL)
            json_object_set_new(object, "front", json_boolean(on_front(view, view->id[i])));
        json_array_append_new(list, object);
    }
    for (size_t i = 0; i < view->baseline_rows; i++)
        json_array_append_new(list, row_json(view, baseline_at(view, i)));
    return list;
}

/* Rows with the same objectives, of which the front shows the first. */
static void print_equals(const struct front_view *view, const struct row *shown)
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

/* ---- the table ---- */

struct table {
    const struct front_view *view;
    bool shown[OBJECTIVES];
    int width; /* cells of a line */
    bool narrow;
};

static bool has_errors(enum objective objective)
{
    return objective == OBJECTIVE_ACC || objective == OBJECTIVE_ACC_EST;
}

static void show_column(struct table *table, enum objective objective, int most)
{
    int cells = 2 + report_column_width((int)objective) + (has_errors(objective) ? 8 : 0);
    if (table->shown[objective] || !table->view->run.measured[objective])
        return;
    if (most > 0 && table->width + cells > most) {
        table->narrow = true;
        return;
    }
    table->shown[objective] = true;
    table->width += cells;
}

/* The search's objectives in any case. */
static void choose_columns(struct table *table, int most)
{
    const struct front_view *view = table->view;
    const struct run_summary *run = &view->run;
    size_t code = 0; /* one with weight types is longer */
    for (size_t i = 0; i < view->count; i++) {
        size_t length = strlen(front_view_row(view, i)->code.text);
        code = length > code ? length : code;
    }
    table->width = 6 + (view->strict != NULL) + (view->heldout.count > 0 ? 18 : 0) + 2 + (int)code;
    for (size_t i = 0; i < run->m; i++)
        show_column(table, run->objectives[i], 0);
    if (view->column >= 0 && view->column < OBJECTIVES)
        show_column(table, (enum objective)view->column, most);
    for (size_t i = 0; i < run->pins.count; i++)
        if (run->pins.pin[i].enabled)
            show_column(table, run->pins.pin[i].objective, most);
    for (int k = 0; k < OBJECTIVES; k++)
        show_column(table, (enum objective)k, most);
}

static void print_error(double error)
{
    char text[32];
    snprintf(text, sizeof text, "%.2f", 100 * error);
    printf("  %6s", isfinite(error) ? text : "-");
}

/* The standard error of an accuracy stands behind it. */
static void print_heading(const struct table *table, const char *first)
{
    printf("%6s%s", first, table->view->strict != NULL ? " " : "");
    for (int k = 0; k < OBJECTIVES; k++) {
        if (table->shown[k])
            printf("  %*s", report_column_width(k), objective_table[k].name);
        if (table->shown[k] && has_errors((enum objective)k))
            printf("  %6s", "stderr");
    }
    fputs("  ", stdout);
    if (table->view->heldout.count > 0)
        printf("%8s  %6s  ", "held out", "stderr");
}

/* Behind the id, with --within-error, ~: not on the strict front. */
static void print_row(const struct table *table, const struct row *row, bool strict)
{
    char text[32];
    const struct front_view *view = table->view;
    printf("%6" PRIu32 "%s", row->id, view->strict == NULL ? "" : strict ? " " : "~");
    for (int k = 0; k < OBJECTIVES; k++) {
        enum objective objective = (enum objective)k;
        if (table->shown[k])
            printf("  %*s", report_column_width(k),
                   quantity_format(objective_table[k].quantity,
                                   row_value(row, objective, &view->run.estimate), text,
                                   sizeof text));
        if (table->shown[k] && has_errors(objective))
            print_error(row_error(row, objective, &view->run.estimate));
    }
    const struct heldout_row *heldout = heldout_of(view, row);
    if (heldout != NULL)
        printf("  %8s", quantity_format(QUANTITY_FRACTION, heldout->acc, text, sizeof text));
    else if (view->heldout.count > 0)
        printf("  %8s", "-");
    if (view->heldout.count > 0)
        print_error(heldout != NULL ? heldout->standard_error : NAN);
    fputs("  ", stdout);
}

static void print_baselines(const struct table *table)
{
    puts("\nnetworks of pruning methods");
    print_heading(table, "");
    printf("%-20s  code\n", "origin");
    for (size_t i = 0; i < table->view->baseline_rows; i++) {
        const struct row *row = baseline_at(table->view, i);
        print_row(table, row, true);
        printf("%-20s  %s\n", row->origin, row->code.text);
    }
}

void front_print_text(const struct options *options, const struct front_view *view, int width)
{
    struct table table = {.view = view};
    choose_columns(&table, width);
    if (table.narrow)
        report_note(options, "this terminal is too narrow for all columns; --csv and --json have "
                             "them");
    print_heading(&table, "id");
    puts("code");
    for (size_t i = 0; i < view->count; i++) {
        const struct row *row = front_view_row(view, i);
        print_row(&table, row, on_front(view, row->id));
        fputs(row->code.text, stdout);
        print_equals(view, row);
        putchar('\n');
    }
    if (view->baseline_rows > 0)
        print_baselines(&table);
}

void front_explain_empty(const struct front_view *view)
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
