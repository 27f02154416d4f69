/* Files that are whole or absent, files that grow by whole lines, whole-file reads. */
#include "io/atomic_file.h"
#include "io/follow.h"
#include "io/shared_folder.h"

#include "base/memory.h"
#include "support.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

static char *folder;

static int make_folder(void **state)
{
    (void)state;
    folder = support_folder();
    return folder == NULL;
}

static int remove_folder(void **state)
{
    (void)state;
    support_folder_remove(folder);
    return 0;
}

static const char *place(const char *name)
{
    static char path[8192];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static void put(const char *name, const char *text)
{
    assert_int_equal(atomic_file_replace(place(name), text, strlen(text), NULL), STATUS_OK);
}

static void expect_text(const char *name, const char *text)
{
    char *found;
    size_t length;
    assert_int_equal(file_read(place(name), &found, &length, NULL), STATUS_OK);
    assert_string_equal(found, text);
    assert_int_equal(length, strlen(text));
    memory_free(found);
}

static size_t entries(void)
{
    size_t count = 0;
    DIR *open = opendir(folder);
    assert_non_null(open);
    while (readdir(open) != NULL)
        count++;
    closedir(open);
    return count - 2;
}

/* ---- atomic files ---- */

static void nothing_is_there_before_the_commit(void **state)
{
    (void)state;
    struct atomic_file *file;
    put("a", "old");
    assert_int_equal(atomic_file_open(place("a"), true, &file, NULL), STATUS_OK);
    assert_int_equal(atomic_file_write(file, "new", 3, NULL), STATUS_OK);
    assert_int_equal(atomic_file_write(file, "er", 2, NULL), STATUS_OK);
    assert_int_equal(atomic_file_write(file, "", 0, NULL), STATUS_OK);
    assert_int_equal(atomic_file_flush(file, NULL), STATUS_OK);
    expect_text("a", "old");
    char *found; /* what was written so far can be looked at */
    size_t length;
    assert_int_equal(file_read(atomic_file_path(file), &found, &length, NULL), STATUS_OK);
    assert_string_equal(found, "newer");
    memory_free(found);
    assert_int_equal(entries(), 2);
    assert_int_equal(atomic_file_commit(file, NULL), STATUS_OK);
    expect_text("a", "newer");
    assert_int_equal(entries(), 1);
}

static void an_abort_leaves_nothing(void **state)
{
    (void)state;
    struct atomic_file *file;
    assert_int_equal(atomic_file_open(place("a"), false, &file, NULL), STATUS_OK);
    assert_int_equal(atomic_file_write(file, "new", 3, NULL), STATUS_OK);
    atomic_file_abort(file);
    atomic_file_abort(NULL);
    assert_int_equal(entries(), 0);
}

/* In a container every process may have the number of the one that was killed. */
static void a_killed_process_of_the_same_number_is_in_nobodys_way(void **state)
{
    (void)state;
    struct atomic_file *file;
    char name[64];
    assert_int_equal(atomic_file_open(place("a"), true, &file, NULL), STATUS_OK);
    const char *number = strrchr(atomic_file_path(file), '-') + 1;
    unsigned long next = strtoul(number, NULL, 10) + 1;
    for (int i = 0; i < 3; i++) {
        snprintf(name, sizeof name, "a.tmp-%ld-%lu", (long)getpid(), next + (unsigned)i);
        FILE *left = fopen(place(name), "w");
        assert_non_null(left);
        fclose(left);
    }
    atomic_file_abort(file);
    put("a", "new");
    expect_text("a", "new");
}

static void an_existing_file_is_refused_without_force(void **state)
{
    (void)state;
    struct atomic_file *file;
    struct error error = {0};
    put("a", "old");
    assert_int_equal(atomic_file_open(place("a"), false, &file, &error), STATUS_INVALID);
    assert_null(file);
    assert_non_null(strstr(error.message, "--force"));
    /* a link that leads nowhere is a name that is taken, too */
    assert_int_equal(symlink("nowhere", place("link")), 0);
    assert_int_equal(atomic_file_open(place("link"), false, &file, &error), STATUS_INVALID);
    /* one that appears while the file is written is not overwritten either */
    assert_int_equal(atomic_file_open(place("b"), false, &file, NULL), STATUS_OK);
    assert_int_equal(atomic_file_write(file, "new", 3, NULL), STATUS_OK);
    put("b", "meanwhile");
    assert_int_equal(atomic_file_commit(file, &error), STATUS_INVALID);
    expect_text("b", "meanwhile");
    expect_text("a", "old");
    assert_int_equal(entries(), 3);
}

static void places_that_cannot_be_written(void **state)
{
    (void)state;
    struct atomic_file *file;
    struct error error = {0};
    put("a", "old");
    static const char *const names[] = {"none/a", "a/b"};
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(atomic_file_open(place(names[i]), true, &file, &error), STATUS_IO);
        assert_null(file);
        assert_non_null(strstr(error.message, place(names[i])));
    }
    assert_int_equal(mkdir(place("folder"), 0777), 0); /* a folder is not replaced */
    assert_int_equal(atomic_file_replace(place("folder"), "x", 1, &error), STATUS_IO);
    assert_int_equal(entries(), 2);
}

