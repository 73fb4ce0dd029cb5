/*
 * Pages of every kind, from bytes written by hand, and each kind broken.
 */
#include "column/page.h"

#include "column/bits.h"

#include "support/decoding.h"

#include <stdlib.h>

static const struct lio_type int32_type = { .kind = LIO_KIND_FIXED,
                                            .bits = 32,
                                            .arrow = (char *)"i" };
static const struct lio_type int16_type = { .kind = LIO_KIND_FIXED,
                                            .bits = 16,
                                            .arrow = (char *)"s" };
static const struct lio_type bool_type = { .kind = LIO_KIND_FIXED,
                                           .bits = 1,
                                           .arrow = (char *)"b" };
static const struct lio_type text_type = { .kind = LIO_KIND_VARIABLE,
                                           .bits = 32,
                                           .arrow = (char *)"u" };
static const struct lio_type null_type = { .kind = LIO_KIND_NULL,
                                           .bits = 0,
                                           .arrow = (char *)"n" };

struct fixture {
    struct decoding d;
    struct lio_page page;
    struct lio_mem *buffers[4];
    struct lio_vector vector;
};

static int setup(void **state)
{
    static struct fixture f;

    f = (struct fixture){ 0 };
    decoding_begin(&f.d);
    *state = &f;
    return 0;
}

static void drop_buffers(struct fixture *f)
{
    for (uint32_t i = 0; i < 4; i++) {
        lio_mem_put(f->buffers[i]);
        f->buffers[i] = NULL;
    }
    f->page.nbuffers = 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    lio_vector_release(&f->vector);
    drop_buffers(f);
    decoding_end(&f->d);
    return 0;
}

static uint8_t *add_buffer(struct fixture *f, const void *bytes, size_t nbytes)
{
    struct lio_mem *mem = lio_mem_new(nbytes);

    assert_non_null(mem);
    if (nbytes > 0)
        memcpy(mem->data, bytes, nbytes);
    f->buffers[f->page.nbuffers++] = mem;
    return mem->data;
}

static int decode(struct fixture *f, const struct lio_type *type)
{
    const struct lio_leaf leaf = lio_leaf_alone(type);

    lio_vector_release(&f->vector);
    decoding_end(&f->d);
    decoding_begin(&f->d);
    return lio_page_decode(&f->d.dec, &f->page, &leaf, f->buffers, &f->vector);
}

static void refused(struct fixture *f, const struct lio_type *type,
                    const char *words)
{
    assert_int_equal(decode(f, type), LIO_ECORRUPT);
    assert_null(f->vector.values);
    decoding_says(&f->d, words);
}

static int32_t int32_at(const struct fixture *f, uint64_t row)
{
    return (int32_t)lio_load_u32(f->vector.values->data + row * 4);
}

/* Texts with a bar behind each, "~" for null. */
static void holds(const struct fixture *f, const char *want)
{
    char text[200];
    size_t n = 0;

    for (uint64_t i = 0; i < f->vector.rows; i++) {
        int32_t at = int32_at(f, i), end = int32_at(f, i + 1);

        memcpy(text + n, f->vector.data->data + at, (size_t)(end - at));
        n += (size_t)(end - at);
        if (f->vector.validity && !lio_bit_get(f->vector.validity->data, i))
            text[n++] = '~';
        text[n++] = '|';
    }
    text[n] = '\0';
    assert_string_equal(text, want);
}

/* -- mini-block ---------------------------------------------------------- */

static uint32_t valid[] = { 1 }, nullable[] = { 3 }, nested[] = { 3, 6 };

static Lio__Pb__CompressiveEncoding flat16 = FLAT(16), flat32 = FLAT(32),
                                    variable = VARIABLE(&flat32);

/* "a", null, "ccc": one chunk, as 2.2 writes it. */
static Lio__Pb__MiniBlockLayout texts = {
    .def_compression = &flat16,
    .value_compression = &variable,
    .n_layers = 1,
    .layers = nullable,
    .nbuffers = 1,
    .nitems = 3,
    .has_large_chunk = 1,
};

