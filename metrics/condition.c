#include "metrics/condition.h"

#include "agent/base/str.h"

#include <pg_query.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

static const char before[] = "SELECT (\n";
static const char after[] = "\n)";

static size_t character_length(const char *utf8)
{
    size_t length = 1;

    while (((unsigned char)utf8[length] & 0xC0) == 0x80)
        length++;
    return length;
}

/* The place of the character before which `bytes` bytes stand. */
static struct condition_place place_at(const char *text, size_t bytes)
{
    struct condition_place place = {.line = 1, .column = 1};

    for (size_t i = 0; i < bytes && text[i] != '\0'; i++) {
        if (text[i] == '\n')
            place = (struct condition_place){.line = place.line + 1, .column = 1};
        else if (((unsigned char)text[i] & 0xC0) != 0x80)
            place.column++;
    }
    return place;
}

/* libpg_query counts characters from 1; 0 means that it does not know. */
static struct condition_place place_of_cursor(const char *text, int cursor,
                                              size_t characters_before)
{
    size_t bytes = 0;

    if (cursor <= 0 || (size_t)cursor <= characters_before)
        return (struct condition_place){0};
    for (size_t left = (size_t)cursor - 1 - characters_before; left > 0 && text[bytes] != '\0';
         left--)
        bytes += character_length(text + bytes);
    /* What is found missing behind the end is missing at the end. */
    while (bytes > 0 && text[bytes] == '\0' && strchr(" \t\r\n", text[bytes - 1]) != NULL)
        bytes--;
    return place_at(text, bytes);
}

/* ---- Tokens ---- */

/* The bytes of a protobuf message that are left to read. */
struct wire {
    const unsigned char *at, *end;
};

static uint64_t read_varint(struct wire *wire)
{
    uint64_t number = 0;

    for (unsigned shift = 0; wire->at < wire->end && shift < 64; shift += 7) {
        unsigned char byte = *wire->at++;

        number |= (uint64_t)(byte & 0x7F) << shift;
        if (byte < 0x80)
            break;
    }
    return number;
}

/* ScanToken: all its fields are varints, and the first is where it starts; 0 is left out. */
static size_t read_token_start(struct wire token)
{
    size_t start = 0;

    while (token.at < token.end) {
        uint64_t tag = read_varint(&token), number = read_varint(&token);

        if (tag >> 3 == 1)
            start = (size_t)number;
    }
    return start;
}

/* The next token of a ScanResult, whose field 2 they are; false at the end. */
static bool next_token(struct wire *wire, size_t *start)
{
    while (wire->at < wire->end) {
        uint64_t tag = read_varint(wire), number = read_varint(wire);

        if ((tag & 7) != 2)
            continue;
        if (number > (uint64_t)(wire->end - wire->at))
            return false;
        *start = read_token_start((struct wire){wire->at, wire->at + number});
        wire->at += number;
        if (tag >> 3 == 2)
            return true;
    }
    return false;
}

/* What a token must not be, seen from its first characters; NULL if it is fine. */
static const char *token_fault(const char *token, int *depth)
{
    if (strncmp(token, "--", 2) == 0 || strncmp(token, "/*", 2) == 0)
        return "comments are not allowed in SQL of definitions; YAML has its own";
    if (*token == ';')
        return "';' is not allowed: this is a part of one statement";
    *depth += (*token == '(') - (*token == ')');
    if (*depth < 0)
        return "this ')' closes a parenthesis that was not opened here";
    return NULL;
}

/* One text and where to put what is found. */
struct parsing {
    const char *text;
    enum sql_shape shape;
    struct arena *arena;
    struct condition *condition;
    struct condition_place *place;
    struct error *err;
};

