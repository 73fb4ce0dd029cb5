/*
 * Bytes: what is read is what the file holds, what is written arrives.
 */
#include "backend_fixture.h"
#include "conformance_backend.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define KIB         1024u
#define MIB         (1024u * KIB)
#define FILE_BYTES  (2 * MIB + 77)
#define SECTOR      512u
#define DIRECT_FILE (256 * KIB)

/* Around the limits of sectors, pages, cache blocks and operations. */
static const uint32_t sizes[] = { 0,     1,       511,  512,    513,
                                  4095,  4096,    4097, 65535,  65536,
                                  65537, MIB - 1, MIB,  MIB + 1 };
static const uint32_t offsets[] = { 0,    1,    511,   512,   513,
                                    4095, 4096, 65535, 65536, 65537 };

#define NSIZES LIO_COUNT(sizes)

/* -- reading -------------------------------------------------------------- */

static void read_all_sizes_at(const struct fixture *f,
                              const struct opened *file, uint64_t offset)
{
    struct guarded memory[NSIZES];
    struct lio_iovec iov[NSIZES];
    struct lio_op ops[NSIZES];
    int64_t results[NSIZES];

    for (uint32_t i = 0; i < NSIZES; i++) {
        memory[i] = guarded_alloc(sizes[i]);
        iov[i] = (struct lio_iovec){ memory[i].bytes, sizes[i] };
        ops[i] = read_op(file, &iov[i], 1, offset);
    }
    run_ops(f, ops, NSIZES, results);
    for (uint32_t i = 0; i < NSIZES; i++) {
        assert_int_equal(results[i], sizes[i]);
        assert_pattern(memory[i].bytes, sizes[i], offset);
        guarded_free(&memory[i]);
    }
}

static void reads_of_every_size_and_offset_return_the_bytes(void **state)
{
    struct fixture *f = *state;
    struct opened file;

    make_file(f, "data", FILE_BYTES);
    file = open_file(f, "data", LIO_OPEN_READ);
    for (uint32_t i = 0; i < LIO_COUNT(offsets); i++)
        read_all_sizes_at(f, &file, offsets[i]);
    close_file(f, &file);
}

/* Segments of very different lengths, every fifth of them empty. */
static uint64_t cut_segments(struct lio_iovec *iov, uint32_t niov,
                             unsigned char *base)
{
    uint64_t total = 0;

    for (uint32_t i = 0; i < niov; i++) {
        size_t len = i % 5 == 3 ? 0 : 1 + (i * 1237u) % 6000u;

        iov[i] = (struct lio_iovec){ base ? base + total : NULL, len };
        total += len;
    }
    return total;
}

static void vectored_reads_fill_the_segments_in_order(void **state)
{
    struct fixture *f = *state;
    struct lio_iovec iov[LIO_IOV_MAX];
    struct opened file;

    make_file(f, "data", FILE_BYTES);
    file = open_file(f, "data", LIO_OPEN_READ);
    for (uint32_t niov = 1; niov <= LIO_IOV_MAX; niov++) {
        uint64_t total = cut_segments(iov, niov, NULL);
        struct guarded memory = guarded_alloc(total);
        struct lio_op op;

        (void)cut_segments(iov, niov, memory.bytes);
        op = read_op(&file, iov, niov, niov);
        assert_int_equal(run_op(f, &op), total);
        assert_pattern(memory.bytes, total, niov);
        guarded_free(&memory);
    }
    close_file(f, &file);
}

static void segments_need_not_follow_each_other_in_memory(void **state)
{
    struct fixture *f = *state;
    struct guarded memory = guarded_alloc(300);
    struct lio_iovec iov[] = { { memory.bytes + 200, 100 },
                               { memory.bytes, 100 } };
    struct opened file;
    struct lio_op op;

    make_file(f, "data", 4096);
    file = open_file(f, "data", LIO_OPEN_READ);
    op = read_op(&file, iov, 2, 1000);
    assert_int_equal(run_op(f, &op), 200);
    assert_pattern(memory.bytes + 200, 100, 1000);
    assert_pattern(memory.bytes, 100, 1100);
    close_file(f, &file);
    guarded_free(&memory);
}

