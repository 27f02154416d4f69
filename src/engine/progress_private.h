/* Hypervolume of everything evaluated, row by row (RULES.md, Front): the whole archive, pins off,
 * normalised by a reference that is fixed with the first row and kept in run.json. acc stands for
 * acc_est, which is known of all rows together only. */
#ifndef ENGINE_PROGRESS_PRIVATE_H
#define ENGINE_PROGRESS_PRIVATE_H

#include "engine/snapshot.h"
#include "io/json.h"
#include "search/hypervolume.h"
#include "search/space.h"

struct progress {
    enum objective objectives[3];
    size_t m;
    bool known;                    /* reference and ideal */
    double reference[3], ideal[3]; /* costs (minimised): volume 0 and 1 per objective */
    struct growing_volume volume;  /* of normalised costs */
    struct run_sample *sample;     /* [samples], a row each; owned */
    size_t samples, sample_capacity;
    double generation_start; /* hypervolume when the last generation ended */
    size_t stalled;          /* generations up to then that brought no gain */
};

void progress_init(struct progress *progress, const enum objective *objectives, size_t m);
void progress_release(struct progress *progress);
/* The reference of a run whose first row is `row`: the worst that counts is the full model's size
 * (computed objectives), guessing (accuracies: `chance`), or ten times the first row's value
 * (perplexity, choice_nll); 1 is the lightest network of the space, or as good as the first row.
 * Times that a command measured: the first row's, and the table says how much better the lightest
 * network is. */
void progress_set_reference(struct progress *progress, const struct space *space,
                            const struct weight_options *weights, const struct cost_table *cost,
                            bool times_measured, const double chance[OBJECTIVES],
                            const struct row *row);
json_t *progress_json(const struct progress *progress);             /* NULL: out of memory */
bool progress_read(struct progress *progress, const json_t *value); /* false: not there */
/* Takes one more row at this run time. Only those with all items add to the volume: a few items'
 * luck would, and would leave it again. */
enum status progress_add(struct progress *progress, const struct row *row, bool whole,
                         double seconds, struct error *error);
/* A generation has ended. */
void progress_end_generation(struct progress *progress);
/* The generations before `generation` have ended: as their rows, all of which were added, say.
 * Those before `stall_from` do not count as without a gain. */
void progress_replay_generations(struct progress *progress, const struct archive *archive,
                                 uint32_t generation, uint32_t stall_from);
double progress_hypervolume(const struct progress *progress);

#endif
