#include "agent/io/http_client.h"

#include "agent/base/arena.h"
#include "agent/base/memory.h"
#include "agent/base/str.h"
#include "agent/io/loop.h"

#include <curl/curl.h>
#include <event2/event.h>

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#define DEFAULT_TIMEOUT_MS 30000U
#define MOST_CONNECT_MS    10000U
#define LARGEST_ANSWER     ((size_t)1 << 20)

/* A socket of libcurl's, while it wants to hear of it. */
struct watch {
    LIST_ENTRY(watch) others;
    struct http_client *client;
    struct event *event;
};

struct http_exchange {
    TAILQ_ENTRY(http_exchange) others;
    struct http_client *client;
    http_done *done; /* NULL: it is being called */
    void *arg;
    struct arena *arena;
    const char *host; /* for messages: never with the URL's credentials */
    CURL *easy;
    struct curl_slist *headers;
    struct str answer;
    bool too_large;
    char words[CURL_ERROR_SIZE]; /* libcurl's, of what went wrong */
    struct error failure;        /* known before anything is sent */
    struct loop_timer *timer;    /* tells the failure from the loop; NULL: there is none */
};

struct http_client {
    struct loop *loop;
    const struct http_config *config;
    CURLM *multi;
    struct event *timer; /* libcurl's one timer */
    LIST_HEAD(watches, watch) watches;
    TAILQ_HEAD(exchanges, http_exchange) exchanges;
    bool busy;  /* callbacks may be running: only release() may free */
    bool freed; /* by its owner */
};

/* What libcurl's result means to us, and what to look at. All else is UNAVAILABLE. */
static const struct {
    CURLcode code;
    enum error_kind kind;
    const char *check;
} faults[] = {
    {CURLE_URL_MALFORMAT, ERROR_INVALID, "check the URL"},
    {CURLE_OPERATION_TIMEDOUT, ERROR_TIMEOUT, "check the network, firewalls and the proxy"},
    {CURLE_COULDNT_RESOLVE_HOST, ERROR_UNAVAILABLE, "check the name and the DNS of this machine"},
    {CURLE_COULDNT_RESOLVE_PROXY, ERROR_UNAVAILABLE, "check the proxy's name"},
    {CURLE_COULDNT_CONNECT, ERROR_UNAVAILABLE, "check the address, firewalls and the proxy"},
    {CURLE_PEER_FAILED_VERIFICATION, ERROR_UNAVAILABLE,
     "its certificate is not trusted: check the CA file, the host's name and this machine's clock"},
    {CURLE_SSL_ISSUER_ERROR, ERROR_UNAVAILABLE,
     "its certificate is not trusted: check the CA file"},
    {CURLE_SSL_CACERT_BADFILE, ERROR_UNAVAILABLE, "check the CA file"},
    {CURLE_SSL_CERTPROBLEM, ERROR_UNAVAILABLE, "check the client's certificate and key"},
    {CURLE_RECV_ERROR, ERROR_UNAVAILABLE,
     "check the network, the proxy and the client's certificate"},
    {CURLE_SSL_CONNECT_ERROR, ERROR_UNAVAILABLE,
     "check that it speaks TLS 1.2 or later at this port"},
};

static bool set_fault(const struct http_exchange *exchange, CURLcode code, struct error *err)
{
    const char *words = exchange->words, *check = "check the network and the proxy";
    enum error_kind kind = ERROR_UNAVAILABLE;

    if (exchange->too_large)
        return error_set(
            err, ERROR_INVALID,
            "%s answers with more than %zu bytes; check that the URL is the right one.",
            exchange->host, LARGEST_ANSWER);
    for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
        if (faults[i].code == code) {
            kind = faults[i].kind;
            check = faults[i].check;
        }
    }
    /* Some messages of libcurl quote the proxy's URL, in which a password may stand. */
    if (words[0] == '\0' || strchr(words, '@') != NULL || strstr(words, "://") != NULL)
        words = curl_easy_strerror(code);
    return error_set(err, kind, "The request to %s failed: %s; %s.", exchange->host, words, check);
}

/* The life of an exchange */

static size_t body_arrived(char *bytes, size_t one, size_t length, void *arg)
{
    struct http_exchange *exchange = arg;

    (void)one;
    if (length > LARGEST_ANSWER - exchange->answer.length) {
        exchange->too_large = true;
        return 0;
    }
    str_add_bytes(&exchange->answer, bytes, length);
    return length;
}

