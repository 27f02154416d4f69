/* The table of weight types, and reading of their names. */
#include "base/weight_type.h"

#include <string.h>
#include <strings.h>

#define USE_WRITTEN true
#define USE_READ false

const struct weight_type_info weight_types[] = {
#define X(ID, VALUE, NAME, BLOCK, BYTES, FILE_TYPE, LETTER, USE)                                   \
    {WEIGHT_##ID, NAME, BLOCK, BYTES, USE_##USE, FILE_TYPE, LETTER},
    WEIGHT_TYPE_LIST(X)
#undef X
        {WEIGHT_SOURCE, NULL, 0, 0, false, 0, 0},
};

/* Where in the table a type is: a search asks for it at each tensor of each network that it looks
 * at. A hole says 0, the row of another type. */
#define X(ID, ...) PLACE_##ID,
enum { WEIGHT_TYPE_LIST(X) };
#undef X
#define X(ID, ...) [WEIGHT_##ID] = PLACE_##ID,
static const uint8_t place[] = {WEIGHT_TYPE_LIST(X)};
#undef X

const struct weight_type_info *weight_type_by_id(uint32_t id)
{
    if (id >= sizeof place)
        return NULL;
    const struct weight_type_info *info = &weight_types[place[id]];
    return (uint32_t)info->type == id ? info : NULL;
}

const struct weight_type_info *weight_type_by_name(const char *name)
{
    for (const struct weight_type_info *info = weight_types; info->name; info++)
        if (strcasecmp(info->name, name) == 0)
            return info;
    return NULL;
}

const struct weight_type_info *weight_type_by_letter(char letter)
{
    for (const struct weight_type_info *info = weight_types; info->name; info++)
        if (info->letter == letter && letter != '\0' && info->encodable)
            return info;
    return NULL;
}

enum status weight_type_parse(const char *text, enum weight_type *type, struct error *error)
{
    const struct weight_type_info *info = weight_type_by_name(text);
    *type = WEIGHT_SOURCE;
    if (strcasecmp(text, "source") == 0)
        return STATUS_OK;
    if (info != NULL && info->encodable) {
        *type = info->type;
        return STATUS_OK;
    }
    return error_set(error, STATUS_INVALID, "\"%.40s\" %s; there are " WEIGHT_TYPE_NAMES, text,
                     info == NULL ? "is no weight type" : "can be read, not written");
}

const char *weight_type_name(enum weight_type type)
{
    const struct weight_type_info *info =
        type == WEIGHT_SOURCE ? NULL : weight_type_by_id((uint32_t)type);
    return info != NULL ? info->name : "source";
}

uint64_t weight_type_row_bytes(enum weight_type type, uint64_t count)
{
    const struct weight_type_info *info = weight_type_by_id((uint32_t)type);
    uint64_t bytes;
    if (info == NULL || count == 0 || count % info->block != 0 ||
        __builtin_mul_overflow(count / info->block, (uint64_t)info->block_bytes, &bytes))
        return 0;
    return bytes;
}