static const uint8_t large_chunk[40] = {
    3,    0,    6,  0, 20,  0,   0,   0,   0,    0,    1,    0,    0, 0,
    0xfe, 0xfe, 16, 0, 0,   0,   17,  0,   0,    0,    17,   0,    0, 0,
    20,   0,    0,  0, 'a', 'c', 'c', 'c', 0xfe, 0xfe, 0xfe, 0xfe,
};

static Lio__Pb__PageLayout text_page(Lio__Pb__MiniBlockLayout *layout)
{
    return (Lio__Pb__PageLayout){
        .layout_case = LIO__PB__PAGE_LAYOUT__LAYOUT_MINI_BLOCK,
        .mini_block = layout,
    };
}

static void chunk_of_2_2_is_decoded(void **state)
{
    struct fixture *f = *state;
    Lio__Pb__PageLayout layout = text_page(&texts);

    f->page.layout = &layout;
    f->page.rows = 3;
    add_buffer(f, "\x40\0\0\0", 4);
    add_buffer(f, large_chunk, sizeof(large_chunk));
    assert_int_equal(decode(f, &text_type), 0);
    assert_int_equal(f->vector.nulls, 1);
    holds(f, "a|~|ccc|");
}

static void chunk_of_2_1_has_short_sizes(void **state)
{
    struct fixture *f = *state;
    Lio__Pb__MiniBlockLayout old = texts;
    Lio__Pb__PageLayout layout = text_page(&old);
    uint8_t chunk[sizeof(large_chunk)];

    memcpy(chunk, large_chunk, sizeof(chunk));
    chunk[6] = chunk[7] = 0xfe;
    old.has_large_chunk = 0;
    f->page.layout = &layout;
    f->page.rows = 3;
    add_buffer(f, "\x40\0", 2);
    add_buffer(f, chunk, sizeof(chunk));
    assert_int_equal(decode(f, &text_type), 0);
    holds(f, "a|~|ccc|");
}

static void broken_chunks_are_found(void **state)
{
    struct fixture *f = *state;
    Lio__Pb__PageLayout layout = text_page(&texts);
    uint8_t *words, *chunk;

    f->page.layout = &layout;
    f->page.rows = 3;
    words = add_buffer(f, "\x40\0\0\0", 4);
    chunk = add_buffer(f, large_chunk, sizeof(large_chunk));
    words[0] = 0x50;
    refused(f, &text_type, "chunk 0 of 48 bytes: runs past the page's end");
    words[0] = 0x30;
    refused(f, &text_type, "parts do not fill it exactly");
    words[0] = 0x40;
    chunk[0] = 2;
    refused(f, &text_type, "its levels do not go with its values");
    chunk[0] = 3;
    chunk[2] = 4;
    refused(f, &text_type, "3 values of 16 bits are not in a buffer of 4");
    chunk[2] = 6;
    chunk[4] = 50;
    refused(f, &text_type, "parts do not fill it exactly");
    chunk[4] = 20;
    chunk[10] = 2;
    refused(f, &text_type, "definition level is above 1");
    chunk[10] = 1;
    assert_int_equal(decode(f, &text_type), 0);
}

