#include "agent/base/digest.h"

#include "agent/base/memory.h"

#include <assert.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <stdlib.h>

enum { DIGEST_SIZE = 32 };

static const char hex[] = "0123456789abcdef";

struct digest {
    EVP_MD_CTX *context;
};

/* Fetched once: looking an algorithm up costs OpenSSL 3 more than digesting a short text. */
static const EVP_MD *sha256(void)
{
    static EVP_MD *fetched;

    if (fetched == NULL)
        fetched = EVP_MD_fetch(NULL, "SHA256", NULL);
    assert(fetched != NULL);
    return fetched;
}

struct digest *digest_new(void)
{
    struct digest *digest = memory_alloc(sizeof(*digest));
    int done;

    digest->context = EVP_MD_CTX_new();
    if (digest->context == NULL)
        memory_exhausted();
    done = EVP_DigestInit_ex(digest->context, sha256(), NULL);
    assert(done == 1);
    (void)done;
    return digest;
}

void digest_add(struct digest *digest, const void *bytes, size_t length)
{
    int done = EVP_DigestUpdate(digest->context, bytes, length);

    assert(done == 1);
    (void)done;
}

/* Ends the digest and frees it. */
static void take_bytes(struct digest *digest, unsigned char bytes[DIGEST_SIZE])
{
    unsigned int size = 0;
    int done = EVP_DigestFinal_ex(digest->context, bytes, &size);

    assert(done == 1 && size == DIGEST_SIZE);
    (void)done;
    EVP_MD_CTX_free(digest->context);
    free(digest);
}

char *digest_end(struct digest *digest, char out[DIGEST_TEXT_SIZE])
{
    unsigned char bytes[DIGEST_SIZE];

    take_bytes(digest, bytes);
    for (size_t i = 0; i < sizeof(bytes); i++) {
        out[2 * i] = hex[bytes[i] >> 4];
        out[2 * i + 1] = hex[bytes[i] & 15];
    }
    out[DIGEST_TEXT_SIZE - 1] = '\0';
    return out;
}

char *digest_text(const void *bytes, size_t length, char out[DIGEST_TEXT_SIZE])
{
    struct digest *digest = digest_new();

    digest_add(digest, bytes, length);
    return digest_end(digest, out);
}

char *digest_base64(const void *bytes, size_t length, char out[DIGEST_BASE64_SIZE])
{
    struct digest *digest = digest_new();
    unsigned char raw[DIGEST_SIZE];

    digest_add(digest, bytes, length);
    take_bytes(digest, raw);
    (void)EVP_EncodeBlock((unsigned char *)out, raw, sizeof(raw));
    return out;
}

/* Sets the version and the variant of RFC 9562 and writes the five groups. */
static char *uuid_text(unsigned char bytes[16], unsigned version, char out[UUID_TEXT_SIZE])
{
    char *at = out;

    bytes[6] = (unsigned char)((bytes[6] & 0x0f) | (version << 4));
    bytes[8] = (unsigned char)((bytes[8] & 0x3f) | 0x80);
    for (unsigned i = 0; i < 16; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            *at++ = '-';
        *at++ = hex[bytes[i] >> 4];
        *at++ = hex[bytes[i] & 15];
    }
    *at = '\0';
    return out;
}

static void fill_random(unsigned char *bytes, int length)
{
    int done = RAND_bytes(bytes, length);

    assert(done == 1);
    (void)done;
}

char *uuid_random(char out[UUID_TEXT_SIZE])
{
    unsigned char bytes[16];

    fill_random(bytes, sizeof(bytes));
    return uuid_text(bytes, 4, out);
}

char *uuid_ordered(int64_t wall_us, char out[UUID_TEXT_SIZE])
{
    unsigned char bytes[16];
    uint64_t milliseconds = (uint64_t)(wall_us / 1000);

    fill_random(bytes, sizeof(bytes));
    for (unsigned i = 0; i < 6; i++)
        bytes[i] = (unsigned char)(milliseconds >> (40 - 8 * i));
    return uuid_text(bytes, 7, out);
}
