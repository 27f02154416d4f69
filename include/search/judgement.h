/* What a search's choice is worth on questions that it has not seen: figures over networks that
 * were scored on both. A search takes the best of many noisy scores, and so also the luckiest: on
 * new questions its front falls back by more than a network that nobody chose (the base). */
#ifndef SEARCH_JUDGEMENT_H
#define SEARCH_JUDGEMENT_H

#include <stdbool.h>
#include <stddef.h>

struct judged {
    const char *origin; /* borrowed; of what chose it: "search", "baseline:NAME" */
    bool base, front;   /* the full model; on the search's front */
    double params, bytes;
    double known; /* what its origin would choose it by, the highest: an accuracy; NaN: nothing */
    double seen, seen_error;       /* accuracy on the search's questions */
    double heldout, heldout_error; /* on new ones; NaN: not judged */
};

/* The base's index, or SIZE_MAX. */
size_t judged_base(const struct judged *list, size_t count);

/* Seen (or known: what the choice went by) minus held-out accuracy: the mean over the front without
 * the base, and the base's own. The two share the questions, and how hard these are; their
 * difference is the luck in the selection. NaN where there is nothing to tell. */
struct luck {
    size_t networks; /* of the front, the base left out */
    double front, base, luck;
};
struct luck judged_luck(const struct judged *list, size_t count, bool known);

/* At least the base's held-out accuracy less its standard error. */
bool judged_near_base(const struct judged *list, size_t count, size_t index);

/* No network of the search that is as small has a higher held-out accuracy, nor a smaller one the
 * same. */
bool judged_stands(const struct judged *list, size_t count, size_t index);

/* No earlier network has this one's origin: for going through the origins. */
bool judged_first_of(const struct judged *list, size_t index);

/* A size to choose at: a part of the base's parameters or bytes. */
struct judged_size {
    const char *what; /* "params", "bytes" */
    bool bytes;
    double part;
};
extern const struct judged_size judged_sizes[];
extern const size_t judged_sizes_count;

/* What `origin` would choose within `most` bytes or parameters: the highest known accuracy, of
 * equal ones the smallest, then the first. SIZE_MAX: nothing is as small. */
size_t judged_pick(const struct judged *list, size_t count, const char *origin,
                   const struct judged_size *size, double most);

#endif
