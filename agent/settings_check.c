#include "agent/settings_check.h"

#include "agent/base/cron.h"
#include "agent/io/address.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define MASK "********"

/* Time zones */

static bool is_zone_file(const char *name)
{
    char path[256], magic[4] = "";
    struct stat info;
    bool found;
    int fd;

    (void)snprintf(path, sizeof(path), "/usr/share/zoneinfo/%s", name);
    fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return false;
    found = fstat(fd, &info) == 0 && S_ISREG(info.st_mode) &&
            read(fd, magic, sizeof(magic)) == sizeof(magic) && memcmp(magic, "TZif", 4) == 0;
    (void)close(fd);
    return found;
}

bool check_time_zone(const char *text, struct error *err)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                  "_+-/";
    size_t length = strlen(text);

    if (strcmp(text, "UTC") == 0)
        return true;
    if (length < 100 && isalpha((unsigned char)text[0]) && strspn(text, allowed) == length &&
        is_zone_file(text))
        return true;
    return error_set(err, ERROR_INVALID,
                     "'%.100s' is no time zone of this machine: it must be UTC or a name below "
                     "/usr/share/zoneinfo, such as Europe/Berlin",
                     text);
}

/* Addresses */

bool check_listen(const char *text, struct error *err)
{
    struct address address;

    return address_parse(text, NULL, &address, err);
}

bool check_redis_address(const char *text, struct error *err)
{
    struct address address;

    return text[0] == '/' || strncmp(text, "unix:/", 6) == 0 ||
           address_parse(text, "6379", &address, err);
}

bool check_sentinel(const char *text, struct error *err)
{
    struct address address;

    return address_parse(text, "26379", &address, err);
}

bool check_conninfo(const char *text, struct error *err)
{
    if (strchr(text, '=') != NULL || strncmp(text, "postgresql://", 13) == 0 ||
        strncmp(text, "postgres://", 11) == 0)
        return true;
    return error_set(err, ERROR_INVALID,
                     "this is no conninfo: it must be in libpq's form, such as "
                     "host=/run/postgresql dbname=shop user=service-ping");
}

/* URLs */

static bool has_blanks(const char *text)
{
    for (; *text != '\0'; text++)
        if ((unsigned char)*text <= ' ' || *text == 0x7f)
            return true;
    return false;
}

/* A part of a text. */
struct part {
    const char *start;
    size_t length;
};

static const char *authority_of(const char *url)
{
    const char *slashes = strstr(url, "://");

    return slashes != NULL ? slashes + 3 : url;
}

/* "user:password" before the last @ of the authority; empty if there is none. */
static struct part userinfo_of(const char *authority)
{
    size_t length = strcspn(authority, "/?#");
    const char *at = memrchr(authority, '@', length);

    return (struct part){authority, at != NULL ? (size_t)(at - authority) : 0};
}

static struct part host_of(const char *url)
{
    const char *authority = authority_of(url);
    struct part user = userinfo_of(authority);
    const char *host = authority + user.length + (authority[user.length] == '@');

    if (*host == '[')
        return (struct part){host, strcspn(host, "]/?#") + 1};
    return (struct part){host, strcspn(host, ":/?#")};
}

