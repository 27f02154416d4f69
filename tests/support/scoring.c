/* support/scoring: see the header. */
#include "scoring.h"

#include "base/memory.h"
#include "support.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

bool close_to(double found, double expected)
{
    return fabs(found - expected) <= 1e-4 * fabs(expected) + 1e-5;
}

void check(enum status status, const struct error *error)
{
    if (status != STATUS_OK)
        fail_msg("%s", error->message);
}

void open_model(struct model *model, bool sentencepiece, const char *code)
{
    char path[4200];
    struct error error = {0};
    struct arch_code parsed;
    const struct tiny_options options = {.layers = 4,
                                         .hidden = 32,
                                         .intermediate = 64,
                                         .own_output = true,
                                         .sentencepiece = sentencepiece};
    model->folder = support_folder();
    assert_non_null(model->folder);
    snprintf(path, sizeof path, "%s/tiny.gguf", model->folder);
    check(support_tiny_model(path, &options, &error), &error);
    check(supernet_open(path, &model->supernet, &error), &error);
    check(tokenizer_new(supernet_gguf(model->supernet), &model->tokenizer, &error), &error);
    check(arch_code_parse(supernet_shape(model->supernet), code, &parsed, &error), &error);
    check(subnet_new(model->supernet, &parsed, NULL, &model->subnet, &error), &error);
    check(forward_scratch_new(&model->scratch, &error), &error);
    model->vocabulary = tokenizer_vocabulary(model->tokenizer);
    assert_int_equal(tokenizer_adds_bos(model->tokenizer), sentencepiece);
}

void close_model(struct model *model)
{
    forward_scratch_free(model->scratch);
    subnet_free(model->subnet);
    tokenizer_free(model->tokenizer);
    supernet_close(model->supernet);
    support_folder_remove(model->folder);
}

static double log_softmax(const float *logits, uint32_t n, int32_t token)
{
    double most = -INFINITY, sum = 0;
    for (uint32_t i = 0; i < n; i++)
        most = fmax(most, (double)logits[i]);
    for (uint32_t i = 0; i < n; i++)
        sum += exp((double)logits[i] - most);
    return (double)logits[token] - most - log(sum);
}

double naive_sum(const struct model *model, const int32_t *token, size_t count, size_t scored)
{
    float *logits = memory_new((count - 1) * model->vocabulary, sizeof *logits, NULL);
    double sum = 0;
    struct error error = {0};
    assert_non_null(logits);
    check(reference_logits(model->subnet, token, (uint32_t)count - 1, logits, &error), &error);
    for (size_t i = count - scored; i < count; i++)
        sum += log_softmax(logits + (i - 1) * model->vocabulary, model->vocabulary, token[i]);
    memory_free(logits);
    return sum;
}
