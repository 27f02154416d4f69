/* Keys as text, for tests: "jj<Enter>p" with names as the help shows them in angle brackets;
 * "<lt>" is the character '<'. */
#ifndef UI_SCRIPT_H
#define UI_SCRIPT_H

/* The next key of *script, which moves on; 0 at the end. An unknown name counts as its
 * characters. */
int script_next(const char **script);

#endif
