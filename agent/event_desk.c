#include "agent/event_desk.h"

#include "agent/base/json.h"
#include "agent/base/memory.h"
#include "agent/event_form.h"

#include <stdlib.h>
#include <sys/queue.h>

#define IDLE_MS       60000
#define MOST_WAITING  100000 /* events: ten seconds' worth at 10,000 a second */
#define MOST_BYTES    ((size_t)32 << 20)
#define RETRY_RATE_S  1
#define RETRY_REDIS_S 5

struct event_desk {
    struct event_intake *intake;
    size_t waiting, bytes; /* of bodies not answered yet */
    LIST_HEAD(posts, event_post) posts;
};

/* One body on its way; in its arena. */
struct event_post {
    LIST_ENTRY(event_post) others;
    struct event_desk *desk;
    struct arena *arena;
    enum event_shape shape;
    struct event_body body;
    struct event *allowed; /* in the order of the items without a fault */
    size_t allowed_count, recorded, bytes;
    bool too_often;
    struct error err;         /* why not all the allowed were recorded */
    event_answered *answered; /* NULL: nobody waits */
    void *arg;
};

struct event_desk *event_desk_new(struct loop *loop, const struct source_ops *writer,
                                  const struct settings *settings, const struct catalog *catalog)
{
    struct event_desk *desk = memory_alloc(sizeof(*desk));

    LIST_INIT(&desk->posts);
    desk->intake = event_intake_new(loop, writer, settings, catalog, IDLE_MS);
    return desk;
}

static void post_free(struct event_post *post)
{
    LIST_REMOVE(post, others);
    post->desk->waiting -= post->allowed_count;
    post->desk->bytes -= post->bytes;
    arena_free(post->arena);
}

void event_desk_free(struct event_desk *desk)
{
    struct event_post *post;

    if (desk == NULL)
        return;
    event_intake_free(desk->intake);
    while ((post = LIST_FIRST(&desk->posts)) != NULL)
        post_free(post);
    free(desk);
}

void event_desk_use(struct event_desk *desk, const struct settings *settings,
                    const struct catalog *catalog)
{
    event_intake_use(desk->intake, settings, catalog);
}

/* Answering */

static bool is_gitlab(const struct event_post *post)
{
    return post->shape != EVENTS_OWN;
}

static void put_refused(struct js_writer *writer, const struct event_post *post)
{
    js_open_list(writer, "refused");
    for (size_t i = 0; i < post->body.count; i++) {
        if (post->body.items[i].fault == NULL)
            continue;
        js_open_object(writer, NULL);
        js_put_integer(writer, "index", (int64_t)i);
        js_put_text(writer, "error", post->body.items[i].fault);
        js_close_object(writer);
    }
    js_close_list(writer);
}

static void answer(const struct event_post *post, int status, unsigned retry_after_s,
                   const char *fault)
{
    struct event_answer said = {.status = status, .retry_after_s = retry_after_s};
    struct js_writer writer;
    struct str text;

    str_init(&text);
    js_begin(&writer, &text, false);
    js_open_object(&writer, NULL);
    if (fault != NULL) {
        js_put_text(&writer, "error", fault);
        if (is_gitlab(post))
            js_put_text(&writer, "message", fault);
    }
    js_put_integer(&writer, "recorded", (int64_t)post->recorded);
    put_refused(&writer, post);
    js_close_object(&writer);
    str_add_char(&text, '\n');
    said.body = &text;
    if (post->answered != NULL)
        post->answered(&said, post->arg);
    str_release(&text);
}

static const char *first_fault(const struct event_post *post)
{
    for (size_t i = 0; i < post->body.count; i++)
        if (post->body.items[i].fault != NULL)
            return post->body.items[i].fault;
    return NULL;
}

