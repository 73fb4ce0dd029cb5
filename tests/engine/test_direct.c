/*
 * Reads past the page cache into memory that is in step with the file, and into
 * memory that is not: the bytes, what is around them, and what becomes of a
 * read that stops in its head, its body or its tail.
 *
 *     file      ────┼────────┼────────┼────────┼────────┼────
 *     wanted            ├─────────────────────────────┤
 *     read          ├ head ──┼───── body ──────┼─ tail ─┤
 */
#include "fixture.h"

#include <errno.h>

#define PAGE       4096u
#define FILE_BYTES (3 * MIB)
#define GUARD      '\x5a'

/* The caller's memory, with a page of guards on both sides. */
struct memory {
    char *block;
    char *bytes;
    size_t len;
};

/* In step with `offset`, but for `shift` bytes. */
static struct memory memory_make(size_t len, uint64_t offset, size_t shift)
{
    struct memory memory = { .len = len };
    size_t whole = (len / PAGE + 5) * PAGE;

    memory.block = aligned_alloc(PAGE, whole);
    assert_non_null(memory.block);
    memset(memory.block, GUARD, whole);
    memory.bytes = memory.block + PAGE + offset % PAGE + shift;
    return memory;
}

/* The guards are as they were; so is what lies behind `got` where the file
 * ended. */
static void memory_check(const struct memory *memory, size_t got,
                         uint64_t offset)
{
    check_bytes(memory->bytes, got, 1, offset);
    for (size_t i = 1; i <= PAGE; i++)
        assert_int_equal(memory->bytes[-(ptrdiff_t)i], GUARD);
    for (size_t i = 0; i < PAGE; i++)
        assert_int_equal(memory->bytes[memory->len + i], GUARD);
}

static struct fixture *open_with(const char *first, const char *second,
                                 const char *third)
{
    const char *overrides[] = { "engine.lanes=1",
                                "prefetch.plugin=none",
                                "backend.filters=filter-fault",
                                first,
                                second,
                                third,
                                NULL };
    struct fixture *f = fixture_open(overrides);

    fixture_make(f, 1, FILE_BYTES);
    return f;
}

static struct lio_file *open_direct(struct fixture *f)
{
    return fixture_file(f, 1, LIO_READ | LIO_DIRECT);
}

/* Read past the cache; returns the code. */
static int read_into(struct lio_file *file, const struct memory *memory,
                     uint64_t offset, uint32_t flags, size_t *ret_got)
{
    struct lio_error err;

    return lio_read(file, memory->bytes, memory->len, offset,
                    flags | LIO_NOCACHE, ret_got, &err);
}

static void check_direct(struct lio_file *file, size_t len, uint64_t offset,
                         size_t shift)
{
    struct memory memory = memory_make(len, offset, shift);

    assert_int_equal(read_into(file, &memory, offset, LIO_EXACT, NULL), 0);
    memory_check(&memory, len, offset);
    free(memory.block);
}

/* -- what is read ---------------------------------------------------------- */

static const uint64_t offsets[] = {
    0, 1, 64, 511, 512, 4032, 4095, 64 * KIB, 64 * KIB + 8, MIB - 1
};
static const size_t lengths[] = { 1,        4097,          20 * KIB,
                                  64 * KIB, 200 * KIB + 7, MIB + 4096 };
static const size_t shifts[] = { 0, 1, 64, 512 };

static void every_place_in_file_and_memory_is_read(void **state)
{
    struct fixture *f = open_with("engine.max_op_size=64K", NULL, NULL);
    struct lio_file *file = open_direct(f);

    (void)state;
    for (size_t o = 0; o < sizeof(offsets) / sizeof(offsets[0]); o++)
        for (size_t l = 0; l < sizeof(lengths) / sizeof(lengths[0]); l++)
            for (size_t s = 0; s < sizeof(shifts) / sizeof(shifts[0]); s++)
                check_direct(file, lengths[l], offsets[o], shifts[s]);
    lio_file_close(file);
    assert_int_equal(fixture_stats(f).memory_bytes, 0);
    fixture_release(f);
}

/* One operation reads the edges with the body, and not much more. */
static void edges_take_no_operation_of_their_own(void **state)
{
    struct fixture *f = open_with(NULL, NULL, NULL);
    struct lio_file *file = open_direct(f);
    struct lio_engine_stats before = fixture_stats(f), after;

    (void)state;
    check_direct(file, 100 * KIB, PAGE - 64, 0);
    after = fixture_stats(f);
    assert_int_equal(after.device_reads - before.device_reads, 1);
    assert_in_range(after.device_bytes_read - before.device_bytes_read,
                    100 * KIB, 100 * KIB + 2 * PAGE);
    lio_file_close(file);
    fixture_release(f);
}

