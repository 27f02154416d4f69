/* SHA-256 by libcrypto; FNV-1a with a final mix. */
#include "base/hash.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <sys/stat.h>
#include <unistd.h>

static enum status library_failed(struct error *error)
{
    return error_set(error, STATUS_FAILED, "libcrypto cannot compute SHA-256");
}

static enum status finish(EVP_MD_CTX *context, char hex[SHA256_HEX], struct error *error)
{
    unsigned char digest[32];
    if (EVP_DigestFinal_ex(context, digest, NULL) != 1)
        return library_failed(error);
    for (int i = 0; i < 32; i++) {
        hex[2 * i] = "0123456789abcdef"[digest[i] >> 4];
        hex[2 * i + 1] = "0123456789abcdef"[digest[i] & 15];
    }
    hex[64] = '\0';
    return STATUS_OK;
}

enum status sha256_bytes(const void *data, size_t length, char hex[SHA256_HEX], struct error *error)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    enum status status;
    if (context == NULL || EVP_DigestInit_ex(context, EVP_sha256(), NULL) != 1 ||
        EVP_DigestUpdate(context, data, length) != 1)
        status = library_failed(error);
    else
        status = finish(context, hex, error);
    EVP_MD_CTX_free(context);
    return status;
}

struct watched {
    const char *path;
    int (*progress)(void *context, double done);
    void *context;
    off_t size;
};

#define REPORT_BYTES (32 << 20) /* between reports */

static enum status digest_file(int file, const struct watched *watched, EVP_MD_CTX *context,
                               struct error *error)
{
    unsigned char block[1 << 16];
    off_t done = 0, reported = 0;
    for (;;) {
        ssize_t got = read(file, block, sizeof block);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return error_errno(error, "cannot read", watched->path);
        if (got == 0)
            return STATUS_OK;
        if (EVP_DigestUpdate(context, block, (size_t)got) != 1)
            return library_failed(error);
        done += got;
        if (watched->progress == NULL || done - reported < REPORT_BYTES)
            continue;
        reported = done;
        if (watched->progress(watched->context, (double)done / (double)watched->size) != 0)
            return error_set(error, STATUS_CANCELLED, "hashing %s was cancelled", watched->path);
    }
}

enum status sha256_file_watched(const char *path, int (*progress)(void *context, double done),
                                void *context, char hex[SHA256_HEX], struct error *error)
{
    struct watched watched = {path, progress, context, 1};
    struct stat about;
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return error_errno(error, "cannot open", path);
    if (fstat(file, &about) == 0 && about.st_size > 0)
        watched.size = about.st_size;
    EVP_MD_CTX *digest = EVP_MD_CTX_new();
    enum status status = STATUS_OK;
    if (digest == NULL || EVP_DigestInit_ex(digest, EVP_sha256(), NULL) != 1)
        status = library_failed(error);
    if (status == STATUS_OK)
        status = digest_file(file, &watched, digest, error);
    if (status == STATUS_OK)
        status = finish(digest, hex, error);
    EVP_MD_CTX_free(digest);
    close(file);
    return status;
}

enum status sha256_file(const char *path, char hex[SHA256_HEX], struct error *error)
{
    return sha256_file_watched(path, NULL, NULL, hex, error);
}

uint64_t hash64(const void *data, size_t length)
{
    const unsigned char *byte = data;
    uint64_t hash = UINT64_C(14695981039346656037);
    for (size_t i = 0; i < length; i++)
        hash = (hash ^ byte[i]) * UINT64_C(1099511628211);
    hash ^= hash >> 32;
    hash *= UINT64_C(0xD6E8FEB86659FD93);
    return hash ^ hash >> 32;
}
