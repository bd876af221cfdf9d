#include "agent/web/assets.h"

#include <string.h>

static const struct web_asset assets[] = {
    {"/", "text/html; charset=utf-8", &page_html},
    {"/page.css", "text/css; charset=utf-8", &page_css},
    {"/page.js", "text/javascript; charset=utf-8", &page_js},
    {0},
};

const struct web_asset *web_asset_find(const char *path)
{
    for (const struct web_asset *asset = assets; asset->path != NULL; asset++)
        if (strcmp(asset->path, path) == 0)
            return asset;
    return NULL;
}
