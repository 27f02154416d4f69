/* tiny_model PATH [name=value...]: a tiny deterministic model for the end-to-end tests. Names:
 * layers, hidden, heads, kv_heads, intermediate, context, tied, biases, sentencepiece, chat, seed,
 * type.
 */
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int set(struct tiny_options *options, const char *name, const char *value)
{
    const struct {
        const char *name;
        uint32_t *field;
    } number[] = {
        {"layers", &options->layers},   {"hidden", &options->hidden},
        {"heads", &options->heads},     {"kv_heads", &options->kv_heads},
        {"context", &options->context}, {"intermediate", &options->intermediate},
    };
    for (size_t i = 0; i < sizeof number / sizeof *number; i++)
        if (strcmp(name, number[i].name) == 0) {
            *number[i].field = (uint32_t)strtoul(value, NULL, 10);
            return 0;
        }
    if (strcmp(name, "type") == 0 && weight_type_by_name(value) != NULL)
        options->type = weight_type_by_name(value)->type;
    else if (strcmp(name, "tied") == 0)
        options->own_output = strcmp(value, "0") == 0;
    else if (strcmp(name, "biases") == 0)
        options->biases = strcmp(value, "0") != 0;
    else if (strcmp(name, "sentencepiece") == 0)
        options->sentencepiece = strcmp(value, "0") != 0;
    else if (strcmp(name, "chat") == 0)
        options->chat = strcmp(value, "0") != 0;
    else if (strcmp(name, "seed") == 0)
        options->seed = strtoull(value, NULL, 10);
    else
        return -1;
    return 0;
}

int main(int argc, char **argv)
{
    struct tiny_options options = {0};
    struct error error = {0};
    for (int i = 2; i < argc; i++) {
        char *value = strchr(argv[i], '=');
        if (value != NULL)
            *value++ = '\0';
        if (value == NULL || set(&options, argv[i], value) != 0) {
            fprintf(stderr, "tiny_model: unknown option %s\n", argv[i]);
            return 2;
        }
    }
    if (argc < 2 || support_tiny_model(argv[1], &options, &error) != STATUS_OK) {
        fprintf(stderr, "tiny_model: %s\n", argc < 2 ? "a path is needed" : error.message);
        return 2;
    }
    return 0;
}
