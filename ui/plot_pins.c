/* Pins in the plot: lines with their labels, and the forbidden side dimmed. */
#include "plot.h"

#include <limits.h>

/* Of the forbidden side: sparse, and nothing that reads as a point. */
static uint32_t shade_glyph(const struct plot *plot)
{
    return plot->grid->glyphs == GLYPHS_ASCII ? '\'' : 0x00b7;
}

static void shade(const struct plot *plot, const struct pin *pin, bool vertical, int line)
{
    bool after = vertical != pin->at_least; /* rows count downwards */
    for (int y = plot->area.y; y < plot->area.y + plot->area.h; y++)
        for (int x = plot->area.x; x < plot->area.x + plot->area.w; x++) {
            int at = vertical ? x : y;
            const struct cell *cell = grid_at(plot->grid, x, y);
            if ((after ? at > line : at < line) && (x + 4 * y) % 12 == 0 && cell &&
                cell->glyph == ' ')
                grid_put(plot->grid, x, y, shade_glyph(plot), COLOUR_FRAME, STYLE_DIM);
        }
}

void plot_shade_pins(const struct plot *plot)
{
    for (size_t i = 0; i < plot->pin_count; i++) {
        const struct pin *pin = &plot->pins[i];
        if (!pin->enabled)
            continue;
        if (pin->objective == plot->view->axis[0])
            shade(plot, pin, true, plot_cell_x(plot, pin->limit));
        else if (pin->objective == plot->view->axis[1])
            shade(plot, pin, false, plot_cell_y(plot, pin->limit));
    }
}

/* How much of the picture a label there would hide. */
static int hidden_by(const struct plot *plot, int x, int y, int cells)
{
    int hidden = 0;
    for (int i = 0; i < cells; i++) {
        const struct cell *cell = grid_at(plot->grid, x + i, y);
        hidden += cell && cell->glyph != ' ' && cell->glyph != shade_glyph(plot);
    }
    return hidden;
}

/* The label stands on the allowed side of a vertical line, if it fits there, in the first of the
 * rows that it hides least of (`y` < 0); and at the right end of a horizontal one, where the points
 * that matter are rarest. Returns its row. */
static int label_pin(const struct plot *plot, const struct pin *pin, int x, int y, bool left)
{
    int cells = text_cells(pin->text), right_end = plot->area.x + plot->area.w;
    int start = left ? x - cells - 1 : x + 2;
    if (start < plot->area.x || start + cells > right_end)
        start = left ? x + 2 : x - cells - 1;
    if (start < plot->area.x)
        start = plot->area.x;
    int least = INT_MAX, first = plot->area.y, end = y < 0 ? first + plot->area.h : 0;
    for (int at = first; at < end && least > 0; at++) {
        int hidden = hidden_by(plot, start, at, cells);
        if (hidden < least) {
            least = hidden;
            y = at;
        }
    }
    if (plot_in_rows(plot, y))
        grid_text(plot->grid, start, y, right_end - start, COLOUR_PIN, STYLE_BOLD, pin->text);
    return y;
}

static bool line_glyph(uint32_t glyph) /* may be drawn over by a pin's line */
{
    return glyph == ' ' || glyph == 0x00b7 || glyph == '\'' || glyph == '.' || glyph == ':' ||
           glyph == 0x2508 || glyph == '-' || (glyph >= 0x2580 && glyph <= 0x2588) ||
           (glyph >= 0x2800 && glyph < 0x2900);
}

static void draw_line(const struct plot *plot, bool vertical, int at)
{
    struct rect a = plot->area;
    for (int i = 0; i < (vertical ? a.h : a.w); i++) {
        int x = vertical ? at : a.x + i, y = vertical ? a.y + i : at;
        const struct cell *cell = grid_at(plot->grid, x, y);
        if (cell && line_glyph(cell->glyph))
            grid_put(plot->grid, x, y, vertical ? 0x2502 : 0x2500, COLOUR_PIN, 0);
    }
}

static void draw_horizontal_pin(const struct plot *plot, const struct pin *pin)
{
    struct rect a = plot->area;
    int at = plot_cell_y(plot, pin->limit), right = a.x + a.w - 1;
    if (at == INT_MIN)
        return;
    if (plot_in_rows(plot, at)) {
        draw_line(plot, false, at);
    } else {
        uint32_t arrow = at < a.y ? 0x25b4 : 0x25be;
        at = at < a.y ? a.y : a.y + a.h - 1;
        plot_put(plot, right, at, arrow, COLOUR_PIN, STYLE_BOLD);
    }
    label_pin(plot, pin, right, at, true);
}

static void label_vertical_pin(const struct plot *plot, const struct pin *pin)
{
    struct rect a = plot->area;
    int at = plot_cell_x(plot, pin->limit);
    if (at == INT_MIN)
        return;
    if (plot_in_columns(plot, at)) {
        label_pin(plot, pin, at, -1, !pin->at_least);
        return;
    }
    bool left = at < a.x;
    at = left ? a.x : a.x + a.w - 1;
    plot_put(plot, at, label_pin(plot, pin, at, -1, !left), left ? 0x25c2 : 0x25b8, COLOUR_PIN,
             STYLE_BOLD);
}

void plot_draw_pins(const struct plot *plot)
{
    for (size_t i = 0; i < plot->pin_count; i++) {
        const struct pin *pin = &plot->pins[i];
        int x = pin->objective == plot->view->axis[0] ? plot_cell_x(plot, pin->limit) : INT_MIN;
        if (pin->enabled && plot_in_columns(plot, x))
            draw_line(plot, true, x);
        else if (pin->enabled && x == INT_MIN && pin->objective == plot->view->axis[1])
            draw_horizontal_pin(plot, pin);
    }
}

/* When the points are there: they decide where there is room. */
void plot_label_pins(const struct plot *plot)
{
    for (size_t i = 0; i < plot->pin_count; i++)
        if (plot->pins[i].enabled && plot->pins[i].objective == plot->view->axis[0])
            label_vertical_pin(plot, &plot->pins[i]);
}
