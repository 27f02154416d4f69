/* The command line that runs an extracted file elsewhere. */
#include "model/extract.h"

#include "base/shell.h"

#include <stdio.h>
#include <string.h>

const char *extract_run_command(const char *path, char *out, size_t size)
{
    static const char program[] = "llama-cli -m ",
                      prompt[] = " -p 'The capital of France is' -n 32";
    size_t rest = sizeof program + sizeof prompt;
    snprintf(out, size, "%s", program);
    if (size > rest + 8) {
        shell_quote(path, out + strlen(program), size - rest);
        memcpy(out + strlen(out), prompt, sizeof prompt);
    }
    return out;
}
