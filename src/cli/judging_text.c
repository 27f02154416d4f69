/* A judgement as a table, sentences and a side by side; and as CSV. */
#include "base/quantity.h"
#include "cli/judging.h"
#include "io/csv.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* "58.5 +- 3.5", in points. */
static const char *with_error(double value, double error, char *out, size_t size)
{
    if (!isfinite(value))
        snprintf(out, size, "-");
    else if (!isfinite(error))
        snprintf(out, size, "%.1f", 100 * value);
    else
        snprintf(out, size, "%.1f +- %.1f", 100 * value, 100 * error);
    return out;
}

static const char *short_origin(const struct judged *judged)
{
    const char *colon = strchr(judged->origin, ':');
    return colon != NULL ? colon + 1 : judged->origin;
}

static const char *what_it_is(const struct judged *judged)
{
    if (judged->base)
        return "base";
    return judged->front ? "front" : short_origin(judged);
}

/* ---- the networks ---- */

static void print_network(const struct judgement *j, size_t index)
{
    const struct judged_network *network = &j->network[index];
    const struct judged *judged = &j->judged[index];
    char size[32], params[32], seen[32], est[32], heldout[32], gap[32] = "-";
    if (isfinite(judged->seen) && isfinite(judged->heldout))
        snprintf(gap, sizeof gap, "%+.1f", 100 * (judged->seen - judged->heldout));
    printf("%6" PRIu32 "  %-12s %10s  %8s  %11s", network->row.id, what_it_is(judged),
           quantity_format(QUANTITY_BYTES, judged->bytes, size, sizeof size),
           quantity_format(QUANTITY_COUNT, judged->params, params, sizeof params),
           with_error(judged->seen, judged->seen_error, seen, sizeof seen));
    if (j->estimated)
        printf("  %11s", with_error(network->estimate, network->estimate_error, est, sizeof est));
    printf("  %11s  %6s %c%c  %s\n",
           with_error(judged->heldout, judged->heldout_error, heldout, sizeof heldout), gap,
           judged_stands(j->judged, j->count, index) ? '*' : ' ',
           judged_near_base(j->judged, j->count, index) ? '=' : ' ', network->row.code.text);
}

static void print_networks(const struct judgement *j)
{
    printf("%6s  %-12s %10s  %8s  %11s", "id", "", "size", "params", "seen %");
    if (j->estimated)
        printf("  %11s", "acc_est %");
    printf("  %11s  %6s     code\n", "held out %", "lost");
    for (size_t i = 0; i < j->count; i++)
        print_network(j, i);
}

/* ---- what they tell ---- */

static void print_taus(const struct judgement *j)
{
    struct judged_taus taus;
    if (judging_taus(j, &taus, NULL) != STATUS_OK || isnan(taus.acc))
        return;
    printf("Same order as on the held-out questions (Kendall's tau, 1 the same, 0 none; %zu "
           "networks):\n    acc %.2f",
           taus.networks, taus.acc);
    if (j->estimated)
        printf(", acc_est %.2f", taus.acc_est);
    if (isfinite(taus.choice_nll))
        printf(", choice_nll %.2f", taus.choice_nll);
    putchar('\n');
}

/* "10.2 points, the base 8.5: 1.7" */
static void print_loss(const char *name, const struct luck *luck)
{
    printf("    by %s %.1f points; the base, which nobody chose, %.1f: ", name, 100 * luck->front,
           100 * luck->base);
    if (luck->luck > 0.0005)
        printf("%.1f points were luck in the selection\n", 100 * luck->luck);
    else
        puts("no luck in the selection is to be seen");
}

static void print_luck(const struct judgement *j)
{
    struct luck seen = judged_luck(j->judged, j->count, false);
    struct luck known = judged_luck(j->judged, j->count, true);
    if (isnan(seen.luck))
        return;
    printf("Lost from seen to held-out questions, mean of the front's %zu without the base:\n",
           seen.networks);
    print_loss("acc", &seen);
    if (j->estimated)
        print_loss("acc_est", &known);
}

static void print_near(const struct judgement *j)
{
    size_t base = judged_base(j->judged, j->count), smallest = SIZE_MAX;
    char text[32];
    if (base == SIZE_MAX || isnan(j->judged[base].heldout))
        return;
    fputs("Within one standard error of the base on held-out questions, or better (=):\n   ",
          stdout);
    for (size_t i = 0; i < j->count; i++) {
        const struct judged *judged = &j->judged[i];
        if (!judged->front || judged->base || !judged_near_base(j->judged, j->count, i))
            continue;
        printf(" %" PRIu32, j->network[i].row.id);
        if (smallest == SIZE_MAX || judged->bytes < j->judged[smallest].bytes)
            smallest = i;
    }
    if (smallest == SIZE_MAX)
        puts(" none of the front");
    else
        printf("; the smallest, %" PRIu32 ", has %s, %.0f %% of the base's bytes\n",
               j->network[smallest].row.id,
               quantity_format(QUANTITY_BYTES, j->judged[smallest].bytes, text, sizeof text),
               100 * j->judged[smallest].bytes / j->judged[base].bytes);
}