static bool check_tokens(const struct parsing *parsing, const PgQueryProtobuf *tokens)
{
    const unsigned char *bytes = (const unsigned char *)tokens->data;
    struct wire wire = {bytes, bytes + tokens->len};
    int depth = 0;
    size_t start;

    while (next_token(&wire, &start)) {
        const char *fault = token_fault(parsing->text + start, &depth);

        if (fault == NULL)
            continue;
        *parsing->place = place_at(parsing->text, start);
        return error_set(parsing->err, ERROR_INVALID, "%s", fault);
    }
    return depth == 0 || error_set(parsing->err, ERROR_INVALID, "a '(' is never closed");
}

static bool refuse(const struct parsing *parsing, const PgQueryError *error, size_t before_text)
{
    *parsing->place = place_of_cursor(parsing->text, error->cursorpos, before_text);
    return error_set(parsing->err, ERROR_INVALID, "%s", error->message);
}

/* What the tree cannot show: comments, and parentheses that end what the text stands in. */
static bool scan(const struct parsing *parsing)
{
    PgQueryScanResult result = pg_query_scan(parsing->text);
    bool good = result.error != NULL ? refuse(parsing, result.error, 0)
                                     : check_tokens(parsing, &result.pbuf);

    pg_query_free_scan_result(result);
    return good;
}

static bool examine(const struct parsing *parsing, const char *tree)
{
    const char *culprit, *found;

    if (sql_examine(tree, parsing->shape, parsing->arena, &parsing->condition->names, &culprit,
                    parsing->err))
        return true;
    found = *culprit != '\0' ? strcasestr(parsing->text, culprit) : NULL;
    if (found != NULL)
        *parsing->place = place_at(parsing->text, (size_t)(found - parsing->text));
    return false;
}

static bool parse(const struct parsing *parsing)
{
    PgQueryParseResult result;
    struct str statement;
    bool good;

    str_init(&statement);
    str_add(&statement, before);
    str_add(&statement, parsing->text);
    str_add(&statement, after);
    result = pg_query_parse(statement.text);
    good = result.error != NULL ? refuse(parsing, result.error, sizeof(before) - 1)
                                : examine(parsing, result.parse_tree);
    pg_query_free_parse_result(result);
    str_release(&statement);
    return good;
}

static const char *trimmed(const char *text, struct arena *arena)
{
    static const char blanks[] = " \t\r\n";
    size_t length;

    text += strspn(text, blanks);
    length = strlen(text);
    while (length > 0 && strchr(blanks, text[length - 1]) != NULL)
        length--;
    return arena_copy_bytes(arena, text, length);
}

/*
 * Most columns are a word with an underscore, which PostgreSQL's parser need not be asked about: of
 * SQL's own words only those that begin as below have one (current_date, session_user).
 */
static bool is_surely_column(const char *text)
{
    static const char *const own[] = {"current_", "session_", "system_"};

    for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
        if (strncmp(text, own[i], strlen(own[i])) == 0)
            return false;
    return text[0] >= 'a' && text[0] <= 'z' && strchr(text, '_') != NULL && strlen(text) < 64 &&
           strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_") == strlen(text);
}

static bool take_column(struct condition *condition, struct arena *arena)
{
    condition->names.columns = ARENA_NEW(arena, const char *);
    condition->names.columns[0] = condition->text;
    condition->names.column_count = 1;
    return true;
}

bool condition_parse(const char *text, enum sql_shape shape, struct arena *arena,
                     struct condition *condition, struct condition_place *place, struct error *err)
{
    const struct parsing parsing = {text, shape, arena, condition, place, err};

    *place = (struct condition_place){0};
    *condition = (struct condition){.text = trimmed(text, arena)};
    if (*condition->text == '\0')
        return error_set(err, ERROR_INVALID, "there is no SQL in it");
    if (strlen(text) > CONDITION_LONGEST)
        return error_set(err, ERROR_INVALID, "more than %d bytes of SQL", CONDITION_LONGEST);
    if (shape == SQL_COLUMN && is_surely_column(condition->text))
        return take_column(condition, arena);
    return scan(&parsing) && parse(&parsing);
}
