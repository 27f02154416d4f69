/* What Python's str.strip and str.capitalize do to UTF-8, since the published prompts are made with
 * them. Blanks are those of str.isspace (Python 3 library reference). Letters change one by one, by
 * the C library's tables; a letter that becomes several stays as it is. */
#include "loader_private.h"

#include "base/memory.h"

#include <locale.h>
#include <string.h>
#include <wctype.h>

/* The code point at text[0..length) and its bytes (1 for what is not UTF-8). */
static uint32_t decode(const char *text, size_t length, size_t *bytes)
{
    const unsigned char *byte = (const unsigned char *)text;
    size_t count = byte[0] >= 0xF0 ? 4 : byte[0] >= 0xE0 ? 3 : byte[0] >= 0xC0 ? 2 : 1;
    *bytes = 1;
    if (count == 1 || count > length)
        return byte[0];
    uint32_t code = byte[0] & (0xFFU >> (count + 1));
    for (size_t i = 1; i < count; i++) {
        if ((byte[i] & 0xC0) != 0x80)
            return byte[0];
        code = code << 6 | (byte[i] & 0x3FU);
    }
    *bytes = count;
    return code;
}

/* The bytes of the blank at text[0..length), 0 when there is none. A byte on its own, as inside of
 * a letter, is no blank whatever its value. */
static size_t blank_bytes(const char *text, size_t length)
{
    static const uint32_t wide[] = {0x85, 0xA0, 0x1680, 0x2028, 0x2029, 0x202F, 0x205F, 0x3000};
    size_t bytes;
    uint32_t code = decode(text, length, &bytes);
    if (bytes == 1 && code >= 0x80)
        return 0;
    if ((code >= 0x09 && code <= 0x0D) || (code >= 0x1C && code <= 0x20) ||
        (code >= 0x2000 && code <= 0x200A))
        return bytes;
    for (size_t i = 0; i < sizeof wide / sizeof *wide; i++)
        if (code == wide[i])
            return bytes;
    return 0;
}

size_t python_blanks(const char *text)
{
    size_t at = 0, bytes;
    while ((bytes = blank_bytes(text + at, 4)) > 0) /* the NUL ends a letter cut short */
        at += bytes;
    return at;
}

size_t python_rstrip(const char *text, size_t length)
{
    while (length > 0) {
        size_t start = length - 1;
        while (start > 0 && length - start < 4 && ((unsigned char)text[start] & 0xC0) == 0x80)
            start--;
        size_t bytes = blank_bytes(text + start, length - start);
        if (bytes == 0 || start + bytes != length)
            break;
        length = start;
    }
    return length;
}

char *trimmed(const char *text, struct error *error)
{
    text += python_blanks(text);
    size_t length = python_rstrip(text, strlen(text));
    char *copy = memory_new(length + 1, 1, error);
    if (copy != NULL)
        memcpy(copy, text, length);
    return copy;
}

static enum status append_code(struct buf *out, uint32_t code, struct error *error)
{
    char bytes[4];
    size_t count = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    for (size_t i = count; i-- > 1; code >>= 6)
        bytes[i] = (char)(0x80 | (code & 0x3F));
    static const unsigned char lead[] = {0, 0, 0xC0, 0xE0, 0xF0};
    bytes[0] = (char)(lead[count] | code);
    return buf_append(out, bytes, count, error);
}

enum status python_capitalize(const char *text, struct buf *out, struct error *error)
{
    locale_t locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
    if (locale == (locale_t)0)
        return error_set(error, STATUS_IO, "the system has no locale C.UTF-8");
    enum status status = STATUS_OK;
    size_t length = strlen(text), bytes;
    for (size_t at = 0; status == STATUS_OK && at < length; at += bytes) {
        uint32_t code = decode(text + at, length - at, &bytes);
        if (bytes == 1 && code >= 0x80)
            status = buf_append(out, text + at, 1, error);
        else
            status = append_code(out,
                                 (uint32_t)(at == 0 ? towupper_l((wint_t)code, locale)
                                                    : towlower_l((wint_t)code, locale)),
                                 error);
    }
    freelocale(locale);
    return status;
}