static int64_t read_at(const struct fixture *f, const struct opened *file,
                       uint64_t offset, struct guarded *memory)
{
    struct lio_iovec iov = { memory->bytes, memory->len };
    struct lio_op op = read_op(file, &iov, 1, offset);

    return run_op(f, &op);
}

static void reads_at_the_end_are_short_and_past_it_empty(void **state)
{
    struct fixture *f = *state;
    struct guarded memory = guarded_alloc(8192);
    struct opened file;

    make_file(f, "data", 10000);
    file = open_file(f, "data", LIO_OPEN_READ);
    assert_int_equal(read_at(f, &file, 9000, &memory), 1000);
    assert_pattern(memory.bytes, 1000, 9000);
    assert_int_equal(read_at(f, &file, 9999, &memory), 1);
    assert_int_equal(read_at(f, &file, 10000, &memory), 0);
    assert_int_equal(read_at(f, &file, 10001, &memory), 0);
    assert_int_equal(read_at(f, &file, UINT64_C(1) << 40, &memory), 0);
    close_file(f, &file);
    guarded_free(&memory);
}

static void a_vectored_read_at_the_end_is_short(void **state)
{
    struct fixture *f = *state;
    struct guarded memory = guarded_alloc(3000);
    struct lio_iovec iov[] = { { memory.bytes, 1000 },
                               { memory.bytes + 1000, 1000 },
                               { memory.bytes + 2000, 1000 } };
    struct opened file;
    struct lio_op op;

    make_file(f, "data", 10000);
    file = open_file(f, "data", LIO_OPEN_READ);
    op = read_op(&file, iov, 3, 8500);
    assert_int_equal(run_op(f, &op), 1500);
    assert_pattern(memory.bytes, 1500, 8500);
    close_file(f, &file);
    guarded_free(&memory);
}

static void reads_of_an_empty_file_are_empty(void **state)
{
    struct fixture *f = *state;
    struct guarded memory = guarded_alloc(100);
    struct opened file;

    make_file(f, "empty", 0);
    file = open_file(f, "empty", LIO_OPEN_READ);
    assert_int_equal(file.info.size_bytes, 0);
    assert_int_equal(read_at(f, &file, 0, &memory), 0);
    close_file(f, &file);
    guarded_free(&memory);
}

static void reads_see_a_file_that_shrank_and_grew_meanwhile(void **state)
{
    struct fixture *f = *state;
    struct guarded memory = guarded_alloc(4096);
    char *path = path_of(f, "data");
    struct opened file;

    make_file(f, "data", 10000);
    file = open_file(f, "data", LIO_OPEN_READ);
    assert_int_equal(truncate(path, 5000), 0);
    assert_int_equal(read_at(f, &file, 4000, &memory), 1000);
    assert_int_equal(read_at(f, &file, 5000, &memory), 0);
    make_file(f, "data", 20000); /* the same inode */
    assert_int_equal(read_at(f, &file, 10000, &memory), 4096);
    assert_pattern(memory.bytes, 4096, 10000);
    close_file(f, &file);
    guarded_free(&memory);
    free(path);
}

/* -- writing -------------------------------------------------------------- */

static unsigned char *load(const struct fixture *f, const char *name,
                           uint64_t *ret_bytes)
{
    char *path = path_of(f, name);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    unsigned char *bytes;
    struct stat st;

    assert_true(fd >= 0);
    assert_int_equal(fstat(fd, &st), 0);
    bytes = malloc((size_t)st.st_size + 1);
    assert_non_null(bytes);
    assert_int_equal(pread(fd, bytes, (size_t)st.st_size, 0), st.st_size);
    assert_int_equal(close(fd), 0);
    free(path);
    *ret_bytes = (uint64_t)st.st_size;
    return bytes;
}

static void fill_pattern(unsigned char *bytes, uint64_t n, uint64_t offset)
{
    for (uint64_t i = 0; i < n; i++)
        bytes[i] = byte_at(offset + i);
}

/* One after the other, each size written behind the last one, so that the file
 * is whole only if every one arrived in full at its place. */
