/* What keys are called, and which key does what. */
#include "ui/keys.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

static const struct {
    int key;
    const char *name;
} names[] = {
    {UI_KEY_UP, "Up"},
    {UI_KEY_DOWN, "Down"},
    {UI_KEY_LEFT, "Left"},
    {UI_KEY_RIGHT, "Right"},
    {UI_KEY_SHIFT_UP, "S-Up"},
    {UI_KEY_SHIFT_DOWN, "S-Down"},
    {UI_KEY_SHIFT_LEFT, "S-Left"},
    {UI_KEY_SHIFT_RIGHT, "S-Right"},
    {UI_KEY_PAGE_UP, "PgUp"},
    {UI_KEY_PAGE_DOWN, "PgDn"},
    {UI_KEY_HOME, "Home"},
    {UI_KEY_END, "End"},
    {UI_KEY_BACKSPACE, "Bksp"},
    {UI_KEY_DELETE, "Del"},
    {UI_KEY_BACKTAB, "S-Tab"},
    {UI_KEY_F1, "F1"},
    {UI_KEY_F2, "F2"},
    {UI_KEY_F3, "F3"},
    {UI_KEY_F4, "F4"},
    {UI_KEY_F5, "F5"},
    {UI_KEY_F6, "F6"},
    {UI_KEY_F7, "F7"},
    {UI_KEY_F8, "F8"},
    {UI_KEY_F9, "F9"},
    {UI_KEY_F10, "F10"},
    {UI_KEY_TAB, "Tab"},
    {UI_KEY_ENTER, "Enter"},
    {UI_KEY_ESCAPE, "Esc"},
    {' ', "Space"},
};

const char *ui_key_name(int key, char *out, size_t size)
{
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (names[i].key == key) {
            snprintf(out, size, "%s", names[i].name);
            return out;
        }
    if (key > 0 && key < ' ')
        snprintf(out, size, "^%c", key + '@');
    else if (key > ' ' && key < 0x7f)
        snprintf(out, size, "%c", key);
    else
        snprintf(out, size, "that key");
    return out;
}

int ui_key_parse(const char *name, size_t length)
{
    if (length == 1 && name[0] > ' ' && name[0] < 0x7f)
        return name[0];
    if (length == 2 && name[0] == '^' && name[1] >= '@' && name[1] <= '_')
        return UI_CONTROL(name[1]);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strlen(names[i].name) == length && !strncasecmp(names[i].name, name, length))
            return names[i].key;
    return 0;
}

void keymap_init(struct keymap *keymap)
{
    *keymap = (struct keymap){0};
    for (size_t i = 0; ui_keys[i].help; i++)
        memcpy(keymap->key[i], ui_keys[i].key, sizeof keymap->key[i]);
}

const struct ui_key *keymap_find(const struct keymap *keymap, enum ui_mode mode, int key)
{
    for (size_t i = 0; ui_keys[i].help; i++)
        for (size_t k = 0; ui_keys[i].mode == mode && k < UI_KEY_CHOICES; k++)
            if (keymap->key[i][k] && keymap->key[i][k] == key)
                return &ui_keys[i];
    return NULL;
}

int keymap_key(const struct keymap *keymap, void (*act)(struct view *, const struct snapshot *))
{
    for (size_t i = 0; ui_keys[i].help; i++)
        if (ui_keys[i].act == act)
            return keymap->key[i][0];
    return 0;
}

const char *keymap_key_name(const struct keymap *keymap,
                            void (*act)(struct view *, const struct snapshot *), char *out,
                            size_t size)
{
    int key = keymap_key(keymap, act);
    if (key)
        return ui_key_name(key, out, size);
    snprintf(out, size, "no key");
    return out;
}

const char *keymap_names(const struct keymap *keymap, const struct ui_key *entry, char *out,
                         size_t size)
{
    const int *key = keymap->key[entry - ui_keys];
    size_t length = 0;
    out[0] = '\0';
    for (size_t i = 0; i < UI_KEY_CHOICES && key[i] && length < size; i++) {
        char name[16];
        int wrote = snprintf(out + length, size - length, "%s%s", i ? ", " : "",
                             ui_key_name(key[i], name, sizeof name));
        length += wrote > 0 ? (size_t)wrote : 0;
    }
    return out;
}
