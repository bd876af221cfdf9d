#include "agent/base/file.h"

#include "agent/base/str.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LARGEST_FILE   ((size_t)16 << 20)
#define DEEPEST_FOLDER 16

static bool fail(struct error *err, const char *path, const char *what)
{
    enum error_kind kind = errno == ENOENT || errno == ENOTDIR ? ERROR_MISSING
                           : errno == EACCES || errno == EPERM ? ERROR_DENIED
                                                               : ERROR_UNAVAILABLE;

    return error_set(err, kind, "%s: cannot %s: %s", path, what, strerror(errno));
}

/* Reads until the end: a file may be longer than fstat says, and below /proc it says 0. */
static bool read_all(int fd, struct str *text)
{
    char bytes[16384];

    while (text->length <= LARGEST_FILE) {
        ssize_t got = read(fd, bytes, sizeof(bytes));

        if (got == 0)
            return true;
        if (got < 0 && errno != EINTR)
            return false;
        if (got > 0)
            str_add_bytes(text, bytes, (size_t)got);
    }
    return true;
}

static bool read_open_file(int fd, const char *path, struct str *text, struct error *err)
{
    struct stat info;

    if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode))
        return error_set(err, ERROR_INVALID, "%s: not a regular file", path);
    if (!read_all(fd, text))
        return fail(err, path, "read");
    if (text->length > LARGEST_FILE)
        return error_set(err, ERROR_INVALID, "%s: longer than 16 MiB", path);
    return true;
}

bool file_read(const char *path, struct arena *arena, const char **text, size_t *length,
               struct error *err)
{
    /* Without O_NONBLOCK a named pipe would hold us here until somebody writes. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct str read;
    bool done;

    if (fd < 0)
        return fail(err, path, "open");
    str_init(&read);
    done = read_open_file(fd, path, &read, err);
    (void)close(fd);
    if (done) {
        *text = arena_copy_bytes(arena, read.text, read.length);
        *length = read.length;
    }
    str_release(&read);
    return done;
}

static bool write_all(int fd, const char *bytes, size_t length)
{
    while (length > 0) {
        ssize_t written = write(fd, bytes, length);

        if (written < 0 && errno != EINTR)
            return false;
        if (written > 0) {
            bytes += written;
            length -= (size_t)written;
        }
    }
    return fsync(fd) == 0;
}

/* Without this a power cut could take the new name away again. */
static void sync_folder_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    struct str folder;
    int opened;

    str_init(&folder);
    if (slash != NULL)
        str_add_bytes(&folder, path, (size_t)(slash - path) + 1);
    opened = open(slash != NULL ? folder.text : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (opened >= 0) {
        (void)fsync(opened);
        (void)close(opened);
    }
    str_release(&folder);
}

static bool replace_by_way_of(const char *fresh, const char *path, const void *bytes, size_t length,
                              struct error *err)
{
    int fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    bool done;

    if (fd < 0)
        return fail(err, path, "create");
    done = write_all(fd, bytes, length) || fail(err, path, "write");
    (void)close(fd);
    if (done)
        done = rename(fresh, path) == 0 || fail(err, path, "create");
    if (!done)
        (void)unlink(fresh);
    return done;
}

bool file_replace(const char *path, const void *bytes, size_t length, struct error *err)
{
    struct str fresh;
    bool done;

    str_init(&fresh);
    str_add_format(&fresh, "%s.new", path);
    done = replace_by_way_of(fresh.text, path, bytes, length, err);
    if (done)
        sync_folder_of(path);
    str_release(&fresh);
    return done;
}

bool file_read_secret(const char *path, struct arena *arena, const char **secret, struct error *err)
{
    struct stat info;
    const char *text = "";
    size_t length;

    if (stat(path, &info) != 0)
        return fail(err, path, "open");
    if ((info.st_mode & S_IRWXO) != 0)
        return error_set(err, ERROR_DENIED,
                         "%s: everybody may read this secret; run: chmod o-rwx %s", path, path);
    if (!file_read(path, arena, &text, &length, err))
        return false;
    length = strcspn(text, "\r\n");
    if (length == 0)
        return error_set(err, ERROR_INVALID, "%s: the first line, the secret, is empty", path);
    *secret = arena_copy_bytes(arena, text, length);
    return true;
}

static bool ends_in(const char *name, const char *suffix)
{
    size_t length = strlen(name), tail = strlen(suffix);

    return length > tail && strcmp(name + length - tail, suffix) == 0;
}

/* The folders that are still to be read, and what was found in them. */
struct search {
    const char *suffix;
    struct arena *arena;
    struct file_list *found;
    struct file_list folders;
};

static void append(struct search *search, struct file_list *list, const char *path)
{
    list->paths = arena_grow(search->arena, list->paths, list->count, sizeof(list->paths[0]));
    list->paths[list->count++] = path;
}

/* `type` as the folder tells it, so that of thousands of files only links are looked at. */
static bool take_entry(struct search *search, const char *path, unsigned char type,
                       struct error *err)
{
    bool known = type == DT_REG || type == DT_DIR;
    struct stat info = {.st_mode = type == DT_DIR ? S_IFDIR : S_IFREG};

    if (!known && stat(path, &info) != 0) {
        /* A link to nowhere, or gone since: a matter only if it is one of those wanted. */
        return !ends_in(path, search->suffix) || fail(err, path, "look at");
    }
    if (S_ISDIR(info.st_mode))
        append(search, &search->folders, path);
    else if (ends_in(path, search->suffix))
        append(search, search->found, path);
    return true;
}

static bool read_folder(struct search *search, const char *folder, struct error *err)
{
    DIR *dir = opendir(folder);
    struct dirent *entry;
    bool done = true;

    if (dir == NULL)
        return fail(err, folder, "open");
    /* cppcheck-suppress readdirCalled; readdir_r is deprecated, and nobody shares `dir` */
    while (done && (entry = readdir(dir)) != NULL)
        if (entry->d_name[0] != '.')
            done = take_entry(search, arena_format(search->arena, "%s/%s", folder, entry->d_name),
                              entry->d_type, err);
    (void)closedir(dir);
    return done;
}

static size_t count_slashes(const char *path)
{
    size_t count = 0;

    for (; *path != '\0'; path++)
        count += *path == '/';
    return count;
}

static int compare_paths(const void *left, const void *right)
{
    const char *const *a = left, *const *b = right;

    return strcmp(*a, *b);
}

bool file_list(const char *folder, const char *suffix, struct arena *arena, struct file_list *list,
               struct error *err)
{
    struct search search = {.suffix = suffix, .arena = arena, .found = list};
    size_t top = count_slashes(folder);

    *list = (struct file_list){0};
    append(&search, &search.folders, folder);
    /* The one found last comes first, so that a link in a circle is soon too deep. */
    while (search.folders.count > 0) {
        const char *next = search.folders.paths[--search.folders.count];

        if (count_slashes(next) - top > DEEPEST_FOLDER)
            return error_set(err, ERROR_INVALID,
                             "%s: more than %d folders deep; does a link lead back up?", next,
                             DEEPEST_FOLDER);
        if (!read_folder(&search, next, err))
            return false;
    }
    if (list->count > 0)
        qsort(list->paths, list->count, sizeof(list->paths[0]), compare_paths);
    return true;
}
