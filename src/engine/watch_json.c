/* What run.json tells those who have neither the model nor the tasks: the shape that codes stand
 * for, and the tasks' names, sizes and chance. */
#include "run_private.h"

#include "base/memory.h"

#include <stdio.h>
#include <string.h>

/* [name, layer, columns, rows, type] each: what sizes of files follow from. */
static json_t *tensors_json(const struct arch_shape *shape)
{
    json_t *tensors = json_array();
    for (size_t i = 0; i < shape->tensors; i++) {
        const struct arch_tensor *tensor = &shape->tensor[i];
        json_array_append_new(tensors,
                              json_pack("[s,I,I,I,s]", role_table[tensor->role].name,
                                        (json_int_t)tensor->layer, (json_int_t)tensor->columns,
                                        (json_int_t)(tensor->dimensions > 1 ? tensor->rows : 0),
                                        weight_type_name(tensor->type)));
    }
    return tensors;
}

static json_t *file_json(const struct arch_shape *shape)
{
    const struct arch_metadata_cost *metadata = &shape->metadata;
    return json_pack("{s:I,s:I,s:I,s:I,s:I}", "bytes", (json_int_t)shape->file_bytes,
                     "metadata_bytes", (json_int_t)metadata->fixed_bytes, "metadata_pairs",
                     (json_int_t)metadata->fixed_pairs, "prefixed_pairs",
                     (json_int_t)metadata->prefixed_pairs, "alignment",
                     (json_int_t)metadata->alignment);
}

static json_t *shape_json(const struct arch_shape *shape)
{
    json_t *heads = json_array(), *kv_heads = json_array(), *intermediate = json_array();
    for (uint32_t i = 0; i < shape->layers; i++) {
        json_array_append_new(heads, json_integer(shape->layer[i].heads));
        json_array_append_new(kv_heads, json_integer(shape->layer[i].kv_heads));
        json_array_append_new(intermediate, json_integer(shape->layer[i].intermediate));
    }
    return json_pack("{s:I,s:I,s:I,s:I,s:b,s:o,s:o,s:o,s:o,s:o}", "hidden",
                     (json_int_t)shape->hidden, "head_size", (json_int_t)shape->head_size,
                     "vocabulary", (json_int_t)shape->vocabulary, "context",
                     (json_int_t)shape->context, "tied_output", (int)shape->tied_output, "heads",
                     heads, "kv_heads", kv_heads, "intermediate", intermediate, "tensors",
                     tensors_json(shape), "file", file_json(shape));
}

void run_tell_watchers(const struct run *run, json_t *value)
{
    json_t *tasks = json_object_get(value, "tasks");
    for (size_t i = 0; i < run->setup.tasks; i++) {
        json_t *task = json_array_get(tasks, i);
        json_object_set_new(task, "title", json_string(run->title[i]));
        json_object_set_new(task, "items", json_integer((json_int_t)run->items[i]));
        json_object_set_new(task, "chance", json_real(run->chance[OBJECTIVE_TASK_FIRST + i]));
    }
    json_object_set_new(value, "shape", shape_json(run->shape));
}

/* ---- reading ---- */

static bool read_number(const json_t *value, uint32_t *to)
{
    json_int_t number = json_integer_value(value);
    *to = (uint32_t)number;
    return json_is_integer(value) && number >= 0 && number <= INT32_MAX;
}

static bool read_layers(const json_t *value, struct arch_shape *shape)
{
    const json_t *heads = json_object_get(value, "heads");
    const json_t *kv_heads = json_object_get(value, "kv_heads");
    const json_t *intermediate = json_object_get(value, "intermediate");
    size_t layers = json_array_size(intermediate);
    if (layers == 0 || layers > ARCH_MAX_LAYERS || json_array_size(heads) != layers ||
        json_array_size(kv_heads) != layers)
        return false;
    shape->layers = (uint32_t)layers;
    for (size_t i = 0; i < layers; i++) {
        struct arch_layer_shape *layer = &shape->layer[i];
        if (!read_number(json_array_get(heads, i), &layer->heads) ||
            !read_number(json_array_get(kv_heads, i), &layer->kv_heads) ||
            !read_number(json_array_get(intermediate, i), &layer->intermediate))
            return false;
        layer->attention = layer->heads > 0;
        layer->mlp = layer->intermediate > 0;
        shape->heads = layer->heads > shape->heads ? layer->heads : shape->heads;
        shape->kv_heads = layer->kv_heads > shape->kv_heads ? layer->kv_heads : shape->kv_heads;
    }
    return true;
}

#define SIZE_MOST ((json_int_t)1 << 48) /* of a tensor's elements, of a file's bytes */

