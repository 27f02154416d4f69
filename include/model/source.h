/* A model as users have it: a GGUF file, the first part of a split one, or a Hugging Face folder;
 * each is opened as a GGUF. */
#ifndef MODEL_SOURCE_H
#define MODEL_SOURCE_H

#include "base/hash.h"
#include "io/gguf.h"

/* Opens what stands at `path`; STATUS_INVALID with one sentence for what is no model. */
enum status model_source_open(const char *path, struct gguf **gguf, struct error *error);

/* The name that users know it by: the file's or folder's own, without ".gguf"; cut where `out` is
 * too small. Returns out. */
const char *model_source_name(const char *path, char *out, size_t size);

/* The files whose bytes the model is. */
struct model_files {
    char **path; /* owned, each owned */
    size_t count;
};
enum status model_files_list(const char *path, struct model_files *files, struct error *error);
void model_files_release(struct model_files *files);

/* SHA-256 of one file, as `context` wants it. */
typedef enum status model_file_hash(void *context, const char *path, char hex[SHA256_HEX],
                                    struct error *error);
/* SHA-256 of the model: its file's; of several files that of their lines "HEX  NAME\n" in order, what
 * `sha256sum FILES | sha256sum` says in their folder. `hash` NULL: sha256_file. */
enum status model_source_sha256(const char *path, model_file_hash *hash, void *context,
                                char hex[SHA256_HEX], struct error *error);

#endif
