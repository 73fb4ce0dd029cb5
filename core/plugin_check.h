/*
 * A plugin's table before it is trusted: every field checked, then copied.
 */
#ifndef LIO_CORE_PLUGIN_CHECK_H
#define LIO_CORE_PLUGIN_CHECK_H

#include "core/loader.h"

/* "backend", "cache", ..., or "" for what this version does not know. */
const char *lio_kind_name(uint32_t kind);

/*
 * Check `table`, found in a file called `name`.so, and copy it.  On success the
 * caller owns ret_plugin->params; ret_plugin->path is left to it.
 *
 * LIO_EPLUGIN: err->msg ends a sentence whose subject is the plugin ("it was
 * built for ...").  LIO_ENOMEM.
 */
int lio_plugin_check(const struct lio_plugin *table, const char *name,
                     struct lio_loaded *ret_plugin, struct lio_error *err);

#endif
