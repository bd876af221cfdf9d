#include "metrics/decimal.h"

#include <assert.h>
#include <ctype.h>
#include <string.h>

#define MOST_DIGITS       4000
#define LARGEST_DIVISOR   INT64_C(100000000000000000)
#define SIGNIFICANT       16 /* NUMERIC_MIN_SIG_DIGITS */
#define DIGITS_OF_A_GROUP 4  /* DEC_DIGITS: PostgreSQL counts in base 10,000 */

void decimal_init(struct decimal *decimal)
{
    *decimal = (struct decimal){0};
    str_init(&decimal->digits);
}

void decimal_release(struct decimal *decimal)
{
    str_release(&decimal->digits);
}

static int digit_at(const struct str *digits, size_t place)
{
    return place < digits->length ? digits->text[place] : 0;
}

static void drop_high_zeros(struct str *digits)
{
    while (digits->length > 0 && digits->text[digits->length - 1] == 0)
        str_truncate(digits, digits->length - 1);
}

/* Reads "[-]digits[.digits]"; false for anything else. */
static bool read_number(struct decimal *number, const char *text)
{
    const char *end = text + strlen(text), *point = strchr(text, '.');
    bool any = false;

    number->negative = *text == '-';
    text += number->negative ? 1 : 0;
    number->scale = point != NULL ? (size_t)(end - point - 1) : 0;
    if (end - text > MOST_DIGITS)
        return false;
    while (end > text) {
        char c = *--end;

        if (end == point)
            continue;
        if (!isdigit((unsigned char)c))
            return false;
        str_add_char(&number->digits, (char)(c - '0'));
        any = true;
    }
    drop_high_zeros(&number->digits);
    return any;
}

/* Zeros at the low end, until that many digits stand behind the point. */
static void widen(struct decimal *number, size_t scale)
{
    static const char zeros[64];

    while (number->scale < scale) {
        size_t more = scale - number->scale < sizeof(zeros) ? scale - number->scale : sizeof(zeros);
        size_t length = number->digits.length;

        number->scale += more;
        if (length == 0)
            continue;
        str_add_bytes(&number->digits, zeros, more);
        memmove(number->digits.text + more, number->digits.text, length);
        memset(number->digits.text, 0, more);
    }
}

static int compare_sizes(const struct str *a, const struct str *b)
{
    if (a->length != b->length)
        return a->length > b->length ? 1 : -1;
    for (size_t i = a->length; i > 0; i--)
        if (a->text[i - 1] != b->text[i - 1])
            return a->text[i - 1] > b->text[i - 1] ? 1 : -1;
    return 0;
}

/* sum += other */
static void add_digits(struct str *sum, const struct str *other)
{
    int carry = 0;

    for (size_t i = 0; i < other->length || carry != 0; i++) {
        int digit = digit_at(sum, i) + digit_at(other, i) + carry;

        carry = digit > 9;
        digit -= carry != 0 ? 10 : 0;
        if (i == sum->length)
            str_add_char(sum, (char)digit);
        else
            sum->text[i] = (char)digit;
    }
}

/* larger -= smaller */
static void subtract_digits(struct str *larger, const struct str *smaller)
{
    int borrow = 0;

    for (size_t i = 0; i < smaller->length || borrow != 0; i++) {
        int digit = digit_at(larger, i) - digit_at(smaller, i) - borrow;

        borrow = digit < 0;
        larger->text[i] = (char)(digit + (borrow != 0 ? 10 : 0));
    }
    drop_high_zeros(larger);
}

static void add_number(struct decimal *sum, struct decimal *number)
{
    widen(sum, number->scale);
    widen(number, sum->scale);
    if (sum->negative == number->negative) {
        add_digits(&sum->digits, &number->digits);
    } else if (compare_sizes(&sum->digits, &number->digits) >= 0) {
        subtract_digits(&sum->digits, &number->digits);
    } else {
        struct decimal smaller = *sum;

        subtract_digits(&number->digits, &smaller.digits);
        *sum = *number;
        *number = smaller;
    }
    if (sum->digits.length == 0)
        sum->negative = false;
}

