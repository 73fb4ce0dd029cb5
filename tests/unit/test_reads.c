/*
 * Reads that are done together: each gets its bytes, however they lie.
 */
#include "column/reads.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define FILE_BYTES (1u << 20)
#define NREADS_MAX 600

struct range {
    uint64_t offset;
    size_t bytes;
};

static uint8_t byte_at(uint64_t offset)
{
    return (uint8_t)(offset * UINT64_C(2654435761) >> 13);
}

/* Do reads of `n` ranges, whose memory lies in reverse, and look at each. */
static void read_ranges(const struct range *ranges, uint32_t n)
{
    uint8_t *file = malloc(FILE_BYTES), *into = malloc(FILE_BYTES);
    struct lio_reads reads = { 0 };
    struct lio_source *source;
    struct lio_error err;
    size_t at = FILE_BYTES;

    assert_non_null(file);
    assert_non_null(into);
    for (uint64_t i = 0; i < FILE_BYTES; i++)
        file[i] = byte_at(i);
    assert_int_equal(lio_source_over("memory", file, FILE_BYTES, &source, NULL),
                     0);
    for (uint32_t i = 0; i < n; i++) {
        const struct lio_source_read read = {
            .source = source,
            .offset = ranges[i].offset,
            .bytes = ranges[i].bytes,
            .into = into + (at -= ranges[i].bytes),
        };

        assert_int_equal(lio_reads_add(&reads, &read), 0);
    }
    if (lio_reads_run(&reads, &err) < 0)
        fail_msg("%s", err.msg);
    at = FILE_BYTES;
    for (uint32_t i = 0; i < n; i++) {
        at -= ranges[i].bytes;
        assert_memory_equal(into + at, file + ranges[i].offset,
                            ranges[i].bytes);
    }
    lio_reads_release(&reads);
    lio_source_close(source);
    free(into);
    free(file);
}

static void each_read_gets_its_bytes(void **state)
{
    static const struct range ranges[] = {
        { 0, 8 },        { 8, 8 },
        { 16, 8 },                    /* one after the other */
        { 1000, 4 },     { 1500, 4 }, /* near */
        { 3000, 16 },    { 3008, 16 },
        { 3008, 4 }, /* one in the other */
        { 10000, 4096 }, { 14096, 4097 },
        { 18200, 1 },                /* too large */
        { 500, 8 },      { 501, 8 }, /* back again */
        { 40000, 8 },    { FILE_BYTES - 8, 8 },
    };

    (void)state;
    read_ranges(ranges, sizeof(ranges) / sizeof(ranges[0]));
    for (uint32_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++)
        read_ranges(&ranges[i], 1);
}

/* More than one read may be as long. */
static void long_rows_of_reads_are_cut(void **state)
{
    struct range ranges[NREADS_MAX];

    (void)state;
    for (uint32_t i = 0; i < NREADS_MAX; i++)
        ranges[i] = (struct range){ i * UINT64_C(1500), 700 };
    read_ranges(ranges, NREADS_MAX);
}

static void no_reads_are_done_at_once(void **state)
{
    struct lio_reads none = { 0 };

    (void)state;
    assert_int_equal(lio_reads_run(&none, NULL), 0);
}

static void reads_past_the_end_are_refused(void **state)
{
    uint8_t file[16] = { 0 }, into[16];
    struct lio_reads reads = { 0 };
    struct lio_source *source;
    struct lio_error err;

    (void)state;
    assert_int_equal(
        lio_source_over("memory", file, sizeof(file), &source, NULL), 0);
    for (uint64_t i = 0; i < 2; i++) {
        const struct lio_source_read read = {
            .source = source, .offset = 12 * i, .bytes = 8, .into = into + i
        };

        assert_int_equal(lio_reads_add(&reads, &read), 0);
    }
    assert_int_equal(lio_reads_run(&reads, &err), LIO_ECORRUPT);
    assert_non_null(strstr(err.msg, "past its end"));
    lio_reads_release(&reads);
    lio_source_close(source);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_read_gets_its_bytes),
        cmocka_unit_test(long_rows_of_reads_are_cut),
        cmocka_unit_test(no_reads_are_done_at_once),
        cmocka_unit_test(reads_past_the_end_are_refused),
    };

    return cmocka_run_group_tests_name("reads", tests, NULL, NULL);
}
