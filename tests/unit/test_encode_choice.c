/*
 * Which encodings are taken for which values: the ones that are smallest, and
 * what they come to.
 */
#include "support/decoding.h"
#include "support/plain.h"

struct choice {
    char name[80]; /* "dictionary(bit-packed)" */
    uint64_t bytes;
    bool suit;
};

static struct choice choose(const struct lio_plain *plain,
                            enum lio_format format,
                            enum lio_compression compression)
{
    struct lio_arena arena = { 0 };
    struct lio_error err;
    const struct lio_encode enc = { .format = format,
                                    .compression = compression,
                                    .column = "c",
                                    .arena = &arena,
                                    .err = &err };
    struct lio_chunks chunks;
    struct choice choice;

    assert_int_equal(lio_chunks_suit(&enc, plain, &choice.suit), 0);
    assert_int_equal(lio_chunks_encode(&enc, plain, NULL, &chunks), 0);
    (void)snprintf(choice.name, sizeof(choice.name), "%s%s%s",
                   chunks.dictionary ? "dictionary(" : "",
                   lio_encoding_name(chunks.encoding),
                   chunks.dictionary ? ")" : "");
    choice.bytes = chunks.bytes;
    lio_arena_release(&arena);
    return choice;
}

static struct choice choice_for(const char *type, uint64_t n, enum shape shape)
{
    struct sample s;
    struct choice choice;

    sample_make(&s, type, n, shape, 0, 1);
    choice = choose(&s.plain, LIO_FORMAT_22, LIO_COMPRESSION_AUTO);
    sample_release(&s);
    return choice;
}

static void random_values_stay_as_they_are(void **state)
{
    static const char *const types[] = { "int8", "uint16", "float", "int64",
                                         "decimal:128:10:2" };

    (void)state;
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
        assert_string_equal(choice_for(types[i], 20000, SHAPE_RANDOM).name,
                            "flat");
    assert_string_equal(choice_for("string", 5000, SHAPE_RANDOM).name,
                        "variable");
}

static void small_numbers_are_packed(void **state)
{
    struct choice choice = choice_for("int32", 65536, SHAPE_SMALL);

    (void)state;
    assert_string_equal(choice.name, "bit-packed");
    /* Ten bits each, and little more. */
    assert_in_range(choice.bytes, 65536 * 10 / 8, 65536 * 11 / 8);
}

static void runs_are_counted(void **state)
{
    struct choice choice = choice_for("int16", 60000, SHAPE_RUNS);

    (void)state;
    assert_string_equal(choice.name, "rle");
    assert_in_range(choice.bytes, 1, 60000 / 300 * 8);
}

static void few_values_are_numbered(void **state)
{
    struct choice choice = choice_for("int64", 60000, SHAPE_FEW);

    (void)state;
    assert_string_equal(choice.name, "dictionary(bit-packed)");
    assert_in_range(choice.bytes, 60000 * 5 / 8, 60000 * 6 / 8);
    assert_string_equal(choice_for("string", 5000, SHAPE_FEW).name,
                        "dictionary(bit-packed)");
    assert_string_equal(choice_for("decimal:128:10:2", 5000, SHAPE_FEW).name,
                        "dictionary(bit-packed)");
}

/* Strings of `BYTES`, of which each stands in `run` rows one after the other.
 */
enum { ROWS = 60000, BYTES = 30 };

struct texts {
    uint32_t offsets[ROWS + 1];
    char data[ROWS * BYTES + 1];
    struct lio_type type;
    struct lio_plain plain;
};

static void texts_make(struct texts *texts, uint64_t n, uint32_t run)
{
    texts->type = (struct lio_type){ .kind = LIO_KIND_VARIABLE, .bits = 32 };
    texts->plain =
        (struct lio_plain){ .type = &texts->type,
                            .n = n,
                            .offsets = (const uint8_t *)texts->offsets,
                            .data = (const uint8_t *)texts->data };
    texts->offsets[0] = 0;
    for (uint32_t i = 0; i < n; i++) {
        uint64_t seed = i / run;

        texts->offsets[i + 1] = texts->offsets[i] + BYTES;
        (void)snprintf(texts->data + texts->offsets[i], BYTES + 1,
                       "The stream of lake %011u",
                       (unsigned)sample_random(&seed));
    }
}