static void a_file_says_what_memory_is_in_step(void **state)
{
    struct fixture *f = open_with(NULL, NULL, NULL);
    struct lio_file *direct = open_direct(f);
    struct lio_file *buffered = fixture_file(f, 1, LIO_READ);
    size_t align = lio_file_align(direct);

    (void)state;
    assert_int_equal(lio_file_align(buffered), 1);
    /* 1 where the file system knows no direct reads. */
    assert_true(align == 1 || (align >= PAGE && (align & (align - 1)) == 0));
    lio_file_close(direct);
    lio_file_close(buffered);
    fixture_release(f);
}

/* -- the end of the file --------------------------------------------------- */

static void check_end(struct lio_file *file, uint64_t size, uint64_t offset,
                      size_t shift)
{
    size_t len = (size_t)(size - offset) + 3000, got = 0;
    struct memory memory = memory_make(len, offset, shift);

    assert_int_equal(read_into(file, &memory, offset, 0, &got), 0);
    assert_int_equal(got, size - offset);
    memory_check(&memory, got, offset);
    assert_int_equal(read_into(file, &memory, offset, LIO_EXACT, NULL),
                     LIO_EEOF);
    free(memory.block);
}

static void the_end_may_lie_anywhere_in_a_page(void **state)
{
    static const uint32_t ends[] = { 0, 1, 511, 512, 513, 4095 };
    struct fixture *f = open_with(NULL, NULL, NULL);

    (void)state;
    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        uint64_t size = 10 * PAGE + ends[i];
        struct lio_file *file;

        fixture_make(f, 1, size);
        file = open_direct(f);
        for (size_t s = 0; s < sizeof(shifts) / sizeof(shifts[0]); s++) {
            check_end(file, size, 0, shifts[s]);
            check_end(file, size, 100, shifts[s]);
            check_end(file, size, 10 * PAGE - 64, shifts[s]);
        }
        check_direct(file, size, 0, 0);
        check_direct(file, size - 64, 64, 0);
        lio_file_close(file);
    }
    fixture_release(f);
}

/* -- what goes wrong ------------------------------------------------------- */

#define AT  (PAGE - 1000)
#define LEN (100 * KIB) /* one operation: head, body of 24 pages, tail */

static void check_with(const char *rule)
{
    struct fixture *f = open_with(rule, NULL, NULL);
    struct lio_file *file = open_direct(f);

    for (size_t s = 0; s < sizeof(shifts) / sizeof(shifts[0]); s++)
        check_direct(file, LEN, AT, shifts[s]);
    lio_file_close(file);
    assert_int_equal(fixture_stats(f).memory_bytes, 0);
    fixture_release(f);
}

static void a_read_goes_on_from_wherever_it_stops(void **state)
{
    static const char *const stops[] = {
        "filter-fault.rules=read:short=512",  /* in the head, and so on */
        "filter-fault.rules=read:short=4096", /* behind it */
        "filter-fault.rules=read:short=4608", /* in the body */
        "filter-fault.rules=read:max=1:short=100K",
        "filter-fault.rules=read:max=2:short=51K",
        "filter-fault.rules=read:max=1:short=103936", /* in the tail */
    };

    (void)state;
    for (size_t i = 0; i < sizeof(stops) / sizeof(stops[0]); i++)
        check_with(stops[i]);
}

static void a_passing_failure_is_survived(void **state)
{
    (void)state;
    check_with("filter-fault.rules=read:max=2:errno=EIO");
    check_with("filter-fault.rules=read:max=3:errno=EINTR");
    check_with("filter-fault.rules=read:rate=0.3:errno=EAGAIN");
    check_with("filter-fault.rules=read:nth=2:errno=EIO;"
               "read:nth=1:short=51200");
}

/* Where the kernel takes no such read the page cache does. */
static void a_refusal_is_survived(void **state)
{
    struct fixture *f =
        open_with("filter-fault.rules=read:nth=1:errno=EINVAL", NULL, NULL);
    struct lio_file *file = open_direct(f);
    bool direct = lio_file_align(file) > 1;

    (void)state;
    if (direct) {
        check_direct(file, LEN, AT, 0);
        assert_int_equal(lio_file_align(file), 1);
        check_direct(file, LEN, AT, 0);
    }
    lio_file_close(file);
    fixture_release(f);
}

