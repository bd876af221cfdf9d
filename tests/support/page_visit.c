#include "tests/support/page_visit.h"

#include "agent/base/str.h"

#include <stdio.h>

void page_visit_begin(struct page_visit *visit, size_t metrics)
{
    struct str file;

    str_init(&file);
    scratch_init(&visit->scratch);
    page_sample_init(&visit->sample, metrics);
    page_sample_write_file(&visit->sample, &file);
    scratch_write(&visit->scratch, "page.html", file.text);
    str_release(&file);
    (void)snprintf(visit->url, sizeof(visit->url), "file://%s/page.html", visit->scratch.folder);
    visit->loop = loop_new();
    visit->browser = browser_new(visit->loop);
}

void page_visit_end(struct page_visit *visit)
{
    browser_free(visit->browser);
    loop_free(visit->loop);
    page_sample_release(&visit->sample);
    scratch_release(&visit->scratch);
}
