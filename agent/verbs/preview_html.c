#include "agent/verbs/preview_html.h"

#include "agent/approvals.h"
#include "agent/base/clock.h"
#include "agent/base/file.h"
#include "agent/base/owner.h"
#include "agent/web/page_data.h"
#include "agent/web/page_file.h"

#include <stdio.h>
#include <string.h>

static page_writer *const writers[PAGE_DOCUMENT_COUNT] = {
    [PAGE_STATUS] = page_write_status,
    [PAGE_PAYLOAD] = page_write_payload,
    [PAGE_DEFINITIONS] = page_write_definitions,
    [PAGE_OUTCOMES] = page_write_outcomes,
    [PAGE_PINGS] = page_write_pings,
    [PAGE_CHANGES] = page_write_changes,
};

static bool write_documents(const struct page_data *data, struct arena *arena, struct str *out,
                            struct error *err)
{
    const char *documents[PAGE_DOCUMENT_COUNT];
    struct str text;
    bool done = true;

    str_init(&text);
    for (size_t i = 0; done && i < PAGE_DOCUMENT_COUNT; i++) {
        str_clear(&text);
        done = writers[i](data, arena, &text, err);
        documents[i] = arena_copy(arena, text.text);
    }
    str_release(&text);
    if (done)
        page_file_write(documents, out);
    return done;
}

static bool write_page(const struct collect_request *request, struct str *out, struct error *err)
{
    struct approvals *approvals;
    struct consent consent;
    struct page_data data = {
        .settings = request->settings,
        .catalog = request->catalog,
        .store = request->store,
        .consent = &consent,
        .now_us = now_wall_us(),
    };
    bool done;

    if (!consent_read(request->store, request->settings, &consent, err))
        return false;
    approvals = approvals_read(request->settings->state, err);
    if (approvals == NULL)
        return false;
    data.approvals = approvals;
    done = write_documents(&data, request->call->arena, out, err);
    approvals_free(approvals);
    return done;
}

/* The store belongs to its owner, the page to whoever asks for it. */
static bool write_file(const struct collect_request *request, const char *path,
                       const struct str *page, struct error *err)
{
    bool done;

    owner_leave();
    done = file_replace(path, page->text, page->length, err);
    return owner_enter(request->settings->state, err) && done;
}

int preview_write_html(const struct collect_request *request, const char *path)
{
    struct error err;
    struct str page;
    bool done;

    str_init(&page);
    done = write_page(request, &page, &err);
    if (done && strcmp(path, "-") == 0)
        (void)fwrite(page.text, 1, page.length, stdout);
    else if (done)
        done = write_file(request, path, &page, &err);
    str_release(&page);
    if (!done)
        return verb_failed(EXIT_UNREACHABLE, "%s", err.text);
    if (strcmp(path, "-") != 0)
        verb_say(request->call, "%s holds everything that a browser needs. It names this host.",
                 path);
    return EXIT_DONE;
}
