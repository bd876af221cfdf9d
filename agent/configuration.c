#include "agent/configuration.h"

#include "agent/base/memory.h"

#include <stdlib.h>

static bool load_schedule(const struct configuration_request *request,
                          struct configuration *configuration, struct complaints *complaints)
{
    const struct settings *settings = &configuration->settings;
    struct error err;

    if (schedule_parse(settings->schedule, settings->time_zone, request->instance_id,
                       &configuration->schedule, &err))
        return true;
    complain(complaints, NULL, 0, "schedule", "%s", err.text);
    return false;
}

static bool load(const struct configuration_request *request, struct configuration *configuration,
                 struct complaints *complaints)
{
    struct settings *settings = &configuration->settings;

    return settings_load(request->config, request->environment, configuration->arena, settings,
                         complaints) &&
           load_schedule(request, configuration, complaints) &&
           catalog_load(settings->definitions, settings->definition_count, request->sources,
                        configuration->arena, &configuration->catalog, complaints);
}

struct configuration *configuration_load(const struct configuration_request *request,
                                         struct complaints *complaints)
{
    struct configuration *configuration = memory_alloc(sizeof(*configuration));

    configuration->arena = arena_new();
    if (load(request, configuration, complaints))
        return configuration;
    configuration_free(configuration);
    return NULL;
}

void configuration_free(struct configuration *configuration)
{
    if (configuration == NULL)
        return;
    arena_free(configuration->arena);
    free(configuration);
}
