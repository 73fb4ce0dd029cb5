/*
 * Values of variable size: offsets in every framing, fsst, dictionaries, and
 * offsets that lie.
 */
#include "support/decoding.h"

#include "column/dictionary.h"
#include "column/fsst.h"

struct fixture {
    struct decoding d;
    struct lio_strings out;
};

static int setup(void **state)
{
    static struct fixture f;

    decoding_begin(&f.d);
    if (lio_strings_init(&f.d.dec, 32, 100, &f.out) < 0)
        return -1;
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    lio_strings_release(&f->out);
    decoding_end(&f->d);
    return 0;
}

/* The values so far, with a bar behind each. */
static void holds(const struct lio_strings *strings, const char *want)
{
    char text[200];
    size_t n = 0;

    for (uint64_t i = 0; i < strings->rows; i++) {
        uint64_t at = lio_strings_offset(strings, i);
        uint64_t end = lio_strings_offset(strings, i + 1);

        memcpy(text + n, strings->data->data + at, (size_t)(end - at));
        n += (size_t)(end - at);
        text[n++] = '|';
    }
    text[n] = '\0';
    assert_string_equal(text, want);
}

static int decode(struct fixture *f, const Lio__Pb__CompressiveEncoding *enc,
                  const struct lio_encoded *in)
{
    return lio_strings_decode(&f->d.dec, enc, in, &f->out);
}

/* -- chunks -------------------------------------------------------------- */

static void chunk_offsets_count_from_the_buffer(void **state)
{
    static const struct {
        uint32_t offsets[4];
        char data[4];
    } chunk = { { 16, 17, 17, 20 }, "accc" };
    Lio__Pb__CompressiveEncoding o = FLAT(32), enc = VARIABLE(&o);
    const struct lio_encoded in = CHUNK(&chunk, sizeof(chunk), 3);

    assert_int_equal(decode(*state, &enc, &in), 0);
    /* And once more, behind the first. */
    assert_int_equal(decode(*state, &enc, &in), 0);
    holds(&((struct fixture *)*state)->out, "a||ccc|a||ccc|");
}

static void wide_chunk_offsets_are_narrowed(void **state)
{
    static const struct {
        uint64_t offsets[3];
        char data[3];
    } chunk = { { 24, 26, 27 }, "xyz" };
    Lio__Pb__CompressiveEncoding o = FLAT(64), enc = VARIABLE(&o);
    const struct lio_encoded in = CHUNK(&chunk, 27, 2);

    assert_int_equal(decode(*state, &enc, &in), 0);
    holds(&((struct fixture *)*state)->out, "xy|z|");
}

static void chunk_offsets_that_lie_are_found(void **state)
{
    static const uint32_t broken[][4] = {
        { 16, 17, 17, 21 },         /* past the end */
        { 16, 18, 17, 20 },         /* falling */
        { 19, 17, 17, 20 },         /* the first above the second */
        { 16, 17, 0xffffffff, 20 }, /* far away in between */
        { 0xfffffff0, 17, 17, 20 }, /* the first */
        { 16, 17, 17, 15 },         /* the last below the first */
    };
    struct fixture *f = *state;
    Lio__Pb__CompressiveEncoding o = FLAT(32), odd = FLAT(16),
                                 enc = VARIABLE(&o), wrong = VARIABLE(&odd);
    uint8_t chunk[20] = { 0 };
    const struct lio_encoded in = CHUNK(chunk, sizeof(chunk), 3);
    const struct lio_encoded many = CHUNK(chunk, sizeof(chunk), 5);
    const struct lio_encoded huge = CHUNK(chunk, sizeof(chunk), UINT64_MAX);

    for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
        memcpy(chunk, broken[i], sizeof(broken[i]));
        assert_int_equal(decode(f, &enc, &in), LIO_ECORRUPT);
        assert_int_equal(f->out.rows, 0);
    }
    assert_int_equal(decode(f, &enc, &many), LIO_ECORRUPT);
    decoding_says(&f->d, "5 values with 32-bit offsets are not in 20 bytes");
    assert_int_equal(decode(f, &enc, &huge), LIO_ECORRUPT);
    assert_int_equal(decode(f, &wrong, &in), LIO_ECORRUPT);
    decoding_says(&f->d, "offsets of 16 bits");
}

