#include "tests/support/place.h"

#include "agent/base/log.h"
#include "tests/support/require.h"

#include <dirent.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char digest_a[] = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
const char digest_b[] = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";

int place_set_up(void **state)
{
    struct place *place = calloc(1, sizeof(*place));

    REQUIRE(place != NULL);
    log_set_level(LEVEL_WARNING);
    (void)snprintf(place->folder, sizeof(place->folder), "/tmp/test_place.XXXXXX");
    REQUIRE(mkdtemp(place->folder) != NULL);
    REQUIRE(rmdir(place->folder) == 0);
    place->arena = arena_new();
    place_open(place);
    *state = place;
    return 0;
}

static void empty_folder(const struct place *place)
{
    DIR *dir = opendir(place->folder);
    struct dirent *entry;

    if (dir == NULL)
        return;
    while ((entry = readdir(dir)) != NULL)
        (void)unlink(place_path(place, entry->d_name));
    (void)closedir(dir);
}

int place_tear_down(void **state)
{
    struct place *place = *state;

    store_close(place->store);
    empty_folder(place);
    (void)rmdir(place->folder);
    arena_free(place->arena);
    free(place);
    return 0;
}

const char *place_path(const struct place *place, const char *name)
{
    return arena_format(place->arena, "%s/%s", place->folder, name);
}

void place_close(struct place *place)
{
    store_close(place->store);
    place->store = NULL;
}

void place_open(struct place *place)
{
    place_close(place);
    place->store = store_open(place->folder, &place->err);
    if (place->store == NULL)
        (void)fprintf(stderr, "%s\n", place->err.text);
    REQUIRE(place->store != NULL);
}

void place_expect(const struct place *place, const char *sql, const char *expected)
{
    sqlite3_stmt *ask;
    sqlite3 *db;
    const char *found;

    REQUIRE(sqlite3_open(place_path(place, "service-ping.db"), &db) == SQLITE_OK);
    REQUIRE(sqlite3_prepare_v2(db, sql, -1, &ask, NULL) == SQLITE_OK);
    REQUIRE(sqlite3_step(ask) == SQLITE_ROW);
    found = (const char *)sqlite3_column_text(ask, 0);
    if (strcmp(found, expected) != 0)
        (void)fprintf(stderr, "%s\nexpected: %s\nfound:    %s\n", sql, expected, found);
    REQUIRE(strcmp(found, expected) == 0);
    REQUIRE(sqlite3_finalize(ask) == SQLITE_OK);
    REQUIRE(sqlite3_close(db) == SQLITE_OK);
}

void place_change(const struct place *place, const char *sql)
{
    sqlite3 *db;

    REQUIRE(sqlite3_open(place_path(place, "service-ping.db"), &db) == SQLITE_OK);
    REQUIRE(sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK);
    REQUIRE(sqlite3_close(db) == SQLITE_OK);
}

void place_next(struct place *place, struct store_ping *ping)
{
    struct store_chain chain;

    REQUIRE(store_ping_next(place->store, &chain, &place->err));
    ping->seq = chain.seq;
    (void)snprintf(ping->previous_id, sizeof(ping->previous_id), "%s", chain.previous_id);
}
