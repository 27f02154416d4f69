/* What num/packed.c asks of oneDNN (num/packed_dnnl.c, compiled with HAVE_DNNL). */
#ifndef NUM_PACKED_PRIVATE_H
#define NUM_PACKED_PRIVATE_H

#include "num/packed.h"

/* STATUS_INVALID when this processor lacks what the precision needs. */
enum status packed_check(enum precision precision, struct error *error);

#endif
