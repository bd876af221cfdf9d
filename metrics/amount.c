#include "metrics/amount.h"

#include <ctype.h>
#include <string.h>

#define LIMB_DIGITS  9
#define LIMB         INT64_C(1000000000)
#define POINT        45 /* digits after the point: five limbs */
#define MOST_PLACES  40
#define DIGITS       ((size_t)AMOUNT_LIMBS * LIMB_DIGITS)
#define MOST_WRITTEN 400 /* signs of a text: more is refused unread */

/* A text that is being read. */
struct cursor {
    const char *at, *end;
};

static bool skip(struct cursor *cursor, char c)
{
    if (cursor->at == cursor->end || *cursor->at != c)
        return false;
    cursor->at++;
    return true;
}

static bool skip_sign(struct cursor *cursor)
{
    if (skip(cursor, '-'))
        return true;
    (void)skip(cursor, '+');
    return false;
}

static struct cursor take_digits(struct cursor *cursor)
{
    struct cursor digits = *cursor;

    while (cursor->at < cursor->end && isdigit((unsigned char)*cursor->at))
        cursor->at++;
    digits.end = cursor->at;
    return digits;
}

static bool take_exponent(struct cursor *cursor, int *exponent)
{
    struct cursor digits;
    bool negative;

    *exponent = 0;
    if (!skip(cursor, 'e') && !skip(cursor, 'E'))
        return true;
    negative = skip_sign(cursor);
    digits = take_digits(cursor);
    if (digits.at == digits.end)
        return false;
    for (; digits.at < digits.end && *exponent < MOST_WRITTEN; digits.at++)
        *exponent = *exponent * 10 + (*digits.at - '0');
    *exponent = negative ? -*exponent : *exponent;
    return true;
}

/* `place` is the power of ten of the first digit. */
static bool put_digits(struct amount *out, struct cursor digits, int place)
{
    static const int64_t powers[LIMB_DIGITS] = {1,      10,      100,      1000,     10000,
                                                100000, 1000000, 10000000, 100000000};

    for (; digits.at < digits.end; digits.at++, place--) {
        int position = place + POINT;

        if (*digits.at == '0')
            continue;
        if (place >= MOST_PLACES || place < -MOST_PLACES)
            return false;
        out->limbs[position / LIMB_DIGITS] +=
            (*digits.at - '0') * powers[(unsigned)position % LIMB_DIGITS];
    }
    return true;
}

static void negate(struct amount *amount)
{
    for (size_t i = 0; i < AMOUNT_LIMBS; i++)
        amount->limbs[i] = -amount->limbs[i];
}

bool amount_parse(const char *text, size_t length, struct amount *out, struct error *err)
{
    struct cursor cursor = {text, text + (length <= MOST_WRITTEN ? length : 0)};
    struct cursor whole, part = {NULL, NULL};
    bool negative = skip_sign(&cursor);
    int exponent;

    whole = take_digits(&cursor);
    if (skip(&cursor, '.'))
        part = take_digits(&cursor);
    if ((whole.at == whole.end && part.at == part.end) || !take_exponent(&cursor, &exponent) ||
        cursor.at != cursor.end)
        return error_set(err, ERROR_INVALID, "'%.*s' is not a decimal number",
                         length < 40 ? (int)length : 40, text);
    *out = (struct amount){{0}};
    if (!put_digits(out, whole, (int)(whole.end - whole.at) - 1 + exponent) ||
        !put_digits(out, part, -1 + exponent))
        return error_set(err, ERROR_INVALID, "the number %.*s is too large or too fine",
                         length < 60 ? (int)length : 60, text);
    if (negative)
        negate(out);
    return true;
}

void amount_add(struct amount *sum, const struct amount *more)
{
    for (size_t i = 0; i < AMOUNT_LIMBS; i++)
        sum->limbs[i] += more->limbs[i];
}

/* Carries, so that every limb is in 0 to 10^9-1 but the highest, which then has the sign. */
static void carry(struct amount *amount)
{
    for (size_t i = 0; i + 1 < AMOUNT_LIMBS; i++) {
        int64_t rest = amount->limbs[i] % LIMB;

        rest += rest < 0 ? LIMB : 0;
        amount->limbs[i + 1] += (amount->limbs[i] - rest) / LIMB;
        amount->limbs[i] = rest;
    }
}

/* The absolute value with its limbs in order; true if it was below zero. */
static bool take_sign(struct amount *amount)
{
    carry(amount);
    if (amount->limbs[AMOUNT_LIMBS - 1] >= 0)
        return false;
    negate(amount);
    carry(amount);
    return true;
}

void amount_write(const struct amount *amount, struct str *out)
{
    struct amount absolute = *amount;
    char digits[DIGITS]; /* the highest first */
    size_t first = 0, last = DIGITS;

    if (take_sign(&absolute))
        str_add_char(out, '-');
    for (size_t i = 0; i < DIGITS; i++) {
        int64_t *limb = &absolute.limbs[i / LIMB_DIGITS];

        digits[DIGITS - 1 - i] = (char)('0' + *limb % 10);
        *limb /= 10;
    }
    while (first < DIGITS - POINT - 1 && digits[first] == '0')
        first++;
    while (last > DIGITS - POINT && digits[last - 1] == '0')
        last--;
    str_add_bytes(out, digits + first, DIGITS - POINT - first);
    if (last > DIGITS - POINT) {
        str_add_char(out, '.');
        str_add_bytes(out, digits + DIGITS - POINT, last - (DIGITS - POINT));
    }
}

bool amount_equal(const struct amount *a, const struct amount *b)
{
    struct amount left = *a, right = *b;

    carry(&left);
    carry(&right);
    return memcmp(left.limbs, right.limbs, sizeof left.limbs) == 0;
}
