/* Extraction: sizes to the byte, metadata, the same numbers, and nothing left behind on failure. */
#include "base/memory.h"
#include "base/rng.h"
#include "model/extract.h"
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

static const struct weight_options source = {WEIGHT_SOURCE, WEIGHT_SOURCE, false};
static const struct tiny_recipe tiny = {.layers = 6,
                                        .hidden = 64,
                                        .head_size = 16,
                                        .heads = {4, 4, 4, 4, 4, 4},
                                        .kv_heads = {2, 2, 2, 2, 2, 2},
                                        .width = {160, 160, 160, 160, 160, 160},
                                        .seed = 7};

/* ---- a folder with a model in it ---- */

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

/* A random permutation a layer, and random means. */
static void shuffle_order(struct supernet *supernet, uint64_t seed)
{
    const struct arch_shape *shape = supernet_shape(supernet);
    struct model_order order = {.layers = shape->layers};
    struct error error;
    struct rng rng;
    rng_init(&rng, seed, "test_extract", 0);
    order.width = memory_new(shape->layers, sizeof *order.width, NULL);
    order.neuron = memory_new(shape->layers, sizeof *order.neuron, NULL);
    order.mean = memory_new(shape->layers, sizeof *order.mean, NULL);
    for (uint32_t l = 0; l < shape->layers; l++) {
        const uint32_t width = shape->layer[l].intermediate;
        if (width == 0)
            continue;
        order.width[l] = width;
        order.neuron[l] = memory_new(width, sizeof **order.neuron, NULL);
        order.mean[l] = memory_new(width, sizeof **order.mean, NULL);
        for (uint32_t i = 0; i < width; i++) {
            order.mean[l][i] = 0.1F * (float)rng_normal(&rng);
            const uint32_t j = rng_below(&rng, i + 1);
            order.neuron[l][i] = order.neuron[l][j];
            order.neuron[l][j] = i;
        }
    }
    must(supernet_set_order(supernet, &order, &error), &error);
    model_order_release(&order);
}

static void world_init(struct world *world, const struct tiny_recipe *recipe, bool order)
{
    struct error error;
    world->folder = support_folder();
    snprintf(world->model, sizeof world->model, "%s/model.gguf", world->folder);
    snprintf(world->out, sizeof world->out, "%s/out.gguf", world->folder);
    tiny_write(recipe, world->model);
    must(supernet_open(world->model, &world->supernet, &error), &error);
    must(tokenizer_new(supernet_gguf(world->supernet), &world->tokenizer, &error), &error);
    if (order)
        shuffle_order(world->supernet, 11);
}

static unsigned files_in(const char *folder)
{
    unsigned count = 0;
    DIR *list = opendir(folder);
    assert_non_null(list);
    for (struct dirent *entry = readdir(list); entry != NULL; entry = readdir(list))
        count += entry->d_name[0] != '.';
    closedir(list);
    return count;
}

static void world_release(struct world *world)
{
    tokenizer_free(world->tokenizer);
    supernet_close(world->supernet);
    unlink(world->model);
    unlink(world->out);
    assert_int_equal(files_in(world->folder), 0);
    support_folder_remove(world->folder);
}

static struct arch_code code_of(const struct supernet *supernet, const char *text)
{
    struct arch_code code;
    struct error error = {0};
    must(arch_code_parse(supernet_shape(supernet), text, &code, &error), &error);
    return code;
}

static struct extract_result extract(struct world *world, const char *text,
                                     const struct weight_options *weights)
{
    const struct extract_options options = {.weights = *weights, .replace = true};
    const struct arch_code code = code_of(world->supernet, text);
    struct extract_result result;
    struct error error;
    must(extract_write(world->supernet, world->tokenizer, &code, &options, world->out, &result,
                       &error),
         &error);
    return result;
}

/* ---- the same numbers, checked by the naive oracle too ---- */

static void oracle_logits(struct supernet *supernet, const struct arch_code *code,
                          const struct weight_options *weights, float *logits)
{
    static const int32_t token[6] = {1, 17, 40, 3, 95, 17};
    struct subnet *subnet;
    struct error error;
    must(subnet_new(supernet, code, weights, &subnet, &error), &error);
    must(reference_logits(subnet, token, 6, logits, &error), &error);
    subnet_free(subnet);
}