static struct http_exchange *exchange_new(struct http_client *client, http_done *done, void *arg)
{
    struct http_exchange *exchange = memory_alloc(sizeof(*exchange));

    exchange->client = client;
    exchange->done = done;
    exchange->arg = arg;
    exchange->arena = arena_new();
    exchange->easy = curl_easy_init();
    if (exchange->easy == NULL)
        memory_exhausted();
    str_init(&exchange->answer);
    TAILQ_INSERT_TAIL(&client->exchanges, exchange, others);
    return exchange;
}

static void exchange_free(struct http_exchange *exchange)
{
    curl_easy_cleanup(exchange->easy);
    curl_slist_free_all(exchange->headers);
    str_release(&exchange->answer);
    arena_free(exchange->arena);
    free(exchange);
}

/* After this nothing can call it back any more. */
static void exchange_detach(struct http_exchange *exchange)
{
    TAILQ_REMOVE(&exchange->client->exchanges, exchange, others);
    (void)curl_multi_remove_handle(exchange->client->multi, exchange->easy);
    loop_timer_cancel(exchange->timer);
    exchange->timer = NULL;
}

static void exchange_end(struct http_exchange *exchange, const struct http_response *response,
                         const struct error *err)
{
    http_done *done = exchange->done;

    exchange->done = NULL;
    done(response, err, exchange->arg);
    exchange_free(exchange);
}

static const char *answer_header(struct http_exchange *exchange, const char *name)
{
    struct curl_header *header;

    if (curl_easy_header(exchange->easy, name, 0, CURLH_HEADER, -1, &header) != CURLHE_OK)
        return NULL;
    return arena_copy(exchange->arena, header->value);
}

static void finish(struct http_exchange *exchange, CURLcode code)
{
    struct http_response response = {0};
    struct error err;
    long status = 0;

    exchange_detach(exchange);
    if (code != CURLE_OK) {
        (void)set_fault(exchange, code, &err);
        exchange_end(exchange, NULL, &err);
        return;
    }
    (void)curl_easy_getinfo(exchange->easy, CURLINFO_RESPONSE_CODE, &status);
    response = (struct http_response){
        .status = (int)status,
        .body = exchange->answer.text,
        .length = exchange->answer.length,
        .location = answer_header(exchange, "Location"),
        .retry_after = answer_header(exchange, "Retry-After"),
        .date = answer_header(exchange, "Date"),
    };
    exchange_end(exchange, &response, NULL);
}

/* Between libcurl and the loop */

static void hold(struct http_client *client)
{
    client->busy = true;
}

/* Last, when no handle of libcurl's is left. libcurl counts how often it was begun. */
static void client_free(struct http_client *client)
{
    curl_global_cleanup();
    free(client);
}

static void release(struct http_client *client)
{
    client->busy = false;
    if (client->freed)
        client_free(client);
}

/* Ends what libcurl has finished; callbacks may send, cancel, and free the client. */
static void collect(struct http_client *client)
{
    CURLMsg *message;
    int left;

    while (!client->freed && (message = curl_multi_info_read(client->multi, &left)) != NULL) {
        CURLcode code = message->data.result;
        struct http_exchange *exchange = NULL;

        (void)curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&exchange);
        finish(exchange, code);
    }
}

static void act(struct http_client *client, curl_socket_t socket, int what)
{
    int running;

    hold(client);
    (void)curl_multi_socket_action(client->multi, socket, what, &running);
    collect(client);
    release(client);
}

static void socket_ready(evutil_socket_t socket, short what, void *arg)
{
    const struct watch *watch = arg;

    act(watch->client, socket,
        ((what & EV_READ) != 0 ? CURL_CSELECT_IN : 0) |
            ((what & EV_WRITE) != 0 ? CURL_CSELECT_OUT : 0));
}

static void timer_due(evutil_socket_t none, short what, void *arg)
{
    (void)none;
    (void)what;
    act(arg, CURL_SOCKET_TIMEOUT, 0);
}

static void watch_free(struct watch *watch)
{
    LIST_REMOVE(watch, others);
    if (watch->event != NULL)
        event_free(watch->event);
    free(watch);
}

static struct watch *watch_new(struct http_client *client, curl_socket_t socket)
{
    struct watch *watch = memory_alloc(sizeof(*watch));

    watch->client = client;
    LIST_INSERT_HEAD(&client->watches, watch, others);
    (void)curl_multi_assign(client->multi, socket, watch);
    return watch;
}