static void words_are_written_with_symbols(void **state)
{
    static struct texts texts;
    struct choice choice;

    (void)state;
    texts_make(&texts, 2000, 1);
    choice = choose(&texts.plain, LIO_FORMAT_22, LIO_COMPRESSION_AUTO);
    assert_string_equal(choice.name, "fsst");
    assert_in_range(choice.bytes, 1, 2000 * BYTES * 3 / 4);
    choice = choose(&texts.plain, LIO_FORMAT_21, LIO_COMPRESSION_LZ4);
    assert_string_equal(choice.name, "general");
    choice = choose(&texts.plain, LIO_FORMAT_21, LIO_COMPRESSION_NONE);
    assert_string_equal(choice.name, "variable");
}

/* Many distinct strings, but sorted: neighbours tell what samples do not. */
static void sorted_strings_are_numbered_in_runs(void **state)
{
    static struct texts texts;
    struct choice choice;

    (void)state;
    texts_make(&texts, ROWS, 30);
    choice = choose(&texts.plain, LIO_FORMAT_22, LIO_COMPRESSION_AUTO);
    assert_string_equal(choice.name, "dictionary(rle)");
    assert_in_range(choice.bytes, 1, ROWS / 30 * (BYTES + 10));
}

/* A dictionary of nearly as many items as rows would be read for each row. */
static void strings_that_hardly_repeat_are_not_numbered(void **state)
{
    static struct texts texts;

    (void)state;
    texts_make(&texts, 3000, 2);
    assert_string_equal(
        choose(&texts.plain, LIO_FORMAT_22, LIO_COMPRESSION_AUTO).name,
        "dictionary(bit-packed)");
    texts_make(&texts, 2999, 2);
    assert_string_equal(
        choose(&texts.plain, LIO_FORMAT_22, LIO_COMPRESSION_AUTO).name, "fsst");
}

static void large_strings_go_into_chunks_by_number_only(void **state)
{
    struct sample s;

    (void)state;
    assert_true(choice_for("string", 100, SHAPE_SMALL).suit);
    /* Two values, 5000 bytes and none: a dictionary holds them. */
    assert_true(choice_for("string", 500, SHAPE_EXTREMES).suit);
    sample_make(&s, "string", 500, SHAPE_EXTREMES, 0, 1);
    assert_false(choose(&s.plain, LIO_FORMAT_22, LIO_COMPRESSION_NONE).suit);
    sample_release(&s);
    assert_false(choice_for("fixed_size_binary:300", 50, SHAPE_RANDOM).suit);
    assert_true(choice_for("fixed_size_binary:255", 50, SHAPE_RANDOM).suit);
}

static void what_was_asked_for_is_done(void **state)
{
    struct sample s;

    (void)state;
    sample_make(&s, "double", 5000, SHAPE_SMALL, 0, 1);
    assert_string_equal(
        choose(&s.plain, LIO_FORMAT_21, LIO_COMPRESSION_NONE).name, "flat");
    assert_true(choose(&s.plain, LIO_FORMAT_21, LIO_COMPRESSION_ZSTD).bytes <=
                choose(&s.plain, LIO_FORMAT_21, LIO_COMPRESSION_AUTO).bytes);
    sample_release(&s);
}

/* Readers of 2.1 may not know them. */
static void dictionaries_are_compressed_from_2_2_on(void **state)
{
    struct sample s;

    (void)state;
    sample_make(&s, "string", 20000, SHAPE_SMALL, 0, 1);
    assert_true(choose(&s.plain, LIO_FORMAT_22, LIO_COMPRESSION_AUTO).bytes <
                choose(&s.plain, LIO_FORMAT_21, LIO_COMPRESSION_AUTO).bytes);
    sample_release(&s);
}

/* Of two writings of the same values the bytes are the same. */
static void the_same_values_give_the_same_bytes(void **state)
{
    struct choice first, again;

    (void)state;
    for (enum shape shape = 0; shape < SHAPE_COUNT; shape++) {
        first = choice_for("string", 2000, shape);
        again = choice_for("string", 2000, shape);
        assert_string_equal(first.name, again.name);
        assert_int_equal(first.bytes, again.bytes);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_values_stay_as_they_are),
        cmocka_unit_test(small_numbers_are_packed),
        cmocka_unit_test(runs_are_counted),
        cmocka_unit_test(few_values_are_numbered),
        cmocka_unit_test(words_are_written_with_symbols),
        cmocka_unit_test(sorted_strings_are_numbered_in_runs),
        cmocka_unit_test(strings_that_hardly_repeat_are_not_numbered),
        cmocka_unit_test(large_strings_go_into_chunks_by_number_only),
        cmocka_unit_test(what_was_asked_for_is_done),
        cmocka_unit_test(dictionaries_are_compressed_from_2_2_on),
        cmocka_unit_test(the_same_values_give_the_same_bytes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
