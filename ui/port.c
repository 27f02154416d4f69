/* What the ports of the screen and of a picture of it have in common. */
#include "port.h"

#include <sys/stat.h>

bool port_file_exists(void *context, const char *path)
{
    struct stat there;
    (void)context;
    return stat(path, &there) == 0 && !S_ISDIR(there.st_mode);
}
