/* A run judged on questions held out, and printed: `paretop report`, and the end of a headless
 * search. */
#ifndef CLI_JUDGING_H
#define CLI_JUDGING_H

#include "cli/options.h"
#include "engine/judge.h"

/* Judges DIR as --heldout, --limit (unless `all`), --threads, --memory and --cache say, and prints
 * text, or JSON (on one line) or CSV where asked for. Returns the exit status. */
int judging_report(const struct options *options, const char *directory, bool one_line, bool all);

/* judging_text.c, judging_data.c: on standard output. */
void judging_print_text(const struct judgement *judgement, const char *directory);
enum status judging_print_csv(const struct judgement *judgement, struct error *error);
struct judged_taus { /* with the held-out accuracy, over networks that differ; NaN: undefined */
    size_t networks;
    double acc, acc_est, choice_nll;
};
enum status judging_taus(const struct judgement *judgement, struct judged_taus *taus,
                         struct error *error);

#endif
