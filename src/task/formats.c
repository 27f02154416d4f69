/* The table of formats. A row is a file of its own; the first that knows a source's content takes
 * it, so that a format with more marks stands before one with fewer. */
#include "loader_private.h"

/* clang-format off */
static const struct task_format *const formats[] = {
    &embedded_format,
    /* CSV */
    &header_csv_format, &arc_csv_format, &truthfulqa_csv_format, &mmlu_csv_format,
    &mmlu_folder_format,
    /* JSON: OpenBookQA has ARC's fields and a mark of its own */
    &openbookqa_format, &arc_json_format, &truthfulqa_json_format, &winogrande_format,
    &hellaswag_format, &piqa_format, &sciq_format, &boolq_format,
};
/* clang-format on */
#define FORMATS (sizeof formats / sizeof *formats)

const struct task_format *task_format_of(const struct source *source)
{
    for (size_t i = 0; i < FORMATS; i++)
        if (formats[i]->matches != NULL && formats[i]->json == source->is_json &&
            (source->is_json ? source->first != NULL : source->table.rows > 0) &&
            formats[i]->matches(source))
            return formats[i];
    return NULL;
}

const struct task_format_info *task_format_info(size_t index)
{
    return index < FORMATS ? &formats[index]->info : NULL;
}
