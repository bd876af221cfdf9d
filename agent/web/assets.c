#include "agent/web/assets.h"

#include <string.h>

static const unsigned char page[] = "<!DOCTYPE html><title>service-ping</title>\n";

static const struct web_asset assets[] = {
    {"/", "text/html; charset=utf-8", page, sizeof(page) - 1},
};

const struct web_asset *web_asset_find(const char *path)
{
    for (size_t i = 0; i < sizeof(assets) / sizeof(assets[0]); i++)
        if (strcmp(assets[i].path, path) == 0)
            return &assets[i];
    return NULL;
}