static void broken_layouts_are_found(void **state)
{
    struct fixture *f = *state;
    struct lio_mem *words;
    Lio__Pb__MiniBlockLayout broken = texts;
    Lio__Pb__PageLayout layout = text_page(&broken);

    f->page.layout = &layout;
    f->page.rows = 3;
    add_buffer(f, "\x40\0\0\0", 4);
    add_buffer(f, large_chunk, sizeof(large_chunk));
    broken.nitems = 4;
    refused(f, &text_type, "4 values for 3 rows");
    broken = texts;
    broken.nbuffers = 0;
    refused(f, &text_type, "0 value buffers");
    broken.nbuffers = LIO_VALUE_BUFFERS_MAX + 1;
    refused(f, &text_type, "9 value buffers");
    broken = texts;
    broken.def_compression = NULL;
    refused(f, &text_type, "without definition levels");
    broken = texts;
    broken.rep_compression = &flat16;
    refused(f, &text_type, "repetition levels");
    broken = texts;
    broken.dictionary = &variable;
    refused(f, &text_type, "2 buffers instead of 3");
    broken = texts;
    broken.layers = nested;
    broken.n_layers = 2;
    refused(f, &text_type, "2 layers");
    broken.layers = nested + 1;
    broken.n_layers = 1;
    refused(f, &text_type, "layer kind 6");
    broken = texts;
    broken.nitems = f->page.rows = UINT64_C(1) << 40;
    refused(f, &text_type, "values in 1 chunks");
    /* As many words as would bear so many values, without their chunks. */
    words = f->buffers[0];
    f->buffers[0] = lio_mem_zeroed(6 * 4);
    refused(f, &text_type, "6 chunks are not in 40 bytes");
    lio_mem_put(f->buffers[0]);
    f->buffers[0] = words;
    broken = texts;
    f->page.rows = 3;
    f->page.nbuffers = 1;
    refused(f, &text_type, "1 buffers instead of 2");
    f->page.nbuffers = 2;
}

static void page_without_rows_has_no_chunks(void **state)
{
    struct fixture *f = *state;
    Lio__Pb__MiniBlockLayout none = texts;
    Lio__Pb__PageLayout layout = text_page(&none);

    none.nitems = 0;
    f->page.layout = &layout;
    add_buffer(f, "", 0);
    add_buffer(f, "", 0);
    assert_int_equal(decode(f, &text_type), 0);
    assert_int_equal(f->vector.rows, 0);
}

static void two_chunks_are_joined(void **state)
{
    static const uint16_t chunks[][8] = { { 0, 8, 0, 0, 1, 2, 3, 4 },
                                          { 0, 6, 0, 0, 5, 6, 7, 0 } };
    struct fixture *f = *state;
    Lio__Pb__MiniBlockLayout numbers = { .value_compression = &flat16,
                                         .n_layers = 1,
                                         .layers = valid,
                                         .nbuffers = 1,
                                         .nitems = 7 };
    Lio__Pb__PageLayout layout = text_page(&numbers);
    uint8_t *words;

    f->page.layout = &layout;
    f->page.rows = 7;
    words = add_buffer(f, "\x12\0\x10\0", 4);
    add_buffer(f, chunks, sizeof(chunks));
    assert_int_equal(decode(f, &int16_type), 0);
    assert_memory_equal(f->vector.values->data,
                        ((const uint16_t[]){ 1, 2, 3, 4, 5, 6, 7 }), 14);
    words[0] = 0x13; /* eight rows in the first */
    refused(f, &int16_type, "has not the values it should have");
}

/* -- full-zip ------------------------------------------------------------ */

static Lio__Pb__PageLayout zip_page(Lio__Pb__FullZipLayout *layout)
{
    return (Lio__Pb__PageLayout){
        .layout_case = LIO__PB__PAGE_LAYOUT__LAYOUT_FULL_ZIP,
        .full_zip = layout,
    };
}

static void zipped_numbers_keep_the_bytes_of_nulls(void **state)
{
    struct fixture *f = *state;
    Lio__Pb__FullZipLayout zip = {
        .bits_def = 1,
        .details_case = LIO__PB__FULL_ZIP_LAYOUT__DETAILS_BITS_PER_VALUE,
        .bits_per_value = 32,
        .nitems = 3,
        .value_compression = &flat32,
        .n_layers = 1,
        .layers = nullable,
    };
    Lio__Pb__PageLayout layout = zip_page(&zip);
    uint8_t *bytes;

    f->page.layout = &layout;
    f->page.rows = 3;
    bytes = add_buffer(f, "\0\5\0\0\0\1????\0\7\0\0\0", 15);
    assert_int_equal(decode(f, &int32_type), 0);
    assert_int_equal(f->vector.nulls, 1);
    assert_int_equal(int32_at(f, 0), 5);
    assert_int_equal(int32_at(f, 2), 7);
    bytes[5] = 2;
    refused(f, &int32_type, "repetition level 1 and definition level 0");
    f->page.rows = zip.nitems = 4;
    refused(f, &int32_type, "4 values of 4 bytes do not fill a buffer of 15");
    zip.nitems = 3;
    refused(f, &int32_type, "3 entries for 4 rows");
    f->page.rows = 3;
    zip.bits_per_value = 64;
    refused(f, &int32_type, "are not of 32 bits");
}

