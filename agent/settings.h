/*
 * Settings: one table (settings.c) serves reading, checking, printing and docs/settings.md.
 * Read from a YAML file and its drop-ins, overridden by SERVICE_PING_* of the environment.
 */
#ifndef AGENT_SETTINGS_H
#define AGENT_SETTINGS_H

#include "agent/base/arena.h"
#include "agent/base/complaints.h"
#include "agent/base/log.h"
#include "agent/base/str.h"
#include "agent/io/http_client.h"
#include "agent/payload.h"
#include "agent/source.h"

enum consent_mode { CONSENT_ON, CONSENT_LOCAL, CONSENT_OFF };

/* How a ping is posted (delivery.h). */
enum endpoint_protocol { PROTOCOL_SERVICE_PING, PROTOCOL_GITLAB };
/* Files of GitLab's lists about its Redis keys; NULL: none. */
struct key_list_files {
    const char *paths, *totals, *legacy;
    const char *const *known, *const *aggregates; /* files, or folders of .yml files */
    size_t known_count, aggregate_count;
};

/* A file as it was read, for who looks at it once more. */
struct settings_document {
    const char *file;
    const struct doc_node *root;
};

struct settings {
    enum consent_mode consent;            /* consent.h says what is in force */
    bool categories[CATEGORY_COUNT];      /* permitted to be collected and sent */
    bool consent_named, categories_named; /* here: then the stored answer counts for nothing */
    bool do_not_track;                    /* the environment says so */
    bool consent_not_tracked;             /* `on` stands here, which that has made `local` */
    bool
        accepted[CATEGORY_COUNT]; /* whose new and changed definitions are approved by themselves */
    const char *schedule;         /* "weekly", or a time of cron */
    int64_t history_days, history_megabytes; /* of the archive */
    const char *socket;                      /* path of the agent's own; "" : none */
    const char *socket_group;                /* NULL: the process' own */
    const char *web_listen;                  /* loopback "host:port"; NULL: the socket alone */
    const char *web_token_file;
    const char *state;              /* the folder of the store */
    const char *const *definitions; /* folders in force, a later one overrides an earlier one */
    size_t definition_count;
    const char *time_zone; /* of windows and ISO weeks: "UTC", "Europe/Berlin" */
    struct source_settings sources;
    enum payload_form payload_form; /* payload.fallback: null is our form, -1 GitLab's */
    const char *endpoint;           /* endpoint.url; NULL: none yet */
    enum endpoint_protocol protocol;
    struct key_list_files key_files; /* what sources.keys is read from */
    int64_t event_rate;              /* events a second of one name that `track` takes; 0: any */
    struct http_config http;
    unsigned budget_ms;      /* time of the databases' for one run; 0: no limit */
    unsigned run_deadline_s; /* a run is ended, and not resumed, after this */
    enum log_level log_level;
    const char *receive_listen; /* of `service-ping receive`: "127.0.0.1:8080" */
    struct db_config receive_database;
    const struct settings_document *documents; /* in the order of reading */
    size_t document_count;
};

/*
 * Reads `path` (NULL: /etc/service-ping/service-ping.yml, which may be missing), then the *.yml of
 * the folder `path` plus ".d", then the environment (`environment` as in environ(7)). Everything
 * that is wrong is complained about; true if nothing was. All texts are in `arena`.
 */
MUST_CHECK bool settings_load(const char *path, char *const *environment, struct arena *arena,
                              struct settings *settings, struct complaints *complaints);

/* What is in force as YAML that settings_load reads back; secrets are shown as "********". */
void settings_print(const struct settings *settings, struct str *out);

/* The table of docs/settings.md: key, type, default, meaning. */
void settings_write_table(struct str *out);

const char *consent_name(enum consent_mode mode); /* "on", "local", "off" */

#endif
