#include "agent/settings.h"

#include "agent/settings_table.h"
#include "tests/support/golden.h"
#include "tests/support/scratch.h"
#include "tests/support/test.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MOST_VARIABLES 8

struct desk {
    struct scratch scratch;
    struct arena *arena;
    struct complaints complaints;
    struct settings settings;
};

static void desk_init(struct desk *desk)
{
    scratch_init(&desk->scratch);
    desk->arena = arena_new();
    complaints_init(&desk->complaints, desk->arena);
}

static void desk_release(struct desk *desk)
{
    arena_free(desk->arena);
    scratch_release(&desk->scratch);
}

/* `variables` as in environ(7), one a line; NULL: none. */
static bool load(struct desk *desk, const char *text, const char *variables)
{
    char *environment[MOST_VARIABLES + 1] = {NULL};
    char *rest = arena_copy(desk->arena, variables != NULL ? variables : "");

    for (size_t i = 0; *rest != '\0' && i < MOST_VARIABLES; i++) {
        size_t length = strcspn(rest, "\n");
        bool last = rest[length] == '\0';

        environment[i] = rest;
        rest[length] = '\0';
        rest += length + (last ? 0 : 1);
    }
    if (text != NULL)
        scratch_write(&desk->scratch, "settings.yml", text);
    return settings_load(arena_format(desk->arena, "%s/settings.yml", desk->scratch.folder),
                         environment, desk->arena, &desk->settings, &desk->complaints);
}

static void expect_no_complaints(struct desk *desk)
{
    complaints_print(&desk->complaints, stderr);
    assert_int_equal(desk->complaints.count, 0);
}

static void gives_defaults(void **state)
{
    char hostname[256];
    struct desk desk;
    const struct settings *settings = &desk.settings;

    (void)state;
    desk_init(&desk);
    assert_true(load(&desk, "", NULL));
    assert_int_equal(settings->consent, CONSENT_LOCAL);
    for (unsigned i = 0; i < CATEGORY_COUNT; i++)
        assert_true(settings->categories[i]);
    assert_string_equal(settings->state, "/var/lib/service-ping");
    assert_int_equal(settings->definition_count, 1);
    assert_string_equal(settings->definitions[0], "/usr/share/service-ping/definitions");
    assert_string_equal(settings->time_zone, "UTC");
    assert_int_equal(settings->payload_form, PAYLOAD_OURS);
    assert_int_equal(settings->protocol, PROTOCOL_SERVICE_PING);
    assert_int_equal(gethostname(hostname, sizeof(hostname)), 0);
    assert_string_equal(settings->sources.hostname, hostname);
    assert_null(settings->sources.uuid);
    assert_int_equal(settings->sources.database_count, 0);
    assert_null(settings->sources.redis.address);
    assert_int_equal(settings->sources.redis.timeout_ms, 5000);
    assert_int_equal(settings->sources.piece_target_ms, 250);
    assert_int_equal(settings->sources.statement_timeout_ms, 15000);
    assert_int_equal(settings->sources.lock_timeout_ms, 1000);
    assert_int_equal(settings->sources.small_table_rows, 10000);
    assert_string_equal(settings->sources.pause_file, "/run/service-ping/pause");
    assert_int_equal(settings->budget_ms, 0);
    assert_int_equal(settings->run_deadline_s, 86400);
    assert_null(settings->endpoint);
    assert_null(settings->http.proxy);
    assert_int_equal(settings->http.timeout_ms, 30000);
    assert_non_null(strstr(settings->http.user_agent, "service-ping/"));
    assert_int_equal(settings->log_level, LEVEL_INFO);
    assert_string_equal(settings->receive_listen, "127.0.0.1:8080");
    assert_string_equal(settings->receive_database.name, "receive");
    desk_release(&desk);
}

