/*
 * What is in force, key by key, and where it came from.
 */
#include "core/config_parts.h"

#include <stdlib.h>
#include <string.h>

#include "core/param.h"
#include "core/plugin_check.h"

static int list_plugin(struct lio_config *config,
                       const struct lio_loaded *plugin, struct lio_error *err)
{
    for (uint32_t i = 0; i < plugin->nparams; i++) {
        const struct lio_param *param = &plugin->params[i];
        const struct lio_entry *entry =
            lio_config_find(config, plugin->name, param->name);
        char preset[LIO_PARAM_TEXT_BYTES];
        const char *value = entry ? entry->value : NULL;

        if (!entry) {
            lio_param_preset_text(param, preset);
            value = lio_config_keep_all(config, preset);
        }
        if (!value)
            return lio_config_no_memory(err);
        config->list[config->nlist++] = (struct lio_setting){
            .section = plugin->name,
            .key = param->name,
            .value = value,
            .origin = entry ? entry->origin : "plugin",
            .help = param->help ? param->help : "",
        };
    }
    return 0;
}

static int compare_plugins(const void *a, const void *b)
{
    const struct lio_loaded *const *left = a, *const *right = b;

    return strcmp((*left)->name, (*right)->name);
}

int lio_config_list(struct lio_config *config, struct lio_error *err)
{
    uint32_t nkeys;
    const struct lio_key *keys = lio_keys(&nkeys);
    size_t n = nkeys;
    int rc = 0;

    if (config->nplugins > 1)
        qsort(config->plugins, config->nplugins, sizeof(*config->plugins),
              compare_plugins);
    for (uint32_t i = 0; i < config->nplugins; i++)
        n += config->plugins[i]->nparams;
    config->list = calloc(n, sizeof(*config->list));
    if (!config->list)
        return lio_config_no_memory(err);

    for (uint32_t i = 0; i < nkeys; i++) {
        const struct lio_entry *entry =
            lio_config_find(config, keys[i].section, keys[i].param.name);

        config->list[config->nlist++] = (struct lio_setting){
            .section = keys[i].section,
            .key = keys[i].param.name,
            .value = entry->value,
            .origin = entry->origin,
            .help = keys[i].param.help,
        };
    }
    for (uint32_t i = 0; rc == 0 && i < config->nplugins; i++)
        rc = list_plugin(config, config->plugins[i], err);
    return rc;
}