static void zipped_numbers_without_nulls_are_shared(void **state)
{
    struct fixture *f = *state;
    Lio__Pb__FullZipLayout zip = {
        .details_case = LIO__PB__FULL_ZIP_LAYOUT__DETAILS_BITS_PER_VALUE,
        .bits_per_value = 32,
        .nitems = 2,
        .value_compression = &flat32,
        .n_layers = 1,
        .layers = valid,
    };
    Lio__Pb__PageLayout layout = zip_page(&zip);

    f->page.layout = &layout;
    f->page.rows = 2;
    add_buffer(f, "\1\0\0\0\2\0\0\0", 8);
    assert_int_equal(decode(f, &int32_type), 0);
    assert_ptr_equal(f->vector.values, f->buffers[0]);
}

static void zipped_texts_are_walked(void **state)
{
    struct fixture *f = *state;
    Lio__Pb__FullZipLayout zip = {
        .bits_def = 1,
        .details_case = LIO__PB__FULL_ZIP_LAYOUT__DETAILS_BITS_PER_OFFSET,
        .bits_per_offset = 32,
        .nitems = 4,
        .value_compression = &variable,
        .n_layers = 1,
        .layers = nullable,
    };
    Lio__Pb__PageLayout layout = zip_page(&zip);
    uint8_t *bytes;

    f->page.layout = &layout;
    f->page.rows = 4;
    bytes = add_buffer(f, "\0\2\0\0\0hi\1\0\0\0\0\0\0\1\0\0\0x", 19);
    assert_int_equal(decode(f, &text_type), 0);
    holds(f, "hi|~||x|");
    bytes[14] = 2;
    refused(f, &text_type, "value 3 runs past the end");
    bytes[14] = 0;
    refused(f, &text_type, "1 bytes are left after the last row");
    bytes[4] = 0xff;
    refused(f, &text_type, "value 0 runs past the end");
    zip.bits_per_offset = 16;
    refused(f, &text_type, "lengths of 16 bits");
    zip.bits_per_offset = 32;
    f->page.rows = zip.nitems = 20;
    refused(f, &text_type, "20 entries are not in 19 bytes");
}

/* -- constant ------------------------------------------------------------ */

static Lio__Pb__PageLayout constant_page(Lio__Pb__ConstantLayout *layout)
{
    return (Lio__Pb__PageLayout){
        .layout_case = LIO__PB__PAGE_LAYOUT__LAYOUT_CONSTANT,
        .constant = layout,
    };
}

static void no_value_means_all_null(void **state)
{
    struct fixture *f = *state;
    Lio__Pb__ConstantLayout constant = { .n_layers = 1, .layers = nullable };
    Lio__Pb__PageLayout layout = constant_page(&constant);

    f->page.layout = &layout;
    f->page.rows = 3;
    assert_int_equal(decode(f, &text_type), 0);
    holds(f, "~|~|~|");
    assert_int_equal(decode(f, &int32_type), 0);
    assert_int_equal(f->vector.nulls, 3);
    constant.layers = valid;
    refused(f, &int32_type, "nulls in a page without nulls");
}

static void inline_value_fills_the_rows(void **state)
{
    struct fixture *f = *state;
    Lio__Pb__ConstantLayout constant = {
        .n_layers = 1,
        .layers = valid,
        .has_inline_value = 1,
        .inline_value = { 4, (uint8_t *)"\x2a\0\0\0" },
    };
    Lio__Pb__PageLayout layout = constant_page(&constant);

    f->page.layout = &layout;
    f->page.rows = 5;
    assert_int_equal(decode(f, &int32_type), 0);
    assert_int_equal(int32_at(f, 4), 42);
    refused(f, &int16_type, "a constant of 4 bytes for values of 2");
    constant.inline_value.len = 1;
    assert_int_equal(decode(f, &bool_type), 0);
    assert_int_equal(f->vector.values->data[0], 0); /* 0x2a is even */
    /* A constant is not bounded by the file, but by the reader. */
    f->page.rows = UINT64_MAX / 4;
    refused(f, &bool_type, "the limit");
}

