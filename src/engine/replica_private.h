/* A run's model once more, beside the run: the same file, weights, precision, neuron order, tasks
 * and times, so that what is evaluated here is what the run would have got. It takes no lock and
 * writes nothing: the run may be searched meanwhile. */
#ifndef ENGINE_REPLICA_PRIVATE_H
#define ENGINE_REPLICA_PRIVATE_H

#include "engine/cost.h"
#include "engine/evaluator.h"
#include "engine/orders.h"
#include "setup_private.h"

struct replica {
    struct setup setup;
    struct supernet *supernet;
    struct supernet *magnitude;     /* the model once more, see replica_magnitude; else NULL */
    const struct arch_shape *shape; /* of the super-network */
    struct tokenizer *tokenizer;
    struct model_order order; /* the run's, set in the super-network */
    struct cost_table cost;
    bool costed; /* the table is there, and the run's times are by it */
    struct task task[SETUP_TASKS];
    struct prepared_task *prepared[SETUP_TASKS]; /* the run's own questions */
    struct prepared_text *text;                  /* the run's own; NULL: none */
};

/* `model` NULL: the path in run.json. A model, task or text with another content than the run's is
 * STATUS_INVALID. Release in any case. */
enum status replica_open(const char *directory, const char *model, unsigned threads,
                         uint64_t memory, struct replica *replica, struct error *error);
/* What run.json says, without the model; release with setup_release in any case. */
enum status replica_setup(const char *directory, struct setup *setup, struct error *error);
/* Opens replica->magnitude, unless it is: neurons in the order of model_order_by_magnitude. */
enum status replica_magnitude(struct replica *replica, uint64_t memory, struct error *error);
void replica_release(struct replica *replica);
size_t replica_items(const struct replica *replica); /* `n` of its rows */
/* An evaluator of the run's weights in its precision, without tasks and texts. */
struct evaluator_options replica_evaluator(const struct replica *replica, unsigned threads,
                                           uint64_t memory, uint64_t cache);

#endif