static void only_what_is_wanted_is_taken(void **state)
{
    static const struct {
        uint32_t offsets[5];
        char data[6];
    } chunk = { { 20, 21, 23, 25, 26 }, "abbccd" };
    static const uint64_t wide[] = { 24, 26, 27 };
    static const uint8_t bits[] = { 0x28 }; /* 3 and 5 */
    struct fixture *f = *state;
    Lio__Pb__CompressiveEncoding o = FLAT(32), enc = VARIABLE(&o),
                                 big = FLAT(64), of_big = VARIABLE(&big);
    struct lio_encoded in = CHUNK(&chunk, 26, 4);
    uint8_t bytes[27] = { 0 };

    in.wanted = (struct lio_wanted){ bits, 2 };
    assert_int_equal(decode(f, &enc, &in), 0);
    holds(&f->out, "|bb||d|");
    memcpy(bytes, wide, sizeof(wide));
    memcpy(bytes + sizeof(wide), "xyz", 3);
    in = (struct lio_encoded)CHUNK(bytes, 27, 2);
    in.wanted = (struct lio_wanted){ bits, 2 };
    assert_int_equal(decode(f, &of_big, &in), 0);
    holds(&f->out, "|bb||d||z|");
}

static void wanted_values_that_lie_are_found(void **state)
{
    static const uint32_t broken[][4] = {
        { 16, 17, 17, 21 },         /* past the end */
        { 16, 17, 18, 17 },         /* falling */
        { 16, 17, 0xfffffff0, 18 }, /* far away */
    };
    static const uint8_t bits[] = { 4 };
    struct fixture *f = *state;
    Lio__Pb__CompressiveEncoding o = FLAT(32), enc = VARIABLE(&o);
    uint8_t chunk[20] = { 0 };
    struct lio_encoded in = CHUNK(chunk, sizeof(chunk), 3);

    in.wanted = (struct lio_wanted){ bits, 0 };
    for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
        memcpy(chunk, broken[i], sizeof(broken[i]));
        assert_int_equal(decode(f, &enc, &in), LIO_ECORRUPT);
        decoding_says(&f->d, "a value is said to lie at bytes");
    }
}

static void more_rows_than_room_are_found(void **state)
{
    struct fixture *f = *state;
    Lio__Pb__CompressiveEncoding o = FLAT(32), enc = VARIABLE(&o);
    uint32_t offsets[102];
    const struct lio_encoded in = CHUNK(offsets, sizeof(offsets), 101);

    for (size_t i = 0; i < 102; i++)
        offsets[i] = sizeof(offsets);
    assert_int_equal(decode(f, &enc, &in), LIO_ECORRUPT);
    decoding_says(&f->d, "more values than its 100 rows");
}

/* -- blocks -------------------------------------------------------------- */

static void block_tells_its_offsets(void **state)
{
    static const uint32_t narrow[] = { 32, 20, 0, 2, 3, 0x636261 };
    static const uint64_t wide[] = { 64, 40, 0, 1, 3, 0x7a7978 };
    Lio__Pb__CompressiveEncoding enc = VARIABLE(NULL);
    const struct lio_encoded in = BLOCK(narrow, 23, 2);
    const struct lio_encoded big = BLOCK(wide, 43, 2);

    assert_int_equal(decode(*state, &enc, &in), 0);
    assert_int_equal(decode(*state, &enc, &big), 0);
    holds(&((struct fixture *)*state)->out, "ab|c|x|yz|");
}

static void block_heads_that_lie_are_found(void **state)
{
    struct fixture *f = *state;
    uint32_t block[] = { 32, 20, 0, 2, 3, 0x636261 };
    Lio__Pb__CompressiveEncoding enc = VARIABLE(NULL);
    const struct lio_encoded in = BLOCK(block, 23, 2);
    const struct lio_encoded cut = BLOCK(block, 7, 2);

    block[1] = 24; /* starts past the end */
    assert_int_equal(decode(f, &enc, &in), LIO_ECORRUPT);
    decoding_says(&f->d, "are said to start at 24");
    block[1] = 16; /* starts inside the offsets */
    assert_int_equal(decode(f, &enc, &in), LIO_ECORRUPT);
    block[1] = 20;
    block[0] = 33;
    assert_int_equal(decode(f, &enc, &in), LIO_ECORRUPT);
    block[0] = 32;
    assert_int_equal(decode(f, &enc, &cut), LIO_ECORRUPT);
    block[4] = 4; /* the last value is longer than the bytes */
    assert_int_equal(decode(f, &enc, &in), LIO_ECORRUPT);
}

