/*
 * What tests of decoders share: a context, encodings written down, and what an
 * error says.
 *
 *     struct decoding d;
 *     Lio__Pb__CompressiveEncoding flat = FLAT(32);
 *
 *     decoding_begin(&d);
 *     assert_int_equal(lio_fixed_decode(&d.dec, &flat, ...), LIO_ECORRUPT);
 *     decoding_says(&d, "are not in a buffer");
 *     decoding_end(&d);
 */
#ifndef LIO_TESTS_DECODING_H
#define LIO_TESTS_DECODING_H

#include "column/encoding.h"

#include <stdarg.h>
#include <setjmp.h>
#include <cmocka.h>

struct decoding {
    struct lio_decode dec;
    struct lio_error err;
};

static inline void decoding_begin(struct decoding *d)
{
    d->err = (struct lio_error){ 0 };
    lio_decode_init(&d->dec, "file.lance", "c", 7, 1 << 20, &d->err);
}

static inline void decoding_end(struct decoding *d)
{
    lio_decode_release(&d->dec);
}

static inline void decoding_says(const struct decoding *d, const char *words)
{
    static const char where[] = "file.lance: column 'c', page 7: ";

    if (strncmp(d->err.msg, where, strlen(where)) != 0 ||
        !strstr(d->err.msg, words))
        fail_msg("'%s' does not say '%s'", d->err.msg, words);
}

#define ENCODING_CASE(name) LIO__PB__COMPRESSIVE_ENCODING__COMPRESSION_##name

/* Encodings, alive as long as the block they stand in. */
#define FLAT(bits_)                                                            \
    {                                                                          \
        .compression_case = ENCODING_CASE(FLAT), .flat = &(Lio__Pb__Flat)      \
        {                                                                      \
            .has_bits = 1, .bits = (bits_)                                     \
        }                                                                      \
    }
#define VARIABLE(offsets_)                                                     \
    {                                                                          \
        .compression_case = ENCODING_CASE(VARIABLE),                           \
        .variable = &(Lio__Pb__Variable)                                       \
        {                                                                      \
            .offsets = (offsets_)                                              \
        }                                                                      \
    }
#define INLINE_BITPACKING(bits_)                                               \
    {                                                                          \
        .compression_case = ENCODING_CASE(INLINE_BITPACKING),                  \
        .inline_bitpacking = &(Lio__Pb__InlineBitpacking)                      \
        {                                                                      \
            .plain_bits = (bits_)                                              \
        }                                                                      \
    }
#define OUT_OF_LINE(bits_, values_)                                            \
    {                                                                          \
        .compression_case = ENCODING_CASE(OUT_OF_LINE_BITPACKING),             \
        .out_of_line_bitpacking = &(Lio__Pb__OutOfLineBitpacking)              \
        {                                                                      \
            .plain_bits = (bits_), .values = (values_)                         \
        }                                                                      \
    }
#define RLE(values_, lengths_)                                                 \
    {                                                                          \
        .compression_case = ENCODING_CASE(RLE), .rle = &(Lio__Pb__Rle)         \
        {                                                                      \
            .values = (values_), .run_lengths = (lengths_)                     \
        }                                                                      \
    }
#define SPLIT(values_)                                                         \
    {                                                                          \
        .compression_case = ENCODING_CASE(BYTE_STREAM_SPLIT),                  \
        .byte_stream_split = &(Lio__Pb__ByteStreamSplit)                       \
        {                                                                      \
            .values = (values_)                                                \
        }                                                                      \
    }
#define GENERAL(scheme_, values_)                                              \
    {                                                                          \
        .compression_case = ENCODING_CASE(GENERAL),                            \
        .general = &(Lio__Pb__General)                                         \
        {                                                                      \
            .compression =                                                     \
                &(Lio__Pb__BufferCompression){ .scheme = (scheme_) },          \
            .values = (values_)                                                \
        }                                                                      \
    }
#define FSST(table_, bytes_, values_)                                          \
    {                                                                          \
        .compression_case = ENCODING_CASE(FSST), .fsst = &(Lio__Pb__Fsst)      \
        {                                                                      \
            .symbol_table = { (bytes_), (table_) }, .values = (values_)        \
        }                                                                      \
    }

/* Values of a chunk, or a block, in one buffer. */
#define CHUNK(data_, bytes_, n_)                                               \
    {                                                                          \
        .framing = LIO_FRAMING_MINIBLOCK, .nbuffers = 1,                       \
        .buffers = { { (const uint8_t *)(data_), (bytes_) } }, .nvalues = (n_) \
    }
#define BLOCK(data_, bytes_, n_)                                               \
    {                                                                          \
        .framing = LIO_FRAMING_BLOCK, .nbuffers = 1,                           \
        .buffers = { { (const uint8_t *)(data_), (bytes_) } }, .nvalues = (n_) \
    }

#endif
