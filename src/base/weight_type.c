/* The table of weight types. Block layouts: ggml's; file types: llama.cpp's llama_ftype. */
#include "base/weight_type.h"

#include <string.h>
#include <strings.h>

const struct weight_type_info weight_types[] = {
    {WEIGHT_F32, "f32", 1, 4, true, 0, 'f'},       {WEIGHT_F16, "f16", 1, 2, true, 1, 'h'},
    {WEIGHT_BF16, "bf16", 1, 2, true, 32, 'b'},    {WEIGHT_Q4_0, "q4_0", 32, 18, true, 2, '4'},
    {WEIGHT_Q4_1, "q4_1", 32, 20, true, 3, 'd'},   {WEIGHT_Q5_0, "q5_0", 32, 22, false, 8, '5'},
    {WEIGHT_Q5_1, "q5_1", 32, 24, false, 9, 'e'},  {WEIGHT_Q8_0, "q8_0", 32, 34, true, 7, '8'},
    {WEIGHT_Q4_K, "q4_k", 256, 144, false, 15, 0}, {WEIGHT_Q5_K, "q5_k", 256, 176, false, 17, 0},
    {WEIGHT_Q6_K, "q6_k", 256, 210, false, 18, 0}, {WEIGHT_SOURCE, NULL, 0, 0, false, 0, 0},
};

/* Where in the table a type is: a search asks for it at each tensor of each network that it looks
 * at. A hole says 0, the row of another type. */
static const uint8_t place[] = {
    [WEIGHT_F32] = 0,  [WEIGHT_F16] = 1,  [WEIGHT_BF16] = 2,  [WEIGHT_Q4_0] = 3,
    [WEIGHT_Q4_1] = 4, [WEIGHT_Q5_0] = 5, [WEIGHT_Q5_1] = 6,  [WEIGHT_Q8_0] = 7,
    [WEIGHT_Q4_K] = 8, [WEIGHT_Q5_K] = 9, [WEIGHT_Q6_K] = 10,
};

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
    char names[80] = "source";
    for (const struct weight_type_info *row = weight_types; row->name != NULL; row++)
        if (row->encodable) {
            strncat(names, ", ", sizeof names - strlen(names) - 1);
            strncat(names, row->name, sizeof names - strlen(names) - 1);
        }
    return error_set(error, STATUS_INVALID, "\"%.40s\" %s; there are %s", text,
                     info == NULL ? "is no weight type" : "can be read, not written", names);
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
