/* Hugging Face folders: written and read again they are the model, digit by digit; padded ones
 * compute what the sub-network does; what cannot be told is refused; nothing half-written is left.
 */
#include "base/memory.h"
#include "io/atomic_file.h"
#include "io/json.h"
#include "model/folder.h"
#include "model/source.h"
#include "support.h"
#include "tiny_model.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>
#include <dirent.h>
#include <math.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

struct world {
    char *folder, model[256], out[256];
    struct supernet *supernet;
    struct tokenizer *tokenizer;
};

static void must(enum status status, const struct error *error)
{
    if (status != STATUS_OK)
        fail_msg("%s", error->message);
}

static void world_init(struct world *world, const struct tiny_recipe *recipe,
                       const struct tiny_options *options)
{
    struct error error = {0};
    world->folder = support_folder();
    snprintf(world->model, sizeof world->model, "%s/model.gguf", world->folder);
    snprintf(world->out, sizeof world->out, "%s/out", world->folder);
    if (recipe != NULL)
        tiny_write(recipe, world->model);
    else
        must(support_tiny_model(world->model, options, &error), &error);
    must(supernet_open(world->model, &world->supernet, &error), &error);
    must(tokenizer_new(supernet_gguf(world->supernet), &world->tokenizer, &error), &error);
}

static unsigned entries(const char *folder)
{
    unsigned count = 0;
    DIR *list = opendir(folder);
    assert_non_null(list);
    for (struct dirent *entry = readdir(list); entry != NULL; entry = readdir(list))
        count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
    closedir(list);
    return count;
}

static void world_release(struct world *world)
{
    tokenizer_free(world->tokenizer);
    supernet_close(world->supernet);
    support_folder_remove(world->folder);
}

static enum status try(struct world *world, const char *text, enum weight_type type, bool pad,
                       struct folder_result *result, struct error *error)
{
    const struct extract_options options = {
        .weights = {.type = type, .head = WEIGHT_SOURCE}, .pad = pad, .replace = true};
    struct arch_code code;
    must(arch_code_parse(supernet_shape(world->supernet), text, &code, error), error);
    return folder_write(world->supernet, world->tokenizer, &code, &options, world->out, result,
                        error);
}

static struct folder_result make(struct world *world, const char *text, enum weight_type type,
                                 bool pad)
{
    struct folder_result result;
    struct error error = {0};
    must(try(world, text, type, pad, &result, &error), &error);
    assert_true(result.written.verified);
    assert_int_equal(result.written.bytes, result.written.shown_bytes);
    return result;
}

static void refused(struct world *world, const char *text, enum weight_type type, bool pad,
                    const char *part)
{
    struct folder_result result;
    struct error error = {0};
    const enum status status = try(world, text, type, pad, &result, &error);
    if (status != STATUS_INVALID || strstr(error.message, part) == NULL)
        fail_msg("status %d, \"%s\", expected \"%s\"", (int)status, error.message, part);
    assert_int_equal(entries(world->folder), 1);
}

/* Every tensor of the folder has the bytes that the model's has. */
static void same_tensors(const char *model, const char *folder)
{
    struct gguf *a, *b;
    struct error error = {0};
    must(gguf_open(model, &a, &error), &error);
    must(model_source_open(folder, &b, &error), &error);
    assert_int_equal(gguf_tensor_count(a), gguf_tensor_count(b));
    for (size_t i = 0; i < gguf_tensor_count(a); i++) {
        const struct gguf_tensor *x = gguf_tensor_at(a, i), *y = gguf_tensor_find(b, x->name);
        if (y == NULL)
            fail_msg("%s is missing", x->name);
        assert_int_equal(x->type, y->type);
        assert_int_equal(x->bytes, y->bytes);
        assert_memory_equal(x->size, y->size, sizeof x->size);
        if (strcmp(x->name, "rope_freqs.weight") == 0)
            continue;
        for (uint64_t row = 0; row < x->size[1]; row++)
            assert_memory_equal(gguf_tensor_row(x, row), gguf_tensor_row(y, row),
                                x->bytes / x->size[1]);
    }
    gguf_close(a);
    gguf_close(b);
}