/* Every key once, none at its default. */
static const char everything[] = "consent: on\n"
                                 "categories: [standard, operational]\n"
                                 "state: /srv/state\n"
                                 "definitions: [/srv/one, \"/srv/the other\"]\n"
                                 "time_zone: Europe/Berlin\n"
                                 "instance:\n"
                                 "  uuid: 5a3c\n"
                                 "  hostname: git.example.org\n"
                                 "  version: 17.10\n"
                                 "  edition: EE\n"
                                 "  installation_type: omnibus\n"
                                 "facts:\n"
                                 "  settings.ldap_enabled: true\n"
                                 "  seats: 100\n"
                                 "  plan: \"100\"\n"
                                 "  licensee: {Name: A, Company: 'B: C'}\n"
                                 "databases:\n"
                                 "  main:\n"
                                 "    conninfo: host=/run/pg user=u password='a \\' b' dbname=x\n"
                                 "  ci:\n"
                                 "    conninfo: postgresql://u:p@h/ci?sslpassword=q&a=b\n"
                                 "    password_file: /etc/ci.password\n"
                                 "    role: replica\n"
                                 "    duty: 0.25\n"
                                 "    accuracy: fast\n"
                                 "    connect_timeout: 3s\n"
                                 "redis:\n"
                                 "  address: /run/redis.sock\n"
                                 "  user: reader\n"
                                 "  password_file: redis-password\n"
                                 "  database: 3\n"
                                 "  timeout: 1500ms\n"
                                 "plan:\n"
                                 "  piece_target: 100ms\n"
                                 "  statement_timeout: 1m\n"
                                 "  lock_timeout: 90s\n"
                                 "  small_table_rows: 0\n"
                                 "  pause_file: /run/pause\n"
                                 "  budget: 90m\n"
                                 "run:\n"
                                 "  deadline: 2d\n"
                                 "payload: {fallback: -1}\n"
                                 "endpoint:\n"
                                 "  protocol: gitlab\n"
                                 "  url: https://u:p@example.org/v1/pings\n"
                                 "  ca_file: /etc/ca.pem\n"
                                 "  client_certificate: /etc/cert.pem\n"
                                 "  client_key: client-key\n"
                                 "  proxy: http://me:secret@proxy.example.org:3128\n"
                                 "  timeout: 45s\n"
                                 "log:\n"
                                 "  level: debug\n"
                                 "receive:\n"
                                 "  listen: '[::]:80'\n"
                                 "  conninfo: dbname=pings\n"
                                 "  password_file: /etc/receive.password\n";

static void takes_every_key(void **state)
{
    struct desk desk;
    const struct settings *settings = &desk.settings;
    const struct database_settings *ci;

    (void)state;
    desk_init(&desk);
    (void)load(&desk, everything, "CREDENTIALS_DIRECTORY=/run/credentials/x");
    expect_no_complaints(&desk);
    assert_int_equal(settings->consent, CONSENT_ON);
    assert_true(settings->categories[CATEGORY_STANDARD]);
    assert_false(settings->categories[CATEGORY_SUBSCRIPTION]);
    assert_true(settings->categories[CATEGORY_OPERATIONAL]);
    assert_false(settings->categories[CATEGORY_OPTIONAL]);
    assert_int_equal(settings->definition_count, 2);
    assert_string_equal(settings->definitions[1], "/srv/the other");
    assert_string_equal(settings->sources.version, "17.10");
    assert_int_equal(settings->sources.fact_count, 4);
    assert_string_equal(settings->sources.facts[0].name, "settings.ldap_enabled");
    assert_int_equal(settings->sources.facts[3].value->kind, DOC_MAP);
    assert_int_equal(settings->sources.database_count, 2);
    assert_string_equal(settings->sources.databases[0].name, "main");
    assert_string_equal(settings->sources.databases[0].config.name, "main");
    assert_true(settings->sources.databases[0].duty == 0.2);
    ci = &settings->sources.databases[1];
    assert_int_equal(ci->role, DATABASE_REPLICA);
    assert_true(ci->duty == 0.25);
    assert_int_equal(settings->sources.databases[0].accuracy, ACCURACY_EXACT);
    assert_int_equal(ci->accuracy, ACCURACY_FAST);
    assert_int_equal(ci->config.connect_timeout_ms, 3000);
    assert_string_equal(ci->config.password_file, "/etc/ci.password");
    assert_string_equal(settings->sources.redis.password_file, "/run/credentials/x/redis-password");
    assert_int_equal(settings->sources.redis.database, 3);
    assert_int_equal(settings->sources.redis.timeout_ms, 1500);
    assert_int_equal(settings->sources.small_table_rows, 0);
    assert_int_equal(settings->budget_ms, 90 * 60 * 1000);
    assert_int_equal(settings->run_deadline_s, 2 * 86400);
    assert_string_equal(settings->endpoint, "https://u:p@example.org/v1/pings");
    assert_int_equal(settings->payload_form, PAYLOAD_GITLAB);
    assert_int_equal(settings->protocol, PROTOCOL_GITLAB);
    assert_string_equal(settings->http.client_key, "/run/credentials/x/client-key");
    assert_int_equal(settings->log_level, LEVEL_DEBUG);
    assert_string_equal(settings->receive_database.conninfo, "dbname=pings");
    desk_release(&desk);
}

static void prints_what_is_in_force(void **state)
{
    struct str first, second;
    struct desk desk;

    (void)state;
    desk_init(&desk);
    str_init(&first);
    str_init(&second);
    (void)load(&desk, everything,
               "CREDENTIALS_DIRECTORY=/run/credentials/x\nSERVICE_PING_REDIS_PASSWORD=secret");
    expect_no_complaints(&desk);
    settings_print(&desk.settings, &first);
    assert_null(strstr(first.text, "secret"));
    golden_expect("settings.yml", first.text);
    assert_true(load(&desk, first.text, NULL));
    settings_print(&desk.settings, &second);
    str_add(&second, "# redis.password: \"********\", from the environment\n");
    assert_string_equal(first.text, second.text);
    str_release(&first);
    str_release(&second);
    desk_release(&desk);
}

