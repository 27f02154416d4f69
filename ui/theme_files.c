/* Themes of the program (data/themes, bytes of the program; the Makefile rebuilds this file when
 * they change) and of the user. */
#include "theme_files.h"

#include "base/buf.h"
#include "base/memory.h"
#include "io/atomic_file.h"
#include "io/user_folder.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EMBED(name, path)                                                                          \
    __asm__(".section .rodata\n.global theme_text_" #name "\ntheme_text_" #name                    \
            ":\n.incbin \"" path "\"\n.byte 0\n.previous\n");                                      \
    extern const char theme_text_##name[]

EMBED(default, "data/themes/default.theme");
EMBED(light, "data/themes/light.theme");
EMBED(contrast, "data/themes/contrast.theme");
EMBED(colour_blind, "data/themes/colour-blind.theme");
EMBED(mono, "data/themes/mono.theme");

static const struct {
    const char *name, *text;
} embedded[] = {
    {"default", theme_text_default},   {"light", theme_text_light},
    {"contrast", theme_text_contrast}, {"colour-blind", theme_text_colour_blind},
    {"mono", theme_text_mono},
};
enum { EMBEDDED = sizeof embedded / sizeof *embedded };

static const char ending[] = ".theme";

const char *theme_embedded(const char *name)
{
    for (size_t i = 0; i < EMBEDDED; i++)
        if (!strcmp(embedded[i].name, name))
            return embedded[i].text;
    return NULL;
}

const char *theme_embedded_name(size_t index)
{
    return index < EMBEDDED ? embedded[index].name : NULL;
}

/* ---- files ---- */

static enum status themes_folder(struct buf *path, struct error *error)
{
    enum status status = user_folder("XDG_CONFIG_HOME", ".config", path, error);
    return status == STATUS_OK ? buf_printf(path, error, "/themes") : status;
}

static bool listed(const struct theme_names *names, const char *name, size_t length)
{
    for (size_t i = 0; i < names->count; i++)
        if (strlen(names->name[i]) == length && !strncmp(names->name[i], name, length))
            return true;
    return false;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(a, b);
}

void theme_names_init(struct theme_names *names)
{
    struct buf path;
    *names = (struct theme_names){0};
    for (size_t i = 0; i < EMBEDDED; i++)
        snprintf(names->name[names->count++], THEME_NAME, "%s", embedded[i].name);
    buf_init(&path);
    DIR *folder = themes_folder(&path, NULL) == STATUS_OK ? opendir(path.data) : NULL;
    for (struct dirent *entry; folder && (entry = readdir(folder)) && names->count < THEMES_MOST;) {
        size_t length = strlen(entry->d_name), tail = sizeof ending - 1;
        if (length <= tail || length - tail >= THEME_NAME || entry->d_name[0] == '.' ||
            strcmp(entry->d_name + length - tail, ending) ||
            listed(names, entry->d_name, length - tail))
            continue;
        snprintf(names->name[names->count++], THEME_NAME, "%.*s", (int)(length - tail),
                 entry->d_name);
    }
    if (folder)
        closedir(folder);
    qsort(names->name + EMBEDDED, names->count - EMBEDDED, THEME_NAME, by_name);
    buf_release(&path);
}

/* The user's file of this name; *text NULL: there is none that can be read. */
static void read_own(const char *name, struct buf *path, char **text)
{
    size_t length;
    *text = NULL;
    if (!strchr(name, '/') && themes_folder(path, NULL) == STATUS_OK &&
        buf_printf(path, NULL, "/%s%s", name, ending) == STATUS_OK)
        file_read(path->data, text, &length, NULL);
}

enum status theme_load(const char *name, struct theme *theme, struct error *error)
{
    struct buf path;
    struct error why = {0};
    char *own;
    buf_init(&path);
    theme_parse(theme_text_default, theme, NULL);
    read_own(name, &path, &own);
    const char *text = own ? own : theme_embedded(name);
    enum status status = text ? theme_parse(text, theme, &why)
                              : error_set(&why, STATUS_INVALID, "there is no theme \"%s\"", name);
    if (status != STATUS_OK && own)
        error_set(error, status, "themes/%s%s, %s", name, ending, why.message);
    else if (status != STATUS_OK)
        error_set(error, status, "%s", why.message);
    memory_free(own);
    buf_release(&path);
    return status;
}