static void same_ids(const struct tokenizer *a, const char *folder)
{
    static const char *const texts[] = {
        "The river rises in the hills; by 1900 there were 12 mills.", "  two  blanks\n\n\ttabs ",
        "\xC3\x9C"
        "berm\xC3\xA4\xC3\x9F"
        "ig \xE6\x97\xA5\xE6\x9C\xAC \xF0\x9F\x9A\x80 it's",
        "a"};
    struct gguf *gguf;
    struct tokenizer *b;
    struct error error = {0};
    must(model_source_open(folder, &gguf, &error), &error);
    must(tokenizer_new(gguf, &b, &error), &error);
    assert_string_equal(tokenizer_model(a), tokenizer_model(b));
    assert_int_equal(tokenizer_vocabulary(a), tokenizer_vocabulary(b));
    assert_int_equal(tokenizer_adds_bos(a), tokenizer_adds_bos(b));
    assert_int_equal(tokenizer_bos(a), tokenizer_bos(b));
    assert_int_equal(tokenizer_eos(a), tokenizer_eos(b));
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct token_list x = {0}, y = {0};
        must(tokenizer_encode(a, texts[i], strlen(texts[i]), true, false, &x, &error), &error);
        must(tokenizer_encode(b, texts[i], strlen(texts[i]), true, false, &y, &error), &error);
        assert_int_equal(x.count, y.count);
        assert_memory_equal(x.id, y.id, x.count * sizeof *x.id);
        token_list_release(&x);
        token_list_release(&y);
    }
    tokenizer_free(b);
    gguf_close(gguf);
}

static void a_folder_is_the_model(void **state)
{
    (void)state;
    static const struct tiny_options row[] = {
        {.layers = 3},
        {.layers = 3, .own_output = true, .biases = true, .sentencepiece = true},
        {.layers = 2, .chat = true, .type = WEIGHT_F16, .heads = 2, .kv_heads = 1},
        {.layers = 2, .type = WEIGHT_BF16, .own_output = true}};
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        struct world world;
        world_init(&world, NULL, &row[i]);
        const struct folder_result result =
            make(&world, "888" + (3 - row[i].layers), WEIGHT_SOURCE, false);
        assert_string_equal(result.no_tokenizer, "");
        assert_true(result.written.max_logit_error == 0);
        struct supernet *written;
        struct error error = {0};
        must(supernet_open(world.out, &written, &error), &error);
        assert_int_equal(supernet_shape(written)->file_bytes, result.written.bytes);
        supernet_close(written);
        same_tensors(world.model, world.out);
        same_ids(world.tokenizer, world.out);
        world_release(&world);
    }
}

static void narrow_and_padded_networks(void **state)
{
    (void)state;
    struct world world;
    struct tiny_recipe recipe = tiny_llama;
    struct supernet *written;
    struct error error = {0};
    recipe.biases = true;
    world_init(&world, &recipe, NULL);
    make(&world, "44.4", WEIGHT_F16, false);
    make(&world, "8h04", WEIGHT_SOURCE, true);
    must(supernet_open(world.out, &written, &error), &error);
    const struct arch_shape *shape = supernet_shape(written);
    assert_int_equal(shape->layers, 4);
    const struct gguf_pair *sorted = gguf_find(supernet_gguf(written), "paretop.neurons_sorted");
    struct gguf_string code;
    assert_non_null(sorted);
    assert_true(gguf_number_at(sorted, 0) == 0 && gguf_number_at(sorted, 3) == 1);
    must(gguf_get_string(supernet_gguf(written), "paretop.code", true, &code, &error), &error);
    assert_int_equal(code.length, 4);
    assert_memory_equal(code.data, "8h04", 4);
    for (uint32_t l = 0; l < 4; l++) {
        assert_int_equal(shape->layer[l].intermediate, recipe.width[0]);
        assert_true(shape->layer[l].attention);
    }
    supernet_close(written);
    make(&world, "d4.0", WEIGHT_BF16, true);
    world_release(&world);
}

static void what_a_folder_cannot_tell_is_refused(void **state)
{
    (void)state;
    struct world world;
    struct tiny_recipe recipe = tiny_llama;
    world_init(&world, &recipe, NULL);
    refused(&world, "8848", WEIGHT_SOURCE, false, "layer 2 has an MLP of");
    refused(&world, "888h", WEIGHT_SOURCE, false, "layer 3 has no attention");
    refused(&world, "h888", WEIGHT_SOURCE, false, "layer 0 has no attention");
    refused(&world, "8888", WEIGHT_Q8_0, false, "weight type q8_0");
    world_release(&world);

    recipe.rope_factors = true; /* random ones */
    world_init(&world, &recipe, NULL);
    refused(&world, "8888", WEIGHT_SOURCE, false, "other factors than Llama 3's");
    world_release(&world);

    recipe = tiny_llama;
    recipe.rope_dimensions = 8;
    world_init(&world, &recipe, NULL);
    refused(&world, "8888", WEIGHT_SOURCE, false, "8 of 16 dimensions rotate");
    world_release(&world);

    recipe = tiny_llama;
    recipe.heads[1] = 2;
    world_init(&world, &recipe, NULL);
    refused(&world, "8888", WEIGHT_SOURCE, true, "--pad: the layers have different numbers");
    world_release(&world);
}

