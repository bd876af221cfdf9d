#include "tests/support/house.h"

#include "agent/base/clock.h"
#include "agent/io/http_server.h"
#include "agent/io/loop.h"
#include "tests/support/require.h"

#include <stdio.h>
#include <string.h>

/* More turns than a run of the fake source takes. */
enum { ENOUGH_TURNS = 80 };

static const struct source_ops *const sources[] = {&fake_source, NULL};

static void called(struct http_call *call, void *arg)
{
    static const char *const headers[] = {NULL};
    struct house *house = arg;
    const char *id = http_call_header(call, "Service-Ping-Id");

    house->calls++;
    if (house->status < 300) {
        house->arrivals++;
        house->repetitions += strstr(house->arrived.text, id) != NULL ? 1 : 0;
        str_add_format(&house->arrived, "%s;", id);
        if (house->central != NULL)
            central_take(house->central, call);
    }
    http_reply(call, house->status, headers, "{}", 2);
}

void house_settings(struct house *house, const char *lines)
{
    char here[64];
    struct str text;

    str_init(&text);
    (void)snprintf(here, sizeof(here), "url: \"http://127.0.0.1:%u/\", proxy: \"\"",
                   http_server_port(house->server));
    str_add_format(&text, "state: %s\ndefinitions: [%s/definitions]\nendpoint: {%s}\n%s%s\n",
                   house->place->folder, house->scratch.folder,
                   house->endpoint != NULL ? house->endpoint : here,
                   strstr(lines, "schedule:") == NULL ? "schedule: \"0 4 * * 1\"\n" : "", lines);
    scratch_write(&house->scratch, "settings.yml", text.text);
    str_release(&text);
}

void house_define(struct house *house, size_t first, size_t count, const char *category)
{
    for (size_t i = first; i < first + count; i++) {
        char name[64], text[1024];

        (void)snprintf(name, sizeof(name), "definitions/metrics/m%zu.yml", i);
        (void)snprintf(text, sizeof(text),
                       "key_path: m.%zu\ndescription: A number\nproduct_group: testing\n"
                       "value_type: number\nstatus: active\nmilestone: \"1.0\"\n"
                       "introduced_by_url: https://example.org/1\ntime_frame: all\n"
                       "data_source: fake\ndata_category: %s\ntiers: [free]\n",
                       i, category);
        scratch_write(&house->scratch, name, text);
    }
}

int house_set_up(void **state)
{
    static struct house house;

    now_stop_at(HOUSE_START * US_PER_SECOND);
    if (place_set_up(state) != 0)
        return 1;
    house = (struct house){.place = *state, .loop = loop_new(), .status = 201};
    fake_script = (struct fake_script){0};
    fake_notes = (struct fake_notes){0};
    loop_by_moved_clock(house.loop);
    str_init(&house.arrived);
    scratch_init(&house.scratch);
    house.server =
        http_server_new(house.loop, "127.0.0.1:0", 1 << 20, called, &house, &house.place->err);
    REQUIRE(house.server != NULL);
    house_settings(&house, "");
    house_define(&house, 0, 10, "optional");
    *state = &house;
    return 0;
}

int house_tear_down(void **state)
{
    struct house *house = *state;

    house_close(house);
    http_server_free(house->server);
    loop_free(house->loop);
    str_release(&house->arrived);
    scratch_release(&house->scratch);
    *state = house->place;
    return place_tear_down(state);
}

void house_open(struct house *house)
{
    static char *const environment[] = {NULL};
    struct complaints complaints;
    char config[128];
    struct daemon_request request = {
        .loop = house->loop,
        .sources = sources,
        .environment = environment,
    };

    house_close(house);
    place_open(house->place);
    request.store = house->place->store;
    (void)snprintf(config, sizeof(config), "%s/settings.yml", house->scratch.folder);
    request.config = arena_copy(house->place->arena, config);
    complaints_init(&complaints, house->place->arena);
    house->daemon = daemon_new(&request, &complaints);
    complaints_print(&complaints, stderr);
    REQUIRE(house->daemon != NULL);
    house_settle(house);
}

void house_close(struct house *house)
{
    daemon_free(house->daemon);
    house->daemon = NULL;
    place_close(house->place);
}

struct daemon_status house_status(const struct house *house)
{
    struct daemon_status status;

    daemon_status(house->daemon, &status);
    return status;
}

static void stop(void *arg)
{
    loop_stop(arg);
}

void house_settle(struct house *house)
{
    for (int turn = 0; turn < ENOUGH_TURNS; turn++) {
        (void)loop_after(house->loop, 0, stop, house->loop);
        loop_run(house->loop);
        while (house_status(house).courier.trying) {
            loop_turn(house->loop);
            turn = 0;
        }
    }
}

void house_pass(struct house *house, int64_t us)
{
    int64_t until = now_wall_us() + us;

    house_settle(house);
    while (loop_skip(house->loop, until - now_wall_us()))
        house_settle(house);
}