static double oracle_difference(struct world *world, const char *text,
                                const struct weight_options *weights)
{
    const size_t count = 6 * (size_t)supernet_shape(world->supernet)->vocabulary;
    const struct arch_code code = code_of(world->supernet, text);
    struct supernet *written;
    struct arch_code whole;
    struct error error;
    float *a = memory_new(count, sizeof *a, NULL), *b = memory_new(count, sizeof *b, NULL);
    double largest = 0, size = 0;
    must(supernet_open(world->out, &written, &error), &error);
    arch_code_full(supernet_shape(written), &whole);
    oracle_logits(world->supernet, &code, weights, a);
    oracle_logits(written, &whole, &source, b);
    for (size_t i = 0; i < count; i++) {
        largest = fmax(largest, fabs((double)a[i] - (double)b[i]));
        size = fmax(size, fabs((double)a[i]));
    }
    assert_true(size > 0.1); /* logits that say something */
    memory_free(a);
    memory_free(b);
    supernet_close(written);
    return largest;
}

static void check_all(struct world *world, const char *text, const struct weight_options *weights)
{
    const struct arch_code code = code_of(world->supernet, text);
    const struct extract_result result = extract(world, text, weights);
    struct error error;
    struct stat file;
    uint64_t counted;

    must(extract_count(world->supernet, &code, weights, &counted, &error), &error);
    assert_int_equal(stat(world->out, &file), 0);
    assert_int_equal(result.bytes, (uint64_t)file.st_size);
    assert_int_equal(result.shown_bytes, (uint64_t)file.st_size);
    assert_int_equal(counted, (uint64_t)file.st_size);
    assert_true(result.verified);
    assert_true(result.max_logit_error <= 1e-5);
    assert_true(oracle_difference(world, text, weights) <= 1e-5);
}

static const char *const codes6[] = {"888888", "8.88.8", "4.6821", "h8888h", "80888g",
                                     "h0h0.8", "0.....", "d.....", "000000", ".hhhhh",
                                     "444444", "abcdef", "..8.0.", "777777"};

static void llama_files_hold_the_same_numbers(void **state)
{
    static const struct weight_options types[] = {
        {WEIGHT_SOURCE, WEIGHT_SOURCE, false}, {WEIGHT_F32, WEIGHT_SOURCE, false},
        {WEIGHT_F16, WEIGHT_SOURCE, false},    {WEIGHT_BF16, WEIGHT_SOURCE, false},
        {WEIGHT_Q8_0, WEIGHT_SOURCE, false},   {WEIGHT_Q4_0, WEIGHT_SOURCE, false},
        {WEIGHT_Q4_1, WEIGHT_Q8_0, false},     {WEIGHT_Q5_0, WEIGHT_Q5_1, false},
        {WEIGHT_SOURCE, WEIGHT_SOURCE, true},  {WEIGHT_Q5_1, WEIGHT_SOURCE, true}};
    (void)state;
    struct world world;
    world_init(&world, &tiny, true);
    for (size_t c = 0; c < sizeof codes6 / sizeof *codes6; c++)
        for (size_t t = 0; t < sizeof types / sizeof *types; t++)
            check_all(&world, codes6[c], &types[t]);
    world_release(&world);
}

/* Padded files: of architecture llama, as large as shown, every layer of one width, the same
 * numbers. */
static void padded_files_hold_the_same_numbers(void **state)
{
    static const enum weight_type types[] = {WEIGHT_SOURCE, WEIGHT_F16, WEIGHT_Q8_0, WEIGHT_Q4_1};
    (void)state;
    struct tiny_recipe recipe = tiny;
    recipe.biases = true;
    for (uint32_t l = 0; l < recipe.layers; l++)
        recipe.width[l] = 172; /* which 32 does not divide: full downs are F16, cut ones are not */
    struct world world;
    world_init(&world, &recipe, true);
    for (size_t i = 0; i < sizeof codes6 / sizeof *codes6 * 4; i++) {
        const char *text = codes6[i / 4];
        const struct extract_options options = {
            .weights = {.type = types[i % 4], .head = WEIGHT_SOURCE}, .pad = true, .replace = true};
        const struct arch_code code = code_of(world.supernet, text);
        struct extract_result result;
        struct supernet *written;
        struct stat file;
        struct error error;
        must(extract_write(world.supernet, world.tokenizer, &code, &options, world.out, &result,
                           &error),
             &error);
        assert_int_equal(stat(world.out, &file), 0);
        assert_int_equal(result.bytes, (uint64_t)file.st_size);
        assert_int_equal(arch_bytes_padded(supernet_shape(world.supernet), &code, &options.weights),
                         (uint64_t)file.st_size);
        assert_false(result.deci);
        assert_true(oracle_difference(&world, text, &options.weights) <= 1e-4);
        must(supernet_open(world.out, &written, &error), &error);
        const struct arch_shape *shape = supernet_shape(written);
        for (uint32_t l = 0; l < shape->layers; l++) {
            assert_true(shape->layer[l].attention);
            assert_int_equal(shape->layer[l].intermediate, shape->layer[0].intermediate);
        }
        supernet_close(written);
    }
    world_release(&world);
}

