/* fuzz_safetensors [--rounds N] [--seed S]: a tiny Hugging Face folder, one of whose files (the
 * weights' header, config.json, tokenizer.json, tokenizer_config.json) has some bytes changed or is
 * cut short, is opened; what opens is run and encodes a text. Anything but STATUS_OK,
 * STATUS_INVALID and STATUS_MEMORY is a failure, and so is whatever the sanitizers find. */
#include "io/atomic_file.h"
#include "model/folder.h"
#include "support.h"

#include "base/memory.h"
#include "base/rng.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FILES 4

struct fuzz {
    char *folder, out[256];
    struct {
        char path[300], *data;
        size_t length, changeable; /* its first bytes */
    } file[FILES];
    struct rng rng;
    unsigned long opened;
};

static unsigned long option(int argc, char **argv, const char *name, unsigned long value)
{
    for (int i = 1; i + 1 < argc; i++)
        if (strcmp(argv[i], name) == 0)
            value = strtoul(argv[i + 1], NULL, 10);
    return value;
}

static enum status make_folder(struct fuzz *f, struct error *error)
{
    static const char *const names[FILES] = {"model.safetensors", "config.json", "tokenizer.json",
                                             "tokenizer_config.json"};
    const struct extract_options options = {
        .weights = {.type = WEIGHT_BF16, .head = WEIGHT_SOURCE}};
    const struct tiny_options tiny = {
        .layers = 2, .hidden = 32, .intermediate = 64, .context = 64, .sentencepiece = true};
    struct folder_result result;
    struct supernet *supernet = NULL;
    struct tokenizer *tokenizer = NULL;
    struct arch_code code;
    char model[256];
    f->folder = support_folder();
    snprintf(model, sizeof model, "%s/model.gguf", f->folder);
    snprintf(f->out, sizeof f->out, "%s/out", f->folder);
    enum status status = support_tiny_model(model, &tiny, error);
    if (status == STATUS_OK && (status = supernet_open(model, &supernet, error)) == STATUS_OK &&
        (status = tokenizer_new(supernet_gguf(supernet), &tokenizer, error)) == STATUS_OK) {
        arch_code_full(supernet_shape(supernet), &code);
        status = folder_write(supernet, tokenizer, &code, &options, f->out, &result, error);
    }
    tokenizer_free(tokenizer);
    supernet_close(supernet);
    for (int i = 0; status == STATUS_OK && i < FILES; i++) {
        snprintf(f->file[i].path, sizeof f->file[i].path, "%s/%s", f->out, names[i]);
        status = file_read(f->file[i].path, &f->file[i].data, &f->file[i].length, error);
        f->file[i].changeable = f->file[i].length;
        uint64_t header = 0;
        if (i == 0 && status == STATUS_OK) {
            memcpy(&header, f->file[i].data, sizeof header);
            f->file[i].changeable = (size_t)header + sizeof header;
        }
    }
    return status;
}

/* Digits and JSON's signs more often than other bytes: most changes are to stay JSON. */
static void change(struct fuzz *f, char *data, size_t length)
{
    static const char signs[] = "0123456789-.,:[]{}\"en";
    for (uint32_t i = 1 + rng_below(&f->rng, 3); i > 0; i--) {
        char *at = &data[rng_below(&f->rng, (uint32_t)length)];
        if (*at >= '0' && *at <= '9' && rng_below(&f->rng, 4) != 0)
            *at = (char)('0' + rng_below(&f->rng, 10));
        else
            *at = rng_below(&f->rng, 2) == 0 ? signs[rng_below(&f->rng, sizeof signs - 1)]
                                             : (char)rng_next(&f->rng);
    }
}

static enum status use(const char *folder, struct error *error)
{
    static const int32_t token[4] = {1, 5, 9, 13};
    static const struct forward_segment segment = {-1, 0, 4};
    static const struct forward_target target = {3, 1};
    static const char text[] = "The river rises in the hills; \xE6\x97\xA5.";
    const struct forward_batch batch = {token, 4, &segment, 1, &target, 1, 0};
    struct supernet *supernet = NULL;
    struct tokenizer *tokenizer = NULL;
    struct subnet *subnet = NULL;
    struct forward_scratch *scratch = NULL;
    struct token_list list = {0};
    struct arch_code code;
    float loglik;
    enum status status = supernet_open(folder, &supernet, error);
    if (status == STATUS_OK && supernet_shape(supernet)->vocabulary > 13) {
        arch_code_full(supernet_shape(supernet), &code);
        if ((status = subnet_new(supernet, &code, NULL, &subnet, error)) == STATUS_OK &&
            (status = forward_scratch_new(&scratch, error)) == STATUS_OK &&
            (status = forward_score(subnet, scratch, &batch, &loglik, error)) == STATUS_OK &&
            (status = tokenizer_new(supernet_gguf(supernet), &tokenizer, error)) == STATUS_OK)
            status = tokenizer_encode(tokenizer, text, sizeof text - 1, true, true, &list, error);
    }
    token_list_release(&list);
    tokenizer_free(tokenizer);
    forward_scratch_free(scratch);
    subnet_free(subnet);
    supernet_close(supernet);
    return status;
}

static int round_of(struct fuzz *f, unsigned long round, struct error *error)
{
    /* the weights' header in every other round */
    const uint32_t which = rng_below(&f->rng, 2) == 0 ? 0 : rng_below(&f->rng, FILES);
    const size_t length = f->file[which].length;
    char *changed = memory_new(length, 1, error);
    if (changed == NULL)
        return 1;
    memcpy(changed, f->file[which].data, length);
    change(f, changed, f->file[which].changeable);
    const size_t cut = rng_below(&f->rng, 16) == 0 ? rng_below(&f->rng, (uint32_t)length) : length;
    enum status status = atomic_file_put(f->file[which].path, changed, cut, error);
    memory_free(changed);
    if (status != STATUS_OK)
        return 1;
    error->message[0] = '\0';
    status = use(f->out, error);
    f->opened += status == STATUS_OK;
    if (status != STATUS_OK &&
        (error->message[0] == '\0' || (status != STATUS_INVALID && status != STATUS_MEMORY))) {
        fprintf(stderr, "fuzz_safetensors: round %lu: status %d: %s\n", round, (int)status,
                error->message);
        return 1;
    }
    return atomic_file_put(f->file[which].path, f->file[which].data, length, error) != STATUS_OK;
}

int main(int argc, char **argv)
{
    struct fuzz f = {0};
    struct error error = {0};
    const unsigned long rounds = option(argc, argv, "--rounds", 1000);
    rng_init(&f.rng, option(argc, argv, "--seed", 1), "fuzz_safetensors", 0);
    int failed = make_folder(&f, &error) != STATUS_OK;
    for (unsigned long round = 0; !failed && round < rounds; round++)
        failed = round_of(&f, round, &error);
    if (failed)
        fprintf(stderr, "fuzz_safetensors: %s\n", error.message);
    for (int i = 0; i < FILES; i++)
        memory_free(f.file[i].data);
    support_folder_remove(f.folder);
    printf("fuzz_safetensors: %lu rounds, %lu folders still opened\n", rounds, f.opened);
    return failed;
}