static void prints_the_defaults(void **state)
{
    struct str text;
    struct desk desk;

    (void)state;
    desk_init(&desk);
    str_init(&text);
    assert_true(load(&desk, "instance: {hostname: git.example.org}\n", NULL));
    settings_print(&desk.settings, &text);
    golden_expect("settings_default.yml", text.text);
    str_release(&text);
    desk_release(&desk);
}

/* What cannot stand beside an address. */
static void takes_sentinels_and_tls(void **state)
{
    const struct redis_config *redis;
    struct desk desk;

    (void)state;
    desk_init(&desk);
    (void)load(&desk,
               "redis:\n  tls: true\n  ca_file: /etc/ca.pem\n  client_certificate: /etc/c.pem\n"
               "  client_key: /etc/k.pem\n  server_name: redis.example.org\n"
               "  sentinel_master: cache\n  sentinel_password_file: /etc/watch\n",
               "SERVICE_PING_REDIS_SENTINELS=a:1, b");
    expect_no_complaints(&desk);
    redis = &desk.settings.sources.redis;
    assert_true(redis->tls && redis_is_configured(redis));
    assert_string_equal(redis->ca_file, "/etc/ca.pem");
    assert_string_equal(redis->client_certificate, "/etc/c.pem");
    assert_string_equal(redis->client_key, "/etc/k.pem");
    assert_string_equal(redis->server_name, "redis.example.org");
    assert_int_equal(redis->sentinel_count, 2);
    assert_string_equal(redis->sentinels[0], "a:1");
    assert_string_equal(redis->sentinels[1], "b");
    assert_string_equal(redis->sentinel_master, "cache");
    assert_string_equal(redis->sentinel_password_file, "/etc/watch");
    desk_release(&desk);
}

static void writes_the_table(void **state)
{
    struct str text;

    (void)state;
    str_init(&text);
    settings_write_table(&text);
    golden_expect_part("docs/settings.md", "settings", text.text);
    str_release(&text);
}

