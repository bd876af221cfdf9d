/* The line that tells how far a run is: its words, and that a terminal's is drawn anew. */
#include "agent/verbs/progress.h"

#include "agent/base/clock.h"
#include "agent/base/memory.h"
#include "agent/io/loop.h"
#include "agent/verbs/figures.h"
#include "tests/support/test.h"

#include <errno.h>
#include <pty.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define SECOND US_PER_SECOND

/* A run that began at second 100 and said this at second 160. */
static struct run_progress half(void)
{
    return (struct run_progress){
        .metrics = 1204,
        .answered = 600,
        .probes = 40,
        .probes_done = 17,
        .doing = "issues",
        .pieces = 11,
        .share = 0.5,
        .started_us = 100 * SECOND,
        .told_us = 160 * SECOND,
        .left_us = -1,
    };
}

static void expect(const struct run_progress *now, int64_t at_us, size_t width, const char *line)
{
    struct str out;

    str_init(&out);
    progress_text(now, at_us, width, &out);
    assert_string_equal(out.text, line);
    assert_true(width == 0 || figure_width(out.text) <= width);
    str_release(&out);
}

static const struct {
    const char *name;
    int64_t left_us, asked_s, at_s; /* asked_s 0: nothing is in flight */
    const char *end;
} ends[] = {
    {"too early to tell", -1, 0, 160, "  1 min 0 s  issues, piece 11"},
    {"a statement in flight", -1, 160, 161, "  1 min 1 s  issues, piece 12 for 1.0 s"},
    {"the statement takes longer while nothing is said", -1, 160, 199,
     "  1 min 39 s  issues, piece 12 for 39.0 s"},
    {"an hour is left", 7200 * SECOND, 0, 160, "  1 min 0 s  2.0 h left  issues, piece 11"},
    {"minutes are left", 600 * SECOND, 0, 160, "  1 min 0 s  10 min left  issues, piece 11"},
    {"what is left grows less while nothing is said", 600 * SECOND, 0, 220,
     "  2 min 0 s  9 min left  issues, piece 11"},
    {"seconds are left", 1500000, 0, 160, "  1 min 0 s  2 s left  issues, piece 11"},
    {"it takes longer than was told", 5 * SECOND, 0, 170,
     "  1 min 10 s  about to end  issues, piece 11"},
};

static void tells_what_is_going_on(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(ends); i++) {
        struct run_progress now = half();
        struct str line;

        print_message("%s\n", ends[i].name);
        now.left_us = ends[i].left_us;
        now.asked_us = ends[i].asked_s * SECOND;
        str_init(&line);
        str_add(&line, " 50 %  17/40 passes  600/1,204 metrics");
        str_add(&line, ends[i].end);
        expect(&now, ends[i].at_s * SECOND, 0, line.text);
        str_release(&line);
    }
}

static void gives_way_on_a_narrow_terminal(void **state)
{
    struct run_progress now = half();

    (void)state;
    now.left_us = 300 * SECOND;
    expect(&now, 160 * SECOND, 100,
           "[#####.....] 50 %  17/40 passes  600/1,204 metrics  1 min 0 s  5 min left  issues, "
           "piece 11");
    expect(&now, 160 * SECOND, 98,
           " 50 %  17/40 passes  600/1,204 metrics  5 min left  issues, piece 11");
    now.asked_us = 160 * SECOND;
    expect(&now, 160 * SECOND + 200000, 79,
           " 50 %  17/40 passes  600/1,204 metrics  5 min left  issues, piece 12 for 200 ms");
    now.doing = "merge_request_diff_commits_b5377a7a34";
    expect(&now, 160 * SECOND + 200000, 100,
           "[#####.....] 50 %  17/40 passes  600/1,204 metrics  5 min left  merge…5377a7a34, "
           "piece 12 for 200 ms");
    expect(&now, 160 * SECOND + 200000, 40, " 50 %  17/40 passes  5 min left");
    expect(&now, 160 * SECOND + 200000, 6, " 50 %");
}

static void a_run_that_has_said_nothing_has_a_line(void **state)
{
    struct run_progress now = {.started_us = 5 * SECOND, .left_us = -1};

    (void)state;
    expect(&now, 6 * SECOND, 0, "  0 %  0/0 passes  0/0 metrics  1.0 s");
    expect(&now, 6 * SECOND, 79, "  0 %  0/0 passes  0/0 metrics  1.0 s");
    expect(&now, 6 * SECOND, 99, "[..........]  0 %  0/0 passes  0/0 metrics  1.0 s");
    now.share = 1;
    now.left_us = 0;
    expect(&now, 6 * SECOND, 0, "100 %  0/0 passes  0/0 metrics  1.0 s");
}

