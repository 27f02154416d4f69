/* support/real_problems: see the header. */
#include "real_problems.h"

#include <math.h>
#include <string.h>

static double beyond(double g)
{
    return fmax(0, g);
}

/* ---- ZDT: Zitzler, Deb, Thiele 2000 ---- */

/* Mean of all variables but the first. */
static double tail(const struct real_point *p, size_t variables)
{
    double sum = 0;
    for (size_t k = 1; k < variables; k++)
        sum += p->x[k];
    return sum / (double)(variables - 1);
}

static void zdt1(struct real_point *p)
{
    double g = 1 + 9 * tail(p, 30);
    p->f[0] = p->x[0];
    p->f[1] = g * (1 - sqrt(p->f[0] / g));
}

static void zdt2(struct real_point *p)
{
    double g = 1 + 9 * tail(p, 30);
    p->f[0] = p->x[0];
    p->f[1] = g * (1 - pow(p->f[0] / g, 2));
}

static void zdt3(struct real_point *p)
{
    double g = 1 + 9 * tail(p, 30);
    p->f[0] = p->x[0];
    p->f[1] = g * (1 - sqrt(p->f[0] / g) - p->f[0] / g * sin(10 * M_PI * p->f[0]));
}

static void zdt4(struct real_point *p)
{
    double g = 1 + 10 * 9;
    for (int k = 1; k < 10; k++)
        g += p->x[k] * p->x[k] - 10 * cos(4 * M_PI * p->x[k]);
    p->f[0] = p->x[0];
    p->f[1] = g * (1 - sqrt(p->f[0] / g));
}

static void zdt6(struct real_point *p)
{
    double g = 1 + 9 * pow(tail(p, 10), .25);
    p->f[0] = 1 - exp(-4 * p->x[0]) * pow(sin(6 * M_PI * p->x[0]), 6);
    p->f[1] = g * (1 - pow(p->f[0] / g, 2));
}

/* ---- with constraints ---- */

/* Binh and Korn 1997. */
static void bnh(struct real_point *p)
{
    double x = p->x[0], y = p->x[1];
    p->f[0] = 4 * x * x + 4 * y * y;
    p->f[1] = pow(x - 5, 2) + pow(y - 5, 2);
    p->violation = beyond(pow(x - 5, 2) + y * y - 25) + beyond(7.7 - pow(x - 8, 2) - pow(y + 3, 2));
}

/* Srinivas and Deb 1994. */
static void srn(struct real_point *p)
{
    double x = p->x[0], y = p->x[1];
    p->f[0] = 2 + pow(x - 2, 2) + pow(y - 1, 2);
    p->f[1] = 9 * x - pow(y - 1, 2);
    p->violation = beyond(x * x + y * y - 225) + beyond(x - 3 * y + 10);
}

/* Tanaka and others 1995. At the origin, which would dominate all, atan2 is a number, so that the
 * first constraint holds it off. */
static void tnk(struct real_point *p)
{
    double x = p->x[0], y = p->x[1];
    p->f[0] = x;
    p->f[1] = y;
    p->violation = beyond(1 + .1 * cos(16 * atan2(x, y)) - x * x - y * y) +
                   beyond(2 * pow(x - .5, 2) + 2 * pow(y - .5, 2) - 1);
}

/* Constr-Ex of Deb's book, called CTP1 (Deb, Pratap, Meyarivan 2001). */
static void ctp1(struct real_point *p)
{
    static const double a[] = {.8582656553, .7282343447}, b[] = {.5414751824, .2950390204};
    double q = 1 + p->x[1];
    p->f[0] = p->x[0];
    p->f[1] = q * exp(-p->x[0] / q);
    for (int j = 0; j < 2; j++)
        p->violation += beyond(a[j] * exp(-b[j] * p->f[0]) - p->f[1]);
}

/* Osyczka and Kundu 1995. */
static void osy(struct real_point *p)
{
    const double *x = p->x;
    p->f[0] = -(25 * pow(x[0] - 2, 2) + pow(x[1] - 2, 2) + pow(x[2] - 1, 2) + pow(x[3] - 4, 2) +
                pow(x[4] - 1, 2));
    for (int k = 0; k < 6; k++)
        p->f[1] += x[k] * x[k];
    p->violation = beyond(2 - x[0] - x[1]) + beyond(x[0] + x[1] - 6) + beyond(x[1] - x[0] - 2) +
                   beyond(x[0] - 3 * x[1] - 2) + beyond(pow(x[2] - 3, 2) + x[3] - 4) +
                   beyond(4 - pow(x[4] - 3, 2) - x[5]);
}

/* ---- three objectives ---- */

/* Deb, Thiele, Laumanns, Zitzler 2002: the front is the unit sphere. */
static void dtlz2(struct real_point *p)
{
    double radius = 1, a = p->x[0] * M_PI / 2, b = p->x[1] * M_PI / 2;
    for (int k = 2; k < 10; k++)
        radius += pow(p->x[k] - .5, 2);
    p->f[0] = radius * cos(a) * cos(b);
    p->f[1] = radius * cos(a) * sin(b);
    p->f[2] = radius * sin(a);
}

#define WIDE                                                                                       \
    {                                                                                              \
        -5, 5                                                                                      \
    }

const struct real_problem real_problems[] = {
    {"zdt1", 30, 2, {{0, 1}}, zdt1, 250, {1.1, 1.1}, .868, .876667},
    {"zdt2", 30, 2, {{0, 1}}, zdt2, 250, {1.1, 1.1}, .535, .543334},
    {"zdt3", 30, 2, {{0, 1}}, zdt3, 250, {1.1, 1.1}, 1.32, 1.331764},
    {"zdt4",
     10,
     2,
     {{0, 1}, WIDE, WIDE, WIDE, WIDE, WIDE, WIDE, WIDE, WIDE, WIDE},
     zdt4,
     250,
     {1.1, 1.1},
     .855,
     .876667},
    {"zdt6", 10, 2, {{0, 1}}, zdt6, 250, {1.1, 1.1}, .490, .507879},
    {"bnh", 2, 2, {{0, 5}, {0, 3}}, bnh, 100, {140, 50}, 5245, 5285.334},
    {"srn", 2, 2, {{-20, 20}, {-20, 20}}, srn, 100, {250, 50}, 42250, 42516.73},
    {"tnk", 2, 2, {{0, M_PI}, {0, M_PI}}, tnk, 250, {1.2, 1.2}, .647, .655063},
    {"ctp1", 2, 2, {{0, 1}}, ctp1, 250, {1.1, 1.1}, .460, .463876},
    {"osy",
     6,
     2,
     {{0, 10}, {0, 10}, {1, 5}, {0, 6}, {1, 5}, {0, 10}},
     osy,
     250,
     {0, 80},
     16000,
     16796.0},
    {"dtlz2", 10, 3, {{0, 1}}, dtlz2, 250, {1.1, 1.1, 1.1}, .694, .807402},
    {NULL, 0, 0, {{0, 0}}, NULL, 0, {0}, 0, 0},
};

const struct real_problem *real_problem_by_name(const char *name)
{
    for (const struct real_problem *problem = real_problems; problem->name != NULL; problem++)
        if (strcmp(problem->name, name) == 0)
            return problem;
    return NULL;
}

struct real_bound real_problem_bound(const struct real_problem *problem, size_t variable)
{
    struct real_bound bound = problem->bound[variable];
    return bound.low < bound.high ? bound : (struct real_bound){0, 1};
}
