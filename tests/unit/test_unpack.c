/*
 * Compressed buffers in parts: made in order, whoever asks, and held to what
 * they say of themselves.
 */
#include "column/compress.h"
#include "column/pool.h"
#include "column/unpack.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <setjmp.h>
#include <cmocka.h>
#include <lz4.h>
#include <pthread.h>
#include <zstd.h>

#define PLAIN  ((size_t)1 << 20)
#define ROOM   (PLAIN * 2)
#define BEFORE 13u /* bytes of the file before the buffer */
#define PART   ((size_t)30000)

struct fixture {
    uint8_t *plain;
    uint8_t *file;
    size_t bytes; /* of the buffer in the file */
    struct lio_pool *pool;
    struct lio_source *source;
    struct lio_unpack *unpack;
    struct lio_error err;
};

/* Not so regular that it is stored in less than two pieces. */
static uint8_t byte_at(size_t i)
{
    return (uint8_t)((i * UINT64_C(0x9e3779b97f4a7c15)) >> 40 & 0x3f);
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    if (!f)
        return -1;
    f->plain = malloc(PLAIN);
    f->file = malloc(ROOM);
    f->pool = lio_pool_new(0);
    for (size_t i = 0; i < PLAIN; i++)
        f->plain[i] = i % 3 == 0 ? 'x' : byte_at(i);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    struct lio_pool_use use;

    lio_unpack_put(f->unpack);
    lio_source_close(f->source);
    lio_pool_use(f->pool, &use);
    lio_pool_close(f->pool);
    free(f->plain);
    free(f->file);
    free(f);
    return use.bytes == 0 ? 0 : -1;
}

static void open_buffer(struct fixture *f, uint32_t scheme)
{
    struct lio_unpack_buffer buffer = { .offset = BEFORE,
                                        .bytes = f->bytes,
                                        .scheme = scheme,
                                        .window_max = UINT64_C(1) << 30,
                                        .pool = f->pool,
                                        .file = "file.lance",
                                        .column = "c",
                                        .page = 7 };

    assert_int_equal(lio_source_over("file.lance", f->file, BEFORE + f->bytes,
                                     &f->source, NULL),
                     0);
    buffer.source = f->source;
    f->unpack = lio_unpack_new(&buffer);
    assert_non_null(f->unpack);
    assert_int_equal(lio_unpack_start(f->unpack, NULL), 0);
}

/* The plain bytes as the format has them, by either scheme. */
static void pack(struct fixture *f, uint32_t scheme)
{
    uint8_t *to = f->file + BEFORE;
    uint64_t plain = PLAIN;

    if (scheme == LIO_SCHEME_LZ4) {
        memcpy(to, &plain, 4);
        f->bytes = 4 + (size_t)LZ4_compress_default((const char *)f->plain,
                                                    (char *)to + 4, PLAIN,
                                                    ROOM - BEFORE - 4);
    } else {
        memcpy(to, &plain, 8);
        f->bytes =
            8 + ZSTD_compress(to + 8, ROOM - BEFORE - 8, f->plain, PLAIN, 1);
    }
}

static void open_packed(struct fixture *f, uint32_t scheme)
{
    uint64_t bytes = 0;

    pack(f, scheme);
    open_buffer(f, scheme);
    assert_int_equal(lio_unpack_bytes(f->unpack, &bytes, &f->err), 0);
    assert_int_equal(bytes, PLAIN);
}

struct wanted {
    struct lio_unpack_part *part;
    struct lio_mem *mem;
    size_t at;
};

static struct wanted want(struct fixture *f, size_t at, size_t bytes)
{
    struct wanted wanted = { .mem = lio_mem_new(bytes), .at = at };

    assert_int_equal(lio_unpack_want(f->unpack, at, wanted.mem, &wanted.part),
                     0);
    return wanted;
}

