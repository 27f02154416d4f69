/* What was written beside the sub-network that it was made of: the same answers, or no file. */
#include "engine/file_check.h"

#include "model/extract.h"
#include "support.h"
#include "tiny_model.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>
#include <string.h>
#include <unistd.h>

static const struct weight_options quantized = {.type = WEIGHT_Q8_0, .head = WEIGHT_F16};

struct world {
    char *folder, model[256], other[256], out[256];
    struct supernet *supernet;
    struct tokenizer *tokenizer;
    struct arch_code code;
    struct file_check_options options;
    int calls, until; /* progress: told, cancels at */
};

static void must(enum status status, const struct error *error)
{
    if (status != STATUS_OK)
        fail_msg("%s", error->message);
}

static int progress(void *context, double done)
{
    struct world *world = context;
    assert_true(done >= 0 && done <= 1);
    return ++world->calls == world->until;
}

static void world_init(struct world *world)
{
    struct tiny_recipe recipe = {.layers = 4,
                                 .hidden = 64,
                                 .head_size = 16,
                                 .heads = {4, 4, 4, 4},
                                 .kv_heads = {2, 2, 2, 2},
                                 .width = {160, 160, 160, 160},
                                 .seed = 7};
    struct error error;
    memset(world, 0, sizeof *world);
    world->folder = support_folder();
    snprintf(world->model, sizeof world->model, "%s/model.gguf", world->folder);
    snprintf(world->other, sizeof world->other, "%s/other.gguf", world->folder);
    snprintf(world->out, sizeof world->out, "%s/out.gguf", world->folder);
    tiny_write(&recipe, world->model);
    recipe.seed = 8;
    tiny_write(&recipe, world->other);
    must(supernet_open(world->model, &world->supernet, &error), &error);
    must(tokenizer_new(supernet_gguf(world->supernet), &world->tokenizer, &error), &error);
    must(arch_code_parse(supernet_shape(world->supernet), "84h.", &world->code, &error), &error);
    world->options = (struct file_check_options){
        .supernet = world->supernet,
        .tokenizer = world->tokenizer,
        .code = &world->code,
        .weights = &quantized,
        .threads = 2,
        .progress = progress,
        .context = world,
    };
}

static void world_release(struct world *world)
{
    tokenizer_free(world->tokenizer);
    supernet_close(world->supernet);
    unlink(world->model);
    unlink(world->other);
    unlink(world->out);
    support_folder_remove(world->folder);
}

static enum status check(void *context, struct supernet *written, struct error *error)
{
    struct world *world = context;
    struct file_check check;
    enum status status = file_check_run(&world->options, written, &check, error);
    assert_int_equal(check.n, FILE_CHECK_ITEMS);
    assert_string_equal(check.task, "search");
    if (status == STATUS_OK) {
        assert_true(check.max_difference <= FILE_CHECK_TOLERANCE);
        assert_true(check.acc >= check.file_acc && check.acc <= check.file_acc);
    }
    return status;
}

/* Another model passes for the file. */
static enum status check_other(void *context, struct supernet *written, struct error *error)
{
    struct world *world = context;
    struct supernet *other;
    struct error why;
    (void)written;
    must(supernet_open(world->other, &other, &why), &why);
    enum status status = check(world, other, error);
    supernet_close(other);
    return status;
}

static enum status extract(struct world *world,
                           enum status (*how)(void *, struct supernet *, struct error *),
                           struct error *error)
{
    const struct extract_options options = {.weights = quantized, .check = how, .context = world};
    struct extract_result result;
    enum status status = extract_write(world->supernet, world->tokenizer, &world->code, &options,
                                       world->out, &result, error);
    assert_true(result.verified == (status == STATUS_OK));
    assert_int_equal(access(world->out, F_OK) == 0, status == STATUS_OK);
    return status;
}

static void the_file_answers_as_the_network_does(void **state)
{
    (void)state;
    struct world world;
    struct error error;
    world_init(&world);
    must(extract(&world, check, &error), &error);
    assert_true(world.calls > 0);
    world_release(&world);
}

static void what_answers_otherwise_is_removed(void **state)
{
    (void)state;
    struct world world;
    struct error error;
    world_init(&world);
    assert_int_equal(extract(&world, check_other, &error), STATUS_FAILED);
    assert_non_null(strstr(error.message, "was not kept"));
    assert_non_null(strstr(error.message, "log-likelihoods differ"));
    world_release(&world);
}

static void it_can_be_stopped(void **state)
{
    (void)state;
    struct world world;
    struct error error;
    world_init(&world);
    world.until = 1;
    assert_int_equal(extract(&world, check, &error), STATUS_CANCELLED);
    world_release(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_file_answers_as_the_network_does),
        cmocka_unit_test(what_answers_otherwise_is_removed),
        cmocka_unit_test(it_can_be_stopped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
