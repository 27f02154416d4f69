/* The view "log": the last messages of the run, the newest at the bottom. They are followed until
 * the user scrolls up, and again from the end on. */
#include "actions.h"
#include "pages.h"
#include "screen.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

/* What needs attention, by the words that say so. */
static const struct {
    const char *word;
    bool failure; /* else a warning */
} alarms[] = {
    {"failed", true},         {"error:", true},   {"cannot", true},   {"could not", true},
    {"out of memory", true},  {"no space", true}, {"refused", false}, {"warning", false},
    {"nobody writes", false}, {"are cut", false}, {"is cut", false},  {"left out", false},
    {"may differ", false},
};

enum level { LEVEL_TOLD, LEVEL_WARNING, LEVEL_FAILURE };

static enum level level_of(const char *text)
{
    enum level level = LEVEL_TOLD;
    for (size_t i = 0; i < sizeof alarms / sizeof *alarms; i++)
        if (text_has(text, alarms[i].word) && (alarms[i].failure || level == LEVEL_TOLD))
            level = alarms[i].failure ? LEVEL_FAILURE : LEVEL_WARNING;
    return level;
}

/* ---- the rows: a line per day, then its messages, wrapped ---- */

struct rows {
    struct grid *grid; /* NULL: only counted */
    struct rect rect;
    int row;      /* of the next one, from the top of rect; below 0: scrolled away */
    int clock;    /* cells of the time and what parts it from the text */
    char day[16]; /* of the last message */
};

static void add_day(struct rows *rows, const char *day)
{
    struct rect line = {rows->rect.x, rows->rect.y + rows->row, rows->rect.w, 1};
    if (rows->grid && rows->row >= 0 && rows->row < rows->rect.h)
        grid_text(rows->grid, line.x, line.y, line.w, COLOUR_HEADING, STYLE_BOLD, day);
    snprintf(rows->day, sizeof rows->day, "%s", day);
    rows->row++;
}

static void add_text(struct rows *rows, const char *clock, const char *text)
{
    static const enum colour colours[] = {COLOUR_TEXT, COLOUR_PIN, COLOUR_BAD};
    const char *whole = text;
    enum level level = LEVEL_TOLD;
    bool known = false; /* of a row in sight alone: a log is long */
    int indent = rows->clock + 2, width = rows->rect.w - indent, x = rows->rect.x;
    size_t next;
    for (bool first = true; *text && width > 0; first = false, text += next, rows->row++) {
        size_t length = text_line(text, width, &next);
        char line[1024];
        if (!rows->grid || rows->row < 0 || rows->row >= rows->rect.h)
            continue;
        if (!known)
            level = level_of(whole);
        known = true;
        int y = rows->rect.y + rows->row;
        if (first) {
            grid_text(rows->grid, x, y, rows->clock, COLOUR_FAINT, 0, clock);
            if (level != LEVEL_TOLD)
                grid_put(rows->grid, x + rows->clock, y, '!', colours[level], STYLE_BOLD);
        }
        snprintf(line, sizeof line, "%.*s", (int)(length < sizeof line ? length : sizeof line - 1),
                 text);
        grid_text(rows->grid, x + indent, y, width, colours[level],
                  level == LEVEL_FAILURE ? STYLE_BOLD : 0, line);
    }
}

static void add_line(struct rows *rows, const struct run_line *line)
{
    char day[16] = "", clock[16] = "";
    time_t when = (time_t)line->time;
    struct tm local;
    if (line->time && localtime_r(&when, &local)) {
        strftime(day, sizeof day, "%Y-%m-%d", &local);
        strftime(clock, sizeof clock, rows->clock >= 9 ? "%H:%M:%S" : "%H:%M", &local);
        if (strcmp(day, rows->day) != 0)
            add_day(rows, day);
    }
    add_text(rows, rows->clock ? clock : "", line->text);
}

static bool is_shown(const struct view *view, const struct run_line *line)
{
    return text_has(line->text, view->log_lines.filter);
}

