/* What of the machine this process may use: affinity, memory, and what a cgroup (v2) allows. */
#include "engine/evaluator.h"

#include <sched.h>
#include <stdio.h>
#include <unistd.h>

/* CPUs of cgroup v2's quota ("max 100000", "200000 100000"), 0 without one. */
static unsigned quota_cpus(void)
{
    FILE *file = fopen("/sys/fs/cgroup/cpu.max", "re");
    long quota, period;
    unsigned cpus = 0;
    if (file == NULL)
        return 0;
    if (fscanf(file, "%ld %ld", &quota, &period) == 2 && quota > 0 && period > 0)
        cpus = (unsigned)((quota + period - 1) / period);
    fclose(file);
    return cpus;
}

unsigned evaluator_default_threads(void)
{
    cpu_set_t set;
    unsigned cpus = 1, quota = quota_cpus();
    if (sched_getaffinity(0, sizeof set, &set) == 0)
        cpus = (unsigned)CPU_COUNT(&set);
    return quota > 0 && quota < cpus ? quota : cpus;
}

/* Bytes that the cgroup may take, 0 without a limit. */
static uint64_t cgroup_memory(void)
{
    FILE *file = fopen("/sys/fs/cgroup/memory.max", "re");
    unsigned long long bytes = 0;
    if (file == NULL)
        return 0;
    if (fscanf(file, "%llu", &bytes) != 1)
        bytes = 0;
    fclose(file);
    return bytes;
}

uint64_t evaluator_memory(uint64_t memory)
{
    if (memory > 0)
        return memory;
    long pages = sysconf(_SC_PHYS_PAGES), size = sysconf(_SC_PAGESIZE);
    uint64_t physical = pages > 0 && size > 0 ? (uint64_t)pages * (uint64_t)size : 1U << 30;
    uint64_t limit = cgroup_memory();
    return (limit > 0 && limit < physical ? limit : physical) / 2;
}

uint64_t evaluator_weights_memory(uint64_t memory)
{
    return evaluator_memory(memory) / 4 * 3;
}