static void writes_of_every_size_arrive(void **state)
{
    struct fixture *f = *state;
    struct opened file = open_file(f, "out", LIO_OPEN_WRITE | LIO_OPEN_CREATE);
    struct guarded memory[NSIZES];
    struct lio_iovec iov[NSIZES];
    struct lio_op ops[NSIZES];
    int64_t results[NSIZES];
    uint64_t at = 3, bytes;
    unsigned char *whole;

    for (uint32_t i = 0; i < NSIZES; i++) {
        memory[i] = guarded_alloc(sizes[i]);
        fill_pattern(memory[i].bytes, sizes[i], at);
        iov[i] = (struct lio_iovec){ memory[i].bytes, sizes[i] };
        ops[i] = write_op(&file, &iov[i], 1, at);
        at += sizes[i];
    }
    run_ops(f, ops, NSIZES, results);
    for (uint32_t i = 0; i < NSIZES; i++) {
        assert_int_equal(results[i], sizes[i]);
        guarded_free(&memory[i]);
    }
    whole = load(f, "out", &bytes);
    assert_int_equal(bytes, at);
    assert_pattern(whole + 3, bytes - 3, 3);
    assert_memory_equal(whole, "\0\0", 3);
    free(whole);
    close_file(f, &file);
}

static void vectored_writes_take_the_segments_in_order(void **state)
{
    struct fixture *f = *state;
    struct opened file = open_file(f, "out", LIO_OPEN_WRITE | LIO_OPEN_CREATE);
    struct lio_iovec iov[LIO_IOV_MAX];

    for (uint32_t niov = 2; niov <= LIO_IOV_MAX; niov += 31) {
        uint64_t total = cut_segments(iov, niov, NULL), bytes;
        struct guarded memory = guarded_alloc(total);
        unsigned char *whole;
        struct lio_op op;

        fill_pattern(memory.bytes, total, 0);
        (void)cut_segments(iov, niov, memory.bytes);
        op = write_op(&file, iov, niov, 0);
        assert_int_equal(run_op(f, &op), total);
        whole = load(f, "out", &bytes);
        assert_int_equal(bytes, total);
        assert_pattern(whole, bytes, 0);
        free(whole);
        guarded_free(&memory);
    }
    close_file(f, &file);
}

static void what_was_written_and_synced_is_read_back(void **state)
{
    struct fixture *f = *state;
    struct opened file =
        open_file(f, "both", LIO_OPEN_READ | LIO_OPEN_WRITE | LIO_OPEN_CREATE);
    struct guarded memory = guarded_alloc(70000);
    struct lio_iovec iov = { memory.bytes, memory.len };
    struct lio_op op = write_op(&file, &iov, 1, 12345);

    fill_pattern(memory.bytes, memory.len, 12345);
    assert_int_equal(run_op(f, &op), memory.len);
    op = sync_op(&file);
    assert_int_equal(run_op(f, &op), 0);
    memset(memory.bytes, 0, memory.len);
    assert_int_equal(read_at(f, &file, 12345, &memory), memory.len);
    assert_pattern(memory.bytes, memory.len, 12345);
    close_file(f, &file);
    guarded_free(&memory);
}

/* -- refusals ------------------------------------------------------------- */

static void offsets_that_no_file_has_are_invalid(void **state)
{
    static const uint64_t wrong[] = { UINT64_C(1) << 63, UINT64_MAX - 1,
                                      UINT64_MAX };
    struct fixture *f = *state;
    struct guarded memory = guarded_alloc(16);
    struct lio_iovec halves[] = { { memory.bytes, 8 },
                                  { memory.bytes + 8, 8 } };
    struct opened file;

    make_file(f, "data", 4096);
    file = open_file(f, "data", LIO_OPEN_READ | LIO_OPEN_WRITE);
    for (uint32_t i = 0; i < LIO_COUNT(wrong); i++)
        for (uint32_t niov = 1; niov <= 2; niov++) {
            struct lio_op read = read_op(&file, halves, niov, wrong[i]);
            struct lio_op write = write_op(&file, halves, niov, wrong[i]);

            assert_int_equal(run_op(f, &read), -EINVAL);
            assert_int_equal(run_op(f, &write), -EINVAL);
        }
    close_file(f, &file);
    guarded_free(&memory);
}

