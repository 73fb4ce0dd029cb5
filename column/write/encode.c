/*
 * What all encoders share.
 */
#include "column/write/encoders.h"

#include <inttypes.h>

bool lio_compression_parse(const char *name, enum lio_compression *ret)
{
    static const char names[][5] = { "auto", "none", "fsst", "lz4", "zstd" };

    for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (strcmp(name, names[i]) == 0) {
            *ret = (enum lio_compression)i;
            return true;
        }
    return false;
}

int lio_encode_alloc(const struct lio_encode *enc, uint64_t bytes,
                     void *ret_memory)
{
    void *memory = lio_arena_alloc(enc->arena, bytes);

    if (!memory)
        return lio_error_set(enc->err, LIO_ENOMEM,
                             "column '%s': no memory for %" PRIu64
                             " bytes of a page",
                             enc->column, bytes);
    memcpy(ret_memory, &memory, sizeof(memory));
    return 0;
}
