/* --on-finish: a command of the user's that is told of a search's own end. */
#ifndef CLI_ON_FINISH_H
#define CLI_ON_FINISH_H

#include "base/error.h"
#include "engine/snapshot.h"

#include <sys/types.h>

struct search_end { /* what the command is told, in its environment */
    bool failed;
    size_t evaluations, front;
    double hypervolume, seconds;
};
/* True when a run in this state has come to an end that nobody asked for. */
bool search_has_ended(const struct snapshot *snapshot, struct search_end *end);

struct on_finish {
    const char *command;   /* NULL: none, and all below does nothing */
    const char *directory; /* of the run; borrowed */
    int news[2];           /* a pipe: a line there says that the command has failed */
    pid_t process;         /* 0: none */
    size_t told;           /* evaluations when it was started; SIZE_MAX: never */
};

enum status on_finish_init(struct on_finish *finish, const char *command, struct error *error);
void on_finish_release(struct on_finish *finish); /* a command that is still at work goes on */
/* Starts the command, unless it was told of this end before; its output goes to the run's log.txt.
 * Call from one thread at a time. */
enum status on_finish_start(struct on_finish *finish, const struct search_end *end,
                            struct error *error);
/* Waits for the command; what is wrong with its end goes to text, "" nothing. */
void on_finish_wait(struct on_finish *finish, char *text, size_t size);

#endif
