/* Which rows of a damaged history.csv count: with damage anywhere, what was written in order stays.
 * Longest increasing subsequence by patience sorting. */
#include "rundir_private.h"

#include "base/memory.h"

enum status history_longest_rise(const struct row *row, size_t rows, bool *in, struct error *error)
{
    size_t *end = memory_new(rows, sizeof *end, error), longest = 0;
    size_t *before = memory_new(rows, sizeof *before, error);
    enum status status = end != NULL && before != NULL ? STATUS_OK : STATUS_MEMORY;
    for (size_t i = 0; status == STATUS_OK && i < rows; i++) {
        size_t low = 0, high = longest; /* end[k]: least last id of a rise of k + 1 */
        while (low < high) {
            size_t middle = (low + high) / 2;
            if (row[end[middle]].id < row[i].id)
                low = middle + 1;
            else
                high = middle;
        }
        if (low < longest && row[end[low]].id == row[i].id)
            continue; /* of equal ids the first counts */
        before[i] = low > 0 ? end[low - 1] : SIZE_MAX;
        end[low] = i;
        longest += low == longest;
    }
    for (size_t i = longest > 0 && status == STATUS_OK ? end[longest - 1] : SIZE_MAX; i != SIZE_MAX;
         i = before[i])
        in[i] = true;
    memory_free(end);
    memory_free(before);
    return status;
}
