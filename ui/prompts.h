/* Prompts: a line typed at the bottom of the screen. */
#ifndef UI_PROMPTS_H
#define UI_PROMPTS_H

#include "engine/snapshot.h"

struct view;

enum prompt_kind {
    PROMPT_PIN,
    PROMPT_LOCK,
    PROMPT_ADD,
    PROMPT_FILTER,
    PROMPT_FIND,
    PROMPT_LONGER,
    PROMPT_LOG, /* filters the messages */
    PROMPT_TRY, /* is continued by networks */
    PROMPTS,
};

/* What is done with a line that was typed. */
typedef enum status prompt_submit(struct view *view, const struct snapshot *snapshot,
                                  const char *text, struct error *error);
prompt_submit submit_find, submit_log, submit_try;
/* Label, hint and Enter of each prompt. */
struct prompt_entry {
    const char *label, *hint;
    prompt_submit *submit;
    bool may_be_empty; /* else Enter on nothing leaves it as it was */
};
extern const struct prompt_entry prompt_table[PROMPTS];
/* Asks for a code to be evaluated next, or selects its row where there is one, and says which. */
enum status view_inject(struct view *view, const struct snapshot *snapshot, const char *text,
                        struct error *error);
void view_prompt(struct view *view, enum prompt_kind kind, const char *text);

#endif
