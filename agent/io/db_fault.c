#include "agent/io/db_fault.h"

#include <ctype.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

/* Leaves room for the SQLSTATE at the end. */
#define TEXT_SIZE (sizeof(((struct error *)NULL)->text) - 24)

/* The first row that the SQLSTATE begins with. */
static const struct {
    const char *begin;
    enum error_kind kind;
} kinds[] = {
    {"57014", ERROR_TIMEOUT},     /* query_canceled: statement_timeout, or an admin's hand */
    {"40001", ERROR_UNAVAILABLE}, /* serialization_failure: also a standby's recovery */
    {"40P01", ERROR_UNAVAILABLE}, /* deadlock_detected */
    {"55P03", ERROR_UNAVAILABLE}, /* lock_not_available: lock_timeout; free again some day */
    {"53", ERROR_UNAVAILABLE},    /* insufficient_resources: too_many_connections, disk_full */
    {"57P", ERROR_UNAVAILABLE},   /* admin_shutdown, crash_shutdown, cannot_connect_now, ... */
    {"08", ERROR_UNAVAILABLE},    /* connection_exception */
    {"42P01", ERROR_MISSING},     /* undefined_table */
    {"42703", ERROR_MISSING},     /* undefined_column */
    {"3F000", ERROR_MISSING},     /* invalid_schema_name */
    {"3D000", ERROR_MISSING},     /* invalid_catalog_name: no such database */
    {"42501", ERROR_DENIED},      /* insufficient_privilege */
    {"28", ERROR_DENIED},         /* invalid_authorization_specification, invalid_password */
};

static enum error_kind kind_of(const char *sqlstate)
{
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        if (strncmp(sqlstate, kinds[i].begin, strlen(kinds[i].begin)) == 0)
            return kinds[i].kind;
    return ERROR_REFUSED;
}

/* Blanks and line ends become one blank, and none at the end. */
static void make_one_line(char *text)
{
    char *to = text;

    for (const char *from = text; *from != '\0'; from++) {
        bool blank = isspace((unsigned char)*from) != 0 || iscntrl((unsigned char)*from) != 0;

        if (!blank)
            *to++ = *from;
        else if (to > text && to[-1] != ' ')
            *to++ = ' ';
    }
    while (to > text && to[-1] == ' ')
        to--;
    *to = '\0';
}

/* What stands between the first and the last double quote becomes at most three dots. */
static void hide_quoted(char *text)
{
    char *first = strchr(text, '"'), *last = strrchr(text, '"');
    size_t shown;

    if (first == last)
        return;
    shown = (size_t)(last - first - 1) < 3 ? (size_t)(last - first - 1) : 3;
    memset(first + 1, '.', shown);
    memmove(first + 1 + shown, last, strlen(last) + 1);
}

static size_t add(char *text, size_t size, size_t used, const char *before, const char *sentence)
{
    int more;

    /* A long detail says less to a person than it takes from the line. */
    if (sentence == NULL || strlen(sentence) > 160 || used >= size)
        return used;
    more = snprintf(text + used, size - used, "%s%s", before, sentence);
    return more < 0 ? used : used + (size_t)more;
}

static void finish(struct db_failure *failure, const char *sqlstate, const char *text)
{
    (void)snprintf(failure->sqlstate, sizeof(failure->sqlstate), "%.5s", sqlstate);
    if (*sqlstate == '\0')
        (void)error_set(&failure->err, ERROR_UNAVAILABLE, "%s", text);
    else
        (void)error_set(&failure->err, kind_of(sqlstate), "%s (SQLSTATE %.5s)", text, sqlstate);
}

/*
 * Errors of the classes 22 (data) and 23 (constraints) quote values of the database, and what is
 * said here may leave the machine as a metric's reason: so these are cut out.
 */
void db_fault_of_statement(const struct db_fault *fault, struct db_failure *failure)
{
    const char *sqlstate = fault->sqlstate != NULL ? fault->sqlstate : "";
    bool quotes_values = strncmp(sqlstate, "22", 2) == 0 || strncmp(sqlstate, "23", 2) == 0;
    char text[TEXT_SIZE];
    size_t used;

    (void)snprintf(text, sizeof(text), "%s", fault->message != NULL ? fault->message : "no reason");
    if (*sqlstate == '\0')
        text[strcspn(text, "\n")] = '\0'; /* libpq's own: guesses follow */
    used = strlen(text);
    if (!quotes_values) {
        used = add(text, sizeof(text), used, "; ", fault->detail);
        (void)add(text, sizeof(text), used, "; ", fault->hint);
    }
    make_one_line(text);
    if (quotes_values)
        hide_quoted(text);
    finish(failure, sqlstate, text);
}

/* Finds the last ":  28P01: ". Severities may be in any language; this form is not. */
static char *find_sqlstate(char *text)
{
    static const char signs[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    char *found = NULL;

    for (char *at = strstr(text, ":  "); at != NULL; at = strstr(at + 1, ":  "))
        if (strspn(at + 3, signs) == 5 && at[8] == ':' && at[9] == ' ')
            found = at + 3;
    return found;
}

/* Takes away "LOCATION:  auth_failed, auth.c:334", which is of no use here. */
static void drop_locations(char *text)
{
    char *line;

    while ((line = strstr(text, "\nLOCATION:")) != NULL) {
        const char *end = strchr(line + 1, '\n');

        if (end == NULL)
            end = line + strlen(line);
        memmove(line, end, strlen(end) + 1);
    }
}

void db_fault_of_connecting(const char *report, struct db_failure *failure)
{
    char text[2048], sqlstate[sizeof(failure->sqlstate)] = ""; /* several hosts say much */
    char *found;

    (void)snprintf(text, sizeof(text), "%s", report);
    drop_locations(text);
    found = find_sqlstate(text);
    if (found != NULL) {
        memcpy(sqlstate, found, sizeof(sqlstate) - 1);
        memmove(found, found + 7, strlen(found + 7) + 1);
    }
    make_one_line(text);
    text[TEXT_SIZE - 1] = '\0';
    finish(failure, sqlstate, text);
}
