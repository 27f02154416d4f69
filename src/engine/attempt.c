/* One attempt of a try: prompt, the two sub-networks, a token of each in turn, and the pictures of
 * it that snapshots hold. Both share the super-network's weights, of which no more than --memory
 * allows are decoded at a time; their keys and values come to that. */
#include "run_private.h"
#include "try_private.h"

#include "base/clock.h"
#include "base/shared.h"
#include "base/utf8.h"
#include "model/generate.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define SECONDS_BETWEEN 0.2 /* pictures: who looks on through a slow line */
#define MEMORY_SHARE 8      /* of --memory, that keys and values of both may take: one part */
#define REPLACEMENT "\xEF\xBF\xBD" /* U+FFFD */

enum { SIDES = 2 };

struct side {
    struct arch_code code;
    struct subnet *subnet;
    struct generation *generation;
    bool failed;
};

struct attempt {
    struct run *run;
    const struct try_request *request;
    const struct chat_form *form; /* NULL: the prompt as it is */
    struct token_list prompt;
    struct side side[SIDES];
    enum try_phase phase;
    double progress, shown; /* shown: when */
    char message[256];
    size_t at; /* the side whose prompt is being read */
};

/* ---- pictures ---- */

/* Room that the bytes need at most once they are text. */
static size_t text_room(const struct buf *bytes)
{
    return bytes->length * (sizeof REPLACEMENT - 1) + 1;
}

/* What can be shown of the bytes; a character that is not whole yet waits. Returns the length. */
static size_t put_text(const struct buf *bytes, char *out)
{
    size_t length = 0;
    for (size_t at = 0, step; at < bytes->length; at += step) {
        bool cut;
        unsigned char first = (unsigned char)bytes->data[at];
        step = utf8_length(bytes->data + at, bytes->length - at, &cut);
        if (cut)
            break;
        bool control = (first < ' ' && first != '\n' && first != '\t') || first == 0x7F ||
                       (step == 2 && first == 0xC2 && (unsigned char)bytes->data[at + 1] < 0xA0);
        if (step == 0 || control) {
            memcpy(out + length, REPLACEMENT, sizeof REPLACEMENT - 1);
            length += sizeof REPLACEMENT - 1;
            step = step > 0 ? step : 1;
        } else {
            memcpy(out + length, bytes->data + at, step);
            length += step;
        }
    }
    out[length] = '\0';
    return length;
}

static void describe_side(const struct side *side, struct run_try_side *to)
{
    static const enum try_end ends[] = {
        [GENERATION_GOES_ON] = TRY_GOES_ON,
        [GENERATION_END_OF_TEXT] = TRY_END_OF_TEXT,
        [GENERATION_ENOUGH] = TRY_TOKENS_MADE,
        [GENERATION_FULL] = TRY_CONTEXT_FULL,
    };
    uint32_t passes = 0;
    to->code = side->code;
    to->failed = side->failed;
    to->text = "";
    to->tokens_per_second = NAN;
    if (side->generation == NULL)
        return;
    to->tokens = generation_made(side->generation);
    to->seconds = generation_seconds(side->generation, &passes);
    if (passes > 0 && to->seconds > 0)
        to->tokens_per_second = passes / to->seconds;
    to->end = ends[generation_end(side->generation)];
    to->ended = to->end != TRY_GOES_ON;
}

/* One block of memory: the picture, the prompt, the texts. */
static struct run_try *new_picture(const struct attempt *a, struct error *error)
{
    size_t prompt = strlen(a->request->prompt) + 1, room = sizeof(struct run_try) + prompt;
    for (size_t i = 0; i < SIDES; i++)
        if (a->side[i].generation != NULL)
            room += text_room(generation_text(a->side[i].generation));
    struct run_try *picture = shared_new(room, NULL, error);
    if (picture == NULL)
        return NULL;
    char *text = (char *)(picture + 1);
    picture->phase = a->phase;
    picture->progress = a->progress;
    picture->prompt = memcpy(text, a->request->prompt, prompt);
    picture->chat = a->form != NULL;
    picture->tokens = a->request->tokens;
    snprintf(picture->message, sizeof picture->message, "%s", a->message);
    text += prompt;
    for (size_t i = 0; i < SIDES; i++) {
        struct run_try_side *side = &picture->side[i];
        describe_side(&a->side[i], side);
        if (a->side[i].generation == NULL)
            continue;
        side->text = text;
        side->length = put_text(generation_text(a->side[i].generation), text);
        text += side->length + 1;
    }
    picture->agree = utf8_common(picture->side[0].text, picture->side[0].length,
                                 picture->side[1].text, picture->side[1].length);
    return picture;
}

