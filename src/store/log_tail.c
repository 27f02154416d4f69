/* Lines and their text go into a block that others may read while it fills. A full one is left to
 * those who hold it, and the last lines go on in a new one. So memory is bounded, and a line costs
 * the same however long the log is. */
#include "store/log_tail.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/shared.h"
#include "base/utf8.h"
#include "io/follow.h"

#include <string.h>

#define PIECE ((size_t)1 << 16)     /* bytes read at once */
#define BEGIN ((off_t)1 << 17)      /* bytes that are read of a log that is there already */
#define TEXT ((size_t)1 << 18)      /* bytes of a block */
#define LINE_MOST 500               /* bytes of a line; what is longer is cut */
#define TIME_LENGTH 20              /* "2026-11-29T12:00:00Z" */
#define BLOCK_LINES (2 * LOG_LINES) /* of which half are kept when it is full */

struct block {
    size_t lines, used;
    struct run_line line[BLOCK_LINES];
    char text[TEXT];
};

struct log_tail {
    struct follower file;
    bool begun;
    struct block *block; /* shared memory; NULL: no line yet */
};

enum status log_tail_new(const char *directory, struct log_tail **tail, struct error *error)
{
    *tail = memory_new(1, sizeof **tail, error);
    if (*tail == NULL)
        return STATUS_MEMORY;
    enum status status = follower_init(&(*tail)->file, directory, "log.txt", error);
    if (status != STATUS_OK) {
        log_tail_free(*tail);
        *tail = NULL;
    }
    return status;
}

void log_tail_free(struct log_tail *tail)
{
    if (tail == NULL)
        return;
    shared_drop(tail->block);
    follower_release(&tail->file);
    memory_free(tail);
}

/* ---- text ---- */

/* out has room for `length` and a NUL; returns its length. A carriage return goes back to the
 * line's beginning, as on a terminal: of a progress display the last state stays. */
static size_t clean(const char *text, size_t length, char *out)
{
    size_t written = 0;
    while (length > 0 && text[length - 1] == '\r')
        length--;
    const char *back = length > 0 ? memrchr(text, '\r', length) : NULL;
    size_t at = back != NULL ? (size_t)(back - text) + 1 : 0;
    while (at < length && written < LINE_MOST) {
        size_t step = utf8_length(text + at, length - at, NULL);
        if (step == 0 || utf8_is_control(text + at, step)) {
            out[written++] = text[at] == '\t' ? ' ' : '?';
            at += step > 0 ? step : 1;
            continue;
        }
        if (written + step > LINE_MOST)
            break;
        memcpy(out + written, text + at, step);
        written += step;
        at += step;
    }
    out[written] = '\0';
    return written;
}

/* ---- lines ---- */

static void put(struct block *block, const struct run_line *line)
{
    size_t length = strlen(line->text) + 1;
    char *place = block->text + block->used;
    memcpy(place, line->text, length);
    block->line[block->lines++] = (struct run_line){line->time, place};
    block->used += length;
}

static size_t kept(const struct block *block)
{
    return block->lines < LOG_LINES ? block->lines : LOG_LINES;
}

/* A block with room for one more line. False: out of memory. */
static bool make_room(struct log_tail *tail)
{
    struct block *old = tail->block;
    if (old != NULL && old->lines < BLOCK_LINES && old->used + LINE_MOST + 1 <= TEXT)
        return true;
    struct block *fresh = shared_new(sizeof *fresh, NULL, NULL);
    if (fresh == NULL)
        return false;
    if (old != NULL) {
        size_t first = old->lines - kept(old);
        while (old->lines > first && old->text + old->used - old->line[first].text > (long)TEXT / 2)
            first++; /* long lines: fewer of them */
        for (size_t i = first; i < old->lines; i++)
            put(fresh, &old->line[i]);
    }
    shared_drop(old);
    tail->block = fresh;
    return true;
}

static void add_line(struct log_tail *tail, const char *text, size_t length)
{
    char out[LINE_MOST + 1], time[TIME_LENGTH + 1] = "";
    struct run_line line = {.text = out};
    if (length > TIME_LENGTH && text[TIME_LENGTH] == ' ') {
        memcpy(time, text, TIME_LENGTH);
        if (clock_parse_iso8601(time, &line.time) == 0) {
            text += TIME_LENGTH + 1;
            length -= TIME_LENGTH + 1;
        } else {
            line.time = 0;
        }
    }
    if (clean(text, length, out) > 0 && make_room(tail))
        put(tail->block, &line);
}

/* Of a long log that is there already only the end is read. */
static bool skip_to_end(struct log_tail *tail)
{
    struct stat about;
    if (stat(tail->file.path, &about) != 0 || about.st_size <= BEGIN)
        return false;
    tail->file.about = about;
    tail->file.offset = about.st_size - BEGIN;
    return true;
}

bool log_tail_read(struct log_tail *tail)
{
    bool news = false, skip = !tail->begun && skip_to_end(tail);
    size_t length;
    do {
        bool anew;
        if (follower_read(&tail->file, PIECE, &length, &anew, NULL) != STATUS_OK)
            break;
        tail->begun = tail->begun || length > 0;
        if (anew) {
            shared_drop(tail->block);
            tail->block = NULL;
        }
        news = news || anew || length > 0;
        for (size_t at = 0; at < length; skip = false) {
            const char *text = tail->file.text + at, *end = memchr(text, '\n', length - at);
            if (!skip || anew) /* else it is the end of a line */
                add_line(tail, text, (size_t)(end - text));
            at += (size_t)(end - text) + 1;
        }
    } while (length > 0);
    return news;
}

const struct run_line *log_tail_lines(const struct log_tail *tail, size_t *lines, const void **held)
{
    const struct block *block = tail->block;
    *lines = block != NULL ? kept(block) : 0;
    *held = block;
    return block != NULL ? block->line + block->lines - *lines : NULL;
}
