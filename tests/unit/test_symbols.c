/*
 * Symbols are found, kept within the format's bounds, and tell the same bytes
 * to the reader.
 */
#include "support/decoding.h"
#include "support/plain.h"

#include "column/fsst.h"
#include "column/write/symbols.h"

#include <stdlib.h>

struct packing {
    struct decoding d;
    struct lio_arena arena;
    struct lio_encode enc;
    struct lio_spans spans, packed;
    struct lio_symbols *symbols;
    uint8_t table[LIO_SYMBOLS_BYTES];
};

static void pack(struct packing *p, const struct lio_plain *plain)
{
    bool fits;

    *p = (struct packing){ .enc = { .format = LIO_FORMAT_22, .column = "c" } };
    decoding_begin(&p->d);
    p->d.dec.budget = 1 << 28;
    p->enc.arena = &p->arena;
    p->enc.err = &p->d.err;
    assert_int_equal(lio_spans_open(&p->enc, plain, &p->spans), 0);
    assert_int_equal(lio_symbols_train(&p->enc, &p->spans, &p->symbols), 0);
    assert_int_equal(lio_symbols_encode(&p->enc, p->symbols, &p->spans,
                                        UINT64_MAX, &p->packed, &fits),
                     0);
    assert_true(fits);
    lio_symbols_write(p->symbols, p->table);
}

static void unpack(struct packing *p)
{
    const struct lio_bytes table = { p->table, sizeof(p->table) };
    struct lio_strings out;
    struct lio_fsst fsst;

    assert_int_equal(lio_fsst_parse(&p->d.dec, table, &fsst), 0);
    assert_int_equal(fsst.nsymbols, p->symbols->n);
    assert_false(fsst.stored);
    assert_int_equal(lio_strings_init(&p->d.dec, 64, p->spans.n, &out), 0);
    for (uint64_t i = 0; i < p->spans.n; i++) {
        struct lio_bytes value = lio_span(&p->spans, i);

        if (lio_fsst_append(&p->d.dec, &fsst, lio_span(&p->packed, i), &out) <
            0)
            fail_msg("%s", p->d.err.msg);
        assert_int_equal(lio_strings_offset(&out, i + 1),
                         p->spans.offsets[i + 1]);
        if (value.bytes > 0)
            assert_memory_equal(out.data->data + p->spans.offsets[i],
                                value.data, value.bytes);
    }
    lio_strings_release(&out);
}

static void packing_end(struct packing *p)
{
    lio_arena_release(&p->arena);
    decoding_end(&p->d);
}

static void round_trip(enum shape shape, uint64_t n, uint64_t seed)
{
    struct packing p;
    struct sample s;

    sample_make(&s, "string", n, shape, 0, seed);
    pack(&p, &s.plain);
    unpack(&p);
    packing_end(&p);
    sample_release(&s);
}

static void all_shapes_return(void **state)
{
    (void)state;
    for (enum shape shape = 0; shape < SHAPE_COUNT; shape++)
        for (uint64_t seed = 0; seed < 5; seed++)
            round_trip(shape, 50 + 400 * seed, seed);
}

static void text_shrinks_to_half(void **state)
{
    struct packing p;
    struct sample s;

    (void)state;
    sample_make(&s, "string", 2000, SHAPE_SMALL, 0, 1);
    pack(&p, &s.plain);
    assert_in_range(lio_spans_bytes(&p.packed), 1,
                    lio_spans_bytes(&p.spans) / 2);
    /* What was guessed before is near to what it came to. */
    assert_in_range(lio_symbols_guess(p.symbols, &p.spans),
                    lio_spans_bytes(&p.packed) * 9 / 10,
                    lio_spans_bytes(&p.packed) * 11 / 10);
    packing_end(&p);
    sample_release(&s);
}

static void random_bytes_at_most_double(void **state)
{
    struct packing p;
    struct sample s;

    (void)state;
    sample_make(&s, "binary", 2000, SHAPE_RANDOM, 0, 1);
    pack(&p, &s.plain);
    assert_in_range(lio_spans_bytes(&p.packed), 1,
                    2 * lio_spans_bytes(&p.spans));
    unpack(&p);
    packing_end(&p);
    sample_release(&s);
}

/* One byte less than it takes, and what it takes: with one long string, and
 * with many. */
static void what_becomes_too_large_is_given_up(void **state)
{
    static const uint64_t sizes[] = { 1, 2000 };

    (void)state;
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        struct lio_spans again;
        struct packing p;
        struct sample s;
        uint64_t bytes;
        bool fits;

        sample_make(&s, "string", sizes[i], SHAPE_SMALL, 0, 1);
        pack(&p, &s.plain);
        bytes = lio_spans_bytes(&p.packed);
        assert_int_equal(lio_symbols_encode(&p.enc, p.symbols, &p.spans,
                                            bytes - 1, &again, &fits),
                         0);
        assert_false(fits);
        assert_int_equal(lio_symbols_encode(&p.enc, p.symbols, &p.spans, bytes,
                                            &again, &fits),
                         0);
        assert_true(fits);
        assert_int_equal(lio_spans_bytes(&again), bytes);
        assert_memory_equal(again.data, p.packed.data, bytes);
        packing_end(&p);
        sample_release(&s);
    }
}

/* The code for an escape is never a symbol's. */
static void symbols_leave_room_for_the_escape(void **state)
{
    struct packing p;
    struct sample s;

    (void)state;
    for (enum shape shape = 0; shape < SHAPE_COUNT; shape++) {
        sample_make(&s, "string", 3000, shape, 0, 2);
        pack(&p, &s.plain);
        assert_in_range(p.symbols->n, 0, 255);
        for (uint32_t i = 0; i < p.symbols->n; i++)
            assert_in_range(p.symbols->all[i].length, 1, 8);
        packing_end(&p);
        sample_release(&s);
    }
}

/* The last bytes of all strings have no eight bytes behind them to be read. */
static void strings_at_the_end_of_memory_are_not_overrun(void **state)
{
    static const uint32_t offsets[] = { 0, 6000, 6001 };
    struct lio_type type = { .kind = LIO_KIND_VARIABLE, .bits = 32 };
    struct lio_plain plain = { .type = &type,
                               .n = 2,
                               .offsets = (const uint8_t *)offsets };
    uint8_t *data = malloc(6001);
    struct packing p;

    (void)state;
    assert_non_null(data);
    for (int i = 0; i < 6001; i++)
        data[i] = (uint8_t)("lanceio "[i % 8]);
    plain.data = data;
    pack(&p, &plain);
    assert_in_range(lio_spans_bytes(&p.packed), 750, 800);
    unpack(&p);
    packing_end(&p);
    free(data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_shapes_return),
        cmocka_unit_test(text_shrinks_to_half),
        cmocka_unit_test(random_bytes_at_most_double),
        cmocka_unit_test(what_becomes_too_large_is_given_up),
        cmocka_unit_test(symbols_leave_room_for_the_escape),
        cmocka_unit_test(strings_at_the_end_of_memory_are_not_overrun),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
