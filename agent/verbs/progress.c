#include "agent/verbs/progress.h"

#include "agent/base/clock.h"
#include "agent/base/memory.h"
#include "agent/io/loop.h"
#include "agent/verbs/figures.h"
#include "agent/verbs/terminal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { REDRAW_MS = 250, LINE_MS = 10000, BAR_WIDTH = 10, USUAL_WIDTH = 80, DOING_SIZE = 160 };

struct progress {
    struct loop *loop;
    struct loop_timer *timer;
    bool terminal, drawn;
    int64_t began_us;
    struct run_progress now;
    char doing[DOING_SIZE];
};

static void add_bar(double share, struct str *out)
{
    int filled = (int)(share * BAR_WIDTH + 0.5);

    str_add_char(out, '[');
    for (int i = 0; i < BAR_WIDTH; i++)
        str_add_char(out, i < filled ? '#' : '.');
    str_add(out, "] ");
}

/* Short enough that 80 columns have room for what is being done. */
static void add_figures(const struct run_progress *now, int64_t elapsed_us, struct arena *arena,
                        struct str *out)
{
    str_add_format(out, "%3d %%", (int)(now->share * 100));
    str_add_format(out, "  %s/%s metrics", figure_count(arena, (int64_t)now->answered),
                   figure_count(arena, (int64_t)now->metrics));
    str_add_format(out, "  %s/%s probes", figure_count(arena, (int64_t)now->probes_done),
                   figure_count(arena, (int64_t)now->probes));
    str_add_format(out, "  %s", figure_took(arena, elapsed_us));
    if (now->doing != NULL && now->doing[0] != '\0')
        str_add_format(out, "  %s", now->doing);
}

void progress_text(const struct run_progress *now, int64_t elapsed_us, size_t width, bool bar,
                   struct str *out)
{
    struct arena *arena = arena_new();
    struct str line;

    str_init(&line);
    if (bar)
        add_bar(now->share, &line);
    add_figures(now, elapsed_us, arena, &line);
    if (bar && line.length > width)
        str_add(out, figure_plain(arena, line.text, width > 1 ? width - 1 : 1));
    else
        str_add(out, line.text);
    str_release(&line);
    arena_free(arena);
}

static void show(void *arg)
{
    struct progress *progress = arg;
    size_t width = terminal_width(STDERR_FILENO, USUAL_WIDTH);
    struct str line;

    str_init(&line);
    progress_text(&progress->now, now_monotonic_us() - progress->began_us,
                  width > 0 ? width - 1 : 0, progress->terminal, &line);
    if (progress->terminal)
        (void)fprintf(stderr, "\r%s\033[K", line.text);
    else
        (void)fprintf(stderr, "%s\n", line.text);
    (void)fflush(stderr);
    str_release(&line);
    progress->drawn = true;
    progress->timer =
        loop_after(progress->loop, progress->terminal ? REDRAW_MS : LINE_MS, show, progress);
}

struct progress *progress_new(struct loop *loop, bool quiet)
{
    struct progress *progress;

    if (quiet)
        return NULL;
    progress = memory_alloc(sizeof(*progress));
    progress->loop = loop;
    progress->terminal = isatty(STDERR_FILENO) == 1;
    progress->began_us = now_monotonic_us();
    progress->timer = loop_after(loop, progress->terminal ? REDRAW_MS : LINE_MS, show, progress);
    return progress;
}

void progress_note(struct progress *progress, const struct run_progress *now)
{
    if (progress == NULL)
        return;
    progress->now = *now;
    (void)snprintf(progress->doing, sizeof(progress->doing), "%s",
                   now->doing != NULL ? now->doing : "");
    progress->now.doing = progress->doing;
}

void progress_free(struct progress *progress)
{
    if (progress == NULL)
        return;
    loop_timer_cancel(progress->timer);
    if (progress->terminal && progress->drawn)
        (void)fputs("\r\033[K", stderr);
    free(progress);
}