static void check_bad_edge(const char *rule)
{
    struct fixture *f = open_with(rule, NULL, NULL);
    struct lio_file *file = open_direct(f);
    struct memory memory = memory_make(LEN, AT, 0);

    assert_int_equal(read_into(file, &memory, AT, LIO_EXACT, NULL), LIO_EIO);
    memory_check(&memory, 0, AT);
    free(memory.block);
    check_direct(file, 8 * PAGE, 40 * PAGE, 0);
    lio_file_close(file);
    assert_int_equal(fixture_stats(f).memory_bytes, 0);
    fixture_release(f);
}

static void a_bad_sector_in_an_edge_fails_the_read(void **state)
{
    (void)state;
    check_bad_edge("filter-fault.rules=read:range=3100-3110:errno=EIO");
    check_bad_edge("filter-fault.rules=read:range=105400-105410:errno=EIO");
}

static void one_that_hangs_can_be_stopped(void **state)
{
    struct fixture *f =
        open_with("filter-fault.rules=read:max=1:delay=3600s", NULL, NULL);
    struct lio_file *file = open_direct(f);
    struct memory memory = memory_make(LEN, AT, 0);
    struct lio_request request =
        read_request(file, memory.bytes, memory.len, AT);
    uint64_t id;

    (void)state;
    request.flags = LIO_NOCACHE;
    id = submit_one(f, &request);
    assert_int_equal(lio_cancel(f->engine, id), 0);
    assert_int_equal(wait_for(f, id).code, LIO_ECANCELED);
    memory_check(&memory, 0, AT);
    free(memory.block);
    check_direct(file, LEN, AT, 0);
    lio_file_close(file);
    assert_int_equal(fixture_stats(f).memory_bytes, 0);
    fixture_release(f);
}

/* -- memory of the engine -------------------------------------------------- */

#define MANY 5000u

/* What waits holds none. */
static void many_small_reads_take_no_more_than_is_in_flight(void **state)
{
    struct fixture *f =
        open_with("engine.queue_depth=16", "engine.memory=64K", NULL);
    struct lio_file *file = open_direct(f);
    struct lio_request *requests = grab(MANY * sizeof(*requests));
    uint64_t *ids = grab(MANY * sizeof(*ids));
    char *bytes = grab(MANY * 100);

    (void)state;
    for (uint32_t i = 0; i < MANY; i++) {
        requests[i] = read_request(file, bytes + i * 100, 100, i * 256ull + 1);
        requests[i].flags = LIO_NOCACHE;
    }
    submit_all(f, requests, MANY, ids);
    for (uint32_t i = 0; i < MANY; i++)
        wait_for_read(f, ids[i], 1);
    lio_file_close(file);
    assert_int_equal(fixture_stats(f).memory_bytes, 0);
    free(bytes);
    free(ids);
    free(requests);
    fixture_release(f);
}

static void where_there_is_too_little_one_read_fails(void **state)
{
    struct fixture *f = open_with("engine.memory=4K", NULL, NULL);
    struct lio_file *file = open_direct(f);
    bool direct = lio_file_align(file) > 1;
    struct memory memory = memory_make(LEN, AT, 0);

    (void)state;
    assert_int_equal(read_into(file, &memory, AT, LIO_EXACT, NULL),
                     direct ? LIO_ENOMEM : 0);
    free(memory.block);
    check_direct(file, LEN - 1000, PAGE, 0); /* one edge */
    check_direct(file, 100, PAGE, 1);
    lio_file_close(file);
    assert_int_equal(fixture_stats(f).memory_bytes, 0);
    fixture_release(f);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_place_in_file_and_memory_is_read),
        cmocka_unit_test(edges_take_no_operation_of_their_own),
        cmocka_unit_test(a_file_says_what_memory_is_in_step),
        cmocka_unit_test(the_end_may_lie_anywhere_in_a_page),
        cmocka_unit_test(a_read_goes_on_from_wherever_it_stops),
        cmocka_unit_test(a_passing_failure_is_survived),
        cmocka_unit_test(a_refusal_is_survived),
        cmocka_unit_test(a_bad_sector_in_an_edge_fails_the_read),
        cmocka_unit_test(one_that_hangs_can_be_stopped),
        cmocka_unit_test(many_small_reads_take_no_more_than_is_in_flight),
        cmocka_unit_test(where_there_is_too_little_one_read_fails),
    };
    int rc = fixture_arguments(argc, argv);

    return rc ? rc : cmocka_run_group_tests(tests, NULL, NULL);
}