static int socket_wanted(CURL *easy, curl_socket_t socket, int what, void *arg, void *known)
{
    static const short events[] = {[CURL_POLL_IN] = EV_READ,
                                   [CURL_POLL_OUT] = EV_WRITE,
                                   [CURL_POLL_INOUT] = EV_READ | EV_WRITE};
    struct http_client *client = arg;
    struct watch *watch = known;

    (void)easy;
    if (what == CURL_POLL_REMOVE) {
        if (watch != NULL)
            watch_free(watch);
        return 0;
    }
    if (watch == NULL)
        watch = watch_new(client, socket);
    if (watch->event != NULL)
        event_free(watch->event);
    watch->event = event_new(loop_base(client->loop), socket, (short)(events[what] | EV_PERSIST),
                             socket_ready, watch);
    if (watch->event == NULL || event_add(watch->event, NULL) != 0)
        memory_exhausted();
    return 0;
}

/* libcurl must not be called in here: a time of 0 comes from the loop, too. */
static int timer_wanted(CURLM *multi, long ms, void *arg)
{
    const struct http_client *client = arg;
    const struct timeval wait = {.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000};

    (void)multi;
    if (ms < 0)
        (void)event_del(client->timer);
    else
        (void)event_add(client->timer, &wait);
    return 0;
}

/* Making a request */

static const char *url_part(struct http_exchange *exchange, CURLU *url, CURLUPart what)
{
    const char *copy = "";
    char *text = NULL;

    if (curl_url_get(url, what, &text, 0) == CURLUE_OK)
        copy = arena_copy(exchange->arena, text);
    curl_free(text);
    return copy;
}

/* Finds the host for messages; a URL that is no good is told of without what stands in it. */
static bool read_url(struct http_exchange *exchange, const char *text, struct error *err)
{
    CURLU *url = curl_url();
    CURLUcode code = curl_url_set(url, CURLUPART_URL, text, CURLU_NON_SUPPORT_SCHEME);
    const char *scheme = url_part(exchange, url, CURLUPART_SCHEME);
    const char *host = url_part(exchange, url, CURLUPART_HOST);
    const char *port = url_part(exchange, url, CURLUPART_PORT);

    curl_url_cleanup(url);
    exchange->host =
        arena_format(exchange->arena, "%s%s%s", host, port[0] != '\0' ? ":" : "", port);
    if (code != CURLUE_OK)
        return error_set(err, ERROR_INVALID,
                         "The URL cannot be read (%s); write it as https://host/path.",
                         curl_url_strerror(code));
    if (strcmp(scheme, "https") != 0 && strcmp(scheme, "http") != 0)
        return error_set(err, ERROR_INVALID,
                         "The URL of %s begins with %s://; only https:// and http:// are possible.",
                         exchange->host, scheme);
    return true;
}

static void add_header(struct http_exchange *exchange, const char *line)
{
    struct curl_slist *longer = curl_slist_append(exchange->headers, line);

    if (longer == NULL)
        memory_exhausted();
    exchange->headers = longer;
}

static void set_limits(const struct http_exchange *exchange)
{
    CURL *easy = exchange->easy;
    unsigned timeout_ms = exchange->client->config->timeout_ms;
    unsigned whole_ms = timeout_ms > 0 ? timeout_ms : DEFAULT_TIMEOUT_MS;
    unsigned connect_ms = whole_ms < MOST_CONNECT_MS ? whole_ms : MOST_CONNECT_MS;

    (void)curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)whole_ms);
    (void)curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)connect_ms);
    (void)curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    /* The end of a name's lookup is not waited for, or a slow DNS would hold the whole loop. */
    (void)curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
    (void)curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    (void)curl_easy_setopt(easy, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    (void)curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "https,http");
    (void)curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    /* Who speaks once a week holds no connection in between. */
    (void)curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
}

static void set_trust(const struct http_exchange *exchange)
{
    const struct http_config *config = exchange->client->config;
    CURL *easy = exchange->easy;

    (void)curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    (void)curl_easy_setopt(easy, CURLOPT_PROXY_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    (void)curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
    (void)curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
    if (config->ca_file != NULL) {
        /* Instead of the system's: Debian's libcurl would trust its folder as well. */
        (void)curl_easy_setopt(easy, CURLOPT_CAINFO, config->ca_file);
        (void)curl_easy_setopt(easy, CURLOPT_CAPATH, (char *)NULL);
    }
    if (config->client_certificate != NULL)
        (void)curl_easy_setopt(easy, CURLOPT_SSLCERT, config->client_certificate);
    if (config->client_key != NULL)
        (void)curl_easy_setopt(easy, CURLOPT_SSLKEY, config->client_key);
    if (config->socket != NULL)
        (void)curl_easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, config->socket);
    if (config->proxy != NULL || config->socket != NULL)
        (void)curl_easy_setopt(easy, CURLOPT_PROXY, config->socket != NULL ? "" : config->proxy);
    if (config->user_agent != NULL)
        (void)curl_easy_setopt(easy, CURLOPT_USERAGENT, config->user_agent);
}