static void give_up(struct wanted *wanted)
{
    lio_unpack_forget(wanted->part);
    lio_mem_put(wanted->mem);
}

static void check_made(struct fixture *f, struct wanted *wanted)
{
    assert_int_equal(lio_unpack_make(wanted->part, &f->err), 0);
    assert_memory_equal(wanted->mem->data, f->plain + wanted->at,
                        wanted->mem->bytes);
    give_up(wanted);
}

static void check_refused(struct fixture *f, struct wanted *wanted, int code,
                          const char *words)
{
    static const char where[] = "file.lance: column 'c', page 7: ";

    assert_int_equal(lio_unpack_make(wanted->part, &f->err), code);
    assert_memory_equal(f->err.msg, where, strlen(where));
    if (!strstr(f->err.msg, words))
        fail_msg("'%s' does not say '%s'", f->err.msg, words);
    give_up(wanted);
}

static void in_order(struct fixture *f, uint32_t scheme)
{
    open_packed(f, scheme);
    for (size_t at = 0; at < PLAIN; at += PART) {
        struct wanted wanted =
            want(f, at, PLAIN - at < PART ? PLAIN - at : PART);

        check_made(f, &wanted);
    }
}

static void parts_of_lz4_are_what_was_compressed(void **state)
{
    in_order(*state, LIO_SCHEME_LZ4);
}

static void parts_of_zstd_are_what_was_compressed(void **state)
{
    in_order(*state, LIO_SCHEME_ZSTD);
}

static void a_bare_frame_says_its_size_itself(void **state)
{
    struct fixture *f = *state;
    uint64_t bytes = 0;
    struct wanted all;

    f->bytes =
        ZSTD_compress(f->file + BEFORE, ROOM - BEFORE, f->plain, PLAIN, 1);
    open_buffer(f, LIO_SCHEME_ZSTD);
    assert_int_equal(lio_unpack_bytes(f->unpack, &bytes, &f->err), 0);
    assert_int_equal(bytes, PLAIN);
    all = want(f, 0, PLAIN);
    check_made(f, &all);
}

static void what_is_not_wanted_is_passed_over(void **state)
{
    struct wanted first, second;

    open_packed(*state, LIO_SCHEME_ZSTD);
    first = want(*state, 100000, 10);
    second = want(*state, PLAIN - 5, 5);
    check_made(*state, &second);
    check_made(*state, &first);
}

static void the_last_of_many_makes_those_before_it(void **state)
{
    struct wanted wanted[5];

    open_packed(*state, LIO_SCHEME_LZ4);
    for (size_t i = 0; i < 5; i++)
        wanted[i] = want(*state, i * PART, PART);
    for (size_t i = 5; i-- > 0;)
        check_made(*state, &wanted[i]);
}

static void parts_given_up_leave_the_others(void **state)
{
    struct wanted wanted[5];

    open_packed(*state, LIO_SCHEME_LZ4);
    for (size_t i = 0; i < 5; i++)
        wanted[i] = want(*state, i * PART, PART);
    give_up(&wanted[0]);
    give_up(&wanted[4]);
    give_up(&wanted[2]);
    check_made(*state, &wanted[3]);
    check_made(*state, &wanted[1]);
    wanted[0] = want(*state, 5 * PART, PART);
    check_made(*state, &wanted[0]);
}

/* As windows of rows of a few bits do, which begin with a whole byte. */
static void a_part_may_begin_in_the_one_before(void **state)
{
    struct wanted first, second, third;

    open_packed(*state, LIO_SCHEME_ZSTD);
    first = want(*state, 50, 100);
    second = want(*state, 149, 100);
    check_made(*state, &first);
    check_made(*state, &second);
    third = want(*state, 200, 10);
    check_made(*state, &third);
}

