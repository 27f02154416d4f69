/* What is new to the user, and what the status line says when nothing else is to be said. */
#ifndef UI_NEWS_H
#define UI_NEWS_H

#include "engine/snapshot.h"

struct view;

struct view_news { /* see ui/news.c; times in seconds since 1970, 0: never */
    bool known;    /* the run's own memory of it was read */
    bool shown;    /* networks from `rows` on are new, since then */
    size_t rows;
    int64_t since;
    int64_t back;   /* the user came back */
    int64_t looked; /* the last key */
    size_t looked_rows;
};

/* With each snapshot, with each key; is the network new; "12 new on the front since 03:14", false:
 * nothing is. */
void view_news_refresh(struct view *view, const struct snapshot *snapshot);
void view_news_key(struct view *view, const struct snapshot *snapshot);
bool view_new(const struct view *view, const struct snapshot *snapshot, uint32_t id);
bool view_news_text(const struct view *view, const struct snapshot *snapshot, char *out,
                    size_t size);
/* The next useful key in at most `cells` cells, "" when there is no room. */
void view_hint(const struct view *view, const struct snapshot *snapshot, int cells, char *out,
               size_t size);

#endif
