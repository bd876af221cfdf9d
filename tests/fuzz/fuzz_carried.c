/*
 * The files that cross an air gap come from anywhere. What is taken as one of them is whole: ids
 * and digest have their lengths and signs, and written again it is read as the same.
 */
#include "agent/carried.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect_name(const char *name, size_t length)
{
    assert(strlen(name) == length);
    assert(strspn(name, "0123456789abcdef-") == length);
}

static void read_receipt(const char *text, size_t size, struct arena *arena)
{
    struct carried_receipt receipt, again;
    struct error err;
    struct str out;

    if (!carried_read_receipt("receipt", text, size, arena, &receipt, &err))
        return;
    expect_name(receipt.ping_id, UUID_TEXT_SIZE - 1);
    expect_name(receipt.instance_id, UUID_TEXT_SIZE - 1);
    expect_name(receipt.digest, DIGEST_TEXT_SIZE - 1);
    assert(carried_check_body(receipt.ping_id, receipt.digest, receipt.body, &err) ||
           err.kind == ERROR_REFUSED);
    str_init(&out);
    carried_write_receipt(&receipt, &out);
    assert(carried_read_receipt("receipt", out.text, out.length, arena, &again, &err));
    assert(strcmp(again.ping_id, receipt.ping_id) == 0);
    assert(strcmp(again.digest, receipt.digest) == 0);
    assert(strcmp(again.body, receipt.body) == 0);
    assert(again.http_status == receipt.http_status);
    str_release(&out);
}

static void read_meta(const char *text, size_t size)
{
    struct carried_meta meta;
    struct error err;

    if (!carried_read_meta("meta", text, size, &meta, &err))
        return;
    expect_name(meta.ping_id, UUID_TEXT_SIZE - 1);
    expect_name(meta.instance_id, UUID_TEXT_SIZE - 1);
    expect_name(meta.digest, DIGEST_TEXT_SIZE - 1);
    assert(!carried_check_bytes(&meta, "ping", text, size, &err) || meta.length == (int64_t)size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new();
    const char *text = arena_copy_bytes(arena, data, size);

    read_meta(text, size);
    read_receipt(text, size, arena);
    arena_free(arena);
    return 0;
}