static const struct {
    const char *name, *text;
    const char *key, *says; /* of the one complaint; NULL: there is none */
    int line;
} rows[] = {
    {"a URL of this machine may be http", "endpoint: {url: 'http://localhost:8080/v1'}", NULL, NULL,
     0},
    {"so may an address of it", "endpoint: {url: 'http://127.1.2.3/v1'}", NULL, NULL, 0},
    {"and its IPv6 address", "endpoint: {url: 'http://[::1]:8080'}", NULL, NULL, 0},
    {"any other may not", "endpoint:\n  url: http://example.org/v1\n", "endpoint.url",
     "in clear text over a network", 2},
    {"not one that begins like this machine", "endpoint: {url: 'http://localhost.example.org'}",
     "endpoint.url", "in clear text", 1},
    {"not one that begins like an address", "endpoint: {url: 'http://127.0.0.1.example.org'}",
     "endpoint.url", "in clear text", 1},
    {"not one with this machine for a user", "endpoint: {url: 'http://127.0.0.1@example.org/'}",
     "endpoint.url", "in clear text", 1},
    {"not one with this machine in its path", "endpoint: {url: 'http://example.org/@localhost'}",
     "endpoint.url", "in clear text", 1},
    {"not another IPv6 address", "endpoint: {url: 'http://[::2]/'}", "endpoint.url",
     "in clear text", 1},
    {"not without a host", "endpoint: {url: 'http:///v1'}", "endpoint.url",
     "must begin with https:// and a host", 1},
    {"https may go anywhere", "endpoint: {url: 'HTTPS://example.org'}", NULL, NULL, 0},
    {"another scheme goes nowhere", "endpoint: {url: 'ftp://example.org'}", "endpoint.url",
     "this is no URL to post to", 1},
    {"a backslash is no part of a URL", "endpoint: {url: 'https://a\\@b'}", "endpoint.url",
     "this is no URL to post to", 1},
    {"no blanks in a URL", "endpoint: {url: 'https://a b'}", "endpoint.url",
     "this is no URL to post to", 1},
    {"no proxy at all", "endpoint: {proxy: ''}", NULL, NULL, 0},
    {"no blanks in a proxy", "endpoint: {proxy: 'a b'}", "endpoint.proxy", "this is no proxy", 1},
    {"a certificate needs its key", "endpoint: {client_certificate: /a}", "endpoint",
     "must be given both, or neither", 0},
    {"a misspelt key", "endpoint:\n  ulr: x\n", "endpoint.ulr", "did you mean 'endpoint.url'?", 2},
    {"a misspelt section", "endpiont:\n  url: x\n", "endpiont", "did you mean 'endpoint'?", 2},
    {"a key that is like none", "colour: red", "colour", "there is no such setting", 1},
    {"a misspelt key of a database", "databases: {main: {conninfo: dbname=x, dutty: 1}}",
     "databases.main.dutty", "did you mean 'databases.main.duty'?", 1},
    {"a key with dots", "endpoint.url: https://a.example", "endpoint.url", "without dots", 1},
    {"a row of the table is no key", "facts.NAME: x", "facts.NAME", "without dots", 1},
    {"nor is one of a database", "databases: {main: {conninfo: dbname=x, a.duty: 1}}",
     "databases.main.a.duty", "there is no such setting", 1},
    {"a section that is no map", "redis: localhost", "redis", "must be a map", 1},
    {"a key that is a map", "consent: {on: true}", "consent", "this is a map: it must be on", 1},
    {"an empty section", "redis:\nplan: {}\n", NULL, NULL, 0},
    {"an empty value leaves the default", "plan: {piece_target: }", NULL, NULL, 0},
    {"consent has three values", "consent: yes", "consent", "'yes' is not allowed", 1},
    {"categories must be known", "categories: [standard, secret]", "categories",
     "'secret' is not allowed: it must be standard, subscription, operational or optional", 1},
    {"no category at all", "categories: []", NULL, NULL, 0},
    {"categories are a list", "categories: standard", "categories", "a list of data categories", 1},
    {"a time zone must be known", "time_zone: Europe/Atlantis", "time_zone",
     "is no time zone of this machine", 1},
    {"a folder is no time zone", "time_zone: Europe", "time_zone", "is no time zone", 1},
    {"a time zone stays in its folder", "time_zone: Europe/../UTC", "time_zone", "is no time zone",
     1},
    {"a time zone has no absolute path", "time_zone: /usr/share/zoneinfo/UTC", "time_zone",
     "is no time zone", 1},
    {"a file that is no zone", "time_zone: zone.tab", "time_zone", "is no time zone", 1},
    {"definitions are a list", "definitions: /a", "definitions", "it must be a list of texts", 1},
    {"one folder of definitions at least", "definitions: []", "definitions", "a list of texts", 1},
    {"a piece may not be too short", "plan: {piece_target: 9ms}", "plan.piece_target",
     "'9ms' is not allowed: it must be a duration of 10ms to 1m", 1},
    {"a piece may be as short as this", "plan: {piece_target: 10ms}", NULL, NULL, 0},
    {"a piece may be as long as this", "plan: {piece_target: 60s}", NULL, NULL, 0},
    {"a piece may not be longer", "plan: {piece_target: 61s}", "plan.piece_target", "10ms to 1m",
     1},
    {"a duration has a unit", "plan: {statement_timeout: 15}", "plan.statement_timeout",
     "such as 250ms, 15s, 10m, 6h or 2d", 1},
    {"a duration is a whole number", "plan: {statement_timeout: 1.5s}", "plan.statement_timeout",
     "it must be a duration", 1},
    {"a duration is not negative", "plan: {statement_timeout: -5s}", "plan.statement_timeout",
     "it must be a duration", 1},
    {"a duration has no end of digits", "plan: {lock_timeout: 99999999999999999999s}",
     "plan.lock_timeout", "it must be a duration", 1},
    {"nothing needs no unit", "plan: {budget: 0}", NULL, NULL, 0},
    {"nothing may have a unit", "plan: {budget: 0s}", NULL, NULL, 0},
    {"what may not be nothing is not", "plan: {piece_target: 0}", "plan.piece_target", "10ms to 1m",
     1},
    {"a deadline is whole seconds", "run: {deadline: 60001ms}", "run.deadline",
     "it must be a duration", 1},
    {"a number must be one", "plan: {small_table_rows: many}", "plan.small_table_rows",
     "a whole number, 0 to 10000000", 1},
    {"a number must be in range", "redis: {database: 1024}", "redis.database",
     "a whole number, 0 to 1023", 1},
    {"a duty must be above nothing", "databases: {main: {conninfo: dbname=x, duty: 0}}",
     "databases.main.duty", "a number, 0.01 to 1", 1},
    {"a duty may be one", "databases: {main: {conninfo: dbname=x, duty: 1}}", NULL, NULL, 0},
    {"a database needs a conninfo", "databases:\n  main:\n    role: primary\n", "databases.main",
     "this database needs `conninfo`", 3},
    {"a conninfo has a form", "databases: {main: {conninfo: localhost}}", "databases.main.conninfo",
     "must be in libpq's form", 1},
    {"a database's name is simple", "databases: {my db: {conninfo: dbname=x}}", "databases.my db",
     "only letters, digits, _ and -", 1},
    {"a database's role has two values", "databases: {main: {conninfo: dbname=x, role: standby}}",
     "databases.main.role", "it must be primary or replica", 1},
    {"a Redis address needs no port", "redis: {address: localhost}", NULL, NULL, 0},
    {"a Redis address may be IPv6", "redis: {address: '[fe80::1]:6379'}", NULL, NULL, 0},
    {"a Redis address is no URL", "redis: {address: 'redis://localhost'}", "redis.address",
     "write it as host:port", 1},
    {"a port has an end", "redis: {address: 'h:65536'}", "redis.address",
     "needs a port from 0 to 65535", 1},
    {"a sentinel needs no port",
     "redis: {sentinels: [a, 'b:26380', '[::1]:26379'], sentinel_master: m}", NULL, NULL, 0},
    {"a sentinel is no path", "redis: {sentinels: [a, /b]}", "redis.sentinels",
     "The address \"/b\" is a URL or a path", 1},
    {"sentinels need a name", "redis: {sentinels: [a]}", "redis", "must be given both, or neither",
     0},
    {"a name needs sentinels", "redis: {sentinel_master: m}", "redis",
     "must be given both, or neither", 0},
    {"an address and sentinels", "redis: {address: h, sentinels: [a], sentinel_master: m}", "redis",
     "either `address` or `sentinels` says where Redis is, not both", 0},
    {"TLS to a host", "redis: {address: h, tls: true, ca_file: /a, server_name: n}", NULL, NULL, 0},
    {"TLS on a socket", "redis: {address: /run/redis.sock, tls: true}", "redis",
     "there is no TLS on a unix socket", 0},
    {"TLS is true or false", "redis: {address: h, tls: rediss}", "redis.tls",
     "'rediss' is not allowed: it must be true or false", 1},
    {"authorities without TLS", "redis: {address: h, ca_file: /a}", "redis",
     "are for `tls: true` only", 0},
    {"a certificate for Redis needs its key",
     "redis: {address: h, tls: true, client_certificate: /a}", "redis",
     "`client_certificate` and `client_key` must be given both, or neither", 0},
    {"a password may not stand in a file", "redis: {password: x}", "redis.password",
     "a password may not stand here", 1},
    {"a listener may leave its port open", "receive: {listen: '127.0.0.1:0'}", NULL, NULL, 0},
    {"a listener needs a port", "receive: {listen: localhost}", "receive.listen", "needs a port",
     1},
    {"a file without a slash is a credential", "redis: {password_file: redis}",
     "redis.password_file", "CREDENTIALS_DIRECTORY is not set", 1},
    {"a text may not be empty", "state: ''", "state", "this is empty: leave the key out", 1},
    {"a fact is no list", "facts: {a: [1]}", "facts.a", "but no list", 1},
    {"facts are a map", "facts: [a]", "facts", "must be a map", 1},
    {"a fallback is null or -1", "payload: {fallback: 0}", "payload.fallback",
     "'0' is not allowed: it must be null or -1", 1},
    {"a fallback may be null", "payload: {fallback: null}", NULL, NULL, 0},
    {"a protocol must be known", "endpoint: {protocol: http}", "endpoint.protocol",
     "it must be service-ping or gitlab", 1},
    {"a key twice", "state: /a\nstate: /b\n", NULL, "stands here twice", 2},
    {"no YAML", "consent: [on\n", NULL, "not readable as YAML", 2},
    {"no map", "- consent\n", NULL, "a map of keys and values", 1},
};

