/*
 * Flat arrays: the values as they are in a buffer, which may be compressed as a
 * whole.
 */
#include "column/array.h"

#include "column/bits.h"
#include "column/compress.h"

#include "common/checked.h"

#include <inttypes.h>

int lio_array_buffer(struct lio_decode *dec, const struct lio_page_input *in,
                     const Lio__Pb__BufferRef *ref, struct lio_mem **ret_mem)
{
    uint32_t index = ref ? ref->index : 0;

    if (index >= in->nbuffers)
        return lio_decode_corrupt(dec, "buffer %" PRIu32 " of %" PRIu32, index,
                                  in->nbuffers);
    *ret_mem = in->buffers[index];
    return 0;
}

uint32_t lio_array_scheme(const Lio__Pb__FlatArray *flat)
{
    const char *name = flat->compression && flat->compression->scheme
                           ? flat->compression->scheme
                           : "none";

    if (strcmp(name, "none") == 0 || strcmp(name, "") == 0)
        return 0;
    if (strcmp(name, "zstd") == 0)
        return LIO_SCHEME_ZSTD;
    return strcmp(name, "lz4") == 0 ? LIO_SCHEME_LZ4 : LIO_SCHEME_UNKNOWN;
}

/* Which nobody may have done already. */
static bool is_packed(const struct lio_page_input *in,
                      const Lio__Pb__FlatArray *flat)
{
    uint32_t index = flat->buffer ? flat->buffer->index : 0;

    return lio_array_scheme(flat) != 0 && (in->unpacked >> index & 1) == 0;
}

static int open_flat(struct lio_decode *dec, const struct lio_page_input *in,
                     const Lio__Pb__FlatArray *flat, struct lio_mem **ret_mem)
{
    struct lio_mem *buffer = NULL, *plain = NULL;
    struct lio_bytes packed;
    uint32_t scheme = lio_array_scheme(flat);
    uint64_t bytes;
    int rc = lio_array_buffer(dec, in, flat->buffer, &buffer);

    if (rc < 0)
        return rc;
    if (scheme == LIO_SCHEME_UNKNOWN)
        return lio_decode_unsupported(dec, "compression '%s' is not supported",
                                      flat->compression->scheme);
    if (!is_packed(in, flat)) {
        *ret_mem = lio_mem_get(buffer);
        return 0;
    }
    packed = (struct lio_bytes){ buffer->data, buffer->bytes };
    rc = lio_decompressed_bytes(dec, scheme, packed, &bytes);
    if (rc == 0)
        rc = lio_decode_alloc(dec, bytes, &plain);
    if (rc < 0)
        return rc;
    rc = lio_decompress(dec, scheme, packed, bytes, plain->data);
    if (rc < 0) {
        lio_mem_put(plain);
        return rc;
    }
    *ret_mem = plain;
    return 0;
}

int lio_array_flat(struct lio_decode *dec, const struct lio_page_input *in,
                   const Lio__Pb__ArrayEncoding *enc, uint64_t rows,
                   uint32_t bits, struct lio_mem **ret_mem)
{
    struct lio_mem *mem;
    uint64_t need;
    int rc;

    if (!enc || enc->array_case != LIO__PB__ARRAY_ENCODING__ARRAY_FLAT)
        return lio_array_unsupported(dec, enc, "plain values");
    if (enc->flat->bits != bits)
        return lio_decode_corrupt(
            dec, "values have %" PRIu64 " bits where %" PRIu32 " are due",
            enc->flat->bits, bits);
    rc = open_flat(dec, in, enc->flat, &mem);
    if (rc < 0)
        return rc;
    if (!lio_checked_mul(rows, bits, &need) ||
        lio_bits_bytes(need) > mem->bytes) {
        rc = lio_decode_corrupt(
            dec, "%" PRIu64 " values of %" PRIu32 " bits are not in %zu bytes",
            rows, bits, mem->bytes);
        lio_mem_put(mem);
        return rc;
    }
    *ret_mem = mem;
    return 0;
}
