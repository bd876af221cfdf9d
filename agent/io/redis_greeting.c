#include "agent/io/redis_greeting.h"

#include "agent/base/arena.h"
#include "agent/base/file.h"

#include <string.h>

struct redis_greeting {
    const char *name;
    const char *check; /* what to look at when it is refused */
    bool needed;
    bool (*suits)(const struct redis_reply *reply, const char *who,
                  struct error *err); /* or NULL */
};

/* ROLE answers with a list that begins with "master", "slave" or "sentinel". */
static bool is_master(const struct redis_reply *reply, const char *who, struct error *err)
{
    const char *role = redis_count(reply) > 0 ? redis_text(redis_at(reply, 0), NULL) : "";

    return strcmp(role, "master") == 0 ||
           error_set(err, ERROR_UNAVAILABLE, "%s is not a master now; its role is \"%.32s\".", who,
                     role);
}

static const struct redis_greeting greet_auth = {"AUTH", "; check the user and the password", true,
                                                 NULL};
static const struct redis_greeting greet_select = {"SELECT", "; check the number of the database",
                                                   true, NULL};
static const struct redis_greeting greet_name = {"CLIENT SETNAME", "", false, NULL};
/* A user who may not ask has the sentinel's word. */
static const struct redis_greeting greet_role = {"ROLE", "", false, is_master};

static void add(struct redis_commands *commands, const struct redis_greeting *greeting, int argc,
                const char *const *argv)
{
    struct redis_command *command = redis_command_new(argc, argv, NULL);

    command->greeting = greeting;
    STAILQ_INSERT_TAIL(commands, command, others);
}

/* AUTH as Redis 6 and later know it; without a user, as all versions do. */
static void add_password(struct redis_commands *commands, const char *user, const char *password)
{
    if (user != NULL)
        add(commands, &greet_auth, 3,
            (const char *[]){"AUTH", user, password != NULL ? password : ""});
    else if (password != NULL)
        add(commands, &greet_auth, 2, (const char *[]){"AUTH", password});
}

bool redis_greet(const struct redis_login *login, struct redis_commands *commands,
                 struct error *err)
{
    struct arena *arena = arena_new();
    const char *password = login->password;
    bool known = login->password_file == NULL ||
                 file_read_secret(login->password_file, arena, &password, err);

    if (known) {
        add_password(commands, login->user, password);
        if (login->database != 0)
            add(commands, &greet_select, 2,
                (const char *[]){"SELECT", arena_format(arena, "%d", login->database)});
        add(commands, &greet_name, 3, (const char *[]){"CLIENT", "SETNAME", "service-ping"});
        if (login->master)
            add(commands, &greet_role, 1, (const char *[]){"ROLE"});
    }
    arena_free(arena);
    return known;
}

/* Without a name we can live, but not on a connection that was refused as a whole. */
static bool may_be_refused(const struct redis_greeting *greeting, const struct redis_reply *reply,
                           const struct error *err)
{
    return !greeting->needed && err->kind != ERROR_UNAVAILABLE &&
           strncmp(redis_text(reply, NULL), "DENIED ", 7) != 0;
}

bool redis_greeting_accepted(const struct redis_greeting *greeting, const struct redis_reply *reply,
                             const char *who, struct error *err)
{
    struct error fault;

    if (redis_kind(reply) != REDIS_FAULT)
        return greeting->suits == NULL || greeting->suits(reply, who, err);
    (void)redis_reply_fault(reply, &fault);
    if (may_be_refused(greeting, reply, &fault))
        return true;
    *err = fault;
    return error_add_context(err, "%s refuses %s%s", who, greeting->name, greeting->check);
}
