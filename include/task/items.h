/* Multiple-choice items and where they come from. */
#ifndef TASK_ITEMS_H
#define TASK_ITEMS_H

#include "base/error.h"
#include "base/hash.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct item {
    char *context;           /* the prompt up to the answer ("Question: ...\nAnswer:") */
    char **context_end;      /* [choices], what a choice's own context goes on with (WinoGrande:
                              * the sentence with this option); NULL: all have the same context */
    char **continuation;     /* [choices], scored; with the leading space (" B", " a leaf") */
    uint32_t choices;        /* >= 2, any number */
    uint32_t gold;
    char *group;             /* MMLU subject; NULL else */
};

struct task {
    char name[64];           /* "arc_easy", "search", file name without ending */
    struct item *item;       /* owned */
    size_t items;
    char sha256[SHA256_HEX]; /* of the file; of several (MMLU, labels, examples): of their hashes */
};

/* Where worked examples come from: the first ones, or Python's random.Random(1234).sample for each
 * item in turn, as lm-evaluation-harness draws them. Default: MMLU first, other formats sample. */
enum shots_from { SHOTS_FROM_DEFAULT, SHOTS_FROM_FIRST, SHOTS_FROM_SAMPLE };

struct task_options {     /* zero value: all items, no worked examples */
    size_t limit;         /* the first items in file order; 0: all */
    unsigned shots;       /* worked examples before each item */
    enum shots_from from;
};

/* `source`: an embedded task's name ("search", "heldout"), a file (told by its content, see the
 * table of formats), or a directory (MMLU). Worked examples come from the train file beside the
 * file (dev/ for MMLU), or from the file itself when it is that or names no split; then the item
 * itself is never among its examples. An answer that names no choice, an empty task, a stray
 * quote, too few worked examples: STATUS_INVALID with file and line. */
enum status task_load(const char *source, const struct task_options *options, struct task *task,
                      struct error *error);
void task_release(struct task *task);
/* The items [from, to) of a task as a task of their own, which borrows them: no task_release. */
struct task task_part(const struct task *task, size_t from, size_t to);
void task_name_of(const char *source, char name[64]); /* that it will have; nothing is read */

bool task_is_embedded(const char *source); /* the name of one, not a path */

/* "first" or "sample"; STATUS_INVALID for another name. NULL is the default. */
enum status shots_from_parse(const char *name, enum shots_from *from, struct error *error);

/* The table of formats, for --help: name and one line; NULL behind the last. */
struct task_format_info {
    const char *name, *summary;
};
const struct task_format_info *task_format_info(size_t index);

#endif