/* Quantized, untied, with biases and rope factors, a width that 32 does not divide. */
static void other_shapes_hold_the_same_numbers(void **state)
{
    static const struct {
        enum weight_type matrix;
        uint32_t intermediate, layers;
        bool tied, biases, rope_freqs;
    } row[] = {
        {WEIGHT_Q4_1, 160, 6, true, false, false}, {WEIGHT_Q8_0, 192, 6, false, true, true},
        {WEIGHT_F16, 172, 6, false, true, false},  {WEIGHT_BF16, 33, 6, true, true, true},
        {WEIGHT_Q4_0, 32, 6, false, false, false}, {WEIGHT_F32, 20, 6, true, true, false},
    };
    static const struct weight_options q4 = {WEIGHT_Q4_0, WEIGHT_F16, false},
                                       compensated = {WEIGHT_SOURCE, WEIGHT_SOURCE, true};
    (void)state;
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        struct tiny_recipe recipe = tiny;
        struct world world;
        recipe.matrix = row[i].matrix;
        recipe.embedding = i % 2 ? WEIGHT_Q8_0 : WEIGHT_F16;
        for (uint32_t l = 0; l < recipe.layers; l++)
            recipe.width[l] = row[i].intermediate;
        recipe.untied = !row[i].tied;
        recipe.biases = row[i].biases;
        recipe.rope_factors = row[i].rope_freqs;
        world_init(&world, &recipe, i % 3 != 0);
        for (size_t c = 0; c < sizeof codes6 / sizeof *codes6; c++) {
            check_all(&world, codes6[c], &source);
            check_all(&world, codes6[c], &q4);
            if (i % 3 != 0) /* it has an order, so means */
                check_all(&world, codes6[c], &compensated);
        }
        world_release(&world);
    }
}

static void deci_sources_hold_the_same_numbers(void **state)
{
    (void)state;
    struct tiny_recipe recipe = tiny_deci;
    struct world world;
    recipe.layers = 6;
    recipe.heads[1] = recipe.kv_heads[1] = 0;
    recipe.heads[5] = recipe.kv_heads[5] = 2;
    recipe.width[5] = 32;
    recipe.matrix = WEIGHT_Q8_0;
    world_init(&world, &recipe, true);
    for (size_t c = 0; c < sizeof codes6 / sizeof *codes6; c++)
        check_all(&world, codes6[c], &source);
    check_all(&world, "84h.40", &(struct weight_options){WEIGHT_SOURCE, WEIGHT_SOURCE, true});
    check_all(&world, ".88888", &source); /* the first kept layer has none in the source either */
    world_release(&world);
}

/* ---- sizes ---- */

static void counting_equals_the_closed_form(void **state)
{
    static const enum weight_type types[] = {WEIGHT_SOURCE, WEIGHT_F32,  WEIGHT_F16,
                                             WEIGHT_BF16,   WEIGHT_Q8_0, WEIGHT_Q4_0,
                                             WEIGHT_Q4_1,   WEIGHT_Q5_0, WEIGHT_Q5_1};
    static const char characters[] = "012345678abcdefgh.";
    struct tiny_recipe recipe = tiny;
    struct world world;
    struct rng rng;
    unsigned counted = 0;
    (void)state;
    recipe.layers = TINY_LAYERS;
    recipe.heads[6] = recipe.heads[7] = 4;
    recipe.kv_heads[6] = recipe.kv_heads[7] = 2;
    recipe.width[6] = recipe.width[7] = 160;
    recipe.untied = true;
    world_init(&world, &recipe, true);
    rng_init(&rng, 3, "test_extract", 0);
    while (counted < 300) {
        char text[TINY_LAYERS + 1] = {0};
        struct arch_code code;
        struct error error;
        uint64_t bytes;
        const uint32_t variety = 1 + rng_below(&rng, 18), start = rng_below(&rng, 18);
        for (size_t i = 0; i < TINY_LAYERS; i++)
            text[i] = characters[(start + rng_below(&rng, variety)) % 18];
        if (arch_code_parse(supernet_shape(world.supernet), text, &code, &error) != STATUS_OK)
            continue;
        const struct weight_options weights = {types[rng_below(&rng, 9)], types[rng_below(&rng, 9)],
                                               counted % 2 == 0};
        must(extract_count(world.supernet, &code, &weights, &bytes, &error), &error);
        assert_int_equal(bytes, arch_bytes(supernet_shape(world.supernet), &code, &weights));
        counted++;
    }
    world_release(&world);
}

