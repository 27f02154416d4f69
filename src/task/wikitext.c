/* Raw WikiText into pages and pages into written text. The rules, and their order, are those of
 * lm-evaluation-harness 0.4.13 (tasks/wikitext/preprocess_wikitext.py) and of the loader of its
 * data set EleutherAI/wikitext_document_level; also where they look like slips, since published
 * figures are made with them. */
#include "task/wikitext.h"

#include "loader_private.h"

#include <string.h>

/* ---- pages ---- */

/* Python: line.replace("= = =", "===").replace("= =", "==").strip() begins with "= " and ends with
 * " =". The signs at the end of the line, a space between, are joined by threes and then at each
 * place where both neighbours are still free; the last one stays alone in rows of 1, 5, 8, 11... */
static bool is_heading(const char *line, size_t length)
{
    size_t end = python_rstrip(line, length);
    if (end == 0)
        return false;
    size_t blanks = python_blanks(line), signs = 1;
    line += blanks;
    end -= blanks;
    if (end < 4 || memcmp(line, "= ", 2) != 0 || line[2] == '=' ||
        memcmp(line + end - 2, " =", 2) != 0)
        return false;
    for (size_t at = end - 1; line[at - 1] == ' ' && line[at - 2] == '='; at -= 2)
        signs++;
    return signs == 1 || (signs > 3 && signs % 3 == 2);
}

bool wikitext_matches(const char *text, size_t length)
{
    for (size_t at = 0; at < length; at++) {
        size_t line = strcspn(text + at, "\r\n");
        if (python_rstrip(text + at, line) > 0)
            return is_heading(text + at, line);
        at += line;
    }
    return false;
}

size_t wikitext_lines(char *text, size_t length)
{
    size_t out = 0;
    for (size_t at = 0; at < length; at++)
        if (text[at] != '\r')
            text[out++] = text[at];
        else if (text[at + 1] != '\n')
            text[out++] = '\n';
    text[out] = '\0';
    return out;
}

bool wikitext_next(const char *text, size_t length, size_t *at, struct wikitext_page *page)
{
    size_t start = *at;
    const char *end;
    if (start > length)
        return false;
    for (size_t line = start;; line = (size_t)(end - text) + 1) {
        end = memchr(text + line, '\n', length - line);
        size_t line_end = end != NULL ? (size_t)(end - text) : length;
        if (line > start && is_heading(text + line, line_end - line)) {
            *page = (struct wikitext_page){text + start, line - 1 - start};
            start = line;
            if (python_rstrip(page->text, page->length) > 0)
                break;
        }
        if (end == NULL) {
            *page = (struct wikitext_page){text + start, length - start};
            start = length + 1; /* behind the end: no more */
            break;
        }
    }
    *at = start;
    return true;
}

/* ---- written text ---- */

/* The rules in their order. `open`: between it and the next `close` blanks at both ends go. */
static const struct rule {
    const char *from, *to;
    char open, close;
} rules[] = {
    {"s '", "s'", 0, 0},
    {"/' #/", "/'[0-9]/", 0, 0}, /* # any digit; the replacement is no pattern */
    {" @-@ ", "-", 0, 0},
    {" @,@ ", ",", 0, 0},
    {" @.@ ", ".", 0, 0},
    {" : ", ": ", 0, 0},
    {" ; ", "; ", 0, 0},
    {" . ", ". ", 0, 0},
    {" ! ", "! ", 0, 0},
    {" ? ", "? ", 0, 0},
    {" , ", ", ", 0, 0},
    {NULL, NULL, '(', ')'},
    {NULL, NULL, '[', ']'},
    {NULL, NULL, '{', '}'},
    {NULL, NULL, '"', '"'},
    {NULL, NULL, '\'', '\''},
    {"= = = =", "====", 0, 0},
    {"= = =", "===", 0, 0},
    {"= =", "==", 0, 0},
    {" \xC2\xB0 ", "\xC2\xB0", 0, 0}, /* the degree sign */
    {" \n", "\n", 0, 0},
    {"\n ", "\n", 0, 0},
    {" N ", " 1 ", 0, 0},
    {" 's", "'s", 0, 0},
};

static bool stands_at(const char *text, const char *from, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (from[i] == '#' ? text[i] < '0' || text[i] > '9' : text[i] != from[i])
            return false;
    return true;
}

/* str.replace: from the left, what is replaced does not overlap. */
static enum status replace(const struct buf *in, const struct rule *rule, struct buf *out,
                           struct error *error)
{
    size_t from = strlen(rule->from), to = strlen(rule->to), done = 0, at = 0;
    enum status status = STATUS_OK;
    while (status == STATUS_OK && at + from <= in->length)
        if (stands_at(in->data + at, rule->from, from)) {
            status = buf_append(out, in->data + done, at - done, error);
            if (status == STATUS_OK)
                status = buf_append(out, rule->to, to, error);
            done = at += from;
        } else {
            at++;
        }
    return status == STATUS_OK ? buf_append(out, in->data + done, in->length - done, error)
                               : status;
}

/* re.sub(r"\(\s*([^\)]*?)\s*\)", r"(\1)"): as the group holds no `close`, it ends at the next one.
 */
static enum status strip_between(const struct buf *in, const struct rule *rule, struct buf *out,
                                 struct error *error)
{
    size_t done = 0;
    enum status status = STATUS_OK;
    for (;;) {
        const char *text = in->data + done, *end = NULL;
        const char *open = memchr(text, rule->open, in->length - done);
        if (open != NULL)
            end = memchr(open + 1, rule->close, in->length - (size_t)(open + 1 - in->data));
        if (end == NULL)
            return buf_append(out, text, in->length - done, error);
        const char *inner = open + 1;
        size_t length = python_rstrip(inner, (size_t)(end - inner));
        size_t blanks = length > 0 ? python_blanks(inner) : 0;
        status = buf_append(out, text, (size_t)(inner - text), error);
        if (status == STATUS_OK)
            status = buf_append(out, inner + blanks, length - blanks, error);
        if (status == STATUS_OK)
            status = buf_append(out, &rule->close, 1, error);
        if (status != STATUS_OK)
            return status;
        done = (size_t)(end + 1 - in->data);
    }
}

enum status wikitext_detokenise(const struct wikitext_page *page, struct buf *out,
                                struct error *error)
{
    struct buf next;
    buf_init(&next);
    buf_clear(out);
    enum status status = buf_append(out, page->text, page->length, error);
    for (size_t r = 0; status == STATUS_OK && r < sizeof rules / sizeof *rules; r++) {
        const struct rule *rule = &rules[r];
        buf_clear(&next);
        status = rule->from != NULL ? replace(out, rule, &next, error)
                                    : strip_between(out, rule, &next, error);
        struct buf old = *out;
        *out = next;
        next = old;
    }
    buf_release(&next);
    return status;
}
