#include "agent/delivery_report.h"

#include "agent/base/clock.h"
#include "agent/payload_reports.h"
#include "agent/ping.h"

#include <string.h>

static const char *text_of(const struct ping_items *items, const char *key_path)
{
    for (size_t i = 0; i < items->count; i++) {
        const struct outcome *outcome = &items->items[i].outcome;

        if (strcmp(items->items[i].key_path, key_path) == 0)
            return outcome->status == STATUS_OK && outcome->value.kind == VALUE_TEXT
                       ? outcome->value.text
                       : NULL;
    }
    return NULL;
}

static void write(const struct delivery_report *report, const struct ping_items *items,
                  struct str *out)
{
    const char *uuid = text_of(items, "uuid");
    struct payload_failure failure = {
        .at_us = now_wall_us(),
        .elapsed_us = report->elapsed_us,
        .uuid = uuid != NULL ? uuid : store_instance_id(report->store),
        .hostname = text_of(items, "hostname"),
        .version = text_of(items, "version"),
        .message = report->failure,
    };

    if (report->failure != NULL)
        payload_write_failure(&failure, out);
    else
        payload_write_metadata(failure.uuid, items->items, items->count, out);
}

bool delivery_report_write(const struct delivery_report *report, struct str *out, struct error *err)
{
    struct arena *arena = arena_new();
    struct ping_items items;
    bool done = ping_items_read(report->store, report->run_id, arena, &items, err);

    if (done)
        write(report, &items, out);
    arena_free(arena);
    return done;
}
