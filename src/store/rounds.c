/* progress.csv, written and followed; and lists of what is in it. */
#include "store/rounds.h"

#include "base/memory.h"
#include "base/shared.h"
#include "io/csv.h"
#include "io/follow.h"
#include "rundir_private.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#define PIECE ((size_t)1 << 16) /* bytes read at once */

/* ---- lists ---- */

void rounds_release(struct rounds *rounds)
{
    shared_drop(rounds->round);
    *rounds = (struct rounds){0};
}

enum status rounds_add(struct rounds *rounds, const struct run_round *round, struct error *error)
{
    if (rounds->count == rounds->capacity) {
        size_t capacity = rounds->capacity > 0 ? 2 * rounds->capacity : 64;
        struct run_round *more = shared_new(capacity * sizeof *more, NULL, error);
        if (more == NULL)
            return STATUS_MEMORY;
        if (rounds->count > 0)
            memcpy(more, rounds->round, rounds->count * sizeof *more);
        shared_drop(rounds->round); /* who holds it goes on reading it */
        rounds->round = more;
        rounds->capacity = capacity;
    }
    rounds->round[rounds->count++] = *round;
    return STATUS_OK;
}

/* ---- columns ---- */

enum { GENERATION, EVALUATIONS, FEASIBLE, FRONT, HYPERVOLUME, SECONDS, FIXED };
static const char *const fixed_name[FIXED] = {"generation", "evaluations", "feasible",
                                              "front",      "hypervolume", "seconds"};

/* Times may be measured by a command. */
static bool may_be_foretold(enum objective objective)
{
    return !objective_table[objective].computed || objective_is_time(objective);
}

static enum status format_header(const enum objective *objectives, size_t m, struct buf *out,
                                 struct error *error)
{
    enum status status = STATUS_OK;
    for (int i = 0; status == STATUS_OK && i < FIXED; i++)
        status = csv_append_field(out, i == 0, fixed_name[i], error);
    for (size_t k = 0; status == STATUS_OK && k < m; k++) {
        const char *name = objective_table[objectives[k]].name;
        if (may_be_foretold(objectives[k]))
            status = buf_printf(out, error, ",%s_correlation,%s_error", name, name);
    }
    return status == STATUS_OK ? buf_append(out, "\n", 1, error) : status;
}

static enum status format_number(double value, struct buf *out, struct error *error)
{
    enum status status = buf_append(out, ",", 1, error);
    return status == STATUS_OK ? history_format_number(value, out, error) : status;
}

static enum status format_line(const struct run_round *round, const enum objective *objectives,
                               size_t m, struct buf *out, struct error *error)
{
    enum status status = buf_printf(out, error, "%" PRIu32 ",%zu,%zu,%zu", round->generation,
                                    round->evaluations, round->feasible, round->front);
    if (status == STATUS_OK)
        status = format_number(round->hypervolume, out, error);
    if (status == STATUS_OK) /* milliseconds will do */
        status = format_number(nearbyint(1000 * round->seconds) / 1000, out, error);
    for (size_t k = 0; status == STATUS_OK && k < m; k++) {
        if (!may_be_foretold(objectives[k]))
            continue;
        status = format_number(round->correlation[k], out, error);
        if (status == STATUS_OK)
            status = format_number(round->error[k], out, error);
    }
    return status == STATUS_OK ? buf_append(out, "\n", 1, error) : status;
}

/* ---- reading ---- */

struct rounds_reader {
    struct follower file;
    enum objective objectives[3];
    size_t m;
    bool headed, foreign;                       /* the header was read; it is another file's */
    size_t fields;                              /* of it */
    int fixed[FIXED], correlation[3], error[3]; /* columns; -1: none */
    size_t taken, bad; /* lines read; the first that was left out, 0: none */
    bool damaged;
    struct run_round *line; /* owned */
    size_t lines, capacity;
};

static int named_column(const struct csv_table *table, enum objective objective, const char *what)
{
    struct buf name;
    int column = -1;
    buf_init(&name);
    if (buf_printf(&name, NULL, "%s_%s", objective_table[objective].name, what) == STATUS_OK)
        column = csv_column(table, name.data);
    buf_release(&name);
    return column;
}

