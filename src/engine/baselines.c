/* Making baselines: each method's codes at the sizes asked for, what is there already found, the
 * rest evaluated. A method at a time, the cheap ones first, so that their rows are there early. */
#include "engine/baselines.h"

#include "base/clock.h"
#include "base/memory.h"
#include "engine/baseline_chains.h"
#include "losses_private.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define USUAL_CHUNKS 4 /* windows of calibration text: 1,024 tokens */

static const double usual_sizes[] = {.9, .8, .7};

struct making {
    const struct baselines_options *options;
    struct baselines *made;
    struct replica replica;
    unsigned threads;
    int lock;
    uint64_t full;                  /* parameters of the full model */
    struct history_reader *rows;    /* baselines.csv as it was found */
    struct archive *all;            /* those and what was appended since */
    struct archive *history;        /* of the run */
    struct losses *losses;          /* once a method asked */
    uint64_t expected;              /* losses that the present method asks for at most */
    size_t asked_before;            /* losses of the methods before it */
    struct evaluator *evaluator[2]; /* by importance, by magnitude; once something was missing */
    /* what is being evaluated; the sink's while it is */
    const struct baseline_method *method;
    size_t wanted, done;
    enum status status;
    struct error error;
};

/* ---- losses ---- */

static void on_loss(void *context, size_t asked)
{
    const struct making *m = context;
    listener_progress(&m->options->listener, m->method->name,
                      (double)(asked - m->asked_before) / (double)m->expected);
}

static enum status open_losses(struct making *m, struct error *error)
{
    struct buf folder;
    const struct baselines_options *o = m->options;
    struct losses_options wanted = {
        .replica = &m->replica,
        .chunks = o->chunks > 0 ? o->chunks : USUAL_CHUNKS,
        .threads = m->threads,
        .memory = o->memory,
        .cache = o->cache,
        .on_loss = on_loss,
        .context = m,
    };
    buf_init(&folder);
    enum status status = buf_printf(&folder, error, "%s/baselines.d", o->directory);
    wanted.directory = folder.data;
    if (status == STATUS_OK)
        status = losses_new(&wanted, &m->losses, error);
    buf_release(&folder);
    return status;
}

/* Says what the method may cost, from the time of one pass. */
static enum status estimate(struct making *m, uint64_t most, struct error *error)
{
    char all[32];
    double loss;
    struct arch_code full;
    enum status status = STATUS_OK;
    if (m->losses == NULL)
        status = open_losses(m, error);
    m->expected = baseline_losses(m->method, m->replica.shape, most) + 1;
    arch_code_full(m->replica.shape, &full);
    if (status == STATUS_OK)
        status = losses_of(m->losses, &full, 1, &loss, error);
    double each = status == STATUS_OK ? losses_seconds(m->losses) : NAN;
    if (isfinite(each)) /* else all may be known */
        listener_say(
            &m->options->listener,
            "%s: about %llu passes or less over %llu tokens of calibration text, %.2g s each "
            "or less: %s; known already: %zu",
            m->method->name, (unsigned long long)m->expected,
            (unsigned long long)losses_tokens(m->losses), each,
            quantity_format(QUANTITY_SECONDS, each * (double)m->expected, all, sizeof all),
            losses_known(m->losses));
    return status;
}

/* ---- evaluating ---- */

static enum status append(struct making *m, struct row *row, struct error *error)
{
    row->id = (uint32_t)archive_count(m->all);
    row->generation = 0;
    snprintf(row->origin, sizeof row->origin, "baseline:%s", m->method->name);
    enum status status = baselines_append(m->options->directory, row, m->method->magnitude, error);
    return status == STATUS_OK ? archive_append(m->all, row, error) : status;
}

static void sink(void *context, const struct evaluation *evaluation)
{
    struct making *m = context;
    struct row row = {
        .code = evaluation->code,
        .standard_error = evaluation->standard_error,
        .n = evaluation->n,
        .seconds = evaluation->seconds,
        .finished = clock_utc(),
    };
    memcpy(row.value, evaluation->value, sizeof row.value);
    if (m->status == STATUS_OK) {
        m->status = evaluation->status;
        m->error = evaluation->error;
    }
    if (m->status == STATUS_OK)
        m->status = append(m, &row, &m->error);
    listener_progress(&m->options->listener, m->method->name,
                      (double)++m->done / (double)m->wanted);
}

