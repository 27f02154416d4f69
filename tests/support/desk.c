/* A screen without a terminal. */
#include "desk.h"

#include "../../ui/script.h"

#include "base/memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static enum status fake_request(void *context, const char *verb, const char *argument,
                                struct error *error)
{
    struct asked *asked = context;
    if (asked->refuse)
        return error_set(error, STATUS_INVALID, "refused by the run");
    size_t length = strlen(asked->requests);
    snprintf(asked->requests + length, sizeof asked->requests - length, "%s,%s;", verb, argument);
    return STATUS_OK;
}

static enum status fake_extract(void *context, const struct arch_code *code,
                                const struct weight_options *weights, const char *path,
                                bool replace, struct error *error)
{
    struct asked *asked = context;
    if (asked->refuse)
        return error_set(error, STATUS_IO, "the disk is full");
    snprintf(asked->extracted, sizeof asked->extracted, "%s", path);
    asked->code = *code;
    asked->type = weights ? weights->type : WEIGHT_SOURCE;
    asked->replace = replace;
    return STATUS_OK;
}

static void fake_extract_cancel(void *context)
{
    ((struct asked *)context)->cancelled = true;
}

static enum status fake_save(void *context, const char *path, const char *text, struct error *error)
{
    struct asked *asked = context;
    (void)error;
    snprintf(asked->saved_path, sizeof asked->saved_path, "%s", path);
    snprintf(asked->saved, sizeof asked->saved, "%s", text);
    return STATUS_OK;
}

static bool fake_exists(void *context, const char *path)
{
    (void)path;
    return ((struct asked *)context)->file_exists;
}

static enum status fake_try(void *context, const struct arch_code *code, const char *prompt,
                            bool chat, uint32_t tokens, struct error *error)
{
    struct asked *asked = context;
    if (asked->refuse)
        return error_set(error, STATUS_INVALID, "refused by the run");
    snprintf(asked->tried, sizeof asked->tried, "%s|%s|%u", prompt, chat ? "chat" : "plain",
             (unsigned)tokens);
    asked->code = *code;
    return STATUS_OK;
}

static void fake_try_cancel(void *context)
{
    ((struct asked *)context)->tries_cancelled++;
}

void desk_open(struct desk *desk, size_t rows, enum glyphs glyphs)
{
    memset(desk, 0, sizeof *desk);
    picture_init(&desk->picture, rows);
    desk->port = (struct view_port){.context = &desk->asked,
                                    .request = fake_request,
                                    .extract = fake_extract,
                                    .extract_cancel = fake_extract_cancel,
                                    .save = fake_save,
                                    .exists = fake_exists,
                                    .try_prompt = fake_try,
                                    .try_cancel = fake_try_cancel};
    view_init(&desk->view, &desk->port, glyphs);
    desk_size(desk, 100, 30);
    view_refresh(&desk->view, &desk->picture.snapshot);
}

void desk_close(struct desk *desk)
{
    view_release(&desk->view);
    grid_release(&desk->grid);
    picture_release(&desk->picture);
}

void desk_type(struct desk *desk, const char *keys)
{
    int key;
    while ((key = script_next(&keys)) != 0)
        view_key(&desk->view, &desk->picture.snapshot, key);
}

void desk_size(struct desk *desk, int width, int height)
{
    desk->view.width = width;
    desk->view.height = height;
}

void desk_draw(struct desk *desk, int width, int height)
{
    assert_int_equal(grid_reset(&desk->grid, width, height, desk->view.glyphs, NULL), STATUS_OK);
    screen_draw(&desk->grid, &desk->view, &desk->picture.snapshot);
}

char *desk_text(struct desk *desk, int width, int height)
{
    struct buf text;
    desk_draw(desk, width, height);
    buf_init(&text);
    assert_int_equal(grid_dump(&desk->grid, &text, NULL), STATUS_OK);
    return text.data; /* released with memory_free, as buf_release does */
}

void desk_expect_at(struct desk *desk, int width, int height, const char *text)
{
    char *screen = desk_text(desk, width, height);
    if (!strstr(screen, text))
        fail_msg("\"%s\" is not on the screen:\n%s", text, screen);
    memory_free(screen);
}

void desk_expect(struct desk *desk, const char *text)
{
    desk_expect_at(desk, 100, 30, text);
}

/* Each width at every third height, each height at every third width: twelve thousand pictures of
 * each view take seconds. All of them with SIZES=all (tests/slow). */
void desk_stays_inside(struct desk *desk, enum ui_page page)
{
    struct grid *grid = &desk->grid;
    const char *wanted = getenv("SIZES");
    const int step = wanted != NULL && strcmp(wanted, "all") == 0 ? 1 : 3;
    for (int w = 1; w <= 200; w++)
        for (int h = 1 + w % step; h <= 60; h += step) {
            struct layout layout = {.body = {2, 3, w, h}};
            int width = w + 5, height = h + 5;
            assert_int_equal(grid_reset(grid, width, height, desk->view.glyphs, NULL), STATUS_OK);
            grid_fill(grid, (struct rect){0, 0, width, height}, 'Q', COLOUR_BAD);
            grid_fill(grid, layout.body, ' ', COLOUR_TEXT);
            page_table[page].draw(grid, &layout, &desk->view, &desk->picture.snapshot);
            for (int y = 0; y < height; y++)
                for (int x = 0; x < width; x++)
                    if ((x < 2 || x >= 2 + w || y < 3 || y >= 3 + h) &&
                        grid_at(grid, x, y)->glyph != 'Q')
                        fail_msg("%s draws at %d,%d, outside a body of %dx%d",
                                 page_table[page].name, x - 2, y - 3, w, h);
        }
}

void screen_compare(const char *name, const char *text)
{
    char path[256];
    static char wanted[65536];
    snprintf(path, sizeof path, "tests/golden/screen-%s.txt", name);
    if (getenv("UPDATE_GOLDEN")) {
        FILE *file = fopen(path, "w");
        assert_non_null(file);
        fputs(text, file);
        fclose(file);
    }
    FILE *file = fopen(path, "r");
    if (!file)
        fail_msg("%s is not there (run from the root of the tree)", path);
    size_t length = fread(wanted, 1, sizeof wanted - 1, file);
    fclose(file);
    wanted[length] = '\0';
    if (strcmp(wanted, text))
        fail_msg("%s: expected\n%s\nfound\n%s", path, wanted, text);
}

void desk_golden(struct desk *desk, const char *name, int width, int height)
{
    char *text = desk_text(desk, width, height);
    screen_compare(name, text);
    memory_free(text);
}

void desk_scenes(const char *view, const struct desk_scene *scene, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct desk desk;
        char name[64];
        desk_open(&desk, 214, scene[i].glyphs);
        picture_pin(&desk.picture, scene[i].pins);
        view_refresh(&desk.view, &desk.picture.snapshot);
        desk_type(&desk, scene[i].keys);
        snprintf(name, sizeof name, "%s-%s", view, scene[i].name);
        desk_golden(&desk, name, scene[i].width, scene[i].height);
        desk_close(&desk);
    }
}

void desk_page_stays_inside(const char *keys, enum ui_page page)
{
    static const size_t rows[] = {0, 60};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct desk desk;
        desk_open(&desk, rows[i], GLYPHS_BRAILLE);
        picture_pin(&desk.picture, "bytes<=87MiB and acc>=45%");
        desk_type(&desk, keys);
        assert_int_equal(desk.view.page, page);
        desk_stays_inside(&desk, page);
        desk_close(&desk);
    }
}
