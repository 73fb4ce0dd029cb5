/*
 * Every entry against what is known: the core's keys, the plugins there are,
 * and their parameters.
 */
#include "core/config_parts.h"

#include <stdlib.h>
#include <string.h>

#include "core/param.h"
#include "core/plugin_check.h"

/* -- the core's sections ------------------------------------------------- */

static int complain_unknown_key(const struct lio_entry *entry,
                                struct lio_error *err)
{
    struct lio_known known = { .n = 0 };
    uint32_t nkeys;
    const struct lio_key *keys = lio_keys(&nkeys);

    for (uint32_t i = 0; i < nkeys; i++)
        if (!strcmp(keys[i].section, entry->section))
            lio_known_add(&known, keys[i].param.name);
    return lio_config_unknown(entry, "key", entry->key, &known, err);
}

static int apply_core_entry(struct lio_config *config,
                            const struct lio_entry *entry,
                            struct lio_error *err)
{
    const struct lio_key *key = lio_key_find(entry->section, entry->key);
    union lio_value value;
    struct lio_error why;

    if (!key)
        return complain_unknown_key(entry, err);
    if (lio_key_parse(key, entry->value, &value, &why) < 0)
        return lio_config_complain(entry, err, "%s", why.msg);
    lio_key_store(key, value, &config->settings);
    return 0;
}

static int apply_core_entries(struct lio_config *config, struct lio_error *err)
{
    int rc = 0;

    for (const struct lio_entry *e = config->first; rc == 0 && e; e = e->next)
        if (e->key && lio_section_known(e->section))
            rc = apply_core_entry(config, e, err);
    return rc;
}

/* -- plugins ------------------------------------------------------------- */

static int add_plugin(struct lio_config *config,
                      const struct lio_loaded *plugin, struct lio_error *err)
{
    const struct lio_loaded **grown;

    for (uint32_t i = 0; i < config->nplugins; i++)
        if (config->plugins[i] == plugin)
            return 0;
    grown = realloc(config->plugins,
                    (config->nplugins + 1u) * sizeof(*config->plugins));
    if (!grown)
        return lio_config_no_memory(err);
    grown[config->nplugins++] = plugin;
    config->plugins = grown;
    return 0;
}

static int open_loader(struct lio_config *config, struct lio_error *err)
{
    const struct lio_entry *entry =
        lio_config_find(config, "engine", "plugin_dir");
    struct lio_error why;
    int rc = lio_loader_open(config->settings.engine.plugin_dir,
                             &config->loader, &why);

    if (rc == LIO_ECONFIG && entry)
        return lio_config_complain(entry, err, "%s", why.msg);
    return rc < 0 ? lio_error_set(err, rc, "%s", why.msg) : 0;
}

/* The plugin `name`, out of the value of `key`, must exist, load, and be of the
 * right kind. */
static int check_choice(struct lio_config *config, const struct lio_key *key,
                        const char *name, struct lio_error *err)
{
    const struct lio_entry *entry =
        lio_config_find(config, key->section, key->param.name);
    const struct lio_loaded *plugin;
    struct lio_error why;

    if (lio_loader_find(config->loader, name, key->plugin_kind, &plugin, &why) <
        0)
        return lio_config_complain(entry, err, "%s", why.msg);
    return add_plugin(config, plugin, err);
}

/* One after the other; a plugin has one section of parameters, so a second
 * instance of it would do the same again. */
static int check_choice_list(struct lio_config *config,
                             const struct lio_key *key, struct lio_error *err)
{
    const char *list = lio_key_plugin(key, &config->settings), *name;
    struct lio_known seen = { .n = 0 };
    size_t len;
    int rc = 0;

    while (rc == 0 && (name = lio_list_next(&list, &len))) {
        name = lio_config_keep(config, name, len);
        if (!name)
            return lio_config_no_memory(err);
        for (uint32_t i = 0; i < seen.n; i++)
            if (!strcmp(seen.names[i], name))
                return lio_config_complain(
                    lio_config_find(config, key->section, key->param.name), err,
                    "'%s' stands there twice", name);
        lio_known_add(&seen, name);
        rc = check_choice(config, key, name, err);
    }
    return rc;
}

