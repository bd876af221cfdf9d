#include "agent/web/page_file.h"

#include "tests/support/test.h"

#include "agent/base/digest.h"
#include "agent/base/json.h"
#include "agent/web/assets.h"
#include "tests/support/page_sample.h"

#include <string.h>

static const char odd[] = "{\"a\": \"</script><!-- <script>\\\"\\\\ \\u2028 <\"}\n";

static void write_odd(struct str *out)
{
    const char *const documents[PAGE_DOCUMENT_COUNT] = {odd, odd, odd, odd, odd, odd};

    str_init(out);
    page_file_write(documents, out);
}

/* What stands between two marks, from the first of them on. */
static char *between(const struct str *file, const char *from, const char *to, struct str *out)
{
    const char *start = strstr(file->text, from), *end;

    assert_non_null(start);
    start += strlen(from);
    end = strstr(start, to);
    assert_non_null(end);
    str_init(out);
    str_add_bytes(out, start, (size_t)(end - start));
    return out->text;
}

static void the_policy_permits_what_stands_in_the_file_and_nothing_else(void **state)
{
    static const struct {
        const char *from, *to, *directive;
    } cases[] = {
        {"<script>", "</script>", "script-src"},
        {"<style>", "</style>", "style-src"},
    };
    struct str file, part, wanted;

    (void)state;
    write_odd(&file);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char digest[DIGEST_BASE64_SIZE];

        (void)between(&file, cases[i].from, cases[i].to, &part);
        str_init(&wanted);
        str_add_format(&wanted, "%s 'sha256-%s';", cases[i].directive,
                       digest_base64(part.text, part.length, digest));
        assert_non_null(strstr(file.text, wanted.text));
        str_release(&wanted);
        str_release(&part);
    }
    assert_non_null(strstr(file.text, "default-src 'none';"));
    str_release(&file);
}

static void a_document_ends_where_it_should(void **state)
{
    struct str file, part;

    (void)state;
    write_odd(&file);
    assert_null(strchr(between(&file, "id=\"data-status\">", "</script>", &part), '<'));
    str_release(&part);
    str_release(&file);
}

static void a_document_means_what_it_meant(void **state)
{
    struct error err;
    struct str file, part;
    struct js_value *value;

    (void)state;
    write_odd(&file);
    (void)between(&file, "id=\"data-outcomes\">", "</script>", &part);
    value = js_parse(part.text, part.length, &err);
    assert_string_equal(js_text(js_get(value, "a")), "</script><!-- <script>\"\\ \xe2\x80\xa8 <");
    js_free(value);
    str_release(&part);
    str_release(&file);
}

static void the_payload_is_kept_byte_for_byte(void **state)
{
    struct error err;
    struct str file, part, list;
    struct js_value *value;

    (void)state;
    write_odd(&file);
    (void)between(&file, "id=\"data-payload\">", "</script>", &part);
    str_init(&list);
    str_add_format(&list, "[%s]", part.text);
    value = js_parse(list.text, list.length, &err);
    assert_string_equal(js_text(js_at(value, 0)), odd);
    js_free(value);
    str_release(&list);
    str_release(&part);
    str_release(&file);
}

/* Inside the file they would end the element that holds them, or begin a comment. */
static void the_script_and_the_style_can_be_embedded(void **state)
{
    static const struct {
        const char *path, *never;
    } cases[] = {
        {"/page.js", "</script"},
        {"/page.js", "<!--"},
        {"/page.css", "</style"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_null(
            strstr((const char *)web_asset_find(cases[i].path)->file->bytes, cases[i].never));
    assert_null(web_asset_find("/page.html"));
}

static void the_same_documents_give_the_same_file(void **state)
{
    struct page_sample sample;
    struct str files[2];

    (void)state;
    for (size_t i = 0; i < COUNT_OF(files); i++) {
        page_sample_init(&sample, 100);
        str_init(&files[i]);
        page_sample_write_file(&sample, &files[i]);
        page_sample_release(&sample);
    }
    assert_string_equal(files[0].text, files[1].text);
    for (size_t i = 0; i < COUNT_OF(files); i++)
        str_release(&files[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_policy_permits_what_stands_in_the_file_and_nothing_else),
        cmocka_unit_test(a_document_ends_where_it_should),
        cmocka_unit_test(a_document_means_what_it_meant),
        cmocka_unit_test(the_payload_is_kept_byte_for_byte),
        cmocka_unit_test(the_script_and_the_style_can_be_embedded),
        cmocka_unit_test(the_same_documents_give_the_same_file),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