static enum status open_evaluator(struct making *m, struct evaluator **evaluator,
                                  struct error *error)
{
    struct replica *r = &m->replica;
    struct evaluator_options wanted =
        replica_evaluator(r, m->threads, m->options->memory, m->options->cache);
    enum status status = STATUS_OK;
    if (m->method->magnitude) {
        status = replica_magnitude(r, m->options->memory, error);
        wanted.supernet = r->magnitude;
    }
    wanted.task = (const struct prepared_task *const *)r->prepared;
    wanted.tasks = r->setup.tasks;
    wanted.text = (const struct prepared_text *const *)&r->text;
    wanted.texts = r->text != NULL;
    return status == STATUS_OK ? evaluator_new(&wanted, sink, m, evaluator, error) : status;
}

static enum status evaluate(struct making *m, const struct arch_code *codes, size_t count,
                            struct error *error)
{
    struct evaluator **evaluator = &m->evaluator[m->method->magnitude];
    enum status status = STATUS_OK;
    if (count == 0)
        return STATUS_OK;
    if (*evaluator == NULL)
        status = open_evaluator(m, evaluator, error);
    m->wanted = count;
    m->done = 0;
    if (status == STATUS_OK)
        status = evaluator_submit(*evaluator, codes, count, error);
    if (*evaluator != NULL)
        evaluator_wait(*evaluator);
    if (status == STATUS_OK && m->status != STATUS_OK) {
        status = m->status;
        if (error != NULL)
            *error = m->error;
    }
    return status;
}

/* ---- what is there ---- */

static bool same_neurons(const struct making *m, const struct row *row)
{
    return baselines_by_magnitude(row) == m->method->magnitude || !code_needs_order(&row->code);
}

/* The row of this code and method. */
static const struct row *find_own(const struct making *m, const struct arch_code *code)
{
    for (size_t i = 0; i < archive_count(m->all); i++) {
        const struct row *row = archive_row(m->all, i);
        if (arch_code_equal(&row->code, code) &&
            strcmp(row->origin + strlen("baseline:"), m->method->name) == 0)
            return row;
    }
    return NULL;
}

/* A row of another method or of the run that is the same network on the same items. */
static const struct row *find_equal(const struct making *m, const struct arch_code *code)
{
    size_t items = replica_items(&m->replica);
    for (size_t i = 0; i < archive_count(m->all); i++) {
        const struct row *row = archive_row(m->all, i);
        if (arch_code_equal(&row->code, code) && row->n == items && same_neurons(m, row))
            return row;
    }
    bool runs_own = !m->method->magnitude || !code_needs_order(code);
    for (size_t i = 0; runs_own && i < archive_count(m->history); i++) {
        const struct row *row = archive_row(m->history, i);
        if (arch_code_equal(&row->code, code) && row->n == items)
            return row;
    }
    return NULL;
}

/* Rows for the codes: there, copied, or evaluated. */
static enum status provide(struct making *m, struct baseline *list, size_t count,
                           struct error *error)
{
    struct arch_code missing[BASELINES_SIZES];
    size_t missings = 0;
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < count; i++) {
        bool again = !list[i].found || find_own(m, &list[i].row.code) != NULL;
        for (size_t k = 0; k < missings; k++)
            again = again || arch_code_equal(&missing[k], &list[i].row.code);
        if (again)
            continue;
        const struct row *equal = find_equal(m, &list[i].row.code);
        if (equal != NULL) {
            struct row copy = *equal;
            status = append(m, &copy, error);
        } else {
            missing[missings++] = list[i].row.code;
            list[i].fresh = true;
        }
    }
    if (status == STATUS_OK)
        status = evaluate(m, missing, missings, error);
    for (size_t i = 0; status == STATUS_OK && i < count; i++)
        if (list[i].found)
            list[i].row = *find_own(m, &list[i].row.code);
    return status;
}

/* ---- a method ---- */

static enum status make(struct making *m, const double *size, size_t sizes, struct error *error)
{
    struct baseline *list = m->made->list + m->made->count;
    double least = 1;
    enum status status = STATUS_OK;
    for (size_t i = 0; i < sizes; i++)
        least = size[i] < least ? size[i] : least;
    if (m->method->losses)
        status = estimate(m, (uint64_t)(least * (double)m->full), error);
    const struct baseline_world world = {
        .shape = m->replica.shape,
        .layer = m->replica.order.layer,
        .losses = losses_of,
        .context = m->losses,
    };
    for (size_t i = 0; status == STATUS_OK && i < sizes; i++) {
        struct baseline *b = &list[i];
        uint64_t most = (uint64_t)(size[i] * (double)m->full);
        *b = (struct baseline){.method = m->method->name, .size = size[i], .part = NAN};
        status = m->method->chain(&world, most, &b->row.code, &b->found, error);
        if (b->found)
            b->part = (double)arch_params(world.shape, &b->row.code) / (double)m->full;
    }
    if (status == STATUS_OK)
        status = provide(m, list, sizes, error);
    m->made->count += status == STATUS_OK ? sizes : 0;
    m->asked_before = m->losses != NULL ? losses_asked(m->losses) : 0;
    return status;
}