/* Which no sound file has. */
static void a_part_may_lie_in_the_one_before(void **state)
{
    struct wanted first, second, third;

    open_packed(*state, LIO_SCHEME_ZSTD);
    first = want(*state, 50, 100);
    second = want(*state, 60, 10);
    third = want(*state, 65, 200);
    check_made(*state, &first);
    check_made(*state, &second);
    check_made(*state, &third);
}

static void a_part_before_that_is_refused(void **state)
{
    struct wanted first, second;

    open_packed(*state, LIO_SCHEME_ZSTD);
    first = want(*state, 50, 100);
    second = want(*state, 49, 100);
    check_made(*state, &first);
    check_refused(*state, &second, LIO_ECORRUPT, "do not follow");
}

struct task {
    pthread_t thread;
    struct lio_unpack_part *part;
    int code;
};

static void *make(void *user)
{
    struct task *task = user;

    task->code = lio_unpack_make(task->part, NULL);
    return NULL;
}

static void threads_make_parts_for_each_other(void **state)
{
    enum { TASKS = 8 };
    struct fixture *f = *state;
    struct wanted wanted[TASKS];
    struct task tasks[TASKS];

    open_packed(f, LIO_SCHEME_LZ4);
    for (size_t i = 0; i < TASKS; i++)
        wanted[i] = want(f, i * 2 * PART, PART);
    for (size_t i = 0; i < TASKS; i++) {
        tasks[i] = (struct task){ .part = wanted[i].part };
        assert_int_equal(
            pthread_create(&tasks[i].thread, NULL, make, &tasks[i]), 0);
    }
    for (size_t i = TASKS; i-- > 0;) {
        assert_int_equal(pthread_join(tasks[i].thread, NULL), 0);
        assert_int_equal(tasks[i].code, 0);
        check_made(f, &wanted[i]);
    }
}

/* -- hostile ------------------------------------------------------------- */

/* Claim another size; false if that is found before anything is made. */
static bool claim(struct fixture *f, uint32_t scheme, uint64_t bytes)
{
    uint64_t said;

    pack(f, scheme);
    memcpy(f->file + BEFORE, &bytes, scheme == LIO_SCHEME_LZ4 ? 4 : 8);
    open_buffer(f, scheme);
    return lio_unpack_bytes(f->unpack, &said, &f->err) == 0;
}

static void a_size_that_cannot_be_is_refused_at_once_lz4(void **state)
{
    struct fixture *f = *state;

    assert_false(claim(f, LIO_SCHEME_LZ4, INT32_MAX));
    assert_non_null(strstr(f->err.msg, "cannot hold"));
}

static void a_size_that_cannot_be_is_refused_at_once_zstd(void **state)
{
    struct fixture *f = *state;

    assert_false(claim(f, LIO_SCHEME_ZSTD, UINT64_C(1) << 40));
    assert_non_null(strstr(f->err.msg, "cannot hold"));
}

static void lz4_that_holds_less_is_found_at_the_end(void **state)
{
    struct fixture *f = *state;
    struct wanted some, all, after;

    assert_true(claim(f, LIO_SCHEME_LZ4, PLAIN + 1));
    some = want(f, 0, PART);
    all = want(f, PART, PLAIN + 1 - PART);
    after = want(f, PLAIN, 1);
    check_made(f, &some);
    check_refused(f, &all, LIO_ECORRUPT, "less than");
    check_refused(f, &after, LIO_ECORRUPT, "less than");
}

static void lz4_that_holds_more_is_found_at_the_end(void **state)
{
    struct fixture *f = *state;
    struct wanted all;

    assert_true(claim(f, LIO_SCHEME_LZ4, PLAIN - 1));
    all = want(f, 0, PLAIN - 1);
    check_refused(f, &all, LIO_ECORRUPT, "are not decompressed to");
}

static void zstd_that_says_another_size_is_found_at_once(void **state)
{
    struct fixture *f = *state;

    assert_false(claim(f, LIO_SCHEME_ZSTD, PLAIN + 1));
    assert_non_null(strstr(f->err.msg, "are due"));
}

