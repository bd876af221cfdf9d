#include "metrics/sql_rules.h"

#include <string.h>

/* Each between two blanks. Of pg_catalog: pure functions of text, numbers, times, arrays and JSON.
 */
static const char functions[] =
    /* text */
    " ascii btrim char_length character_length chr concat concat_ws encode decode format initcap"
    " left length lower lpad ltrim md5 normalize octet_length bit_length overlay position"
    " regexp_count regexp_instr regexp_like regexp_match regexp_matches regexp_replace"
    " regexp_split_to_array regexp_split_to_table regexp_substr replace reverse right rpad rtrim"
    " split_part starts_with string_to_array strpos substr substring to_hex translate upper"
    " like_escape similar_to_escape is_normalized to_ascii quote_literal trim"
    /* numbers */
    " abs cbrt ceil ceiling degrees div exp factorial floor gcd lcm ln log log10 mod pi power"
    " radians round scale sign sqrt trunc trim_scale min_scale width_bucket bit_count get_bit"
    " acos asin atan atan2 cos cot sin tan to_number int2 int4 int8 float4 float8 numeric"
    /* times */
    " age date date_bin date_part date_trunc extract isfinite justify_days justify_hours"
    " justify_interval make_date make_interval make_time make_timestamp make_timestamptz now"
    " overlaps statement_timestamp timezone to_char to_date to_timestamp transaction_timestamp"
    /* arrays and ranges */
    " array_append array_cat array_dims array_length array_lower array_ndims array_position"
    " array_positions array_prepend array_remove array_replace array_to_string array_upper"
    " cardinality trim_array unnest isempty lower_inc lower_inf upper_inc upper_inf"
    " daterange int4range int8range numrange tsrange tstzrange"
    /* JSON */
    " array_to_json json_array_elements json_array_elements_text json_array_length"
    " json_build_array json_build_object json_each json_each_text json_extract_path"
    " json_extract_path_text json_object json_object_keys json_strip_nulls json_typeof"
    " jsonb_array_elements jsonb_array_elements_text jsonb_array_length jsonb_build_array"
    " jsonb_build_object jsonb_each jsonb_each_text jsonb_exists jsonb_exists_all"
    " jsonb_exists_any jsonb_extract_path jsonb_extract_path_text jsonb_object"
    " jsonb_object_keys jsonb_path_exists jsonb_path_match jsonb_path_query"
    " jsonb_path_query_array jsonb_path_query_first jsonb_set jsonb_strip_nulls jsonb_typeof"
    " row_to_json to_json to_jsonb"
    /* nulls, networks, identities */
    " num_nonnulls num_nulls family host masklen netmask network sha224 sha256 sha384 sha512 ";

static const char aggregates[] =
    " array_agg avg bit_and bit_or bit_xor bool_and bool_or corr count covar_pop covar_samp"
    " cume_dist dense_rank every first_value json_agg json_object_agg jsonb_agg"
    " jsonb_object_agg lag last_value lead max min mode nth_value ntile percent_rank"
    " percentile_cont percentile_disc rank regr_count regr_slope row_number stddev stddev_pop"
    " stddev_samp string_agg sum var_pop var_samp variance ";

static bool stands_in(const char *words, const char *word)
{
    size_t length = strlen(word);

    if (length == 0 || strchr(word, ' ') != NULL)
        return false;
    for (const char *at = strstr(words, word); at != NULL; at = strstr(at + 1, word))
        if (at[-1] == ' ' && at[length] == ' ')
            return true;
    return false;
}

enum sql_function sql_function(const char *name)
{
    static const char catalog[] = "pg_catalog.";

    if (strncmp(name, catalog, sizeof(catalog) - 1) == 0)
        name += sizeof(catalog) - 1;
    if (stands_in(functions, name))
        return FUNCTION_PLAIN;
    return stands_in(aggregates, name) ? FUNCTION_AGGREGATE : FUNCTION_REFUSED;
}

/* The commonest first, because each node of each definition is looked up. */
static const char *const allowed_nodes[] = {
    "String",          "ColumnRef",   "A_Const",      "A_Expr",        "ResTarget",
    "SelectStmt",      "BoolExpr",    "FuncCall",     "TypeCast",      "RangeVar",
    "SubLink",         "List",        "NullTest",     "Integer",       "A_Star",
    "A_ArrayExpr",     "BooleanTest", "CoalesceExpr", "CaseExpr",      "CaseWhen",
    "JoinExpr",        "TypeName",    "SortBy",       "MinMaxExpr",    "SQLValueFunction",
    "RangeSubselect",  "RowExpr",     "A_Indices",    "A_Indirection", "RangeFunction",
    "CommonTableExpr", "Float",       "Boolean",      "BitString",     "CollateClause",
    "GroupingSet",     "WindowDef",   "ColumnDef",
};

static const struct {
    const char *node, *words;
} refused_nodes[] = {
    {"LockingClause", "FOR UPDATE or FOR SHARE"},
    {"ParamRef", "a parameter such as $1"},
    {"RangeTableSample", "TABLESAMPLE"},
    {"XmlExpr", "XML"},
    {"XmlSerialize", "XML"},
    {"RangeTableFunc", "XMLTABLE"},
    {"InsertStmt", "INSERT"},
    {"UpdateStmt", "UPDATE"},
    {"DeleteStmt", "DELETE"},
    {"MergeStmt", "MERGE"},
    {"CurrentOfExpr", "CURRENT OF"},
    {"SetToDefault", "DEFAULT"},
    {"NamedArgExpr", "a named argument"},
};

const char *sql_node_refused(struct tree_word node)
{
    for (size_t i = 0; i < sizeof(allowed_nodes) / sizeof(allowed_nodes[0]); i++)
        if (tree_word_is(node, allowed_nodes[i]))
            return NULL;
    for (size_t i = 0; i < sizeof(refused_nodes) / sizeof(refused_nodes[0]); i++)
        if (tree_word_is(node, refused_nodes[i].node))
            return refused_nodes[i].words;
    return "anything but SELECT";
}
