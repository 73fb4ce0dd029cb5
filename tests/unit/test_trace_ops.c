/*
 * Traces of filter-trace: which reads count, in which order, and what is
 * refused.
 */
#include "cli/trace.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Block `n` of file `f`. */
#define BLOCK(f, n) ((uint64_t)(f) << 40 | (uint64_t)(n))

#define START                                                                  \
    "# lanceio trace 1\n"                                                      \
    "submit_ns,done_ns,op,file,offset,length,result,lane\n"                    \
    "# file 1 /data/a\n"

static int read_bytes(const void *bytes, size_t n, struct cli_trace *trace,
                      struct lio_error *err)
{
    FILE *in = fmemopen((void *)(uintptr_t)bytes, n, "r");
    int rc;

    assert_non_null(in);
    rc = cli_trace_read(in, "t", trace, err);
    assert_int_equal(fclose(in), 0);
    return rc;
}

static void expect_blocks(const char *text, const uint64_t *blocks, size_t n)
{
    struct cli_trace trace;
    struct lio_error err;

    assert_int_equal(read_bytes(text, strlen(text), &trace, &err), 0);
    assert_int_equal(trace.nblocks, n);
    assert_memory_equal(trace.blocks, blocks, n * sizeof(*blocks));
    cli_trace_release(&trace);
}

static void expect_refusal(const char *text, const char *why)
{
    struct cli_trace trace;
    struct lio_error err;

    assert_int_equal(read_bytes(text, strlen(text), &trace, &err),
                     LIO_ECORRUPT);
    if (!strstr(err.msg, why))
        fail_msg("'%s' does not say '%s'", err.msg, why);
}

/* -- CSV ------------------------------------------------------------------ */

static void a_read_counts_for_each_block_it_touches(void **state)
{
    const uint64_t blocks[] = { BLOCK(1, 0), BLOCK(1, 1), BLOCK(2, 1),
                                BLOCK(2, 2), BLOCK(2, 3) };

    (void)state;
    expect_blocks(START "1,9,read,1,0,65536,65536,0\n"
                        "2,9,read,1,65536,1,1,0\n"
                        "3,9,read,2,131071,65538,65538,0\n",
                  blocks, 5);
}

static void reads_are_sorted_by_their_submission(void **state)
{
    const uint64_t blocks[] = { BLOCK(1, 7), BLOCK(1, 3), BLOCK(1, 2),
                                BLOCK(1, 5) };

    (void)state;
    /* Of equals the first is the first. */
    expect_blocks(START "20,30,read,1,196608,1,1,0\n"
                        "20,30,read,1,131072,1,1,0\n"
                        "25,31,read,1,327680,1,1,0\n"
                        "10,90,read,1,458752,1,1,1\n",
                  blocks, 4);
}

static void only_bytes_that_were_read_count(void **state)
{
    const uint64_t blocks[] = { BLOCK(1, 0), BLOCK(1, 4) };

    (void)state;
    expect_blocks(START "1,9,write,1,65536,65536,65536,0\n"
                        "2,9,sync,1,0,0,0,0\n"
                        "3,9,read,1,0,131072,65536,0\n"
                        "4,9,read,1,131072,65536,-5,0\n"
                        "5,9,read,1,196608,65536,0,0\n"
                        "6,9,read,1,262144,1,1,0\n",
                  blocks, 2);
}

static void what_the_recorder_lost_is_told(void **state)
{
    const char *text = START "1,9,read,1,0,1,1,0\n# end records=1 lost=17\n";
    struct cli_trace trace;
    struct lio_error err;

    (void)state;
    assert_int_equal(read_bytes(text, strlen(text), &trace, &err), 0);
    assert_int_equal(trace.lost, 17);
    cli_trace_release(&trace);
}

static void a_trace_without_reads_is_refused(void **state)
{
    (void)state;
    expect_refusal(START "# end records=0 lost=0\n", "no requests");
    expect_refusal("# lanceio trace 1\n", "no requests");
}

