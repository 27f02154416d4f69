/* An architecture problem without a model behind it, for comparing search methods: 30 layers of
 * SmolLM2-135M's shape, each whole, cut, without attention or dropped. What a layer's cut costs
 * follows its measured block influence; two cut neighbours cost more than both. The accuracy that
 * a method sees is that of 400 questions. */
#ifndef SUPPORT_ARCH_PROBLEM_H
#define SUPPORT_ARCH_PROBLEM_H

#include "search/space.h"

#define ARCH_PROBLEM_LAYERS 30
#define ARCH_PROBLEM_QUESTIONS 400
#define ARCH_PROBLEM_CHANCE .25

extern const float arch_problem_influence[ARCH_PROBLEM_LAYERS];

/* The true accuracy, .25 (chance) to .50; the choices 8 7 6 4 h and '.'. */
double arch_problem_accuracy(const struct arch_code *code);
/* As a method sees it: of all questions, drawn once per code and seed. */
double arch_problem_seen(const struct arch_code *code, uint64_t seed);
/* Hypervolume of the true accuracies of codes that seem non-dominated (seen[], params[]),
 * normalised by accuracy .25 to .50 and parameters 28.3 M to 134.5 M. */
enum status arch_problem_hypervolume(const struct arch_shape *shape, const struct arch_code *codes,
                                     const double *seen, size_t count, double *volume,
                                     struct error *error);

#endif