/* A header that is not as this version writes it calls for the file to be written anew. */
static enum status read_header(struct rounds_reader *reader, const struct csv_table *table,
                               const char *text, size_t length, struct error *error)
{
    struct buf own;
    buf_init(&own);
    enum status status = format_header(reader->objectives, reader->m, &own, error);
    reader->damaged |= own.length != length || memcmp(own.data, text, length) != 0;
    reader->headed = true;
    reader->fields = table->row[0].fields;
    for (int i = 0; i < FIXED; i++) {
        reader->fixed[i] = csv_column(table, fixed_name[i]);
        reader->foreign |= reader->fixed[i] < 0;
    }
    for (size_t k = 0; k < reader->m; k++) {
        reader->correlation[k] = named_column(table, reader->objectives[k], "correlation");
        reader->error[k] = named_column(table, reader->objectives[k], "error");
    }
    buf_release(&own);
    return status;
}

static bool read_size(const char *text, size_t *value)
{
    uint32_t number;
    bool good = history_read_count(text, &number);
    *value = number;
    return good;
}

static bool read_optional(const struct csv_row *row, int column, double *value)
{
    return history_read_number(column >= 0 ? row->field[column] : "", value);
}

static bool read_line(const struct rounds_reader *reader, const struct csv_row *row,
                      struct run_round *round)
{
    const int *fixed = reader->fixed;
    if (row->fields != reader->fields ||
        !history_read_count(row->field[fixed[GENERATION]], &round->generation) ||
        !read_size(row->field[fixed[EVALUATIONS]], &round->evaluations) ||
        !read_size(row->field[fixed[FEASIBLE]], &round->feasible) ||
        !read_size(row->field[fixed[FRONT]], &round->front) ||
        !history_read_number(row->field[fixed[HYPERVOLUME]], &round->hypervolume) ||
        !history_read_number(row->field[fixed[SECONDS]], &round->seconds))
        return false;
    for (size_t k = 0; k < 3; k++) {
        int correlation = k < reader->m ? reader->correlation[k] : -1;
        int error = k < reader->m ? reader->error[k] : -1;
        if (!read_optional(row, correlation, &round->correlation[k]) ||
            !read_optional(row, error, &round->error[k]))
            return false;
    }
    return isfinite(round->hypervolume) && isfinite(round->seconds) &&
           (reader->lines == 0 || round->generation > reader->line[reader->lines - 1].generation);
}

static void leave_out(struct rounds_reader *reader)
{
    reader->damaged = true;
    if (reader->bad == 0)
        reader->bad = reader->taken;
}

static enum status take_line(struct rounds_reader *reader, const char *text, size_t length,
                             struct error *error)
{
    reader->taken++;
    struct csv_table table;
    struct run_round round;
    struct error why = {0};
    enum status status = csv_read_memory("progress.csv", text, length, &table, &why);
    if (status == STATUS_MEMORY) {
        if (error != NULL)
            *error = why;
    } else if (status != STATUS_OK) {
        leave_out(reader);
        reader->foreign |= !reader->headed;
        reader->headed = true;
        status = STATUS_OK;
    } else if (table.rows > 0 && !reader->headed) {
        status = read_header(reader, &table, text, length, error);
    } else if (table.rows > 0 && !reader->foreign && read_line(reader, &table.row[0], &round)) {
        status = memory_reserve(&reader->line, &reader->capacity, reader->lines + 1,
                                sizeof *reader->line, error);
        if (status == STATUS_OK)
            reader->line[reader->lines++] = round;
    } else {
        leave_out(reader);
    }
    csv_release(&table);
    return status;
}

static void begin(struct rounds_reader *reader)
{
    reader->headed = reader->foreign = reader->damaged = false;
    reader->lines = reader->taken = reader->bad = 0;
}

