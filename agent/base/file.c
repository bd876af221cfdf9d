#include "agent/base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LARGEST_FILE ((off_t)16 << 20)

static bool fail(struct error *err, const char *path, const char *what)
{
    enum error_kind kind = errno == ENOENT || errno == ENOTDIR ? ERROR_MISSING
                           : errno == EACCES || errno == EPERM ? ERROR_DENIED
                                                               : ERROR_UNAVAILABLE;

    return error_set(err, kind, "%s: cannot %s: %s", path, what, strerror(errno));
}

/* Reads until the end, because a file may be shorter or longer than fstat said. */
static bool read_all(int fd, char *bytes, size_t room, size_t *length)
{
    *length = 0;
    while (*length < room) {
        ssize_t got = read(fd, bytes + *length, room - *length);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return false;
        if (got == 0)
            break;
        *length += (size_t)got;
    }
    return true;
}

bool file_read(const char *path, struct arena *arena, const char **text, size_t *length,
               struct error *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat info;
    char *bytes;
    bool done;

    if (fd < 0)
        return fail(err, path, "open");
    if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode) || info.st_size > LARGEST_FILE) {
        (void)close(fd);
        return error_set(err, ERROR_INVALID, "%s: not a regular file of at most 16 MiB", path);
    }
    bytes = arena_alloc(arena, (size_t)info.st_size + 1);
    done = read_all(fd, bytes, (size_t)info.st_size, length);
    if (!done)
        (void)fail(err, path, "read");
    (void)close(fd);
    *text = bytes;
    return done;
}

bool file_read_secret(const char *path, struct arena *arena, const char **secret, struct error *err)
{
    struct stat info;
    const char *text;
    size_t length;

    if (stat(path, &info) != 0)
        return fail(err, path, "open");
    if ((info.st_mode & S_IRWXO) != 0)
        return error_set(err, ERROR_DENIED,
                         "%s: everybody may read this secret; run: chmod o-rwx %s", path, path);
    if (!file_read(path, arena, &text, &length, err))
        return false;
    *secret = arena_copy_bytes(arena, text, strcspn(text, "\r\n"));
    return true;
}

static bool ends_in(const char *name, const char *suffix)
{
    size_t length = strlen(name), tail = strlen(suffix);

    return length > tail && strcmp(name + length - tail, suffix) == 0;
}

static bool collect(const char *folder, const char *suffix, struct arena *arena,
                    struct file_list *list, struct error *err)
{
    DIR *dir = opendir(folder);
    struct dirent *entry;
    bool done = true;

    if (dir == NULL)
        return fail(err, folder, "open");
    while (done && (entry = readdir(dir)) != NULL) {
        const char *path;
        struct stat info;

        if (entry->d_name[0] == '.')
            continue;
        path = arena_format(arena, "%s/%s", folder, entry->d_name);
        if (stat(path, &info) != 0) {
            done = fail(err, path, "look at");
        } else if (S_ISDIR(info.st_mode)) {
            done = collect(path, suffix, arena, list, err);
        } else if (ends_in(entry->d_name, suffix)) {
            list->paths = arena_grow(arena, list->paths, list->count, sizeof(list->paths[0]));
            list->paths[list->count++] = path;
        }
    }
    (void)closedir(dir);
    return done;
}

static int compare_paths(const void *left, const void *right)
{
    const char *const *a = left, *const *b = right;

    return strcmp(*a, *b);
}

bool file_list(const char *folder, const char *suffix, struct arena *arena, struct file_list *list,
               struct error *err)
{
    *list = (struct file_list){0};
    if (!collect(folder, suffix, arena, list, err))
        return false;
    if (list->count > 0)
        qsort(list->paths, list->count, sizeof(list->paths[0]), compare_paths);
    return true;
}
