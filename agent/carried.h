/*
 * A ping that is carried across an air gap, as three plain files:
 *
 *     FILE               the exact bytes of the ping
 *     FILE.meta.json     whose it is and what proves it, for `upload`
 *     FILE.receipt.json  what the endpoint answered, for `import`
 *
 * Whatever was changed on the way is refused: digests tell.
 */
#ifndef AGENT_CARRIED_H
#define AGENT_CARRIED_H

#include "agent/base/str.h"
#include "agent/store_archive.h"

#define CARRIED_META    ".meta.json"
#define CARRIED_RECEIPT ".receipt.json"

struct carried_meta {
    char ping_id[UUID_TEXT_SIZE], instance_id[UUID_TEXT_SIZE], digest[DIGEST_TEXT_SIZE];
    int64_t seq, schema, sealed_us, length;
};

struct carried_receipt {
    char ping_id[UUID_TEXT_SIZE], instance_id[UUID_TEXT_SIZE], digest[DIGEST_TEXT_SIZE];
    int64_t http_status;
    const char *endpoint;    /* as it may be shown */
    const char *answered_at; /* by the clock of whoever posted it */
    const char *body;        /* of the answer */
};

void carried_write_meta(const struct carried_meta *meta, struct str *out);
void carried_write_receipt(const struct carried_receipt *receipt, struct str *out);

/* INVALID with a sentence that names the file `path`; texts are in `arena`. */
MUST_CHECK bool carried_read_meta(const char *path, const char *text, size_t length,
                                  struct carried_meta *meta, struct error *err);
MUST_CHECK bool carried_read_receipt(const char *path, const char *text, size_t length,
                                     struct arena *arena, struct carried_receipt *receipt,
                                     struct error *err);

/* Whether these are the bytes that were exported. */
MUST_CHECK bool carried_check_bytes(const struct carried_meta *meta, const char *path,
                                    const char *bytes, size_t length, struct error *err);

/* Whether an endpoint that says what it stored stored these bytes; others are believed. */
MUST_CHECK bool carried_check_body(const char *ping_id, const char *digest, const char *body,
                                   struct error *err);

/*
 * Keeps a receipt: the ping is sent from now on. `*fresh` false: it was already, and nothing
 * changed. REFUSED if it is not for a ping of this store, or for other bytes.
 */
MUST_CHECK bool carried_take_receipt(struct store *store, const struct carried_receipt *receipt,
                                     int64_t *seq, bool *fresh, struct error *err);

#endif
