/* The terminal, by ncursesw. Curses keeps what is on the screen and sends differences; an
 * unchanged grid sends nothing. One thread only. */
#define NCURSES_WIDECHAR 1
#include "terminal.h"

#include "base/memory.h"
#include "clipboard.h"
#include "guard.h"
#include "theme_files.h"
#include "ui/keys.h"

#include <curses.h>
#include <fcntl.h>
#include <langinfo.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <term.h>
#include <termios.h>
#include <unistd.h>

struct terminal {
    SCREEN *screen;
    FILE *output;    /* a descriptor of its own, so that stdout stays line buffered */
    int saved_error; /* standard error as it was; -1: not moved */
    enum glyphs glyphs;
    struct theme theme;
    short pair[COLOURS]; /* roles of one colour share a pair: between them nothing is sent */
    bool colours;
    bool mouse;
    bool repaint;
    struct grid shown; /* last grid sent */
};

bool terminal_possible(void)
{
    const char *type = getenv("TERM");
    int answer;
    if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO) || !type || !*type || !strcmp(type, "dumb"))
        return false;
    if (setupterm(NULL, STDOUT_FILENO, &answer) != OK)
        return false;
    const char *place = tigetstr("cup");
    bool possible = place && place != (char *)-1;
    del_curterm(cur_term);
    return possible;
}

bool terminal_utf8(void)
{
    setlocale(LC_CTYPE, "");
    return !strcmp(nl_langinfo(CODESET), "UTF-8");
}

static enum glyphs choose_glyphs(void)
{
    const char *type = getenv("TERM");
    if (!terminal_utf8())
        return GLYPHS_ASCII;
    /* the Linux console's font has half blocks, no braille */
    return type && !strcmp(type, "linux") ? GLYPHS_BLOCKS : GLYPHS_BRAILLE;
}

static const char mouse_off[] = "\033[?1006l\033[?1000l";

static int move_standard_error(const char *path)
{
    int log = open(path ? path : "/dev/null",
                   O_WRONLY | O_CREAT | O_APPEND | O_NONBLOCK | O_CLOEXEC, 0666);
    if (log < 0)
        log = open("/dev/null", O_WRONLY | O_CLOEXEC);
    int saved = log < 0 ? -1 : fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
    if (saved >= 0)
        dup2(log, STDERR_FILENO);
    if (log >= 0)
        close(log);
    return saved;
}

/* Strings that undo what curses did, without the padding that tputs would make delays of. */
static void prepare_reset(bool mouse)
{
    static const char *const names[] = {"sgr0", "op", "rmkx", "rmir", "cnorm", "rmcup"};
    char text[512];
    size_t length = 0;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *s = tigetstr(names[i]);
        if (!s || s == (char *)-1)
            continue;
        while (*s && length < sizeof text) {
            if (s[0] == '$' && s[1] == '<' && strchr(s, '>'))
                s = strchr(s, '>') + 1;
            else
                text[length++] = *s++;
        }
    }
    if (mouse && length + sizeof mouse_off <= sizeof text) {
        memcpy(text + length, mouse_off, sizeof mouse_off - 1);
        length += sizeof mouse_off - 1;
    }
    guard_reset_string(text, length);
}

static void set_pairs(struct terminal *terminal)
{
    short of_role[COLOURS];
    int background = use_default_colors() == OK ? -1 : COLOR_BLACK;
    for (int i = 0; i < COLOURS; i++) {
        const struct theme_colour *colour = &terminal->theme.colour[i];
        short wanted = COLORS >= 256 ? colour->of_256 : colour->of_8;
        if (wanted < 0 && background >= 0)
            wanted = COLOR_WHITE;
        int first = 0;
        of_role[i] = wanted;
        while (of_role[first] != wanted)
            first++;
        terminal->pair[i] = (short)(first + 1);
        init_pair((short)(i + 1), wanted, (short)background);
    }
}

enum status terminal_open(bool no_colour, const char *log_path, struct terminal **terminal,
                          struct error *error)
{
    struct terminal *t = memory_new(1, sizeof *t, error);
    if (!t)
        return STATUS_MEMORY;
    t->glyphs = choose_glyphs(); /* before curses starts, which reads the locale */
    int copy = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
    t->output = copy < 0 ? NULL : fdopen(copy, "w");
    t->screen = t->output ? newterm(NULL, t->output, stdin) : NULL;
    if (!t->screen) {
        if (t->output)
            fclose(t->output);
        else if (copy >= 0)
            close(copy);
        memory_free(t);
        return error_set(error, STATUS_INVALID, "the terminal %s cannot show a screen",
                         getenv("TERM") ? getenv("TERM") : "(TERM is not set)");
    }
    prepare_reset(false);
    theme_parse(theme_embedded("default"), &t->theme, NULL);
    t->saved_error = move_standard_error(log_path);
    cbreak();
    noecho();
    nonl(); /* Enter comes as it is; output does not turn newlines into two characters */
    keypad(stdscr, TRUE);
    nodelay(stdscr, TRUE);
    set_escdelay(25);
    if (!no_colour && has_colors()) {
        start_color();
        t->colours = true;
        set_pairs(t);
    }
    t->repaint = true;
    *terminal = t;
    return STATUS_OK;
}

