/*
 * Any key paths and values: either two of them cannot stand together and the payload says so, or
 * the document parses back, every item stands at its path, and another order gives the same bytes.
 * GitLab's form refuses the same ones, and has -1 where ours has null.
 *
 * The input is a row of items: a kind, the key path in a small alphabet up to a 0, eight bytes of
 * value.
 */
#include "agent/payload.h"

#include "agent/base/arena.h"
#include "agent/base/json.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_ITEMS = 40, MOST_PARTS = 32 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct input {
    const uint8_t *data;
    size_t size, at;
    struct arena *arena;
    struct payload_item items[MOST_ITEMS];
    size_t count;
};

static void require(bool holds)
{
    if (!holds)
        abort();
}

static uint8_t next(struct input *input)
{
    return input->at < input->size ? input->data[input->at++] : 0;
}

static const char *read_key_path(struct input *input)
{
    static const char *const letters[] = {".", "a", "b", "-", "_", "A", "\"", "\n", "\xc3\xa9"};
    struct str text;
    char *copy;

    str_init(&text);
    for (uint8_t byte = next(input); byte != 0; byte = next(input))
        if (byte >= 0xf8)
            str_add(&text, byte % 2 == 0 ? "service_ping" : "recorded_at");
        else
            str_add(&text, letters[byte % (sizeof(letters) / sizeof(letters[0]))]);
    copy = arena_copy(input->arena, text.text);
    str_release(&text);
    return copy;
}

static struct outcome read_outcome(struct input *input, uint8_t kind)
{
    int64_t number = 0;

    for (int i = 0; i < 8; i++)
        number = (int64_t)((uint64_t)number << 8 | next(input));
    switch (kind % 6) {
    case 0:
        return outcome_of(value_count(number));
    case 1:
        return outcome_of(
            value_decimal(arena_format(input->arena, "%" PRId32 ".5", (int32_t)number)));
    case 2:
        return outcome_of(value_text(arena_format(input->arena, "\"%" PRIx64 "\\\n", number)));
    case 3:
        return outcome_of(value_flag(number % 2 != 0));
    case 4:
        return outcome_of(value_json(arena_format(input->arena, "{\"%" PRIx64 "\":[]}", number)));
    default:
        return outcome_without(STATUS_ERROR, "none");
    }
}

static void read_items(struct input *input)
{
    while (input->at < input->size && input->count < MOST_ITEMS) {
        struct payload_item *item = &input->items[input->count++];
        uint8_t kind = next(input);

        item->key_path = read_key_path(input);
        item->outcome = read_outcome(input, kind);
    }
}

static bool is_above(const char *a, const char *b)
{
    size_t length = strlen(a);

    return strncmp(a, b, length) == 0 && (b[length] == '.' || b[length] == '\0');
}

static bool is_too_deep(const char *key_path)
{
    size_t parts = 1;

    for (; *key_path != '\0'; key_path++)
        parts += *key_path == '.' ? 1 : 0;
    return parts > MOST_PARTS;
}

/* By comparing all with all, unlike the payload itself. */
static bool has_conflict(const struct input *input)
{
    for (size_t i = 0; i < input->count; i++) {
        const char *a = input->items[i].key_path;

        if (is_too_deep(a) || is_above("service_ping", a) ||
            (is_above("recorded_at", a) && strcmp(a, "recorded_at") != 0))
            return true;
        for (size_t k = 0; k < input->count; k++)
            if (k != i && is_above(a, input->items[k].key_path) && strcmp(a, "recorded_at") != 0)
                return true;
    }
    return false;
}

struct search {
    const char *key;
    const struct js_value *value;
    size_t found;
};

static void look(const char *key, const struct js_value *value, void *arg)
{
    struct search *search = arg;

    if (strcmp(key, search->key) != 0)
        return;
    search->found++;
    search->value = value;
}

/* The value at a key path; every object on the way has the part exactly once. */
static const struct js_value *walk(const struct js_value *document, struct arena *arena,
                                   const char *key_path)
{
    const struct js_value *value = document;
    char *part = arena_copy(arena, key_path);

    while (part != NULL) {
        char *dot = strchr(part, '.');
        struct search search = {.key = part};

        if (dot != NULL)
            *dot = '\0';
        js_members(value, look, &search);
        require(search.found == 1);
        value = search.value;
        part = dot != NULL ? dot + 1 : NULL;
    }
    return value;
}

static void check_value(const struct js_value *found, const struct value *value,
                        enum payload_form form)
{
    switch (value->kind) {
    case VALUE_NONE:
        if (form == PAYLOAD_OURS)
            require(js_kind(found) == JS_NULL);
        else
            require(js_kind(found) == JS_INTEGER && js_integer(found) == -1);
        break;
    case VALUE_COUNT:
        require(js_kind(found) == JS_INTEGER && js_integer(found) == value->count);
        break;
    case VALUE_DECIMAL:
        require(strcmp(js_number_text(found), value->text) == 0);
        break;
    case VALUE_TEXT:
        require(strcmp(js_text(found), value->text) == 0);
        break;
    case VALUE_FLAG:
        require(js_kind(found) == JS_FLAG && js_flag(found) == value->flag);
        break;
    case VALUE_JSON:
        require(js_kind(found) == JS_OBJECT);
        break;
    }
}

static void check_document(const struct input *input, const struct str *out, enum payload_form form)
{
    struct error err;
    struct js_value *document = js_parse(out->text, out->length, &err);

    require(document != NULL);
    require(js_kind(walk(document, input->arena, "recorded_at")) == JS_TEXT);
    if (form == PAYLOAD_OURS)
        require(js_integer(walk(document, input->arena, "service_ping.metrics.total")) ==
                (int64_t)input->count);
    else
        require(js_get(document, "service_ping") == NULL);
    for (size_t i = 0; i < input->count; i++) {
        const struct payload_item *item = &input->items[i];

        if (strcmp(item->key_path, "recorded_at") != 0)
            check_value(walk(document, input->arena, item->key_path), &item->outcome.value, form);
    }
    js_free(document);
}

static void turn_round(struct input *input)
{
    for (size_t i = 0; i < input->count / 2; i++) {
        struct payload_item kept = input->items[i];

        input->items[i] = input->items[input->count - 1 - i];
        input->items[input->count - 1 - i] = kept;
    }
}

static bool write_payload(const struct input *input, enum payload_form form, struct str *out)
{
    static const char *const categories[] = {"standard", NULL};
    struct error err;
    const struct payload_input payload = {
        .form = form,
        .items = input->items,
        .count = input->count,
        .ping_id = "p",
        .instance_id = "i",
        .recorded_at = 1795255445,
        .time_zone = "UTC",
        .definitions_digest = "d",
        .consent = "on",
        .categories = categories,
        .agent_version = "1",
    };

    return payload_write(&payload, out, &err);
}

static void check_form(struct input *input, enum payload_form form)
{
    struct str out, again;
    bool done;

    str_init(&out);
    str_init(&again);
    done = write_payload(input, form, &out);
    require(done == !has_conflict(input));
    if (done) {
        check_document(input, &out, form);
        turn_round(input);
        require(write_payload(input, form, &again));
        require(strcmp(out.text, again.text) == 0);
    }
    str_release(&out);
    str_release(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input input = {.data = data, .size = size, .arena = arena_new()};

    read_items(&input);
    check_form(&input, PAYLOAD_OURS);
    check_form(&input, PAYLOAD_GITLAB);
    arena_free(input.arena);
    return 0;
}
