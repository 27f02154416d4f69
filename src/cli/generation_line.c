/* What search and watch print of a generation. */
#include "cli/generation_line.h"

#include "cli/report.h"

#include <inttypes.h>
#include <stdio.h>

static void print_text(const struct run_generation *g)
{
    unsigned seconds = (unsigned)g->seconds;
    printf("generation %" PRIu32 "  %zu evaluated  %zu within  %zu on the front  "
           "hypervolume %.6f  %u:%02u:%02u\n",
           g->generation, g->evaluations, g->feasible, g->front, g->hypervolume, seconds / 3600,
           seconds / 60 % 60, seconds % 60);
}

static json_t *generation_json(const struct run_generation *g)
{
    return json_pack("{s:I,s:I,s:I,s:I,s:o,s:o,s:o}", "generation", (json_int_t)g->generation,
                     "evaluations", (json_int_t)g->evaluations, "feasible", (json_int_t)g->feasible,
                     "front", (json_int_t)g->front, "hypervolume", report_number(g->hypervolume),
                     "seconds", report_number(g->seconds), "shared", report_number(g->shared));
}

void print_generation(const struct options *options, const struct run_generation *generation)
{
    if (option_given(options, OPTION_JSON))
        report_json(generation_json(generation), true);
    else
        print_text(generation);
    fflush(stdout); /* a failure stays in the stream and is reported at the end */
}
