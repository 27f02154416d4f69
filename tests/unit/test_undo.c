/* Undo and redo of what steers the run, and nudging a pin over its plot. */
#include "desk.h"

#include "base/memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* The keys ask for exactly these requests. */
static void check_asked(struct desk *desk, const char *keys, const char *requests)
{
    desk->asked.requests[0] = '\0';
    desk_type(desk, keys);
    assert_string_equal(desk->asked.requests, requests);
}

/* The run has taken the pins: a snapshot that knows them. */
static void run_has(struct desk *desk, const char *pins)
{
    picture_pin(&desk->picture, pins);
    desk->picture.snapshot.watched = true; /* an answer tells one snapshot from the next here */
    desk->picture.snapshot.answers++;
    view_refresh(&desk->view, &desk->picture.snapshot);
}

static void test_pins(void **state)
{
    (void)state;
    struct desk desk;
    desk_open(&desk, 60, GLYPHS_BRAILLE);
    check_asked(&desk, "u", "");
    desk_expect(&desk, "nothing to undo");
    check_asked(&desk, "<^R>", "");
    desk_expect(&desk, "nothing was undone");
    check_asked(&desk, "pbytes<=90MiB<Enter>", "pin,bytes<=90MiB;");
    run_has(&desk, "bytes<=90MiB");
    check_asked(&desk, "pbytes<=85MiB<Enter>", "pin,bytes<=85MiB;");
    run_has(&desk, "bytes<=85MiB");
    check_asked(&desk, "pacc>=45%<Enter>", "pin,acc>=45%;");
    run_has(&desk, "bytes<=85MiB and acc>=45%");
    check_asked(&desk, "u", "unpin,acc>=;");
    desk_expect(&desk, "undone: pin acc>=45%; ^R does it again");
    check_asked(&desk, "u", "pin,bytes<=90MiB;"); /* what it replaced is back */
    check_asked(&desk, "u", "unpin,bytes<=;");
    check_asked(&desk, "u", "");
    check_asked(&desk, "<^R><^R><^R><^R>", "pin,bytes<=90MiB;pin,bytes<=85MiB;pin,acc>=45%;");
    desk_expect(&desk, "nothing was undone");
    check_asked(&desk, "uu", "unpin,acc>=;pin,bytes<=90MiB;");
    check_asked(&desk, "pbytes<=1GiB<Enter><^R>", "pin,bytes<=1GiB;"); /* another way was taken */
    desk_expect(&desk, "nothing was undone");
    desk_close(&desk);
}

/* Two pins before the run has answered the first: its own requests count. */
static void test_unanswered(void **state)
{
    (void)state;
    struct desk desk;
    desk_open(&desk, 60, GLYPHS_BRAILLE);
    desk.picture.snapshot.watched = true;
    check_asked(&desk, "pbytes<=90MiB<Enter>pbytes<=85MiB<Enter>u",
                "pin,bytes<=90MiB;pin,bytes<=85MiB;pin,bytes<=90MiB;");
    check_asked(&desk, "u", "unpin,bytes<=;");
    desk.asked.refuse = true;
    desk_type(&desk, "<^R>");
    desk_expect(&desk, "refused by the run");
    desk.asked.refuse = false;
    check_asked(&desk, "<^R>", "pin,bytes<=90MiB;"); /* it was kept */
    desk_close(&desk);
}

static void test_off_and_remove(void **state)
{
    (void)state;
    struct desk desk;
    desk_open(&desk, 60, GLYPHS_BRAILLE);
    run_has(&desk, "bytes<=90MiB and acc>=45%");
    check_asked(&desk, "P <Esc>", "unpin,bytes<=;");
    run_has(&desk, "acc>=45%");
    desk_expect(&desk, "(bytes<=90MiB off)");
    check_asked(&desk, "u", "pin,bytes<=90MiB;");
    desk_expect(&desk, "undone: switching off bytes<=90MiB");
    assert_int_equal(desk.view.off.count, 0);
    run_has(&desk, "acc>=45% and bytes<=90MiB");
    check_asked(&desk, "<^R>", "unpin,bytes<=;");
    run_has(&desk, "acc>=45%");
    assert_int_equal(desk.view.off.count, 1);
    check_asked(&desk, "PGjd<Esc>", ""); /* one that is off is the screen's own */
    assert_int_equal(desk.view.off.count, 0);
    check_asked(&desk, "u", "");
    assert_int_equal(desk.view.off.count, 1);
    check_asked(&desk, "Pd", "unpin,acc>=;");
    check_asked(&desk, "<Esc>u", "pin,acc>=45%;");
    desk_expect(&desk, "undone: removing acc>=45%");
    check_asked(&desk, "pbytes<=80MiB<Enter>", "pin,bytes<=80MiB;"); /* in place of the one off */
    assert_int_equal(desk.view.off.count, 0);
    check_asked(&desk, "u", "unpin,bytes<=;");
    assert_int_equal(desk.view.off.count, 1);
    desk_close(&desk);
}

