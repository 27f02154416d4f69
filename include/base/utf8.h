/* UTF-8 (RFC 3629). */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>

/* Length of the valid character at `text`, of which `left` > 0 bytes are there; 0: there is none.
 * Then *cut (may be NULL) is true when the bytes may be the beginning of one. */
size_t utf8_length(const char *text, size_t left, bool *cut);
/* Is this valid character one that is not printed (C0, DEL, C1)? */
bool utf8_is_control(const char *text, size_t length);
/* Makes a message of what may hold anything: blanks in place of what is_control, '?' of bytes that
 * are no character. */
void utf8_blank(char *text);
/* Bytes of the longest beginning of whole characters that two valid texts have in common. */
size_t utf8_common(const char *a, size_t a_length, const char *b, size_t b_length);

#endif
