#include "agent/web/web.h"

#include "agent/base/file.h"
#include "agent/base/log.h"
#include "agent/base/memory.h"
#include "agent/io/loop.h"
#include "agent/web/assets.h"
#include "agent/web/web_events.h"
#include "agent/web/web_guard.h"
#include "agent/web/web_route.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { LARGEST_BODY = 1 << 20, MOST_NAME = 80 };

/* Where requests come in. */
struct door {
    struct web *web;
    struct http_server *server; /* NULL: closed */
    char *address;              /* path or "host:port"; NULL: closed */
    char *extra;                /* the socket's group, or the file of the token; may be NULL */
    bool tcp;
    char *tried, *tried_extra; /* what was asked for last, had or not */
};

struct web {
    struct web_request request;
    struct door socket, tcp;
    struct loop_timer *following; /* NULL: nothing is to be done */
    struct guard *guard;
    struct web_events *events;
    LIST_HEAD(calls, web_call) calls; /* not answered yet */
};

/* ---- Sessions ---- */

bool web_log_in(struct web_call *call, char id[UUID_TEXT_SIZE], struct error *err)
{
    const struct door *tcp = &call->web->tcp;

    if (tcp->extra == NULL)
        return error_set(err, ERROR_REFUSED,
                         "No session is needed on the socket, and over TCP nobody listens.");
    return guard_log_in(call->web->guard, tcp->extra, id, err);
}

void web_log_out(struct web_call *call)
{
    guard_log_out(call->web->guard, http_call_header(call->http, "Cookie"));
}

/* ---- Requests ---- */

const char *web_user(struct web_call *call)
{
    char name[MOST_NAME];

    if (call->door->tcp)
        return call->user;
    http_call_user(call->http, name, sizeof(name));
    return arena_format(call->arena, "%s (socket)", name);
}

/* Whether the route is of that path, and what of it is the handler's own. */
static bool is_at(const struct web_route *route, const char *path, const char **rest)
{
    size_t length = strlen(route->path);

    *rest = "";
    if (strcmp(route->path, path) == 0)
        return length == 1 || route->path[length - 1] != '/';
    if (length < 2 || route->path[length - 1] != '/' || strncmp(route->path, path, length) != 0)
        return false;
    *rest = path + length;
    return true;
}

/* A row without a method if there is none; `allowed` lists the methods of that path. */
static const struct web_route *find_route(const char *method, const char *path, const char **rest,
                                          struct str *allowed)
{
    const char *as = strcmp(method, "HEAD") == 0 ? "GET" : method;
    const struct web_route *route = web_routes, *found = NULL;

    for (; route->method != NULL; route++) {
        const char *its;

        if (!is_at(route, path, &its))
            continue;
        str_add_format(allowed, "%s%s", allowed->length > 0 ? ", " : "", route->method);
        if (strcmp(route->method, "GET") == 0)
            str_add(allowed, ", HEAD");
        if (found == NULL && strcmp(route->method, as) == 0) {
            found = route;
            *rest = its;
        }
    }
    return found != NULL ? found : route;
}

/* Who shows no token gets the page all the same, which asks for it; nothing stands in it yet. */
static void ask_who(struct web_call *call, const char *sentence)
{
    const struct web_asset *page = web_asset_find("/");
    const char *method = http_call_method(call->http);
    struct str body;

    if (page == NULL || strcmp(http_call_path(call->http), "/") != 0 ||
        (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0)) {
        web_refuse_with(call, 401, "WWW-Authenticate: Bearer", sentence);
        return;
    }
    str_init(&body);
    str_add_bytes(&body, page->file->bytes, page->file->length);
    web_answer(call, 401, page->type, &body);
    str_release(&body);
}

