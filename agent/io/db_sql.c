#include "agent/base/str.h"
#include "agent/io/db.h"

#include <string.h>

/*
 * All words that PostgreSQL 12 to 17 do not take as a plain name everywhere
 * (pg_get_keywords(), catcode other than U), each between two blanks.
 */
static const char keywords[] =
    " all analyse analyze and any array as asc asymmetric authorization between bigint binary"
    " bit boolean both case cast char character check coalesce collate collation column"
    " concurrently constraint create cross current_catalog current_date current_role"
    " current_schema current_time current_timestamp current_user dec decimal default"
    " deferrable desc distinct do else end except exists extract false fetch float for foreign"
    " freeze from full grant greatest group grouping having ilike in initially inner inout int"
    " integer intersect interval into is isnull join json json_array json_arrayagg json_exists"
    " json_object json_objectagg json_query json_scalar json_serialize json_table json_value"
    " lateral leading least left like limit localtime localtimestamp merge_action national"
    " natural nchar none normalize not notnull null nullif numeric offset on only or order out"
    " outer overlaps overlay placing position precision primary real references returning"
    " right row select session_user setof similar smallint some substring symmetric"
    " system_user table tablesample then time timestamp to trailing treat trim true union"
    " unique user using values varchar variadic verbose when where window with xmlattributes"
    " xmlconcat xmlelement xmlexists xmlforest xmlnamespaces xmlparse xmlpi xmlroot"
    " xmlserialize xmltable ";

static bool is_keyword(const char *word, size_t length)
{
    for (const char *at = strstr(keywords, word); at != NULL; at = strstr(at + 1, word))
        if (at[-1] == ' ' && at[length] == ' ')
            return true;
    return false;
}

static bool is_plain(const char *name)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz_0123456789";
    size_t length = strspn(name, letters);
    bool begins_well = (*name >= 'a' && *name <= 'z') || *name == '_';

    return begins_well && name[length] == '\0' && !is_keyword(name, length);
}

static void add_doubled(const char *text, size_t length, const char *doubled, struct str *out)
{
    for (size_t i = 0; i < length; i++) {
        if (strchr(doubled, text[i]) != NULL)
            str_add_char(out, text[i]);
        str_add_char(out, text[i]);
    }
}

static void quote_part(const char *part, size_t length, struct str *out)
{
    size_t before = out->length;

    str_add_bytes(out, part, length);
    if (is_plain(out->text + before))
        return;
    str_truncate(out, before);
    str_add_char(out, '"');
    add_doubled(part, length, "\"", out);
    str_add_char(out, '"');
}

void db_quote_name(const char *name, struct str *out)
{
    for (;;) {
        size_t length = strcspn(name, ".");

        quote_part(name, length, out);
        if (name[length] == '\0')
            return;
        str_add_char(out, '.');
        name += length + 1;
    }
}

void db_quote_identifier(const char *name, struct str *out)
{
    quote_part(name, strlen(name), out);
}

void db_quote_text(const char *text, struct str *out)
{
    bool escaped = strchr(text, '\\') != NULL;

    str_add(out, escaped ? "E'" : "'");
    add_doubled(text, strlen(text), escaped ? "'\\" : "'", out);
    str_add_char(out, '\'');
}
