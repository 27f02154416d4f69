/* What is new to the user: networks that came since he last looked. He looked last where the screen
 * was left, as the run remembers it; and where it stays open, in tmux or over a night, at the last
 * key before a pause of two minutes or more. What is new stays marked until he has come back, which
 * a key tells, and two minutes are over. The clock is the loop's: nothing is drawn because time
 * passes, the next snapshot or key does it. */
#include "view.h"

#include <stdio.h>
#include <time.h>

#define AWAY_SECONDS 120

static void show_since(struct view_news *news, size_t rows, int64_t since)
{
    news->shown = true;
    news->rows = rows;
    news->since = since;
    news->back = 0;
}

void view_news_refresh(struct view *view, const struct snapshot *snapshot)
{
    struct view_news *news = &view->news;
    if (!news->known && snapshot->seen_time) {
        news->known = true;
        if (!news->looked) /* else the run was told so by this very screen */
            show_since(news, snapshot->seen_rows, snapshot->seen_time);
    }
    if (news->looked && view->now - news->looked >= AWAY_SECONDS)
        show_since(news, news->looked_rows, news->looked);
    else if (news->back && view->now - news->back >= AWAY_SECONDS)
        news->shown = false;
}

void view_news_key(struct view *view, const struct snapshot *snapshot)
{
    struct view_news *news = &view->news;
    view_news_refresh(view, snapshot);
    if (!news->back)
        news->back = view->now;
    news->looked = view->now;
    news->looked_rows = snapshot->rows;
}

bool view_new(const struct view *view, const struct snapshot *snapshot, uint32_t id)
{
    size_t first = id;
    if (!view->news.shown || id >= snapshot->rows || id < view->news.rows)
        return false;
    for (size_t before; (before = archive_replaced(snapshot->archive, first)) != SIZE_MAX;)
        first = before; /* scored on more questions: no new network */
    return first >= view->news.rows;
}

/* "03:14", with the date when that was not today. */
static const char *local_time(int64_t when, int64_t now, char *out, size_t size)
{
    struct tm then, today;
    time_t a = (time_t)when, b = (time_t)now;
    if (!localtime_r(&a, &then) || !localtime_r(&b, &today)) {
        snprintf(out, size, "the last time");
        return out;
    }
    bool same = then.tm_year == today.tm_year && then.tm_yday == today.tm_yday;
    strftime(out, size, same ? "%H:%M" : "%Y-%m-%d %H:%M", &then);
    return out;
}

bool view_news_text(const struct view *view, const struct snapshot *snapshot, char *out,
                    size_t size)
{
    char since[32];
    size_t fresh = 0;
    if (!view->news.shown || snapshot->rows <= view->news.rows)
        return false;
    for (size_t i = 0; i < snapshot->fronts; i++)
        fresh += view_new(view, snapshot, snapshot->front[i]);
    local_time(view->news.since, view->now, since, sizeof since);
    if (fresh)
        snprintf(out, size, "%zu new on the front since %s", fresh, since);
    else
        snprintf(out, size, "%zu evaluated since %s, none on the front",
                 snapshot->rows - view->news.rows, since);
    return true;
}
