/* What the files of a try share: try.c (who may start one, its thread), attempt.c (the two texts).
 */
#ifndef ENGINE_TRY_PRIVATE_H
#define ENGINE_TRY_PRIVATE_H

#include "base/error.h"
#include "engine/try.h"

struct run;

struct try_request {
    struct arch_code code;
    char *prompt; /* owned */
    bool chat;
    uint32_t tokens;
    struct run_try *failure; /* a picture made ready for when there is no memory for one; held */
};

/* attempt.c. Pictures are shared memory (base/shared.h). One of the request before anything is done; NULL: out of memory. */
struct run_try *try_first_picture(const struct run *run, const struct try_request *request,
                                  struct error *error);
/* Does what is asked, in the calling thread; shows what it does (try_show). */
void try_attempt(struct run *run, struct try_request *request);

/* try.c. The picture (its hold is taken over) is what snapshots show from now on. */
void try_show(struct run *run, const struct run_try *picture);
bool try_is_cancelled(struct run *run);

#endif
