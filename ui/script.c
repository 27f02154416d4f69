/* Keys as text. Names come from the key table's own names, so the two cannot differ. */
#include "script.h"

#include "grid.h"
#include "ui/keys.h"
#include "ui/ui.h"

#include <stdio.h>
#include <string.h>

static int named_key(const char *name, size_t length)
{
    static const int controls[] = {UI_KEY_TAB, UI_KEY_ENTER, UI_KEY_ESCAPE, ' '};
    char known[16];
    if (length == 2 && !strncmp(name, "lt", 2))
        return '<';
    if (length == 2 && name[0] == '^' && name[1] >= '@' && name[1] <= '_')
        return UI_CONTROL(name[1]);
    for (int key = UI_KEY_FIRST; key < UI_KEY_LAST; key++)
        if (strlen(ui_key_name(key, known, sizeof known)) == length &&
            !strncmp(known, name, length))
            return key;
    for (size_t i = 0; i < sizeof controls / sizeof *controls; i++)
        if (strlen(ui_key_name(controls[i], known, sizeof known)) == length &&
            !strncmp(known, name, length))
            return controls[i];
    return 0;
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