/* Without memory for a picture the one before stays. */
static void show(struct attempt *a)
{
    const struct run_try *picture = new_picture(a, NULL);
    if (picture != NULL)
        try_show(a->run, picture);
    a->shown = clock_seconds();
}

static void show_now_and_then(struct attempt *a)
{
    if (clock_seconds() - a->shown >= SECONDS_BETWEEN)
        show(a);
}

static void attempt_init(struct attempt *a, const struct run *run,
                         const struct try_request *request)
{
    *a = (struct attempt){.request = request, .phase = TRY_LOADING};
    a->side[0].code = request->code;
    arch_code_full(run->shape, &a->side[1].code);
    if (request->chat && run->supernet != NULL)
        a->form = chat_form_of(supernet_gguf(run->supernet));
    snprintf(a->message, sizeof a->message, "reading the prompt");
}

struct run_try *try_first_picture(const struct run *run, const struct try_request *request,
                                  struct error *error)
{
    struct attempt a;
    attempt_init(&a, run, request);
    return new_picture(&a, error);
}

/* ---- getting ready ---- */

static int hash_progress(void *context, double done)
{
    struct attempt *a = context;
    a->progress = done;
    snprintf(a->message, sizeof a->message, "hashing the model: %.0f %%", 100 * done);
    show_now_and_then(a);
    return try_is_cancelled(a->run);
}

/* A part of a layer has been passed. */
static void part_done(void *context, uint32_t index, enum forward_part part)
{
    struct attempt *a = context;
    const struct side *side = &a->side[a->at];
    if (a->phase != TRY_LOADING || part != FORWARD_MLP)
        return;
    double layers = (double)(index + 1) / (double)side->subnet->layers;
    double some = 64, all = (double)a->prompt.count;
    double read = generation_read(side->generation) + layers * fmin(some, all);
    a->progress = fmin(((double)a->at + fmin(read / all, 1)) / SIDES, 1);
    show_now_and_then(a);
}

static enum status check_memory(const struct attempt *a, struct error *error)
{
    uint64_t have = evaluator_memory(a->run->memory) / MEMORY_SHARE, want = 0;
    uint32_t context = a->run->shape->context;
    uint64_t tokens = a->prompt.count + a->request->tokens;
    char needed[32], given[32];
    for (size_t i = 0; i < SIDES; i++)
        want += generation_memory(a->side[i].subnet, tokens < context ? (uint32_t)tokens : context);
    if (want <= have)
        return STATUS_OK;
    return error_set(error, STATUS_MEMORY,
                     "keys and values of %zu tokens and %u more take %s, more than the %s of "
                     "--memory that are for them: ask for fewer tokens, or give more memory",
                     a->prompt.count, a->request->tokens,
                     quantity_format(QUANTITY_BYTES, (double)want, needed, sizeof needed),
                     quantity_format(QUANTITY_BYTES, (double)have, given, sizeof given));
}