static void a_failed_write_leaves_the_old_file(void **state)
{
    (void)state;
    struct rlimit before, limit;
    struct error error = {0};
    static char large[100000];
    put("a", "old");
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    limit = (struct rlimit){50000, before.rlim_max};
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    enum status status = atomic_file_replace(place("a"), large, sizeof large, &error);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    signal(SIGXFSZ, handler);
    assert_int_equal(status, STATUS_IO);
    expect_text("a", "old");
    assert_int_equal(entries(), 1);
}

/* As a signal handler does: what is open goes, what stood there stays. More files than the handler
 * can know of do no harm. */
static void all_open_files_can_be_aborted(void **state)
{
    (void)state;
    struct atomic_file *file[36];
    char name[16];
    put("a", "old");
    for (int i = 0; i < 36; i++) {
        snprintf(name, sizeof name, "%d", i);
        assert_int_equal(atomic_file_open(place(name), true, &file[i], NULL), STATUS_OK);
    }
    assert_int_equal(entries(), 37);
    atomic_file_abort_all();
    assert_int_equal(entries(), 1 + 4); /* thirty-two are known */
    for (int i = 0; i < 36; i++)
        atomic_file_abort(file[i]);
    put("b", "new"); /* the places are free again */
    assert_int_equal(entries(), 2);
    atomic_file_abort_all();
    assert_int_equal(entries(), 2);
}

/* ---- append files ---- */

static void lines_are_appended(void **state)
{
    (void)state;
    struct append_file *file;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(append_file_open(place("a"), &file, NULL), STATUS_OK);
        assert_int_equal(append_file_line(file, "one\n", 4, NULL), STATUS_OK);
        append_file_close(file);
    }
    append_file_close(NULL);
    expect_text("a", "one\none\none\n");
}

static void a_torn_last_line_is_cut(void **state)
{
    (void)state;
    static char long_line[9000]; /* longer than what is read at a time */
    memset(long_line, 'x', sizeof long_line - 1);
    static const struct {
        const char *before, *after;
    } row[] = {
        {"", ""},       {"\n", "\n"},        {"torn", ""},    {"a\ntorn", "a\n"},
        {"a\n", "a\n"}, {"a\n\nb", "a\n\n"}, {long_line, ""},
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        struct append_file *file;
        put("a", row[i].before);
        assert_int_equal(append_file_open(place("a"), &file, NULL), STATUS_OK);
        expect_text("a", row[i].after);
        append_file_close(file);
    }
    char *text = memory_new(20000, 1, NULL); /* the newline lies blocks before the end */
    memset(text, 'y', 19999);
    memcpy(text, "first\n", 6);
    put("a", text);
    struct append_file *file;
    assert_int_equal(append_file_open(place("a"), &file, NULL), STATUS_OK);
    assert_int_equal(append_file_line(file, "next\n", 5, NULL), STATUS_OK);
    append_file_close(file);
    expect_text("a", "first\nnext\n");
    memory_free(text);
}

