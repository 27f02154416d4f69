/* What predictors learn from: the rows of a search, the most telling first, without those that
 * another row supersedes. */
#ifndef SEARCH_LESSON_H
#define SEARCH_LESSON_H

#include "search/method.h"
#include "search/predictor.h"

struct lesson {
    const struct method_context *context; /* borrowed */
    uint32_t *id;                         /* [n] of rows, by the front that they are on; owned */
    size_t n;
};

/* At most `most` rows (0: all), at even distances from the best front to the worst: the best ones
 * alone would be those that chance was kind to, and all that is foretold from them too good. Release
 * it, also after an error. */
enum status lesson_init(struct lesson *lesson, const struct method_context *context, size_t most,
                        struct error *error);
void lesson_release(struct lesson *lesson);
/* STATUS_FAILED: the rows tell nothing of this objective yet. */
enum status lesson_learn(const struct lesson *lesson, enum objective objective,
                         struct predictor **predictor, struct error *error);

#endif