static void broken_rows_are_refused_with_their_line(void **state)
{
    (void)state;
    expect_refusal(START "1,9,read,1,0,1,1\n", "t:4: ");
    expect_refusal(START "1,9,read,1,0,1,1,0\n1,9,read,1,0,1,1,0", "t:5: ");
    expect_refusal(START "1,9,read,1,0,1,1,0,7\n", "t:4: ");
    expect_refusal(START "1,9,read\n", "t:4: ");
    expect_refusal(START "1\n", "t:4: ");
    expect_refusal(START "\n", "t:4: ");
    expect_refusal(START "-1,9,read,1,0,1,1,0\n", "t:4: ");
    expect_refusal(START "1,9,read,x,0,1,1,0\n", "t:4: ");
    expect_refusal(START "1,9,read,1,-1,1,1,0\n", "t:4: ");
    expect_refusal(START "1,9,read,1,0,1,--1,0\n", "t:4: ");
    expect_refusal(START "1,9,read,1,0,1,9223372036854775808,0\n", "t:4: ");
    expect_refusal(START "1,9,read,1,99999999999999999999,1,1,0\n", "t:4: ");
}

static void operations_that_cannot_be_are_refused(void **state)
{
    (void)state;
    expect_refusal(START "1,9,read,16777216,0,1,1,0\n", "t: line 4: ");
    expect_refusal(START "1,9,read,1,0,1073741825,1,0\n", "t: line 4: ");
    expect_refusal(START "1,9,read,1,72057594037927936,1,1,0\n", "t: line 4: ");
    expect_refusal(START "1,9,read,1,72057594037927935,2,1,0\n", "t: line 4: ");
}

static void a_version_that_is_not_known_is_no_trace(void **state)
{
    (void)state;
    expect_refusal("# lanceio trace 2\nsubmit_ns\n", "t:2: ");
}

/* -- binary --------------------------------------------------------------- */

struct bytes {
    unsigned char at[1024];
    size_t n;
};

static void put(struct bytes *bytes, uint64_t number, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        bytes->at[bytes->n++] = (unsigned char)(number >> 8 * i);
}

static void put_header(struct bytes *bytes, uint32_t version,
                       uint32_t record_bytes)
{
    memcpy(bytes->at, "LIOTRACE", 8);
    bytes->n = 8;
    put(bytes, version, 4);
    put(bytes, record_bytes, 4);
}

static void put_record(struct bytes *bytes, uint64_t submit_ns, uint64_t offset,
                       int64_t result, unsigned kind)
{
    put(bytes, submit_ns, 8);
    put(bytes, submit_ns + 5, 8);
    put(bytes, offset, 8);
    put(bytes, 65536, 8);
    put(bytes, (uint64_t)result, 8);
    put(bytes, 1, 4);
    put(bytes, 0, 2);
    put(bytes, kind, 2);
}

/* A file, an unknown chunk, three records of which two count, the end. */
static struct bytes good_trace(void)
{
    struct bytes bytes = { .n = 0 };

    put_header(&bytes, 1, 48);
    put(&bytes, 1, 4);
    put(&bytes, 5, 4);
    put(&bytes, 1, 4);
    put(&bytes, 'a', 1);
    put(&bytes, 99, 4);
    put(&bytes, 3, 4);
    put(&bytes, 0, 3);
    put(&bytes, 2, 4);
    put(&bytes, 3 * 48, 4);
    put_record(&bytes, 20, 65536, 65536, 1);
    put_record(&bytes, 10, 0, 65536, 1);
    put_record(&bytes, 15, 0, 65536, 2);
    put(&bytes, 3, 4);
    put(&bytes, 16, 4);
    put(&bytes, 3, 8);
    put(&bytes, 4, 8);
    return bytes;
}