/* A frame that does not say its size, as streams of zstd make it. */
static void pack_stream(struct fixture *f, uint64_t claimed, int window_log)
{
    ZSTD_CCtx *zstd = ZSTD_createCCtx();
    uint8_t *to = f->file + BEFORE;
    ZSTD_outBuffer out = { to + 8, ROOM - BEFORE - 8, 0 };
    ZSTD_inBuffer in = { f->plain, PLAIN, 0 };

    memcpy(to, &claimed, 8);
    (void)ZSTD_CCtx_setParameter(zstd, ZSTD_c_windowLog, window_log);
    (void)ZSTD_CCtx_setParameter(zstd, ZSTD_c_contentSizeFlag, 0);
    while (ZSTD_compressStream2(zstd, &out, &in, ZSTD_e_continue) != 0 ||
           in.pos < in.size)
        continue;
    assert_int_equal(ZSTD_compressStream2(zstd, &out, &in, ZSTD_e_end), 0);
    ZSTD_freeCCtx(zstd);
    f->bytes = 8 + out.pos;
}

static void claim_of_stream(struct fixture *f, uint64_t claimed,
                            const char *words)
{
    struct wanted all;
    uint64_t bytes;

    pack_stream(f, claimed, 20);
    open_buffer(f, LIO_SCHEME_ZSTD);
    assert_int_equal(lio_unpack_bytes(f->unpack, &bytes, &f->err), 0);
    all = want(f, 0, claimed);
    check_refused(f, &all, LIO_ECORRUPT, words);
}

static void zstd_that_holds_less_is_found_at_the_end(void **state)
{
    claim_of_stream(*state, PLAIN + 1, "less than");
}

static void zstd_that_holds_more_is_found_at_the_end(void **state)
{
    claim_of_stream(*state, PLAIN - 1, "are not decompressed to");
}

/* Of 128 MiB, for a MiB. */
static void a_window_is_no_larger_than_what_it_is_for(void **state)
{
    struct fixture *f = *state;
    struct lio_pool_use use;
    uint64_t bytes;
    struct wanted all;

    pack_stream(f, PLAIN, 27);
    open_buffer(f, LIO_SCHEME_ZSTD);
    assert_int_equal(lio_unpack_bytes(f->unpack, &bytes, &f->err), 0);
    all = want(f, 0, PLAIN / 2);
    check_made(f, &all);
    lio_pool_use(f->pool, &use);
    assert_true(use.bytes < 4 * PLAIN);
    all = want(f, PLAIN / 2, PLAIN / 2);
    check_made(f, &all);
}

static void parts_outside_are_refused(void **state)
{
    struct wanted outside;

    open_packed(*state, LIO_SCHEME_LZ4);
    outside = want(*state, PLAIN - 1, 2);
    check_refused(*state, &outside, LIO_ECORRUPT, "do not follow");
}

static void cut_short(struct fixture *f, uint32_t scheme, const char *words)
{
    struct wanted all;
    uint64_t bytes;

    pack(f, scheme);
    f->bytes -= 100;
    open_buffer(f, scheme);
    assert_int_equal(lio_unpack_bytes(f->unpack, &bytes, &f->err), 0);
    all = want(f, 0, PLAIN);
    check_refused(f, &all, LIO_ECORRUPT, words);
}

static void blocks_cut_short_are_refused_lz4(void **state)
{
    cut_short(*state, LIO_SCHEME_LZ4, "less than");
}

static void blocks_cut_short_are_refused_zstd(void **state)
{
    cut_short(*state, LIO_SCHEME_ZSTD, "less than");
}

static void garbage_behind(struct fixture *f, uint32_t scheme,
                           const char *words)
{
    struct wanted all;
    uint64_t bytes;

    pack(f, scheme);
    memset(f->file + BEFORE + f->bytes, 0x11, 100);
    f->bytes += 100;
    open_buffer(f, scheme);
    assert_int_equal(lio_unpack_bytes(f->unpack, &bytes, &f->err), 0);
    all = want(f, 0, PLAIN);
    check_refused(f, &all, LIO_ECORRUPT, words);
}

