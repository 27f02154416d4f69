/* Hand-made snapshots of a search over a 30-layer model, for the screen's tests: deterministic,
 * plausible, no model behind them. */
#ifndef SUPPORT_PICTURES_H
#define SUPPORT_PICTURES_H

#include "engine/snapshot.h"

struct picture {
    struct snapshot snapshot; /* borrow it; fields may be changed by the test */
    struct archive *archive;
    struct arch_shape shape;
    float influence[30];
    struct archive *baselines;
    struct archive *overlay_archive[2];
    struct run_overlay overlay[2];
    uint32_t *overlay_front[2];
    struct run_expected expected[3];
    struct run_round *round;
};

/* `rows` networks, the base first, two objectives (acc_est, bytes), all but the timing measured. */
void picture_init(struct picture *picture, size_t rows);
/* Puts pins in force ("bytes<=90MiB and acc>=0.4"; "" none) and finds the front again. */
void picture_pin(struct picture *picture, const char *pins);
/* The rows again, as of a run with two tasks of 100 questions, whose mean is the accuracy; names
 * the tasks arc_easy and piqa. */
void picture_tasks(struct picture *picture);
/* The same, times measured too: a search for accuracy and latency, pinned to 26 ms. */
void picture_times(struct picture *picture);
/* Adds networks of three pruning methods, each at three sizes and worse than the front. */
void picture_baselines(struct picture *picture);
/* Lays two other fronts over it, "q8_0" and "q4_0": the front's networks larger and better, smaller
 * and worse. */
void picture_overlays(struct picture *picture);
/* Every second network again, scored on all 200 questions and not on 50. */
void picture_stages(struct picture *picture);
/* Three networks that are asked for, with the values foretold of them. */
void picture_expected(struct picture *picture);
/* Gives the run the finished generations and the samples of its rows: a hypervolume that rises, in
 * ever smaller steps, until `idle` generations before the end; a forecast from the second on. */
void picture_rounds(struct picture *picture, size_t idle);
void picture_release(struct picture *picture);

#endif