/* ---- metadata ---- */

static const struct gguf_pair *pair_of(const struct gguf *gguf, const char *key,
                                       enum gguf_type type, uint64_t count)
{
    const struct gguf_pair *pair = gguf_find(gguf, key);
    if (pair == NULL)
        fail_msg("%s is missing", key);
    assert_int_equal(pair->type, count > 1 ? GGUF_ARRAY : type);
    assert_int_equal(pair->element, type);
    assert_int_equal(pair->count, count);
    return pair;
}

static void check_numbers(const struct gguf *gguf, const char *key, const double *expected,
                          uint64_t count, enum gguf_type type)
{
    const struct gguf_pair *pair = pair_of(gguf, key, type, count);
    for (uint64_t i = 0; i < count; i++)
        assert_true(gguf_number_at(pair, i) == expected[i]);
}

static void check_string(const struct gguf *gguf, const char *key, const char *expected)
{
    struct gguf_string value;
    struct error error;
    must(gguf_get_string(gguf, key, true, &value, &error), &error);
    assert_int_equal(value.length, strlen(expected));
    assert_memory_equal(value.data, expected, value.length);
}

/* Every pair of the source is there, under the new prefix, unless the sub-network changes it. */
static void check_carried(const struct gguf *from, const struct gguf *to, const char *prefix)
{
    static const char *const changed[] = {
        "general.architecture",          "llama.block_count",
        "llama.feed_forward_length",     "llama.attention.head_count",
        "llama.attention.head_count_kv", "llama.attention.key_length",
        "llama.attention.value_length"};
    unsigned carried = 0;
    for (size_t i = 0; i < gguf_pair_count(from); i++) {
        const struct gguf_pair *pair = gguf_pair_at(from, i);
        char key[128], renamed[160];
        bool skip = false;
        snprintf(key, sizeof key, "%.*s", (int)pair->key.length, pair->key.data);
        for (size_t c = 0; c < sizeof changed / sizeof *changed; c++)
            skip = skip || strcmp(key, changed[c]) == 0;
        if (skip)
            continue;
        if (strncmp(key, "llama.", 6) == 0)
            snprintf(renamed, sizeof renamed, "%s.%s", prefix, key + 6);
        else
            snprintf(renamed, sizeof renamed, "%s", key);
        const struct gguf_pair *copy = gguf_find(to, renamed);
        if (copy == NULL)
            fail_msg("%s was not carried over as %s", key, renamed);
        assert_int_equal(copy->type, pair->type);
        assert_int_equal(copy->value_bytes, pair->value_bytes);
        assert_memory_equal(copy->value, pair->value, pair->value_bytes);
        carried++;
    }
    assert_true(carried >= 10);
}

