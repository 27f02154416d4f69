/* Binding keys anew. A key does one thing where it works: who is bound to it by the user takes it
 * away from those that only have it by default. Esc and ^C stay what they are, so that nobody is
 * locked in. */
#include "ui/keys.h"

#include "config_lines.h"

#include <stdio.h>
#include <string.h>

static bool is_reserved(int key)
{
    return key == UI_KEY_ESCAPE || key == UI_CONTROL('C');
}

static bool is_view(enum ui_mode mode)
{
    return mode > UI_MODE_VIEW && mode <= UI_MODE_TRY;
}

/* A key can be meant for both. */
static bool meet(enum ui_mode a, enum ui_mode b)
{
    return a == b || (a == UI_MODE_VIEW && is_view(b)) || (b == UI_MODE_VIEW && is_view(a));
}

static bool has(const struct keymap *keymap, size_t row, int key)
{
    for (int i = 0; i < UI_KEY_CHOICES; i++)
        if (keymap->key[row][i] == key)
            return true;
    return false;
}

static void take_away(struct keymap *keymap, size_t row, int key)
{
    int kept = 0, *keys = keymap->key[row];
    for (int i = 0; i < UI_KEY_CHOICES; i++)
        if (keys[i] && keys[i] != key)
            keys[kept++] = keys[i];
    while (kept < UI_KEY_CHOICES)
        keys[kept++] = 0;
}

/* ---- which action ---- */

/* "sort" or "front.sort". A bare name is first that of an action of every view. */
static enum status find(const char *action, size_t *row, struct error *error)
{
    const char *dot = strchr(action, '.'), *name = dot ? dot + 1 : action;
    size_t found = 0, first = 0, second = 0;
    for (size_t i = 0; ui_keys[i].help; i++) {
        const char *mode = ui_mode_ids[ui_keys[i].mode];
        if (strcmp(ui_keys[i].name, name) || (dot && (strlen(mode) != (size_t)(dot - action) ||
                                                      strncmp(mode, action, strlen(mode)))))
            continue;
        if (found++ == 0)
            first = i;
        else if (found == 2)
            second = i;
    }
    *row = first;
    if (found == 0)
        return error_set(error, STATUS_INVALID, "there is no action \"%s\"; man paretop lists them",
                         action);
    if (found > 1 && ui_keys[first].mode != UI_MODE_VIEW)
        return error_set(error, STATUS_INVALID, "\"%s\" may be key.%s.%s or key.%s.%s", action,
                         ui_mode_ids[ui_keys[first].mode], name, ui_mode_ids[ui_keys[second].mode],
                         name);
    return STATUS_OK;
}

/* ---- which keys ---- */

static enum status read_keys(const char *text, int keys[UI_KEY_CHOICES], struct error *error)
{
    int count = 0;
    memset(keys, 0, UI_KEY_CHOICES * sizeof *keys);
    if (!strcmp(text, "none"))
        return STATUS_OK;
    for (size_t length; (length = config_word(&text)) > 0; text += length) {
        int key = ui_key_parse(text, length);
        if (!key)
            return error_set(error, STATUS_INVALID,
                             "there is no key \"%.*s\"; a key is a character, F2, Space, S-Tab, ^L "
                             "and so on, or none",
                             length < 20 ? (int)length : 20, text);
        if (is_reserved(key))
            return error_set(error, STATUS_INVALID, "Esc and ^C cannot be bound");
        if (count == UI_KEY_CHOICES - 1)
            return error_set(error, STATUS_INVALID, "an action has %d keys at most",
                             UI_KEY_CHOICES - 1);
        keys[count++] = key;
    }
    return STATUS_OK;
}

static enum status check_free(const struct keymap *keymap, size_t row, int key, struct error *error)
{
    char name[16];
    for (size_t i = 0; ui_keys[i].help; i++)
        if (i != row && keymap->own[i] && meet(ui_keys[i].mode, ui_keys[row].mode) &&
            has(keymap, i, key))
            return error_set(error, STATUS_INVALID, "%s is bound to key.%s.%s already",
                             ui_key_name(key, name, sizeof name), ui_mode_ids[ui_keys[i].mode],
                             ui_keys[i].name);
    return STATUS_OK;
}

enum status keymap_bind(struct keymap *keymap, const char *action, const char *keys,
                        struct error *error)
{
    int wanted[UI_KEY_CHOICES], count = 0;
    size_t row;
    enum status status = find(action, &row, error);
    if (status == STATUS_OK)
        status = read_keys(keys, wanted, error);
    for (int i = 0; status == STATUS_OK && i < UI_KEY_CHOICES && wanted[i]; i++)
        status = check_free(keymap, row, wanted[i], error);
    if (status != STATUS_OK)
        return status;
    for (; count < UI_KEY_CHOICES && wanted[count]; count++)
        for (size_t i = 0; ui_keys[i].help; i++)
            if (i != row && meet(ui_keys[i].mode, ui_keys[row].mode))
                take_away(keymap, i, wanted[count]);
    for (int i = 0; i < UI_KEY_CHOICES && count < UI_KEY_CHOICES; i++)
        if (is_reserved(ui_keys[row].key[i]))
            wanted[count++] = ui_keys[row].key[i];
    memcpy(keymap->key[row], wanted, sizeof wanted);
    keymap->own[row] = true;
    return STATUS_OK;
}

const struct ui_key *keymap_without_key(const struct keymap *keymap)
{
    for (size_t i = 0; ui_keys[i].help; i++)
        if (!keymap->own[i] && ui_keys[i].key[0] && !keymap->key[i][0])
            return &ui_keys[i];
    return NULL;
}
