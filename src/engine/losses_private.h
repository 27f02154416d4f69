/* Losses of codes on calibration text, asked for by pruning methods step by step: kept in a file, a
 * line each, so that none is computed twice. */
#ifndef ENGINE_LOSSES_PRIVATE_H
#define ENGINE_LOSSES_PRIVATE_H

#include "replica_private.h"

struct losses;

struct losses_options {
    const struct replica *replica; /* borrowed */
    const char *directory;         /* of the file; there already */
    size_t chunks;                 /* windows of LOSSES_WINDOW tokens */
    unsigned threads;
    uint64_t memory, cache;
    void (*on_loss)(void *context, size_t asked); /* asked for so far, known ones too; any thread */
    void *context;
};

#define LOSSES_WINDOW 256

enum status losses_new(const struct losses_options *options, struct losses **losses,
                       struct error *error);
void losses_free(struct losses *losses);
/* loss[count]: mean negative log-likelihood of a token; NaN where it is not finite. `context` is a
 * struct losses (struct baseline_world's). */
enum status losses_of(void *context, const struct arch_code *codes, size_t count, double *loss,
                      struct error *error);
uint64_t losses_tokens(const struct losses *losses); /* of one pass */
size_t losses_asked(const struct losses *losses);    /* in all, known ones too */
size_t losses_known(const struct losses *losses);
double losses_seconds(const struct losses *losses); /* of the last pass made; NaN: none */

#endif
