/* What the measurements of search methods stand on: the architecture problem, a method's run on it,
 * medians. Expected values are worked out from the problem's formulas by hand. */
#include "arch_search.h"
#include "bench_tools.h"
#include "shapes.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void assert_near(double value, double expected, double difference)
{
    if (!(fabs(value - expected) <= difference))
        fail_msg("%.9f, %.9f expected", value, expected);
}

static struct arch_code code_of(const struct arch_shape *shape, const char *text)
{
    struct arch_code code;
    assert_int_equal(arch_code_parse(shape, text, &code, NULL), STATUS_OK);
    return code;
}

static void accuracy_is_as_defined(void **state)
{
    static const struct {
        const char *text;
        double loss;
    } row[] = {
        {"888888888888888888888888888888", 0},
        {"8888.8888888888888888888888888", .0384},
        {"8888h8888888888888888888888888", .0192},
        {"888888888888..8888888888888888", .0278 + .0258 + .026781337},
        {"7664888888888888888888888888.8", .02 * .9845 + .065 * .1619 + .065 * .0386 + .18 * .0319 +
                                               .0508 + .014394711 + .005138430 + .003795613},
        /* nine that do not touch: one more than eight */
        {"88.8.8.8.8.8.8.8.8.88888888888",
         .0386 + .0384 + .0387 + .0453 + .0408 + .0278 + .0256 + .0312 + .0404 + .015},
    };
    struct arch_shape shape;
    (void)state;
    shape_build(&shape, &shape_smollm);
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        struct arch_code code = code_of(&shape, row[i].text);
        assert_near(arch_problem_accuracy(&code), .25 + .25 * exp(-row[i].loss / 1.3), 1e-7);
    }
    arch_shape_release(&shape);
}

static void noise_is_drawn_once_a_code_and_seed(void **state)
{
    struct arch_shape shape;
    double sum = 0, squares = 0;
    (void)state;
    shape_build(&shape, &shape_smollm);
    struct arch_code code = code_of(&shape, "8888.8888888888888888888888888");
    double truth = arch_problem_accuracy(&code);
    for (uint64_t seed = 0; seed < 1000; seed++) {
        double seen = arch_problem_seen(&code, seed);
        assert_near(arch_problem_seen(&code, seed), seen, 0);
        sum += seen;
        squares += (seen - truth) * (seen - truth);
    }
    assert_near(sum / 1000, truth, .003); /* its error: .025 / sqrt(1000) */
    assert_near(sqrt(squares / 1000), sqrt(truth * (1 - truth) / ARCH_PROBLEM_QUESTIONS), .002);
    arch_shape_release(&shape);
}

static void hypervolume_is_of_what_seemed_best(void **state)
{
    struct arch_shape shape;
    double volume, seen[3] = {.48, .47, .50};
    (void)state;
    shape_build(&shape, &shape_smollm);
    const struct arch_code codes[3] = {
        code_of(&shape, "8888.8888888888888888888888888"),  /* 3,540,096 parameters less */
        code_of(&shape, "888888h88888888888888888888888"),  /* 885,312 less: seems worse */
        code_of(&shape, "888888888888888888888888888888")}; /* beyond the reference */
    double height = exp(-.0384 / 1.3), width = (134.5e6 - (134515008.0 - 3540096)) / 106.2e6;
    assert_int_equal(arch_problem_hypervolume(&shape, codes, seen, 3, &volume, NULL), STATUS_OK);
    assert_near(volume, height * width, 1e-7);
    seen[1] = .485; /* now it is in the set, with its true accuracy */
    double better = exp(-.5 * .0387 / 1.3), part = (134.5e6 - (134515008.0 - 885312)) / 106.2e6;
    assert_int_equal(arch_problem_hypervolume(&shape, codes, seen, 3, &volume, NULL), STATUS_OK);
    assert_near(volume, height * width + (better - height) * part, 1e-7);
    arch_shape_release(&shape);
}

static void a_method_asks_each_code_once(void **state)
{
    static const struct space_options space = {.kind = SPACE_LAYERS};
    static struct arch_search search, again;
    (void)state;
    for (const struct method_entry *method = method_table; method->name != NULL; method++) {
        const struct arch_search_plan plan = {.method = method,
                                              .options = {.seed = 3, .population = 20},
                                              .space = &space,
                                              .evals = 50};
        assert_int_equal(arch_search_run(&search, &plan, NULL), STATUS_OK);
        assert_int_equal(arch_search_run(&again, &plan, NULL), STATUS_OK);
        assert_int_equal(search.count, 50);
        assert_true(search.generations >= 3); /* a population at most each */
        assert_int_equal(search.end[search.generations - 1], 50);
        for (size_t i = 0; i < search.count; i++) {
            assert_string_equal(search.code[i].text, again.code[i].text);
            assert_near(search.seen[i], arch_problem_seen(&search.code[i], 3), 0);
            for (size_t k = 0; k < i; k++)
                assert_string_not_equal(search.code[i].text, search.code[k].text);
        }
        arch_search_release(&search);
        arch_search_release(&again);
    }
}

static void medians_and_options(void **state)
{
    double odd[] = {3, 1, 2}, even[] = {4, 1, 3, 2}, endless[] = {1, INFINITY, INFINITY, INFINITY};
    size_t value = 0;
    (void)state;
    assert_near(bench_median(odd, 3), 2, 0);
    assert_near(bench_median(even, 4), 2.5, 0);
    assert_true(isinf(bench_median(endless, 4)));
    assert_true(bench_number("seeds=12", "seeds", 1, 12, &value) && value == 12);
    assert_false(bench_number("seeds=13", "seeds", 1, 12, &value));
    assert_false(bench_number("seeds=-1", "seeds", 1, 12, &value));
    assert_false(bench_number("seeds=1x", "seeds", 1, 12, &value));
    assert_false(bench_number("seed=1", "seeds", 1, 12, &value));
    assert_string_equal(bench_text("method=linas", "method"), "linas");
    assert_null(bench_text("methods=linas", "method"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accuracy_is_as_defined),
        cmocka_unit_test(noise_is_drawn_once_a_code_and_seed),
        cmocka_unit_test(hypervolume_is_of_what_seemed_best),
        cmocka_unit_test(a_method_asks_each_code_once),
        cmocka_unit_test(medians_and_options),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
