/* Opening a run's model beside the run. */
#include "replica_private.h"

#include "base/buf.h"

static enum status read_run(const char *directory, json_t **stored, struct error *error)
{
    struct buf path;
    buf_init(&path);
    enum status status = buf_printf(&path, error, "%s/run.json", directory);
    if (status == STATUS_OK && !run_is_directory(directory))
        status = error_set(error, STATUS_INVALID, "%s is not a run directory: it has no run.json",
                           directory);
    if (status == STATUS_OK)
        status = json_read_file(path.data, stored, error);
    buf_release(&path);
    return status;
}

static enum status open_model(struct replica *r, const char *directory, unsigned threads,
                              uint64_t memory, struct error *error)
{
    char hex[SHA256_HEX];
    const struct orders_options wanted = {
        .neuron_order = r->setup.neuron_order.path,
        .calibration = r->setup.calibration.path,
        .directory = directory,
        .means = r->setup.weights.compensate,
        .threads = threads,
        .model_sha256 = r->setup.model.sha256,
    };
    enum status status;
    if ((status = supernet_open(r->setup.model.path, &r->supernet, error)) ||
        (status = model_sha256_of(r->setup.model.path, NULL, NULL, hex, error)) ||
        (status = setup_file_check(&r->setup.model, "the model", hex, error)))
        return status;
    r->shape = supernet_shape(r->supernet);
    supernet_set_memory(r->supernet, evaluator_weights_memory(memory));
    if ((status = tokenizer_new(supernet_gguf(r->supernet), &r->tokenizer, error)) ||
        (status = orders_provide(r->supernet, r->tokenizer, &wanted, &r->order, error)))
        return status;
    return supernet_set_order(r->supernet, &r->order, error);
}

/* As the run has it: questions are cut at what the model can read, --context is the text's chunk.
 */
static enum status prepare(struct replica *r, struct error *error)
{
    struct setup *setup = &r->setup;
    uint32_t longest = r->shape->context;
    const struct prepare_options questions = {.context = longest};
    const struct text_options chunks = {
        setup->ppl, setup->context < longest ? setup->context : longest, setup->chunks};
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < setup->tasks; i++) {
        status = setup_load_task(setup, i, &r->task[i], error);
        if (status == STATUS_OK)
            status =
                prepared_task_new(&r->task[i], r->tokenizer, &questions, &r->prepared[i], error);
    }
    if (status == STATUS_OK && setup->text.path != NULL)
        status = prepared_text_new(setup->text.path, r->tokenizer, &chunks, &r->text, error);
    if (status == STATUS_OK && r->text != NULL)
        status = setup_file_check(&setup->text, "the text", prepared_text_sha256(r->text), error);
    return status;
}

static enum status resolve(const char *directory, const char *model, json_t **stored,
                           struct setup *setup, struct error *error)
{
    const struct run_options given = {.model = model, .directory = directory};
    *setup = (struct setup){0};
    enum status status = read_run(directory, stored, error);
    return status == STATUS_OK ? setup_resolve(&given, *stored, setup, error) : status;
}

enum status replica_setup(const char *directory, struct setup *setup, struct error *error)
{
    json_t *stored = NULL;
    enum status status = resolve(directory, NULL, &stored, setup, error);
    json_decref(stored);
    return status;
}

enum status replica_open(const char *directory, const char *model, unsigned threads,
                         uint64_t memory, struct replica *replica, struct error *error)
{
    struct cost_check check;
    json_t *stored = NULL;
    *replica = (struct replica){0};
    enum status status = resolve(directory, model, &stored, &replica->setup, error);
    if (status == STATUS_OK)
        status = open_model(replica, directory, threads, memory, error);
    if (status == STATUS_OK)
        status = prepare(replica, error);
    const json_t *cost = json_object_get(stored, "cost");
    if (status == STATUS_OK && cost != NULL && *replica->setup.value[SETUP_MEASURE] == '\0') {
        status = cost_read(cost, replica->shape, &replica->cost, &check, error);
        replica->costed = status == STATUS_OK;
    }
    json_decref(stored);
    return status;
}

void replica_release(struct replica *replica)
{
    for (size_t i = 0; i < SETUP_TASKS; i++) {
        prepared_task_free(replica->prepared[i]);
        task_release(&replica->task[i]);
    }
    prepared_text_free(replica->text);
    tokenizer_free(replica->tokenizer);
    model_order_release(&replica->order);
    supernet_close(replica->magnitude);
    supernet_close(replica->supernet);
    setup_release(&replica->setup);
    *replica = (struct replica){0};
}

enum status replica_magnitude(struct replica *replica, uint64_t memory, struct error *error)
{
    struct model_order order;
    if (replica->magnitude != NULL)
        return STATUS_OK;
    enum status status = supernet_open(replica->setup.model.path, &replica->magnitude, error);
    if (status != STATUS_OK)
        return status;
    supernet_set_memory(replica->magnitude, evaluator_weights_memory(memory));
    status = model_order_by_magnitude(replica->magnitude, &order, error);
    if (status == STATUS_OK) {
        float **none = order.mean; /* the run's means hold whatever the order */
        order.mean = replica->order.mean;
        status = supernet_set_order(replica->magnitude, &order, error);
        order.mean = none;
    }
    model_order_release(&order);
    return status;
}

size_t replica_items(const struct replica *replica)
{
    size_t items = 0;
    for (size_t i = 0; i < replica->setup.tasks; i++)
        items += replica->task[i].items;
    return items;
}

struct evaluator_options replica_evaluator(const struct replica *replica, unsigned threads,
                                           uint64_t memory, uint64_t cache)
{
    return (struct evaluator_options){
        .supernet = replica->supernet,
        .weights = replica->setup.weights,
        .precision = replica->setup.precision,
        .cost = replica->costed ? &replica->cost : NULL,
        .threads = threads,
        .memory = memory,
        .cache = cache,
    };
}
