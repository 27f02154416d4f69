/* A picture of an architecture with one column per layer, under labels at its left: rows of bars,
 * marks and numbers that stand under each other. Layers that do not fit are scrolled. */
#ifndef UI_COLUMNS_H
#define UI_COLUMNS_H

#include "grid.h"

#include <stddef.h>

#define COLUMN_LABELS 6 /* cells of the labels: "mlp", "attn" */

struct columns {
    struct grid *grid;
    struct rect rect;    /* labels included */
    size_t layers;       /* of the model */
    size_t first, shown; /* layers first .. first + shown - 1 have a column */
    int cells;           /* from column to column: from 2 on one of them is blank */
};

/* Columns of at most `most` cells, scrolled so that layer `at` has one. */
struct columns columns_place(struct grid *grid, struct rect rect, size_t layers, size_t at,
                             int most);
int columns_x(const struct columns *columns, size_t layer); /* -1: it has no column */
size_t columns_layer(const struct columns *columns, int x); /* SIZE_MAX: no layer is there */
int columns_bar(const struct columns *columns);             /* cells without the blank */

/* Each draws rows from y on; `code` has a character per layer. */
void columns_mlp(const struct columns *columns, int y, int rows, const char *code);
void columns_attention(const struct columns *columns, int y, const char *code);
/* A letter of its weight type per layer. */
void columns_types(const struct columns *columns, int y, const char *types);
/* How much each layer changes the hidden state: the layers a search drops first are low. */
void columns_influence(const struct columns *columns, int y, const float *influence);
/* Eighths of its bar, on a logarithmic scale, since the first layer's is many times that of all
 * others; 0: all are equal. */
int influence_eighths(const float *influence, size_t layers, size_t layer);
unsigned influence_rank(const float *influence, size_t layers, size_t layer); /* 1: the most */
void columns_ruler(const struct columns *columns, int y);
void columns_label(const struct columns *columns, int y, const char *text);

#endif