static void answer_nothing_recorded(const struct event_post *post)
{
    bool later = post->err.kind == ERROR_UNAVAILABLE || post->err.kind == ERROR_TIMEOUT;

    if (post->err.kind != ERROR_NONE)
        answer(post, later ? 503 : 500, later ? RETRY_REDIS_S : 0, post->err.text);
    else if (post->too_often)
        answer(post, 429, RETRY_RATE_S, first_fault(post));
    else if (post->body.count > 0 && !is_gitlab(post))
        answer(post, 400, 0, first_fault(post));
    else
        answer(post, 200, 0, NULL);
}

/* Of a body that was counted in part, whoever posted it needs to know which events were not. */
static void name_lost(struct event_post *post, const bool *lost)
{
    size_t at = 0;

    for (size_t i = 0; i < post->body.count; i++) {
        struct event_item *item = &post->body.items[i];

        if (item->fault == NULL && lost[at++])
            item->fault = arena_format(post->arena,
                                       "it was not counted, or not by all its "
                                       "counters: %s",
                                       post->err.text);
    }
}

static void recorded(size_t count, const bool *lost, const struct error *err, void *arg)
{
    struct event_post *post = arg;

    post->recorded = count;
    if (err != NULL)
        post->err = *err;
    if (err != NULL && count > 0)
        name_lost(post, lost);
    if (count > 0)
        answer(post, 200, 0, NULL);
    else
        answer_nothing_recorded(post);
    post_free(post);
}

/* Taking */

static void allow(struct event_post *post)
{
    struct event *allowed = ARENA_ARRAY(post->arena, struct event, post->body.count + 1);
    size_t count = 0;

    for (size_t i = 0; i < post->body.count; i++) {
        struct event_item *item = &post->body.items[i];
        struct error err;

        if (item->fault != NULL)
            continue;
        if (event_intake_allows(post->desk->intake, &item->event, &err)) {
            allowed[count++] = item->event;
            continue;
        }
        post->too_often |= err.kind == ERROR_UNAVAILABLE;
        item->fault = arena_copy(post->arena, err.text);
    }
    post->allowed = allowed;
    post->allowed_count = count;
    post->desk->waiting += count;
}

static bool read_form(const struct event_post *post, const struct event_request *request,
                      struct event_body *body, struct error *err)
{
    struct str json;
    bool read;

    str_init(&json);
    read = event_form_to_json(request->text, request->length, post->arena, &json, err) &&
           event_body_read(request->shape, json.text, json.length, post->arena, body, err);
    str_release(&json);
    return read;
}

static bool read_body(const struct event_post *post, const struct event_request *request,
                      struct event_body *body, struct error *err)
{
    return request->form ? read_form(post, request, body, err)
                         : event_body_read(request->shape, request->text, request->length,
                                           post->arena, body, err);
}

/* False: it was answered. */
static bool read_post(struct event_post *post, const struct event_request *request)
{
    struct event_desk *desk = post->desk;
    struct event_body body;
    struct error err;

    if (!read_body(post, request, &body, &err)) {
        answer(post, 400, 0, err.text);
        return false;
    }
    if (desk->waiting + body.count > MOST_WAITING || desk->bytes > MOST_BYTES) {
        answer(post, 429, RETRY_RATE_S, "Too many events wait to be recorded; none was taken.");
        return false;
    }
    post->body = body;
    allow(post);
    if (post->allowed_count == 0)
        answer_nothing_recorded(post);
    return post->allowed_count > 0;
}

struct event_post *event_desk_take(struct event_desk *desk, const struct event_request *request,
                                   event_answered *answered, void *arg)
{
    struct arena *arena = arena_new();
    struct event_post *post = ARENA_NEW(arena, struct event_post);

    *post = (struct event_post){.desk = desk,
                                .arena = arena,
                                .shape = request->shape,
                                .bytes = request->length,
                                .answered = answered,
                                .arg = arg};
    LIST_INSERT_HEAD(&desk->posts, post, others);
    desk->bytes += request->length;
    if (!read_post(post, request)) {
        post_free(post);
        return NULL;
    }
    event_intake_record(desk->intake, post->allowed, post->allowed_count, recorded, post);
    return post;
}

void event_post_leave(struct event_post *post)
{
    post->answered = NULL;
}