static void metadata_is_carried_and_rewritten(void **state)
{
    (void)state;
    struct world world;
    struct gguf *gguf;
    struct error error;
    char sha256[SHA256_HEX];
    const double widths[] = {160, 32, 96, 160}, heads[] = {4, 4, 4, 0}, kv[] = {2, 2, 2, 0};
    const double sorted[] = {0, 1, 1, 0}, four = 4, two = 2, six = 6, full = 160;
    world_init(&world, &tiny, true);
    must(sha256_file(world.model, sha256, &error), &error);

    assert_true(extract(&world, "8.15.h", &source).deci);
    must(gguf_open(world.out, &gguf, &error), &error);
    check_string(gguf, "general.architecture", "deci");
    check_string(gguf, "paretop.code", "8.14.h"); /* 5/8 and 4/8 of 160 are both 96 */
    check_string(gguf, "paretop.source_sha256", sha256);
    check_numbers(gguf, "deci.block_count", &four, 1, GGUF_U32);
    check_numbers(gguf, "deci.feed_forward_length", widths, 4, GGUF_I32);
    check_numbers(gguf, "deci.attention.head_count", heads, 4, GGUF_I32);
    check_numbers(gguf, "deci.attention.head_count_kv", kv, 4, GGUF_I32);
    check_numbers(gguf, "paretop.neurons_sorted", sorted, 4, GGUF_BOOL);
    check_carried(supernet_gguf(world.supernet), gguf, "deci");
    assert_null(gguf_find(gguf, "llama.context_length"));
    gguf_close(gguf);

    const struct weight_options q8 = {WEIGHT_Q8_0, WEIGHT_SOURCE, false};
    const double q8_file = 7;
    assert_false(extract(&world, "888888", &q8).deci);
    must(gguf_open(world.out, &gguf, &error), &error);
    check_string(gguf, "general.architecture", "llama");
    check_numbers(gguf, "llama.block_count", &six, 1, GGUF_U32);
    check_numbers(gguf, "llama.feed_forward_length", &full, 1, GGUF_U32);
    check_numbers(gguf, "llama.attention.head_count", &four, 1, GGUF_U32);
    check_numbers(gguf, "llama.attention.head_count_kv", &two, 1, GGUF_U32);
    check_numbers(gguf, "general.file_type", &q8_file, 1, GGUF_U32);
    check_numbers(gguf, "general.quantization_version", &two, 1, GGUF_U32);
    check_carried(supernet_gguf(world.supernet), gguf, "llama");
    gguf_close(gguf);
    world_release(&world);
}

/* ---- bytes ---- */

static const struct gguf_tensor *tensor_of(const struct gguf *gguf, const char *name)
{
    const struct gguf_tensor *tensor = gguf_tensor_find(gguf, name);
    if (tensor == NULL)
        fail_msg("%s is missing", name);
    return tensor;
}

static void whole_tensors_are_copied_and_cuts_follow_the_order(void **state)
{
    (void)state;
    struct tiny_recipe recipe = tiny;
    struct world world;
    struct gguf *gguf;
    struct error error;
    recipe.matrix = WEIGHT_Q4_1;
    world_init(&world, &recipe, true);
    extract(&world, "84.888", &source);
    must(gguf_open(world.out, &gguf, &error), &error);
    const struct gguf *from = supernet_gguf(world.supernet);
    static const char *const same[][2] = {{"token_embd.weight", "token_embd.weight"},
                                          {"blk.0.ffn_down.weight", "blk.0.ffn_down.weight"},
                                          {"blk.3.ffn_down.weight", "blk.2.ffn_down.weight"},
                                          {"blk.1.attn_q.weight", "blk.1.attn_q.weight"},
                                          {"blk.5.attn_norm.weight", "blk.4.attn_norm.weight"}};
    for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
        const struct gguf_tensor *a = tensor_of(from, same[i][0]), *b = tensor_of(gguf, same[i][1]);
        assert_int_equal(a->bytes, b->bytes);
        assert_memory_equal(a->data, b->data, a->bytes);
    }
    const struct gguf_tensor *up = tensor_of(from, "blk.1.ffn_up.weight");
    const struct gguf_tensor *cut = tensor_of(gguf, "blk.1.ffn_up.weight");
    const uint32_t *neuron = supernet_neurons(world.supernet, 1);
    const size_t row = 64 / 32 * 20;
    assert_int_equal(cut->size[1], 96); /* 160 / 2 = 80, rounded half up to 96 */
    for (size_t i = 0; i < 96; i++)
        assert_memory_equal((const char *)cut->data + i * row,
                            (const char *)up->data + neuron[i] * row, row);
    gguf_close(gguf);
    world_release(&world);
}

/* A file cut once is never sorted again, whatever order is set. */
static void an_extracted_file_is_a_model_like_others(void **state)
{
    (void)state;
    struct world first, second;
    const double sorted[] = {1, 1, 0};
    struct error error;
    struct gguf *gguf;
    world_init(&first, &tiny, true);
    extract(&first, "66.888", &source);
    second = first;
    snprintf(second.out, sizeof second.out, "%s/second.gguf", first.folder);
    must(supernet_open(first.out, &second.supernet, &error), &error);
    shuffle_order(second.supernet, 5);
    assert_null(supernet_neurons(second.supernet, 0));
    assert_non_null(supernet_neurons(second.supernet, 2));
    check_all(&second, "53..8", &source);
    check_all(&second, "h2..8", &source);
    check_all(&second, "82..8", &source);
    must(gguf_open(second.out, &gguf, &error), &error);
    check_numbers(gguf, "paretop.neurons_sorted", sorted, 3, GGUF_BOOL);
    check_string(gguf, "paretop.code", "81..8");
    gguf_close(gguf);
    supernet_close(second.supernet);
    unlink(second.out);
    world_release(&first);
}

