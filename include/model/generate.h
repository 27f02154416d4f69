/* Continues a prompt through one sub-network, token by token. And the forms in which models that
 * were taught to converse are spoken to. */
#ifndef MODEL_GENERATE_H
#define MODEL_GENERATE_H

#include "base/buf.h"
#include "model/forward.h"
#include "model/tokenizer.h"

struct chat_form { /* a row of a table */
    const char *name;
    const char *mark;          /* in a model's tokenizer.chat_template it tells this form */
    const char *before, *after; /* a user's words, and the beginning of the answer */
    const char *end;           /* of the answer: one token, where the vocabulary has it */
};

/* The form that the model's metadata ask for; NULL: none is known. */
const struct chat_form *chat_form_of(const struct gguf *gguf);
/* Appends the prompt's tokens, with BOS where the model adds one; form NULL: the text as it is.
 * STATUS_INVALID when there are none. */
enum status chat_encode(const struct chat_form *form, const struct tokenizer *tokenizer,
                        const char *prompt, struct token_list *list, struct error *error);
/* The token that ends an answer in this form; -1: none. STATUS_MEMORY alone fails. */
enum status chat_end(const struct chat_form *form, const struct tokenizer *tokenizer,
                     int32_t *token, struct error *error);

struct generation_options {
    const struct tokenizer *tokenizer; /* borrowed, as the next two */
    const struct token_list *prompt;
    const struct forward_observer *observer; /* of each pass; or NULL */
    uint32_t tokens;    /* most that are made; fewer, when the model's context has no room */
    int32_t end;        /* a token that ends the text as the model's own does; -1: no other */
    double temperature; /* a token is drawn from softmax(logits / temperature); 0: the likeliest */
    uint64_t seed;
};

enum generation_end {
    GENERATION_GOES_ON,
    GENERATION_END_OF_TEXT, /* by the model's token for it, or options' */
    GENERATION_ENOUGH,      /* tokens asked for are made */
    GENERATION_FULL,        /* so is what the context has room for */
};

struct generation; /* one text; the subnet is borrowed. One thread at a time */
/* STATUS_INVALID when the prompt alone fills the model's context. */
enum status generation_new(const struct subnet *subnet, const struct generation_options *options,
                           struct generation **generation, struct error *error);
void generation_free(struct generation *generation);
/* Reads some tokens of the prompt (tens), or makes one and appends its text. Ended: nothing. */
enum status generation_step(struct generation *generation, struct error *error);
enum generation_end generation_end(const struct generation *generation);
const struct buf *generation_text(const struct generation *generation); /* bytes, any */
uint32_t generation_read(const struct generation *generation);   /* tokens of the prompt */
uint32_t generation_made(const struct generation *generation);   /* tokens */
uint32_t generation_wanted(const struct generation *generation); /* that there is room for */
/* Of making them, the prompt's reading left out; *passes: through the network. */
double generation_seconds(const struct generation *generation, uint32_t *passes);
/* Bytes that keys and values of a session of so many tokens take. */
uint64_t generation_memory(const struct subnet *subnet, uint32_t tokens);

#endif