static void play(size_t i)
{
    struct desk desk;
    const struct complaint *said;

    print_message("# %s\n", rows[i].name);
    desk_init(&desk);
    assert_int_equal(load(&desk, rows[i].text, NULL), rows[i].says == NULL);
    if (desk.complaints.count != (rows[i].says != NULL ? 1U : 0U))
        complaints_print(&desk.complaints, stderr);
    assert_int_equal(desk.complaints.count, rows[i].says != NULL ? 1 : 0);
    said = desk.complaints.items;
    if (rows[i].says != NULL) {
        assert_non_null(strstr(said->text, rows[i].says));
        assert_int_equal(said->line, rows[i].line);
        assert_true(rows[i].key != NULL || said->key_path == NULL);
        if (rows[i].key != NULL)
            assert_string_equal(said->key_path, rows[i].key);
    }
    desk_release(&desk);
}

static void checks_what_a_file_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        play(i);
}

static void complains_of_everything_at_once(void **state)
{
    char *environment[] = {(char[]){"SERVICE_PING_ENDPOINT_ULR=https://example.org"},
                           (char[]){"SERVICE_PING_LOG_LEVEL=loud"}, NULL};
    struct desk desk;
    char *text = NULL;
    size_t length;
    FILE *out = open_memstream(&text, &length);
    int here = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    (void)state;
    desk_init(&desk);
    scratch_write(&desk.scratch, "settings.yml",
                  "consent: maybe\nplan:\n  piece_target: soon\n  piece_tarket: 1s\n"
                  "databases:\n  main: {duty: 3}\n");
    scratch_write(&desk.scratch, "settings.yml.d/10.yml", "redis:\n  address: a/b\n");
    assert_int_equal(chdir(desk.scratch.folder), 0);
    assert_false(
        settings_load("settings.yml", environment, desk.arena, &desk.settings, &desk.complaints));
    assert_int_equal(fchdir(here), 0);
    assert_int_equal(close(here), 0);
    complaints_print(&desk.complaints, out);
    assert_int_equal(fclose(out), 0);
    assert_string_equal(text,
                        "SERVICE_PING_ENDPOINT_ULR: no setting has this variable; did you mean "
                        "'SERVICE_PING_ENDPOINT_URL'?\n"
                        "SERVICE_PING_LOG_LEVEL: 'loud' is not allowed: it must be error, "
                        "warning, info or debug\n"
                        "settings.yml:1: consent: 'maybe' is not allowed: it must be on, local or "
                        "off\n"
                        "settings.yml:3: plan.piece_target: 'soon' is not allowed: it must be a "
                        "duration of 10ms to 1m, such as 250ms, 15s, 10m, 6h or 2d\n"
                        "settings.yml:4: plan.piece_tarket: there is no such setting; did you mean "
                        "'plan.piece_target'?\n"
                        "settings.yml:6: databases.main: this database needs `conninfo`, which "
                        "says how to reach it\n"
                        "settings.yml:6: databases.main.duty: '3' is not allowed: it must be a "
                        "number, 0.01 to 1\n"
                        "settings.yml.d/10.yml:2: redis.address: The address \"a/b\" is a URL or a "
                        "path; write it as host:port.\n");
    free(text);
    desk_release(&desk);
}

