/* A library, but no plugin: it does not export lio_plugin_entry. */
#include <lanceio/plugin.h>

LIO_PLUGIN_EXPORT int cache_no_entry(void);

int cache_no_entry(void)
{
    return 0;
}
