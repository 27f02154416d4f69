/* Exact non-negative whole numbers of any size that a search space may have (a product of at most
 * 257 small counts), for printing. */
#ifndef CLI_DECIMAL_H
#define CLI_DECIMAL_H

#include <stddef.h>
#include <stdint.h>

#define DECIMAL_DIGITS 700

struct decimal {
    uint8_t digit[DECIMAL_DIGITS]; /* least significant first */
    size_t length;                 /* 0: the number 0 */
};

void decimal_set(struct decimal *number, uint32_t value);
void decimal_multiply(struct decimal *number, uint32_t factor);        /* factor <= 10^8 */
void decimal_add(struct decimal *number, const struct decimal *other);
void decimal_subtract_one(struct decimal *number);                     /* number > 0 */
const char *decimal_text(const struct decimal *number, char out[DECIMAL_DIGITS + 1]);

#endif
