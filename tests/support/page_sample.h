/*
 * An instance that never was, for tests of the page and for looking at it: the documents of
 * page_data.h with any number of metrics, of all sources and statuses, with a past of 26 weeks,
 * failed attempts, a rejected ping and an upgrade that holds definitions. The same number of
 * metrics always gives the same documents.
 */
#ifndef TESTS_SUPPORT_PAGE_SAMPLE_H
#define TESTS_SUPPORT_PAGE_SAMPLE_H

#include "agent/web/page_file.h"

#include <stddef.h>

struct page_sample {
    struct str texts[PAGE_DOCUMENT_COUNT];
};

void page_sample_init(struct page_sample *sample, size_t metric_count);
void page_sample_release(struct page_sample *sample);

/* The whole file, as `preview --html` would write it. */
void page_sample_write_file(const struct page_sample *sample, struct str *out);

#endif
