/*
 * What failed, and why.
 */
#include "column/write/failed.h"

#include <lanceio/lanceio.h>

#include <stdio.h>
#include <string.h>

int lio_write_failed(const char *path, const char *op, int os_errno,
                     struct lio_error *err)
{
    int code = lio_code_of_errno(os_errno);

    (void)lio_error_set(err, code, "%s: cannot %s: %s", path, op,
                        strerror(os_errno));
    if (!err)
        return code;
    err->os_errno = os_errno;
    (void)snprintf(err->op, sizeof(err->op), "%s", op);
    (void)snprintf(err->file, sizeof(err->file), "%s", path);
    return code;
}

int lio_write_no_memory(const char *path, struct lio_error *err)
{
    return lio_error_set(err, LIO_ENOMEM, "%s: no memory to write it", path);
}
