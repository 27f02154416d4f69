/* overlays/NAME.csv, written; and the lock over the folder. */
#include "store/overlays.h"

#include "rundir_private.h"

#include <stdio.h>

static const char *head_name(const struct weight_options *weights)
{
    return weight_type_name(weights->head != WEIGHT_SOURCE ? weights->head : weights->type);
}

const char *overlay_name(const struct weight_options *weights, char name[OVERLAY_NAME])
{
    const char *type = weight_type_name(weights->type);
    if (weights->head == WEIGHT_SOURCE || weights->head == weights->type)
        snprintf(name, OVERLAY_NAME, "%.10s", type);
    else
        snprintf(name, OVERLAY_NAME, "%.10s-head-%.10s", type, head_name(weights));
    return name;
}

enum status overlay_reader_new(const char *directory, const char *name,
                               const struct arch_shape *shape, history_complaint *complaint,
                               void *context, struct history_reader **reader, struct error *error)
{
    char path[64];
    snprintf(path, sizeof path, "overlays/%.31s.csv", name);
    return rows_reader_new(directory, path, shape, complaint, context, reader, error);
}

enum status overlays_lock(const char *directory, int *lock, struct error *error)
{
    return lock_folder(directory, "overlays", "evaluating the quantized front", lock, error);
}

enum status overlay_append(const char *directory, const struct weight_options *weights,
                           const struct row *row, struct error *error)
{
    char name[OVERLAY_NAME], file[64], fields[64];
    snprintf(file, sizeof file, "overlays/%s.csv", overlay_name(weights, name));
    snprintf(fields, sizeof fields, "%s,%s", weight_type_name(weights->type), head_name(weights));
    return rows_append_longer(directory, file, row, "type,head", fields, error);
}
