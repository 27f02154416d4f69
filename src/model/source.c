/* What kind of model stands at a path, and which files it is made of. */
#include "model/source.h"

#include "base/memory.h"
#include "hugging_face_private.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static bool is_folder(const char *path)
{
    struct stat about;
    return stat(path, &about) == 0 && S_ISDIR(about.st_mode);
}

enum status model_source_open(const char *path, struct gguf **gguf, struct error *error)
{
    return is_folder(path) ? hugging_face_open(path, gguf, error) : gguf_open(path, gguf, error);
}

const char *model_source_name(const char *path, char *out, size_t size)
{
    size_t length = strlen(path);
    while (length > 1 && path[length - 1] == '/')
        length--;
    const char *name = path + length;
    while (name > path && name[-1] != '/')
        name--;
    length -= (size_t)(name - path);
    if (length > 5 && memcmp(name + length - 5, ".gguf", 5) == 0)
        length -= gguf_split_count(path) > 1 ? strlen("-00001-of-00001.gguf") : strlen(".gguf");
    snprintf(out, size, "%.*s", (int)length, name);
    return out;
}

/* ---- files ---- */

enum status model_files_add(struct model_files *files, size_t *capacity, const char *path,
                            struct error *error)
{
    enum status status =
        memory_reserve(&files->path, capacity, files->count + 1, sizeof *files->path, error);
    char *copy = status == STATUS_OK ? memory_string(path, error) : NULL;
    if (copy == NULL)
        return STATUS_MEMORY;
    files->path[files->count++] = copy;
    return STATUS_OK;
}

void model_files_release(struct model_files *files)
{
    for (size_t i = 0; i < files->count; i++)
        memory_free(files->path[i]);
    memory_free(files->path);
    *files = (struct model_files){0};
}

enum status model_files_list(const char *path, struct model_files *files, struct error *error)
{
    struct buf name;
    size_t capacity = 0;
    enum status status = STATUS_OK;
    *files = (struct model_files){0};
    buf_init(&name);
    if (is_folder(path)) {
        status = hugging_face_files(path, files, &capacity, error);
    } else {
        for (size_t i = 0; status == STATUS_OK && i < gguf_split_count(path); i++) {
            status = gguf_split_path(path, i, &name, error);
            if (status == STATUS_OK)
                status = model_files_add(files, &capacity, name.data, error);
        }
    }
    buf_release(&name);
    if (status != STATUS_OK)
        model_files_release(files);
    return status;
}

static enum status plain_hash(void *context, const char *path, char hex[SHA256_HEX],
                              struct error *error)
{
    (void)context;
    return sha256_file(path, hex, error);
}

enum status model_source_sha256(const char *path, model_file_hash *hash, void *context,
                                char hex[SHA256_HEX], struct error *error)
{
    struct model_files files;
    struct buf lines;
    enum status status = model_files_list(path, &files, error);
    if (status != STATUS_OK)
        return status;
    buf_init(&lines);
    if (hash == NULL)
        hash = plain_hash;
    for (size_t i = 0; status == STATUS_OK && i < files.count; i++) {
        const char *slash = strrchr(files.path[i], '/');
        status = hash(context, files.path[i], hex, error);
        if (status == STATUS_OK)
            status = buf_printf(&lines, error, "%s  %s\n", hex,
                                slash != NULL ? slash + 1 : files.path[i]);
    }
    if (status == STATUS_OK && (files.count > 1 || is_folder(path)))
        status = sha256_bytes(lines.data, lines.length, hex, error);
    buf_release(&lines);
    model_files_release(&files);
    return status;
}
