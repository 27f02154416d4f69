/* The rows of the table of methods. */
#ifndef SEARCH_METHODS_PRIVATE_H
#define SEARCH_METHODS_PRIVATE_H

#include "search/method.h"

enum status nsga2_ask(struct method_state *state, const struct method_options *options,
                      const struct method_context *context, size_t want, struct arch_code *codes,
                      size_t *count, struct error *error);
enum status nsga2_tell(struct method_state *state, const struct method_options *options,
                       const struct method_context *context, struct error *error);
enum status random_ask(struct method_state *state, const struct method_options *options,
                       const struct method_context *context, size_t want, struct arch_code *codes,
                       size_t *count, struct error *error);
enum status random_tell(struct method_state *state, const struct method_options *options,
                        const struct method_context *context, struct error *error);
enum status linas_ask(struct method_state *state, const struct method_options *options,
                      const struct method_context *context, size_t want, struct arch_code *codes,
                      size_t *count, struct error *error);
enum status linas_tell(struct method_state *state, const struct method_options *options,
                       const struct method_context *context, struct error *error);

#endif
