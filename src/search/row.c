/* The archive: rows in blocks that never move, so that a reader who was told a count under a lock
 * may walk up to it while the owner appends; and a hash table over codes, the owner's alone. */
#include "search/row.h"

#include "base/hash.h"
#include "base/memory.h"

#include <string.h>

#define BLOCK_ROWS 256
#define BLOCKS 8192 /* two million networks */

struct archive {
    unsigned owners;
    struct row *block[BLOCKS];
    size_t rows;
    uint32_t *bucket; /* id + 1, 0 free; open addressing */
    size_t buckets;   /* a power of two, at least twice the rows */
};

enum status archive_new(struct archive **archive, struct error *error)
{
    *archive = memory_new(1, sizeof **archive, error);
    if (*archive == NULL)
        return STATUS_MEMORY;
    (*archive)->owners = 1;
    return STATUS_OK;
}

void archive_hold(const struct archive *archive)
{
    struct archive *mine = (struct archive *)(uintptr_t)archive;
    __atomic_add_fetch(&mine->owners, 1, __ATOMIC_RELAXED);
}

void archive_free(struct archive *archive)
{
    if (archive == NULL || __atomic_sub_fetch(&archive->owners, 1, __ATOMIC_ACQ_REL) > 0)
        return;
    for (size_t i = 0; i < BLOCKS && archive->block[i] != NULL; i++)
        memory_free(archive->block[i]);
    memory_free(archive->bucket);
    memory_free(archive);
}

size_t archive_count(const struct archive *archive)
{
    return archive->rows;
}

const struct row *archive_row(const struct archive *archive, size_t index)
{
    return &archive->block[index / BLOCK_ROWS][index % BLOCK_ROWS];
}

/* Bucket that holds the code, or the free one where it belongs. */
static size_t bucket_of(const struct archive *archive, const char *code)
{
    size_t mask = archive->buckets - 1, at = (size_t)hash64(code, strlen(code)) & mask;
    while (archive->bucket[at] != 0 &&
           strcmp(archive_row(archive, archive->bucket[at] - 1)->code.text, code) != 0)
        at = (at + 1) & mask;
    return at;
}

static enum status grow(struct archive *archive, struct error *error)
{
    size_t buckets = archive->buckets == 0 ? 512 : archive->buckets * 2;
    uint32_t *fresh = memory_new(buckets, sizeof *fresh, error);
    if (fresh == NULL)
        return STATUS_MEMORY;
    memory_free(archive->bucket);
    archive->bucket = fresh;
    archive->buckets = buckets;
    for (size_t i = 0; i < archive->rows; i++)
        archive->bucket[bucket_of(archive, archive_row(archive, i)->code.text)] = (uint32_t)i + 1;
    return STATUS_OK;
}

enum status archive_append(struct archive *archive, const struct row *row, struct error *error)
{
    size_t block = archive->rows / BLOCK_ROWS;
    if (block == BLOCKS)
        return error_set(error, STATUS_FAILED, "the history is full: %d networks",
                         BLOCKS * BLOCK_ROWS);
    if (archive->block[block] == NULL) {
        archive->block[block] = memory_new(BLOCK_ROWS, sizeof *row, error);
        if (archive->block[block] == NULL)
            return STATUS_MEMORY;
    }
    if (2 * (archive->rows + 1) > archive->buckets) {
        enum status status = grow(archive, error);
        if (status != STATUS_OK)
            return status;
    }
    archive->block[block][archive->rows % BLOCK_ROWS] = *row;
    size_t bucket = bucket_of(archive, row->code.text);
    if (archive->bucket[bucket] == 0) /* of equal codes the first stays findable */
        archive->bucket[bucket] = (uint32_t)archive->rows + 1;
    archive->rows++;
    return STATUS_OK;
}

const struct row *archive_find(const struct archive *archive, const struct arch_code *code)
{
    if (archive->buckets == 0)
        return NULL;
    uint32_t found = archive->bucket[bucket_of(archive, code->text)];
    return found == 0 ? NULL : archive_row(archive, found - 1);
}
