/* What search and watch print of a generation. */
#include "cli/generation_line.h"

#include "cli/report.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

/* By a predictor that had not seen it; a watcher does not know. */
static bool was_foretold(const struct run_generation *g, size_t objective)
{
    return g->report != NULL && g->report->model[objective] != NULL;
}

static void print_text(const struct run_generation *g)
{
    unsigned seconds = (unsigned)g->seconds;
    printf("generation %" PRIu32 "  %zu evaluated  %zu within  %zu on the front  "
           "hypervolume %.6f  %u:%02u:%02u",
           g->generation, g->evaluations, g->feasible, g->front, g->hypervolume, seconds / 3600,
           seconds / 60 % 60, seconds % 60);
    for (size_t k = 0; k < g->m; k++) {
        if (!was_foretold(g, k))
            continue;
        printf("  %s foretold: ", objective_table[g->objectives[k]].name);
        if (isfinite(g->report->correlation[k])) /* else there are too few to be put in order */
            printf("rank correlation %.2f, ", g->report->correlation[k]);
        printf("off by %.4g", g->report->error[k]);
    }
    putchar('\n');
}

static json_t *forecast_json(const struct run_generation *g)
{
    json_t *forecast = json_object();
    for (size_t k = 0; k < g->m; k++)
        if (was_foretold(g, k))
            json_object_set_new(forecast, objective_table[g->objectives[k]].name,
                                json_pack("{s:s,s:I,s:o,s:o}", "predictor", g->report->model[k],
                                          "networks", (json_int_t)g->report->networks,
                                          "rank_correlation",
                                          report_number(g->report->correlation[k]), "error",
                                          report_number(g->report->error[k])));
    return forecast;
}

static json_t *generation_json(const struct run_generation *g)
{
    return json_pack("{s:I,s:I,s:I,s:I,s:o,s:o,s:o,s:o}", "generation", (json_int_t)g->generation,
                     "evaluations", (json_int_t)g->evaluations, "feasible", (json_int_t)g->feasible,
                     "front", (json_int_t)g->front, "hypervolume", report_number(g->hypervolume),
                     "seconds", report_number(g->seconds), "shared", report_number(g->shared),
                     "forecast", forecast_json(g));
}

void print_generation(const struct options *options, const struct run_generation *generation)
{
    if (option_given(options, OPTION_JSON))
        report_json(generation_json(generation), true);
    else
        print_text(generation);
    fflush(stdout); /* a failure stays in the stream and is reported at the end */
}
