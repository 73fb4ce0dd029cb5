/*
 * Finding plugin files and opening them, once each.
 *
 *     loader ─► dirs     DIR of [engine] plugin_dir, then the built-in one
 *            └► files    DIR/NAME.so: loaded, or refused with a reason
 *
 * Configurations are loaded at every program start, so a file is opened only
 * when somebody asks for it; what merely lies there is known by its file name
 * until lio_loader_each() wants all of them.
 */
#include "core/loader_parts.h"

#include "common/sentence.h"
#include "common/suggest.h"
#include "core/param.h"
#include "core/plugin_check.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A file that was opened: a plugin, or not. */
struct lio_plugin_file {
    struct lio_plugin_file *next;
    char *path;
    char *name;    /* of the file, without its suffix */
    char *refused; /* why, or NULL: `plugin` can be used */
    struct lio_loaded plugin;
};

/* -- the loader ---------------------------------------------------------- */

int lio_loader_open(const char *plugin_dir, struct lio_loader **ret_loader,
                    struct lio_error *err)
{
    struct lio_loader *loader;

    if (*plugin_dir && !lio_dir_exists(plugin_dir))
        return lio_error_set(err, LIO_ECONFIG, "'%s' is not a directory",
                             plugin_dir);
    loader = calloc(1, sizeof(*loader));
    if (!loader)
        return lio_error_set(err, LIO_ENOMEM, "no memory for the plugin list");
    (void)pthread_mutex_init(&loader->lock, NULL);
    if (*plugin_dir)
        loader->dirs[loader->ndirs++] = strdup(plugin_dir);
    loader->dirs[loader->ndirs++] = lio_loader_built_in_dir();

    for (uint32_t i = 0; i < loader->ndirs; i++) {
        if (!loader->dirs[i]) {
            lio_loader_close(loader);
            return lio_error_set(err, LIO_ENOMEM,
                                 "no memory for the plugin directories");
        }
    }
    *ret_loader = loader;
    return 0;
}

static void free_file(struct lio_plugin_file *file)
{
    free(file->path);
    free(file->name);
    free(file->refused);
    free(file->plugin.params);
    free(file);
}

void lio_loader_close(struct lio_loader *loader)
{
    if (!loader)
        return;
    while (loader->files) {
        struct lio_plugin_file *file = loader->files;

        loader->files = file->next;
        free_file(file);
    }
    for (uint32_t i = 0; i < loader->ndirs; i++)
        free(loader->dirs[i]);
    (void)pthread_mutex_destroy(&loader->lock);
    free(loader);
}

/* -- opening a file ------------------------------------------------------ */

/* dlerror() begins with the path, which the caller names itself. */
static const char *load_failure(const char *path)
{
    const char *failure = dlerror();
    size_t len = strlen(path);

    if (!failure)
        return "unknown reason";
    if (!strncmp(failure, path, len) && !strncmp(failure + len, ": ", 2))
        return failure + len + 2;
    return failure;
}

static int load(const char *path, const char *name,
                struct lio_loaded *ret_plugin, struct lio_error *err)
{
    lio_plugin_entry_fn entry;
    void *library, *symbol;

    library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!library)
        return lio_error_set(err, LIO_EPLUGIN, "it cannot be loaded: %s",
                             load_failure(path));
    symbol = dlsym(library, LIO_PLUGIN_ENTRY);
    if (!symbol)
        return lio_error_set(err, LIO_EPLUGIN,
                             "it has no symbol " LIO_PLUGIN_ENTRY
                             ": it is not a lanceio plugin");
    /* ISO C has no cast from object to function pointer; POSIX has this. */
    memcpy(&entry, &symbol, sizeof(entry));
    return lio_plugin_check(entry(), name, ret_plugin, err);
}

/* Opens DIR/NAME.so and records what became of it.  NULL: no memory. */
static struct lio_plugin_file *open_file(const char *path, const char *name)
{
    struct lio_plugin_file *file = calloc(1, sizeof(*file));
    struct lio_error why;

    if (!file)
        return NULL;
    file->path = strdup(path);
    file->name = strdup(name);
    if (!file->path || !file->name)
        goto no_memory;
    if (load(path, name, &file->plugin, &why) < 0) {
        if (why.code == LIO_ENOMEM)
            goto no_memory;
        file->refused = strdup(why.msg);
        if (!file->refused)
            goto no_memory;
    }
    file->plugin.path = file->path;
    return file;

no_memory:
    free_file(file);
    return NULL;
}

/* The file of `name`, opened now if it was not before.  Call with the lock.
 * *ret_file is NULL if there is none. */
static int get_file(struct lio_loader *loader, const char *name,
                    struct lio_plugin_file **ret_file)
{
    struct lio_plugin_file *file;

    for (file = loader->files; file; file = file->next) {
        if (!strcmp(file->name, name)) {
            *ret_file = file;
            return 0;
        }
    }
    for (uint32_t i = 0; i < loader->ndirs; i++) {
        char *path;

        if (asprintf(&path, "%s/%s" LIO_PLUGIN_SUFFIX, loader->dirs[i], name) <
            0)
            return LIO_ENOMEM;
        if (access(path, F_OK) < 0) {
            free(path);
            continue;
        }
        file = open_file(path, name);
        free(path);
        if (!file)
            return LIO_ENOMEM;
        file->next = loader->files;
        loader->files = file;
        *ret_file = file;
        return 0;
    }
    *ret_file = NULL;
    return 0;
}

