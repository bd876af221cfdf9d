/*
 * Any body of events, in every shape: it is refused with a sentence, or each of its items is an
 * event with a name or has a sentence, and there are no more of them than is allowed. As a form,
 * too.
 */
#include "agent/base/json.h"
#include "agent/event_body.h"
#include "agent/event_form.h"

#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_item(const struct event_item *item)
{
    if (item->fault != NULL) {
        assert(item->fault[0] != '\0');
        return;
    }
    assert(item->event.name != NULL);
    for (size_t i = 0; i < item->event.property_count; i++)
        assert(item->event.properties[i].name != NULL && item->event.properties[i].text != NULL);
}

/* As a form it is refused, or is JSON but for what is not UTF-8, in which no event is lost. */
static void check_form(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new();
    struct error err = {0};
    struct str json;
    struct js_value *value = NULL;

    str_init(&json);
    if (!event_form_to_json((const char *)data, size, arena, &json, &err))
        assert(err.kind == ERROR_INVALID && err.text[0] != '\0');
    else if ((value = js_parse(json.text, json.length, &err)) == NULL)
        assert(strstr(err.text, "UTF-8") != NULL);
    else
        assert(js_kind(value) == JS_OBJECT);
    js_free(value);
    str_release(&json);
    arena_free(arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    check_form(data, size);
    for (unsigned shape = EVENTS_OWN; shape <= EVENTS_GITLAB_USER; shape++) {
        struct arena *arena = arena_new();
        struct error err = {0};
        struct event_body body;

        if (!event_body_read((enum event_shape)shape, (const char *)data, size, arena, &body, &err))
            assert(err.kind == ERROR_INVALID && err.text[0] != '\0');
        else
            for (size_t i = 0; i < body.count; i++)
                check_item(&body.items[i]);
        assert(err.kind != ERROR_NONE || body.count <= EVENTS_MOST);
        arena_free(arena);
    }
    return 0;
}