static void a_line_that_does_not_fit_leaves_no_part(void **state)
{
    (void)state;
    struct rlimit before, limit;
    struct append_file *file;
    struct error error = {0};
    assert_int_equal(append_file_open(place("a"), &file, NULL), STATUS_OK);
    assert_int_equal(append_file_line(file, "one\n", 4, NULL), STATUS_OK);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    limit = (struct rlimit){7, before.rlim_max};
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    enum status status = append_file_line(file, "three\n", 6, &error);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    signal(SIGXFSZ, handler);
    assert_int_equal(status, STATUS_IO);
    assert_non_null(strstr(error.message, place("a")));
    expect_text("a", "one\n");
    assert_int_equal(append_file_line(file, "four\n", 5, NULL), STATUS_OK);
    append_file_close(file);
    expect_text("a", "one\nfour\n");
}

static void files_that_cannot_be_appended_to(void **state)
{
    (void)state;
    struct append_file *file = (void *)folder;
    struct error error = {0};
    assert_int_equal(append_file_open(place("none/a"), &file, &error), STATUS_IO);
    assert_null(file);
    assert_int_equal(append_file_open(folder, &file, &error), STATUS_IO);
    assert_null(file);
}

/* ---- reading, folders ---- */

static void whole_files_are_read(void **state)
{
    (void)state;
    static const size_t sizes[] = {0, 1, 65535, 65536, 65537, 300000};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        char *text = memory_new(sizes[i] + 1, 1, NULL), *found;
        size_t length;
        for (size_t k = 0; k < sizes[i]; k++)
            text[k] = (char)(k * 7 + k / 256);
        assert_int_equal(atomic_file_replace(place("a"), text, sizes[i], NULL), STATUS_OK);
        assert_int_equal(file_read(place("a"), &found, &length, NULL), STATUS_OK);
        assert_int_equal(length, sizes[i]);
        assert_memory_equal(found, text, sizes[i] + 1); /* with the NUL behind it */
        memory_free(found);
        memory_free(text);
    }
    char *found = folder;
    size_t length;
    struct error error = {0};
    assert_int_equal(file_read(place("none"), &found, &length, &error), STATUS_IO);
    assert_null(found);
    assert_non_null(strstr(error.message, "No such file"));
    assert_int_equal(file_read(folder, &found, &length, &error), STATUS_IO);
    assert_null(found);
    assert_int_equal(file_read("/proc/self/status", &found, &length, NULL), STATUS_OK);
    assert_true(length > 0); /* a size that stat does not know */
    memory_free(found);
}

static void expect_no_ordinary_file(const char *path)
{
    char *text = folder;
    size_t length;
    struct error error = {0};
    assert_int_equal(file_read_regular(path, &text, &length, &error), STATUS_INVALID);
    assert_null(text);
    assert_non_null(strstr(error.message, "is not an ordinary file"));
}

/* A pipe is where users give one; in a folder of others it would hold up its reader. */
static void ordinary_files_are_told_from_others(void **state)
{
    (void)state;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct append_file *file;
    struct error error = {0};
    struct follower follower;
    char *text;
    size_t length;
    bool anew;
    alarm(20);
    put("file", "text");
    assert_int_equal(file_read_regular(place("file"), &text, &length, NULL), STATUS_OK);
    assert_string_equal(text, "text");
    memory_free(text);
    assert_int_equal(file_read_regular(place("none"), &text, &length, NULL), STATUS_IO);
    expect_no_ordinary_file(folder);
    expect_no_ordinary_file("/dev/zero");
    assert_int_equal(mkfifo(place("pipe"), 0666), 0);
    expect_no_ordinary_file(place("pipe"));
    assert_int_equal(append_file_open(place("pipe"), &file, &error), STATUS_INVALID);
    assert_int_equal(file_append(place("pipe"), "x", 1, &error), STATUS_IO); /* nobody reads it */
    assert_non_null(strstr(error.message, strerror(ENXIO)));
    assert_int_equal(follower_init(&follower, folder, "pipe", NULL), STATUS_OK);
    assert_int_equal(follower_read(&follower, 100, &length, &anew, &error), STATUS_INVALID);
    follower_release(&follower);
    int socket_file = socket(AF_UNIX, SOCK_STREAM, 0);
    snprintf(address.sun_path, sizeof address.sun_path, "%.100s", place("socket"));
    assert_int_equal(bind(socket_file, (struct sockaddr *)&address, sizeof address), 0);
    expect_no_ordinary_file(place("socket"));
    close(socket_file);
    int ends[2]; /* as <(command) gives it */
    char name[32];
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], "piped", 5), 5);
    close(ends[1]);
    snprintf(name, sizeof name, "/dev/fd/%d", ends[0]);
    assert_int_equal(file_read(name, &text, &length, NULL), STATUS_OK);
    assert_string_equal(text, "piped");
    memory_free(text);
    close(ends[0]);
    alarm(0);
}

