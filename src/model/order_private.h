/* What order.c (measuring) and order_file.c (reading and writing) share. */
#ifndef MODEL_ORDER_PRIVATE_H
#define MODEL_ORDER_PRIVATE_H

#include "model/order.h"

#include <stdbool.h>

#define SHARES 8U /* of a layer: beyond a width of 0 to 7 eighths */

/* Arrays for order->layers layers, all neuron entries NULL; `layers`: influence and layer too;
 * `shares`: beyond. */
enum status order_allocate(struct model_order *order, bool layers, bool shares,
                           struct error *error);

/* order.c. rank[count] gets 0..count-1, highest score first; of equals the lower index; NaN counts as
 * lowest. */
enum status order_rank(const double *score, uint32_t count, uint32_t *rank, struct error *error);

#endif
