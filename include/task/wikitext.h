/* Raw WikiText (wiki.test.raw) as lm-evaluation-harness's task `wikitext` reads it: cut into pages,
 * each detokenised before it is tokenised. */
#ifndef TASK_WIKITEXT_H
#define TASK_WIKITEXT_H

#include "base/buf.h"

#include <stdbool.h>

/* True when the first line that is not blank is a heading of the first level: ` = Title = `. Here
 * and below the text is NUL-terminated behind its length. */
bool wikitext_matches(const char *text, size_t length);

/* Line ends become \n, in place, as Python's open() reads them; the new length. */
size_t wikitext_lines(char *text, size_t length);

/* Finds the next page from *at on, which gets to stand behind it: from a first-level heading to
 * before the next one, without the line end between them. False when there is none left. Blank
 * text before the first heading is no page. */
struct wikitext_page {
    const char *text; /* borrowed, not terminated */
    size_t length;
};
bool wikitext_next(const char *text, size_t length, size_t *at, struct wikitext_page *page);

/* *out becomes the page as written text: " @-@ " is "-", no blank before a comma, and so on. */
enum status wikitext_detokenise(const struct wikitext_page *page, struct buf *out,
                                struct error *error);

#endif
