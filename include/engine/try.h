/* A prompt that a network and the base continue, side by side, as a snapshot shows it: so that a
 * person can judge what an accuracy hides. Immutable; held by the snapshot. */
#ifndef ENGINE_TRY_H
#define ENGINE_TRY_H

#include "arch/code.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum try_phase {
    TRY_NONE,
    TRY_LOADING,   /* weights are decoded, the prompt is read; progress 0..1 */
    TRY_RUNNING,   /* a token of each in turn; progress 0..1 of the tokens asked for */
    TRY_DONE,
    TRY_FAILED,    /* message says why; what was written before stays */
    TRY_CANCELLED, /* so does it here */
};

enum try_end {
    TRY_GOES_ON,
    TRY_END_OF_TEXT,  /* the network has ended its text itself */
    TRY_TOKENS_MADE,  /* as many as were asked for */
    TRY_CONTEXT_FULL, /* the model can read no more */
};

struct run_try_side {
    struct arch_code code;
    const char *text; /* so far: valid UTF-8, NUL-terminated; no control character but newline and
                         tab (others, and bytes that are no character, are U+FFFD) */
    size_t length;    /* bytes of it */
    uint32_t tokens;  /* made so far */
    double seconds;   /* that they took; the prompt's reading is not among them */
    double tokens_per_second; /* NaN: not known yet */
    enum try_end end;
    bool ended;  /* end is not TRY_GOES_ON */
    bool failed; /* the message of the attempt says why */
};

struct run_try {
    enum try_phase phase;
    double progress;    /* 0..1, of the phase */
    const char *prompt; /* as it was typed */
    bool chat;          /* it was put in the form in which the model is spoken to */
    uint32_t tokens;    /* most of each */
    struct run_try_side side[2]; /* 0 the network, 1 the base */
    size_t agree;       /* bytes of both texts that are equal from the start: whole characters */
    char message[256];  /* what is being done, why it failed; "" nothing to say */
};

#endif
