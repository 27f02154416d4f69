/* Whole numbers digit by digit, as on paper. */
#include "cli/decimal.h"

#include <assert.h>

static void carry_on(struct decimal *number, uint32_t carry)
{
    for (; carry > 0; carry /= 10) {
        assert(number->length < DECIMAL_DIGITS);
        number->digit[number->length++] = (uint8_t)(carry % 10);
    }
}

void decimal_set(struct decimal *number, uint32_t value)
{
    number->length = 0;
    carry_on(number, value);
}

void decimal_multiply(struct decimal *number, uint32_t factor)
{
    uint32_t carry = 0;
    if (factor == 0)
        number->length = 0;
    for (size_t i = 0; i < number->length; i++) {
        carry += number->digit[i] * factor;
        number->digit[i] = (uint8_t)(carry % 10);
        carry /= 10;
    }
    carry_on(number, carry);
}

void decimal_add(struct decimal *number, const struct decimal *other)
{
    uint32_t carry = 0;
    while (number->length < other->length)
        number->digit[number->length++] = 0;
    for (size_t i = 0; i < number->length; i++) {
        carry += number->digit[i] + (i < other->length ? other->digit[i] : 0U);
        number->digit[i] = (uint8_t)(carry % 10);
        carry /= 10;
    }
    carry_on(number, carry);
}

void decimal_subtract_one(struct decimal *number)
{
    size_t i = 0;
    assert(number->length > 0);
    for (; number->digit[i] == 0; i++)
        number->digit[i] = 9;
    number->digit[i]--;
    if (i + 1 == number->length && number->digit[i] == 0)
        number->length--;
}

const char *decimal_text(const struct decimal *number, char out[DECIMAL_DIGITS + 1])
{
    size_t length = 0;
    for (size_t i = number->length; i > 0; i--)
        out[length++] = (char)('0' + number->digit[i - 1]);
    if (length == 0)
        out[length++] = '0';
    out[length] = '\0';
    return out;
}
