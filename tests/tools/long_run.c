/* long_run MODEL DIR ROWS: a run directory with so many rows, made up behind those of a real run of
 * the (tiny) model. */
#include "long_run.h"

#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
    struct error error = {0};
    if (argc != 4) {
        fprintf(stderr, "usage: long_run MODEL DIR ROWS\n");
        return 2;
    }
    const struct long_run options = {
        .model = argv[1], .directory = argv[2], .rows = strtoul(argv[3], NULL, 10)};
    if (long_run_make(&options, &error) != STATUS_OK) {
        fprintf(stderr, "long_run: %s\n", error.message);
        return 1;
    }
    return 0;
}
