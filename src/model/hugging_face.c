/* A Hugging Face folder as a GGUF: the header is written into memory by the GGUF writer and read by
 * the GGUF reader, so that its checks hold here, too; the weights stay where they are. */
#include "hugging_face_private.h"

#include "base/memory.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum status hugging_face_path(const char *folder, const char *name, struct buf *out,
                              struct error *error)
{
    const size_t length = strlen(folder);
    const bool slash = length > 0 && folder[length - 1] == '/';
    buf_clear(out);
    return buf_printf(out, error, "%s%s%s", folder, slash ? "" : "/", name);
}

bool hugging_face_has(const char *folder, const char *name)
{
    char path[PATH_MAX];
    struct stat about;
    const int length = snprintf(path, sizeof path, "%s/%s", folder, name);
    return length > 0 && (size_t)length < sizeof path && stat(path, &about) == 0;
}

/* ---- files ---- */

/* The files that the index names, each once, in its order. */
static enum status list_shards(const char *folder, struct model_files *files, size_t *capacity,
                               struct error *error)
{
    struct buf path;
    json_t *index = NULL, *file;
    const char *tensor;
    buf_init(&path);
    enum status status = hugging_face_path(folder, FILE_INDEX, &path, error);
    if (status == STATUS_OK)
        status = json_read_file(path.data, &index, error);
    json_t *map = json_object_get(index, "weight_map");
    if (status == STATUS_OK && json_object_size(map) == 0)
        status = error_set(error, STATUS_INVALID, "%s has no weight_map", path.data);
    const size_t first = files->count;
    json_object_foreach(map, tensor, file)
    {
        const char *name = json_string_value(file);
        bool known = false;
        if (status != STATUS_OK)
            break;
        if (name == NULL || *name == '\0' || strchr(name, '/') != NULL) {
            hugging_face_path(folder, FILE_INDEX, &path, NULL);
            status = error_set(error, STATUS_INVALID,
                               "%s: the file of %.100s is no name of a file in the folder",
                               path.data, tensor);
            break;
        }
        status = hugging_face_path(folder, name, &path, error);
        for (size_t i = first; status == STATUS_OK && !known && i < files->count; i++)
            known = strcmp(files->path[i], path.data) == 0;
        if (status == STATUS_OK && !known)
            status = model_files_add(files, capacity, path.data, error);
    }
    json_decref(index);
    buf_release(&path);
    return status;
}

static enum status add_if_there(const char *folder, const char *name, struct model_files *files,
                                size_t *capacity, struct error *error)
{
    struct buf path;
    if (!hugging_face_has(folder, name))
        return STATUS_OK;
    buf_init(&path);
    enum status status = hugging_face_path(folder, name, &path, error);
    if (status == STATUS_OK)
        status = model_files_add(files, capacity, path.data, error);
    buf_release(&path);
    return status;
}

enum status hugging_face_weight_files(const char *folder, struct model_files *files,
                                      size_t *capacity, struct error *error)
{
    if (hugging_face_has(folder, FILE_WEIGHTS))
        return add_if_there(folder, FILE_WEIGHTS, files, capacity, error);
    if (hugging_face_has(folder, FILE_INDEX))
        return list_shards(folder, files, capacity, error);
    return error_set(error, STATUS_INVALID,
                     "%s has no weights: neither model.safetensors nor "
                     "model.safetensors.index.json (other formats are not read)",
                     folder);
}

enum status hugging_face_files(const char *folder, struct model_files *files, size_t *capacity,
                               struct error *error)
{
    static const char *const others[] = {FILE_CONFIG, FILE_GENERATION, FILE_TOKENIZER,
                                         FILE_TOKENIZER_CONFIG, FILE_TEMPLATE};
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < sizeof others / sizeof *others; i++)
        status = add_if_there(folder, others[i], files, capacity, error);
    if (status == STATUS_OK && !hugging_face_has(folder, FILE_WEIGHTS))
        status = add_if_there(folder, FILE_INDEX, files, capacity, error);
    return status == STATUS_OK ? hugging_face_weight_files(folder, files, capacity, error) : status;
}

static enum status bytes_of_files(const char *folder, uint64_t *bytes, struct error *error)
{
    struct model_files files = {0};
    struct stat about;
    size_t capacity = 0;
    enum status status = hugging_face_files(folder, &files, &capacity, error);
    *bytes = 0;
    for (size_t i = 0; status == STATUS_OK && i < files.count; i++) {
        if (stat(files.path[i], &about) != 0)
            status = error_errno(error, "cannot read", files.path[i]);
        else
            *bytes += (uint64_t)about.st_size;
    }
    model_files_release(&files);
    return status;
}

/* ---- opening ---- */

static enum status to_buffer(void *context, const void *data, size_t length, struct error *error)
{
    return buf_append(context, data, length, error);
}

/* Metadata and tensors declared; *header is what a GGUF file would begin with. */
static enum status make_header(const char *folder, struct hugging_face_weights *weights,
                               struct buf *header, struct error *error)
{
    struct gguf_sink sink = {.write = to_buffer, .context = header};
    struct hugging_face_config config = {0};
    struct gguf_writer *writer = NULL;
    enum status status;
    if ((status = hugging_face_config_read(folder, &config, error)) ||
        (status = hugging_face_weights_open(folder, weights, error)) ||
        (status = gguf_writer_new(32, &writer, error)) ||
        (status = hugging_face_weights_declare(weights, folder, &config, writer, error)) ||
        (status =
             hugging_face_config_declare(writer, folder, &config, weights->file_type, error)) ||
        (status = hugging_face_tokenizer_declare(writer, folder, &config, error)))
        goto out;
    status = gguf_writer_begin(writer, &sink, error);
out:
    hugging_face_config_release(&config);
    gguf_writer_free(writer);
    return status;
}

enum status hugging_face_open(const char *folder, struct gguf **gguf, struct error *error)
{
    struct buf header;
    uint64_t bytes = 0;
    *gguf = NULL;
    struct hugging_face_weights *weights = memory_new(1, sizeof *weights, error);
    if (weights == NULL)
        return STATUS_MEMORY;
    buf_init(&header);
    enum status status = make_header(folder, weights, &header, error);
    if (status == STATUS_OK)
        status = bytes_of_files(folder, &bytes, error);
    if (status == STATUS_OK)
        return gguf_open_given(folder, &header, weights->place, bytes, weights,
                               hugging_face_weights_free, gguf, error);
    buf_release(&header);
    hugging_face_weights_free(weights);
    return status;
}
