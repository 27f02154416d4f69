/* Recording of products (num/gemm.h), for those who compute them. */
#ifndef NUM_RECORD_PRIVATE_H
#define NUM_RECORD_PRIVATE_H

#include "num/gemm.h"

double record_begin(void); /* before the product; 0 while recording is off */
/* After it: `product` but for its seconds. */
void record_end(const struct gemm_record *product, double begin);

#endif