/* null is a value here, which takes back what an earlier file says; nothing at all is none. */
static const struct {
    const char *name;
    const char *file, *drop_in, *variables;
    enum payload_form form;
} fallbacks[] = {
    {"not said", "", "", NULL, PAYLOAD_OURS},
    {"said", "payload: {fallback: -1}", "", NULL, PAYLOAD_GITLAB},
    {"said as a text", "payload: {fallback: '-1'}", "", NULL, PAYLOAD_GITLAB},
    {"an empty drop-in", "payload: {fallback: -1}", "payload: {fallback: }", NULL, PAYLOAD_GITLAB},
    {"taken back", "payload: {fallback: -1}", "payload: {fallback: null}", NULL, PAYLOAD_OURS},
    {"by a variable", "", "payload: {fallback: null}", "SERVICE_PING_PAYLOAD_FALLBACK=-1",
     PAYLOAD_GITLAB},
    {"taken back by a variable", "payload: {fallback: -1}", "",
     "SERVICE_PING_PAYLOAD_FALLBACK=null", PAYLOAD_OURS},
};

static void takes_null_as_a_fallback(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(fallbacks); i++) {
        struct desk desk;

        print_message("# %s\n", fallbacks[i].name);
        desk_init(&desk);
        scratch_write(&desk.scratch, "settings.yml.d/10.yml", fallbacks[i].drop_in);
        assert_true(load(&desk, fallbacks[i].file, fallbacks[i].variables));
        assert_int_equal(desk.settings.payload_form, fallbacks[i].form);
        desk_release(&desk);
    }
}

static void puts_drop_ins_over_the_file(void **state)
{
    struct desk desk;
    const struct settings *settings = &desk.settings;

    (void)state;
    desk_init(&desk);
    scratch_write(
        &desk.scratch, "settings.yml.d/20.yml",
        "definitions: [/c]\nlog: {level: error}\ndatabases: {ci: {conninfo: dbname=c}}\n");
    scratch_write(&desk.scratch, "settings.yml.d/10.yml",
                  "definitions: [/d]\nlog: {level: debug}\nfacts: {a: 2}\n"
                  "databases: {main: {role: replica}}\n");
    scratch_write(&desk.scratch, "settings.yml.d/30.yaml", "log: {level: debug}\n");
    scratch_write(&desk.scratch, "settings.yml.d/.40.yml", "log: {level: debug}\n");
    scratch_write(&desk.scratch, "settings.yml.d/deeper/50.yml", "log: {level: debug}\n");
    (void)load(&desk,
               "definitions: [/a, /b]\nfacts: {a: 1, b: 1}\n"
               "databases: {main: {conninfo: dbname=m}}\n",
               NULL);
    expect_no_complaints(&desk);
    assert_int_equal(settings->definition_count, 1);
    assert_string_equal(settings->definitions[0], "/c");
    assert_int_equal(settings->log_level, LEVEL_ERROR);
    assert_int_equal(settings->sources.fact_count, 2);
    assert_string_equal(settings->sources.facts[0].value->text, "2");
    assert_int_equal(settings->sources.database_count, 2);
    assert_string_equal(settings->sources.databases[0].name, "main");
    assert_string_equal(settings->sources.databases[0].config.conninfo, "dbname=m");
    assert_int_equal(settings->sources.databases[0].role, DATABASE_REPLICA);
    assert_true(settings->sources.databases[0].duty == 1);
    desk_release(&desk);
}

