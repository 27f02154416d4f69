/* Measuring and printing a table of costs. */
#include "cli/space_cost.h"

#include "cli/report.h"

#include <inttypes.h>
#include <stdio.h>

enum status space_cost_measure(const struct options *options, const struct loaded *loaded,
                               const struct space *space, struct space_cost *cost,
                               struct error *error)
{
    struct progress progress;
    const struct timing_options timing = {.weights = loaded->weights,
                                          .precision = loaded->precision,
                                          .progress = progress_show,
                                          .context = &progress};
    progress_start(&progress, options, "measuring what layers cost in time");
    enum status status = timing_measure(loaded->supernet, &timing, &cost->table, error);
    progress_clear(&progress);
    if (status != STATUS_OK)
        return status;
    progress_start(&progress, options, "running random networks");
    status = cost_check(loaded->supernet, space, (uint64_t)option_integer(options, OPTION_SEED, 0),
                        &timing, &cost->table, &cost->check, error);
    progress_clear(&progress);
    return status;
}

static void print_part(const char *name, const double seconds[COST_WORKLOADS])
{
    printf("  %-20s %9.3f ms  %9.3f ms\n", name, 1000 * seconds[COST_DECODE],
           1000 * seconds[COST_PROMPT]);
}

void space_cost_print(const struct space_cost *cost, const struct arch_shape *shape)
{
    char name[48], text[256];
    const struct cost_table *table = &cost->table;
    struct arch_code full;
    double seconds[COST_WORKLOADS];
    printf("%-18s one thread, %s: a token behind %" PRIu32 " others, a prompt of %" PRIu32 "\n",
           "times", table->precision, table->context, table->prompt);
    for (uint32_t i = 0; i < table->attentions; i++) {
        const struct cost_attention *part = &table->attention[i];
        snprintf(name, sizeof name, "attention %" PRIu32 ":%" PRIu32, part->heads, part->kv_heads);
        print_part(name, part->seconds);
    }
    for (uint32_t i = 0; i < table->mlps; i++) {
        snprintf(name, sizeof name, "MLP %" PRIu32, table->mlp[i].width);
        print_part(name, table->mlp[i].seconds);
    }
    print_part("embedding and head", table->ends);
    arch_code_full(shape, &full);
    for (int w = 0; w < COST_WORKLOADS; w++)
        seconds[w] = cost_seconds(table, shape, &full, (enum cost_workload)w);
    print_part("full model", seconds);
    printf("  %-20s %9.1f /s  %9.1f /s\n", "",
           cost_tokens_per_second(table, COST_DECODE, seconds[COST_DECODE]),
           cost_tokens_per_second(table, COST_PROMPT, seconds[COST_PROMPT]));
    printf("%-18s %s\n", "check", cost_check_text(&cost->check, text, sizeof text));
}
