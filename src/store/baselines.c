/* baselines.csv, written; and the lock over it. */
#include "store/baselines.h"

#include "rundir_private.h"

#include <string.h>

enum status baselines_lock(const char *directory, int *lock, struct error *error)
{
    return lock_folder(directory, "baselines.d", "making the baselines", lock, error);
}

enum status baselines_append(const char *directory, const struct row *row, bool magnitude,
                             struct error *error)
{
    return rows_append_longer(directory, "baselines.csv", row, "order",
                              magnitude ? "magnitude" : "importance", error);
}

bool baselines_by_magnitude(const struct row *row)
{
    return strcmp(row->origin, "baseline:uniform-l1") == 0;
}