bool decimal_add(struct decimal *decimal, const char *text, struct error *err)
{
    struct decimal number;
    bool good;

    decimal_init(&number);
    good = read_number(&number, text);
    if (good)
        add_number(decimal, &number);
    decimal_release(&number);
    return good || error_set(err, ERROR_INVALID, "'%.40s' is not a decimal number", text);
}

/* Places from the highest: whole part, point, fraction. */
static void write_digits(const struct str *digits, size_t scale, struct str *out)
{
    size_t low = 0, high = digits->length > scale ? digits->length : scale + 1;

    while (low < scale && digit_at(digits, low) == 0)
        low++;
    for (size_t place = high; place > low; place--) {
        if (place == scale)
            str_add_char(out, '.');
        str_add_char(out, (char)('0' + digit_at(digits, place - 1)));
    }
}

void decimal_write(const struct decimal *decimal, struct str *out)
{
    if (decimal->negative)
        str_add_char(out, '-');
    write_digits(&decimal->digits, decimal->scale, out);
}

/* The highest group of four digits and how many groups stand below it before the point. */
struct leading {
    int group;
    long weight;
};

static struct leading leading_of(const struct str *digits, size_t scale)
{
    long top = (long)digits->length - 1 - (long)scale; /* power of ten of the highest digit */
    long weight =
        top >= 0 ? top / DIGITS_OF_A_GROUP : -((-top + DIGITS_OF_A_GROUP - 1) / DIGITS_OF_A_GROUP);
    int group = 0;

    if (digits->length == 0)
        return (struct leading){0};
    for (long power = top; power >= weight * DIGITS_OF_A_GROUP; power--) {
        long place = power + (long)scale;

        group = group * 10 + (place >= 0 ? digit_at(digits, (size_t)place) : 0);
    }
    return (struct leading){.group = group, .weight = weight};
}

static size_t quotient_scale(const struct decimal *dividend, int64_t divisor)
{
    struct leading left = leading_of(&dividend->digits, dividend->scale);
    struct leading right = {.group = 0, .weight = -1};
    long weight, scale;

    for (int64_t rest = divisor; rest > 0; rest /= 10000) {
        right.group = (int)(rest % 10000);
        right.weight++;
    }
    weight = left.weight - right.weight - (left.group <= right.group ? 1 : 0);
    scale = SIGNIFICANT - weight * DIGITS_OF_A_GROUP;
    return scale > (long)dividend->scale ? (size_t)scale : dividend->scale;
}

/* Takes the lowest digit away and rounds by it, half away from zero. */
static void round_last(struct str *digits)
{
    static char one_digit[] = {1, 0};
    const struct str one = {.text = one_digit, .length = 1};
    bool up = digits->text[0] >= 5;

    memmove(digits->text, digits->text + 1, digits->length - 1);
    str_truncate(digits, digits->length - 1);
    if (up)
        add_digits(digits, &one);
    drop_high_zeros(digits);
}

/* Long division from the highest digit down to one beyond the last, which only rounds. */
static void divide(const struct str *dividend, int64_t divisor, struct str *quotient)
{
    int64_t rest = 0;

    for (size_t place = quotient->length; place > 0; place--) {
        size_t below = quotient->length - dividend->length; /* digits that the dividend lacks */

        rest = rest * 10 + (place > below ? digit_at(dividend, place - below - 1) : 0);
        quotient->text[place - 1] = (char)(rest / divisor);
        rest %= divisor;
    }
}

void decimal_write_quotient(const struct decimal *decimal, int64_t divisor, struct str *out)
{
    struct decimal quotient;

    assert(divisor > 0 && divisor <= LARGEST_DIVISOR);
    decimal_init(&quotient);
    quotient.scale = quotient_scale(decimal, divisor);
    for (size_t i = 0; i < decimal->digits.length + quotient.scale + 1 - decimal->scale; i++)
        str_add_char(&quotient.digits, 0);
    divide(&decimal->digits, divisor, &quotient.digits);
    round_last(&quotient.digits);
    quotient.negative = decimal->negative && quotient.digits.length > 0;
    decimal_write(&quotient, out);
    decimal_release(&quotient);
}
