/* --measure: a network's times by the user's own program, run on the extracted file. */
#ifndef ENGINE_MEASURE_H
#define ENGINE_MEASURE_H

#include "model/extract.h"

#define MEASURE_SECONDS 3600 /* a command that takes longer hangs */

struct measure_options {
    const char *command; /* for /bin/sh; every {model} becomes the file's path, quoted */
    struct supernet *supernet;
    const struct tokenizer *tokenizer;
    struct weight_options weights;
    const char *source_sha256;
    const char *path; /* of the file while the command runs; replaced, then removed */
    double seconds;   /* after so many the command is ended; 0: MEASURE_SECONDS */
    bool (*stopping)(void *context); /* asked again and again while the command runs; may be NULL */
    void *context;
};

struct measured_times {    /* milliseconds */
    double decode, prompt; /* prompt NaN: the command did not say */
};

/* STATUS_INVALID when the command has no {model} or is not UTF-8 (run.json holds it). */
enum status measure_check(const char *command, struct error *error);

/* The last line that the command prints must begin with the milliseconds of a token at batch 1; a
 * second number is those of a prompt. STATUS_FAILED, with a sentence that has the end of what the
 * command said, when it fails, prints no such number, or hangs; STATUS_CANCELLED when stopping. In
 * both cases it and its children of the same process group are ended. */
enum status measure_run(const struct measure_options *options, const struct arch_code *code,
                        struct measured_times *times, struct error *error);

#endif
