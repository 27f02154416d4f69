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
    char **continuation;     /* [choices], with the leading space (" B", " photosynthesis") */
    uint32_t choices;        /* >= 2, any number */
    uint32_t gold;
    char *group;             /* MMLU subject; NULL else */
};

struct task {
    char name[64];           /* "arc_easy", "search", file name without ending */
    struct item *item;       /* owned */
    size_t items;
    char sha256[SHA256_HEX]; /* of the file, or of the files' hashes in order */
};

/* `source`: an embedded task's name ("search", "heldout"), a file (ARC CSV or JSONL, CSV with
 * header, MMLU CSV without: told by content), or a directory (MMLU). `shots`: K worked examples
 * before each item where the source has them (MMLU: first K of dev; issue-limited, else refused).
 * An answer that names no choice, an empty task, a stray quote: STATUS_INVALID with file and line. */
enum status task_load(const char *source, unsigned shots, size_t limit /* 0: all */,
                      struct task *task, struct error *error);
void task_release(struct task *task);

bool task_is_embedded(const char *source); /* the name of one, not a path */

/* The table of loaders, one row a format, for --help: name and one line; NULL-ended. */
struct task_loader_info {
    const char *name, *summary;
};
extern const struct task_loader_info task_loaders[];

#endif
