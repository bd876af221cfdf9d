#include "agent/verbs/figures.h"

#include "agent/base/clock.h"
#include "agent/base/str.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

enum { LONGEST_VALUE = 40 };

const char *figure_grouped(struct arena *arena, const char *number)
{
    size_t sign = number[0] == '-' ? 1 : 0;
    size_t whole = strspn(number + sign, "0123456789");
    const char *rest = number + sign + whole;
    struct str out;
    const char *copy;

    /* 1.2e9 has no places to group. */
    if (whole == 0 || strpbrk(rest, "eE") != NULL)
        return arena_copy(arena, number);
    str_init(&out);
    str_add_bytes(&out, number, sign);
    for (size_t i = 0; i < whole; i++) {
        if (i > 0 && (whole - i) % 3 == 0)
            str_add_char(&out, ',');
        str_add_char(&out, number[sign + i]);
    }
    str_add(&out, rest);
    copy = arena_copy(arena, out.text);
    str_release(&out);
    return copy;
}

const char *figure_count(struct arena *arena, int64_t number)
{
    return figure_grouped(arena, arena_format(arena, "%" PRId64, number));
}

const char *figure_took(struct arena *arena, int64_t us)
{
    int64_t seconds = us / US_PER_SECOND;

    if (us < 1000)
        return "<1 ms";
    if (seconds < 1)
        return arena_format(arena, "%" PRId64 " ms", us / 1000);
    if (seconds < 60)
        return arena_format(arena, "%" PRId64 ".%" PRId64 " s", seconds,
                            us % US_PER_SECOND / 100000);
    if (seconds < 3600)
        return arena_format(arena, "%" PRId64 " min %" PRId64 " s", seconds / 60, seconds % 60);
    return arena_format(arena, "%" PRId64 " h %" PRId64 " min", seconds / 3600, seconds / 60 % 60);
}

const char *figure_seconds(struct arena *arena, double s)
{
    return figure_took(arena, (int64_t)(s * (double)US_PER_SECOND));
}

const char *figure_bytes(struct arena *arena, size_t bytes)
{
    if (bytes < 1024)
        return arena_format(arena, "%zu B", bytes);
    if (bytes < (size_t)1024 * 1024)
        return arena_format(arena, "%.1f KiB", (double)bytes / 1024);
    return arena_format(arena, "%.1f MiB", (double)bytes / 1024 / 1024);
}

const char *figure_time(struct arena *arena, int64_t wall_us)
{
    time_t seconds = (time_t)(wall_us / US_PER_SECOND);
    struct tm utc = {0};
    char text[64];

    (void)gmtime_r(&seconds, &utc);
    (void)strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S UTC", &utc);
    return arena_copy(arena, text);
}

const char *figure_plain(struct arena *arena, const char *text, size_t most)
{
    struct str out;
    const char *copy;
    size_t signs = 0;

    str_init(&out);
    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;
        bool begins = (c & 0xC0) != 0x80;

        if (begins && signs++ >= most) {
            str_add(&out, "…");
            break;
        }
        if (c < ' ' || c == 0x7F)
            str_add_char(&out, ' ');
        else
            str_add_char(&out, *text);
    }
    copy = arena_copy(arena, out.text);
    str_release(&out);
    return copy;
}

size_t figure_width(const char *text)
{
    size_t width = 0;

    for (; *text != '\0'; text++)
        if (((unsigned char)*text & 0xC0) != 0x80)
            width++;
    return width;
}

/* Behind the first `count` signs. */
static const char *skip_signs(const char *text, size_t count)
{
    while (*text != '\0' && (count > 0 || ((unsigned char)*text & 0xC0) == 0x80))
        if (((unsigned char)*text++ & 0xC0) != 0x80)
            count--;
    return text;
}

/* The end of a key path tells more than its beginning, which its neighbours have as well. */
const char *figure_elided(struct arena *arena, const char *text, size_t most)
{
    size_t width = figure_width(text), head, tail;

    if (width <= most || most == 0)
        return text;
    head = (most - 1) * 2 / 5;
    tail = most - 1 - head;
    return arena_format(arena, "%.*s…%s", (int)(skip_signs(text, head) - text), text,
                        skip_signs(text, width - tail));
}

const char *figure_value(struct arena *arena, const struct value *value)
{
    switch (value->kind) {
    case VALUE_NONE:
        return "-";
    case VALUE_COUNT:
        return figure_count(arena, value->count);
    case VALUE_DECIMAL:
        return figure_grouped(arena, value->text);
    case VALUE_TEXT:
        return arena_format(arena, "\"%s\"", figure_plain(arena, value->text, LONGEST_VALUE));
    case VALUE_FLAG:
        return value->flag ? "true" : "false";
    case VALUE_JSON:
        return figure_plain(arena, value->text, LONGEST_VALUE);
    }
    return "";
}

const char *figure_url(struct arena *arena, const char *url)
{
    const char *scheme_end = strstr(url, "://");
    const char *host = scheme_end != NULL ? scheme_end + strlen("://") : url;
    const char *at = memrchr(host, '@', strcspn(host, "/?#"));
    const char *from = at != NULL ? at + 1 : host;

    return arena_format(arena, "%.*s%.*s", (int)(host - url), url, (int)strcspn(from, "?#"), from);
}

const char *figure_of(struct arena *arena, size_t count, const char *one, const char *many)
{
    return arena_format(arena, "%s %s", figure_count(arena, (int64_t)count),
                        count == 1 ? one : many);
}
