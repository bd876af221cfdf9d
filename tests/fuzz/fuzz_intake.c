/*
 * Any body that is posted: what is taken as a ping has an identity of the right form, the same the
 * second time; what is refused has a sentence.
 */
#include "agent/receiver/intake.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool take(const uint8_t *data, size_t size, struct intake_ping *ping, struct error *err)
{
    const char *body = (const char *)data;
    struct intake_post post = {.body = body, .length = size};
    struct str json;
    bool taken;

    /* What begins like gzip is said to be gzip. */
    if (size > 1 && data[0] == 0x1f)
        post.encoding = "gzip";
    str_init(&json);
    taken = intake_read(&post, &json, ping, err);
    str_release(&json);
    return taken;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct intake_ping first, second;
    struct error err = {0};

    if (!take(data, size, &first, &err)) {
        assert(err.text[0] != '\0');
        return 0;
    }
    assert(strlen(first.ping_id) == UUID_TEXT_SIZE - 1);
    assert(strspn(first.ping_id, "0123456789abcdef-") == UUID_TEXT_SIZE - 1);
    assert(first.instance_id[0] != '\0' && strpbrk(first.instance_id, " \n\r\t\"'") == NULL);
    assert(strlen(first.digest) == DIGEST_TEXT_SIZE - 1);
    assert(take(data, size, &second, &err));
    assert(strcmp(first.ping_id, second.ping_id) == 0);
    assert(first.recorded_us == second.recorded_us);
    return 0;
}
