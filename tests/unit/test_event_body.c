/* Bodies of requests that bring events: their forms, and what is refused. */
#include "tests/support/test.h"

#include "agent/base/str.h"
#include "agent/event_body.h"

#include <string.h>

static struct arena *arena;

static int begin(void **state)
{
    (void)state;
    arena = arena_new();
    return 0;
}

static int end(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

/* "name(user,project,namespace)[property=text property:number]" or "!fault", one a line. */
static void write_item(const struct event_item *item, struct str *out)
{
    const struct event *event = &item->event;

    if (item->fault != NULL) {
        str_add_format(out, "!%s\n", item->fault);
        return;
    }
    str_add_format(out, "%s(%s,%s,%s)[", event->name, event->user != NULL ? event->user : "",
                   event->project != NULL ? event->project : "",
                   event->namespace != NULL ? event->namespace : "");
    for (size_t i = 0; i < event->property_count; i++)
        str_add_format(out, "%s%s%c%s", i > 0 ? " " : "", event->properties[i].name,
                       event->properties[i].is_number ? ':' : '=', event->properties[i].text);
    str_add(out, "]\n");
}

static const struct {
    const char *name;
    enum event_shape shape;
    const char *text, *says; /* the items, or the error of the whole */
    bool refused;
} cases[] = {
    {"an event", EVENTS_OWN, "{\"event\":\"e\"}", "e(,,)[]\n", false},
    {"ids as numbers, texts and null", EVENTS_OWN,
     "{\"event\":\"e\",\"user\":1,\"project\":\"p\",\"namespace\":null}", "e(1,p,)[]\n", false},
    {"properties in their order, null left out", EVENTS_OWN,
     "{\"label\":\"l\",\"event\":\"e\",\"x\":null,\"value\":1.50,\"custom\":\"c\"}",
     "e(,,)[label=l value:1.50 custom=c]\n", false},
    {"blanks and lines around it", EVENTS_OWN, " \r\n{\"event\":\"e\"}\n\n ", "e(,,)[]\n", false},
    {"an event over several lines", EVENTS_OWN, "{\n\"event\":\"e\",\n\"user\": 2\n}\n",
     "e(2,,)[]\n", false},
    {"one event a line", EVENTS_OWN, "{\"event\":\"e\"}\n\n{\"event\":\"f\",\"user\":3}\r\n",
     "e(,,)[]\nf(3,,)[]\n", false},
    {"a line that is none, between others", EVENTS_OWN,
     "{\"event\":\"e\"}\n{\"event\":\n{\"event\":\"f\"}", NULL, false},
    {"the member events", EVENTS_OWN, "{\"events\": [{\"event\":\"e\"},\n{\"event\":\"f\"}]}",
     "e(,,)[]\nf(,,)[]\n", false},
    {"a list", EVENTS_OWN, "[{\"event\":\"e\"}, null]", "e(,,)[]\n!It is null, and no event.\n",
     false},
    {"an empty list", EVENTS_OWN, "[]", "", false},
    {"an item without a name", EVENTS_OWN, "[{\"user\":1}]",
     "!It is no JSON object with a text 'event' in it.\n", false},
    {"events that are no list", EVENTS_OWN, "{\"events\": {}}", "event is missing", true},
    {"no JSON", EVENTS_OWN, "event=e", "not JSON", true},
    {"nothing", EVENTS_OWN, "", "not JSON", true},
    {"GitLab's fields", EVENTS_GITLAB,
     "{\"event\":\"e\",\"user_id\":1,\"project_id\":2,\"namespace_id\":\"3\",\"user\":9,"
     "\"send_to_snowplow\":{},\"additional_properties\":{\"label\":\"l\",\"value\":2}}",
     "e(1,2,3)[label=l value:2]\n", false},
    {"properties that are null are none", EVENTS_GITLAB,
     "{\"event\":\"e\",\"additional_properties\":null}", "e(,,)[]\n", false},
    {"a property within a property", EVENTS_GITLAB,
     "{\"event\":\"e\",\"additional_properties\":{\"custom\":{}}}",
     "!'custom' is neither a text nor a number.\n", false},
    {"lines are not GitLab's", EVENTS_GITLAB, "{\"event\":\"e\"}\n{\"event\":\"e\"}", "not JSON",
     true},
    {"GitLab's many", EVENTS_GITLAB_MANY, "{\"events\":[{\"event\":\"e\",\"user_id\":1}]}",
     "e(1,,)[]\n", false},
    {"a bare list is not GitLab's", EVENTS_GITLAB_MANY, "[{\"event\":\"e\"}]", "events is missing",
     true},
    {"only the name is counted", EVENTS_GITLAB_COUNT, "{\"event\":\"e\",\"user_id\":1}",
     "e(,,)[]\n", false},
    {"only the user is counted", EVENTS_GITLAB_USER,
     "{\"event\":\"e\",\"user_id\":1,\"project_id\":2}", "e(1,,)[]\n", false},
    {"nobody to be counted", EVENTS_GITLAB_USER, "{\"event\":\"e\"}",
     "!It has no 'user_id' to be counted.\n", false},
};

static void reads_bodies(void **state)
{
    struct event_body body;
    struct error err;
    struct str said;

    (void)state;
    str_init(&said);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        bool read = event_body_read(cases[i].shape, cases[i].text, strlen(cases[i].text), arena,
                                    &body, &err);

        str_clear(&said);
        for (size_t k = 0; read && k < body.count; k++)
            write_item(&body.items[k], &said);
        if (read == cases[i].refused)
            fail_msg("%s: %s", cases[i].name, read ? said.text : err.text);
        if (!read && strstr(err.text, cases[i].says) == NULL)
            fail_msg("%s: %s", cases[i].name, err.text);
        if (read && cases[i].says != NULL && strcmp(said.text, cases[i].says) != 0)
            fail_msg("%s: %s", cases[i].name, said.text);
    }
    str_release(&said);
}

