/* A prefetcher that knows one pattern: whatever is read, the next block is. */
#include <lanceio/plugin.h>

static int simple_open(const struct lio_prefetch_setup *setup LIO_UNUSED,
                       void **ret_stream, struct lio_error *err LIO_UNUSED)
{
    static const char nothing;

    *ret_stream = (void *)(uintptr_t)&nothing;
    return 0;
}

static void simple_close(void *stream LIO_UNUSED)
{
}

static int32_t simple_observe(void *stream LIO_UNUSED,
                              const struct lio_access *access,
                              struct lio_range *out, uint32_t max)
{
    if (max == 0)
        return 0;
    out->offset = access->range.offset + access->range.length;
    out->length = 65536;
    return 1;
}

static const struct lio_prefetch_ops simple_ops = {
    .open = simple_open,
    .close = simple_close,
    .observe = simple_observe,
};

LIO_PREFETCH_PLUGIN("prefetch-simple", "1.0.0", "for tests", NULL, 0,
                    simple_ops)