static void misses_only_a_file_that_was_named(void **state)
{
    struct desk desk;

    (void)state;
    desk_init(&desk);
    assert_false(load(&desk, NULL, NULL));
    assert_int_equal(desk.complaints.count, 1);
    assert_non_null(strstr(desk.complaints.items[0].file, "/settings.yml"));
    assert_string_equal(desk.complaints.items[0].text, "cannot open: No such file or directory");
    assert_string_equal(desk.settings.state, "/var/lib/service-ping");
    desk_release(&desk);
}

static void takes_the_environment_over_files(void **state)
{
    struct desk desk;
    const struct settings *settings = &desk.settings;

    (void)state;
    desk_init(&desk);
    (void)load(&desk,
               "endpoint: {url: 'https://a.example'}\n"
               "databases: {Main-2: {conninfo: dbname=a}}\nplan: {lock_timeout: 2s}\n",
               "SERVICE_PING_ENDPOINT_URL=https://b.example\n"
               "SERVICE_PING_DATABASES_MAIN_2_DUTY=0.1\n"
               "SERVICE_PING_DATABASES_OTHER_ONE_CONNINFO=dbname=b\n"
               "SERVICE_PING_DEFINITIONS=/a, /b\n"
               "SERVICE_PING_CATEGORIES=optional,standard\n"
               "SERVICE_PING_FACTS_SEATS=12\n"
               "SERVICE_PING_PLAN_LOCK_TIMEOUT=\n"
               "SERVICE_PING_CONFIG=/anywhere");
    expect_no_complaints(&desk);
    assert_string_equal(settings->endpoint, "https://b.example");
    assert_int_equal(settings->sources.database_count, 2);
    assert_string_equal(settings->sources.databases[0].name, "Main-2");
    assert_true(settings->sources.databases[0].duty == 0.1);
    assert_string_equal(settings->sources.databases[1].name, "other_one");
    assert_string_equal(settings->sources.databases[1].config.conninfo, "dbname=b");
    assert_int_equal(settings->definition_count, 2);
    assert_string_equal(settings->definitions[1], "/b");
    assert_true(settings->categories[CATEGORY_STANDARD]);
    assert_false(settings->categories[CATEGORY_OPERATIONAL]);
    assert_string_equal(settings->sources.facts[0].name, "seats");
    assert_int_equal(doc_type(settings->sources.facts[0].value), DOC_INTEGER);
    assert_int_equal(settings->sources.lock_timeout_ms, 2000);
    desk_release(&desk);
}

static void orders_databases_of_the_environment_by_name(void **state)
{
    struct desk desk;

    (void)state;
    desk_init(&desk);
    (void)load(&desk, "",
               "SERVICE_PING_DATABASES_B_CONNINFO=dbname=b\n"
               "SERVICE_PING_DATABASES_A_ROLE=replica\n"
               "SERVICE_PING_DATABASES_A_CONNINFO=dbname=a");
    expect_no_complaints(&desk);
    assert_string_equal(desk.settings.sources.databases[0].name, "a");
    assert_int_equal(desk.settings.sources.databases[0].role, DATABASE_REPLICA);
    assert_string_equal(desk.settings.sources.databases[1].name, "b");
    desk_release(&desk);
}

static const struct {
    const char *name, *variable, *key, *says;
} strangers[] = {
    {"a misspelt variable", "SERVICE_PING_ENDPOINT_ULR=x", "SERVICE_PING_ENDPOINT_ULR",
     "did you mean 'SERVICE_PING_ENDPOINT_URL'?"},
    {"a variable like none", "SERVICE_PING_COLOUR=red", "SERVICE_PING_COLOUR",
     "no setting has this variable"},
    {"a database without a key", "SERVICE_PING_DATABASES_MAIN=x", "SERVICE_PING_DATABASES_MAIN",
     "no setting has this variable"},
    {"a database without a name", "SERVICE_PING_DATABASES_CONNINFO=dbname=x",
     "SERVICE_PING_DATABASES_CONNINFO", "no setting has this variable"},
    {"a fact without a name", "SERVICE_PING_FACTS_=x", "SERVICE_PING_FACTS_",
     "no setting has this variable"},
    {"a wrong value", "SERVICE_PING_REDIS_DATABASE=-1", "SERVICE_PING_REDIS_DATABASE",
     "a whole number, 0 to 1023"},
};

