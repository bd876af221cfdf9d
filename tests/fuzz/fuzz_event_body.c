/*
 * Any body of events, in every shape: it is refused with a sentence, or each of its items is an
 * event with a name or has a sentence, and there are no more of them than is allowed.
 */
#include "agent/event_body.h"

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
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