static unsigned mode_of(const char *name)
{
    struct stat about;
    assert_int_equal(lstat(place(name), &about), 0);
    return about.st_mode & 07777;
}

/* Who may write in a folder may write in those within that are made for all; a link leads nowhere.
 */
static void folders_are_shared_with_those_around(void **state)
{
    (void)state;
    struct error error = {0};
    mode_t mask = umask(022);
    assert_int_equal(mkdir(place("run"), 0755), 0);
    assert_int_equal(shared_folder_make(place("run"), "seen.d", &error), STATUS_OK);
    assert_int_equal(mode_of("run/seen.d"), 0755); /* shared with nobody */
    assert_int_equal(chmod(place("run"), 0775), 0);
    assert_int_equal(shared_folder_make(place("run"), "seen.d", &error), STATUS_OK);
    assert_int_equal(mode_of("run/seen.d"), 01775);
    assert_int_equal(shared_folder_make(place("run"), "new.d", &error), STATUS_OK);
    assert_int_equal(mode_of("run/new.d"), 01775);
    umask(mask);
    assert_int_equal(mkdir(place("elsewhere"), 0700), 0);
    assert_int_equal(symlink("../elsewhere", place("run/link.d")), 0);
    assert_int_equal(shared_folder_make(place("run"), "link.d", &error), STATUS_INVALID);
    assert_non_null(strstr(error.message, "link.d is not a folder"));
    assert_int_equal(mode_of("elsewhere"), 0700);
    put("run/file.d", "x");
    assert_int_equal(shared_folder_make(place("run"), "file.d", &error), STATUS_INVALID);
    assert_int_equal(shared_folder_make(place("none"), "seen.d", &error), STATUS_IO);
}

static void folders_are_made_with_their_parents(void **state)
{
    (void)state;
    struct stat about;
    static const char *const names[] = {"x", "x", "x/y/z", "x//w/", "v/."};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct error error = {0};
        if (folder_make(place(names[i]), &error) != STATUS_OK)
            fail_msg("%s", error.message);
        assert_int_equal(stat(place(names[i]), &about), 0);
        assert_true(S_ISDIR(about.st_mode));
    }
    put("file", "x");
    struct error error = {0};
    assert_int_equal(folder_make(place("file"), &error), STATUS_IO);
    assert_non_null(strstr(error.message, "Not a directory"));
    assert_int_equal(folder_make(place("file/x"), &error), STATUS_IO);
    assert_int_equal(folder_make("", &error), STATUS_INVALID);
    char longest[5000];
    memset(longest, 'x', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    assert_int_equal(folder_make(longest, &error), STATUS_INVALID);
    longest[300] = '\0';
    assert_int_equal(folder_make(place(longest), &error), STATUS_IO);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_folder, remove_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(nothing_is_there_before_the_commit),
        TEST(an_abort_leaves_nothing),
        TEST(a_killed_process_of_the_same_number_is_in_nobodys_way),
        TEST(an_existing_file_is_refused_without_force),
        TEST(places_that_cannot_be_written),
        TEST(a_failed_write_leaves_the_old_file),
        TEST(all_open_files_can_be_aborted),
        TEST(lines_are_appended),
        TEST(a_torn_last_line_is_cut),
        TEST(a_line_that_does_not_fit_leaves_no_part),
        TEST(files_that_cannot_be_appended_to),
        TEST(whole_files_are_read),
        TEST(ordinary_files_are_told_from_others),
        TEST(folders_are_shared_with_those_around),
        TEST(folders_are_made_with_their_parents),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