/* ---- all ---- */

static enum status read_rows(struct making *m, struct error *error)
{
    const char *directory = m->options->directory;
    bool anew;
    enum status status;
    if ((status = baselines_reader_new(directory, m->replica.shape, NULL, NULL, &m->rows, error)) ||
        (status = history_reader_read(m->rows, &anew, error)) ||
        (status = archive_new(&m->history, error)) ||
        (status = history_read(directory, m->history, error)))
        return status;
    m->all = history_reader_archive(m->rows);
    if (history_reader_damaged(m->rows))
        return error_set(error, STATUS_INVALID,
                         "%s/baselines.csv has lines that are no rows: move it away", directory);
    return STATUS_OK;
}

/* True when the list, names with commas between, has the name. */
static bool names(const char *list, const char *name)
{
    size_t length = strlen(name);
    for (const char *at = list; *at != '\0'; at += strcspn(at, ","), at += *at == ',')
        if (strncmp(at, name, length) == 0 && (at[length] == ',' || at[length] == '\0'))
            return true;
    return false;
}

/* Every name of the list is a method's. */
static enum status check_methods(const char *list, struct error *error)
{
    char all[128] = "";
    for (const struct baseline_method *method = baseline_table; method->name != NULL; method++)
        snprintf(all + strlen(all), sizeof all - strlen(all), "%s%s", *all != '\0' ? "," : "",
                 method->name);
    for (const char *at = list; list != NULL; at += strcspn(at, ",") + 1) {
        char name[32];
        size_t length = strcspn(at, ",");
        snprintf(name, sizeof name, "%.*s", (int)(length < 31 ? length : 31), at);
        if (!names(all, name))
            return error_set(error, STATUS_INVALID,
                             "there is no pruning method \"%s\"; there are %s", name, all);
        if (at[length] == '\0')
            break;
    }
    return STATUS_OK;
}

static enum status begin(struct making *m, const double *size, size_t sizes, struct error *error)
{
    const struct baselines_options *o = m->options;
    struct arch_code full;
    size_t methods = 0;
    enum status status;
    for (size_t i = 0; i < sizes; i++)
        if (!(size[i] > 0 && size[i] < 1))
            return error_set(error, STATUS_INVALID,
                             "%g is no size: parts of the full model's parameters are expected, "
                             "such as 0.8 or 80%%",
                             size[i]);
    if ((status = check_methods(o->methods, error)) ||
        (status =
             replica_open(o->directory, o->model, m->threads, o->memory, &m->replica, error)) ||
        (status = baselines_lock(o->directory, &m->lock, error)) || (status = read_rows(m, error)))
        return status;
    arch_code_full(m->replica.shape, &full);
    m->full = arch_params(m->replica.shape, &full);
    while (baseline_table[methods].name != NULL)
        methods++;
    m->made->list = memory_new(methods * sizes, sizeof *m->made->list, error);
    return m->made->list != NULL ? STATUS_OK : STATUS_MEMORY;
}

static void end(struct making *m)
{
    for (int i = 0; i < 2; i++)
        evaluator_free(m->evaluator[i]);
    losses_free(m->losses);
    history_reader_free(m->rows);
    archive_free(m->history);
    replica_release(&m->replica);
    if (m->lock >= 0)
        close(m->lock);
}

enum status baselines_make(const struct baselines_options *options, struct baselines *made,
                           struct error *error)
{
    struct making m = {
        .options = options,
        .made = made,
        .threads = options->threads > 0 ? options->threads : evaluator_default_threads(),
        .lock = -1,
    };
    const double *size = options->sizes > 0 ? options->size : usual_sizes;
    size_t sizes = options->sizes > 0 ? options->sizes : sizeof usual_sizes / sizeof *usual_sizes;
    *made = (struct baselines){0};
    enum status status = begin(&m, size, sizes, error);
    for (const struct baseline_method *method = baseline_table;
         status == STATUS_OK && method->name != NULL; method++) {
        if (options->methods != NULL && !names(options->methods, method->name))
            continue;
        m.method = method;
        status = make(&m, size, sizes, error);
    }
    for (size_t i = 0; i < made->count; i++)
        for (int k = 0; k < OBJECTIVES; k++)
            made->measured[k] =
                made->measured[k] || (made->list[i].found && !isnan(made->list[i].row.value[k]));
    end(&m);
    return status;
}

void baselines_release(struct baselines *made)
{
    memory_free(made->list);
    *made = (struct baselines){0};
}