static void set_request(struct http_exchange *exchange, const struct http_request *request)
{
    CURL *easy = exchange->easy;

    (void)curl_easy_setopt(easy, CURLOPT_URL, request->url);
    if (strcmp(request->method, "HEAD") == 0) {
        (void)curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
    } else {
        if (request->body != NULL || strcmp(request->method, "POST") == 0) {
            (void)curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
                                   (curl_off_t)request->body_length);
            (void)curl_easy_setopt(easy, CURLOPT_COPYPOSTFIELDS,
                                   request->body != NULL ? request->body : "");
        }
        (void)curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request->method);
    }
    /* Large bodies go at once, without asking first: proxies answer that in odd ways. */
    add_header(exchange, "Expect:");
    for (size_t i = 0; request->headers != NULL && request->headers[i] != NULL; i++)
        add_header(exchange, request->headers[i]);
    (void)curl_easy_setopt(easy, CURLOPT_HTTPHEADER, exchange->headers);
    (void)curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, body_arrived);
    (void)curl_easy_setopt(easy, CURLOPT_WRITEDATA, exchange);
    (void)curl_easy_setopt(easy, CURLOPT_PRIVATE, exchange);
    (void)curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, exchange->words);
}

static void tell_failure(void *arg)
{
    struct http_exchange *exchange = arg;
    struct http_client *client = exchange->client;
    struct error err = exchange->failure;

    exchange->timer = NULL;
    hold(client);
    exchange_detach(exchange);
    exchange_end(exchange, NULL, &err);
    release(client);
}

/* What callers see */

struct http_client *http_client_new(struct loop *loop, const struct http_config *config)
{
    struct http_client *client = memory_alloc(sizeof(*client));

    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        memory_exhausted();
    client->loop = loop;
    client->config = config;
    client->multi = curl_multi_init();
    client->timer = evtimer_new(loop_base(loop), timer_due, client);
    if (client->multi == NULL || client->timer == NULL)
        memory_exhausted();
    LIST_INIT(&client->watches);
    TAILQ_INIT(&client->exchanges);
    (void)curl_multi_setopt(client->multi, CURLMOPT_SOCKETFUNCTION, socket_wanted);
    (void)curl_multi_setopt(client->multi, CURLMOPT_SOCKETDATA, client);
    (void)curl_multi_setopt(client->multi, CURLMOPT_TIMERFUNCTION, timer_wanted);
    (void)curl_multi_setopt(client->multi, CURLMOPT_TIMERDATA, client);
    return client;
}

void http_client_free(struct http_client *client)
{
    if (client == NULL)
        return;
    for (struct http_exchange *next, *each = TAILQ_FIRST(&client->exchanges); each != NULL;
         each = next) {
        next = TAILQ_NEXT(each, others);
        exchange_detach(each);
        exchange_free(each);
    }
    (void)curl_multi_cleanup(client->multi);
    for (struct watch *next, *each = LIST_FIRST(&client->watches); each != NULL; each = next) {
        next = LIST_NEXT(each, others);
        watch_free(each);
    }
    event_free(client->timer);
    client->freed = true;
    if (!client->busy)
        client_free(client);
}

struct http_exchange *http_send(struct http_client *client, const struct http_request *request,
                                http_done *done, void *arg)
{
    struct http_exchange *exchange = exchange_new(client, done, arg);

    if (!read_url(exchange, request->url, &exchange->failure)) {
        exchange->timer = loop_after(client->loop, 0, tell_failure, exchange);
        return exchange;
    }
    set_limits(exchange);
    set_trust(exchange);
    set_request(exchange, request);
    if (curl_multi_add_handle(client->multi, exchange->easy) != CURLM_OK)
        memory_exhausted();
    return exchange;
}

void http_cancel(struct http_exchange *exchange)
{
    if (exchange == NULL || exchange->done == NULL)
        return;
    exchange_detach(exchange);
    exchange_free(exchange);
}