static void value_and_levels_may_be_buffers(void **state)
{
    static const uint32_t value[] = { 2, 8, 3, 0, 3, 0x626577 };
    static const uint16_t levels[] = { 0, 1, 0 };
    struct fixture *f = *state;
    Lio__Pb__ConstantLayout constant = { .n_layers = 1, .layers = nullable };
    Lio__Pb__PageLayout layout = constant_page(&constant);
    uint8_t *bytes;

    f->page.layout = &layout;
    f->page.rows = 3;
    bytes = add_buffer(f, value, 23);
    add_buffer(f, "", 0);
    add_buffer(f, levels, sizeof(levels));
    assert_int_equal(decode(f, &text_type), 0);
    holds(f, "web|~|web|");
    f->page.nbuffers = 1;
    assert_int_equal(decode(f, &text_type), 0);
    holds(f, "web|web|web|");
    f->page.nbuffers = 3;
    f->page.rows = 4;
    refused(f, &text_type, "3 levels for 4 rows");
    f->page.rows = 3;
    bytes[8] = 4;
    refused(f, &text_type, "a constant of 4 bytes is not in a buffer of 23");
    bytes[0] = 1;
    refused(f, &text_type, "a constant in 1 parts");
}

/* -- 2.0 ----------------------------------------------------------------- */

#define ARRAY_CASE(name) LIO__PB__ARRAY_ENCODING__ARRAY_##name
#define FLAT_ARRAY(bits_, index_)                                              \
    {                                                                          \
        .array_case = ARRAY_CASE(FLAT), .flat = &(Lio__Pb__FlatArray)          \
        {                                                                      \
            .bits = (bits_), .buffer = &(Lio__Pb__BufferRef)                   \
            {                                                                  \
                .index = (index_)                                              \
            }                                                                  \
        }                                                                      \
    }
#define NO_NULLS(values_)                                                      \
    {                                                                          \
        .array_case = ARRAY_CASE(NULLABLE),                                    \
        .nullable = &(Lio__Pb__NullableArray)                                  \
        {                                                                      \
            .nulls_case = LIO__PB__NULLABLE_ARRAY__NULLS_NO_NULLS,             \
            .no_nulls = &(Lio__Pb__NoNulls)                                    \
            {                                                                  \
                .values = (values_)                                            \
            }                                                                  \
        }                                                                      \
    }

static void flat_buffers_are_shared(void **state)
{
    struct fixture *f = *state;
    Lio__Pb__ArrayEncoding flat = FLAT_ARRAY(32, 0), array = NO_NULLS(&flat);

    f->page.array = &array;
    f->page.rows = 2;
    add_buffer(f, "\1\0\0\0\2\0\0\0", 8);
    assert_int_equal(decode(f, &int32_type), 0);
    assert_ptr_equal(f->vector.values, f->buffers[0]);
    f->page.rows = 3;
    refused(f, &int32_type, "3 values of 32 bits are not in 8 bytes");
    flat.flat->buffer->index = 1;
    refused(f, &int32_type, "buffer 1 of 1");
    flat.flat->bits = 64;
    refused(f, &int32_type, "64 bits where 32 are due");
}

static void other_arrays_and_compressions_are_unsupported(void **state)
{
    struct fixture *f = *state;
    Lio__Pb__ArrayEncoding flat = FLAT_ARRAY(32, 0);
    Lio__Pb__BufferScheme scheme = { .scheme = (char *)"brotli" };

    f->page.array = &flat;
    f->page.rows = 2;
    add_buffer(f, "\1\0\0\0\2\0\0\0", 8);
    flat.flat->compression = &scheme;
    assert_int_equal(decode(f, &int32_type), LIO_EUNSUPPORTED);
    decoding_says(&f->d, "compression 'brotli'");
    assert_int_equal(decode(f, &text_type), LIO_EUNSUPPORTED);
    decoding_says(&f->d, "'flat' is not supported for values of variable size");
}

