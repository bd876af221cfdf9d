/*
 * A string that grows. Always terminated; `text` is never NULL after str_init.
 * Running out of memory ends the process.
 */
#ifndef AGENT_BASE_STR_H
#define AGENT_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>

struct str {
    char *text;
    size_t length;
    size_t capacity;
};

void str_init(struct str *str);
void str_release(struct str *str);
void str_clear(struct str *str);                   /* empty again, memory kept */
void str_truncate(struct str *str, size_t length); /* to at most its own length */

void str_add(struct str *str, const char *text);
void str_add_char(struct str *str, char c);
void str_add_bytes(struct str *str, const void *bytes, size_t length);
void str_add_format(struct str *str, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Whether `text` matches a pattern of `*` (any run) and `?` (any one); no other sign is special. */
bool str_matches(const char *text, const char *pattern);

#endif