static void nothing_is_said_when_quiet(void **state)
{
    struct loop *loop = loop_new();
    struct run_progress now = half();

    (void)state;
    assert_null(progress_new(loop, true));
    progress_note(NULL, &now);
    progress_show(NULL);
    progress_free(NULL);
    loop_free(loop);
}

/* Whatever the child writes to its stderr, in a text of the caller's. */
static char *read_all(int from)
{
    char *text = calloc(1, 1 << 16);
    size_t length = 0;
    ssize_t got;

    assert_non_null(text);
    /* A terminal whose other end is closed ends with EIO. */
    while ((got = read(from, text + length, (1 << 16) - 1 - length)) > 0)
        length += (size_t)got;
    assert_true(got == 0 || errno == EIO);
    (void)close(from);
    return text;
}

static void expect_child(pid_t child)
{
    int status;

    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

/* Thirty seconds of a run, shown four times in each of them, as the loop would. */
static void show_half_a_minute(void)
{
    struct run_progress now = half();
    struct loop *loop;
    struct progress *progress;

    now_stop_at(100 * SECOND);
    now.started_us = now.told_us = now.asked_us = now_monotonic_us();
    loop = loop_new();
    progress = progress_new(loop, false);
    progress_note(progress, &now);
    for (int i = 0; i < 120; i++) {
        now_advance(SECOND / 4);
        progress_show(progress);
    }
    progress_free(progress);
    loop_free(loop);
}

static size_t count_of(const char *text, const char *what)
{
    size_t count = 0;

    for (const char *at = strstr(text, what); at != NULL; at = strstr(at + 1, what))
        count++;
    return count;
}

static void a_terminal_has_one_line_that_is_drawn_anew_and_cleared(void **state)
{
    const struct winsize size = {.ws_row = 24, .ws_col = 80};
    int terminal;
    pid_t child = forkpty(&terminal, NULL, NULL, &size);
    char *text;

    (void)state;
    assert_true(child >= 0);
    if (child == 0) {
        show_half_a_minute();
        _exit(0);
    }
    text = read_all(terminal);
    expect_child(child);
    assert_int_equal(count_of(text, "\n"), 0);
    assert_int_equal(count_of(text, "\r"), 121);
    assert_int_equal(count_of(text, "\033[K"), 121);
    assert_non_null(strstr(text, "\r 50 %  17/40 passes"));
    assert_non_null(strstr(text, "issues, piece 12 for 250 ms\033[K\r"));
    assert_non_null(strstr(text, "issues, piece 12 for 29.7 s\033[K\r"));
    assert_string_equal(text + strlen(text) - 4, "\r\033[K");
    for (const char *line = text; line != NULL; line = strchr(line + 1, '\r'))
        assert_true(strcspn(line + 1, "\r") <= 79 + strlen("\033[K"));
    free(text);
}

static void a_file_gets_a_line_every_ten_seconds(void **state)
{
    int ends_of_pipe[2];
    pid_t child;
    char *text;

    (void)state;
    assert_int_equal(pipe(ends_of_pipe), 0);
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        (void)dup2(ends_of_pipe[1], STDERR_FILENO);
        show_half_a_minute();
        _exit(0);
    }
    (void)close(ends_of_pipe[1]);
    text = read_all(ends_of_pipe[0]);
    expect_child(child);
    assert_string_equal(
        text, " 50 %  17/40 passes  600/1,204 metrics  10.0 s  issues, piece 12 for 10.0 s\n"
              " 50 %  17/40 passes  600/1,204 metrics  20.0 s  issues, piece 12 for 20.0 s\n"
              " 50 %  17/40 passes  600/1,204 metrics  30.0 s  issues, piece 12 for 30.0 s\n");
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_what_is_going_on),
        cmocka_unit_test(gives_way_on_a_narrow_terminal),
        cmocka_unit_test(a_run_that_has_said_nothing_has_a_line),
        cmocka_unit_test(nothing_is_said_when_quiet),
        cmocka_unit_test(a_terminal_has_one_line_that_is_drawn_anew_and_cleared),
        cmocka_unit_test(a_file_gets_a_line_every_ten_seconds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
