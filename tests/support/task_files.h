/* A folder of question files that a test writes, and the items that they give, as text. */
#ifndef SUPPORT_TASK_FILES_H
#define SUPPORT_TASK_FILES_H

#include "task/items.h"

/* Set-up and tear-down of a cmocka test: an empty folder, removed with what is in it. */
int task_files_make(void **state);
int task_files_remove(void **state);

const char *place(const char *name); /* the path in the folder; valid until the next call */
void put(const char *name, const char *text);

/* Loads a file of the folder and compares its items: "[context](choice)*(right choice)", for a
 * choice with a context of its own "(end of the context|choice)". */
void expect_items_with(const char *name, const struct task_options *options, const char *items);
void expect_items(const char *name, unsigned shots, size_t limit, const char *items);
/* Refused with a message that has this part and names the folder. */
void expect_refused_with(const char *name, const struct task_options *options, const char *message);
void expect_refused(const char *name, unsigned shots, const char *message);

#endif
