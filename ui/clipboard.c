/* OSC 52, in base64. */
#include "clipboard.h"

#include <stdio.h>
#include <string.h>

static void encode_base64(const char *text, char *out)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t length = strlen(text);
    for (size_t i = 0; i < length; i += 3) {
        unsigned bits = (unsigned)(unsigned char)text[i] << 16;
        bits |= i + 1 < length ? (unsigned)(unsigned char)text[i + 1] << 8 : 0;
        bits |= i + 2 < length ? (unsigned)(unsigned char)text[i + 2] : 0;
        for (size_t k = 0; k < 4; k++)
            *out++ = i + k <= length ? digits[bits >> (18 - 6 * k) & 63] : '=';
    }
    *out = '\0';
}

const char *clipboard_sequence(const char *text, bool tmux, char out[CLIPBOARD_SEQUENCE])
{
    char encoded[(CLIPBOARD_MOST / 3 + 1) * 4 + 1];
    out[0] = '\0';
    if (strlen(text) > CLIPBOARD_MOST)
        return out;
    encode_base64(text, encoded);
    int length = snprintf(out, CLIPBOARD_SEQUENCE, "\033]52;c;%s\a", encoded);
    if (tmux)
        snprintf(out + length, CLIPBOARD_SEQUENCE - (size_t)length,
                 "\033Ptmux;\033\033]52;c;%s\a\033\\", encoded);
    return out;
}
