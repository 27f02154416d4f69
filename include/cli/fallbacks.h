/* Matrices that are written in another type than asked for (RULES: `--type`), and numbers that
 * their type cannot hold: what commands say of them. */
#ifndef CLI_FALLBACKS_H
#define CLI_FALLBACKS_H

#include "cli/loaded.h"
#include "io/json.h"
#include "model/extract.h"

/* Notes on standard error for the network and weights of `loaded`; result NULL: nothing was
 * written. */
enum status fallbacks_note(const struct options *options, const struct loaded *loaded,
                           const struct extract_result *result, struct error *error);
/* An array with an object {tensor, wanted, type} for each; NULL: out of memory. */
json_t *fallbacks_json(const struct loaded *loaded);

#endif
