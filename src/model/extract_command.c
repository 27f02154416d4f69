/* The command line that runs an extracted file elsewhere. */
#include "model/extract.h"

#include <stdio.h>

const char *extract_run_command(const char *path, char *out, size_t size)
{
    size_t length = 0;
    length += (size_t)snprintf(out, size, "llama-cli -m '");
    for (const char *at = path; *at != '\0' && length + 6 < size; at++) {
        if (*at == '\'')
            length += (size_t)snprintf(out + length, size - length, "'\\''");
        else
            out[length++] = *at;
    }
    snprintf(out + length, size - length, "' -p 'The capital of France is' -n 32");
    return out;
}
