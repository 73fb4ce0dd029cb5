/*
 * The value encodings, each from bytes written by hand, and each broken.
 */
#include "support/decoding.h"

#include "column/fastlanes.h"

#include <lz4.h>
#include <zstd.h>

static int decode(struct decoding *d, const Lio__Pb__CompressiveEncoding *enc,
                  const struct lio_encoded *in, uint32_t bits, void *out)
{
    decoding_end(d);
    decoding_begin(d);
    return lio_fixed_decode(&d->dec, enc, in, bits, out);
}

static int setup(void **state)
{
    static struct decoding d;

    decoding_begin(&d);
    *state = &d;
    return 0;
}

static int teardown(void **state)
{
    decoding_end(*state);
    return 0;
}

/* -- flat, split, constant ----------------------------------------------- */

static void flat_values_are_copied(void **state)
{
    static const uint32_t values[] = { 1, 2, 0xffffffff };
    Lio__Pb__CompressiveEncoding enc = FLAT(32);
    const struct lio_encoded in = CHUNK(values, sizeof(values), 3);
    uint32_t out[3];

    assert_int_equal(decode(*state, &enc, &in, 32, out), 0);
    assert_memory_equal(out, values, sizeof(values));
}

static void flat_values_that_are_missing_are_found(void **state)
{
    Lio__Pb__CompressiveEncoding enc = FLAT(32);
    const struct lio_encoded in = CHUNK("0123456789", 11, 3);
    const struct lio_encoded huge = CHUNK("0123456789", 11, UINT64_MAX / 8);
    uint32_t out[3];

    assert_int_equal(decode(*state, &enc, &in, 32, out), LIO_ECORRUPT);
    decoding_says(*state, "3 values of 32 bits are not in a buffer of 11");
    assert_int_equal(decode(*state, &enc, &huge, 32, out), LIO_ECORRUPT);
}

static void other_width_than_due_is_found(void **state)
{
    Lio__Pb__CompressiveEncoding enc = FLAT(64);
    const struct lio_encoded in = CHUNK("01234567", 8, 1);
    uint32_t out[1];

    assert_int_equal(decode(*state, &enc, &in, 32, out), LIO_ECORRUPT);
    decoding_says(*state, "64 bits where 32 are due");
}

static void split_bytes_are_joined(void **state)
{
    Lio__Pb__CompressiveEncoding flat = FLAT(16), enc = SPLIT(&flat);
    const struct lio_encoded in = CHUNK("acebdf", 6, 3);
    char out[6];

    assert_int_equal(decode(*state, &enc, &in, 16, out), 0);
    assert_memory_equal(out, "abcdef", 6);
}

static void missing_encoding_is_found(void **state)
{
    const struct lio_encoded in = CHUNK("01234567", 8, 1);
    uint32_t out[1];

    assert_int_equal(decode(*state, NULL, &in, 32, out), LIO_ECORRUPT);
    decoding_says(*state, "encoding is missing");
}

static void unknown_encoding_is_named_unsupported(void **state)
{
    Lio__Pb__CompressiveEncoding enc = {
        .compression_case = ENCODING_CASE(PACKED_STRUCT),
    };
    const struct lio_encoded in = CHUNK("01234567", 8, 1);
    uint32_t out[1];

    assert_int_equal(decode(*state, &enc, &in, 32, out), LIO_EUNSUPPORTED);
    decoding_says(*state, "'packed-struct' is not supported");
}

/* -- bit packing --------------------------------------------------------- */

static void packed_zeros_need_no_words(void **state)
{
    static const uint32_t width = 0;
    Lio__Pb__CompressiveEncoding enc = INLINE_BITPACKING(32);
    const struct lio_encoded in = CHUNK(&width, sizeof(width), 3);
    uint32_t out[3] = { 9, 9, 9 };

    assert_int_equal(decode(*state, &enc, &in, 32, out), 0);
    assert_int_equal(out[0] | out[1] | out[2], 0);
}

static void packed_block_is_checked(void **state)
{
    Lio__Pb__CompressiveEncoding enc = INLINE_BITPACKING(16);
    uint16_t words[1 + 64 * 3] = { 3 };
    const struct lio_encoded whole = CHUNK(words, sizeof(words), 1024);
    const struct lio_encoded cut = CHUNK(words, sizeof(words) - 1, 5);
    const struct lio_encoded many = CHUNK(words, sizeof(words), 1025);
    const struct lio_encoded none = CHUNK(words, 1, 5);
    uint16_t out[1025];

    assert_int_equal(decode(*state, &enc, &whole, 16, out), 0);
    assert_int_equal(decode(*state, &enc, &cut, 16, out), LIO_ECORRUPT);
    decoding_says(*state, "a block packed to 3 bits is not in 385 bytes");
    assert_int_equal(decode(*state, &enc, &many, 16, out), LIO_ECORRUPT);
    assert_int_equal(decode(*state, &enc, &none, 16, out), LIO_ECORRUPT);
    words[0] = 17;
    assert_int_equal(decode(*state, &enc, &whole, 16, out), LIO_ECORRUPT);
    decoding_says(*state, "words of 16 bits are packed to 17");
}

