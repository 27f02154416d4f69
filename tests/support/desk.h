/* A screen without a terminal: a hand-made snapshot, a view on it, and a port that remembers what
 * was asked for. For tests of views, keys and whole screens as text. */
#ifndef SUPPORT_DESK_H
#define SUPPORT_DESK_H

#include "../../ui/screen.h"
#include "pictures.h"

struct asked {
    char requests[4096]; /* "verb,argument;" */
    char extracted[512]; /* path of the last extraction */
    char tried[320];     /* "prompt|chat|tokens", or plain in place of chat */
    int tries_cancelled; /* attempts */
    struct arch_code code;
    enum weight_type type; /* WEIGHT_SOURCE: the run's own */
    bool replace, cancelled, file_exists, refuse;
    char saved_path[600], saved[512];
};

struct desk { /* a snapshot, a view on it, and what it asked for */
    struct picture picture;
    struct asked asked;
    struct view_port port;
    struct view view;
    struct grid grid;
};

void desk_open(struct desk *desk, size_t rows, enum glyphs glyphs);
void desk_close(struct desk *desk);
/* The view's size, as the loop tells it; 100x30 unless something else is said. */
void desk_size(struct desk *desk, int width, int height);
/* Keys as ui/script.h reads them: "pbytes<=87MiB<Enter>". */
void desk_type(struct desk *desk, const char *keys);
void desk_draw(struct desk *desk, int width, int height);
/* The screen as text; released with memory_free. */
char *desk_text(struct desk *desk, int width, int height);
/* Fails unless the text is on the screen at 100x30. */
void desk_expect(struct desk *desk, const char *text);
void desk_expect_at(struct desk *desk, int width, int height, const char *text);
/* Fails where a view draws outside the body that it is given, of any size from 1x1 to 200x60. */
void desk_stays_inside(struct desk *desk, enum ui_page page);
/* Against tests/golden/screen-NAME.txt, which UPDATE_GOLDEN=1 writes anew. */
void screen_compare(const char *name, const char *text);
void desk_golden(struct desk *desk, const char *name, int width, int height);

struct desk_scene { /* of a run of 214 rows, with these pins, after these keys */
    const char *name, *pins, *keys;
    int width, height;
    enum glyphs glyphs;
};
/* Each against tests/golden/screen-VIEW-NAME.txt. */
void desk_scenes(const char *view, const struct desk_scene *scene, size_t count);
/* desk_stays_inside of the view that the keys lead to, without a row and with 60 under pins. */
void desk_page_stays_inside(const char *keys, enum ui_page page);

#endif
