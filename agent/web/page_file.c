#include "agent/web/page_file.h"

#include "agent/base/digest.h"
#include "agent/base/json.h"
#include "agent/web/assets.h"

#include <assert.h>
#include <string.h>

static const char *const document_ids[PAGE_DOCUMENT_COUNT] = {
    [PAGE_STATUS] = "data-status",
    [PAGE_PAYLOAD] = "data-payload",
    [PAGE_DEFINITIONS] = "data-definitions",
    [PAGE_OUTCOMES] = "data-outcomes",
    [PAGE_PINGS] = "data-pings",
    [PAGE_CHANGES] = "data-changes",
};

struct file {
    const char *const *documents;
    struct str *out;
};

static const struct web_asset *asset(const char *path)
{
    const struct web_asset *found = web_asset_find(path);

    assert(found != NULL);
    return found;
}

static void add_asset(const struct file *file, const char *path)
{
    str_add_bytes(file->out, asset(path)->file->bytes, asset(path)->file->length);
}

/* "'sha256-...'" */
static void add_source(const struct file *file, const char *path)
{
    char digest[DIGEST_BASE64_SIZE];

    (void)digest_base64(asset(path)->file->bytes, asset(path)->file->length, digest);
    str_add_format(file->out, "'sha256-%s'; ", digest);
}

/* What an attacker wrote into a metric's text finds no way to run, nor to tell anybody. */
static void add_policy(const struct file *file)
{
    str_add(file->out, "<meta http-equiv=\"Content-Security-Policy\" content=\""
                       "default-src 'none'; script-src ");
    add_source(file, "/page.js");
    str_add(file->out, "style-src ");
    add_source(file, "/page.css");
    str_add(file->out, "img-src data:; base-uri 'none'; form-action 'none'\">");
}

static void add_style(const struct file *file)
{
    str_add(file->out, "<style>");
    add_asset(file, "/page.css");
    str_add(file->out, "</style>");
}

/*
 * No "<" is left, so nothing in a text can end the element or begin a comment. In JSON a "<" stands
 * in texts only, where its escape means the same.
 */
static void add_escaped(struct str *out, const char *json)
{
    while (*json != '\0') {
        size_t length = strcspn(json, "<");

        str_add_bytes(out, json, length);
        json += length;
        if (*json == '<') {
            str_add(out, "\\u003c");
            json++;
        }
    }
}

/* The payload is a text in a text: escapes must not change its bytes. */
static void add_document(const struct file *file, enum page_document which)
{
    struct js_writer writer;
    struct str text;

    str_add_format(file->out, "<script type=\"application/json\" id=\"%s\">", document_ids[which]);
    str_init(&text);
    if (which == PAGE_PAYLOAD) {
        js_begin(&writer, &text, false);
        js_put_text(&writer, NULL, file->documents[which]);
    } else {
        str_add(&text, file->documents[which]);
    }
    add_escaped(file->out, text.text);
    str_release(&text);
    str_add(file->out, "</script>\n");
}

static void add_data(const struct file *file)
{
    for (unsigned i = 0; i < PAGE_DOCUMENT_COUNT; i++)
        add_document(file, (enum page_document)i);
    str_add(file->out, "<script>");
    add_asset(file, "/page.js");
    str_add(file->out, "</script>");
}

static void add_nothing(const struct file *file)
{
    (void)file;
}

/* What stands in page.html for what is served beside it, in the order of the file. */
static const struct {
    const char *mark;
    void (*instead)(const struct file *file);
} places[] = {
    {"<!-- policy -->", add_policy},
    {"<link rel=\"stylesheet\" href=\"page.css\">", add_style},
    {"<script src=\"page.js\" defer></script>\n", add_nothing},
    {"<!-- data -->", add_data},
};

void page_file_write(const char *const documents[PAGE_DOCUMENT_COUNT], struct str *out)
{
    const char *at = (const char *)asset("/")->file->bytes;
    const struct file file = {documents, out};

    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        const char *mark = strstr(at, places[i].mark);

        assert(mark != NULL);
        str_add_bytes(out, at, (size_t)(mark - at));
        places[i].instead(&file);
        at = mark + strlen(places[i].mark);
    }
    str_add(out, at);
}
