/* Weight types as predictors see them. Of 32 normal numbers the largest is 2.07 standard deviations
 * away from 0 in the mean (Tippett 1925 has such tables); a block spreads 2^bits steps over both
 * sides, and rounding adds a step over the root of 12. Floating point: half of a unit in the last
 * place, uniform. */
#include "predictor_private.h"

#include <string.h>

static const char letters[TYPE_LETTERS + 1] = "fhb8e5d4";
static const double coarseness[TYPE_LETTERS + 1] = {0,     1.4e-4, 1.1e-3, .0047, .0386,
                                                    .0374, .0797,  .0747,  0};

unsigned type_index(char letter)
{
    const char *found = letter != '\0' ? strchr(letters, letter) : NULL;
    return found != NULL ? (unsigned)(found - letters) : TYPE_LETTERS;
}

double type_coarseness(unsigned index)
{
    return coarseness[index];
}
