/* Who hears of long work beside a run: lines worth telling, and how far it is. */
#ifndef ENGINE_LISTENER_H
#define ENGINE_LISTENER_H

struct listener {                                        /* zero value: nobody */
    void (*on_message)(void *context, const char *text); /* may be NULL */
    /* `done` of 1 of what `doing` names; may be NULL, may come from any thread. */
    void (*on_progress)(void *context, const char *doing, double done);
    void *context;
};

void listener_say(const struct listener *listener, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void listener_progress(const struct listener *listener, const char *doing, double done);

#endif