static void test_locks(void **state)
{
    (void)state;
    struct desk desk;
    desk_open(&desk, 60, GLYPHS_BRAILLE);
    struct snapshot *s = &desk.picture.snapshot;
    check_asked(&desk, "l0-3=8<Enter>u", "lock,0-3=8;unlock,0-3;");
    desk_expect(&desk, "undone: lock 0-3=8");
    snprintf(s->lock[0].text, sizeof s->lock[0].text, "0-3=8");
    snprintf(s->lock[1].text, sizeof s->lock[1].text, "7=.");
    snprintf(s->lock[2].text, sizeof s->lock[2].text, "12-20=4");
    s->locks = 3;
    check_asked(&desk, "l2-9=6<Enter>u", "lock,2-9=6;unlock,2-9;lock,0-3=8;lock,7=.;");
    check_asked(&desk, "l12=<Enter>u<^R>", "unlock,12;lock,12-20=4;unlock,12;");
    desk_expect(&desk, "done again: unlock 12; u undoes it");
    desk_close(&desk);
}

static void test_many_steps(void **state)
{
    (void)state;
    struct desk desk;
    desk_open(&desk, 20, GLYPHS_BRAILLE);
    for (int i = 0; i < 300; i++)
        desk_type(&desk, i % 2 ? "l1=8<Enter>" : "l1=<Enter>");
    for (int i = 0; i < 300; i++)
        desk_type(&desk, "u");
    desk_expect(&desk, "undone: unlock 1");
    desk_type(&desk, "u");
    desk_expect(&desk, "nothing to undo");
    memory_fail_at(1); /* no memory to remember it: it is asked for all the same */
    view_release(&desk.view);
    check_asked(&desk, "l1=8<Enter>", "lock,1=8;");
    memory_fail_at(0);
    desk_close(&desk);
}

static void test_nudge(void **state)
{
    (void)state;
    struct desk desk;
    desk_open(&desk, 214, GLYPHS_BRAILLE);
    check_asked(&desk, "<F7>", "");
    desk_expect(&desk, "there are no pins yet");
    run_has(&desk, "bytes<=87MiB and acc>=45%");
    check_asked(&desk, "<F7><F7>", "");
    assert_int_equal(desk.view.mode, UI_MODE_NUDGE);
    assert_true(desk.view.draft.limit < 87 * 1048576.0);
    desk_expect(&desk, "bytes<=86.6MiB?"); /* on the line of pins; in the plot as its line says */
    desk_expect(&desk, "would be within");
    char *screen = desk_text(&desk, 80, 24);
    screen_compare("nudge-key", screen);
    memory_free(screen);
    check_asked(&desk, "<Esc>", ""); /* dropped */
    assert_true(desk.view.mode == UI_MODE_VIEW && !desk.view.drafting);
    check_asked(&desk, "<F8><Enter>u", "pin,bytes<=87.2MiB;pin,bytes<=87MiB;");
    check_asked(&desk, "<F8><Down><F8><Enter>", "pin,acc>=45.5%;"); /* another one */
    check_asked(&desk, "<F7><Enter>", "pin,acc>=45%;"); /* the one used last, from where it went */
    desk_close(&desk);
    desk_open(&desk, 214, GLYPHS_BRAILLE);
    run_has(&desk, "size<=87MiB");
    check_asked(&desk, "<F8><Enter>", "pin,size<=87.2MiB;"); /* by the name it was typed with */
    run_has(&desk, "size<=87.2MiB");
    check_asked(&desk, "Pd", "unpin,size<=;");
    desk_close(&desk);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pins),           cmocka_unit_test(test_unanswered),
        cmocka_unit_test(test_off_and_remove), cmocka_unit_test(test_locks),
        cmocka_unit_test(test_many_steps),     cmocka_unit_test(test_nudge),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
