#include "agent/web/web_guard.h"

#include "agent/base/clock.h"
#include "agent/base/file.h"
#include "agent/base/log.h"
#include "agent/base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { MOST_SESSIONS = 16 };

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS  "0123456789"

/* Only digests are kept: who reads the memory of the agent gets no cookie. */
struct session {
    char id[DIGEST_TEXT_SIZE], token[DIGEST_TEXT_SIZE];
    int64_t until_us; /* now_monotonic_us(); 0: none */
};

struct guard {
    struct session sessions[MOST_SESSIONS];
    bool told_wrong; /* that somebody came with a wrong token, since the last right one */
};

struct guard *guard_new(void)
{
    return memory_alloc(sizeof(struct guard));
}

void guard_free(struct guard *guard)
{
    free(guard);
}

/* ---- Names of hosts ---- */

static bool is_port(const char *text, unsigned port)
{
    char expected[16];

    if (*text == '\0')
        return port == 80;
    (void)snprintf(expected, sizeof(expected), ":%u", port);
    return strcmp(text, expected) == 0;
}

/* What follows the name in "name:port", if the name is one of this machine's loopback. */
static const char *after_loopback(const char *host)
{
    static const char *const names[] = {"localhost", "[::1]"};
    size_t length = strspn(host, DIGITS ".");

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (strncasecmp(host, names[i], strlen(names[i])) == 0)
            return host + strlen(names[i]);
    return length > 0 && strncmp(host, "127.", strlen("127.")) == 0 ? host + length : NULL;
}

/* A name without a point in it is in no public DNS, so no foreign page can be of that name. */
static bool is_plain_name(const char *host)
{
    size_t length = strspn(host, LETTERS DIGITS "-_");
    const char *port = host + length;

    return *port == '\0' || (length > 0 && *port == ':' && port[1 + strspn(port + 1, DIGITS)] == 0);
}

static bool is_our_host(const struct guard_request *request)
{
    const char *host = request->host, *rest = host != NULL ? after_loopback(host) : NULL;

    if (request->port == 0)
        return host == NULL || is_plain_name(host) ||
               (rest != NULL && (*rest == '\0' || *rest == ':'));
    return rest != NULL && is_port(rest, request->port);
}

/* Browsers name the page that a request comes from. */
static bool is_our_page(const struct guard_request *request)
{
    const char *origin = request->origin;

    return origin == NULL || (request->host != NULL && strncmp(origin, "http://", 7) == 0 &&
                              strcasecmp(origin + 7, request->host) == 0);
}

/* ---- Tokens and sessions ---- */

/* Takes the same time wherever they differ. */
static bool is_same(const char a[DIGEST_TEXT_SIZE], const char b[DIGEST_TEXT_SIZE])
{
    volatile unsigned difference = 0;

    for (size_t i = 0; i < DIGEST_TEXT_SIZE; i++)
        difference |= (unsigned)(unsigned char)a[i] ^ (unsigned)(unsigned char)b[i];
    return difference == 0;
}

static void digest_of(const char *text, char out[DIGEST_TEXT_SIZE])
{
    (void)digest_text(text, strlen(text), out);
}

static bool read_token(const char *token_file, char out[DIGEST_TEXT_SIZE], struct error *err)
{
    struct arena *arena = arena_new();
    const char *token;
    bool done = file_read_secret(token_file, arena, &token, err);

    if (done)
        digest_of(token, out);
    arena_free(arena);
    return done;
}

/* NULL: the request shows none. GitLab's clients have a header of their own for it. */
static const char *token_of(const struct guard_request *request)
{
    const char *shown = request->authorization;

    if (shown == NULL || strncasecmp(shown, "Bearer ", 7) != 0)
        return request->private_token;
    return shown + 7 + strspn(shown + 7, " ");
}

