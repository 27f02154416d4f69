/* arch_problem [seed=N]: answers each code on standard input with the accuracy that a method sees
 * of it on the architecture problem and its parameters, "0.4325 134515008", at once: so that search
 * programs in other languages see what ours do. */
#include "arch_problem.h"
#include "bench_tools.h"
#include "shapes.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

int main(int argc, char **argv)
{
    size_t seed = 0;
    struct arch_shape shape;
    struct error error = {0};
    char line[2 * ARCH_MAX_LAYERS];
    for (int i = 1; i < argc; i++)
        if (!bench_number(argv[i], "seed", 0, UINT32_MAX, &seed)) {
            fprintf(stderr, "usage: arch_problem [seed=N]\n");
            return 2;
        }
    shape_build(&shape, &shape_smollm);
    enum status status = STATUS_OK;
    while (status == STATUS_OK && fgets(line, sizeof line, stdin) != NULL) {
        struct arch_code code;
        line[strcspn(line, "\n")] = '\0';
        status = arch_code_parse(&shape, line, &code, &error);
        if (status == STATUS_OK)
            printf("%.4f %" PRIu64 "\n", arch_problem_seen(&code, seed),
                   arch_params(&shape, &code));
        fflush(stdout);
    }
    if (status != STATUS_OK)
        fprintf(stderr, "arch_problem: %s\n", error.message);
    arch_shape_release(&shape);
    return status == STATUS_OK ? 0 : 1;
}