static void the_binary_format_says_the_same(void **state)
{
    struct bytes bytes = good_trace();
    struct cli_trace trace;
    struct lio_error err;

    (void)state;
    assert_int_equal(read_bytes(bytes.at, bytes.n, &trace, &err), 0);
    assert_int_equal(trace.nblocks, 2);
    assert_int_equal(trace.blocks[0], BLOCK(1, 0));
    assert_int_equal(trace.blocks[1], BLOCK(1, 1));
    assert_int_equal(trace.lost, 4);
    cli_trace_release(&trace);
}

static void records_may_have_grown(void **state)
{
    struct bytes bytes = { .n = 0 };
    struct cli_trace trace;
    struct lio_error err;

    (void)state;
    put_header(&bytes, 1, 56);
    put(&bytes, 2, 4);
    put(&bytes, 2 * 56, 4);
    for (uint64_t i = 0; i < 2; i++) {
        put_record(&bytes, i, i * 65536, 65536, 1);
        put(&bytes, UINT64_MAX, 8);
    }
    assert_int_equal(read_bytes(bytes.at, bytes.n, &trace, &err), 0);
    assert_int_equal(trace.nblocks, 2);
    cli_trace_release(&trace);
}

/* Where a chunk ends a trace may end: its program has died. */
static void a_trace_may_end_between_chunks_only(void **state)
{
    struct bytes bytes = good_trace();
    size_t nread = 0;

    (void)state;
    for (size_t n = 1; n < bytes.n; n++) {
        struct cli_trace trace;
        struct lio_error err;
        int rc = read_bytes(bytes.at, n, &trace, &err);

        if (rc == 0) {
            nread++;
            cli_trace_release(&trace);
        } else {
            assert_int_equal(rc, LIO_ECORRUPT);
        }
    }
    assert_int_equal(nread, 1); /* before the end chunk */
}

static void headers_that_cannot_be_are_refused(void **state)
{
    static const uint32_t wrong[][2] = {
        { 0, 48 }, { 2, 48 }, { 1, 47 }, { 1, 0 }, { 1, 4097 }
    };

    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        struct bytes bytes = { .n = 0 };
        struct cli_trace trace;
        struct lio_error err;

        put_header(&bytes, wrong[i][0], wrong[i][1]);
        assert_int_equal(read_bytes(bytes.at, bytes.n, &trace, &err),
                         LIO_ECORRUPT);
        assert_non_null(strstr(err.msg, "not a trace of version 1"));
    }
    expect_refusal("LIOTRACK and more", "not a trace of version 1");
}

static void chunks_that_cannot_be_are_refused(void **state)
{
    static const uint32_t wrong[][2] = { { 2, 47 },
                                         { 3, 15 },
                                         { 99, UINT32_MAX } };

    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        struct bytes bytes = { .n = 0 };
        struct cli_trace trace;
        struct lio_error err;

        put_header(&bytes, 1, 48);
        put(&bytes, wrong[i][0], 4);
        put(&bytes, wrong[i][1], 4);
        for (unsigned filler = 0; filler < 8; filler++)
            put(&bytes, 0, 8);
        assert_int_equal(read_bytes(bytes.at, bytes.n, &trace, &err),
                         LIO_ECORRUPT);
        assert_non_null(strstr(err.msg, "t: byte "));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_read_counts_for_each_block_it_touches),
        cmocka_unit_test(reads_are_sorted_by_their_submission),
        cmocka_unit_test(only_bytes_that_were_read_count),
        cmocka_unit_test(what_the_recorder_lost_is_told),
        cmocka_unit_test(a_trace_without_reads_is_refused),
        cmocka_unit_test(broken_rows_are_refused_with_their_line),
        cmocka_unit_test(operations_that_cannot_be_are_refused),
        cmocka_unit_test(a_version_that_is_not_known_is_no_trace),
        cmocka_unit_test(the_binary_format_says_the_same),
        cmocka_unit_test(records_may_have_grown),
        cmocka_unit_test(a_trace_may_end_between_chunks_only),
        cmocka_unit_test(headers_that_cannot_be_are_refused),
        cmocka_unit_test(chunks_that_cannot_be_are_refused),
    };

    return cmocka_run_group_tests_name("trace_ops", tests, NULL, NULL);
}