static void garbage_behind_is_refused_lz4(void **state)
{
    garbage_behind(*state, LIO_SCHEME_LZ4, "are not decompressed to");
}

static void garbage_behind_is_refused_zstd(void **state)
{
    garbage_behind(*state, LIO_SCHEME_ZSTD, "more bytes behind");
}

static void a_window_larger_than_may_be_is_refused(void **state)
{
    /* One segment of 256 MiB, in a last block that is a single byte's run. */
    static const uint8_t frame[] = { 0x28, 0xb5, 0x2f, 0xfd, 0xa0, 0x00, 0x00,
                                     0x00, 0x10, 0x03, 0x00, 0x10, 0x00 };
    struct fixture *f = *state;
    uint64_t claimed = UINT64_C(1) << 28, bytes;
    struct wanted all;

    memcpy(f->file + BEFORE, &claimed, 8);
    memset(f->file + BEFORE + 8, 0, 100000);
    memcpy(f->file + BEFORE + 8, frame, sizeof(frame));
    f->bytes = 8 + 100000;
    open_buffer(f, LIO_SCHEME_ZSTD);
    assert_int_equal(lio_unpack_bytes(f->unpack, &bytes, &f->err), 0);
    all = want(f, 0, 1);
    check_refused(f, &all, LIO_EUNSUPPORTED, "128 MiB");
}

static void buffers_without_a_head_are_refused(void **state)
{
    struct fixture *f = *state;
    uint64_t bytes;

    f->bytes = 0;
    open_buffer(f, LIO_SCHEME_LZ4);
    assert_int_equal(lio_unpack_bytes(f->unpack, &bytes, &f->err),
                     LIO_ECORRUPT);
    assert_non_null(strstr(f->err.msg, "of 0 bytes"));
}

#define UNPACK_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNPACK_TEST(parts_of_lz4_are_what_was_compressed),
        UNPACK_TEST(parts_of_zstd_are_what_was_compressed),
        UNPACK_TEST(a_bare_frame_says_its_size_itself),
        UNPACK_TEST(what_is_not_wanted_is_passed_over),
        UNPACK_TEST(the_last_of_many_makes_those_before_it),
        UNPACK_TEST(parts_given_up_leave_the_others),
        UNPACK_TEST(a_part_may_begin_in_the_one_before),
        UNPACK_TEST(a_part_may_lie_in_the_one_before),
        UNPACK_TEST(a_part_before_that_is_refused),
        UNPACK_TEST(threads_make_parts_for_each_other),
        UNPACK_TEST(a_size_that_cannot_be_is_refused_at_once_lz4),
        UNPACK_TEST(a_size_that_cannot_be_is_refused_at_once_zstd),
        UNPACK_TEST(lz4_that_holds_less_is_found_at_the_end),
        UNPACK_TEST(lz4_that_holds_more_is_found_at_the_end),
        UNPACK_TEST(zstd_that_says_another_size_is_found_at_once),
        UNPACK_TEST(zstd_that_holds_less_is_found_at_the_end),
        UNPACK_TEST(zstd_that_holds_more_is_found_at_the_end),
        UNPACK_TEST(a_window_is_no_larger_than_what_it_is_for),
        UNPACK_TEST(parts_outside_are_refused),
        UNPACK_TEST(blocks_cut_short_are_refused_lz4),
        UNPACK_TEST(blocks_cut_short_are_refused_zstd),
        UNPACK_TEST(garbage_behind_is_refused_lz4),
        UNPACK_TEST(garbage_behind_is_refused_zstd),
        UNPACK_TEST(a_window_larger_than_may_be_is_refused),
        UNPACK_TEST(buffers_without_a_head_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
