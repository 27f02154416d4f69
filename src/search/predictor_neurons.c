/* Neuron importance as prior knowledge: what a cut takes from an MLP are its least important
 * neurons, so a layer whose importance lies in few neurons loses less by it than one that spreads
 * it. Looked at is the part of a layer's importance beyond the first eighth of its neurons: a model
 * has layers where one neuron has more of it than all others together, always kept by a cut, beside
 * which the rest would look like nothing. */
#include "predictor_private.h"

#include <math.h>
#include <string.h>

#define WEIGHT 0.5 /* of the difference of logarithms */
#define MOST 1.5
#define LEAST 1e-4 /* share */

void predictor_neurons(const struct space *space, double (*prior)[9])
{
    uint32_t layers = space->shape->layers;
    memset(prior, 0, layers * sizeof *prior);
    for (unsigned missing = 1; missing < 7; missing++) {
        double sum = 0, first = 0; /* differences from the first: of equal layers exactly 0 */
        uint32_t known = 0;
        for (uint32_t l = 0; l < layers; l++) {
            double rest = (double)space->beyond[l][1], cut = (double)space->beyond[l][8 - missing];
            if (!(rest > 0))
                continue;
            prior[l][missing] = log(fmax(cut / rest, LEAST));
            if (known++ == 0)
                first = prior[l][missing];
            prior[l][missing] -= first;
            sum += prior[l][missing];
        }
        for (uint32_t l = 0; l < layers; l++)
            if (space->beyond[l][1] > 0)
                prior[l][missing] =
                    fmax(-MOST, fmin(MOST, WEIGHT * (prior[l][missing] - sum / known)));
    }
}
