/* Hand-made snapshots. Accuracy falls with the summed influence of what a network lacks, plus
 * noise of about one standard error of 200 items. */
#include "pictures.h"

#include "base/memory.h"
#include "base/rng.h"
#include "shapes.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static void make_code(struct rng *rng, char text[31], size_t row)
{
    static const char choices[] = "7664h4..";
    memset(text, '8', 30);
    text[30] = '\0';
    size_t changes = row == 0 ? 0 : 1 + rng_below(rng, 14);
    for (size_t i = 0; i < changes; i++)
        text[1 + rng_below(rng, 29)] = choices[rng_below(rng, 8)];
}

static void measure(const struct picture *picture, struct rng *rng, struct row *row)
{
    double lack = 0;
    for (uint32_t i = 0; i < 30; i++) {
        char c = row->code.text[i];
        double whole = picture->influence[i];
        lack += whole * (c == '.' ? 1.4 : 0.5 * (8 - arch_mlp_eighths(c)) / 8.0) +
                (arch_keeps_attention(c) ? 0 : 0.4 * whole);
    }
    struct weight_options weights = {WEIGHT_SOURCE, WEIGHT_SOURCE, false};
    double truth = 0.25 + 0.33 * exp(-lack * 1.2);
    double acc = truth + 0.012 * rng_normal(rng);
    if (row->id == 0) { /* dominated by smaller ones */
        acc = 0.575;
        truth = 0.555;
    }
    acc = round(acc * 200) / 200;
    row->value[OBJECTIVE_ACC] = acc;
    row->value[OBJECTIVE_ACC_EST] = NAN;
    row->value[OBJECTIVE_ACC_NORM] = acc - 0.05;
    row->value[OBJECTIVE_CHOICE_NLL] = 1.9 - 1.5 * truth;
    row->value[OBJECTIVE_PERPLEXITY] = NAN;
    row->value[OBJECTIVE_PARAMS] = (double)arch_params(&picture->shape, &row->code);
    row->value[OBJECTIVE_BYTES] = (double)arch_bytes(&picture->shape, &row->code, &weights);
    row->value[OBJECTIVE_MACS] = (double)arch_macs(&picture->shape, &row->code);
    for (int o = OBJECTIVE_TASK_FIRST; o < OBJECTIVES; o++)
        row->value[o] = NAN;
    double cost = row->value[OBJECTIVE_MACS] / 4.6e6;
    row->value[OBJECTIVE_DECODE_MS] = cost;
    row->value[OBJECTIVE_DECODE_TPS] = 1000 / cost;
    row->value[OBJECTIVE_PROMPT_MS] = 34 * cost;
    row->value[OBJECTIVE_PROMPT_TPS] = 512000 / (34 * cost);
    row->standard_error = sqrt(acc * (1 - acc) / 200);
    row->n = 200;
}

static void describe(struct snapshot *s)
{
    snprintf(s->model_name, sizeof s->model_name, "SmolLM2-135M-Instruct.Q4_1");
    snprintf(s->task_name, sizeof s->task_name, "science");
    snprintf(s->space_name, sizeof s->space_name, "layers");
    snprintf(s->method_name, sizeof s->method_name, "nsga2");
    snprintf(s->type_name, sizeof s->type_name, "source");
    snprintf(s->run_path, sizeof s->run_path, "./SmolLM2-135M-Instruct.Q4_1.run");
    s->task_items = 200;
    s->objectives[0] = OBJECTIVE_ACC_EST;
    s->objectives[1] = OBJECTIVE_BYTES;
    s->m = 2;
    for (int o = 0; o < OBJECTIVES; o++)
        s->measured[o] = o != OBJECTIVE_PERPLEXITY && !objective_is_time((enum objective)o) &&
                         !objective_is_task((enum objective)o);
    s->chance[OBJECTIVE_ACC] = s->chance[OBJECTIVE_ACC_EST] = s->chance[OBJECTIVE_ACC_NORM] = 0.25;
    s->phase = RUN_EVALUATING;
    s->evaluations_wanted = 400;
    s->population = 20;
    s->run_seconds = 2470;
    s->seconds_left = 3480;
    s->evaluations_per_minute = 3.2;
    s->hypervolume = 0.8712;
    s->hypervolume_gain = 0.0031;
    s->current_progress = 0.45;
    s->base = UINT32_MAX;
    s->weights = (struct weight_options){WEIGHT_SOURCE, WEIGHT_SOURCE, false};
}