static void a_bad_line_leaves_the_others(void **state)
{
    static const char text[] = "{\"event\":\"e\"}\n{\"event\":\n{\"event\":\"f\"}";
    struct event_body body;
    struct error err;

    (void)state;
    assert_true(event_body_read(EVENTS_OWN, text, strlen(text), arena, &body, &err));
    assert_int_equal(3, body.count);
    assert_string_equal("e", body.items[0].event.name);
    assert_non_null(strstr(body.items[1].fault, "not JSON"));
    assert_string_equal("f", body.items[2].event.name);
}

static bool read_many(enum event_shape shape, const char *before, const char *between, size_t count,
                      const char *after, struct error *err)
{
    struct event_body body;
    struct str text;
    bool read;

    str_init(&text);
    str_add(&text, before);
    for (size_t i = 0; i < count; i++)
        str_add_format(&text, "%s{\"event\":\"e\"}", i > 0 ? between : "");
    str_add(&text, after);
    read = event_body_read(shape, text.text, text.length, arena, &body, err);
    if (read)
        assert_int_equal(count, body.count);
    str_release(&text);
    return read;
}

static void there_is_a_most(void **state)
{
    struct error err;

    (void)state;
    assert_true(read_many(EVENTS_GITLAB_MANY, "{\"events\":[", ",", 50, "]}", &err));
    assert_false(read_many(EVENTS_GITLAB_MANY, "{\"events\":[", ",", 51, "]}", &err));
    assert_string_equal("Maximum 50 events allowed in one request.", err.text);
    assert_true(read_many(EVENTS_OWN, "", "\n", EVENTS_MOST, "\n", &err));
    assert_false(read_many(EVENTS_OWN, "", "\n", EVENTS_MOST + 1, "\n", &err));
    assert_string_equal("Maximum 10000 events allowed in one request.", err.text);
    assert_false(read_many(EVENTS_OWN, "[", ",", EVENTS_MOST + 1, "]", &err));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_bodies),
        cmocka_unit_test(a_bad_line_leaves_the_others),
        cmocka_unit_test(there_is_a_most),
    };

    return cmocka_run_group_tests_name("bodies of events", tests, begin, end);
}
