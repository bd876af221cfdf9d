/*
 * An agent that answers by its socket and by TCP, in the test's own process, and how it is asked:
 * the instance of shown.h, whose schedule is a long way off, so that nothing happens by itself.
 */
#ifndef TESTS_SUPPORT_OFFICE_H
#define TESTS_SUPPORT_OFFICE_H

#include "agent/web/web.h"
#include "tests/support/raw_http.h"
#include "tests/support/shown.h"

struct office {
    struct shown shown;
    struct daemon *daemon;
    struct loop *loop;
    struct web *web;
    struct raw_http http;
    struct arena *arena;
    const char *path;
    char port[8];
};

/* For cmocka: *state becomes a struct office, which listens. */
int office_set_up(void **state);
int office_tear_down(void **state);

/* The token that lets in over TCP; and another one from now on. */
extern const char office_token[];
void office_write_token(struct office *office, const char *text);

/* Settings with these members of `http` (YAML); office_usual is what they are at first. */
#define OFFICE_ALWAYS "schedule: '0 4 1 1 *'\n"
void office_settle(struct office *office, const char *http);
const char *office_usual(struct office *office);

/* The daemon and the web begun, for who has let go of the first ones; NULL with why not. */
void office_begin_daemon(struct office *office);
struct web *office_begin(struct office *office, struct error *err);

bool office_reload(struct office *office); /* of the daemon */
struct daemon_status office_status(const struct office *office);
void office_note_port(struct office *office); /* TCP is listened on anew */

/* Asks "GET /path"; body NULL: none. The status of the answer, which is office->http. `headers`
 * with Host, each ended by \r\n; "@" stands for the port. */
enum office_door { BY_SOCKET, BY_TCP };
int office_ask_with(struct office *office, enum office_door door, const char *line,
                    const char *headers, const char *body);
int office_ask(struct office *office, const char *line, const char *body); /* by the socket */

/* Fails the test unless the answer is JSON, or has these parts. */
void office_expect_json(struct office *office);
void office_expect_body(struct office *office, const char *part);
void office_expect_header(struct office *office, const char *name, const char *part);

#endif
