/* Uniform random search: the baseline that every other method must beat. The base comes first, so
 * that accuracies have something to be compared with. */
#include "breed_private.h"
#include "methods_private.h"

#define TRIES_PER_CODE 200

enum status random_ask(struct method_state *state, const struct method_options *options,
                       const struct method_context *context, size_t want, struct arch_code *codes,
                       size_t *count, struct error *error)
{
    struct breed breed = {.context = context, .rng = &state->rng, .codes = codes, .want = want};
    (void)options;
    if (state->generation == 0 && want > 0) {
        struct arch_code base;
        arch_code_full(context->space->shape, &base);
        if (breed_is_new(&breed, &base))
            codes[breed.count++] = base;
    }
    while (breed.count < want) {
        bool found = false;
        for (unsigned attempt = 0; attempt < TRIES_PER_CODE && !found && !breed.stopped;
             attempt++) {
            struct genome genome;
            space_random(context->space, breed.rng, &genome);
            found = breed_offer(&breed, &genome);
        }
        if (!found)
            break;
    }
    if (breed.count < want)
        breed_enumerate(&breed);
    *count = breed.count;
    return breed_end(&breed, error);
}

enum status random_tell(struct method_state *state, const struct method_options *options,
                        const struct method_context *context, struct error *error)
{
    (void)options, (void)context, (void)error;
    state->generation++;
    return STATUS_OK;
}
