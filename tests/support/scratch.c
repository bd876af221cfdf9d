#include "tests/support/scratch.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void expect(int done, const char *what)
{
    if (done)
        return;
    perror(what);
    abort();
}

void scratch_init(struct scratch *scratch)
{
    (void)snprintf(scratch->folder, sizeof(scratch->folder), "/tmp/service-ping-test-XXXXXX");
    expect(mkdtemp(scratch->folder) != NULL, scratch->folder);
}

static int remove_entry(const char *path, const struct stat *info, int type, struct FTW *where)
{
    (void)info;
    (void)type;
    (void)where;
    return remove(path);
}

void scratch_release(struct scratch *scratch)
{
    expect(nftw(scratch->folder, remove_entry, 8, FTW_DEPTH | FTW_PHYS) == 0, scratch->folder);
}

void scratch_write(const struct scratch *scratch, const char *name, const char *text)
{
    char path[512];
    FILE *file;

    (void)snprintf(path, sizeof(path), "%s/%s", scratch->folder, name);
    for (char *slash = path + strlen(scratch->folder) + 1; (slash = strchr(slash, '/')) != NULL;
         slash++) {
        *slash = '\0';
        (void)mkdir(path, 0700);
        *slash = '/';
    }
    file = fopen(path, "w");
    expect(file != NULL, path);
    expect(fputs(text, file) >= 0, path);
    expect(fclose(file) == 0, path);
}
