#include "agent/io/unix_socket.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define QUEUE         1024
#define LONGEST_ENTRY 16384 /* of a user or a group, with all its members */

static bool fail(const char *path, const char *what, struct error *err)
{
    return error_set(err, errno == EACCES || errno == EPERM ? ERROR_DENIED : ERROR_UNAVAILABLE,
                     "%s: cannot %s: %s; check the folder of the socket and its owner.", path, what,
                     strerror(errno));
}

static bool set_address(const char *path, struct sockaddr_un *address, struct error *err)
{
    *address = (struct sockaddr_un){.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof(address->sun_path))
        return error_set(err, ERROR_INVALID, "%s: a socket's path may have %zu bytes at most.",
                         path, sizeof(address->sun_path) - 1);
    (void)memcpy(address->sun_path, path, strlen(path));
    return true;
}

/* Whether somebody answers there. */
static bool is_alive(const struct sockaddr_un *address)
{
    int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool alive = probe >= 0 &&
                 connect(probe, (const struct sockaddr *)address, (socklen_t)sizeof(*address)) == 0;

    if (probe >= 0)
        (void)close(probe);
    return alive;
}

static bool clear_place(const struct sockaddr_un *address, struct error *err)
{
    const char *path = address->sun_path;
    struct stat there;

    if (lstat(path, &there) != 0)
        return errno == ENOENT || fail(path, "look at it", err);
    if (!S_ISSOCK(there.st_mode))
        return error_set(err, ERROR_UNAVAILABLE,
                         "%s is there and is no socket; move it away, or choose another path.",
                         path);
    if (is_alive(address))
        return error_set(err, ERROR_UNAVAILABLE,
                         "%s: another process listens there; stop it, or choose another path.",
                         path);
    return unlink(path) == 0 || fail(path, "replace the old socket", err);
}

static bool give_to(const char *path, const char *group, struct error *err)
{
    struct group entry, *found = NULL;
    char texts[LONGEST_ENTRY];

    if (group != NULL && getgrnam_r(group, &entry, texts, sizeof(texts), &found) != 0)
        found = NULL;
    if (group != NULL && found == NULL)
        return error_set(err, ERROR_INVALID,
                         "%s: there is no group '%s'; create it, or name another one.", path,
                         group);
    if (found != NULL && chown(path, (uid_t)-1, found->gr_gid) != 0)
        return fail(path, "give it to its group", err);
    return chmod(path, 0660) == 0 || fail(path, "set its mode", err);
}

int unix_socket_listen(const char *path, const char *group, struct error *err)
{
    struct sockaddr_un address;
    mode_t before;
    int listener, bound;

    if (!set_address(path, &address, err) || !clear_place(&address, err))
        return -1;
    listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    /* Nobody else may get in before mode and group are set. */
    before = umask(0177);
    bound = listener < 0 ? -1 : bind(listener, (const struct sockaddr *)&address, sizeof(address));
    (void)umask(before);
    if (bound != 0)
        (void)fail(path, "listen", err);
    else if (give_to(path, group, err) &&
             (listen(listener, QUEUE) == 0 || fail(path, "listen", err)))
        return listener;
    if (bound == 0)
        (void)unlink(path);
    if (listener >= 0)
        (void)close(listener);
    return -1;
}

void unix_socket_user(int descriptor, char *out, size_t size)
{
    struct ucred peer;
    socklen_t length = sizeof(peer);
    struct passwd entry, *user = NULL;
    char texts[LONGEST_ENTRY];

    out[0] = '\0';
    if (getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &peer, &length) != 0 || peer.pid == 0)
        return;
    if (getpwuid_r(peer.uid, &entry, texts, sizeof(texts), &user) == 0 && user != NULL)
        (void)snprintf(out, size, "%s", user->pw_name);
    else
        (void)snprintf(out, size, "uid %u", (unsigned)peer.uid);
}

/* Names whom it is for, as far as the file's group can be seen. */
static bool forbidden(const char *path, struct error *err)
{
    struct group entry, *group = NULL;
    char texts[LONGEST_ENTRY];
    struct stat there;

    if (stat(path, &there) != 0 ||
        getgrgid_r(there.st_gid, &entry, texts, sizeof(texts), &group) != 0)
        group = NULL;
    return error_set(err, ERROR_DENIED,
                     "You may not use the running agent's socket, %s: be root, or a member of the "
                     "group '%s'.",
                     path, group != NULL ? group->gr_name : "service-ping");
}

bool unix_socket_knock(const char *path, struct error *err)
{
    int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    struct sockaddr_un address;
    bool alive = set_address(path, &address, err);
    int problem = 0;

    /* A queue that is full (EAGAIN) is somebody's. */
    if (alive && connect(probe, (const struct sockaddr *)&address, (socklen_t)sizeof(address)) != 0)
        problem = errno == EAGAIN ? 0 : errno;
    if (probe >= 0)
        (void)close(probe);
    if (!alive || problem == 0)
        return alive;
    if (problem == EACCES || problem == EPERM)
        return forbidden(path, err);
    return error_set(err, ERROR_MISSING, "%s: no agent listens there: %s.", path,
                     strerror(problem));
}