void picture_init(struct picture *picture, size_t rows)
{
    struct rng rng;
    *picture = (struct picture){.snapshot = {.references = 1}};
    shape_build(&picture->shape, &shape_smollm);
    rng_init(&rng, 7, "pictures", 0);
    for (uint32_t i = 0; i < 30; i++)
        picture->influence[i] =
            (float)(0.03 + 0.5 * exp(-(double)i) + 0.25 * exp(((double)i - 29) * 0.9) +
                    0.03 * rng_uniform(&rng));
    archive_new(&picture->archive, NULL);
    for (size_t i = 0; i < rows; i++) {
        char text[31];
        struct row row = {.id = (uint32_t)i, .generation = (uint32_t)(i / 20)};
        make_code(&rng, text, i);
        arch_code_parse(&picture->shape, text, &row.code, NULL);
        snprintf(row.origin, sizeof row.origin, "%s", !i ? "base" : i < 20 ? "seed" : "nsga2");
        measure(picture, &rng, &row);
        archive_append(picture->archive, &row, NULL);
    }
    struct snapshot *s = &picture->snapshot;
    describe(s);
    s->shape = &picture->shape;
    s->influence = picture->influence;
    s->archive = picture->archive;
    s->rows = s->evaluations = rows;
    s->estimate = estimate_of_rows(s->archive, rows);
    s->generation = (uint32_t)(rows / 20);
    if (rows) {
        s->base = 0;
        s->current = archive_row(picture->archive, rows - 1)->code;
    }
    picture_pin(picture, "");
}

void picture_pin(struct picture *picture, const char *pins)
{
    struct snapshot *s = &picture->snapshot;
    bool few;
    s->pins.count = 0;
    if (*pins)
        pins_parse(pins, s->measured, &s->pins, NULL);
    memory_free(s->front);
    s->front = NULL;
    s->fronts = s->feasible = s->knee = 0;
    s->settled++;
    if (!s->rows)
        return;
    front_of_rows(s->archive, s->rows, &s->estimate, s->objectives, s->m, &s->pins, &s->front,
                  &s->fronts, &s->feasible, NULL);
    s->knee = front_knee(s->archive, &s->estimate, s->front, s->fronts, s->objectives, s->m,
                         s->chance, &few);
}

void picture_tasks(struct picture *picture)
{
    static const char *const names[] = {"arc_easy", "piqa"};
    struct snapshot *s = &picture->snapshot;
    struct archive *archive = NULL;
    archive_new(&archive, NULL);
    for (size_t i = 0; i < s->rows; i++) {
        struct row row = *archive_row(picture->archive, i);
        double acc = row.value[OBJECTIVE_ACC], apart = 0.01 * (double)(i % 7);
        row.value[OBJECTIVE_TASK_FIRST] = acc - apart;
        row.value[OBJECTIVE_TASK_FIRST + 1] = acc + apart;
        archive_append(archive, &row, NULL);
    }
    archive_free(picture->archive);
    s->archive = picture->archive = archive;
    objective_name_tasks(names, 2);
    for (int o = OBJECTIVE_TASK_FIRST; o < OBJECTIVE_TASK_FIRST + 2; o++) {
        s->measured[o] = true;
        s->questions[o] = 100;
        s->chance[o] = 0.25;
    }
}

void picture_times(struct picture *picture)
{
    struct snapshot *s = &picture->snapshot;
    for (int o = 0; o < OBJECTIVES; o++)
        s->measured[o] |= objective_is_time((enum objective)o);
    s->objectives[1] = OBJECTIVE_DECODE_MS;
    picture_pin(picture, "latency<=26ms");
}

void picture_baselines(struct picture *picture)
{
    static const char *const name[] = {"uniform-eh2", "sleb", "multipruner"};
    archive_new(&picture->baselines, NULL);
    for (uint32_t i = 0; i < 9; i++) {
        struct row row = *archive_row(picture->archive, 0);
        row.id = i;
        snprintf(row.origin, sizeof row.origin, "baseline:%s", name[i / 3]);
        for (uint32_t k = 0; k < 3 * (i % 3 + 1); k++)
            row.code.text[12 + k] = '.';
        row.value[OBJECTIVE_BYTES] *= 1 - .09 * (i % 3 + 1);
        row.value[OBJECTIVE_ACC] -= (.02 + .04 * (i / 3)) * (i % 3 + 1);
        archive_append(picture->baselines, &row, NULL);
    }
    picture->snapshot.baselines = picture->baselines;
    picture->snapshot.baseline_rows = 9;
    picture->snapshot.settled++;
}

