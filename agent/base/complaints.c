#include "agent/base/complaints.h"

#include "agent/base/str.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

void complaints_init(struct complaints *complaints, struct arena *arena)
{
    *complaints = (struct complaints){.arena = arena};
}

static const char *copy_or_null(struct arena *arena, const char *text)
{
    return text != NULL ? arena_copy(arena, text) : NULL;
}

void complain(struct complaints *complaints, const char *file, int line, const char *key_path,
              const char *format, ...)
{
    char text[1024];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    complaints->items = arena_grow(complaints->arena, complaints->items, complaints->count,
                                   sizeof(complaints->items[0]));
    complaints->items[complaints->count++] = (struct complaint){
        .file = copy_or_null(complaints->arena, file),
        .line = line,
        .key_path = copy_or_null(complaints->arena, key_path),
        .text = arena_copy(complaints->arena, text),
    };
}

void complain_of_file(struct complaints *complaints, const char *file, const struct error *err)
{
    const char *text = err->text;
    size_t length = strlen(file);

    if (strncmp(text, file, length) == 0 && strncmp(text + length, ": ", 2) == 0)
        text += length + 2;
    complain(complaints, file, 0, NULL, "%s", text);
}

static int compare_text(const char *a, const char *b)
{
    return strcmp(a != NULL ? a : "", b != NULL ? b : "");
}

static int compare(const void *left, const void *right)
{
    const struct complaint *a = left, *b = right;
    int order = compare_text(a->file, b->file);

    if (order == 0)
        order = (a->line > b->line) - (a->line < b->line);
    if (order == 0)
        order = compare_text(a->key_path, b->key_path);
    return order != 0 ? order : strcmp(a->text, b->text);
}

void complaints_print(struct complaints *complaints, FILE *out)
{
    if (complaints->count > 0)
        qsort(complaints->items, complaints->count, sizeof(complaints->items[0]), compare);
    for (size_t i = 0; i < complaints->count; i++) {
        const struct complaint *item = &complaints->items[i];

        if (item->file != NULL && item->line > 0)
            (void)fprintf(out, "%s:%d: ", item->file, item->line);
        else if (item->file != NULL)
            (void)fprintf(out, "%s: ", item->file);
        if (item->key_path != NULL)
            (void)fprintf(out, "%s: ", item->key_path);
        (void)fprintf(out, "%s\n", item->text);
    }
}