static bool is_admitted(struct web_call *call, const struct door *door, bool open)
{
    const struct http_call *http = call->http;
    const char *method = http_call_method(http);
    const struct guard_request request = {
        .host = http_call_header(http, "Host"),
        .origin = http_call_header(http, "Origin"),
        .authorization = http_call_header(http, "Authorization"),
        .private_token = http_call_header(http, "PRIVATE-TOKEN"),
        .cookie = http_call_header(http, "Cookie"),
        .ping = http_call_header(http, "X-Service-Ping"),
        .changes = strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0,
        .open = open,
        .port = door->tcp ? http_server_port(door->server) : 0,
    };
    static const char *const ways[] = {[GUARD_NOBODY] = "",
                                       [GUARD_SOCKET] = "",
                                       [GUARD_TOKEN] = "token",
                                       [GUARD_SESSION] = "page"};
    enum guard_way way;
    struct error err;
    int status = guard_check(door->web->guard, &request, door->extra, &way, &err);

    call->user = ways[way];
    if (status == 401)
        ask_who(call, err.text);
    else if (status != 200)
        web_refuse_with(call, status, NULL, err.text);
    return status == 200;
}

static struct web_call *call_new(struct door *door, struct http_call *http)
{
    const struct web_request *request = &door->web->request;
    struct web_call *call = memory_alloc(sizeof(*call));

    *call = (struct web_call){
        .web = door->web,
        .door = door,
        .http = http,
        .loop = request->loop,
        .daemon = request->daemon,
        .store = request->store,
        .sources = request->sources,
        .events = door->web->events,
        .arena = arena_new(),
    };
    LIST_INSERT_HEAD(&door->web->calls, call, others);
    return call;
}

static void called(struct http_call *http, void *arg)
{
    struct door *door = arg;
    struct web_call *call = call_new(door, http);
    const char *method = http_call_method(http), *path = http_call_path(http);
    const struct web_route *route;
    const char *allow;
    struct str allowed;

    str_init(&allowed);
    route = find_route(method, path, &call->rest, &allowed);
    allow = arena_format(call->arena, "Allow: %s", allowed.text);
    str_release(&allowed);
    if (!is_admitted(call, door, route->open))
        return;
    if (route->method != NULL)
        route->handle(call);
    else if (strcmp(allow, "Allow: ") != 0)
        web_refuse_with(call, 405, allow, "This cannot be asked for in that way.");
    else
        web_refuse(call, 404, "There is nothing at %.200s.", path);
}

/* ---- Doors ---- */

static char *copy_or_null(const char *text)
{
    size_t size = text != NULL ? strlen(text) + 1 : 0;
    char *copy = size > 0 ? memory_alloc(size) : NULL;

    if (copy != NULL)
        (void)memcpy(copy, text, size);
    return copy;
}

