#include "agent/base/file.h"

#include "tests/support/test.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A folder of its own, and everything is done relative to it. */
struct world {
    char folder[40];
    struct arena *arena;
    struct error err;
};

static int set_up(void **state)
{
    struct world *world = calloc(1, sizeof(*world));

    assert_non_null(world);
    (void)snprintf(world->folder, sizeof(world->folder), "/tmp/test_base_file.XXXXXX");
    if (mkdtemp(world->folder) == NULL || chdir(world->folder) != 0)
        return -1;
    world->arena = arena_new();
    *state = world;
    return 0;
}

static int tear_down(void **state)
{
    struct world *world = *state;
    char command[80];
    int done;

    (void)snprintf(command, sizeof(command), "rm -rf %s", world->folder);
    done = chdir("/") + system(command);
    arena_free(world->arena);
    free(world);
    return done;
}

static void make(const char *path, const char *text, size_t length)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, length), (ssize_t)length);
    assert_int_equal(close(fd), 0);
}

static void files_are_read_whole(void **state)
{
    struct world *world = *state;
    const char *text = NULL;
    size_t length = 0;

    make("a", "one\0two", 7);
    assert_true(file_read("a", world->arena, &text, &length, &world->err));
    assert_int_equal(length, 7);
    assert_memory_equal(text, "one\0two", 8);
    make("a", "", 0);
    assert_true(file_read("a", world->arena, &text, &length, &world->err));
    assert_int_equal(length, 0);
    assert_string_equal(text, "");
}

/* Below /proc fstat says that everything is empty. */
static void files_without_a_size_are_read_as_well(void **state)
{
    struct world *world = *state;
    const char *text = NULL;
    size_t length = 0;

    assert_true(file_read("/proc/self/status", world->arena, &text, &length, &world->err));
    assert_true(length > 0);
    assert_int_equal(strncmp(text, "Name:", 5), 0);
}

static void more_than_16_mib_is_refused(void **state)
{
    struct world *world = *state;
    const char *text;
    size_t length;

    make("large", "x", 1);
    assert_int_equal(truncate("large", 16 << 20), 0);
    assert_true(file_read("large", world->arena, &text, &length, &world->err));
    assert_int_equal(length, 16 << 20);
    assert_int_equal(truncate("large", (16 << 20) + 1), 0);
    assert_false(file_read("large", world->arena, &text, &length, &world->err));
    assert_int_equal(world->err.kind, ERROR_INVALID);
}

static void other_things_are_refused(void **state)
{
    struct world *world = *state;
    const char *text;
    size_t length;

    assert_false(file_read("nix", world->arena, &text, &length, &world->err));
    assert_int_equal(world->err.kind, ERROR_MISSING);
    assert_string_equal(world->err.text, "nix: cannot open: No such file or directory");
    assert_false(file_read(".", world->arena, &text, &length, &world->err));
    assert_int_equal(world->err.kind, ERROR_INVALID);
    /* Nobody writes to it: this must not wait. */
    assert_int_equal(mkfifo("pipe", 0600), 0);
    assert_false(file_read("pipe", world->arena, &text, &length, &world->err));
    assert_int_equal(world->err.kind, ERROR_INVALID);
}

static const struct {
    const char *name, *text;
    mode_t mode;
    enum error_kind kind;
    const char *secret;
} secrets[] = {
    {"the first line is the secret", "pass word\nrest\n", 0600, ERROR_NONE, "pass word"},
    {"no line end is needed", "x", 0400, ERROR_NONE, "x"},
    {"a line end of another system", "x\r\n", 0640, ERROR_NONE, "x"},
    {"everybody may read it", "x\n", 0604, ERROR_DENIED, NULL},
    {"everybody may write it", "x\n", 0602, ERROR_DENIED, NULL},
    {"it is empty", "", 0600, ERROR_INVALID, NULL},
    {"the first line is empty", "\nx\n", 0600, ERROR_INVALID, NULL},
};

static void secrets_are_first_lines_of_private_files(void **state)
{
    struct world *world = *state;

    for (size_t i = 0; i < COUNT_OF(secrets); i++) {
        const char *secret = NULL;

        print_message("# %s\n", secrets[i].name);
        world->err = (struct error){0};
        make("secret", secrets[i].text, strlen(secrets[i].text));
        assert_int_equal(chmod("secret", secrets[i].mode), 0);
        assert_int_equal(file_read_secret("secret", world->arena, &secret, &world->err),
                         secrets[i].secret != NULL);
        assert_int_equal(world->err.kind, secrets[i].kind);
        if (secrets[i].secret != NULL)
            assert_string_equal(secret, secrets[i].secret);
        assert_null(strstr(world->err.text, "pass word"));
        assert_int_equal(unlink("secret"), 0);
    }
}

