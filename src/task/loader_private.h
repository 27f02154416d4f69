/* Loaders of data-set formats: one file each, told by content. */
#ifndef TASK_LOADER_PRIVATE_H
#define TASK_LOADER_PRIVATE_H

#include "io/csv.h"
#include "task/items.h"

#include <stdbool.h>

struct item_list { /* grows while a file is read */
    struct item *item;
    size_t count, capacity;
    size_t limit; /* 0: all */
};

/* True when the list has as many items as are wanted. */
bool item_list_full(const struct item_list *list);
/* Adds an item with copies of the texts; each continuation gets its leading space. `group` may be
 * NULL. */
enum status item_list_add(struct item_list *list, const char *context, const char *const *choice,
                          size_t choices, size_t gold, const char *group, struct error *error);
/* Adds one with ARC's prompt around the trimmed question. */
enum status item_list_add_question(struct item_list *list, const char *question,
                                   const char *const *choice, size_t choices, size_t gold,
                                   struct error *error);
void item_list_release(struct item_list *list);

/* A copy without blanks at both ends; release with memory_free. */
char *trimmed(const char *text, struct error *error);

#define CHOICES_MAX 26

/* Formats on a CSV table: `matches` looks at the first row. */
bool arc_csv_matches(const struct csv_table *table);
enum status arc_csv_load(const char *name, const struct csv_table *table, struct item_list *list,
                         struct error *error);
bool header_csv_matches(const struct csv_table *table);
enum status header_csv_load(const char *name, const struct csv_table *table, struct item_list *list,
                            struct error *error);
bool mmlu_csv_matches(const struct csv_table *table);
/* `path` tells the subject and, for shots, where dev is. */
enum status mmlu_csv_load(const char *path, const struct csv_table *table, unsigned shots,
                          struct item_list *list, struct error *error);
/* A directory with test/SUBJECT_test.csv (and dev/). sha256: of the files' hashes in order. */
enum status mmlu_folder_load(const char *path, unsigned shots, struct item_list *list,
                             char sha256[SHA256_HEX], struct error *error);
enum status arc_jsonl_load(const char *name, const char *text, size_t length,
                           struct item_list *list, struct error *error);

/* The embedded files: NULL when there is none of that name. */
const char *embedded_task(const char *name, size_t *length);

#endif
