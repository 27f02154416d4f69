/* Many threads cut sub-networks out of one model and score through them at once: each gets the bits
 * that one thread gets alone, whichever thread decoded a piece first. For ThreadSanitizer too. */
#include "model/forward.h"

#include "base/memory.h"
#include "base/pool.h"
#include "base/rng.h"
#include "tiny_model.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define THREADS 4
#define JOBS 24
#define TOKENS 60

static const char *const codes[] = {"88h88", "44d44", "8.h46", "6hb.8"};
#define CODES (sizeof codes / sizeof *codes)

struct shared {
    struct supernet *supernet;
    struct forward_scratch *scratch[THREADS];
    struct forward_batch batch;
    float loglik[JOBS][TOKENS];
    enum status status[JOBS];
};

static void job(void *context, size_t index, unsigned worker)
{
    struct shared *shared = context;
    struct arch_code code;
    struct subnet *subnet = NULL;
    enum status status =
        arch_code_parse(supernet_shape(shared->supernet), codes[index % CODES], &code, NULL);
    if (status == STATUS_OK) {
        status = subnet_new(shared->supernet, &code, NULL, &subnet, NULL);
    }
    if (status == STATUS_OK) {
        status = forward_score(subnet, shared->scratch[worker], &shared->batch,
                               shared->loglik[index], NULL);
    }
    subnet_free(subnet);
    shared->status[index] = status;
}

static void test_same_bits(void **state)
{
    (void)state;
    static struct shared shared;
    static float alone[JOBS][TOKENS];
    struct pool *pool = NULL;
    struct error error = {0};
    struct rng rng;
    char path[256];
    int32_t token[TOKENS];
    struct forward_target target[TOKENS];
    const struct forward_segment segment[3] = {{-1, 0, 30}, {0, 30, 10}, {0, 40, 20}};
    rng_init(&rng, 1, "threads", 0);
    for (uint32_t i = 0; i < TOKENS; i++) {
        token[i] = (int32_t)rng_below(&rng, TINY_VOCABULARY);
        target[i] = (struct forward_target){i, (int32_t)rng_below(&rng, TINY_VOCABULARY)};
    }
    shared.batch = (struct forward_batch){token, TOKENS, segment, 3, target, TOKENS, 0};
    tiny_path("threads", path);
    tiny_write(&tiny_deci, path);
    for (unsigned threads = 1; threads <= THREADS; threads += THREADS - 1) {
        assert_int_equal(supernet_open(path, &shared.supernet, &error), STATUS_OK);
        for (unsigned i = 0; i < threads; i++) {
            assert_int_equal(forward_scratch_new(&shared.scratch[i], &error), STATUS_OK);
        }
        memset(shared.loglik, 0, sizeof shared.loglik);
        assert_int_equal(pool_new(threads, &pool, &error), STATUS_OK);
        assert_int_equal(pool_run(pool, job, &shared, JOBS, &error), STATUS_OK);
        pool_free(pool);
        for (unsigned i = 0; i < JOBS; i++) {
            assert_int_equal(shared.status[i], STATUS_OK);
        }
        if (threads == 1) {
            memcpy(alone, shared.loglik, sizeof alone);
        }
        for (unsigned i = 0; i < threads; i++) {
            forward_scratch_free(shared.scratch[i]);
        }
        supernet_close(shared.supernet);
    }
    remove(path);
    assert_true(alone[0][0] < 0.0F && alone[0][0] != alone[1][0]);
    assert_memory_equal(alone, shared.loglik, sizeof alone);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_same_bits)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
