/* What a view may ask of the world around it: the loop has a run for it, a picture of the screen
 * (ui/dump.c) little, tests what they want to see asked. */
#ifndef UI_PORT_H
#define UI_PORT_H

#include "arch/plan.h"
#include "settings.h"

struct view_port {
    void *context;
    enum status (*request)(void *context, const char *verb, const char *argument,
                           struct error *error);
    enum status (*extract)(void *context, const struct arch_code *code,
                           const struct weight_options *weights, const char *path, bool replace,
                           struct error *error);
    void (*extract_cancel)(void *context);
    enum status (*save)(void *context, const char *path, const char *text, struct error *error);
    bool (*exists)(void *context, const char *path);
    enum status (*try_prompt)(void *context, const struct arch_code *code, const char *prompt,
                              bool chat, uint32_t tokens, struct error *error);
    void (*try_cancel)(void *context);
    /* Keeps settings for the next time; NULL: they are of this screen alone. */
    enum status (*keep)(void *context, struct settings *settings, struct error *error);
};

/* For `exists`: something other than a folder lies there. */
bool port_file_exists(void *context, const char *path);

#endif
