#include "agent/base/str.h"

#include "agent/base/memory.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void str_init(struct str *str)
{
    *str = (struct str){.text = memory_alloc(16), .capacity = 16};
}

void str_release(struct str *str)
{
    free(str->text);
    *str = (struct str){0};
}

void str_clear(struct str *str)
{
    str_truncate(str, 0);
}

void str_truncate(struct str *str, size_t length)
{
    if (length < str->length)
        str->length = length;
    str->text[str->length] = '\0';
}

static void reserve(struct str *str, size_t more)
{
    size_t needed = str->length + more + 1;

    if (needed < more)
        memory_exhausted();
    if (needed <= str->capacity)
        return;
    str->capacity = needed > SIZE_MAX / 2 ? needed : needed + needed / 2;
    str->text = memory_resize(str->text, str->capacity);
}

void str_add_bytes(struct str *str, const void *bytes, size_t length)
{
    reserve(str, length);
    if (length > 0)
        memcpy(str->text + str->length, bytes, length);
    str->length += length;
    str->text[str->length] = '\0';
}

void str_add(struct str *str, const char *text)
{
    str_add_bytes(str, text, strlen(text));
}

void str_add_char(struct str *str, char c)
{
    str_add_bytes(str, &c, 1);
}

void str_add_format(struct str *str, const char *format, ...)
{
    va_list args;
    int length;

    va_start(args, format);
    length = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (length < 0)
        memory_exhausted();
    reserve(str, (size_t)length);
    va_start(args, format);
    (void)vsnprintf(str->text + str->length, (size_t)length + 1, format, args);
    va_end(args);
    str->length += (size_t)length;
}

bool str_matches(const char *text, const char *pattern)
{
    const char *star = NULL, *retry = NULL;

    while (*text != '\0') {
        if (*pattern == '*') {
            star = ++pattern;
            retry = text;
        } else if (*pattern == '?' || *pattern == *text) {
            pattern++;
            text++;
        } else if (star != NULL) {
            pattern = star;
            text = ++retry;
        } else {
            return false;
        }
    }
    while (*pattern == '*')
        pattern++;
    return *pattern == '\0';
}
