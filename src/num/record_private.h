/* Recording of products (num/gemm.h), for those who compute them. */
#ifndef NUM_RECORD_PRIVATE_H
#define NUM_RECORD_PRIVATE_H

#include <stddef.h>

double record_begin(void); /* before the product; 0 while recording is off */
void record_end(size_t m, size_t n, size_t k, int transposed, double begin);

#endif
