/* split_gguf FILE.gguf PREFIX PARTS: a split model, for the end-to-end tests. */
#include "split_gguf.h"

#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
    struct error error = {0};
    if (argc == 4 && split_gguf(argv[1], argv[2], (uint32_t)strtoul(argv[3], NULL, 10), NULL,
                                &error) == STATUS_OK)
        return 0;
    fprintf(stderr, "split_gguf: %s\n", argc == 4 ? error.message : "FILE.gguf PREFIX PARTS");
    return 2;
}