static bool is_text(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

/* What is not answered yet never will be. */
static void door_close(struct door *door)
{
    for (struct web_call *next, *call = LIST_FIRST(&door->web->calls); call != NULL; call = next) {
        next = LIST_NEXT(call, others);
        if (call->door != door)
            continue;
        if (call->give_up != NULL)
            call->give_up(call);
        web_call_end(call);
    }
    http_server_free(door->server);
    free(door->address);
    free(door->extra);
    door->server = NULL;
    door->address = door->extra = NULL;
}

static bool check_folder(const char *path, struct error *err)
{
    const char *slash = strrchr(path, '/');
    int length = slash != NULL ? (int)(slash - path) : 0;
    struct stat info;
    char folder[256];

    (void)snprintf(folder, sizeof(folder), "%.*s", length, path);
    if (length == 0 || (stat(folder, &info) == 0 && S_ISDIR(info.st_mode)))
        return true;
    return error_set(err, ERROR_UNAVAILABLE,
                     "http.socket: there is no folder %s for the agent's socket; make it, as "
                     "systemd does with RuntimeDirectory, or name another path, or '' for none",
                     folder);
}

static bool check_token(const char *listen, const char *token_file, struct error *err)
{
    struct arena *arena;
    const char *token;
    bool done;

    if (token_file == NULL)
        return error_set(err, ERROR_INVALID,
                         "http.listen: whoever asks over TCP at %s has to show a token, but "
                         "http.token_file names no file that holds one",
                         listen);
    arena = arena_new();
    done = file_read_secret(token_file, arena, &token, err) ||
           error_add_context(err, "http.token_file");
    arena_free(arena);
    return done;
}

/* The server of a door, as its settings say. */
static struct http_server *listen_at(struct door *door, const char *address, const char *extra,
                                     struct error *err)
{
    struct loop *loop = door->web->request.loop;

    if (door->tcp)
        return check_token(address, extra, err)
                   ? http_server_new(loop, address, LARGEST_BODY, called, door, err)
                   : NULL;
    return check_folder(address, err)
               ? http_server_new_unix(loop, &(struct http_socket){address, extra}, LARGEST_BODY,
                                      called, door, err)
               : NULL;
}

static void note_tried(struct door *door, const char *address, const char *extra)
{
    char *tried = copy_or_null(address), *tried_extra = copy_or_null(extra);

    free(door->tried);
    free(door->tried_extra);
    door->tried = tried;
    door->tried_extra = tried_extra;
}

/* A new address is had before the old one is given up; a socket's group changes with the file. */
static bool door_open(struct door *door, const char *address, const char *extra, struct error *err)
{
    const char *wanted = address != NULL && address[0] != '\0' ? address : NULL;
    bool same = is_text(door->address, wanted);
    struct http_server *server = NULL;

    note_tried(door, address, extra);
    if (same && (wanted == NULL || is_text(door->extra, extra)))
        return true;
    if (same && door->tcp) {
        if (!check_token(address, extra, err))
            return false;
        free(door->extra);
        door->extra = copy_or_null(extra);
        return true;
    }
    if (same)
        door_close(door);
    if (wanted != NULL && (server = listen_at(door, wanted, extra, err)) == NULL)
        return false;
    door_close(door);
    door->server = server;
    door->address = copy_or_null(wanted);
    door->extra = wanted != NULL ? copy_or_null(extra) : NULL;
    if (wanted != NULL)
        log_info("web", "listening on %s", wanted);
    return true;
}

bool web_reload(struct web *web, struct error *err)
{
    struct daemon_status status;
    struct error second;
    bool done, other;

    daemon_status(web->request.daemon, &status);
    done = door_open(&web->socket, status.settings->socket, status.settings->socket_group, err);
    other = door_open(&web->tcp, status.settings->web_listen, status.settings->web_token_file,
                      done ? err : &second);
    return done && other;
}

static void follow(void *arg)
{
    struct web *web = arg;
    struct error err;

    web->following = NULL;
    if (!web_reload(web, &err))
        log_error("web", "%s", err.text);
}

static bool was_tried(const struct door *door, const char *address, const char *extra)
{
    return is_text(door->tried, address) && is_text(door->tried_extra, extra);
}

void web_follow(struct web *web)
{
    const struct settings *settings;
    struct daemon_status status;

    daemon_status(web->request.daemon, &status);
    settings = status.settings;
    if (web->following == NULL &&
        !(was_tried(&web->socket, settings->socket, settings->socket_group) &&
          was_tried(&web->tcp, settings->web_listen, settings->web_token_file)))
        web->following = loop_after(web->request.loop, 0, follow, web);
}

struct web *web_new(const struct web_request *request, struct error *err)
{
    struct web *web = memory_alloc(sizeof(*web));

    web->request = *request;
    web->socket = (struct door){.web = web};
    web->tcp = (struct door){.web = web, .tcp = true};
    web->guard = guard_new();
    web->events = web_events_new(request);
    LIST_INIT(&web->calls);
    if (web_reload(web, err))
        return web;
    web_free(web);
    return NULL;
}

void web_free(struct web *web)
{
    if (web == NULL)
        return;
    loop_timer_cancel(web->following);
    door_close(&web->socket);
    door_close(&web->tcp);
    note_tried(&web->socket, NULL, NULL);
    note_tried(&web->tcp, NULL, NULL);
    web_events_free(web->events);
    guard_free(web->guard);
    free(web);
}

unsigned web_port(const struct web *web)
{
    return web->tcp.server != NULL ? http_server_port(web->tcp.server) : 0;
}