void terminal_close(struct terminal *terminal, bool lost)
{
    struct termios modes;
    /* a hang-up that somebody sent by hand: the terminal is still there, and is put right */
    lost = lost && tcgetattr(fileno(terminal->output), &modes) != 0;
    if (!lost)
        endwin();
    delscreen(terminal->screen);
    fclose(terminal->output);
    if (terminal->saved_error >= 0 && !lost)
        dup2(terminal->saved_error, STDERR_FILENO);
    if (terminal->saved_error >= 0)
        close(terminal->saved_error);
    grid_release(&terminal->shown);
    memory_free(terminal);
}

enum glyphs terminal_glyphs(const struct terminal *terminal)
{
    return terminal->glyphs;
}

void terminal_size(const struct terminal *terminal, int *width, int *height)
{
    (void)terminal;
    getmaxyx(stdscr, *height, *width);
}

void terminal_resize(struct terminal *terminal)
{
    struct winsize size;
    if (ioctl(fileno(terminal->output), TIOCGWINSZ, &size) || !size.ws_row || !size.ws_col)
        return;
    if (size.ws_row == LINES && size.ws_col == COLS)
        return;
    resizeterm(size.ws_row, size.ws_col);
    terminal->repaint = true;
}

void terminal_repaint(struct terminal *terminal)
{
    terminal->repaint = true;
}

static attr_t attributes(const struct terminal *terminal, const struct cell *cell)
{
    const struct theme_colour *colour = &terminal->theme.colour[cell->colour];
    unsigned style = cell->style | (terminal->colours ? colour->style : colour->plain);
    attr_t attr = A_NORMAL;
    if (style & STYLE_BOLD)
        attr |= A_BOLD;
    if ((style & STYLE_DIM) && !(terminal->colours && COLORS >= 256))
        attr |= A_DIM;
    if (style & STYLE_REVERSE)
        attr |= A_REVERSE;
    if (style & STYLE_UNDERLINE)
        attr |= A_UNDERLINE;
    return attr;
}

/* A colour and attributes of the terminal. */
struct pen {
    attr_t attr;
    short pair;
};

static struct pen pen_of(const struct terminal *terminal, const struct cell *cell)
{
    return (struct pen){attributes(terminal, cell),
                        terminal->colours ? terminal->pair[cell->colour] : 0};
}

static bool shows_on_blanks(struct pen pen)
{
    return pen.attr & (A_REVERSE | A_UNDERLINE);
}

static bool is_blank(const struct terminal *terminal, const struct cell *cell)
{
    return cell->glyph == ' ' && !shows_on_blanks(pen_of(terminal, cell));
}

static bool looks_alike(const struct terminal *terminal, const struct cell *a, const struct cell *b)
{
    return !memcmp(a, b, sizeof *a) || (is_blank(terminal, a) && is_blank(terminal, b));
}

/* Blanks take the pen of what was put before them, *last: nobody sees it, and the terminal need not
 * be told another one. Half of what a change of the picture costs were colours. */
static void put_cell(const struct terminal *terminal, int x, int y, const struct cell *cell,
                     struct pen *last)
{
    wchar_t glyph[2] = {(wchar_t)cell->glyph, 0};
    cchar_t character;
    if (!is_blank(terminal, cell))
        *last = pen_of(terminal, cell);
    struct pen pen =
        is_blank(terminal, cell) && shows_on_blanks(*last) ? pen_of(terminal, cell) : *last;
    if (setcchar(&character, glyph, pen.attr, pen.pair, NULL) == OK)
        mvadd_wch(y, x, &character);
}

#define GAP 4 /* cells that curses would rather send again than move across */

/* Puts what has changed of a row, and the blanks of narrow gaps between, in the same pen. */
static void put_line(const struct terminal *terminal, const struct grid *grid, int y, bool all,
                     struct pen *last)
{
    int after = 0; /* where blanks behind the last cell put begin; 0: something else is between */
    for (int x = 0; x < grid->width; x++) {
        const struct cell *cell = grid_at(grid, x, y);
        const struct cell *old = all ? NULL : grid_at(&terminal->shown, x, y);
        if (!old || !looks_alike(terminal, old, cell)) {
            for (int k = after > 0 && x - after <= GAP ? after : x; k < x; k++)
                put_cell(terminal, k, y, grid_at(grid, k, y), last);
            put_cell(terminal, x, y, cell, last);
            after = x + 1;
        } else if (!is_blank(terminal, cell)) {
            after = 0;
        }
    }
}

/* The grid that is on the screen, to compare the next one with; on failure all is sent again. */
static void remember(struct terminal *terminal, const struct grid *grid)
{
    if (grid_reset(&terminal->shown, grid->width, grid->height, grid->glyphs, NULL)) {
        terminal->repaint = true;
        return;
    }
    size_t cells = (size_t)grid->width * (size_t)grid->height;
    if (cells)
        memcpy(terminal->shown.cell, grid->cell, cells * sizeof *grid->cell);
}

