/* `paretop front`: the front of a run, read from its directory without the model. */
#include "cli/front.h"
#include "base/memory.h"
#include "cli/commands.h"
#include "cli/report.h"
#include "store/baselines.h"

#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum extra { COLUMN_ID = OBJECTIVES, COLUMN_N, COLUMN_SECONDS, COLUMN_GENERATION };
const char *const front_columns[] = {"id", "n", "seconds", "generation", NULL};

static double value_at(const struct front_view *view, size_t index, enum objective objective)
{
    return row_value(front_view_row(view, index), objective, &view->run.estimate);
}

/* ---- which rows ---- */

static enum status add_pins(const struct options *options, struct front_view *view,
                            struct error *error)
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

/* A front within pins that nobody names here would puzzle. */
static void tell_pins(const struct options *options, const struct pins *pins)
{
    struct buf text;
    char pin[80];
    buf_init(&text);
    for (size_t i = 0; i < pins->count; i++)
        if (pins->pin[i].enabled)
            buf_printf(&text, NULL, "%s%s", text.length > 0 ? ", " : "",
                       pin_format(&pins->pin[i], pin, sizeof pin));
    if (text.length > 0)
        report_note(options, "within the pins, the run's included: %s", text.data);
    buf_release(&text);
}

static enum status find_front(struct front_view *view, struct error *error)
{
    const struct run_summary *run = &view->run;
    memory_free(view->id);
    view->id = NULL;
    return front_of_rows(run->archive, run->rows, &run->estimate, run->objectives, run->m,
                         &run->pins, &view->id, &view->count, &view->feasible, error);
}

/* The best by the first objective among all rows within `text` and the pins; the smallest by the
 * second of equals. */
static enum status find_best(struct front_view *view, const char *text, struct error *error)
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
static enum status widen(struct front_view *view, struct error *error)
{
    const struct run_summary *run = &view->run;
    view->strict = view->id;
    view->stricts = view->count;
    return front_within_error(run->archive, run->rows, &run->estimate, run->objectives, run->m,
                              &run->pins, view->strict, view->stricts, &view->id, &view->count,
                              error);
}

static void find_knee(const struct options *options, struct front_view *view)
{
    bool few;
    const struct run_summary *run = &view->run;
    size_t knee = front_knee(run->archive, &run->estimate, view->id, view->count, run->objectives,
                             run->m, run->chance, &few);
    if (few)
        report_note(
            options, "the front has %zu points, too few%s for a knee: the best by %s", view->count,
            view->count < 3 ? "" : " of them clearly above chance",
            objective_table[front_knee_objective(run->objectives, run->m, run->chance)].name);
    view->id[0] = view->id[knee];
    view->count = 1;
}

static enum status find_baselines(const char *directory, struct front_view *view,
                                  struct error *error)
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

static double sort_key(const struct front_view *view, uint32_t id)
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
static void sort_rows(struct front_view *view)
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

static enum status read_column(const char *name, struct front_view *view, struct error *error)
{
    enum objective objective;
    struct error why = {0};
    for (size_t i = 0; front_columns[i] != NULL; i++)
        if (strcmp(name, front_columns[i]) == 0) {
            view->column = COLUMN_ID + (int)i;
            return STATUS_OK;
        }
    if (objective_by_name(name, &objective, &why) != STATUS_OK)
        return error_set(error, STATUS_INVALID, "--sort: %.300s; also id, n, seconds, generation",
                         why.message);
    view->column = (int)objective;
    if (view->run.measured[objective])
        return STATUS_OK;
    return error_set(error, STATUS_INVALID, "--sort: %s is not measured in this run", name);
}

/* ---- the command ---- */

static enum status choose(const struct options *options, struct front_view *view,
                          struct error *error)
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
    if ((status = report_one_format(options, error)) != STATUS_OK ||
        (status = run_summary_read(options->argument[0], &view->run, error)) != STATUS_OK)
        return status;
    bool pinned = view->run.pins.count > 0;
    if ((status = add_pins(options, view, error)) != STATUS_OK)
        return status;
    if (heldout_read(options->argument[0], &view->heldout, &why) != STATUS_OK)
        report_note(options, "%s", why.message);
    if (column != NULL && (status = read_column(column, view, error)) != STATUS_OK)
        return status;
    status = best != NULL ? find_best(view, best, error) : find_front(view, error);
    if (status != STATUS_OK || view->count == 0)
        return status;
    if (pinned && view->feasible > 0)
        tell_pins(options, &view->run.pins);
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

static int terminal_width(void) /* 0: standard output is none */
{
    struct winsize size;
    return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

int command_front(const struct options *options)
{
    struct front_view view = {0};
    struct error error = {0};
    int result = EXIT_DONE;
    enum status status = choose(options, &view, &error);
    if (status == STATUS_OK && option_given(options, OPTION_CSV))
        status = front_print_csv(&view, &error);
    else if (status == STATUS_OK && option_given(options, OPTION_JSON))
        result = report_json(front_json(&view), false);
    else if (status == STATUS_OK && view.count > 0)
        front_print_text(options, &view, terminal_width());
    if (status != STATUS_OK) {
        result = report_failure(status, &error, false);
    } else if (view.count == 0) {
        fprintf(stderr, "paretop: %s has no evaluated network yet\n", options->argument[0]);
        result = EXIT_NO;
    } else if (view.feasible == 0) {
        front_explain_empty(&view);
        result = EXIT_NO;
    }
    history_reader_free(view.baselines);
    memory_free(view.id);
    memory_free(view.strict);
    heldout_release(&view.heldout);
    run_summary_release(&view.run);
    return result;
}
