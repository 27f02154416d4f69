/* logits MODEL OUT.f32 [CODE [TYPE]] < TEXT: the ids of the text on standard output, and the logits
 * behind each of them in the file, [tokens][vocabulary] floats. */
#include "model/forward.h"
#include "model/tokenizer.h"

#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>

static char text[1 << 16];

static enum status compute(struct supernet *supernet, const struct token_list *list,
                           const struct arch_code *code, const struct weight_options *weights,
                           float *logits, struct error *error)
{
    const uint32_t count = (uint32_t)list->count;
    const struct forward_segment segment = {.parent = -1, .first = 0, .count = count};
    const struct forward_batch batch = {
        .token = list->id, .tokens = count, .segment = &segment, .segments = 1};
    struct forward_scratch *scratch = NULL;
    struct subnet *subnet = NULL;
    uint32_t *row = memory_new(count, sizeof *row, error);
    enum status status = row != NULL ? STATUS_OK : STATUS_MEMORY;
    for (uint32_t i = 0; status == STATUS_OK && i < count; i++)
        row[i] = i;
    if (status == STATUS_OK)
        status = subnet_new(supernet, code, weights, &subnet, error);
    if (status == STATUS_OK)
        status = forward_scratch_new(&scratch, error);
    if (status == STATUS_OK)
        status = forward_logits(subnet, scratch, &batch, row, count, logits, error);
    forward_scratch_free(scratch);
    subnet_free(subnet);
    memory_free(row);
    return status;
}

int main(int argc, char **argv)
{
    struct weight_options weights = {.type = WEIGHT_SOURCE, .head = WEIGHT_SOURCE};
    struct supernet *supernet = NULL;
    struct tokenizer *tokenizer = NULL;
    struct token_list list = {0};
    struct arch_code code;
    struct error error = {.message = "MODEL OUT.f32 [CODE [TYPE]]"};
    float *logits = NULL;
    enum status status = argc >= 3 ? STATUS_OK : STATUS_INVALID;
    const size_t length = fread(text, 1, sizeof text, stdin);
    if (status == STATUS_OK && argc > 4)
        status = weight_type_parse(argv[4], &weights.type, &error);
    if (status == STATUS_OK)
        status = supernet_open(argv[1], &supernet, &error);
    if (status == STATUS_OK)
        status = tokenizer_new(supernet_gguf(supernet), &tokenizer, &error);
    if (status == STATUS_OK)
        status = tokenizer_encode(tokenizer, text, length, true, false, &list, &error);
    if (status == STATUS_OK) {
        const struct arch_shape *shape = supernet_shape(supernet);
        arch_code_full(shape, &code);
        if (argc > 3)
            status = arch_code_parse(shape, argv[3], &code, &error);
        logits = memory_new(list.count * shape->vocabulary, sizeof *logits, &error);
        if (logits == NULL)
            status = STATUS_MEMORY;
    }
    if (status == STATUS_OK)
        status = compute(supernet, &list, &code, &weights, logits, &error);
    FILE *out = status == STATUS_OK ? fopen(argv[2], "wb") : NULL;
    for (size_t i = 0; i < list.count; i++)
        printf("%d%c", (int)list.id[i], i + 1 < list.count ? ' ' : '\n');
    if (out == NULL ||
        fwrite(logits, sizeof *logits * supernet_shape(supernet)->vocabulary, list.count, out) !=
            list.count ||
        fclose(out) != 0) {
        fprintf(stderr, "logits: %s\n", error.message);
        return 2;
    }
    memory_free(logits);
    token_list_release(&list);
    tokenizer_free(tokenizer);
    supernet_close(supernet);
    return 0;
}
