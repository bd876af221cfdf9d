/* SHA-256 and random identities. The only module that knows OpenSSL's libcrypto. */
#ifndef AGENT_BASE_DIGEST_H
#define AGENT_BASE_DIGEST_H

#include <stddef.h>
#include <stdint.h>

#define DIGEST_TEXT_SIZE   65 /* 64 lower-case hex digits and the end */
#define UUID_TEXT_SIZE     37
#define DIGEST_BASE64_SIZE 45 /* 44 signs of base64 and the end */

char *digest_text(const void *bytes, size_t length, char out[DIGEST_TEXT_SIZE]);

/* As a Content-Security-Policy names what it permits, behind "sha256-". */
char *digest_base64(const void *bytes, size_t length, char out[DIGEST_BASE64_SIZE]);

/* The same of bytes that come in parts; digest_end also frees it. */
struct digest;
struct digest *digest_new(void);
void digest_add(struct digest *digest, const void *bytes, size_t length);
char *digest_end(struct digest *digest, char out[DIGEST_TEXT_SIZE]);

/* Random (version 4), and ordered by time (version 7, RFC 9562): for instances and for pings. */
char *uuid_random(char out[UUID_TEXT_SIZE]);
char *uuid_ordered(int64_t wall_us, char out[UUID_TEXT_SIZE]);

#endif
