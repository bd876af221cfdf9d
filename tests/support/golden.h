/* Texts held against files of tests/golden; GOLDEN=write in the environment rewrites them. */
#ifndef TESTS_SUPPORT_GOLDEN_H
#define TESTS_SUPPORT_GOLDEN_H

/* `name` is below tests/golden. Fails the running test at the first line that differs. */
void golden_expect(const char *name, const char *text);

/* The same of any file of the tree. */
void golden_expect_file(const char *path, const char *text);

/* The same of the lines of a file between <!-- name:begin --> and <!-- name:end -->. */
void golden_expect_part(const char *path, const char *name, const char *text);

#endif
