/* Where a file's worked examples are: in the train file beside it, or in the file itself when it is
 * that or its name tells no split. */
#include "loader_private.h"

#include "base/memory.h"

#include <ctype.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

/* Puts `train` for `length` letters of path at `at`, in letters as large as those were. */
static bool replace_word(const char *path, const char *at, size_t length, const char *train,
                         char out[PATH_MAX])
{
    int written = snprintf(out, PATH_MAX, "%.*s%s%s", (int)(at - path), path, train, at + length);
    char *word = out + (at - path);
    if (written >= PATH_MAX)
        return false;
    for (size_t i = 0; i < strlen(train); i++)
        if (isupper((unsigned char)at[i > 0]))
            word[i] = (char)toupper((unsigned char)word[i]);
    return true;
}

/* The path with the last "dev", "test", ... of the file's name replaced; false when it has no such
 * word or is a train file. */
static bool train_path(const char *path, const char *train, char out[PATH_MAX])
{
    static const char *const splits[] = {"train", "validation", "valid", "val", "dev", "test"};
    const char *slash = strrchr(path, '/'), *name = slash != NULL ? slash + 1 : path;
    for (const char *at = name + strlen(name); at-- > name;)
        for (size_t i = 0; i < sizeof splits / sizeof *splits; i++) {
            size_t length = strlen(splits[i]);
            bool inside = at > name && isalpha((unsigned char)at[-1]);
            if (!inside && strncasecmp(at, splits[i], length) == 0 &&
                !isalpha((unsigned char)at[length]))
                return i > 0 && replace_word(path, at, length, train, out);
        }
    return false;
}

/* False: the file itself. WinoGrande's train files have sizes, the harness takes xl. */
static bool find_examples(const char *path, char out[PATH_MAX])
{
    struct stat about;
    char large[PATH_MAX];
    if (!train_path(path, "train", out))
        return false;
    if (stat(out, &about) != 0 && train_path(path, "train_xl", large) && stat(large, &about) == 0)
        memcpy(out, large, sizeof large);
    return true;
}

static enum status load_pool(struct loading *loading, const char *path,
                             const struct task_format *format, struct item_list *pool,
                             struct error *error)
{
    char *text;
    size_t length;
    struct source source = {0};
    const struct task_format *found = NULL;
    enum status status = loading_read(loading, path, &text, &length, error);
    if (status != STATUS_OK)
        return error_prefix(error, "worked examples (--shots)");
    status = source_open(&source, loading, path, text, length, error);
    if (status == STATUS_OK)
        status = source_format(&source, &found, error);
    if (status == STATUS_OK && found != format)
        status = error_set(error, STATUS_INVALID, "worked examples (--shots): %s is %s, not %s",
                           path, found->info.name, format->info.name);
    if (status == STATUS_OK)
        status = format->load(&source, pool, error);
    source_release(&source);
    memory_free(text);
    return status;
}

enum status examples_add(const struct source *source, const struct task_format *format,
                         struct item_list *list, struct error *error)
{
    const struct task_options *options = source->loading->options;
    char path[PATH_MAX];
    struct item_list pool = {0};
    struct shots shots = {.pool = &pool,
                          .name = path,
                          .count = options->shots,
                          .sample = options->from != SHOTS_FROM_FIRST,
                          .one_more = format->one_more};
    enum status status;
    if (format->no_shots != NULL)
        return error_set(error, STATUS_INVALID, "%s takes no worked examples (--shots): %s",
                         source->path, format->no_shots);
    if (find_examples(source->path, path)) {
        status = load_pool(source->loading, path, format, &pool, error);
    } else {
        snprintf(path, sizeof path, "%s", source->path);
        shots.one_more = true;
        status = format->load(source, &pool, error);
    }
    if (status == STATUS_OK)
        status = shots_add(list, 0, &shots, error);
    item_list_release(&pool);
    return status;
}