static int check_choices(struct lio_config *config, struct lio_error *err)
{
    uint32_t nkeys;
    const struct lio_key *keys = lio_keys(&nkeys);
    int rc = 0;

    for (uint32_t i = 0; rc == 0 && i < nkeys; i++) {
        const char *value;

        if (!keys[i].plugin_kind)
            continue;
        value = lio_key_plugin(&keys[i], &config->settings);
        if (keys[i].may_be_none && !strcmp(value, "none"))
            continue;
        rc = keys[i].is_list ? check_choice_list(config, &keys[i], err)
                             : check_choice(config, &keys[i], value, err);
    }
    return rc;
}

static const struct lio_param *find_param(const struct lio_loaded *plugin,
                                          const char *name)
{
    for (uint32_t i = 0; i < plugin->nparams; i++)
        if (!strcmp(plugin->params[i].name, name))
            return &plugin->params[i];
    return NULL;
}

static int check_plugin_entry(struct lio_config *config,
                              const struct lio_entry *entry,
                              const struct lio_loaded *plugin,
                              struct lio_error *err)
{
    struct lio_known known = { .n = 0 };
    const struct lio_param *param;
    union lio_value value;
    struct lio_error why;
    int rc = add_plugin(config, plugin, err);

    if (rc < 0 || !entry->key)
        return rc;
    param = find_param(plugin, entry->key);
    if (!param) {
        for (uint32_t i = 0; i < plugin->nparams; i++)
            lio_known_add(&known, plugin->params[i].name);
        return lio_config_unknown(entry, "key", entry->key, &known, err);
    }
    if (lio_param_parse(param, entry->value, &value, &why) < 0)
        return lio_config_complain(entry, err, "%s", why.msg);
    return 0;
}

/* The names of the plugin files, kept for a message. */
struct name_list {
    struct lio_config *config;
    struct lio_known known;
};

static int take_name(const char *name, void *user)
{
    struct name_list *list = user;
    const char *kept = lio_config_keep_all(list->config, name);

    if (!kept)
        return LIO_ENOMEM;
    lio_known_add(&list->known, kept);
    return 0;
}

static bool is_plugin_file(const struct name_list *list, const char *name)
{
    for (uint32_t i = 0; i < list->known.n; i++)
        if (!strcmp(list->known.names[i], name))
            return true;
    return false;
}

/* No plugin can be had for the section: because it cannot be used, or because
 * no section has this name. */
static int complain_section(struct lio_config *config,
                            const struct lio_entry *entry, const char *why,
                            struct lio_error *err)
{
    struct name_list list = { .config = config };
    uint32_t nkeys;
    const struct lio_key *keys = lio_keys(&nkeys);

    for (uint32_t i = 0; i < nkeys; i++)
        lio_known_add(&list.known, keys[i].section);
    if (lio_loader_names(config->loader, take_name, &list) < 0)
        return lio_config_no_memory(err);
    if (is_plugin_file(&list, entry->section))
        return lio_config_complain(entry, err, "%s", why);
    return lio_config_unknown(entry, "section", entry->section, &list.known,
                              err);
}

/* Every section that is not the core's must be a plugin's. */
static int check_plugin_entries(struct lio_config *config,
                                struct lio_error *err)
{
    int rc = 0;

    for (const struct lio_entry *e = config->first; rc == 0 && e; e = e->next) {
        const struct lio_loaded *plugin;
        struct lio_error why;

        if (lio_section_known(e->section))
            continue;
        if (lio_loader_find(config->loader, e->section, 0, &plugin, &why) < 0)
            rc = complain_section(config, e, why.msg, err);
        else
            rc = check_plugin_entry(config, e, plugin, err);
    }
    return rc;
}

int lio_config_check(struct lio_config *config, struct lio_error *err)
{
    int rc = apply_core_entries(config, err);

    if (rc == 0)
        rc = open_loader(config, err);
    if (rc == 0)
        rc = check_plugin_entries(config, err);
    if (rc == 0)
        rc = check_choices(config, err);
    return rc;
}