static int get_file_locked(struct lio_loader *loader, const char *name,
                           struct lio_plugin_file **ret_file)
{
    int rc;

    (void)pthread_mutex_lock(&loader->lock);
    rc = get_file(loader, name, ret_file);
    (void)pthread_mutex_unlock(&loader->lock);
    return rc;
}

/* -- by name ------------------------------------------------------------- */

/* Names go into a path, so nothing but a plain name gets there. */
static bool name_plain(const char *name)
{
    return *name && strspn(name, "abcdefghijklmnopqrstuvwxyz"
                                 "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                 "0123456789-_") == strlen(name);
}

/* Leaves the names of one kind; all if `kind` is 0. */
static void keep_kind(struct lio_names *names, uint32_t kind)
{
    const char *prefix = lio_kind_name(kind);
    size_t len = strlen(prefix), kept = 0;

    for (size_t i = 0; i < names->n; i++) {
        if (!strncmp(names->names[i], prefix, len))
            names->names[kept++] = names->names[i];
        else
            free(names->names[i]);
    }
    names->n = kept;
}

static int not_found(const struct lio_loader *loader, const char *name,
                     uint32_t kind, struct lio_error *err)
{
    struct lio_sentence text;
    const char *nearest;
    struct lio_names names;

    if (lio_loader_list_names(loader, &names) < 0) {
        lio_names_release(&names);
        return lio_error_set(err, LIO_ENOMEM, "no memory to list plugins");
    }
    keep_kind(&names, kind);
    lio_sentence_init(&text);
    lio_sentence_add(&text, "there is no plugin '%.60s' in ", name);
    lio_sentence_list(&text, 300, (const char *const *)loader->dirs,
                      loader->ndirs);
    if (names.n > 0) {
        lio_sentence_add(&text, "; %s plugins found: ", lio_kind_name(kind));
        lio_sentence_list(&text, 160, (const char *const *)names.names,
                          names.n);
    } else {
        lio_sentence_add(&text, ", nor any other%s%s", kind ? " " : "",
                         lio_kind_name(kind));
    }
    nearest = lio_suggest(name, (const char *const *)names.names, names.n);
    if (nearest)
        lio_sentence_add(&text, "; did you mean '%s'?", nearest);
    lio_names_release(&names);
    return lio_error_set(err, LIO_EPLUGIN, "%s", text.text);
}

int lio_loader_find(struct lio_loader *loader, const char *name, uint32_t kind,
                    const struct lio_loaded **ret_plugin, struct lio_error *err)
{
    struct lio_plugin_file *file = NULL;

    if (name_plain(name) && get_file_locked(loader, name, &file) < 0)
        return lio_error_set(err, LIO_ENOMEM, "no memory for plugin '%s'",
                             name);
    if (!file)
        return not_found(loader, name, kind, err);
    if (file->refused)
        return lio_error_set(err, LIO_EPLUGIN,
                             "the plugin %s cannot be used: %s", file->path,
                             file->refused);
    if (kind && file->plugin.kind != kind)
        return lio_error_set(err, LIO_EPLUGIN, "'%s' is a %s, not a %s", name,
                             lio_kind_name(file->plugin.kind),
                             lio_kind_name(kind));
    *ret_plugin = &file->plugin;
    return 0;
}

/* -- all of them --------------------------------------------------------- */

/* A parameter as text; the buffers live as long as the callback runs. */
struct param_text {
    char range[LIO_PARAM_TEXT_BYTES];
    char preset[LIO_PARAM_TEXT_BYTES];
};

static void describe_param(const struct lio_param *param,
                           struct param_text *text,
                           struct lio_plugin_param *ret)
{
    lio_param_range_text(param, text->range);
    lio_param_preset_text(param, text->preset);
    ret->name = param->name;
    ret->type = lio_param_type_name(param->type);
    ret->range = text->range;
    ret->preset = text->preset;
    ret->help = param->help ? param->help : "";
}

static int show(const struct lio_plugin_file *file,
                int (*each)(const struct lio_plugin_info *, void *user),
                void *user)
{
    const struct lio_loaded *plugin = &file->plugin;
    struct lio_plugin_info info = {
        .path = file->path,
        .name = file->name,
        .kind = lio_kind_name(plugin->kind),
        .version = file->refused ? "" : plugin->version,
        .summary = file->refused ? "" : plugin->summary,
        .refused = file->refused,
        .nparams = plugin->nparams,
    };
    struct lio_plugin_param *params;
    struct param_text *texts;
    int rc = LIO_ENOMEM;

    params = calloc(plugin->nparams + 1u, sizeof(*params));
    texts = calloc(plugin->nparams + 1u, sizeof(*texts));
    if (!params || !texts)
        goto out;
    for (uint32_t i = 0; i < plugin->nparams; i++)
        describe_param(&plugin->params[i], &texts[i], &params[i]);
    info.params = params;
    rc = each(&info, user);
out:
    free(texts);
    free(params);
    return rc;
}

int lio_loader_each(struct lio_loader *loader,
                    int (*each)(const struct lio_plugin_info *, void *user),
                    void *user)
{
    struct lio_names names;
    int rc = lio_loader_list_names(loader, &names);

    for (size_t i = 0; rc == 0 && i < names.n; i++) {
        struct lio_plugin_file *file;

        rc = get_file_locked(loader, names.names[i], &file);
        if (rc == 0 && file)
            rc = show(file, each, user);
    }
    lio_names_release(&names);
    return rc;
}
