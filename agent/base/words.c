#include "agent/base/words.h"

#include <string.h>
#include <strings.h>

#define LONGEST_WORD 80 /* longer ones are nobody's slip of the finger */

int words_find(const char *const *words, const char *word)
{
    for (int i = 0; words[i] != NULL; i++)
        if (words[i][0] == word[0] && strcmp(words[i], word) == 0)
            return i;
    return -1;
}

int words_find_any_case(const char *const *words, const char *word)
{
    for (int i = 0; words[i] != NULL; i++)
        if (strcasecmp(words[i], word) == 0)
            return i;
    return -1;
}

const char *words_join(const char *const *words, struct arena *arena)
{
    const char *joined = words[0] != NULL ? words[0] : "";

    for (size_t i = 1; words[0] != NULL && words[i] != NULL; i++)
        joined =
            arena_format(arena, "%s%s%s", joined, words[i + 1] != NULL ? ", " : " or ", words[i]);
    return joined;
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Optimal string alignment: insertions, deletions, changes and swapped neighbours, one each. */
static size_t edit_distance(const char *a, size_t a_length, const char *b, size_t b_length)
{
    size_t rows[3][LONGEST_WORD + 1];
    size_t *before = rows[0], *above = rows[1], *row = rows[2];

    for (size_t j = 0; j <= b_length; j++)
        above[j] = j;
    for (size_t i = 1; i <= a_length; i++) {
        size_t *oldest = before;

        row[0] = i;
        for (size_t j = 1; j <= b_length; j++) {
            size_t change = above[j - 1] + (a[i - 1] != b[j - 1]);

            row[j] = least(least(above[j], row[j - 1]) + 1, change);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = least(row[j], before[j - 2] + 1);
        }
        before = above;
        above = row;
        row = oldest;
    }
    return above[b_length];
}

void nearest_init(struct nearest *nearest, const char *word)
{
    *nearest = (struct nearest){.word = word};
}

void nearest_try(struct nearest *nearest, const char *candidate)
{
    size_t length = strlen(nearest->word), other = strlen(candidate), distance;

    if (length > LONGEST_WORD || other > LONGEST_WORD)
        return;
    distance = edit_distance(nearest->word, length, candidate, other);
    if (distance > 1 && distance > length / 3)
        return;
    if (nearest->found != NULL && distance >= nearest->distance)
        return;
    nearest->found = candidate;
    nearest->distance = distance;
}

const char *nearest_hint(const struct nearest *nearest, struct arena *arena)
{
    if (nearest->found == NULL)
        return "";
    return arena_format(arena, "; did you mean '%s'?", nearest->found);
}
