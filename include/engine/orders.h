/* Where a model's hash and its importance orders come from: a run directory, the user's cache, or a
 * pass over the calibration text, which fills the cache. The cache is $XDG_CACHE_HOME/paretop
 * (else ~/.cache/paretop); one that cannot be written is no error, only slower. */
#ifndef ENGINE_ORDERS_H
#define ENGINE_ORDERS_H

#include "base/hash.h"
#include "model/order.h"
#include "model/supernet.h"
#include "model/tokenizer.h"

struct orders_options {       /* zero value: the embedded text, no run directory, one thread */
    const char *neuron_order; /* CSV file (--neuron-order): sets the neurons; layers are measured */
    const char *calibration;  /* text file; NULL: the embedded one */
    const char *directory;    /* run directory whose order.bin is taken when it is there */
    bool neurons_only;        /* block influence is not needed: with neuron_order nothing is
                                 measured */
    bool means; /* the neurons' means are needed: where an order has none, they are measured */
    unsigned threads;
    const char *model_sha256; /* when it is known already; NULL: model_sha256_of() */
    /* Called with [0,1] while measuring; nonzero cancels (STATUS_CANCELLED). May be NULL. */
    int (*progress)(void *context, double done);
    void *context;
};

/* The orders of the super-network's model; the caller releases them and gives them to
 * supernet_set_order. An order.bin of another model or text is STATUS_INVALID. */
enum status orders_provide(struct supernet *supernet, const struct tokenizer *tokenizer,
                           const struct orders_options *options, struct model_order *order,
                           struct error *error);

/* SHA-256 of a model (model/source.h), its files' cached by path, size, time of change and inode.
 * progress as sha256_file_watched's. */
enum status model_sha256_of(const char *path, int (*progress)(void *context, double done),
                            void *context, char hex[SHA256_HEX], struct error *error);

/* True when this code cuts an MLP, so that the neuron order matters. */
bool code_needs_order(const struct arch_code *code);
/* True when it cuts one or has a layer without, so that bias compensation needs the means. */
bool code_needs_means(const struct arch_code *code);

#endif
