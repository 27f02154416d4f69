/* A run's screen as text, without a terminal: for pictures and tests. It only looks: what a script
 * of keys would ask of the run, or write, is refused. */
#include "screen.h"
#include "script.h"
#include "terminal.h"

#include "ui/ui.h"

#include <time.h>

static enum status refuse(struct error *error)
{
    return error_set(error, STATUS_INVALID, "a screen that is printed only looks");
}

static enum status port_request(void *context, const char *verb, const char *argument,
                                struct error *error)
{
    (void)context, (void)verb, (void)argument;
    return refuse(error);
}

static enum status port_extract(void *context, const struct arch_code *code,
                                const struct weight_options *weights, const char *path,
                                bool replace, struct error *error)
{
    (void)context, (void)code, (void)weights, (void)path, (void)replace;
    return refuse(error);
}

static void port_extract_cancel(void *context)
{
    (void)context; /* there is none */
}

static enum status port_save(void *context, const char *path, const char *text, struct error *error)
{
    (void)context, (void)path, (void)text;
    return refuse(error);
}

static enum status port_keep(void *context, struct settings *settings, struct error *error)
{
    (void)context, (void)settings;
    return refuse(error);
}

static enum status port_try(void *context, const struct arch_code *code, const char *prompt,
                            bool chat, uint32_t tokens, struct error *error)
{
    (void)context, (void)code, (void)prompt, (void)chat, (void)tokens;
    return refuse(error);
}

static void port_try_cancel(void *context)
{
    (void)context;
}

enum status ui_dump(struct run *run, const struct ui_options *options, int width, int height,
                    struct buf *out, struct error *error)
{
    const struct view_port port = {.request = port_request,
                                   .extract = port_extract,
                                   .extract_cancel = port_extract_cancel,
                                   .save = port_save,
                                   .exists = port_file_exists,
                                   .try_prompt = port_try,
                                   .try_cancel = port_try_cancel,
                                   .keep = port_keep};
    const struct snapshot *snapshot = run_snapshot(run);
    const char *script = options->script;
    bool plain = options->ascii || !terminal_utf8();
    struct grid grid = {0};
    struct view view;
    int key;
    view_init(&view, &port, plain ? GLYPHS_ASCII : GLYPHS_BRAILLE);
    view.width = width;
    view.height = height;
    view.now = time(NULL);
    view_refresh(&view, snapshot);
    while (!view.leave && (key = script_next(&script)) != 0)
        view_key(&view, snapshot, key);
    enum status status = grid_reset(&grid, width, height, view.glyphs, error);
    if (status == STATUS_OK) {
        screen_draw(&grid, &view, snapshot);
        status = grid_dump(&grid, out, error);
    }
    view_release(&view);
    grid_release(&grid);
    snapshot_release(snapshot);
    return status;
}