static void an_unknown_kind_is_invalid_and_hurts_no_other(void **state)
{
    struct fixture *f = *state;
    struct guarded memory = guarded_alloc(5);
    struct lio_iovec iov[5];
    struct lio_op ops[5];
    int64_t results[5];
    struct opened file;

    make_file(f, "data", 4096);
    file = open_file(f, "data", LIO_OPEN_READ);
    for (uint32_t i = 0; i < 5; i++) {
        iov[i] = (struct lio_iovec){ memory.bytes + i, 1 };
        ops[i] = read_op(&file, &iov[i], 1, i);
    }
    ops[1].kind = ops[3].kind = 99;
    run_ops(f, ops, 5, results);
    for (uint32_t i = 0; i < 5; i++)
        assert_int_equal(results[i], i == 1 || i == 3 ? -EINVAL : 1);
    assert_pattern(memory.bytes, 1, 0);
    assert_pattern(memory.bytes + 2, 1, 2);
    assert_pattern(memory.bytes + 4, 1, 4);
    close_file(f, &file);
    guarded_free(&memory);
}

static void a_file_does_only_what_it_was_opened_for(void **state)
{
    struct fixture *f = *state;
    struct guarded memory = guarded_alloc(10);
    struct lio_iovec iov = { memory.bytes, memory.len };
    struct opened readable, writable;
    struct lio_op op;

    make_file(f, "data", 100);
    readable = open_file(f, "data", LIO_OPEN_READ);
    writable = open_file(f, "data", LIO_OPEN_WRITE);
    op = write_op(&readable, &iov, 1, 0);
    assert_int_equal(run_op(f, &op), -EBADF);
    op = read_op(&writable, &iov, 1, 0);
    assert_int_equal(run_op(f, &op), -EBADF);
    close_file(f, &readable);
    close_file(f, &writable);
    guarded_free(&memory);
}

/* -- direct I/O ----------------------------------------------------------- */

static void direct_reads_and_writes_work_when_aligned(void **state)
{
    struct fixture *f = *state;
    struct opened file = open_file(f, "direct",
                                   LIO_OPEN_READ | LIO_OPEN_WRITE |
                                       LIO_OPEN_CREATE | LIO_OPEN_DIRECT);
    uint32_t step = file.info.offset_align;
    struct guarded memory = guarded_alloc(DIRECT_FILE);
    struct lio_iovec iov = { memory.bytes, memory.len };
    struct lio_op op = write_op(&file, &iov, 1, 0);

    assert_true(step > 0 && step <= 4096 && (step & (step - 1)) == 0);
    assert_true(file.info.memory_align > 0 && file.info.memory_align <= 4096);
    fill_pattern(memory.bytes, memory.len, 0);
    assert_int_equal(run_op(f, &op), memory.len);
    if (step < SECTOR)
        step = SECTOR; /* not every byte */
    for (uint32_t at = 0; at < 16 * step; at += step) {
        iov = (struct lio_iovec){ memory.bytes, 3 * step };
        memset(memory.bytes, 0, iov.len);
        op = read_op(&file, &iov, 1, at);
        assert_int_equal(run_op(f, &op), iov.len);
        assert_pattern(memory.bytes, iov.len, at);
    }
    close_file(f, &file);
    guarded_free(&memory);
}

/* What is read of a file's pages and of its edges is one operation. */
static void direct_reads_fill_edges_and_body(void **state)
{
    struct fixture *f = *state;
    struct guarded edges = guarded_alloc(8192), body = guarded_alloc(128 * KIB);
    struct lio_iovec iov[] = { { edges.bytes, 4096 },
                               { body.bytes, 64 * KIB },
                               { edges.bytes + 4096, 4096 } };
    uint64_t bytes = iov[0].len + iov[1].len + iov[2].len;
    struct opened file;

    make_file(f, "data", DIRECT_FILE);
    file = open_file(f, "data", LIO_OPEN_READ | LIO_OPEN_DIRECT);
    for (uint64_t at = 0; at <= 8192; at += 4096) {
        struct lio_op op = read_op(&file, iov, 3, at);

        assert_int_equal(run_op(f, &op), bytes);
        assert_pattern(iov[0].base, iov[0].len, at);
        assert_pattern(iov[1].base, iov[1].len, at + 4096);
        assert_pattern(iov[2].base, iov[2].len, at + bytes - 4096);
    }
    close_file(f, &file);
    guarded_free(&body);
    guarded_free(&edges);
}