void picture_overlays(struct picture *picture)
{
    static const char *const name[] = {"q8_0", "q4_0"};
    struct snapshot *s = &picture->snapshot;
    for (size_t k = 0; k < 2; k++) {
        archive_new(&picture->overlay_archive[k], NULL);
        picture->overlay_front[k] = memory_new(s->fronts, sizeof(uint32_t), NULL);
        for (uint32_t i = 0; i < s->fronts; i++) {
            struct row row = *archive_row(s->archive, s->front[i]);
            row.id = i;
            row.value[OBJECTIVE_BYTES] *= k == 0 ? 1.06 : 0.95;
            row.value[OBJECTIVE_ACC] += k == 0 ? 0.01 : -0.02;
            row.value[OBJECTIVE_CHOICE_NLL] += k == 0 ? -0.02 : 0.04;
            archive_append(picture->overlay_archive[k], &row, NULL);
            picture->overlay_front[k][i] = i;
        }
        struct run_overlay *overlay = &picture->overlay[k];
        snprintf(overlay->name, sizeof overlay->name, "%s", name[k]);
        overlay->archive = picture->overlay_archive[k];
        overlay->front = picture->overlay_front[k];
        overlay->rows = overlay->fronts = s->fronts;
    }
    s->overlay = picture->overlay;
    s->overlays = 2;
}

void picture_stages(struct picture *picture)
{
    struct snapshot *s = &picture->snapshot;
    struct archive *archive = NULL;
    archive_new(&archive, NULL);
    for (size_t i = 0; i < s->rows + s->rows / 2; i++) {
        bool again = i >= s->rows;
        struct row row = *archive_row(picture->archive, again ? 2 * (i - s->rows) : i);
        row.id = (uint32_t)i;
        row.n = again ? 200 : 50;
        archive_append(archive, &row, NULL);
    }
    archive_free(picture->archive);
    s->archive = picture->archive = archive;
    s->rows += s->rows / 2;
    picture_pin(picture, "");
}

void picture_expected(struct picture *picture)
{
    struct snapshot *s = &picture->snapshot;
    for (size_t i = 0; i < 3; i++) {
        const struct row *row = archive_row(s->archive, s->front[s->fronts / 2 + i]);
        picture->expected[i].code = row->code;
        for (int o = 0; o < OBJECTIVES; o++)
            picture->expected[i].value[o] = row->value[o];
        picture->expected[i].value[OBJECTIVE_ACC_EST] = row->value[OBJECTIVE_ACC] + 0.05;
    }
    s->expected = picture->expected;
    s->expecteds = 3;
}

/* Of the first `rows` rows: steps of twelve rows, each smaller than the one before. */
static double volume_after(size_t rows, size_t last)
{
    size_t steps = (rows < last ? rows : last) / 12;
    return rows ? 0.9 * (1 - 0.7 * exp(-(double)steps / 4)) : 0;
}

void picture_rounds(struct picture *picture, size_t idle)
{
    struct snapshot *s = &picture->snapshot;
    size_t rounds = s->rows / 20, last = rounds > idle ? (rounds - idle) * 20 : 0;
    double each = s->rows ? s->run_seconds / (double)s->rows : 0;
    memory_free(s->sample);
    memory_free(picture->round);
    s->sample = memory_new(s->rows, sizeof *s->sample, NULL);
    picture->round = memory_new(rounds, sizeof *picture->round, NULL);
    s->samples = s->rows;
    for (size_t i = 0; i < s->samples; i++)
        s->sample[i] = (struct run_sample){i + 1, each * (double)(i + 1),
                                           volume_after(i + 1, idle ? last : s->rows)};
    for (size_t i = 0; i < rounds; i++) {
        size_t rows = 20 * (i + 1);
        double seen = i ? 0.4 + 0.45 * (1 - exp(-(double)i / 3)) : NAN;
        picture->round[i] = (struct run_round){.generation = (uint32_t)i,
                                               .evaluations = rows,
                                               .feasible = rows * (10 + i) / 20,
                                               .front = 5 + i,
                                               .hypervolume = s->sample[rows - 1].hypervolume,
                                               .seconds = each * (double)rows,
                                               .correlation = {seen, NAN, NAN},
                                               .error = {0.05 * (1.2 - seen), NAN, NAN}};
    }
    s->round = picture->round;
    s->rounds = rounds;
    s->shared = 0.31;
    s->seed = 7;
    snprintf(s->precision_name, sizeof s->precision_name, "f32");
    if (s->rows)
        s->hypervolume = s->sample[s->rows - 1].hypervolume;
}

void picture_release(struct picture *picture)
{
    memory_free(picture->snapshot.sample);
    memory_free(picture->round);
    memory_free(picture->snapshot.front);
    archive_free(picture->archive);
    archive_free(picture->baselines);
    for (size_t k = 0; k < 2; k++) {
        archive_free(picture->overlay_archive[k]);
        memory_free(picture->overlay_front[k]);
    }
    arch_shape_release(&picture->shape);
}
