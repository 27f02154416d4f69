/* The archive: rows in blocks that never move, so that a reader who was told a count under a lock
 * may walk up to it while the owner appends; and a hash table over codes, the owner's alone.
 * Invariant: from the first row with a code, `instead` leads over ever larger n to the one that
 * counts; a row that is no better than that one leads to it. What is written there later than a
 * reader's count is not below the count, so that he may tell. */
#include "search/row.h"

#include "base/hash.h"
#include "base/memory.h"

#include <string.h>

#define BLOCK_ROWS 256
#define BLOCKS 8192 /* two million networks */

struct archive {
    unsigned owners;
    struct row *block[BLOCKS];
    uint32_t *instead[BLOCKS];  /* index + 1 of the row that supersedes this one; 0 none */
    uint32_t *replaced[BLOCKS]; /* index + 1 of the row that this one superseded; 0 none */
    size_t rows, codes;
    uint32_t *bucket; /* index + 1 of the first row with a code, 0 free; open addressing */
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
    for (size_t i = 0; i < BLOCKS; i++) {
        memory_free(archive->block[i]);
        memory_free(archive->instead[i]);
        memory_free(archive->replaced[i]);
    }
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

static uint32_t *instead_of(const struct archive *archive, size_t index)
{
    return &archive->instead[index / BLOCK_ROWS][index % BLOCK_ROWS];
}

bool archive_superseded(const struct archive *archive, size_t index, size_t rows)
{
    uint32_t instead = __atomic_load_n(instead_of(archive, index), __ATOMIC_RELAXED);
    return instead != 0 && instead <= rows;
}

size_t archive_counting(const struct archive *archive, size_t index, size_t rows)
{
    while (archive_superseded(archive, index, rows))
        index = __atomic_load_n(instead_of(archive, index), __ATOMIC_RELAXED) - 1;
    return index;
}

size_t archive_replaced(const struct archive *archive, size_t index)
{
    uint32_t replaced = archive->replaced[index / BLOCK_ROWS][index % BLOCK_ROWS];
    return replaced != 0 ? replaced - 1 : SIZE_MAX;
}

size_t archive_codes(const struct archive *archive)
{
    return archive->codes;
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
    for (size_t i = archive->rows; i-- > 0;) /* the first row with a code is the last to be set */
        archive->bucket[bucket_of(archive, archive_row(archive, i)->code.text)] = (uint32_t)i + 1;
    return STATUS_OK;
}

/* Enters the last row under its code. */
static void link_row(struct archive *archive)
{
    size_t index = archive->rows - 1;
    const struct row *row = archive_row(archive, index);
    uint32_t *bucket = &archive->bucket[bucket_of(archive, row->code.text)];
    if (*bucket == 0) {
        *bucket = (uint32_t)index + 1;
        archive->codes++;
        return;
    }
    size_t counts = archive_counting(archive, *bucket - 1, index);
    if (row->n > archive_row(archive, counts)->n) {
        archive->replaced[index / BLOCK_ROWS][index % BLOCK_ROWS] = (uint32_t)counts + 1;
        __atomic_store_n(instead_of(archive, counts), (uint32_t)index + 1, __ATOMIC_RELAXED);
    } else {
        __atomic_store_n(instead_of(archive, index), (uint32_t)counts + 1, __ATOMIC_RELAXED);
    }
}

static enum status add_block(struct archive *archive, size_t block, struct error *error)
{
    if (archive->block[block] == NULL)
        archive->block[block] = memory_new(BLOCK_ROWS, sizeof(struct row), error);
    if (archive->instead[block] == NULL)
        archive->instead[block] = memory_new(BLOCK_ROWS, sizeof(uint32_t), error);
    if (archive->replaced[block] == NULL)
        archive->replaced[block] = memory_new(BLOCK_ROWS, sizeof(uint32_t), error);
    return archive->block[block] != NULL && archive->instead[block] != NULL &&
                   archive->replaced[block] != NULL
               ? STATUS_OK
               : STATUS_MEMORY;
}

enum status archive_append(struct archive *archive, const struct row *row, struct error *error)
{
    size_t block = archive->rows / BLOCK_ROWS;
    if (block == BLOCKS)
        return error_set(error, STATUS_FAILED, "the history is full: %d networks",
                         BLOCKS * BLOCK_ROWS);
    enum status status = add_block(archive, block, error);
    if (status == STATUS_OK && 2 * (archive->rows + 1) > archive->buckets)
        status = grow(archive, error);
    if (status != STATUS_OK)
        return status;
    archive->block[block][archive->rows++ % BLOCK_ROWS] = *row;
    link_row(archive);
    return STATUS_OK;
}

const struct row *archive_first(const struct archive *archive, const struct arch_code *code)
{
    if (archive->buckets == 0)
        return NULL;
    uint32_t found = archive->bucket[bucket_of(archive, code->text)];
    return found == 0 ? NULL : archive_row(archive, found - 1);
}

const struct row *archive_find(const struct archive *archive, const struct arch_code *code)
{
    const struct row *first = archive_first(archive, code);
    if (first == NULL)
        return NULL;
    uint32_t index = archive->bucket[bucket_of(archive, code->text)] - 1;
    return archive_row(archive, archive_counting(archive, index, archive->rows));
}