void terminal_show(struct terminal *terminal, const struct grid *grid)
{
    bool all = terminal->repaint || terminal->shown.width != grid->width ||
               terminal->shown.height != grid->height;
    struct pen last = {A_NORMAL, 0};
    if (all)
        erase();
    for (int y = 0; y < grid->height; y++)
        put_line(terminal, grid, y, all, &last);
    bool cursor = grid->cursor_x >= 0;
    curs_set(cursor);
    leaveok(stdscr, !cursor); /* it stays where the last change was */
    move(cursor ? grid->cursor_y : 0, cursor ? grid->cursor_x : 0);
    if (terminal->repaint)
        clearok(curscr, TRUE);
    terminal->repaint = false;
    refresh();
    remember(terminal, grid);
}

void terminal_theme(struct terminal *terminal, const struct theme *theme)
{
    terminal->theme = *theme;
    if (terminal->colours)
        set_pairs(terminal);
    terminal->repaint = true;
}

void terminal_mouse(struct terminal *terminal, bool on)
{
    if (on == terminal->mouse)
        return;
    terminal->mouse = on;
    prepare_reset(on);
    mouseinterval(0); /* a press is a click: nobody waits for a second one */
    mousemask(on ? BUTTON1_PRESSED | BUTTON4_PRESSED | BUTTON5_PRESSED : 0, NULL);
}

void terminal_clipboard(struct terminal *terminal, const char *text)
{
    char sequence[CLIPBOARD_SEQUENCE];
    fputs(clipboard_sequence(text, getenv("TMUX") != NULL, sequence), terminal->output);
    fflush(terminal->output);
}

void terminal_bell(struct terminal *terminal)
{
    (void)terminal;
    beep();
}

static int translate(wint_t key)
{
    static const struct {
        wint_t curses;
        int key;
    } keys[] = {
        {KEY_UP, UI_KEY_UP},
        {KEY_DOWN, UI_KEY_DOWN},
        {KEY_LEFT, UI_KEY_LEFT},
        {KEY_RIGHT, UI_KEY_RIGHT},
        {KEY_SR, UI_KEY_SHIFT_UP},
        {KEY_SF, UI_KEY_SHIFT_DOWN},
        {KEY_SLEFT, UI_KEY_SHIFT_LEFT},
        {KEY_SRIGHT, UI_KEY_SHIFT_RIGHT},
        {KEY_PPAGE, UI_KEY_PAGE_UP},
        {KEY_NPAGE, UI_KEY_PAGE_DOWN},
        {KEY_HOME, UI_KEY_HOME},
        {KEY_END, UI_KEY_END},
        {KEY_BACKSPACE, UI_KEY_BACKSPACE},
        {KEY_DC, UI_KEY_DELETE},
        {KEY_BTAB, UI_KEY_BACKTAB},
        {KEY_F(1), UI_KEY_F1},
        {KEY_F(2), UI_KEY_F2},
        {KEY_F(3), UI_KEY_F3},
        {KEY_F(4), UI_KEY_F4},
        {KEY_F(5), UI_KEY_F5},
        {KEY_F(6), UI_KEY_F6},
        {KEY_F(7), UI_KEY_F7},
        {KEY_F(8), UI_KEY_F8},
        {KEY_F(9), UI_KEY_F9},
        {KEY_F(10), UI_KEY_F10},
        {KEY_ENTER, UI_KEY_ENTER},
    };
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (keys[i].curses == key)
            return keys[i].key;
    return -1;
}

static bool read_mouse(struct ui_mouse *mouse)
{
    MEVENT event;
    if (getmouse(&event) != OK)
        return false;
    mouse->x = event.x;
    mouse->y = event.y;
    mouse->kind = event.bstate & BUTTON4_PRESSED   ? MOUSE_WHEEL_UP
                  : event.bstate & BUTTON5_PRESSED ? MOUSE_WHEEL_DOWN
                                                   : MOUSE_CLICK;
    return event.bstate & (BUTTON1_PRESSED | BUTTON4_PRESSED | BUTTON5_PRESSED);
}

int terminal_key(struct terminal *terminal, struct ui_mouse *mouse)
{
    (void)terminal;
    for (;;) {
        wint_t key;
        int kind = get_wch(&key);
        if (kind == ERR)
            return 0;
        if (kind == KEY_CODE_YES && key == KEY_MOUSE && read_mouse(mouse))
            return UI_KEY_MOUSE;
        if (kind == KEY_CODE_YES) {
            int known = translate(key);
            if (known > 0)
                return known;
            continue; /* a key we have no name for */
        }
        if (key == '\r')
            return UI_KEY_ENTER;
        if (key == 0x7f || key == '\b')
            return UI_KEY_BACKSPACE;
        if (key > 0)
            return (int)key;
    }
}

void terminal_suspend(struct terminal *terminal)
{
    (void)terminal;
    def_prog_mode();
    endwin();
}

void terminal_resume(struct terminal *terminal)
{
    reset_prog_mode();
    terminal->repaint = true;
    terminal_resize(terminal);
}

bool terminal_foreground(const struct terminal *terminal)
{
    pid_t group = tcgetpgrp(fileno(terminal->output));
    return group < 0 || group == getpgrp();
}
