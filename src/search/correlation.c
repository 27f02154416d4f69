/* Kendall's tau-b, pair by pair. */
#include "search/correlation.h"

#include <math.h>

double kendall_tau(const double *a, const double *b, size_t n)
{
    double agree = 0, pairs_a = 0, pairs_b = 0; /* pairs not tied in a, in b */
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < i; k++) {
            double x = a[i] - a[k], y = b[i] - b[k];
            if (isnan(x) || isnan(y))
                continue;
            int sign_x = (x > 0) - (x < 0), sign_y = (y > 0) - (y < 0);
            agree += sign_x * sign_y;
            pairs_a += sign_x != 0;
            pairs_b += sign_y != 0;
        }
    return pairs_a > 0 && pairs_b > 0 ? agree / sqrt(pairs_a * pairs_b) : NAN;
}
