/* engine/listener: see the header. */
#include "engine/listener.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

void listener_say(const struct listener *listener, const char *format, ...)
{
    char text[400];
    va_list arguments;
    if (listener->on_message == NULL)
        return;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    listener->on_message(listener->context, text);
}

void listener_progress(const struct listener *listener, const char *doing, double done)
{
    if (listener->on_progress != NULL)
        listener->on_progress(listener->context, doing, done < 1 ? done : 1);
}
