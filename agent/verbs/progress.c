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

enum { REDRAW_MS = 250, BAR_WIDTH = 10, USUAL_WIDTH = 80, DOING_SIZE = 160, LEAST_DOING = 12 };

/* From here on there is room for a bar, which only repeats the share, and for the time gone by
 * beside the time left; by the length of the rest they would come and go. */
enum { WIDE = 99 };

/* Between lines where nothing can be drawn again. */
#define LINE_US (10 * US_PER_SECOND)

struct progress {
    struct loop *loop;
    struct loop_timer *timer;
    bool terminal, drawn;
    int64_t line_us; /* when the last line was written */
    struct run_progress now;
    char doing[DOING_SIZE];
};

/* The line's parts from left to right. */
enum part { PART_SHARE, PART_PASSES, PART_METRICS, PART_TIME, PART_LEFT, PART_DOING };

enum { PART_COUNT = PART_DOING + 1 };

static const enum part giving_way[] = {PART_TIME, PART_DOING, PART_METRICS, PART_PASSES, PART_LEFT};

struct line {
    struct arena *arena;
    const char *parts[PART_COUNT]; /* NULL: it is left out */
    const char *doing, *piece;     /* what PART_DOING is made of */
};

static size_t line_width(const struct line *line)
{
    size_t width = 0;

    for (size_t i = 0; i < PART_COUNT; i++)
        if (line->parts[i] != NULL)
            width += figure_width(line->parts[i]) + (width > 0 ? 2 : 0);
    return width;
}

static const char *share_of(double share, bool bar, struct arena *arena)
{
    char signs[BAR_WIDTH + 3] = "[";
    int filled = (int)(share * BAR_WIDTH + 0.5);

    for (int i = 0; i < BAR_WIDTH; i++)
        signs[i + 1] = i < filled ? '#' : '.';
    signs[BAR_WIDTH + 1] = ']';
    return arena_format(arena, "%s%3d %%", bar ? signs : "", (int)(share * 100));
}

/* The piece that is asked for now, or the last one: "piece 12 for 0.2 s". */
static const char *piece_of(const struct run_progress *now, int64_t at_us, struct arena *arena)
{
    int64_t number = now->pieces;

    if (now->asked_us != 0 && at_us >= now->asked_us)
        return arena_format(arena, ", piece %s for %s", figure_count(arena, number + 1),
                            figure_seconds(arena, (double)(at_us - now->asked_us) / 1e6));
    return number > 0 ? arena_format(arena, ", piece %s", figure_count(arena, number)) : "";
}

/* Seconds alone, and no more than a plan can know: "5 min", not "4 min 58 s". */
static const char *left_of(const struct run_progress *now, int64_t at_us, struct arena *arena)
{
    int64_t left_us = now->left_us - (at_us - now->told_us);
    int64_t seconds = (left_us + US_PER_SECOND - 1) / US_PER_SECOND;

    if (now->left_us < 0 || now->share >= 1)
        return NULL;
    if (seconds < 1)
        return "about to end";
    if (seconds < 90)
        return arena_format(arena, "%lld s left", (long long)seconds);
    if (seconds < 5400)
        return arena_format(arena, "%lld min left", (long long)(seconds + 30) / 60);
    return arena_format(arena, "%.1f h left", (double)seconds / 3600);
}

static void set_doing(struct line *line, size_t most)
{
    line->parts[PART_DOING] = arena_format(
        line->arena, "%s%s", figure_elided(line->arena, line->doing, most), line->piece);
}

static void fill_line(struct line *line, const struct run_progress *now, int64_t at_us,
                      size_t width)
{
    struct arena *arena = line->arena;

    line->parts[PART_SHARE] = share_of(now->share, width >= WIDE, arena);
    line->parts[PART_PASSES] =
        arena_format(arena, "%s/%s passes", figure_count(arena, (int64_t)now->probes_done),
                     figure_count(arena, (int64_t)now->probes));
    line->parts[PART_METRICS] =
        arena_format(arena, "%s/%s metrics", figure_count(arena, (int64_t)now->answered),
                     figure_count(arena, (int64_t)now->metrics));
    line->parts[PART_LEFT] = left_of(now, at_us, arena);
    if (width == 0 || width >= WIDE || line->parts[PART_LEFT] == NULL)
        line->parts[PART_TIME] = figure_took(arena, at_us - now->started_us);
    if (now->doing == NULL || now->doing[0] == '\0')
        return;
    line->doing = figure_plain(arena, now->doing, DOING_SIZE);
    line->piece = piece_of(now, at_us, arena);
    set_doing(line, DOING_SIZE);
}

/* The name of what is being read is shortened first, as long as something of it is left. */
static void fit_line(struct line *line, size_t width)
{
    for (size_t i = 0; i < sizeof(giving_way) / sizeof(giving_way[0]); i++) {
        size_t now = line_width(line), name = line->doing != NULL ? figure_width(line->doing) : 0;

        if (now <= width)
            return;
        if (line->parts[PART_DOING] != NULL && name > LEAST_DOING &&
            now - width <= name - LEAST_DOING) {
            set_doing(line, name - (now - width));
            return;
        }
        line->parts[giving_way[i]] = NULL;
    }
}

void progress_text(const struct run_progress *now, int64_t at_us, size_t width, struct str *out)
{
    struct line line = {.arena = arena_new()};
    bool first = true;

    fill_line(&line, now, at_us, width);
    if (width > 0)
        fit_line(&line, width);
    for (size_t i = 0; i < PART_COUNT; i++) {
        if (line.parts[i] == NULL)
            continue;
        str_add(out, first ? "" : "  ");
        str_add(out, line.parts[i]);
        first = false;
    }
    arena_free(line.arena);
}

static void draw(const struct progress *progress)
{
    size_t width = progress->terminal ? terminal_width(STDERR_FILENO, USUAL_WIDTH) : 0;
    struct str line;

    str_init(&line);
    /* The last column stays free: some terminals begin a new line behind it. */
    progress_text(&progress->now, now_monotonic_us(), width > 0 ? width - 1 : 0, &line);
    (void)fprintf(stderr, progress->terminal ? "\r%s\033[K" : "%s\n", line.text);
    (void)fflush(stderr);
    str_release(&line);
}

void progress_show(struct progress *progress)
{
    int64_t now_us = now_monotonic_us();

    if (progress == NULL || (!progress->terminal && now_us - progress->line_us < LINE_US))
        return;
    progress->line_us = now_us;
    progress->drawn = true;
    draw(progress);
}

static void due(void *arg)
{
    struct progress *progress = arg;

    progress_show(progress);
    progress->timer = loop_after(progress->loop, REDRAW_MS, due, progress);
}

struct progress *progress_new(struct loop *loop, bool quiet)
{
    struct progress *progress;

    if (quiet)
        return NULL;
    progress = memory_alloc(sizeof(*progress));
    progress->loop = loop;
    progress->terminal = isatty(STDERR_FILENO) == 1;
    progress->line_us = now_monotonic_us();
    progress->now = (struct run_progress){.started_us = progress->line_us, .left_us = -1};
    progress->timer = loop_after(loop, REDRAW_MS, due, progress);
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
    if (progress->terminal && progress->drawn) {
        (void)fputs("\r\033[K", stderr);
        (void)fflush(stderr);
    }
    free(progress);
}
