/* A tiny model opened for scoring, and the naive way to score: one sequence, plain loops. */
#ifndef SUPPORT_SCORING_H
#define SUPPORT_SCORING_H

#include "model/forward.h"
#include "model/tokenizer.h"

struct model {
    char *folder; /* of the model's file; a test may put its own there */
    struct supernet *supernet;
    struct tokenizer *tokenizer;
    struct subnet *subnet;
    struct forward_scratch *scratch;
    uint32_t vocabulary;
};

/* A model of four layers with byte-level BPE or, with a BOS, SentencePiece; the sub-network of
 * `code`. */
void open_model(struct model *model, bool sentencepiece, const char *code);
void close_model(struct model *model);
/* Sum of the log-probabilities of the last `scored` of `count` tokens. */
double naive_sum(const struct model *model, const int32_t *token, size_t count, size_t scored);
/* Equal to the oracle: 1e-4 relative, and f32's own noise where a probability is close to 1. */
bool close_to(double found, double expected);
/* Fails the running test with the error's message unless the status is ok. */
void check(enum status status, const struct error *error);

#endif