/* "a=1; service_ping_session=ID; b=2" */
static bool session_of(const char *cookie, char out[DIGEST_TEXT_SIZE])
{
    static const char name[] = GUARD_COOKIE "=";
    char id[UUID_TEXT_SIZE];

    while (cookie != NULL && *cookie != '\0') {
        cookie += strspn(cookie, "; ");
        if (strncmp(cookie, name, sizeof(name) - 1) == 0) {
            const char *from = cookie + sizeof(name) - 1;

            (void)snprintf(id, sizeof(id), "%.*s", (int)strcspn(from, "; "), from);
            digest_of(id, out);
            return true;
        }
        cookie += strcspn(cookie, ";");
    }
    return false;
}

static struct session *find_session(struct guard *guard, const char *cookie)
{
    char id[DIGEST_TEXT_SIZE];

    if (!session_of(cookie, id))
        return NULL;
    for (size_t i = 0; i < MOST_SESSIONS; i++) {
        struct session *session = &guard->sessions[i];

        if (session->until_us > now_monotonic_us() && is_same(session->id, id))
            return session;
    }
    return NULL;
}

static bool shows_token(struct guard *guard, const char *shown, const char token[DIGEST_TEXT_SIZE])
{
    char digest[DIGEST_TEXT_SIZE];
    bool right;

    digest_of(shown, digest);
    right = is_same(digest, token);
    if (!right && !guard->told_wrong)
        log_warning("web", "somebody on this machine came with a wrong token");
    guard->told_wrong = !right;
    return right;
}

static bool wants_log_in(struct error *err, const char *why)
{
    return error_set(err, ERROR_DENIED,
                     "%s: send the token that the file of http.token_file holds, as "
                     "'Authorization: Bearer TOKEN'.",
                     why);
}

static bool says_who(struct guard *guard, const struct guard_request *request,
                     const char *token_file, enum guard_way *way, struct error *err)
{
    const char *shown = token_of(request);
    char token[DIGEST_TEXT_SIZE];
    const struct session *session;

    if (!read_token(token_file, token, err))
        return false;
    if (shown != NULL) {
        *way = GUARD_TOKEN;
        return shows_token(guard, shown, token) || wants_log_in(err, "That is not the token");
    }
    session = find_session(guard, request->cookie);
    if (session == NULL || !is_same(session->token, token))
        return wants_log_in(err, "Who asks over TCP has to say who he is");
    *way = GUARD_SESSION;
    return true;
}

int guard_check(struct guard *guard, const struct guard_request *request, const char *token_file,
                enum guard_way *way, struct error *err)
{
    *way = request->port == 0 ? GUARD_SOCKET : GUARD_NOBODY;
    if (!is_our_host(request)) {
        (void)error_set(err, ERROR_DENIED,
                        "This agent is asked by a name of its own machine only, such as "
                        "localhost, with its port.");
        return 403;
    }
    if (request->changes && !is_our_page(request)) {
        (void)error_set(err, ERROR_DENIED, "A page of another site may not ask for this.");
        return 403;
    }
    if (request->open || request->port == 0)
        return 200;
    if (!says_who(guard, request, token_file, way, err))
        return 401;
    if (*way == GUARD_SESSION && request->changes &&
        (request->ping == NULL || strcmp(request->ping, "1") != 0)) {
        (void)error_set(err, ERROR_DENIED,
                        "With a session's cookie this needs the header 'X-Service-Ping: 1'.");
        return 403;
    }
    return 200;
}

bool guard_log_in(struct guard *guard, const char *token_file, char session[UUID_TEXT_SIZE],
                  struct error *err)
{
    struct session *oldest = &guard->sessions[0], begun = {.until_us = now_monotonic_us()};

    begun.until_us += GUARD_SESSION_S * US_PER_SECOND;
    if (!read_token(token_file, begun.token, err))
        return false;
    digest_of(uuid_random(session), begun.id);
    for (size_t i = 1; i < MOST_SESSIONS; i++)
        if (guard->sessions[i].until_us < oldest->until_us)
            oldest = &guard->sessions[i];
    *oldest = begun;
    return true;
}

void guard_log_out(struct guard *guard, const char *cookie)
{
    struct session *session = find_session(guard, cookie);

    if (session != NULL)
        *session = (struct session){0};
}