static bool read_size(const json_t *value, uint64_t *to)
{
    json_int_t number = json_integer_value(value);
    *to = (uint64_t)number;
    return json_is_integer(value) && number >= 0 && number <= SIZE_MOST;
}

/* Rows 0: a vector. */
static bool read_tensor(const json_t *value, uint32_t layers, struct arch_tensor *tensor)
{
    const char *name = json_string_value(json_array_get(value, 0));
    const char *type = json_string_value(json_array_get(value, 4));
    const struct weight_type_info *info = type != NULL ? weight_type_by_name(type) : NULL;
    int role = 0;
    if (json_array_size(value) != 5 || name == NULL || info == NULL ||
        !read_number(json_array_get(value, 1), &tensor->layer) || tensor->layer >= layers ||
        !read_size(json_array_get(value, 2), &tensor->columns) || tensor->columns == 0 ||
        !read_size(json_array_get(value, 3), &tensor->rows))
        return false;
    while (role < ROLES && strcmp(role_table[role].name, name) != 0)
        role++;
    tensor->role = (enum tensor_role)role;
    tensor->type = info->type;
    tensor->dimensions = tensor->rows > 0 ? 2 : 1;
    tensor->rows = tensor->rows > 0 ? tensor->rows : 1;
    return role < ROLES && tensor->rows <= (uint64_t)SIZE_MOST / tensor->columns;
}

static bool read_file(const json_t *value, struct arch_shape *shape)
{
    struct arch_metadata_cost *metadata = &shape->metadata;
    uint32_t alignment;
    if (!read_number(json_object_get(value, "alignment"), &alignment) || alignment == 0 ||
        (alignment & (alignment - 1)) != 0)
        return false;
    metadata->alignment = alignment;
    return read_size(json_object_get(value, "bytes"), &shape->file_bytes) &&
           read_size(json_object_get(value, "metadata_bytes"), &metadata->fixed_bytes) &&
           read_size(json_object_get(value, "metadata_pairs"), &metadata->fixed_pairs) &&
           read_size(json_object_get(value, "prefixed_pairs"), &metadata->prefixed_pairs);
}

/* Runs from before they were told have none: then sizes of networks that nobody evaluated are not
 * known without the model. */
static bool read_tensors(const json_t *value, struct arch_shape *shape)
{
    const json_t *tensors = json_object_get(value, "tensors");
    size_t count = json_array_size(tensors);
    if (tensors == NULL)
        return true;
    if (count == 0 || count > (size_t)ROLES * ARCH_MAX_LAYERS ||
        !read_file(json_object_get(value, "file"), shape))
        return false;
    shape->tensor = memory_new(count, sizeof *shape->tensor, NULL);
    if (shape->tensor == NULL)
        return false;
    for (size_t i = 0; i < count; i++)
        if (!read_tensor(json_array_get(tensors, i), shape->layers, &shape->tensor[i]))
            return false;
    shape->tensors = count;
    return true;
}

static bool read_shape(const json_t *value, struct arch_shape *shape)
{
    shape->tied_output = json_is_true(json_object_get(value, "tied_output"));
    return read_number(json_object_get(value, "hidden"), &shape->hidden) &&
           read_number(json_object_get(value, "head_size"), &shape->head_size) &&
           read_number(json_object_get(value, "vocabulary"), &shape->vocabulary) &&
           read_number(json_object_get(value, "context"), &shape->context) &&
           read_layers(value, shape) && read_tensors(value, shape);
}

/* Names as loading would give them; a size or chance that is not told is 0. */
static void read_tasks(struct run *run, const json_t *tasks)
{
    for (size_t i = 0; i < run->setup.tasks; i++) {
        const json_t *task = json_array_get(tasks, i);
        const char *title = json_string_value(json_object_get(task, "title"));
        json_int_t items = json_integer_value(json_object_get(task, "items"));
        if (title != NULL)
            snprintf(run->title[i], sizeof run->title[i], "%s", title);
        else
            task_name_of(run->setup.task[i].path, run->title[i]);
        run->items[i] = items > 0 ? (size_t)items : 0;
        run->chance[OBJECTIVE_TASK_FIRST + i] = json_number_value(json_object_get(task, "chance"));
    }
    objective_join_chances(run->chance, run->setup.tasks);
}

enum status watch_read_json(struct run *run, const json_t *stored, struct arch_shape *shape,
                            bool *told, struct error *error)
{
    const json_t *value = json_object_get(stored, "shape");
    run_warm_count(run, stored);
    *told = value != NULL;
    read_tasks(run, json_object_get(stored, "tasks"));
    if (value != NULL && !read_shape(value, shape))
        return error_set(error, STATUS_INVALID, "%s/run.json does not tell the model's shape",
                         rundir_path(run->rundir));
    return STATUS_OK;
}
