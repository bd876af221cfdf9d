/*
 * The page as one file that needs nothing else: scripts, style and data stand in it, and a policy
 * that permits just these scripts, by their digests, and no request to anywhere. Pure.
 */
#ifndef AGENT_WEB_PAGE_FILE_H
#define AGENT_WEB_PAGE_FILE_H

#include "agent/base/str.h"

/* The documents of page_data.h. */
enum page_document {
    PAGE_STATUS,
    PAGE_PAYLOAD,
    PAGE_DEFINITIONS,
    PAGE_OUTCOMES,
    PAGE_PINGS,
    PAGE_CHANGES,
    PAGE_DOCUMENT_COUNT
};

/* Adds the file to `out`. All texts are JSON in UTF-8; the payload, which may be "", is kept byte
 * for byte. */
void page_file_write(const char *const documents[PAGE_DOCUMENT_COUNT], struct str *out);

#endif
