#include "agent/base/digest.h"

#include "tests/support/test.h"

#include <ctype.h>
#include <string.h>

/* The first three are of FIPS 180-2; the last is one million letters, of the same. */
static void digests_are_sha256(void **state)
{
    static const struct {
        const char *text, *digest;
    } cases[] = {
        {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
        {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
        {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
         "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
    };
    static char million[1000000];
    char out[DIGEST_TEXT_SIZE];

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_string_equal(digest_text(cases[i].text, strlen(cases[i].text), out),
                            cases[i].digest);
    memset(million, 'a', sizeof(million));
    assert_string_equal(digest_text(million, sizeof(million), out),
                        "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

/* The same digest of "abc", in the other alphabet. */
static void a_policy_is_told_it_in_base64(void **state)
{
    char out[DIGEST_BASE64_SIZE];

    (void)state;
    assert_string_equal(digest_base64("abc", 3, out),
                        "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=");
}

static void expect_form(const char *uuid, char version)
{
    assert_int_equal(strlen(uuid), UUID_TEXT_SIZE - 1);
    for (size_t i = 0; i < UUID_TEXT_SIZE - 1; i++) {
        if (i == 8 || i == 13 || i == 18 || i == 23)
            assert_int_equal(uuid[i], '-');
        else
            assert_true(isxdigit((unsigned char)uuid[i]) && !isupper((unsigned char)uuid[i]));
    }
    assert_int_equal(uuid[14], version);
    assert_non_null(strchr("89ab", uuid[19]));
}

static void random_ones_differ(void **state)
{
    char uuids[100][UUID_TEXT_SIZE];

    (void)state;
    for (size_t i = 0; i < COUNT_OF(uuids); i++) {
        expect_form(uuid_random(uuids[i]), '4');
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(uuids[i], uuids[k]);
    }
}

static void ordered_ones_sort_by_time(void **state)
{
    static const int64_t times_us[] = {0, 1000, INT64_C(1577836800000000),
                                       INT64_C(1577836800001000), INT64_C(4102444799999000)};
    char before[UUID_TEXT_SIZE] = "", uuid[UUID_TEXT_SIZE];

    (void)state;
    for (size_t i = 0; i < COUNT_OF(times_us); i++) {
        expect_form(uuid_ordered(times_us[i], uuid), '7');
        assert_true(strcmp(uuid, before) > 0);
        memcpy(before, uuid, sizeof(before));
    }
    /* RFC 9562, A.6: the first 48 bits are Unix milliseconds. */
    assert_int_equal(strncmp(uuid_ordered(INT64_C(1645557742000000), uuid), "017f22e2-79b0-7", 15),
                     0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(digests_are_sha256),
        cmocka_unit_test(a_policy_is_told_it_in_base64),
        cmocka_unit_test(random_ones_differ),
        cmocka_unit_test(ordered_ones_sort_by_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
