/* The view that continues a prompt: what the user has typed there and where he reads. */
#ifndef UI_TRY_H
#define UI_TRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct view;
struct snapshot;

#define TRY_PROMPTS 16 /* kept */
#define TRY_TOKENS_LEAST 16
#define TRY_TOKENS 64 /* unless something else is asked for */
#define TRY_TOKENS_MOST 512

struct view_try {
    char prompt[TRY_PROMPTS][256]; /* as typed, the newest last */
    size_t prompts;
    size_t back; /* at the prompt: steps back in what was typed before; 0: what is being typed */
    char typed[256]; /* that, while something else is shown */
    uint32_t tokens; /* of each text, at most */
    bool chat;
    int top;       /* row of the texts that is shown first */
    bool scrolled; /* to there by the user; else the end is followed */
};

#define TRY_EXAMPLES 4
extern const char *const try_example[TRY_EXAMPLES];

bool try_runs(const struct snapshot *snapshot);       /* one is at work */
bool try_unfinished(const struct snapshot *snapshot); /* failed, or cancelled */
/* What would be different were the last prompt tried again: "with #12", "in 128 tokens"; false:
 * nothing would. */
bool try_change(const struct view *view, const struct snapshot *snapshot, char *out, size_t size);

#endif
