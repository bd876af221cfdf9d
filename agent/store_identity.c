#include "agent/store_inside.h"

#include "agent/base/file.h"
#include "agent/base/str.h"

#include <stdio.h>
#include <string.h>

/* As uuid_random writes it: groups of hex digits of these lengths, with dashes between. */
static bool is_uuid(const char *text)
{
    static const size_t groups[] = {8, 4, 4, 4, 12};

    for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
        if (strspn(text, "0123456789abcdef") != groups[i])
            return false;
        text += groups[i];
        if (i + 1 < sizeof(groups) / sizeof(groups[0]) && *text++ != '-')
            return false;
    }
    return *text == '\0';
}

static bool read_line(const char *path, char id[UUID_TEXT_SIZE], bool *found, struct error *err)
{
    struct arena *arena = arena_new();
    const char *text = "";
    char line[UUID_TEXT_SIZE];
    size_t length;
    bool done = file_read(path, arena, &text, &length, err);

    if (!done && err->kind == ERROR_MISSING)
        done = true;
    (void)snprintf(line, sizeof(line), "%.*s", (int)strcspn(text, "\n"), text);
    *found = is_uuid(line);
    if (*found)
        (void)memcpy(id, line, sizeof(line));
    arena_free(arena);
    return done;
}

bool store_identity_read(const char *folder, char id[UUID_TEXT_SIZE], bool *found,
                         struct error *err)
{
    struct str path;
    bool done;

    str_init(&path);
    str_add_format(&path, "%s/" STORE_IDENTITY, folder);
    done = read_line(path.text, id, found, err);
    str_release(&path);
    return done;
}

static bool write_line(const char *folder, const char *id, struct error *err)
{
    char line[UUID_TEXT_SIZE + 1];
    struct str path;
    bool done;

    str_init(&path);
    str_add_format(&path, "%s/" STORE_IDENTITY, folder);
    (void)snprintf(line, sizeof(line), "%s\n", id);
    done = file_replace(path.text, line, strlen(line), err);
    str_release(&path);
    return done;
}

bool store_identity_keep(const char *folder, const char *id, struct error *err)
{
    char kept[UUID_TEXT_SIZE];
    bool found;

    if (!store_identity_read(folder, kept, &found, err))
        return false;
    if (!found)
        return write_line(folder, id, err);
    if (strcmp(kept, id) == 0)
        return true;
    return error_set(err, ERROR_INVALID,
                     "%s: the store is that of instance %s, but the file '" STORE_IDENTITY
                     "' names %s: one of them was copied from elsewhere; take that one away",
                     folder, id, kept);
}
