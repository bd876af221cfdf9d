#include "agent/base/file.h"
#include "agent/settings_lists.h"
#include "agent/settings_reader.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DEFAULT_PATH "/etc/service-ping/service-ping.yml"
#define PREFIX       "SERVICE_PING_"
#define CREDENTIALS  "/run/credentials/service-ping.service"

static void note_document(struct settings_reader *reader, const struct doc_node *root)
{
    size_t count = reader->settings->document_count++;

    reader->documents =
        arena_grow(reader->scope.arena, reader->documents, count, sizeof(reader->documents[0]));
    reader->documents[count] = (struct settings_document){reader->file, root};
    reader->settings->documents = reader->documents;
}

static void load_file(struct settings_reader *reader, const char *path, bool may_be_missing)
{
    struct arena *arena = reader->scope.arena;
    const struct doc_node *root;
    const char *text;
    size_t length;
    struct error err = {0};
    int line;

    if (!file_read(path, arena, &text, &length, &err)) {
        if (!may_be_missing || err.kind != ERROR_MISSING)
            complain_of_file(reader->complaints, path, &err);
        return;
    }
    reader->file = path;
    root = doc_parse(text, length, arena, &line, &err);
    if (root == NULL) {
        complain(reader->complaints, path, line, NULL, "not readable as YAML: %s", err.text);
    } else {
        settings_reader_document(reader, root);
        note_document(reader, root);
    }
    reader->file = NULL;
}

static void load_drop_ins(struct settings_reader *reader, const char *path)
{
    const char *folder = arena_format(reader->scope.arena, "%s.d", path);
    struct file_list list;
    struct error err = {0};

    if (!file_list(folder, ".yml", reader->scope.arena, &list, &err)) {
        if (err.kind != ERROR_MISSING)
            complain_of_file(reader->complaints, folder, &err);
        return;
    }
    for (size_t i = 0; i < list.count; i++)
        if (strchr(list.paths[i] + strlen(folder) + 1, '/') == NULL)
            load_file(reader, list.paths[i], false);
}

static const char *variable(char *const *environment, const char *name)
{
    size_t length = strlen(name);

    for (char *const *entry = environment; *entry != NULL; entry++)
        if (strncmp(*entry, name, length) == 0 && (*entry)[length] == '=')
            return *entry + length + 1;
    return NULL;
}

/* Those of the running service are there for the verbs that root starts beside it. */
static const char *credentials(char *const *environment)
{
    const char *folder = variable(environment, "CREDENTIALS_DIRECTORY");

    return folder == NULL && access(CREDENTIALS, F_OK) == 0 ? CREDENTIALS : folder;
}

static int compare_entries(const void *left, const void *right)
{
    const char *const *a = left, *const *b = right;

    return strcmp(*a, *b);
}

/* In the order of their names, so that databases named only here stand in one order. */
static void load_environment(struct settings_reader *reader, char *const *environment)
{
    struct arena *arena = reader->scope.arena;
    const char **entries = NULL;
    size_t count = 0;

    for (char *const *entry = environment; *entry != NULL; entry++) {
        if (strncmp(*entry, PREFIX, strlen(PREFIX)) != 0)
            continue;
        entries = arena_grow(arena, entries, count, sizeof(entries[0]));
        entries[count++] = *entry + strlen(PREFIX);
    }
    if (count > 0)
        qsort(entries, count, sizeof(entries[0]), compare_entries);
    for (size_t i = 0; i < count; i++) {
        size_t length = strcspn(entries[i], "=");
        const char *name = arena_copy_bytes(arena, entries[i], length);
        const char *value = entries[i][length] == '=' ? entries[i] + length + 1 : "";

        /* CONFIG is the path that settings_load was given; an empty one counts as not set. */
        if (strcmp(name, "CONFIG") != 0 && *value != '\0')
            settings_reader_variable(reader, name, value);
    }
}

static void obey_do_not_track(struct settings *settings, char *const *environment)
{
    const char *value = variable(environment, "DO_NOT_TRACK");
    bool set = value != NULL && *value != '\0' && strcmp(value, "0") != 0;

    settings->do_not_track = set;
    settings->consent_not_tracked = set && settings->consent == CONSENT_ON;
    if (settings->consent_not_tracked)
        settings->consent = CONSENT_LOCAL;
}

static void set_own_values(struct settings *settings, struct arena *arena)
{
    char hostname[256] = "";

    settings->http.user_agent = "service-ping/" VERSION;
    settings->receive_database.name = "receive";
    if (gethostname(hostname, sizeof(hostname) - 1) == 0 && hostname[0] != '\0')
        settings->sources.hostname = arena_copy(arena, hostname);
}

bool settings_load(const char *path, char *const *environment, struct arena *arena,
                   struct settings *settings, struct complaints *complaints)
{
    struct settings_reader reader = {
        .settings = settings,
        .scope = {arena, credentials(environment)},
        .complaints = complaints,
    };
    size_t complaints_before = complaints->count;

    *settings = (struct settings){0};
    set_own_values(settings, arena);
    settings_reader_begin(&reader);
    load_file(&reader, path != NULL ? path : DEFAULT_PATH, path == NULL);
    load_drop_ins(&reader, path != NULL ? path : DEFAULT_PATH);
    load_environment(&reader, environment);
    settings_reader_end(&reader);
    settings_lists_load(&settings->key_files, arena, &settings->sources.keys, complaints);
    obey_do_not_track(settings, environment);
    return reader.complaints->count == complaints_before;
}
