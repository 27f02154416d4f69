/* base/utf8: characters in bytes. */
#include "base/utf8.h"

#include <stdint.h>
#include <string.h>

/* How many bytes the first one of a character promises; 0: it begins none. */
static size_t promised(unsigned char first)
{
    return first < 0x80 ? 1 : first >> 5 == 6 ? 2 : first >> 4 == 14 ? 3 : first >> 3 == 30 ? 4 : 0;
}

size_t utf8_length(const char *text, size_t left, bool *cut)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    const unsigned char *bytes = (const unsigned char *)text;
    size_t length = promised(*bytes);
    if (cut != NULL)
        *cut = false;
    if (length <= 1)
        return length;
    uint32_t point = *bytes & (0x7Fu >> length);
    for (size_t i = 1; i < length; i++) {
        if (i == left) {
            if (cut != NULL)
                *cut = true;
            return 0;
        }
        if (bytes[i] >> 6 != 2)
            return 0;
        point = point << 6 | (bytes[i] & 0x3Fu);
    }
    bool surrogate = point >= 0xD800 && point <= 0xDFFF;
    return point < least[length] || point > 0x10FFFF || surrogate ? 0 : length;
}

bool utf8_is_control(const char *text, size_t length)
{
    unsigned char first = (unsigned char)text[0];
    return first < ' ' || first == 0x7F ||
           (length == 2 && first == 0xC2 && (unsigned char)text[1] < 0xA0);
}

void utf8_blank(char *text)
{
    for (size_t step, left = strlen(text); left > 0; text += step, left -= step) {
        size_t length = utf8_length(text, left, NULL);
        step = length > 0 ? length : 1;
        if (length == 0 || utf8_is_control(text, length))
            memset(text, length == 0 ? '?' : ' ', step);
    }
}

size_t utf8_common(const char *a, size_t a_length, const char *b, size_t b_length)
{
    size_t most = a_length < b_length ? a_length : b_length, at = 0, whole = 0;
    while (at < most && a[at] == b[at]) {
        at++;
        bool begins = at == a_length || ((unsigned char)a[at] >> 6) != 2;
        if (begins && (at == b_length || ((unsigned char)b[at] >> 6) != 2))
            whole = at;
    }
    return whole;
}
