#include "agent/base/owner.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The static user that the package makes. */
#define USUAL_OWNER "service-ping"

enum { TEXTS_SIZE = 4096 };

struct owner {
    uid_t user;
    gid_t group;
    char name[64]; /* "": it has none, only a number */
};

static bool entered;

static void take_entry(const struct passwd *entry, struct owner *owner)
{
    owner->user = entry->pw_uid;
    owner->group = entry->pw_gid;
    if (strlen(entry->pw_name) < sizeof(owner->name))
        (void)memcpy(owner->name, entry->pw_name, strlen(entry->pw_name) + 1);
}

/* The folder's own group is only for an owner that the system does not know. */
static void look_up(const struct stat *folder, struct owner *owner)
{
    struct passwd entry, *found = NULL;
    char texts[TEXTS_SIZE];

    *owner = (struct owner){.user = folder->st_uid, .group = folder->st_gid};
    if (getpwuid_r(folder->st_uid, &entry, texts, sizeof(texts), &found) == 0 && found != NULL)
        take_entry(found, owner);
}

static bool fail(const char *folder, const char *what, struct error *err)
{
    return error_set(err, ERROR_DENIED, "%s: cannot %s: %s", folder, what, strerror(errno));
}

bool owner_make(const char *folder, struct error *err)
{
    struct passwd entry, *found = NULL;
    char texts[TEXTS_SIZE];
    struct stat info;

    if (geteuid() != 0 || stat(folder, &info) == 0 || errno != ENOENT ||
        getpwnam_r(USUAL_OWNER, &entry, texts, sizeof(texts), &found) != 0 || found == NULL)
        return true;
    if (mkdir(folder, 0700) != 0)
        return fail(folder, "create the state folder", err);
    return chown(folder, found->pw_uid, found->pw_gid) == 0 ||
           fail(folder, "give the state folder to " USUAL_OWNER, err);
}

/* Root, if there is nothing to change; what is wrong with a folder is told by whoever opens it. */
static struct owner find_owner(const char *folder)
{
    struct owner owner = {0};
    struct stat info;

    if (geteuid() == 0 && stat(folder, &info) == 0)
        look_up(&info, &owner);
    return owner;
}

static bool take_groups(const struct owner *owner)
{
    return owner->name[0] != '\0' ? initgroups(owner->name, owner->group) == 0
                                  : setgroups(1, &owner->group) == 0;
}

bool owner_become(const char *folder, struct error *err)
{
    struct owner owner = find_owner(folder);

    if (owner.user == 0)
        return true;
    return (take_groups(&owner) && setgid(owner.group) == 0 && setuid(owner.user) == 0) ||
           fail(folder, "become the owner of the folder", err);
}

bool owner_enter(const char *folder, struct error *err)
{
    struct owner owner = find_owner(folder);

    if (owner.user == 0)
        return true;
    entered = true;
    if (take_groups(&owner) && setegid(owner.group) == 0 && seteuid(owner.user) == 0)
        return true;
    (void)fail(folder, "become the owner of the folder", err);
    owner_leave();
    return false;
}

/* Root's further groups are not asked for again: root needs none. */
void owner_leave(void)
{
    static const gid_t root = 0;

    if (!entered)
        return;
    entered = false;
    if (seteuid(0) != 0 || setegid(0) != 0 || setgroups(1, &root) != 0)
        abort(); /* a process that is half somebody else must not go on */
}