static void fixed_encoding_yields_no_strings(void **state)
{
    struct fixture *f = *state;
    Lio__Pb__CompressiveEncoding enc = FLAT(32);
    const struct lio_encoded in = CHUNK("", 0, 0);

    assert_int_equal(decode(f, &enc, &in), LIO_EUNSUPPORTED);
    decoding_says(&f->d, "'flat' is not supported for values of variable size");
    assert_int_equal(decode(f, NULL, &in), LIO_ECORRUPT);
}

/* -- fsst ---------------------------------------------------------------- */

/* Two symbols, "air" and "port". */
static const uint8_t table[8 + 2 * 8 + 2] = {
    2, 0, 0, 1,   'T', 'S', 'S', 'F', 'a', 'i', 'r', 0, 0,
    0, 0, 0, 'p', 'o', 'r', 't', 0,   0,   0,   0,   3, 4,
};

static const struct {
    uint32_t offsets[3];
    uint8_t codes[5];
} packed = { { 12, 15, 17 }, { 0, 1, 1, 255, '!' } };

static void fsst_codes_become_symbols(void **state)
{
    Lio__Pb__CompressiveEncoding o = FLAT(32), v = VARIABLE(&o),
                                 enc = FSST((uint8_t *)(uintptr_t)table,
                                            sizeof(table), &v);
    const struct lio_encoded in = CHUNK(&packed, 17, 2);

    assert_int_equal(decode(*state, &enc, &in), 0);
    holds(&((struct fixture *)*state)->out, "airportport|!|");
}

static void fsst_may_say_that_nothing_is_compressed(void **state)
{
    struct fixture *f = *state;
    uint8_t stored[sizeof(table)];
    struct lio_fsst fsst;

    memcpy(stored, table, sizeof(table));
    stored[3] = 0;
    assert_int_equal(
        lio_fsst_parse(&f->d.dec, (struct lio_bytes){ stored, sizeof(stored) },
                       &fsst),
        0);
    assert_int_equal(
        lio_fsst_append(&f->d.dec, &fsst,
                        (struct lio_bytes){ (const uint8_t *)"plain", 5 },
                        &f->out),
        0);
    holds(&f->out, "plain|");
}

static void broken_fsst_is_found(void **state)
{
    static const uint8_t unknown[] = { 2 }, alone[] = { 0, 255 };
    struct fixture *f = *state;
    uint8_t bad[sizeof(table)];
    struct lio_bytes bytes = { bad, sizeof(bad) };
    struct lio_fsst fsst;

    memcpy(bad, table, sizeof(table));
    assert_int_equal(lio_fsst_parse(&f->d.dec, bytes, &fsst), 0);
    assert_int_equal(lio_fsst_append(&f->d.dec, &fsst,
                                     (struct lio_bytes){ unknown, 1 }, &f->out),
                     LIO_ECORRUPT);
    decoding_says(&f->d, "none of the 2 symbols");
    assert_int_equal(lio_fsst_append(&f->d.dec, &fsst,
                                     (struct lio_bytes){ alone, 2 }, &f->out),
                     LIO_ECORRUPT);
    bad[25] = 9; /* a symbol of nine bytes */
    assert_int_equal(lio_fsst_parse(&f->d.dec, bytes, &fsst), LIO_ECORRUPT);
    bad[25] = 4;
    bad[0] = 3; /* more symbols than there is room for */
    assert_int_equal(lio_fsst_parse(&f->d.dec, bytes, &fsst), LIO_ECORRUPT);
    bad[0] = 2;
    bad[7] = 'f'; /* no fsst at all */
    assert_int_equal(lio_fsst_parse(&f->d.dec, bytes, &fsst), LIO_ECORRUPT);
    decoding_says(&f->d, "are not an fsst symbol table");
}

