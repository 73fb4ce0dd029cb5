/* The least that passes for a backend: every file is empty. */
#include <lanceio/plugin.h>

#include <string.h>

static int simple_open(const struct lio_backend_setup *setup LIO_UNUSED,
                       void **ret_backend, struct lio_error *err LIO_UNUSED)
{
    *ret_backend = NULL;
    return 0;
}

static void simple_close(void *backend LIO_UNUSED)
{
}

static int simple_file_stat(void *backend LIO_UNUSED, void *handle LIO_UNUSED,
                            struct lio_file_info *ret_info,
                            struct lio_error *err LIO_UNUSED)
{
    memset(ret_info, 0, sizeof(*ret_info));
    ret_info->offset_align = 1;
    ret_info->memory_align = 1;
    return 0;
}

static int simple_file_open(void *backend, const char *uri LIO_UNUSED,
                            uint32_t flags LIO_UNUSED, void **ret_handle,
                            struct lio_file_info *ret_info,
                            struct lio_error *err)
{
    *ret_handle = NULL;
    return simple_file_stat(backend, NULL, ret_info, err);
}

static void simple_file_close(void *backend LIO_UNUSED, void *handle LIO_UNUSED)
{
}

static int64_t simple_run(void *backend LIO_UNUSED,
                          const struct lio_op *op LIO_UNUSED)
{
    return 0;
}

static const struct lio_backend_ops simple_ops = {
    .open = simple_open,
    .close = simple_close,
    .file_open = simple_file_open,
    .file_stat = simple_file_stat,
    .file_close = simple_file_close,
    .run = simple_run,
};

LIO_BACKEND_PLUGIN("backend-simple", "0.1", "a backend for tests", NULL, 0,
                   simple_ops)