static enum status open_sides(struct attempt *a, const struct forward_observer *observer,
                              struct error *error)
{
    struct run *run = a->run;
    struct generation_options options = {.tokenizer = run->tokenizer,
                                         .prompt = &a->prompt,
                                         .observer = observer,
                                         .tokens = a->request->tokens};
    enum status status = chat_end(a->form, run->tokenizer, &options.end, error);
    for (size_t i = 0; status == STATUS_OK && i < SIDES; i++)
        status = subnet_new_precision(run->supernet, &a->side[i].code, &run->setup.weights,
                                      run->setup.precision, &a->side[i].subnet, error);
    if (status == STATUS_OK)
        status = check_memory(a, error);
    for (size_t i = 0; status == STATUS_OK && i < SIDES; i++) {
        status = generation_new(a->side[i].subnet, &options, &a->side[i].generation, error);
        a->side[i].failed = status != STATUS_OK;
    }
    return status;
}

static enum status prepare(struct attempt *a, const struct forward_observer *observer,
                           struct error *error)
{
    struct run *run = a->run;
    enum status status = STATUS_OK;
    if (run->watching != NULL)
        status = watch_prepare_networks(run, hash_progress, a, error);
    if (status == STATUS_OK)
        status = chat_encode(a->form, run->tokenizer, a->request->prompt, &a->prompt, error);
    return status == STATUS_OK ? open_sides(a, observer, error) : status;
}

/* ---- the texts ---- */

static enum status step(struct attempt *a, size_t i, struct error *error)
{
    if (try_is_cancelled(a->run))
        return error_set(error, STATUS_CANCELLED, "cancelled");
    enum status status = generation_step(a->side[i].generation, error);
    a->side[i].failed = status != STATUS_OK;
    show_now_and_then(a);
    return status;
}

static enum status read_prompt(struct attempt *a, struct error *error)
{
    enum status status = STATUS_OK;
    snprintf(a->message, sizeof a->message, "reading the prompt");
    for (a->at = 0; status == STATUS_OK && a->at < SIDES; a->at++)
        while (status == STATUS_OK && generation_read(a->side[a->at].generation) < a->prompt.count)
            status = step(a, a->at, error);
    return status;
}

static enum status write_texts(struct attempt *a, struct error *error)
{
    enum status status = STATUS_OK;
    a->phase = TRY_RUNNING;
    a->message[0] = '\0';
    for (bool more = true; status == STATUS_OK && more;) {
        uint32_t made = 0;
        more = false;
        for (size_t i = 0; status == STATUS_OK && i < SIDES; i++) {
            struct generation *generation = a->side[i].generation;
            if (generation_end(generation) == GENERATION_GOES_ON)
                status = step(a, i, error);
            bool goes_on = generation_end(generation) == GENERATION_GOES_ON;
            more = more || goes_on;
            made += goes_on ? generation_made(generation) : generation_wanted(generation);
        }
        a->progress = (double)made / (double)generation_wanted(a->side[0].generation) / SIDES;
    }
    return status;
}

static void end(struct attempt *a, enum status status, const struct error *error)
{
    a->phase = status == STATUS_OK          ? TRY_DONE
               : status == STATUS_CANCELLED ? TRY_CANCELLED
                                            : TRY_FAILED;
    a->progress = status == STATUS_OK ? 1 : a->progress;
    snprintf(a->message, sizeof a->message, "%.255s", status == STATUS_OK ? "" : error->message);
}

void try_attempt(struct run *run, struct try_request *request)
{
    struct attempt a;
    struct error error = {0};
    const struct forward_observer observer = {.context = &a, .part = part_done};
    attempt_init(&a, run, request);
    a.run = run;
    show(&a);
    enum status status = prepare(&a, &observer, &error);
    if (status == STATUS_OK)
        status = read_prompt(&a, &error);
    if (status == STATUS_OK)
        status = write_texts(&a, &error);
    end(&a, status, &error);
    struct run_try *last = new_picture(&a, NULL);
    if (last == NULL) { /* the texts are lost, not that it is over */
        last = request->failure;
        request->failure = NULL;
        last->phase = a.phase == TRY_DONE ? TRY_FAILED : a.phase;
        snprintf(last->message, sizeof last->message, "out of memory");
    }
    try_show(run, last);
    for (size_t i = 0; i < SIDES; i++) {
        generation_free(a.side[i].generation);
        subnet_free(a.side[i].subnet);
    }
    token_list_release(&a.prompt);
}
