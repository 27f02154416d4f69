/* Loaders of data-set formats: one file and one row of the table each, told by content. */
#ifndef TASK_LOADER_PRIVATE_H
#define TASK_LOADER_PRIVATE_H

#include "io/csv.h"
#include "io/json.h"
#include "task/items.h"

#include <stdbool.h>

#define CHOICES_MAX 26

/* ---- items ---- */

struct item_list { /* grows while a file is read */
    struct item *item;
    size_t count, capacity;
    size_t limit; /* 0: all */
};

struct item_parts { /* borrowed */
    const char *context;
    const char *const *context_end; /* [choices] or NULL */
    const char *const *choice;      /* [choices], without the leading space */
    size_t choices, gold;
    const char *group; /* or NULL */
};

/* True when the list has as many items as are wanted. */
bool item_list_full(const struct item_list *list);
/* Adds an item with copies of the texts as they are; each continuation gets its leading space. */
enum status item_list_add(struct item_list *list, const struct item_parts *parts,
                          struct error *error);
/* Adds one with ARC's prompt around the question; blanks around question and choices go. */
enum status item_list_add_question(struct item_list *list, const char *question,
                                   const char *const *choice, size_t choices, size_t gold,
                                   struct error *error);
void item_list_release(struct item_list *list);

/* ---- Python's string methods, as far as prompts are made with them ---- */

/* Bytes of blanks (str.isspace) at the start, and length without the blanks at the end. */
size_t python_blanks(const char *text);
size_t python_rstrip(const char *text, size_t length);
/* A copy without blanks at both ends (str.strip); release with memory_free. */
char *trimmed(const char *text, struct error *error);
/* Appends the text with its first letter large, all others small (str.capitalize). */
enum status python_capitalize(const char *text, struct buf *out, struct error *error);

/* ---- sources ---- */

/* One task_load: what was asked, and the hashes of the files read so far, a line each. */
struct loading {
    const struct task_options *options;
    struct buf hashes;
    size_t files;
};

/* Reads a whole file and notes its hash; release *text with memory_free. */
enum status loading_read(struct loading *loading, const char *path, char **text, size_t *length,
                         struct error *error);

struct source { /* a file's content, opened */
    struct loading *loading;
    const char *path; /* for messages and for what lies beside it; an embedded task's name */
    const char *text; /* borrowed, without a byte-order mark */
    size_t length;
    bool is_json;           /* an array of values, or a value a line; else CSV: */
    struct csv_table table; /* owned */
    json_t *first;          /* owned: the first value; NULL when there is none */
    size_t line;            /* that it begins in */
};

/* `text` is borrowed while the source is used. Release also on failure. */
enum status source_open(struct source *source, struct loading *loading, const char *path,
                        const char *text, size_t length, struct error *error);
void source_release(struct source *source);

/* ---- formats ---- */

struct task_format {
    struct task_format_info info;
    bool json; /* a format of JSON, else of CSV */
    bool (*matches)(const struct source *source); /* NULL: not told by content */
    enum status (*load)(const struct source *source, struct item_list *list, struct error *error);
    /* Worked examples: how the harness draws them. `one_more`: its task names no test split, and
     * so equals the few-shot split that it does not name either: one more is drawn. */
    bool one_more;
    /* The format has its own: load takes options->shots and `from`. */
    bool own_shots;
    const char *no_shots; /* why there can be none; NULL: there can */
};

/* Items of a JSON source, one value an item: calls `add` for each until the list is full. */
struct json_place {
    const char *name;
    size_t line, index; /* from 1; from 0 */
};
typedef enum status json_item_add(void *context, const struct json_place *place,
                                  const json_t *object, struct item_list *list,
                                  struct error *error);
enum status json_items(const struct source *source, json_item_add *add, void *context,
                       struct item_list *list, struct error *error);
/* The string under `key`; NULL with a message that names file, line and key when there is none. */
const char *json_item_text(const struct json_place *place, const json_t *object, const char *key,
                           struct error *error);
/* True when every one of the keys (space between) holds a string. */
bool json_has_texts(const json_t *object, const char *keys);

/* question.stem, question.choices [{text, label}] and answerKey, as AI2's files have them. */
struct stem_question {
    const char *stem, *choice[CHOICES_MAX]; /* borrowed from the object */
    size_t choices, gold;
};
enum status stem_question_read(const struct json_place *place, const json_t *object,
                               struct stem_question *question, struct error *error);

extern const struct task_format embedded_format, header_csv_format, arc_csv_format,
    truthfulqa_csv_format, mmlu_csv_format, mmlu_folder_format, truthfulqa_json_format,
    winogrande_format, hellaswag_format, piqa_format, openbookqa_format, arc_json_format,
    sciq_format, boolq_format;

/* A directory with test/SUBJECT_test.csv (and dev/). */
enum status mmlu_folder_load(struct loading *loading, const char *path, struct item_list *list,
                             struct error *error);

/* The format of an opened source; NULL, and with the second a message, when it is none known. */
const struct task_format *task_format_of(const struct source *source);
enum status source_format(const struct source *source, const struct task_format **format,
                          struct error *error);

/* The embedded files: NULL when there is none of that name. */
const char *embedded_task(const char *name, size_t *length);

/* ---- worked examples ---- */

struct shots {
    const struct item_list *pool;
    const char *name; /* the pool's, for messages */
    unsigned count;   /* examples for each item */
    bool sample;      /* else the first ones */
    bool one_more;    /* draw count + 1, as from a pool that may hold the item */
    size_t intro;     /* bytes of a description that all contexts begin with */
};
/* Puts the examples into the contexts of list->item[first...], behind the description. */
enum status shots_add(struct item_list *list, size_t first, const struct shots *shots,
                      struct error *error);

/* The same for a whole source, with the examples of the train file beside it. */
enum status examples_add(const struct source *source, const struct task_format *format,
                         struct item_list *list, struct error *error);

#endif
