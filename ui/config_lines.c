/* Lines of configuration. */
#include "config_lines.h"

#include <string.h>

static const char blanks[] = " \t\r";

/* Without the blanks around it; false: it does not fit. */
static bool copy(const char *from, const char *end, char *to, size_t size)
{
    while (from < end && strchr(blanks, *from))
        from++;
    while (end > from && strchr(blanks, end[-1]))
        end--;
    if ((size_t)(end - from) >= size)
        return false;
    memcpy(to, from, (size_t)(end - from));
    to[end - from] = '\0';
    return true;
}

bool config_line_next(const char **text, struct config_line *line)
{
    const char *start = *text, *end = start + strcspn(start, "\n");
    if (!*start)
        return false;
    *line = (struct config_line){.start = start, .number = line->number + 1};
    line->length = (size_t)(end - start) + (*end == '\n');
    *text = start + line->length;
    const char *first = start + strspn(start, blanks);
    line->empty = first >= end || *first == '#';
    if (line->empty)
        return true;
    const char *equals = memchr(start, '=', (size_t)(end - start));
    line->good = equals && copy(start, equals, line->name, sizeof line->name) &&
                 copy(equals + 1, end, line->value, sizeof line->value) && *line->name &&
                 *line->value;
    return true;
}

size_t config_word(const char **value)
{
    *value += strspn(*value, blanks);
    return strcspn(*value, blanks);
}
