/*
 * One query at a time, asked as if it waited: for tests on a real server. What takes longer than
 * 20 s ends the whole program with TAP's "Bail out!".
 */
#ifndef TESTS_SUPPORT_ASKING_H
#define TESTS_SUPPORT_ASKING_H

#include "agent/io/db.h"

struct loop;

/* What came back; the first field of the first row, in every form that it has. */
struct asked {
    unsigned calls; /* how often the callback was called */
    struct error err;
    char sqlstate[6];
    int rows;
    bool is_null;
    char text[256];
    bool is_integer;
    int64_t integer;
    bool is_list;
    size_t list_count;
    int64_t list[8]; /* its first elements */
    int64_t list_sum;
    int64_t took_us;
};

/* Timeout of 10 s, reading. */
struct asked ask(struct loop *loop, struct db *db, const char *sql);
struct asked ask_statement(struct loop *loop, struct db *db, const struct db_statement *statement);

/* A callback for db_query whose `arg` is a struct asking; stops the loop. */
struct asking {
    struct loop *loop;
    struct db *db;
    struct asked asked;
};
void asking_done(const struct db_result *result, const struct error *err, void *arg);

/* Asks again and again until the first field is true (or 1). */
void ask_until(struct loop *loop, struct db *db, const char *sql);

/* Runs the loop until *count is at least `least`. */
void run_until(struct loop *loop, const unsigned *count, unsigned least);

#endif
