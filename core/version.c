#include <lanceio/lanceio.h>

const char *lio_version(void)
{
    return LIO_VERSION;
}