static bool is_this_machine(struct part host)
{
    char name[64];
    struct in_addr v4;
    struct in6_addr v6;

    if (host.length >= sizeof(name))
        return false;
    (void)snprintf(name, sizeof(name), "%.*s", (int)host.length, host.start);
    if (strcasecmp(name, "localhost") == 0)
        return true;
    if (inet_pton(AF_INET, name, &v4) == 1)
        return ntohl(v4.s_addr) >> 24 == 127;
    if (name[0] != '[' || host.length < 3)
        return false;
    name[host.length - 1] = '\0';
    return inet_pton(AF_INET6, name + 1, &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

bool check_endpoint(const char *text, struct error *err)
{
    bool clear = strncasecmp(text, "http://", 7) == 0;
    bool known = clear || strncasecmp(text, "https://", 8) == 0;

    if (!known || has_blanks(text) || strchr(text, '\\') != NULL || host_of(text).length == 0)
        return error_set(err, ERROR_INVALID,
                         "this is no URL to post to: it must begin with https:// and a host, and "
                         "hold no blanks");
    if (clear && !is_this_machine(host_of(text)))
        return error_set(err, ERROR_INVALID,
                         "this URL would carry pings in clear text over a network: use https://; "
                         "http:// is only for localhost, 127.0.0.0/8 and [::1]");
    return true;
}

bool check_loopback(const char *text, struct error *err)
{
    if (!check_listen(text, err))
        return false;
    if (is_this_machine(host_of(text)))
        return true;
    return error_set(err, ERROR_INVALID,
                     "the page shows host names and numbers of this instance, so it listens on "
                     "localhost, 127.0.0.0/8 and [::1] only; a proxy of your own may carry it on");
}

bool check_socket(const char *text, struct error *err)
{
    size_t most = sizeof(((struct sockaddr_un *)NULL)->sun_path) - 1;

    if (text[0] != '\0' && text[0] != '/')
        return error_set(err, ERROR_INVALID,
                         "this is no path of a socket: it begins with a slash, or is '' for none");
    if (strlen(text) > most)
        return error_set(err, ERROR_INVALID,
                         "this path is too long for a unix socket: at most %zu bytes", most);
    return true;
}

bool check_schedule(const char *text, struct error *err)
{
    struct cron cron;

    return strcmp(text, "weekly") == 0 || cron_parse(text, &cron, err);
}

bool check_proxy(const char *text, struct error *err)
{
    if (!has_blanks(text))
        return true;
    return error_set(err, ERROR_INVALID,
                     "this is no proxy: it must be a URL such as http://proxy.example:3128, or ''");
}

/* Secrets */

/* Returns what follows the password. */
static const char *write_masked_user(const char *url, struct str *out)
{
    struct part user = userinfo_of(authority_of(url));
    const char *colon = memchr(user.start, ':', user.length);

    if (colon == NULL)
        return url;
    str_add_bytes(out, url, (size_t)(colon + 1 - url));
    str_add(out, MASK);
    return user.start + user.length;
}

void write_masked_url(const char *text, struct str *out)
{
    str_add(out, write_masked_user(text, out));
}

static bool is_secret(const char *key, size_t length)
{
    return (length == 8 && strncasecmp(key, "password", 8) == 0) ||
           (length == 11 && strncasecmp(key, "sslpassword", 11) == 0);
}

static void write_masked_uri(const char *text, struct str *out)
{
    const char *rest = write_masked_user(text, out);
    size_t length = strcspn(rest, "?");

    str_add_bytes(out, rest, length);
    for (rest += length; *rest != '\0'; rest += length) {
        size_t key = strcspn(rest + 1, "=&");

        length = 1 + strcspn(rest + 1, "&");
        if (rest[1 + key] == '=' && is_secret(rest + 1, key)) {
            str_add_bytes(out, rest, key + 2);
            str_add(out, MASK);
        } else {
            str_add_bytes(out, rest, length);
        }
    }
}

static size_t blanks(const char *text)
{
    return strspn(text, " \t\r\n");
}

/* The length of a value up to a blank outside quotes; a backslash hides a sign, as for libpq. What
 * stands right behind a closing quote is an error there, and part of the value here. */
static size_t value_length(const char *text)
{
    bool quoted = false;
    size_t i = 0;

    while (text[i] != '\0' && (quoted || blanks(text + i) == 0)) {
        if (text[i] == '\'' && (quoted || i == 0))
            quoted = !quoted;
        i += text[i] == '\\' && text[i + 1] != '\0' ? 2 : 1;
    }
    return i;
}

static void write_masked_pairs(const char *text, struct str *out)
{
    while (*text != '\0') {
        size_t gap = blanks(text), key = strcspn(text + gap, "= \t\r\n");
        const char *name = text + gap, *value = name + key + blanks(name + key);
        size_t length;

        if (*value == '=') {
            value++;
            value += blanks(value);
        }
        length = value_length(value);
        if (is_secret(name, key)) {
            str_add_bytes(out, text, (size_t)(value - text));
            str_add(out, MASK);
        } else {
            str_add_bytes(out, text, (size_t)(value + length - text));
        }
        text = value + length;
    }
}

void write_masked_conninfo(const char *text, struct str *out)
{
    if (strncmp(text, "postgresql://", 13) == 0 || strncmp(text, "postgres://", 11) == 0)
        write_masked_uri(text, out);
    else
        write_masked_pairs(text, out);
}
