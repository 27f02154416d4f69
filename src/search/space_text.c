/* Spaces as a command line names them. */
#include "search/space.h"

#include "base/quantity.h"

#include <stdio.h>
#include <string.h>

/* "13 4 5 ..." or "13,4,5": every layer once, least important first. */
static enum status read_depth_order(const char *text, uint32_t layers, uint32_t *order,
                                    struct error *error)
{
    bool seen[ARCH_MAX_LAYERS] = {false};
    uint32_t count = 0;
    for (const char *at = text; *at != '\0';) {
        char word[16];
        int64_t layer;
        size_t length = strcspn(at, " ,");
        snprintf(word, sizeof word, "%.*s", (int)(length < 15 ? length : 15), at);
        enum status status =
            integer_parse("a layer of --depth-order (importance, tail, or a list of layers)", word,
                          0, (int64_t)layers - 1, &layer, error);
        if (status != STATUS_OK)
            return status;
        if (seen[layer])
            return error_set(error, STATUS_INVALID, "--depth-order names layer %s twice", word);
        seen[layer] = true;
        order[count++] = (uint32_t)layer;
        at += length;
        at += strspn(at, " ,");
    }
    if (count == layers)
        return STATUS_OK;
    return error_set(error, STATUS_INVALID, "--depth-order names %u of %u layers", count, layers);
}

enum status space_read_types(const char *list, char letters[SPACE_TYPES], struct error *error)
{
    size_t count = 0;
    memset(letters, 0, SPACE_TYPES);
    for (const char *at = list; *at != '\0';) {
        char word[16];
        enum weight_type type;
        size_t length = strcspn(at, " ,");
        snprintf(word, sizeof word, "%.*s", (int)(length < 15 ? length : 15), at);
        enum status status = weight_type_parse(word, &type, error);
        if (status != STATUS_OK)
            return error_prefix(error, "--types");
        char letter = type == WEIGHT_SOURCE ? '-' : weight_type_by_id((uint32_t)type)->letter;
        if (strchr(letters, letter) == NULL && count + 1 < SPACE_TYPES)
            letters[count++] = letter;
        at += length;
        at += strspn(at, " ,");
    }
    if (count > 1)
        return STATUS_OK;
    return error_set(error, STATUS_INVALID,
                     "--types \"%.60s\": two or more weight types expected, as in source,q8_0,q4_0",
                     list);
}

/* True when no tensor of a layer is written in another way, cut or not. */
static bool written_alike(const struct arch_shape *shape, const struct weight_options *weights,
                          char one, char other)
{
    const struct weight_type_info *info[] = {weight_type_by_letter(one),
                                             weight_type_by_letter(other)};
    struct weight_options own[] = {*weights, *weights};
    bool alike = true;
    for (size_t k = 0; k < 2; k++)
        own[k].type = info[k] != NULL ? info[k]->type : weights->type;
    for (size_t i = 0; alike && i < shape->tensors; i++) {
        const struct arch_tensor *tensor = &shape->tensor[i];
        for (const char *c = "84"; role_table[tensor->role].in_layer && alike && *c != '\0'; c++)
            alike = arch_written_type(shape, &own[0], tensor->role, tensor->layer, *c) ==
                    arch_written_type(shape, &own[1], tensor->role, tensor->layer, *c);
    }
    return alike;
}

enum status space_distinct_types(const struct arch_shape *shape,
                                 const struct weight_options *weights, char letters[SPACE_TYPES],
                                 struct error *error)
{
    size_t count = 0, given = strlen(letters);
    if (shape->tensors == 0) /* all that is known of the model is its size */
        return STATUS_OK;
    for (size_t i = 0; i < given; i++) {
        bool alike = false;
        for (size_t k = 0; k < count && !alike; k++)
            alike = written_alike(shape, weights, letters[k], letters[i]);
        if (!alike)
            letters[count++] = letters[i];
    }
    memset(letters + count, 0, SPACE_TYPES - count);
    if (count != 1)
        return STATUS_OK;
    return error_set(error, STATUS_INVALID,
                     "--types: this model's layers are the same in all of these types");
}

static enum status refuse_name(const char *name, struct error *error)
{
    char names[128] = "";
    size_t length = 0;
    for (int i = 0; i < SPACES; i++)
        length += (size_t)snprintf(names + length, sizeof names - length, "%s%s",
                                   i == 0            ? ""
                                   : i == SPACES - 1 ? " and "
                                                     : ", ",
                                   space_table[i].name);
    return error_set(error, STATUS_INVALID, "there is no search space \"%.40s\"; there are %s",
                     name, names);
}

enum status space_init_text(struct space *space, const struct arch_shape *shape, const char *name,
                            const char *choices, const char *depth_order,
                            const struct space_options *measured, struct error *error)
{
    uint32_t given[ARCH_MAX_LAYERS];
    struct space_options options = {0};
    if (measured != NULL) {
        options.types = measured->types;
        options.influence = measured->influence;
        options.beyond = measured->beyond;
    }
    if (choices != NULL && choices[0] != '\0')
        options.choices = choices;
    while (options.kind < SPACES && strcmp(name, space_table[options.kind].name) != 0)
        options.kind++;
    if (options.kind == SPACES)
        return refuse_name(name, error);
    if (strcmp(depth_order, "importance") == 0) {
        options.drop_order = measured != NULL ? measured->drop_order : NULL;
    } else if (strcmp(depth_order, "tail") != 0) {
        enum status status = read_depth_order(depth_order, shape->layers, given, error);
        if (status != STATUS_OK)
            return status;
        options.drop_order = given;
    }
    return space_init(space, shape, &options, error);
}
