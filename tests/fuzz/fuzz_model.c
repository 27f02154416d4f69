/* fuzz_model [--rounds N] [--seed S]: a tiny model file with some bytes of its header changed, or
 * cut short, is opened; what opens is run. Anything but STATUS_OK, STATUS_INVALID and STATUS_MEMORY
 * is a failure, and so is whatever the sanitizers find. Output may be NaN: norms and scales are
 * data. */
#include "model/forward.h"

#include "base/memory.h"
#include "base/rng.h"
#include "io/atomic_file.h"
#include "tiny_model.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>

#include <cmocka.h>

struct fuzz {
    char *original, *changed;
    size_t length, header;
    struct rng rng;
    unsigned long opened;
};

static unsigned long option(int argc, char **argv, const char *name, unsigned long value)
{
    for (int i = 1; i + 1 < argc; i++) {
        if (strcmp(argv[i], name) == 0) {
            value = strtoul(argv[i + 1], NULL, 10);
        }
    }
    return value;
}

static enum status use(const char *path, struct error *error)
{
    static const int32_t token[6] = {1, 5, 9, 13, 17, 21};
    static const struct forward_segment segment[2] = {{-1, 0, 4}, {0, 4, 2}};
    static const struct forward_target target[2] = {{3, 1}, {5, 2}};
    const struct forward_batch batch = {token, 6, segment, 2, target, 2, 0};
    struct supernet *supernet = NULL;
    struct subnet *subnet = NULL;
    struct forward_scratch *scratch = NULL;
    struct arch_code code;
    float loglik[2];
    enum status status = supernet_open(path, &supernet, error);
    if (status == STATUS_OK) {
        arch_code_full(supernet_shape(supernet), &code);
        status = subnet_new(supernet, &code, NULL, &subnet, error);
    }
    if (status == STATUS_OK) {
        status = forward_scratch_new(&scratch, error);
    }
    if (status == STATUS_OK) {
        status = forward_score(subnet, scratch, &batch, loglik, error);
    }
    forward_scratch_free(scratch);
    subnet_free(subnet);
    supernet_close(supernet);
    return status;
}

/* One to four changes: a byte, a small number, or all ones over eight bytes. */
static void change(struct fuzz *f)
{
    memcpy(f->changed, f->original, f->length);
    for (uint32_t i = 1 + rng_below(&f->rng, 4); i > 0; i--) {
        size_t at = rng_below(&f->rng, (uint32_t)f->header - 8);
        switch (rng_below(&f->rng, 4)) {
        case 0:
            f->changed[at] = (char)rng_next(&f->rng);
            break;
        case 1:
            f->changed[at] = (char)(f->changed[at] + (rng_below(&f->rng, 2) == 0 ? 1 : -1));
            break;
        case 2:
            f->changed[at] = (char)(f->changed[at] ^ (1 << rng_below(&f->rng, 8)));
            break;
        default:
            memset(f->changed + at, 0xFF, 1 + rng_below(&f->rng, 8));
        }
    }
}

static int rounds_of(struct fuzz *f, const char *path, unsigned long rounds)
{
    for (unsigned long round = 0; round < rounds; round++) {
        struct error error = {0};
        change(f);
        size_t length =
            rng_below(&f->rng, 8) == 0 ? rng_below(&f->rng, (uint32_t)f->length) : f->length;
        FILE *file = fopen(path, "wb");
        if (file == NULL || fwrite(f->changed, 1, length, file) != length || fclose(file) != 0) {
            fprintf(stderr, "fuzz_model: %s cannot be written\n", path);
            return 1;
        }
        enum status status = use(path, &error);
        f->opened += status == STATUS_OK;
        if (status != STATUS_OK &&
            (error.message[0] == '\0' || (status != STATUS_INVALID && status != STATUS_MEMORY))) {
            fprintf(stderr, "fuzz_model: round %lu: status %d: %s\n", round, (int)status,
                    error.message);
            return 1;
        }
    }
    return 0;
}

int main(int argc, char **argv)
{
    struct fuzz f = {0};
    struct error error = {0};
    char path[256];
    unsigned long rounds = option(argc, argv, "--rounds", 2000);
    struct gguf *gguf = NULL;
    rng_init(&f.rng, option(argc, argv, "--seed", 1), "fuzz_model", 0);
    tiny_path("fuzz", path);
    tiny_write(&tiny_deci, path);
    if (file_read(path, &f.original, &f.length, &error) != STATUS_OK ||
        gguf_open(path, &gguf, &error) != STATUS_OK) {
        fprintf(stderr, "fuzz_model: %s\n", error.message);
        return 1;
    }
    /* The first key starts 32 bytes into the file. */
    f.header = 32 + (size_t)((const char *)gguf_tensor_at(gguf, 0)->data -
                             gguf_pair_at(gguf, 0)->key.data);
    gguf_close(gguf);
    f.changed = memory_new(f.length, 1, &error);
    if (f.changed == NULL) {
        return 1;
    }
    int failed = rounds_of(&f, path, rounds);
    remove(path);
    memory_free(f.original);
    memory_free(f.changed);
    printf("fuzz_model: %lu rounds, %lu files still opened\n", rounds, f.opened);
    return failed;
}