static void complains_of_strange_variables(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(strangers); i++) {
        struct desk desk;

        print_message("# %s\n", strangers[i].name);
        desk_init(&desk);
        assert_false(load(&desk, "", strangers[i].variable));
        assert_int_equal(desk.complaints.count, 1);
        assert_null(desk.complaints.items[0].file);
        assert_string_equal(desk.complaints.items[0].key_path, strangers[i].key);
        assert_non_null(strstr(desk.complaints.items[0].text, strangers[i].says));
        desk_release(&desk);
    }
}

static const struct {
    const char *name, *text, *variables;
    enum consent_mode consent;
} wishes[] = {
    {"DO_NOT_TRACK keeps pings here", "consent: on", "DO_NOT_TRACK=1", CONSENT_LOCAL},
    {"DO_NOT_TRACK=0 says nothing", "consent: on", "DO_NOT_TRACK=0", CONSENT_ON},
    {"an empty DO_NOT_TRACK says nothing", "consent: on", "DO_NOT_TRACK=", CONSENT_ON},
    {"DO_NOT_TRACK does not switch on", "consent: off", "DO_NOT_TRACK=1", CONSENT_OFF},
    {"DO_NOT_TRACK wins over the environment", "", "DO_NOT_TRACK=1\nSERVICE_PING_CONSENT=on",
     CONSENT_LOCAL},
};

static void obeys_do_not_track(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(wishes); i++) {
        struct desk desk;

        print_message("# %s\n", wishes[i].name);
        desk_init(&desk);
        assert_true(load(&desk, wishes[i].text, wishes[i].variables));
        assert_int_equal(desk.settings.consent, wishes[i].consent);
        desk_release(&desk);
    }
    assert_string_equal(consent_name(CONSENT_LOCAL), "local");
}

static const struct {
    const char *name, *key, *value, *shown;
} secrets[] = {
    {"a password of a conninfo", "conninfo", "host=h password=secret user=u",
     "host=h password=******** user=u"},
    {"a password in quotes", "conninfo", "password = 'a \\'secret\\' b' user=u",
     "password = ******** user=u"},
    {"a password at the end", "conninfo", "user=u password=a\\ secret", "user=u password=********"},
    {"two passwords", "conninfo", "sslpassword=secret password=secret",
     "sslpassword=******** password=********"},
    {"a password that is not closed", "conninfo", "dbname=x password='secret",
     "dbname=x password=********"},
    {"a password with something behind its quotes", "conninfo", "password='a b'c dbname=x",
     "password=******** dbname=x"},
    {"no password", "conninfo", "host=h passfile=/x", "host=h passfile=/x"},
    {"a password of a URI", "conninfo", "postgresql://u:secret@h:1/d?a=b",
     "postgresql://u:********@h:1/d?a=b"},
    {"a password in a URI's options", "conninfo", "postgres://h/d?password=secret&a=b",
     "postgres://h/d?password=********&a=b"},
    {"a URI without a password", "conninfo", "postgresql://u@h/d", "postgresql://u@h/d"},
    {"a password of an endpoint", "url", "https://u:secret@example.org/v1",
     "https://u:********@example.org/v1"},
    {"a password that holds an @", "url", "https://u:sec@ret@example.org",
     "https://u:********@example.org"},
    {"a path with an @", "url", "https://example.org/a:b@c", "https://example.org/a:b@c"},
    {"a proxy without a scheme", "proxy", "u:secret@proxy:3128", "u:********@proxy:3128"},
    {"a proxy without a password", "proxy", "http://proxy:3128", "http://proxy:3128"},
};

static void shows_no_secret(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(secrets); i++) {
        for (const struct setting *row = settings_table; row->key != NULL; row++) {
            struct str shown;

            if (row->write_masked == NULL || strstr(row->key, secrets[i].key) == NULL)
                continue;
            str_init(&shown);
            row->write_masked(secrets[i].value, &shown);
            print_message("# %s: %s\n", secrets[i].name, row->key);
            assert_string_equal(shown.text, secrets[i].shown);
            str_release(&shown);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_defaults),
        cmocka_unit_test(takes_every_key),
        cmocka_unit_test(prints_what_is_in_force),
        cmocka_unit_test(prints_the_defaults),
        cmocka_unit_test(takes_sentinels_and_tls),
        cmocka_unit_test(writes_the_table),
        cmocka_unit_test(checks_what_a_file_says),
        cmocka_unit_test(complains_of_everything_at_once),
        cmocka_unit_test(takes_null_as_a_fallback),
        cmocka_unit_test(puts_drop_ins_over_the_file),
        cmocka_unit_test(misses_only_a_file_that_was_named),
        cmocka_unit_test(takes_the_environment_over_files),
        cmocka_unit_test(orders_databases_of_the_environment_by_name),
        cmocka_unit_test(complains_of_strange_variables),
        cmocka_unit_test(obeys_do_not_track),
        cmocka_unit_test(shows_no_secret),
    };

    return cmocka_run_group_tests_name("settings", tests, NULL, NULL);
}