static void existing_folders(void **state)
{
    (void)state;
    struct world world;
    struct folder_result result;
    struct error error = {0};
    struct extract_options options = {.weights = {.type = WEIGHT_SOURCE, .head = WEIGHT_SOURCE}};
    struct arch_code code;
    char other[300];
    world_init(&world, &tiny_llama, NULL);
    arch_code_full(supernet_shape(world.supernet), &code);
#define WRITE()                                                                                    \
    folder_write(world.supernet, world.tokenizer, &code, &options, world.out, &result, &error)
    make(&world, "8888", WEIGHT_SOURCE, false);
    assert_int_equal(WRITE(), STATUS_INVALID);
    assert_non_null(strstr(error.message, "exists already; --force replaces it"));
    options.replace = true;
    must(WRITE(), &error);
    assert_int_equal(entries(world.folder), 2);
    snprintf(other, sizeof other, "%s/thesis.txt", world.out);
    assert_int_equal(atomic_file_put(other, "years", 5, NULL), STATUS_OK);
    assert_int_equal(WRITE(), STATUS_INVALID);
    assert_non_null(strstr(error.message, "holds thesis.txt"));
    assert_int_equal(access(other, F_OK), 0);
    snprintf(world.out, sizeof world.out, "%s/model.gguf", world.folder);
    assert_int_equal(WRITE(), STATUS_INVALID);
    assert_non_null(strstr(error.message, "is the model that would be extracted from"));
    snprintf(world.out, sizeof world.out, "%s/file", world.folder);
    assert_int_equal(atomic_file_put(world.out, "x", 1, NULL), STATUS_OK);
    assert_int_equal(WRITE(), STATUS_INVALID);
    assert_non_null(strstr(error.message, "is a file"));
    snprintf(world.out, sizeof world.out, "%s/absent/folder", world.folder);
    assert_int_equal(WRITE(), STATUS_IO);
    assert_int_equal(entries(world.folder), 3);
    world_release(&world);
}

/* The file size limit stands for a full disk: at none of its sizes is anything left. */
static void a_full_disk_leaves_nothing(void **state)
{
    (void)state;
    struct world world;
    struct folder_result result;
    struct rlimit before;
    struct error error = {0};
    world_init(&world, &tiny_llama, NULL);
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    for (rlim_t limit = 0; limit < 200000; limit += 1 + limit * 2) {
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &(struct rlimit){limit, before.rlim_max}), 0);
        const enum status status = try(&world, "8888", WEIGHT_SOURCE, false, &result, &error);
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
        assert_int_equal(status, STATUS_IO);
        assert_non_null(strstr(error.message, world.out));
        assert_int_equal(entries(world.folder), 1);
    }
    world_release(&world);
}

static int stop_at_half(void *context, double done)
{
    (void)context;
    return done > 0.5;
}

static void cancelling_and_no_memory_leave_nothing(void **state)
{
    (void)state;
    const struct extract_options options = {
        .weights = {.type = WEIGHT_SOURCE, .head = WEIGHT_SOURCE}, .progress = stop_at_half};
    struct world world;
    struct folder_result result;
    struct arch_code code;
    struct error error = {0};
    unsigned long k = 1;
    world_init(&world, &tiny_llama, NULL);
    arch_code_full(supernet_shape(world.supernet), &code);
    assert_int_equal(
        folder_write(world.supernet, world.tokenizer, &code, &options, world.out, &result, &error),
        STATUS_CANCELLED);
    assert_int_equal(entries(world.folder), 1);
    for (;; k += 1 + k / 20) {
        memory_fail_at(k);
        const enum status status = try(&world, "84.0", WEIGHT_F16, true, &result, &error);
        memory_fail_at(0);
        if (status == STATUS_OK)
            break;
        assert_int_equal(status, STATUS_MEMORY);
        assert_int_equal(entries(world.folder), 1);
    }
    assert_in_range(k, 50, 100000);
    world_release(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_folder_is_the_model),
        cmocka_unit_test(narrow_and_padded_networks),
        cmocka_unit_test(what_a_folder_cannot_tell_is_refused),
        cmocka_unit_test(existing_folders),
        cmocka_unit_test(a_full_disk_leaves_nothing),
        cmocka_unit_test(cancelling_and_no_memory_leave_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
