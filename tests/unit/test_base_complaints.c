#include "agent/base/complaints.h"

#include "tests/support/test.h"

#include <stdlib.h>
#include <string.h>

static char *printed(struct complaints *complaints)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    assert_non_null(out);
    complaints_print(complaints, out);
    (void)fclose(out);
    return text;
}

static void they_are_sorted_by_file_and_line(void **state)
{
    struct arena *arena = arena_new();
    struct complaints complaints;
    char *text;

    (void)state;
    complaints_init(&complaints, arena);
    complain(&complaints, "b.yml", 2, "counts.b", "unknown key '%s'", "x");
    complain(&complaints, "a.yml", 10, "counts.a", "ten");
    complain(&complaints, "a.yml", 9, NULL, "nine");
    complain(&complaints, "a.yml", 9, "counts.a", "nine again");
    complain(&complaints, "a.yml", 0, NULL, "as a whole");
    complain(&complaints, NULL, 0, "endpoint", "not from a file");
    complain(&complaints, NULL, 0, NULL, "alone");
    assert_int_equal(complaints.count, 7);
    text = printed(&complaints);
    assert_string_equal(text, "alone\n"
                              "endpoint: not from a file\n"
                              "a.yml: as a whole\n"
                              "a.yml:9: nine\n"
                              "a.yml:9: counts.a: nine again\n"
                              "a.yml:10: counts.a: ten\n"
                              "b.yml:2: counts.b: unknown key 'x'\n");
    free(text);
    arena_free(arena);
}

static void texts_are_copied_and_none_is_lost(void **state)
{
    struct arena *arena = arena_new();
    struct complaints complaints;
    char name[10] = "a.yml", *text;

    (void)state;
    complaints_init(&complaints, arena);
    for (int i = 0; i < 1000; i++)
        complain(&complaints, name, i + 1, name, "n");
    memset(name, 'x', sizeof(name) - 1);
    assert_int_equal(complaints.count, 1000);
    for (size_t i = 0; i < complaints.count; i++) {
        assert_int_equal(complaints.items[i].line, i + 1);
        assert_string_equal(complaints.items[i].file, "a.yml");
        assert_string_equal(complaints.items[i].key_path, "a.yml");
    }
    text = printed(&complaints);
    assert_int_equal(strncmp(text, "a.yml:1: a.yml: n\na.yml:2: ", 26), 0);
    free(text);
    arena_free(arena);
}

static void no_complaint_prints_nothing(void **state)
{
    struct arena *arena = arena_new();
    struct complaints complaints;
    char *text;

    (void)state;
    complaints_init(&complaints, arena);
    text = printed(&complaints);
    assert_string_equal(text, "");
    free(text);
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(they_are_sorted_by_file_and_line),
        cmocka_unit_test(texts_are_copied_and_none_is_lost),
        cmocka_unit_test(no_complaint_prints_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
