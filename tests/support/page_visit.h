/* A browser beside the page as the one file that `preview --html` writes, of an instance that never
 * was. */
#ifndef TESTS_SUPPORT_PAGE_VISIT_H
#define TESTS_SUPPORT_PAGE_VISIT_H

#include "tests/support/browser.h"
#include "tests/support/page_sample.h"
#include "tests/support/scratch.h"

#include <stddef.h>

struct page_visit {
    struct loop *loop;
    struct browser *browser;
    struct scratch scratch;
    struct page_sample sample;
    char url[128];
};

/* Nothing is opened in it yet. */
void page_visit_begin(struct page_visit *visit, size_t metrics);
void page_visit_end(struct page_visit *visit);

#endif
