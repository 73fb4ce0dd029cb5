/*
 * From lanceio.ini to a checked configuration.
 *
 *     compiled-in text ─┐
 *     a file           ─┼─ inih ─► entries: section, key, value, origin
 *     -s section.key=v ─┘             │  in this order; of one key the last
 *                                     ▼  is in force
 *                        core's sections ─► struct lio_settings
 *                        plugins' sections ─► checked by the plugin's table
 *
 * Every entry is checked, also one that a later one replaces: what is wrong in
 * a file should not come to light on the day an option is left out.
 *
 *     config_files.c   which file          config_check.c   is it right?
 *     config_text.c    text to entries     config_list.c    what is in force
 *     config_entry.c   entries, messages
 */
#include "core/config.h"

#include <stdlib.h>
#include <string.h>

#include "core/config_parts.h"
#include "core/default_ini.h"
#include "core/param.h"
#include "core/plugin_check.h"
#include "core/stats_db.h"

static int load(struct lio_config *config, const char *path,
                const char *const *overrides, size_t noverrides,
                struct lio_error *err)
{
    int rc = lio_config_parse(config, LIO_BUILT_IN, lio_default_ini, err);

    if (rc == 0)
        rc = lio_config_parse_file(config, path, err);
    for (size_t i = 0; rc >= 0 && i < noverrides; i++)
        rc = lio_config_override(config, overrides[i], err);
    if (rc >= 0)
        rc = lio_config_check(config, err);
    if (rc == 0)
        rc = lio_config_list(config, err);
    return rc;
}

int lio_config_load(const char *path, const char *const *overrides,
                    size_t noverrides, struct lio_config **ret_config,
                    struct lio_error *err)
{
    struct lio_config *config = calloc(1, sizeof(*config));
    int rc;

    if (!config)
        return lio_config_no_memory(err);
    atomic_init(&config->refs, 1);
    config->end = &config->first;
    config->source = LIO_BUILT_IN;
    rc = load(config, path, overrides, noverrides, err);
    if (rc < 0) {
        lio_config_free(config);
        return rc;
    }
    *ret_config = config;
    return 0;
}

struct lio_config *lio_config_ref(const struct lio_config *config)
{
    /* Only the count changes; all a reader sees stays constant. */
    struct lio_config *shared = (struct lio_config *)(uintptr_t)config;

    (void)atomic_fetch_add_explicit(&shared->refs, 1, memory_order_relaxed);
    return shared;
}

void lio_config_free(struct lio_config *config)
{
    if (!config || atomic_fetch_sub(&config->refs, 1) > 1)
        return;
    while (config->first) {
        struct lio_entry *entry = config->first;

        config->first = entry->next;
        free(entry);
    }
    while (config->texts) {
        struct lio_text *text = config->texts;

        config->texts = text->next;
        free(text);
    }
    free(config->list);
    free(config->plugins);
    lio_loader_close(config->loader);
    free(config);
}

const struct lio_settings *lio_config_settings(const struct lio_config *config)
{
    return &config->settings;
}

struct lio_loader *lio_config_loader(const struct lio_config *config)
{
    return config->loader;
}

const char *lio_config_source(const struct lio_config *config)
{
    return config->source;
}

int lio_config_each(const struct lio_config *config,
                    int (*each)(const struct lio_setting *, void *user),
                    void *user)
{
    int rc = 0;

    for (uint32_t i = 0; rc == 0 && i < config->nlist; i++)
        rc = each(&config->list[i], user);
    return rc;
}

int lio_config_stats_path(const struct lio_config *config, char *ret_path,
                          size_t bytes, struct lio_error *err)
{
    const char *database = config->settings.stats.database;

    if (strcmp(database, "off"))
        return lio_stats_db_path(database, ret_path, bytes, err);
    if (bytes == 0)
        return lio_error_set(err, LIO_ECONFIG, "no room for a path");
    *ret_path = '\0';
    return 0;
}

int lio_config_values(const struct lio_config *config,
                      const struct lio_loaded *plugin,
                      union lio_value **ret_values, struct lio_error *err)
{
    union lio_value *values = calloc(plugin->nparams + 1u, sizeof(*values));

    if (!values)
        return lio_config_no_memory(err);
    for (uint32_t i = 0; i < plugin->nparams; i++) {
        const struct lio_param *param = &plugin->params[i];
        const struct lio_entry *entry =
            lio_config_find(config, plugin->name, param->name);
        int rc = 0;

        values[i] = lio_param_preset(param);
        if (entry)
            rc = lio_param_parse(param, entry->value, &values[i], err);
        if (rc < 0) {
            free(values);
            return rc;
        }
    }
    *ret_values = values;
    return 0;
}

int lio_plugins_each(const struct lio_config *config,
                     int (*each)(const struct lio_plugin_info *, void *user),
                     void *user)
{
    return lio_loader_each(config->loader, each, user);
}
