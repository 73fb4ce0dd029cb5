/*
 * Plugins: found by name, dlopen'ed, checked, and their tables copied.
 *
 * Directories are searched in this order: [engine] plugin_dir if set, then the
 * one that belongs to this library: the build tree's plugins/ if it runs from
 * there, else lanceio/plugins/ beside it, else where it was to be installed.
 * So plugin_dir adds plugins, and replaces those of the same name.
 *
 * The file of plugin NAME is DIR/NAME.so.  A table is copied for as many bytes
 * as plugin and core both know; what the plugin lacks reads as NULL.  Plugins
 * are never unloaded while the process lives: stacks and leak reports keep
 * their names, and dlclose() of a library with threads is a known way to crash.
 */
#ifndef LIO_CORE_LOADER_H
#define LIO_CORE_LOADER_H

#include <lanceio/lanceio.h>
#include <lanceio/plugin.h>

struct lio_loader;

/* A plugin that passed all checks. */
struct lio_loaded {
    const char *path;
    const char *name;
    const char *version;
    const char *summary;
    uint32_t kind; /* enum lio_plugin_kind */
    uint32_t nparams;
    struct lio_param *params; /* nparams of them, our size */
    union {
        struct lio_backend_ops backend; /* a filter's, too */
        struct lio_cache_ops cache;
        struct lio_prefetch_ops prefetch;
        struct lio_coalesce_ops coalesce;
    } ops;
};

/* `plugin_dir` "" = none but the library's own.  LIO_ECONFIG if it is not a
 * directory. */
int lio_loader_open(const char *plugin_dir, struct lio_loader **ret_loader,
                    struct lio_error *err);
/* Accepts NULL. */
void lio_loader_close(struct lio_loader *loader);

/*
 * Find and load `name`.  `kind` 0 accepts any.  The result lives as long as the
 * loader.  LIO_EPLUGIN says where it was looked for, what there is and the
 * nearest name, or why it was refused.  Threads: any.
 */
int lio_loader_find(struct lio_loader *loader, const char *name, uint32_t kind,
                    const struct lio_loaded **ret_plugin,
                    struct lio_error *err);

/* Call `each` for the names of all plugin files, sorted, without opening them;
 * stops when it returns non-zero and returns that. */
int lio_loader_names(const struct lio_loader *loader,
                     int (*each)(const char *name, void *user), void *user);

/* Load every *.so in the search path; `each` gets what was found, refused ones
 * with their reason, sorted by name. */
int lio_loader_each(struct lio_loader *loader,
                    int (*each)(const struct lio_plugin_info *, void *user),
                    void *user);

#endif
