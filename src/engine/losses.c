/* Losses of codes on calibration text. The file's name has the text's hash and the tokens, so that
 * losses of another text are never taken for these. */
#include "losses_private.h"

#include "base/memory.h"
#include "io/atomic_file.h"
#include "io/csv.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct known {
    struct arch_code code;
    double loss;
};

struct losses {
    struct losses_options options;
    struct prepared_text *text;
    struct evaluator *evaluator;
    struct append_file *file;
    struct known *known; /* owned; what has come is written by the evaluator's sink alone while
                            codes are in flight */
    size_t count, capacity;
    size_t asked;
    double seconds;
    enum status status; /* of the sink */
    struct error error;
};

static const struct known *find(const struct losses *losses, const struct arch_code *code)
{
    for (size_t i = 0; i < losses->count; i++)
        if (arch_code_equal(&losses->known[i].code, code))
            return &losses->known[i];
    return NULL;
}

static enum status remember(struct losses *losses, const struct arch_code *code, double loss,
                            struct error *error)
{
    enum status status = memory_reserve(&losses->known, &losses->capacity, losses->count + 1,
                                        sizeof *losses->known, error);
    if (status == STATUS_OK)
        losses->known[losses->count++] = (struct known){*code, loss};
    return status;
}

/* ---- the file: code,loss ---- */

static enum status read_file(struct losses *losses, const char *path, struct error *error)
{
    struct csv_table table = {0};
    enum status status = csv_read_file(path, &table, error);
    for (size_t i = 0; status == STATUS_OK && i < table.rows; i++) {
        const struct csv_row *row = &table.row[i];
        struct arch_code code;
        char *end = NULL;
        double loss = row->fields == 2 ? strtod(row->field[1], &end) : NAN;
        if (end == NULL || end == row->field[1] || *end != '\0' ||
            arch_code_parse(losses->options.replica->shape, row->field[0], &code, NULL) !=
                STATUS_OK)
            status = error_set(error, STATUS_INVALID, "%s, line %zu: code and loss expected", path,
                               row->line);
        else
            status = remember(losses, &code, loss, error);
    }
    csv_release(&table);
    return status;
}

static enum status open_file(struct losses *losses, struct error *error)
{
    struct buf path;
    buf_init(&path);
    enum status status =
        buf_printf(&path, error, "%s/losses-%.12s-%" PRIu64 ".csv", losses->options.directory,
                   prepared_text_sha256(losses->text), losses_tokens(losses));
    if (status == STATUS_OK) /* cuts a torn last line */
        status = append_file_open(path.data, &losses->file, error);
    if (status == STATUS_OK)
        status = read_file(losses, path.data, error);
    buf_release(&path);
    return status;
}

static enum status write_line(struct losses *losses, const struct arch_code *code, double loss,
                              struct error *error)
{
    struct buf line;
    buf_init(&line);
    enum status status = buf_printf(&line, error, "%s,%.17g\n", code->text, loss);
    if (status == STATUS_OK)
        status = append_file_line(losses->file, line.data, line.length, error);
    buf_release(&line);
    return status;
}

/* ---- computing ---- */

static void sink(void *context, const struct evaluation *evaluation)
{
    struct losses *losses = context;
    double loss = log(evaluation->value[OBJECTIVE_PERPLEXITY]);
    if (losses->status != STATUS_OK)
        return;
    losses->seconds = evaluation->seconds;
    losses->status = evaluation->status;
    losses->error = evaluation->error;
    if (losses->status == STATUS_OK)
        losses->status = write_line(losses, &evaluation->code, loss, &losses->error);
    if (losses->status == STATUS_OK)
        losses->status = remember(losses, &evaluation->code, loss, &losses->error);
    losses->asked++;
    if (losses->options.on_loss != NULL)
        losses->options.on_loss(losses->options.context, losses->asked);
}

static enum status open_text(struct losses *losses, struct error *error)
{
    const struct replica *replica = losses->options.replica;
    const char *path = replica->setup.calibration.path;
    uint32_t longest = replica->shape->context;
    const struct text_options wanted = {PERPLEXITY_JOINED,
                                        LOSSES_WINDOW < longest ? LOSSES_WINDOW : longest,
                                        losses->options.chunks};
    if (path != NULL)
        return prepared_text_new(path, replica->tokenizer, &wanted, &losses->text, error);
    size_t length;
    char *text = memory_string(embedded_calibration(&length), error);
    enum status status = text == NULL
                             ? STATUS_MEMORY
                             : prepared_text_of("the calibration text", text, length,
                                                replica->tokenizer, &wanted, &losses->text, error);
    memory_free(text);
    return status;
}

enum status losses_new(const struct losses_options *options, struct losses **losses,
                       struct error *error)
{
    struct losses *l = memory_new(1, sizeof *l, error);
    *losses = NULL;
    if (l == NULL)
        return STATUS_MEMORY;
    l->options = *options;
    l->seconds = NAN;
    enum status status = open_text(l, error);
    if (status == STATUS_OK)
        status = open_file(l, error);
    if (status == STATUS_OK) {
        struct evaluator_options wanted =
            replica_evaluator(options->replica, options->threads, options->memory, options->cache);
        const struct prepared_text *text = l->text;
        wanted.text = &text;
        wanted.texts = 1;
        status = evaluator_new(&wanted, sink, l, &l->evaluator, error);
    }
    if (status != STATUS_OK)
        losses_free(l);
    else
        *losses = l;
    return status;
}

void losses_free(struct losses *losses)
{
    if (losses == NULL)
        return;
    evaluator_free(losses->evaluator);
    append_file_close(losses->file);
    prepared_text_free(losses->text);
    memory_free(losses->known);
    memory_free(losses);
}

/* Those that are not known, in the order that shares most. */
static enum status compute(struct losses *losses, const struct arch_code *codes, size_t count,
                           struct error *error)
{
    size_t missing = 0;
    struct arch_code *list = memory_new(count, sizeof *list, error);
    if (list == NULL)
        return STATUS_MEMORY;
    for (size_t i = 0; i < count; i++)
        if (find(losses, &codes[i]) == NULL)
            list[missing++] = codes[i];
    losses->asked += count - missing;
    arch_code_sort(list, missing);
    enum status status = evaluator_submit(losses->evaluator, list, missing, error);
    evaluator_wait(losses->evaluator);
    memory_free(list);
    if (status == STATUS_OK && losses->status != STATUS_OK) {
        status = losses->status;
        if (error != NULL)
            *error = losses->error;
    }
    return status;
}

enum status losses_of(void *context, const struct arch_code *codes, size_t count, double *loss,
                      struct error *error)
{
    struct losses *losses = context;
    enum status status = compute(losses, codes, count, error);
    for (size_t i = 0; status == STATUS_OK && i < count; i++)
        loss[i] = find(losses, &codes[i])->loss;
    return status;
}

uint64_t losses_tokens(const struct losses *losses)
{
    return prepared_text_tokens(losses->text);
}

size_t losses_asked(const struct losses *losses)
{
    return losses->asked;
}

size_t losses_known(const struct losses *losses)
{
    return losses->count;
}

double losses_seconds(const struct losses *losses)
{
    return losses->seconds;
}