/* ---- failures leave nothing behind ---- */

static void existing_files_are_not_replaced_unasked(void **state)
{
    (void)state;
    const struct extract_options keep = {.weights = source}, force = {source, .replace = true};
    struct world world;
    struct extract_result result;
    struct error error;
    world_init(&world, &tiny, false);
    const struct arch_code code = code_of(world.supernet, "888888");
    extract(&world, "8.8888", &source);
    assert_int_equal(extract_write(world.supernet, NULL, &code, &keep, world.out, &result, &error),
                     STATUS_INVALID);
    assert_non_null(strstr(error.message, "--force"));
    assert_int_equal(
        extract_write(world.supernet, NULL, &code, &force, world.model, &result, &error),
        STATUS_INVALID);
    assert_int_equal(files_in(world.folder), 2);
    world_release(&world);
}

static int stop_at_half(void *context, double done)
{
    double *last = context;
    assert_true(done >= *last && done <= 1);
    *last = done;
    return done > 0.5;
}

static void cancelling_leaves_nothing(void **state)
{
    (void)state;
    double done = 0;
    const struct extract_options options = {
        .weights = source, .progress = stop_at_half, .context = &done};
    struct world world;
    struct extract_result result;
    struct error error;
    world_init(&world, &tiny, false);
    const struct arch_code code = code_of(world.supernet, "8.8888");
    assert_int_equal(
        extract_write(world.supernet, NULL, &code, &options, world.out, &result, &error),
        STATUS_CANCELLED);
    assert_in_range((int)(done * 100), 50, 99);
    assert_int_equal(files_in(world.folder), 1);
    world_release(&world);
}

static void a_full_disk_leaves_nothing(void **state)
{
    (void)state;
    const struct extract_options options = {.weights = source};
    struct world world;
    struct extract_result result;
    struct rlimit before, small;
    struct error error;
    world_init(&world, &tiny, false);
    const struct arch_code code = code_of(world.supernet, "888888");
    const uint64_t bytes = arch_bytes(supernet_shape(world.supernet), &code, &source);
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    for (uint64_t limit = 0; limit < bytes; limit += bytes / 7) {
        small = (struct rlimit){limit, before.rlim_max};
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
        const enum status status =
            extract_write(world.supernet, NULL, &code, &options, world.out, &result, &error);
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
        assert_int_equal(status, STATUS_IO);
        assert_non_null(strstr(error.message, world.out));
        assert_int_equal(files_in(world.folder), 1);
    }
    extract(&world, "888888", &source);
    world_release(&world);
}

/* Every allocation of an extraction made to fail in turn. */
static void out_of_memory_leaves_nothing(void **state)
{
    (void)state;
    const struct weight_options q8 = {WEIGHT_Q8_0, WEIGHT_SOURCE, false};
    const struct extract_options options = {.weights = q8};
    struct world world;
    struct extract_result result;
    struct error error;
    unsigned long k = 1;
    world_init(&world, &tiny, false);
    const struct arch_code code = code_of(world.supernet, "84.0h8");
    for (;; k++) {
        memory_fail_at(k);
        const enum status status =
            extract_write(world.supernet, NULL, &code, &options, world.out, &result, &error);
        memory_fail_at(0);
        if (status == STATUS_OK)
            break;
        assert_int_equal(status, STATUS_MEMORY);
        assert_int_equal(files_in(world.folder), 1);
    }
    assert_in_range(k, 50, 100000);
    world_release(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(llama_files_hold_the_same_numbers),
        cmocka_unit_test(padded_files_hold_the_same_numbers),
        cmocka_unit_test(other_shapes_hold_the_same_numbers),
        cmocka_unit_test(deci_sources_hold_the_same_numbers),
        cmocka_unit_test(counting_equals_the_closed_form),
        cmocka_unit_test(metadata_is_carried_and_rewritten),
        cmocka_unit_test(whole_tensors_are_copied_and_cuts_follow_the_order),
        cmocka_unit_test(an_extracted_file_is_a_model_like_others),
        cmocka_unit_test(existing_files_are_not_replaced_unasked),
        cmocka_unit_test(cancelling_leaves_nothing),
        cmocka_unit_test(a_full_disk_leaves_nothing),
        cmocka_unit_test(out_of_memory_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
