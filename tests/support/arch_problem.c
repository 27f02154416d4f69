/* support/arch_problem: see the header. */
#include "arch_problem.h"

#include "base/memory.h"
#include "search/hypervolume.h"

#include <math.h>

#define LEAST_PARAMS 28.3e6
#define MOST_PARAMS 134.5e6

const float arch_problem_influence[ARCH_PROBLEM_LAYERS] = {
    .9845F, .1619F, .0386F, .0319F, .0384F, .0393F, .0387F, .0382F, .0453F, .0370F,
    .0408F, .0370F, .0278F, .0258F, .0256F, .0287F, .0312F, .0264F, .0404F, .0448F,
    .0635F, .0455F, .0459F, .0687F, .1615F, .0281F, .0297F, .0481F, .0508F, .2270F};

static double cost_of(char c)
{
    switch (c) {
    case '8':
        return 0;
    case '7':
        return .02;
    case '6':
        return .065;
    case '4':
        return .18;
    case 'h':
        return .5;
    default:
        return 1;
    }
}

double arch_problem_accuracy(const struct arch_code *code)
{
    double loss = 0, before = 0;
    unsigned dropped = 0;
    for (int i = 0; i < ARCH_PROBLEM_LAYERS; i++) {
        double cost = (double)arch_problem_influence[i] * cost_of(code->text[i]);
        loss += cost + sqrt(before * cost);
        before = cost;
        dropped += code->text[i] == '.';
    }
    if (dropped > 8)
        loss += .15 * .1 * (dropped - 8.0) * (dropped - 8.0);
    return ARCH_PROBLEM_CHANCE + .25 * exp(-loss / 1.3);
}

double arch_problem_seen(const struct arch_code *code, uint64_t seed)
{
    struct rng rng;
    double accuracy = arch_problem_accuracy(code);
    unsigned right = 0;
    rng_init(&rng, seed, code->text, 0);
    for (int i = 0; i < ARCH_PROBLEM_QUESTIONS; i++)
        right += rng_uniform(&rng) < accuracy;
    return (double)right / ARCH_PROBLEM_QUESTIONS;
}

static bool seems_dominated(const double *seen, const double *params, size_t count, size_t i)
{
    for (size_t k = 0; k < count; k++)
        if (seen[k] >= seen[i] && params[k] <= params[i] &&
            (seen[k] > seen[i] || params[k] < params[i]))
            return true;
    return false;
}

enum status arch_problem_hypervolume(const struct arch_shape *shape, const struct arch_code *codes,
                                     const double *seen, size_t count, double *volume,
                                     struct error *error)
{
    static const double reference[2] = {0, 1}; /* accuracy of chance, all parameters */
    double *params = memory_new(count, sizeof *params, error);
    double *points = memory_new(count, 2 * sizeof *points, error);
    enum status status = params != NULL && points != NULL ? STATUS_OK : STATUS_MEMORY;
    size_t n = 0;
    for (size_t i = 0; status == STATUS_OK && i < count; i++)
        params[i] = (double)arch_params(shape, &codes[i]);
    for (size_t i = 0; status == STATUS_OK && i < count; i++)
        if (!seems_dominated(seen, params, count, i)) {
            points[2 * n] = -(arch_problem_accuracy(&codes[i]) - ARCH_PROBLEM_CHANCE) / .25;
            points[2 * n++ + 1] = (params[i] - LEAST_PARAMS) / (MOST_PARAMS - LEAST_PARAMS);
        }
    if (status == STATUS_OK)
        status = hypervolume(points, n, 2, reference, volume, error);
    memory_free(params);
    memory_free(points);
    return status;
}