static void print_standing(const struct judgement *j)
{
    fputs("Best of their size on held-out questions, of the search's (*):\n   ", stdout);
    for (size_t i = 0; i < j->count; i++)
        if (strcmp(j->judged[i].origin, "search") == 0 && judged_stands(j->judged, j->count, i))
            printf(" %" PRIu32, j->network[i].row.id);
    putchar('\n');
}

/* ---- side by side ---- */

static void print_sizes(const struct judgement *j)
{
    size_t base = judged_base(j->judged, j->count);
    char text[32];
    if (base == SIZE_MAX)
        return;
    puts("\nHeld-out accuracy of what each would choose at a size, by what it knew:");
    printf("%-21s", "at most");
    for (size_t i = 0; i < j->count; i++)
        if (judged_first_of(j->judged, i))
            printf("  %12s", short_origin(&j->judged[i]));
    putchar('\n');
    for (size_t s = 0; s < judged_sizes_count; s++) {
        const struct judged_size *size = &judged_sizes[s];
        double most = size->part * (size->bytes ? j->judged[base].bytes : j->judged[base].params);
        quantity_format(size->bytes ? QUANTITY_BYTES : QUANTITY_COUNT, most, text, sizeof text);
        printf("%.1fx %-6s %10s", size->part, size->what, text);
        for (size_t i = 0; i < j->count; i++) {
            if (!judged_first_of(j->judged, i))
                continue;
            size_t pick = judged_pick(j->judged, j->count, j->judged[i].origin, size, most);
            printf("  %12s", pick == SIZE_MAX
                                 ? "-"
                                 : with_error(j->judged[pick].heldout,
                                              j->judged[pick].heldout_error, text, sizeof text));
        }
        putchar('\n');
    }
}

void judging_print_text(const struct judgement *j, const char *directory)
{
    printf("%s, %s: judged on %s, %zu questions that the search has not seen\n\n", j->model_name,
           directory, j->task, j->items);
    print_networks(j);
    putchar('\n');
    print_taus(j);
    print_luck(j);
    print_near(j);
    print_standing(j);
    print_sizes(j);
}

/* ---- CSV ---- */

static enum status csv_number(struct buf *out, double value, struct error *error)
{
    return isfinite(value) ? buf_printf(out, error, ",%.10g", value)
                           : buf_append(out, ",", 1, error);
}

static enum status csv_network(const struct judgement *j, size_t index, struct buf *out,
                               struct error *error)
{
    const struct judged_network *network = &j->network[index];
    const struct judged *judged = &j->judged[index];
    const double number[] = {
        judged->bytes,      judged->params,        judged->seen,
        judged->seen_error, network->estimate,     network->estimate_error,
        judged->heldout,    judged->heldout_error, network->heldout.choice_nll};
    enum status status =
        buf_printf(out, error, "%" PRIu32 ",%s", network->row.id, network->row.code.text);
    if (status == STATUS_OK)
        status = csv_append_field(out, 0, judged->origin, error);
    if (status == STATUS_OK)
        status = buf_printf(out, error, ",%s,%d,%d,%" PRIu32 ",%" PRIu32,
                            network->magnitude ? "magnitude" : "importance", judged->base,
                            judged->front, network->row.n, network->heldout.n);
    for (size_t i = 0; status == STATUS_OK && i < sizeof number / sizeof *number; i++)
        status = csv_number(out, number[i], error);
    return status == STATUS_OK ? buf_append(out, "\n", 1, error) : status;
}

enum status judging_print_csv(const struct judgement *j, struct error *error)
{
    struct buf text;
    buf_init(&text);
    enum status status = buf_printf(&text, error,
                                    "id,code,class,order,base,front,n,heldout_n,bytes,params,acc,"
                                    "stderr,acc_est,acc_est_stderr,heldout,heldout_stderr,"
                                    "heldout_choice_nll\n");
    for (size_t i = 0; status == STATUS_OK && i < j->count; i++)
        status = csv_network(j, i, &text, error);
    if (status == STATUS_OK)
        fwrite(text.data, 1, text.length, stdout);
    buf_release(&text);
    return status;
}
