/* Keys as text. */
#include "script.h"

#include "grid.h"
#include "ui/keys.h"
#include "ui/ui.h"

#include <string.h>

static int named_key(const char *name, size_t length)
{
    if (length == 2 && !strncmp(name, "lt", 2))
        return '<';
    return length > 1 ? ui_key_parse(name, length) : 0;
}

int script_next(const char **script)
{
    const char *p = *script;
    if (!p || !*p)
        return 0;
    if (*p == '<') {
        const char *end = strchr(p, '>');
        int key = end ? named_key(p + 1, (size_t)(end - p - 1)) : 0;
        if (key) {
            *script = end + 1;
            return key;
        }
    }
    return (int)utf8_next(script);
}

enum status ui_script_check(const char *script, struct error *error)
{
    for (const char *at = script; (at = strchr(at, '<')) != NULL; at++) {
        const char *end = strchr(at, '>');
        if (end && end > at + 1 && !named_key(at + 1, (size_t)(end - at - 1)))
            return error_set(error, STATUS_INVALID,
                             "there is no key %.*s; a key is <Enter>, <Down>, <^L> and so on, <lt> "
                             "the character <",
                             (int)(end - at < 20 ? end - at + 1 : 20), at);
        at = end && end > at ? end : at;
    }
    return STATUS_OK;
}
