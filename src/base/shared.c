/* Counted references. The count stands before the memory that the owners see. */
#include "base/shared.h"

#include "base/memory.h"

#include <stdalign.h>
#include <stdint.h>

struct head {
    alignas(max_align_t) unsigned owners;
    void (*release)(void *memory);
};

static struct head *head_of(const void *memory)
{
    return (struct head *)(uintptr_t)memory - 1;
}

void *shared_new(size_t bytes, void (*release)(void *memory), struct error *error)
{
    struct head *head =
        bytes <= SIZE_MAX - sizeof *head ? memory_new(1, sizeof *head + bytes, error) : NULL;
    if (head == NULL)
        return NULL;
    head->owners = 1;
    head->release = release;
    return head + 1;
}

void shared_hold(const void *memory)
{
    if (memory != NULL)
        __atomic_add_fetch(&head_of(memory)->owners, 1, __ATOMIC_RELAXED);
}

void shared_drop(const void *memory)
{
    if (memory == NULL || __atomic_sub_fetch(&head_of(memory)->owners, 1, __ATOMIC_ACQ_REL) > 0)
        return;
    struct head *head = head_of(memory);
    if (head->release != NULL)
        head->release(head + 1);
    memory_free(head);
}
