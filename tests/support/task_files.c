/* support/task_files: see the header. */
#include "task_files.h"

#include "base/buf.h"
#include "io/atomic_file.h"
#include "support.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static char *folder;

int task_files_make(void **state)
{
    (void)state;
    folder = support_folder();
    return folder == NULL;
}

int task_files_remove(void **state)
{
    (void)state;
    support_folder_remove(folder);
    return 0;
}

const char *place(const char *name)
{
    static char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

void put(const char *name, const char *text)
{
    char path[4096];
    snprintf(path, sizeof path, "%s", place(name));
    *strrchr(path, '/') = '\0';
    assert_int_equal(folder_make(path, NULL), STATUS_OK);
    assert_int_equal(atomic_file_replace(place(name), text, strlen(text), NULL), STATUS_OK);
}

static void show(const struct task *task, struct buf *out)
{
    for (size_t i = 0; i < task->items; i++) {
        const struct item *item = &task->item[i];
        buf_printf(out, NULL, "[%s]", item->context);
        for (uint32_t c = 0; c < item->choices; c++)
            buf_printf(out, NULL, "%s(%s%s%s)", c == item->gold ? "*" : "",
                       item->context_end != NULL ? item->context_end[c] : "",
                       item->context_end != NULL ? "|" : "", item->continuation[c]);
    }
}

void expect_items_with(const char *name, const struct task_options *options, const char *items)
{
    struct task task;
    struct error error = {0};
    struct buf shown;
    if (task_load(place(name), options, &task, &error) != STATUS_OK)
        fail_msg("%s", error.message);
    buf_init(&shown);
    show(&task, &shown);
    assert_string_equal(shown.data, items);
    buf_release(&shown);
    task_release(&task);
    assert_null(task.item);
}

void expect_items(const char *name, unsigned shots, size_t limit, const char *items)
{
    expect_items_with(name, &(struct task_options){.limit = limit, .shots = shots}, items);
}

void expect_refused_with(const char *name, const struct task_options *options, const char *message)
{
    struct task task;
    struct error error = {0};
    if (task_load(place(name), options, &task, &error) != STATUS_INVALID)
        fail_msg("taken, where \"%s\" was expected", message);
    if (strstr(error.message, message) == NULL || strstr(error.message, folder) == NULL)
        fail_msg("\"%s\" expected: %s", message, error.message);
    assert_null(task.item);
    assert_int_equal(task.items, 0);
}

void expect_refused(const char *name, unsigned shots, const char *message)
{
    expect_refused_with(name, &(struct task_options){.shots = shots}, message);
}
