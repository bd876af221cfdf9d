#include "agent/verbs/verbs.h"

#include "agent/verbs/verb.h"

static const char metric_help[] = "only metrics whose key path matches: 'counts.*', '*issues*'";
static const char category_help[] = "only metrics of this data category";
static const char source_help[] =
    "only metrics of these sources, a list: database,redis,events,system";
static const char categories[] = "standard|subscription|operational|optional";

static const struct verb_option check_options[] = {
    {"--payload", "FILE", "hold a payload, as 'preview' and 'export' write it, against its schema",
     NULL},
    {0},
};

static const struct verb_option table_or_json[] = {
    {"--format", "table|json", "how to print it; a table unless given", NULL},
    {0},
};

static const struct verb_option explain_options[] = {
    {"--format", "text|json", "how to print it; text unless given", NULL},
    {"--offline", NULL, "ask no server: the definition and what it means", NULL},
    {0},
};

static const struct verb_option grants_options[] = {
    {"--role", "NAME", "the role in the databases; service-ping unless given", NULL},
    {0},
};

static const struct verb_option metrics_options[] = {
    {"--format", "table|json|yaml", "how to print it; yaml is one list of whole definitions", NULL},
    {"--metric", "GLOB", metric_help, NULL},
    {"--category", categories, category_help, NULL},
    {"--source", "NAMES", source_help, NULL},
    {0},
};

static const struct verb_option queries_options[] = {
    {"--format", "json|yaml|sql",
     "json (unless given) and yaml are nested as the payload is; sql is a script of statements",
     NULL},
    {"--metric", "GLOB", metric_help, NULL},
    {"--category", categories, category_help, NULL},
    {"--source", "NAMES", source_help, NULL},
    {0},
};

static const struct verb_option preview_options[] = {
    {"--format", "table|json", "json prints the exact bytes that would be sent", NULL},
    {"--html", "FILE", "write it all as one page for a browser; '-' is stdout", NULL},
    {"--sealed", NULL, "collect nothing: show the ping that was sealed and not sent yet", NULL},
    {"--metric", "GLOB", metric_help, NULL},
    {"--category", categories, category_help, NULL},
    {"--source", "NAMES", source_help, NULL},
    {0},
};

static const struct verb_option status_options[] = {
    {"--format", "text|json", "how to print it; text unless given", NULL},
    {0},
};

static const struct verb_option history_options[] = {
    {"--format", "table|json", "how to print it; a table unless given", NULL},
    {"--verify", NULL,
     "check every digest, the chain from ping to ping, and the receipts; exit 1 if anything is "
     "wrong",
     NULL},
    {0},
};

static const struct verb_option show_options[] = {
    {"--format", "summary|json", "json prints the exact bytes; a summary unless given", NULL},
    {0},
};

static const struct verb_option export_options[] = {
    {"--output", "FILE", "where to write it; FILE.meta.json beside it says whose it is", NULL},
    {0},
};

static const struct verb_option recover_options[] = {
    {"--new-identity", NULL, "begin as a new instance if the identity cannot be read", NULL},
    {0},
};

static const struct verb_option consent_options[] = {
    {"--category", categories,
     "permit only these data categories; given once for each. Those of the last answer unless "
     "given",
     NULL},
    {"--yes", NULL, "ask nothing on a terminal", NULL},
    {0},
};

static const struct verb_option diff_options[] = {
    {"--format", "text|json", "how to print it; text unless given", NULL},
    {0},
};

static const struct verb_option accept_options[] = {
    {"--category", categories, "all of a data category; may be given more than once", NULL},
    {"--all", NULL, "everything that is new, changed or gone", NULL},
    {0},
};

static const struct verb_option track_options[] = {
    {"--user", "ID", "who did it", NULL},
    {"--project", "ID", "in which project", NULL},
    {"--namespace", "ID", "in which namespace", NULL},
    {"--label", "TEXT", "the event's label", NULL},
    {"--property", "TEXT", "the event's property", NULL},
    {"--value", "NUMBER", "the event's value", NULL},
    {"--set", "NAME=VALUE", "another property, a text; NAME:=VALUE gives a number", NULL},
    {"--stdin", NULL,
     "read events from stdin, a JSON object a line: event, user, project, namespace, label, "
     "property, value and others by their names",
     NULL},
    {0},
};

static const struct verb_option receive_options[] = {
    {"--listen", "HOST:PORT", "where to listen, instead of the setting", NULL},
    {"--once", "N", "end after N posts were answered", NULL},
    {0},
};

const struct verb verbs[] = {
    {"run", NULL, "be the agent: collect and send by the schedule, without end", NULL, verb_run},
    {"check", NULL, "check settings and definitions, without any server", check_options,
     verb_check},
    {"plan", NULL, "show the passes that a run would make, and what they would cost", table_or_json,
     verb_plan},
    {"explain", "KEY_PATH", "show where one number comes from, and how it is counted here",
     explain_options, verb_explain},
    {"grants", NULL, "print the SQL that lets a role read what is counted, and nothing else",
     grants_options, verb_grants},
    {"metrics", NULL, "list the metrics that the definitions in force ask for", metrics_options,
     verb_metrics},
    {"queries", NULL, "print the SQL, or the Redis keys, of every metric; needs no server",
     queries_options, verb_queries},
    {"doctor", NULL, "try everything that is needed, one sentence each", NULL, verb_doctor},
    {"preview", NULL, "collect, and show exactly what would be sent", preview_options,
     verb_preview},
    {"send", NULL, "send the ping that was previewed, or collect and send one", NULL, verb_send},
    {"consent", "[on|local|off|status]",
     "answer whether metrics are collected and sent, or show how that stands", consent_options,
     verb_consent},
    {"diff", "[ID ID]",
     "show what changed: definitions since they were approved, or one ping to another",
     diff_options, verb_diff},
    {"accept", "[KEY_PATH|GLOB]...", "approve definitions that are new, changed or gone",
     accept_options, verb_accept},
    {"status", NULL, "show consent, the next and the last run, what waits, what is held",
     status_options, verb_status},
    {"history", NULL, "list the pings that were made, the newest first", history_options,
     verb_history},
    {"show", "ID", "show one ping, by its number or the beginning of its id", show_options,
     verb_show},
    {"export", "[ID]", "write a ping to a file, to be carried across an air gap", export_options,
     verb_export},
    {"upload", "FILE", "post an exported ping from a machine that reaches the endpoint", NULL,
     verb_upload},
    {"import", "FILE", "keep the receipt that 'upload' brought, so that the ping is sent", NULL,
     verb_import},
    {"recover", NULL, "save what can be read of a damaged store, under the same identity",
     recover_options, verb_recover},
    {"track", "EVENT", "count one event, or with --stdin many", track_options, verb_track},
    {"receive", NULL, "be the central side: take pings and store them as rows", receive_options,
     verb_receive},
    {"version", NULL, "print the version", NULL, verb_version},
    {"help", "[VERB]", "print this help, or a verb's own", NULL, verb_help},
    {0},
};