static void rest_of_packed_values_has_two_forms(void **state)
{
    Lio__Pb__CompressiveEncoding flat = FLAT(4), enc = OUT_OF_LINE(16, &flat);
    /* A packed block of 4 bits has 256 words. */
    static uint16_t packed[256 + 256], plain[256 + 10], out[1024 + 300];
    const struct lio_encoded as_block = BLOCK(packed, sizeof(packed), 1324);
    const struct lio_encoded as_words = BLOCK(plain, sizeof(plain), 1034);
    const struct lio_encoded cut = BLOCK(plain, sizeof(plain) - 1, 1034);

    memset(packed, 0x55, sizeof(packed));
    memset(plain, 0x55, sizeof(plain));
    assert_int_equal(decode(*state, &enc, &as_block, 16, out), 0);
    assert_int_equal(out[1023], 5);
    assert_int_equal(out[1323], 5);
    assert_int_equal(decode(*state, &enc, &as_words, 16, out), 0);
    assert_int_equal(out[1023], 5);
    assert_int_equal(out[1033], 0x5555);
    assert_int_equal(decode(*state, &enc, &cut, 16, out), LIO_ECORRUPT);
    decoding_says(*state, "the last 10 of 1034 bit-packed values are missing");
}

static void packed_width_must_be_told(void **state)
{
    Lio__Pb__CompressiveEncoding enc = OUT_OF_LINE(16, NULL);
    const struct lio_encoded in = BLOCK("", 0, 5);
    uint16_t out[5];

    assert_int_equal(decode(*state, &enc, &in, 16, out), LIO_ECORRUPT);
    decoding_says(*state, "without a packed width");
}

/* -- runs ---------------------------------------------------------------- */

static void runs_are_expanded_and_cut(void **state)
{
    static const uint16_t values[] = { 7, 8, 9 };
    Lio__Pb__CompressiveEncoding v = FLAT(16), l = FLAT(8), enc = RLE(&v, &l);
    const struct lio_encoded in = {
        .framing = LIO_FRAMING_MINIBLOCK,
        .nbuffers = 2,
        .buffers = { { (const uint8_t *)values, sizeof(values) },
                     { (const uint8_t *)"\2\0\5", 3 } },
        .nvalues = 4,
    };
    struct lio_encoded longer = in;
    uint16_t out[4];

    assert_int_equal(decode(*state, &enc, &in, 16, out), 0);
    assert_memory_equal(out, ((const uint16_t[]){ 7, 7, 9, 9 }), 8);
    longer.nvalues = 8;
    assert_int_equal(decode(*state, &enc, &longer, 16, (uint16_t[8]){ 0 }),
                     LIO_ECORRUPT);
    decoding_says(*state, "the runs hold 7 values of 8");
    longer = in;
    longer.buffers[0].bytes = 5;
    assert_int_equal(decode(*state, &enc, &longer, 16, out), LIO_ECORRUPT);
    decoding_says(*state, "3 runs with 5 bytes of values");
    longer.nbuffers = 1;
    assert_int_equal(decode(*state, &enc, &longer, 16, out), LIO_ECORRUPT);
}

static void runs_in_a_block_have_the_size_in_front(void **state)
{
    Lio__Pb__CompressiveEncoding v = FLAT(8), l = FLAT(8), enc = RLE(&v, &l);
    uint8_t block[] = { 2, 0, 0, 0, 0, 0, 0, 0, 'a', 'b', 1, 2 };
    const struct lio_encoded in = BLOCK(block, sizeof(block), 3);
    const struct lio_encoded cut = BLOCK(block, 7, 3);
    char out[3];

    assert_int_equal(decode(*state, &enc, &in, 8, out), 0);
    assert_memory_equal(out, "abb", 3);
    assert_int_equal(decode(*state, &enc, &cut, 8, out), LIO_ECORRUPT);
    block[7] = 0xff;
    assert_int_equal(decode(*state, &enc, &in, 8, out), LIO_ECORRUPT);
    decoding_says(*state, "run values");
}

/* -- compression --------------------------------------------------------- */

