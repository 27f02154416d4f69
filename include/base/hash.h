/* SHA-256 (libcrypto) for identities, and a fast 64-bit hash for tables. */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

#define SHA256_HEX 65 /* 64 digits and NUL */

enum status sha256_bytes(const void *data, size_t length, char hex[SHA256_HEX],
                         struct error *error);
enum status sha256_file(const char *path, char hex[SHA256_HEX], struct error *error);
/* The same with a report: progress(context, 0..1) now and then; nonzero cancels
 * (STATUS_CANCELLED). progress may be NULL. */
enum status sha256_file_watched(const char *path, int (*progress)(void *context, double done),
                                void *context, char hex[SHA256_HEX], struct error *error);

/* FNV-1a with a final mix; not for hostile keys. */
uint64_t hash64(const void *data, size_t length);

#endif