static void bitmap_says_which_are_null(void **state)
{
    struct fixture *f = *state;
    Lio__Pb__ArrayEncoding bits = FLAT_ARRAY(1, 0), flat = FLAT_ARRAY(16, 1);
    Lio__Pb__SomeNulls some = { .validity = &bits, .values = &flat };
    Lio__Pb__NullableArray nulls = {
        .nulls_case = LIO__PB__NULLABLE_ARRAY__NULLS_SOME_NULLS,
        .some_nulls = &some,
    };
    Lio__Pb__ArrayEncoding array = { .array_case = ARRAY_CASE(NULLABLE),
                                     .nullable = &nulls };

    f->page.array = &array;
    f->page.rows = 3;
    add_buffer(f, "\xfd", 1);
    add_buffer(f, "\1\0\2\0\3\0", 6);
    assert_int_equal(decode(f, &int16_type), 0);
    assert_int_equal(f->vector.nulls, 1);
    nulls.nulls_case = LIO__PB__NULLABLE_ARRAY__NULLS_ALL_NULLS;
    assert_int_equal(decode(f, &text_type), 0);
    holds(f, "~|~|~|");
    nulls.nulls_case = LIO__PB__NULLABLE_ARRAY__NULLS__NOT_SET;
    refused(f, &int16_type, "unknown kind of nullable");
}

static void binary_folds_nulls_into_its_ends(void **state)
{
    static const uint64_t ends[] = { 1, 6, 4 };
    struct fixture *f = *state;
    Lio__Pb__ArrayEncoding indices = FLAT_ARRAY(64, 0),
                           bytes = FLAT_ARRAY(8, 1);
    Lio__Pb__BinaryArray binary = { .indices = &indices,
                                    .bytes = &bytes,
                                    .null_adjustment = 5 };
    Lio__Pb__ArrayEncoding array = { .array_case = ARRAY_CASE(BINARY),
                                     .binary = &binary };
    uint8_t *at;

    f->page.array = &array;
    f->page.rows = 3;
    at = add_buffer(f, ends, sizeof(ends));
    add_buffer(f, "accc", 4);
    assert_int_equal(decode(f, &text_type), 0);
    holds(f, "a|~|ccc|");
    assert_ptr_equal(f->vector.data, f->buffers[1]);
    at[0] = 2; /* the null ends before its start */
    refused(f, &text_type, "do not lie in order");
    at[0] = 1;
    binary.null_adjustment = 0;
    refused(f, &text_type, "without a null adjustment");
    binary.null_adjustment = 100; /* then 6 is an end, and 4 below it */
    refused(f, &text_type, "do not lie in order");
    f->page.rows = 4;
    refused(f, &text_type, "4 values of 64 bits");
}

static void dictionary_counts_from_one(void **state)
{
    static const uint64_t ends[] = { 3, 5 };
    struct fixture *f = *state;
    Lio__Pb__ArrayEncoding indices = FLAT_ARRAY(8, 0), e = FLAT_ARRAY(64, 1),
                           b = FLAT_ARRAY(8, 2);
    Lio__Pb__BinaryArray binary = { .indices = &e,
                                    .bytes = &b,
                                    .null_adjustment = 6 };
    Lio__Pb__ArrayEncoding items = { .array_case = ARRAY_CASE(BINARY),
                                     .binary = &binary };
    Lio__Pb__DictionaryArray dictionary = { .indices = &indices,
                                            .items = &items,
                                            .nitems = 2 };
    Lio__Pb__ArrayEncoding array = { .array_case = ARRAY_CASE(DICTIONARY),
                                     .dictionary = &dictionary };
    uint8_t *at;

    f->page.array = &array;
    f->page.rows = 4;
    at = add_buffer(f, "\2\0\1\2", 4);
    add_buffer(f, ends, sizeof(ends));
    add_buffer(f, "JFKLA", 5);
    assert_int_equal(decode(f, &text_type), 0);
    holds(f, "LA|~|JFK|LA|");
    at[3] = 3; /* would be the item that stands for null */
    refused(f, &text_type, "an index is none of the");
    dictionary.nitems = UINT32_MAX;
    refused(f, &text_type, "a dictionary of 4294967295 items");
}