static void a_missing_secret_is_missing(void **state)
{
    struct world *world = *state;
    const char *secret;

    assert_false(file_read_secret("secret", world->arena, &secret, &world->err));
    assert_int_equal(world->err.kind, ERROR_MISSING);
}

static void folders_are_listed_at_any_depth_and_sorted(void **state)
{
    static const char *const expected[] = {"top/B.yml", "top/a.yml", "top/a/b/c/deep.yml",
                                           "top/a/x.yml", "top/linked.yml"};
    struct world *world = *state;
    struct file_list list;

    assert_int_equal(system("mkdir -p top/a/b/c top/empty.yml top/.hidden"), 0);
    make("top/a.yml", "", 0);
    make("top/B.yml", "", 0);
    make("top/a/x.yml", "", 0);
    make("top/a/x.yaml", "", 0);
    make("top/a/b/c/deep.yml", "", 0);
    make("top/.hidden/x.yml", "", 0);
    make("top/.x.yml", "", 0);
    assert_int_equal(symlink("a/x.yml", "top/linked.yml"), 0);
    assert_int_equal(symlink("nowhere", "top/dangling"), 0);
    assert_true(file_list("top", ".yml", world->arena, &list, &world->err));
    assert_int_equal(list.count, COUNT_OF(expected));
    for (size_t i = 0; i < COUNT_OF(expected); i++)
        assert_string_equal(list.paths[i], expected[i]);
    assert_true(file_list("top", ".md", world->arena, &list, &world->err));
    assert_int_equal(list.count, 0);
}

static void what_cannot_be_listed_is_an_error(void **state)
{
    struct world *world = *state;
    struct file_list list;

    assert_false(file_list("nix", ".yml", world->arena, &list, &world->err));
    assert_int_equal(world->err.kind, ERROR_MISSING);
    assert_int_equal(mkdir("links", 0700), 0);
    assert_int_equal(symlink("nowhere", "links/x.yml"), 0);
    assert_false(file_list("links", ".yml", world->arena, &list, &world->err));
    assert_int_equal(world->err.kind, ERROR_MISSING);
    assert_non_null(strstr(world->err.text, "links/x.yml"));
}

/* Two of them, because with two the number of ways would double at every level. */
static void links_in_a_circle_are_found_out(void **state)
{
    struct world *world = *state;
    struct file_list list;

    assert_int_equal(mkdir("circle", 0700), 0);
    assert_int_equal(symlink("..", "circle/one"), 0);
    assert_int_equal(symlink("..", "circle/two"), 0);
    assert_false(file_list("circle", ".yml", world->arena, &list, &world->err));
    assert_int_equal(world->err.kind, ERROR_INVALID);
}

static void many_files_are_listed(void **state)
{
    struct world *world = *state;
    struct file_list list;
    char path[40];

    assert_int_equal(mkdir("many", 0700), 0);
    for (int i = 0; i < 300; i++) {
        (void)snprintf(path, sizeof(path), "many/%03d", i / 10);
        if (i % 10 == 0)
            assert_int_equal(mkdir(path, 0700), 0);
        (void)snprintf(path, sizeof(path), "many/%03d/%03d.yml", i / 10, i);
        make(path, "", 0);
    }
    assert_true(file_list("many", ".yml", world->arena, &list, &world->err));
    assert_int_equal(list.count, 300);
    for (size_t i = 1; i < list.count; i++)
        assert_true(strcmp(list.paths[i - 1], list.paths[i]) < 0);
}

#define IN_A_FOLDER(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_A_FOLDER(files_are_read_whole),
        IN_A_FOLDER(files_without_a_size_are_read_as_well),
        IN_A_FOLDER(more_than_16_mib_is_refused),
        IN_A_FOLDER(other_things_are_refused),
        IN_A_FOLDER(secrets_are_first_lines_of_private_files),
        IN_A_FOLDER(a_missing_secret_is_missing),
        IN_A_FOLDER(folders_are_listed_at_any_depth_and_sorted),
        IN_A_FOLDER(what_cannot_be_listed_is_an_error),
        IN_A_FOLDER(links_in_a_circle_are_found_out),
        IN_A_FOLDER(many_files_are_listed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
