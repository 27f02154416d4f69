/* From a code to a GGUF file that llama.cpp loads: written atomically from an arch_plan, then
 * opened again and compared. Metadata and tokenizer are carried over; paretop.* keys tell code and
 * source. */
#ifndef MODEL_EXTRACT_H
#define MODEL_EXTRACT_H

#include "base/hash.h"
#include "model/forward.h"
#include "model/tokenizer.h"

/* How far logits of what was written may be from the sub-network's, of any weight type: both sides
 * multiply the same numbers, those that the type holds (the sub-network's are encoded and decoded as
 * the file's are), so that the type's error is in neither; they are equal to the bit. Only sums over
 * padding are taken in another order, which networks with large activations make more of: then it is
 * EXTRACT_PADDED_TOLERANCE of the largest logit, if that is more. */
#define EXTRACT_LOGIT_TOLERANCE 1e-3
#define EXTRACT_PADDED_TOLERANCE 1e-4

struct extract_options {
    struct weight_options weights;
    bool pad;                                 /* --pad: arch_plan_make_padded */
    bool replace;                             /* --force */
    bool unchecked;                           /* the file's logits are not compared: for files that
                                                 serve once */
    unsigned threads;                         /* that encode; 0: the caller's alone */
    const char *source_sha256;                /* written into the metadata; NULL: computed */
    int (*progress)(void *context, double done); /* nonzero cancels; may be NULL */
    /* A further look at `written`, the model that was written, opened again, after its logits were
     * compared; what it returns is the verification's. May be NULL. */
    enum status (*check)(void *context, struct supernet *written, struct error *error);
    void *context;
};

struct extract_result {
    uint64_t bytes;       /* of the file written */
    uint64_t shown_bytes; /* arch_bytes of the same */
    bool deci;
    bool verified;
    double max_logit_error; /* file's logits against the sub-network's, sample text */
    double logit_tolerance;
    uint32_t fallbacks;     /* tensors written in another type (arch_plan_fallback_text) */
    uint64_t beyond;        /* numbers that a type cannot hold (num/quant.h) */
    char beyond_tensor[64]; /* the first tensor with any */
};

/* What extraction writes of this file's metadata, for arch_bytes; model/config puts it into its
 * shape. Reads config->architecture and config->shape.layers only. */
void extract_metadata_cost(const struct gguf *gguf, const struct model_config *config,
                           struct arch_metadata_cost *cost);

/* Size that the real writer would write, by a counting sink (the closed form's test). */
enum status extract_count(struct supernet *supernet, const struct arch_code *code,
                          const struct weight_options *weights, uint64_t *bytes,
                          struct error *error);
/* Writes PATH. Verification, unless unchecked (then of the size alone): sizes equal to the byte,
 * logits on a sample text within EXTRACT_LOGIT_TOLERANCE, options->check; what fails it is removed,
 * and the message says so (STATUS_FAILED). */
enum status extract_write(struct supernet *supernet, const struct tokenizer *tokenizer,
                          const struct arch_code *code, const struct extract_options *options,
                          const char *path, struct extract_result *result, struct error *error);

/* Largest difference of logits on the sample text, the whole of `written` against the sub-network,
 * and the largest logit. STATUS_FAILED when they have other vocabularies. */
enum status extract_compare(struct supernet *supernet, const struct tokenizer *tokenizer,
                            const struct arch_code *code, const struct weight_options *weights,
                            struct supernet *written, double *max_error, double *largest,
                            struct error *error);

/* What a file may have been extracted with. */
struct extract_match {
    struct weight_options weights;
    bool pad;
};
/* Those of the options with which the code of `source` has tensors of the names, sizes and types
 * that `written` has; several where two give the same types. All have the same `pad` and
 * `weights.compensate`. Returns how many stand in match[most]. */
size_t extract_matches(const struct arch_shape *source, const struct arch_code *code,
                       const struct arch_shape *written, struct extract_match *match, size_t most);

/* The llama.cpp command line that runs the file, quoted for a shell; cut where out is too small.
 * Returns out. */
const char *extract_run_command(const char *path, char *out, size_t size);

#endif