enum status rounds_reader_read(struct rounds_reader *reader, bool *anew, struct error *error)
{
    size_t length = 0;
    enum status status;
    *anew = false;
    do {
        bool other;
        status = follower_read(&reader->file, PIECE, &length, &other, error);
        if (status == STATUS_OK && other) {
            begin(reader);
            *anew = true;
        }
        for (size_t at = 0; status == STATUS_OK && at < length;) {
            const char *text = reader->file.text + at;
            size_t piece = (size_t)((const char *)memchr(text, '\n', length - at) - text) + 1;
            status = take_line(reader, text, piece, error);
            at += piece;
        }
    } while (status == STATUS_OK && length > 0);
    reader->damaged |= reader->foreign;
    return status;
}

enum status rounds_reader_new(const char *directory, const enum objective *objectives, size_t m,
                              struct rounds_reader **reader, struct error *error)
{
    struct rounds_reader *r = memory_new(1, sizeof *r, error);
    *reader = r;
    if (r == NULL)
        return STATUS_MEMORY;
    r->m = m;
    memcpy(r->objectives, objectives, m * sizeof *objectives);
    enum status status = follower_init(&r->file, directory, "progress.csv", error);
    if (status != STATUS_OK) {
        rounds_reader_free(r);
        *reader = NULL;
    }
    return status;
}

void rounds_reader_free(struct rounds_reader *reader)
{
    if (reader == NULL)
        return;
    follower_release(&reader->file);
    memory_free(reader->line);
    memory_free(reader);
}

const struct run_round *rounds_reader_lines(const struct rounds_reader *reader, size_t *count)
{
    *count = reader->lines;
    return reader->line;
}

bool rounds_reader_damaged(const struct rounds_reader *reader)
{
    return reader->damaged;
}

bool rounds_reader_fault(const struct rounds_reader *reader, struct error *error)
{
    const char *path = reader->file.path;
    if (reader->foreign)
        error_set(error, STATUS_INVALID, "%s has other columns than this version writes; left out",
                  path);
    else if (reader->bad > 0)
        error_set(error, STATUS_INVALID, "%s, line %zu is no finished generation; left out", path,
                  reader->bad);
    return reader->foreign || reader->bad > 0;
}

/* ---- writing ---- */

static enum status open_file(struct rundir *rundir, const enum objective *objectives, size_t m,
                             struct error *error)
{
    struct buf path, header;
    buf_init(&header);
    enum status status = rundir_file(rundir, "progress.csv", &path, error);
    if (status == STATUS_OK)
        status = format_header(objectives, m, &header, error);
    if (status == STATUS_OK)
        status = append_file_open(path.data, &rundir->progress, error);
    if (status == STATUS_OK)
        status = append_file_header(rundir->progress, header.data, header.length, error);
    if (status != STATUS_OK) {
        append_file_close(rundir->progress);
        rundir->progress = NULL;
    }
    buf_release(&header);
    buf_release(&path);
    return status;
}

enum status rounds_append(struct rundir *rundir, const struct run_round *round,
                          const enum objective *objectives, size_t m, struct error *error)
{
    struct buf line;
    buf_init(&line);
    enum status status =
        rundir->progress == NULL ? open_file(rundir, objectives, m, error) : STATUS_OK;
    if (status == STATUS_OK)
        status = format_line(round, objectives, m, &line, error);
    if (status == STATUS_OK)
        status = append_file_line(rundir->progress, line.data, line.length, error);
    buf_release(&line);
    return status;
}

enum status rounds_replace(struct rundir *rundir, const struct run_round *round, size_t count,
                           const enum objective *objectives, size_t m, struct error *error)
{
    struct buf path, text;
    buf_init(&text);
    enum status status = rundir_file(rundir, "progress.csv", &path, error);
    if (status == STATUS_OK)
        status = format_header(objectives, m, &text, error);
    for (size_t i = 0; status == STATUS_OK && i < count; i++)
        status = format_line(&round[i], objectives, m, &text, error);
    if (status == STATUS_OK)
        status = atomic_file_replace(path.data, text.data, text.length, error);
    buf_release(&text);
    buf_release(&path);
    return status;
}