/* The file ends within the last segment, which is a page of the file. */
static void direct_reads_stop_where_the_file_ends(void **state)
{
    static const uint32_t ends[] = { 1, 511, 512, 4095 };
    struct fixture *f = *state;
    struct guarded edges = guarded_alloc(8192), body = guarded_alloc(16 * KIB);
    struct lio_iovec iov[] = { { edges.bytes, 4096 },
                               { body.bytes, 16 * KIB },
                               { edges.bytes + 4096, 4096 } };

    for (uint32_t i = 0; i < LIO_COUNT(ends); i++) {
        uint64_t bytes = 20 * KIB + ends[i];
        struct opened file;
        struct lio_op op;

        make_file(f, "data", bytes);
        file = open_file(f, "data", LIO_OPEN_READ | LIO_OPEN_DIRECT);
        op = read_op(&file, iov, 3, 0);
        assert_int_equal(run_op(f, &op), bytes);
        assert_pattern(iov[1].base, iov[1].len, 4096);
        assert_pattern(iov[2].base, ends[i], 20 * KIB);
        close_file(f, &file);
    }
    guarded_free(&body);
    guarded_free(&edges);
}

static void unaligned_direct_reads_are_refused_or_right(void **state)
{
    static const uint32_t starts[] = { 0, 1, 511, 512, 513, 4095, 4096, 4097 };
    static const uint32_t lengths[] = { 1, 100, 511, 512, 513, 4096, 4097 };
    static const uint32_t shifts[] = { 0, 1, 8, 512 };
    struct fixture *f = *state;
    struct guarded memory = guarded_alloc(8192);
    struct opened file;

    make_file(f, "data", DIRECT_FILE);
    file = open_file(f, "data", LIO_OPEN_READ | LIO_OPEN_DIRECT);
    for (uint32_t i = 0; i < LIO_COUNT(starts); i++)
        for (uint32_t j = 0; j < LIO_COUNT(lengths); j++)
            for (uint32_t k = 0; k < LIO_COUNT(shifts); k++) {
                unsigned char *to = memory.bytes + shifts[k];
                struct lio_iovec iov = { to, lengths[j] };
                struct lio_op op = read_op(&file, &iov, 1, starts[i]);
                int64_t n = run_op(f, &op);

                if (n == -EINVAL && file.info.direct)
                    continue;
                assert_int_equal(n, lengths[j]);
                assert_pattern(to, lengths[j], starts[i]);
            }
    close_file(f, &file);
    guarded_free(&memory);
}

int test_backend_data(void)
{
#define X(test)                                                                \
    cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)
    const struct CMUnitTest tests[] = {
        X(reads_of_every_size_and_offset_return_the_bytes),
        X(vectored_reads_fill_the_segments_in_order),
        X(segments_need_not_follow_each_other_in_memory),
        X(reads_at_the_end_are_short_and_past_it_empty),
        X(a_vectored_read_at_the_end_is_short),
        X(reads_of_an_empty_file_are_empty),
        X(reads_see_a_file_that_shrank_and_grew_meanwhile),
        X(writes_of_every_size_arrive),
        X(vectored_writes_take_the_segments_in_order),
        X(what_was_written_and_synced_is_read_back),
        X(offsets_that_no_file_has_are_invalid),
        X(an_unknown_kind_is_invalid_and_hurts_no_other),
        X(a_file_does_only_what_it_was_opened_for),
        X(direct_reads_and_writes_work_when_aligned),
        X(direct_reads_fill_edges_and_body),
        X(direct_reads_stop_where_the_file_ends),
        X(unaligned_direct_reads_are_refused_or_right),
    };
#undef X

    return cmocka_run_group_tests(tests, NULL, NULL);
}