/* All rows, `top` of them scrolled away; returns how many there are. */
static int add_rows(struct grid *grid, struct rect rect, int top, const struct view *view,
                    const struct snapshot *snapshot)
{
    struct rows rows = {grid, rect, -top, rect.w >= 50 ? 9 : rect.w >= 24 ? 6 : 0, ""};
    for (size_t i = 0; i < snapshot->lines; i++)
        if (is_shown(view, &snapshot->line[i]))
            add_line(&rows, &snapshot->line[i]);
    return rows.row + top;
}

/* ---- keys ---- */

/* Where the messages are: below the title, where there is room for one. */
static struct rect list_rect(struct rect body)
{
    int title = body.h >= 2 ? 1 : 0;
    return (struct rect){body.x, body.y + title, body.w, body.h - title};
}

void log_move(struct view *view, const struct snapshot *snapshot, enum ui_move move)
{
    struct view_log *log = &view->log_lines;
    struct layout layout;
    layout_compute(view->width, view->height, &layout);
    struct rect rect = list_rect(layout.body);
    int rows = add_rows(NULL, rect, 0, view, snapshot), last = rows > rect.h ? rows - rect.h : 0;
    log->top = page_scroll(log->scrolled ? log->top : last, move, rect.h, rows);
    log->scrolled = log->top < last;
}

bool log_back(struct view *view, const struct snapshot *snapshot)
{
    (void)snapshot;
    if (!*view->log_lines.filter)
        return false;
    view->log_lines.filter[0] = '\0';
    return true;
}

void action_log_filter(struct view *view, const struct snapshot *snapshot)
{
    (void)snapshot;
    view_prompt(view, PROMPT_LOG, view->log_lines.filter);
}

enum status submit_log(struct view *view, const struct snapshot *snapshot, const char *text,
                       struct error *error)
{
    (void)snapshot, (void)error;
    snprintf(view->log_lines.filter, sizeof view->log_lines.filter, "%.*s",
             (int)sizeof view->log_lines.filter - 1, text);
    view->log_lines.scrolled = false;
    return STATUS_OK;
}

/* ---- drawing ---- */

static void draw_title(struct grid *grid, struct rect rule, const struct view *view,
                       const struct snapshot *snapshot, int below)
{
    const char *filter = view->log_lines.filter;
    char title[256] = "log", more[64], key[16];
    size_t shown = 0;
    for (size_t i = 0; i < snapshot->lines; i++)
        shown += is_shown(view, &snapshot->line[i]);
    if (*filter)
        snprintf(title, sizeof title, "log: %zu of %zu messages, with \"%s\"", shown,
                 snapshot->lines, filter);
    else if (shown)
        snprintf(title, sizeof title, "log: %zu message%s", shown, shown == 1 ? "" : "s");
    int x = draw_rule(grid, rule, title), room = rule.x + rule.w - 1 - x;
    if (below < 1)
        return;
    snprintf(more, sizeof more, " %d more below, %s follows ", below,
             ui_key_name(keymap_key(&view->keymap, action_last), key, sizeof key));
    if (text_cells(more) > room)
        snprintf(more, sizeof more, " %d below ", below);
    if (text_cells(more) <= room)
        grid_text_right(grid, rule.x + rule.w - 1, rule.y, room, COLOUR_KEY, 0, more);
}

void draw_log(struct grid *grid, const struct layout *layout, const struct view *view,
              const struct snapshot *snapshot)
{
    const struct view_log *log = &view->log_lines;
    struct rect rect = list_rect(layout->body), rule = layout->body;
    int rows = add_rows(NULL, rect, 0, view, snapshot), last = rows > rect.h ? rows - rect.h : 0;
    int top = log->scrolled && log->top < last ? log->top : last;
    rule.h = rule.h - rect.h;
    if (rule.h)
        draw_title(grid, rule, view, snapshot, last - top);
    add_rows(grid, rect, top, view, snapshot);
    if (rows)
        return;
    char text[640];
    if (*log->filter)
        snprintf(text, sizeof text, "none of the %zu messages has \"%s\"", snapshot->lines,
                 log->filter);
    else
        snprintf(text, sizeof text,
                 "no messages yet: what the run has to say comes here, and stays in %s/log.txt",
                 snapshot->run_path);
    rect.x++;
    rect.w -= 2;
    grid_wrap(grid, rect, COLOUR_FAINT, 0, text);
}
