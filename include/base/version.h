/* The program's version, in `--version`, run.json and the files it writes. */
#ifndef BASE_VERSION_H
#define BASE_VERSION_H

#define PARETOP_VERSION "0.1.0"

#endif
