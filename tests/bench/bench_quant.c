/* Encoding and decoding of each weight type by one thread, in megabytes of f32 a second of
 * processor time, so that other work on the machine counts little; best of a few rounds. Prints
 * CSV. Usage: bench_quant [VALUES] [ROUNDS] */
#include "num/quant.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/rng.h"

#include <stdio.h>
#include <stdlib.h>

static double rate(double seconds, size_t count)
{
    return (double)count * sizeof(float) / 1e6 / seconds;
}

int main(int argc, char **argv)
{
    const size_t count = (argc > 1 ? strtoul(argv[1], NULL, 10) : 4u << 20) / 256 * 256;
    const int rounds = argc > 2 ? atoi(argv[2]) : 5;
    float *values = memory_new(count, sizeof *values, NULL);
    float *back = memory_new(count, sizeof *back, NULL);
    void *code = memory_new(count, sizeof *values, NULL);
    struct rng rng;
    if (values == NULL || back == NULL || code == NULL)
        return 1;
    rng_init(&rng, 1, "bench_quant", 0);
    for (size_t i = 0; i < count; i++)
        values[i] = 0.02F * (float)rng_normal(&rng);
    puts("type,encode_megabytes_per_second,decode_megabytes_per_second");
    for (const struct weight_type_info *type = weight_types; type->name != NULL; type++) {
        double encoding = 1e9, decoding = 1e9;
        for (int round = 0; type->encodable && round < rounds; round++) {
            const double start = clock_cpu_seconds();
            quant_encode(type->type, values, code, count);
            const double middle = clock_cpu_seconds();
            quant_decode(type->type, code, back, count);
            const double end = clock_cpu_seconds();
            encoding = middle - start < encoding ? middle - start : encoding;
            decoding = end - middle < decoding ? end - middle : decoding;
        }
        if (type->encodable)
            printf("%s,%.0f,%.0f\n", type->name, rate(encoding, count), rate(decoding, count));
    }
    memory_free(values);
    memory_free(back);
    memory_free(code);
    return 0;
}