/* -- dictionaries -------------------------------------------------------- */

static void gather(struct fixture *f, const void *indices, uint32_t bits)
{
    static const uint32_t block[] = { 32, 24, 0, 1, 1, 20, 0x64636261 };
    static const uint8_t tail[] = "efghijklmnopqrstuvwxyz";
    uint8_t bytes[50];
    struct lio_dictionary dictionary;
    const struct lio_type type = { .kind = LIO_KIND_VARIABLE, .bits = 32 };
    struct lio_builder builder = { .type = &type, .rows = 100 };
    Lio__Pb__CompressiveEncoding enc = VARIABLE(NULL);

    memcpy(bytes, block, sizeof(block));
    memcpy(bytes + sizeof(block), tail, 22);
    assert_int_equal(lio_dictionary_open(&f->d.dec, &enc, 3,
                                         (struct lio_bytes){ bytes, 50 }, &type,
                                         &dictionary),
                     0);
    builder.strings = f->out;
    assert_int_equal(lio_dictionary_gather(&f->d.dec, &dictionary, indices,
                                           bits, 0, 4, &builder),
                     0);
    f->out = builder.strings;
    lio_dictionary_release(&dictionary);
}

/* An empty item, a short one and one that is longer than a short copy. */
static void items_are_gathered_by_indices_of_any_width(void **state)
{
    struct fixture *f = *state;

    gather(f, (const uint8_t[]){ 2, 1, 0, 2 }, 8);
    gather(f, (const uint16_t[]){ 0, 0, 1, 0 }, 16);
    gather(f, (const uint32_t[]){ 1, 1, 1, 1 }, 32);
    gather(f, (const uint64_t[]){ 0, 1, 0, 1 }, 64);
    holds(&f->out, "bcdefghijklmnopqrst||a|bcdefghijklmnopqrst|"
                   "a|a||a|||||a||a||");
}

static void index_of_no_item_is_found(void **state)
{
    static const uint64_t items[] = { 5, 6 };
    struct fixture *f = *state;
    const struct lio_type type = { .kind = LIO_KIND_FIXED, .bits = 64 };
    Lio__Pb__CompressiveEncoding enc = FLAT(64);
    struct lio_dictionary dictionary;
    struct lio_builder builder;
    struct lio_bytes bytes = { (const uint8_t *)items, sizeof(items) };

    assert_int_equal(
        lio_dictionary_open(&f->d.dec, &enc, 2, bytes, &type, &dictionary), 0);
    assert_int_equal(lio_builder_init(&f->d.dec, &type, 3, false, &builder), 0);
    assert_int_equal(lio_dictionary_gather(&f->d.dec, &dictionary,
                                           (const uint8_t[]){ 1, 0, 1 }, 8, 0,
                                           3, &builder),
                     0);
    assert_memory_equal(builder.values->data, ((const uint64_t[]){ 6, 5, 6 }),
                        24);
    assert_int_equal(lio_dictionary_gather(&f->d.dec, &dictionary,
                                           (const uint8_t[]){ 1, 2, 1 }, 8, 0,
                                           3, &builder),
                     LIO_ECORRUPT);
    decoding_says(&f->d, "none of the 2 items");
    lio_builder_release(&builder);
    lio_dictionary_release(&dictionary);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        TEST(chunk_offsets_count_from_the_buffer),
        TEST(wide_chunk_offsets_are_narrowed),
        TEST(chunk_offsets_that_lie_are_found),
        TEST(only_what_is_wanted_is_taken),
        TEST(wanted_values_that_lie_are_found),
        TEST(more_rows_than_room_are_found),
        TEST(block_tells_its_offsets),
        TEST(block_heads_that_lie_are_found),
        TEST(fixed_encoding_yields_no_strings),
        TEST(fsst_codes_become_symbols),
        TEST(fsst_may_say_that_nothing_is_compressed),
        TEST(broken_fsst_is_found),
        TEST(items_are_gathered_by_indices_of_any_width),
        TEST(index_of_no_item_is_found),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