/* An item that is null makes the rows null that have it. */
static void dictionary_items_may_be_null(void **state)
{
    static const uint64_t ends[] = { 3, 3 + 6, 5 };
    struct fixture *f = *state;
    Lio__Pb__ArrayEncoding indices = FLAT_ARRAY(8, 0), e = FLAT_ARRAY(64, 1),
                           b = FLAT_ARRAY(8, 2);
    Lio__Pb__BinaryArray binary = { .indices = &e,
                                    .bytes = &b,
                                    .null_adjustment = 6 };
    Lio__Pb__ArrayEncoding items = { .array_case = ARRAY_CASE(BINARY),
                                     .binary = &binary };
    Lio__Pb__DictionaryArray dictionary = { .indices = &indices,
                                            .items = &items,
                                            .nitems = 3 };
    Lio__Pb__ArrayEncoding array = { .array_case = ARRAY_CASE(DICTIONARY),
                                     .dictionary = &dictionary };

    f->page.array = &array;
    f->page.rows = 5;
    add_buffer(f, "\3\2\1\0\3", 5);
    add_buffer(f, ends, sizeof(ends));
    add_buffer(f, "JFKLA", 5);
    assert_int_equal(decode(f, &text_type), 0);
    assert_int_equal(f->vector.nulls, 2);
    holds(f, "LA|~|JFK|~|LA|");
}

/* -- all ----------------------------------------------------------------- */

static void rows_of_type_null_need_nothing(void **state)
{
    struct fixture *f = *state;
    Lio__Pb__ConstantLayout constant = { .n_layers = 1, .layers = nullable };
    Lio__Pb__PageLayout layout = constant_page(&constant);

    f->page.layout = &layout;
    f->page.rows = UINT64_C(1) << 50;
    assert_int_equal(decode(f, &null_type), 0);
    assert_true(f->vector.rows == UINT64_C(1) << 50);
}

static void unknown_layout_is_unsupported(void **state)
{
    struct fixture *f = *state;
    Lio__Pb__PageLayout layout = { 0 };
    Lio__Pb__BlobLayout blob = { 0 };

    f->page.layout = &layout;
    assert_int_equal(decode(f, &int32_type), LIO_EUNSUPPORTED);
    decoding_says(&f->d, "layout is unknown");
    layout.layout_case = LIO__PB__PAGE_LAYOUT__LAYOUT_BLOB;
    layout.blob = &blob;
    refused(f, &int32_type, "without descriptors");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        TEST(chunk_of_2_2_is_decoded),
        TEST(chunk_of_2_1_has_short_sizes),
        TEST(broken_chunks_are_found),
        TEST(broken_layouts_are_found),
        TEST(page_without_rows_has_no_chunks),
        TEST(two_chunks_are_joined),
        TEST(zipped_numbers_keep_the_bytes_of_nulls),
        TEST(zipped_numbers_without_nulls_are_shared),
        TEST(zipped_texts_are_walked),
        TEST(no_value_means_all_null),
        TEST(inline_value_fills_the_rows),
        TEST(value_and_levels_may_be_buffers),
        TEST(flat_buffers_are_shared),
        TEST(other_arrays_and_compressions_are_unsupported),
        TEST(bitmap_says_which_are_null),
        TEST(binary_folds_nulls_into_its_ends),
        TEST(dictionary_counts_from_one),
        TEST(dictionary_items_may_be_null),
        TEST(rows_of_type_null_need_nothing),
        TEST(unknown_layout_is_unsupported),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
