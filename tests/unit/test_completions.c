#include "tests/support/completions.h"

#include "tests/support/golden.h"
#include "tests/support/test.h"

static void hold(const char *path, void (*write)(struct str *out))
{
    struct str text;

    str_init(&text);
    write(&text);
    golden_expect_file(path, text.text);
    str_release(&text);
}

static void those_of_bash_are_those_of_the_verbs(void **state)
{
    (void)state;
    hold("packaging/completions/service-ping.bash", completions_write_bash);
}

static void those_of_zsh_are_those_of_the_verbs(void **state)
{
    (void)state;
    hold("packaging/completions/service-ping.zsh", completions_write_zsh);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(those_of_bash_are_those_of_the_verbs),
        cmocka_unit_test(those_of_zsh_are_those_of_the_verbs),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
