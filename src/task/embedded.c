/* Files of data/ as bytes of the program. Paths are relative to the project's root, where the
 * compiler runs; the Makefile rebuilds this file when they change. */
#include "loader_private.h"
#include "task/score.h"

#include <string.h>

#define EMBED(name, path)                                                                          \
    __asm__(".section .rodata\n.global embedded_" #name "\nembedded_" #name ":\n.incbin \"" path   \
            "\"\n.global embedded_" #name "_end\nembedded_" #name "_end:\n.byte 0\n.previous\n");  \
    extern const char embedded_##name[], embedded_##name##_end[]

EMBED(search, "data/search.csv");
EMBED(heldout, "data/heldout.csv");
EMBED(calibration_text, "data/calibration.txt");

const struct task_format embedded_format = {
    .info = {"embedded", "search, heldout: the questions that come with the program"},
};

const char *embedded_task(const char *name, size_t *length)
{
    if (strcmp(name, "search") == 0) {
        *length = (size_t)(embedded_search_end - embedded_search);
        return embedded_search;
    }
    if (strcmp(name, "heldout") == 0) {
        *length = (size_t)(embedded_heldout_end - embedded_heldout);
        return embedded_heldout;
    }
    return NULL;
}

bool task_is_embedded(const char *source)
{
    size_t length;
    return embedded_task(source, &length) != NULL;
}

const char *embedded_calibration(size_t *length)
{
    *length = (size_t)(embedded_calibration_text_end - embedded_calibration_text);
    return embedded_calibration_text;
}
