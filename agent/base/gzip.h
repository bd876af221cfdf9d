/* The gzip form of a whole text. The only module that knows zlib. */
#ifndef AGENT_BASE_GZIP_H
#define AGENT_BASE_GZIP_H

#include "agent/base/error.h"
#include "agent/base/str.h"

/* The same text always gives the same bytes: no name and no time in the header. */
MUST_CHECK bool gzip_compress(const void *bytes, size_t length, struct str *out, struct error *err);

/* Refuses (INVALID) what would expand beyond `most` bytes or is not exactly one gzip member. */
MUST_CHECK bool gzip_expand(const void *bytes, size_t length, size_t most, struct str *out,
                            struct error *err);

#endif
