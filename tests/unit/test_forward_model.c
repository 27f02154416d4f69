/* The forward pass on the default model against the log-likelihoods of an independent program
 * (ref/arc_easy_dev20_loglik.csv of the reference data): the full model, a dropped layer, a dropped
 * attention, cut MLPs with the neuron order of a file. Tokens are given, so that no tokenizer takes
 * part. The weights are taken as F32: the reference cuts de-quantized weights and encodes nothing.
 */
#include "model/forward.h"

#include "io/csv.h"
#include "support.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ITEMS 3
#define CHOICES 4

/* The first questions of ARC-Easy dev: prompt and choices, 0 after the end. */
static const struct {
    int32_t prompt[40];
    uint32_t prompt_tokens;
    int32_t choice[CHOICES][16];
} question[ITEMS] = {
    {{17872, 42, 10366, 1835, 436, 2452, 768, 3928, 47, 198, 21350, 42},
     12,
     {{10746, 13698}, {8552}, {21448}, {18117}}},
    {{17872, 42,  330, 2222, 7291, 3215, 338, 12325, 359,  11009, 30,  10366, 1962, 523,
      1450,  724, 260, 2222, 3346, 585,  451, 314,   2887, 47,    198, 21350, 42},
     27,
     {{3315, 12325, 8592, 550, 6896, 47},
      {10366, 6896, 8592, 12325, 47},
      {3315, 12325, 722, 8118, 288, 919, 1114, 47},
      {16222, 354, 5106, 6753, 1355, 12325, 47}}},
    {{17872, 42,   334, 13598, 6393, 722, 480,   4666, 1734, 288, 16627, 253,   4405, 618,
      253,   3491, 30,  1812,  1192, 817, 12957, 260,  5501, 47,  198,   21350, 42},
     27,
     {{378, 7809, 817}, {378, 24141, 817}, {378, 8370, 817}, {378, 31781, 817}}},
};

struct packed {
    int32_t token[256];
    struct forward_segment segment[ITEMS * (CHOICES + 1)];
    struct forward_target target[256];
    unsigned choice[256]; /* item * CHOICES + choice of each target */
    struct forward_batch batch;
};

static void add_target(struct packed *p, uint32_t row, int32_t token, unsigned choice)
{
    p->choice[p->batch.targets] = choice;
    p->target[p->batch.targets++] = (struct forward_target){row, token};
}

static void pack_item(struct packed *p, unsigned item)
{
    struct forward_batch *b = &p->batch;
    int32_t root = (int32_t)b->segments;
    uint32_t count = question[item].prompt_tokens;
    memcpy(p->token + b->tokens, question[item].prompt, count * sizeof(int32_t));
    p->segment[b->segments++] = (struct forward_segment){-1, b->tokens, count};
    b->tokens += count;
    uint32_t last = b->tokens - 1;
    for (unsigned c = 0; c < CHOICES; c++) {
        add_target(p, last, question[item].choice[c][0], item * CHOICES + c);
    }
    for (unsigned c = 0; c < CHOICES; c++) {
        const int32_t *choice = question[item].choice[c];
        uint32_t first = b->tokens;
        for (unsigned i = 0; choice[i + 1] != 0; i++) {
            add_target(p, b->tokens, choice[i + 1], item * CHOICES + c);
            p->token[b->tokens++] = choice[i];
        }
        if (b->tokens > first) {
            p->segment[b->segments++] = (struct forward_segment){root, first, b->tokens - first};
        }
    }
}

static void ok(enum status status, const struct error *error)
{
    if (status != STATUS_OK) {
        fail_msg("%s", error->message);
    }
}

static void score(struct supernet *supernet, const char *text, double sum[ITEMS * CHOICES])
{
    static const struct weight_options exact = {.type = WEIGHT_F32, .head = WEIGHT_SOURCE};
    static struct packed p;
    struct arch_code code;
    struct subnet *subnet = NULL;
    struct forward_scratch *scratch = NULL;
    struct error error = {0};
    float loglik[256];
    memset(&p, 0, sizeof p);
    p.batch = (struct forward_batch){.token = p.token, .segment = p.segment, .target = p.target};
    for (unsigned item = 0; item < ITEMS; item++) {
        pack_item(&p, item);
    }
    ok(arch_code_parse(supernet_shape(supernet), text, &code, &error), &error);
    ok(subnet_new(supernet, &code, &exact, &subnet, &error), &error);
    ok(forward_scratch_new(&scratch, &error), &error);
    ok(forward_score(subnet, scratch, &p.batch, loglik, &error), &error);
    memset(sum, 0, ITEMS * CHOICES * sizeof *sum);
    for (uint32_t i = 0; i < p.batch.targets; i++) {
        sum[p.choice[i]] += (double)loglik[i];
    }
    forward_scratch_free(scratch);
    subnet_free(subnet);
}

static void test_reference_loglik(void **state)
{
    (void)state;
    const char *model = support_model();
    char *csv = support_shared("ref/arc_easy_dev20_loglik.csv");
    char *order_path = support_shared("ref/neuron_order.csv");
    if (model == NULL || csv == NULL || order_path == NULL) {
        print_message("SKIPPED: the default model or the reference data absent\n");
        free(csv);
        free(order_path);
        skip();
    }
    struct supernet *supernet = NULL;
    struct model_order order;
    struct csv_table table;
    struct error error = {0};
    double sum[ITEMS * CHOICES], worst = 0.0;
    unsigned compared = 0;
    ok(supernet_open(model, &supernet, &error), &error);
    ok(model_order_read_csv(order_path, supernet, &order, &error), &error);
    ok(supernet_set_order(supernet, &order, &error), &error);
    ok(csv_read_file(csv, &table, &error), &error);
    const char *scored = "";
    for (size_t r = 1; r < table.rows; r++) {
        char *const *field = table.row[r].field;
        unsigned long item = strtoul(field[1], NULL, 10), choice = strtoul(field[2], NULL, 10);
        if (item >= ITEMS) {
            continue;
        }
        if (strcmp(scored, field[0]) != 0) {
            scored = field[0];
            score(supernet, scored, sum);
        }
        double expected = strtod(field[3], NULL), found = sum[item * CHOICES + choice];
        if (!(fabs(found - expected) <= 2e-3)) {
            fail_msg("%s, item %lu, choice %lu: %.6f, expected %.6f", scored, item, choice, found,
                     expected);
        }
        worst = fmax(worst, fabs(found - expected));
        compared++;
    }
    print_message("%u log-likelihoods, largest difference %.1g\n", compared, worst);
    assert_int_equal(compared, 4 * ITEMS * CHOICES);
    csv_release(&table);
    model_order_release(&order);
    supernet_close(supernet);
    free(csv);
    free(order_path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_reference_loglik)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
