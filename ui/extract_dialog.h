/* The extraction dialog's state. */
#ifndef UI_EXTRACT_DIALOG_H
#define UI_EXTRACT_DIALOG_H

#include "engine/snapshot.h"
#include "field.h"

struct view;

struct view_extract {
    struct field path;
    bool path_edited; /* else the default name follows the weight type */
    int type;         /* 0: the source's types; else 1 + index in weight_types */
    bool confirm;     /* the file exists: Enter again replaces it */
    uint32_t row;     /* what is extracted */
    uint64_t bytes;   /* of the file that would be written */
    struct error error;
};

/* Code, exact size and so on of the extraction dialog, after its type or row changed. */
void view_extract_update(struct view *view, const struct snapshot *snapshot);
/* WEIGHT options that dialog position `type` stands for. */
struct weight_options view_extract_weights(const struct view *view,
                                           const struct snapshot *snapshot);
/* Opens the dialog for the selected row. */
void view_extract_open(struct view *view, const struct snapshot *snapshot);

#endif