static void compressed_values_are_opened(void **state)
{
    static const char plain[] = "abcabcabcabcabcabcabcabcabcabcabc";
    uint8_t packed[200] = { sizeof(plain) };
    Lio__Pb__CompressiveEncoding flat = FLAT(8), lz4 = GENERAL(1, &flat),
                                 zstd = GENERAL(2, &flat);
    size_t n = (size_t)LZ4_compress_default(plain, (char *)packed + 4,
                                            sizeof(plain), 100);
    struct lio_encoded in = CHUNK(packed, n + 4, sizeof(plain));
    char out[sizeof(plain)];

    assert_int_equal(decode(*state, &lz4, &in, 8, out), 0);
    assert_memory_equal(out, plain, sizeof(plain));

    memset(packed + 4, 0, 4);
    n = ZSTD_compress(packed + 8, 100, plain, sizeof(plain), 1);
    in.buffers[0].bytes = n + 8;
    memset(out, 0, sizeof(out));
    assert_int_equal(decode(*state, &zstd, &in, 8, out), 0);
    assert_memory_equal(out, plain, sizeof(plain));
    /* A bare frame, which tells its size by itself. */
    in.buffers[0].data = packed + 8;
    in.buffers[0].bytes = n;
    memset(out, 0, sizeof(out));
    assert_int_equal(decode(*state, &zstd, &in, 8, out), 0);
    assert_memory_equal(out, plain, sizeof(plain));
}

static void damaged_compression_is_found(void **state)
{
    Lio__Pb__CompressiveEncoding flat = FLAT(8), lz4 = GENERAL(1, &flat),
                                 zstd = GENERAL(2, &flat),
                                 other = GENERAL(9, &flat);
    uint8_t bytes[16] = { 8 };
    const struct lio_encoded in = CHUNK(bytes, sizeof(bytes), 8);
    const struct lio_encoded cut = CHUNK(bytes, 3, 8);
    char out[8];

    assert_int_equal(decode(*state, &lz4, &in, 8, out), LIO_ECORRUPT);
    decoding_says(*state, "damaged lz4 block");
    assert_int_equal(decode(*state, &zstd, &in, 8, out), LIO_ECORRUPT);
    decoding_says(*state, "damaged zstd frame");
    assert_int_equal(decode(*state, &lz4, &cut, 8, out), LIO_ECORRUPT);
    assert_int_equal(decode(*state, &zstd, &cut, 8, out), LIO_ECORRUPT);
    assert_int_equal(decode(*state, &other, &in, 8, out), LIO_EUNSUPPORTED);
    decoding_says(*state, "compression scheme 9");
}

/* The size is the file's claim: it may not make the reader allocate it. */
static void claimed_plain_size_is_bounded(void **state)
{
    Lio__Pb__CompressiveEncoding flat = FLAT(8), lz4 = GENERAL(1, &flat),
                                 zstd = GENERAL(2, &flat);
    uint8_t bytes[16];
    const struct lio_encoded in = CHUNK(bytes, sizeof(bytes), 8);
    char out[8];

    memset(bytes, 0x7f, sizeof(bytes));
    assert_int_equal(decode(*state, &lz4, &in, 8, out), LIO_ECORRUPT);
    decoding_says(*state, "cannot hold");
    assert_int_equal(decode(*state, &zstd, &in, 8, out), LIO_ECORRUPT);
    decoding_says(*state, "cannot hold");
}

static void compression_inside_compression_is_refused(void **state)
{
    static const char text[] = "some text";
    uint8_t packed[100] = { sizeof(text) };
    size_t n = (size_t)LZ4_compress_default(text, (char *)packed + 4,
                                            sizeof(text), 90);
    Lio__Pb__CompressiveEncoding flat = FLAT(8), inner = GENERAL(1, &flat),
                                 enc = GENERAL(1, &inner);
    const struct lio_encoded in = CHUNK(packed, n + 4, 8);
    char out[8];

    assert_int_equal(decode(*state, &enc, &in, 8, out), LIO_EUNSUPPORTED);
    decoding_says(*state, "compression of what is compressed");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(flat_values_are_copied),
        cmocka_unit_test(flat_values_that_are_missing_are_found),
        cmocka_unit_test(other_width_than_due_is_found),
        cmocka_unit_test(split_bytes_are_joined),
        cmocka_unit_test(missing_encoding_is_found),
        cmocka_unit_test(unknown_encoding_is_named_unsupported),
        cmocka_unit_test(packed_zeros_need_no_words),
        cmocka_unit_test(packed_block_is_checked),
        cmocka_unit_test(rest_of_packed_values_has_two_forms),
        cmocka_unit_test(packed_width_must_be_told),
        cmocka_unit_test(runs_are_expanded_and_cut),
        cmocka_unit_test(runs_in_a_block_have_the_size_in_front),
        cmocka_unit_test(compressed_values_are_opened),
        cmocka_unit_test(damaged_compression_is_found),
        cmocka_unit_test(claimed_plain_size_is_bounded),
        cmocka_unit_test(compression_inside_compression_is_refused),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
