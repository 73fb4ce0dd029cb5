/*
 * Reading ahead, judged from outside: the bytes are right, what was read ahead
 * is accounted for to the byte, and nobody is harmed by it.
 */
#include <lanceio/lanceio.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/temp_dir.h"

#define KIB        1024u
#define MIB        (1024u * KIB)
#define BLOCK      (64u * KIB)
#define FILE_BYTES (16u * MIB)
#define NTHREADS   4u

struct fixture {
    char *dir, *path;
    struct lio_engine *engine;
    struct lio_file *file;
    unsigned char *buf; /* FILE_BYTES */
};

/* -- a file whose every byte is known ------------------------------------ */

static uint64_t word_at(uint64_t offset)
{
    return (offset / 8 + 1) * 0x9e3779b97f4a7c15u;
}

static void write_file(const char *path, uint64_t bytes)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    for (uint64_t at = 0; at < bytes; at += 8) {
        uint64_t word = word_at(at);

        assert_int_equal(fwrite(&word, sizeof(word), 1, file), 1);
    }
    assert_int_equal(fclose(file), 0);
}

/* Offsets and lengths of the reads here are multiples of 8. */
static bool right(const unsigned char *buf, uint64_t offset, size_t len)
{
    for (size_t i = 0; i < len; i += 8) {
        uint64_t word = word_at(offset + i);

        if (memcmp(buf + i, &word, sizeof(word)) != 0)
            return false;
    }
    return true;
}

static void reads_right(struct fixture *f, uint64_t offset, size_t len)
{
    struct lio_error err;
    size_t got = 0;

    if (lio_read(f->file, f->buf, len, offset, 0, &got, &err) < 0)
        fail_msg("%s", err.msg);
    assert_int_equal(got, len);
    assert_true(right(f->buf, offset, len));
}

/* -- an engine ----------------------------------------------------------- */

/* `settings` are n overrides of the configuration. */
static void open_engine(struct fixture *f, uint32_t flags,
                        const char *const *settings, size_t n)
{
    char dir[512];
    const char *overrides[8] = { dir, "stats.database=off",
                                 "backend.fallback=backend-pread" };
    struct lio_config *config;
    struct lio_error err;

    (void)snprintf(dir, sizeof(dir), "engine.plugin_dir=%s",
                   getenv("LIO_TEST_PLUGINS"));
    for (size_t i = 0; i < n; i++)
        overrides[3 + i] = settings[i];
    if (lio_config_load(NULL, overrides, 3 + n, &config, &err) < 0 ||
        lio_engine_open(config, &f->engine, &err) < 0 ||
        lio_file_open(f->engine, f->path, flags, &f->file, &err) < 0)
        fail_msg("%s", err.msg);
    lio_config_free(config);
}

static void open_with(struct fixture *f, uint32_t flags, const char *backend,
                      const char *more)
{
    char plugin[64];
    const char *settings[] = { plugin, more };

    (void)snprintf(plugin, sizeof(plugin), "backend.plugin=%s", backend);
    open_engine(f, flags, settings, more ? 2 : 1);
}

/* Over a filter, with a setting of it. */
static void open_over(struct fixture *f, const char *filter,
                      const char *setting)
{
    char filters[64];
    const char *settings[] = { filters, setting };

    (void)snprintf(filters, sizeof(filters), "backend.filters=%s", filter);
    open_engine(f, LIO_READ, settings, 2);
}

static void open_plain(struct fixture *f)
{
    open_with(f, LIO_READ, "backend-uring", NULL);
}

static struct lio_engine_stats stats_of(struct fixture *f)
{
    struct lio_engine_stats stats;

    lio_engine_stats(f->engine, &stats);
    return stats;
}

/* Every byte that was read ahead has ended in one way, or not yet. */
static void accounts_add_up(struct fixture *f)
{
    struct lio_engine_stats s = stats_of(f);

    assert_int_equal(s.prefetch_bytes,
                     s.prefetch_used_bytes + s.prefetch_late_bytes +
                         s.prefetch_wasted_bytes + s.prefetch_cancelled_bytes +
                         s.prefetch_unused_bytes);
}

static void close_all(struct fixture *f)
{
    if (f->engine)
        accounts_add_up(f);
    lio_file_close(f->file);
    lio_engine_close(f->engine);
    f->file = NULL;
    f->engine = NULL;
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    if (!f)
        return -1;
    f->dir = temp_dir_make();
    f->buf = malloc(FILE_BYTES);
    if (!f->dir || !f->buf || asprintf(&f->path, "%s/data", f->dir) < 0)
        return -1;
    write_file(f->path, FILE_BYTES);

    (void)unsetenv("LANCEIO_CONFIG");
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    close_all(f);
    temp_dir_remove(f->dir);
    free(f->path);
    free(f->buf);
    free(f);
    return 0;
}

/* -- reading ------------------------------------------------------------- */

static void scan(struct fixture *f, size_t len)
{
    for (uint64_t at = 0; at + len <= FILE_BYTES; at += len)
        reads_right(f, at, len);
}

static void a_scan_is_read_ahead_and_right(void **state)
{
    static const char *const backends[] = { "backend-uring", "backend-pread" };
    static const size_t sizes[] = { BLOCK, 16 * KIB, 4 * KIB, 1000, 3 * BLOCK };

    for (uint32_t b = 0; b < 2; b++)
        for (uint32_t i = 0; i < 5; i++) {
            struct fixture *f = *state;
            struct lio_engine_stats stats;

            open_with(f, LIO_READ, backends[b], NULL);
            scan(f, sizes[i]);
            stats = stats_of(f);
            assert_true(stats.prefetch_bytes >= FILE_BYTES - MIB);
            assert_true(stats.prefetch_used_bytes + stats.prefetch_late_bytes >=
                        FILE_BYTES - MIB);
            /* Each sector was read once, whoever asked for it. */
            assert_true(stats.device_bytes_read <= FILE_BYTES);
            close_all(f);
        }
}

static void direct_reads_are_read_ahead_too(void **state)
{
    struct fixture *f = *state;

    open_with(f, LIO_READ | LIO_DIRECT, "backend-uring", NULL);
    scan(f, BLOCK);
    assert_true(stats_of(f).prefetch_bytes >= FILE_BYTES - MIB);
}

static void the_first_use_is_not_a_hit(void **state)
{
    struct fixture *f = *state;

    open_plain(f);
    scan(f, BLOCK);
    assert_int_equal(stats_of(f).cache_hits, 0);
    assert_int_equal(stats_of(f).cache_misses, FILE_BYTES / 4096);
    scan(f, BLOCK);
    assert_int_equal(stats_of(f).cache_hits, FILE_BYTES / 4096);
}

static void a_strided_scan_reads_only_its_strides(void **state)
{
    struct fixture *f = *state;
    uint64_t nreads = 0;

    open_plain(f);
    for (uint64_t row = 0; row + 4 * BLOCK <= FILE_BYTES;
         row += 4 * BLOCK, nreads++)
        reads_right(f, row, 16 * KIB);
    assert_int_equal(stats_of(f).device_bytes_read, nreads * 16 * KIB);
    assert_true(stats_of(f).prefetch_bytes > nreads * 12 * KIB);
}

static void random_reads_waste_next_to_nothing(void **state)
{
    struct fixture *f = *state;
    struct lio_engine_stats stats;
    uint64_t seed = 1;

    open_with(f, LIO_READ, "backend-uring", "cache.size=4M");
    for (uint32_t n = 0; n < 5000; n++) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        reads_right(f, (seed >> 33) % (FILE_BYTES / 4096) * 4096, 4096);
    }
    stats = stats_of(f);
    assert_true((stats.prefetch_wasted_bytes + stats.prefetch_unused_bytes) *
                    100 <
                stats.bytes_read);
}

static void nothing_is_read_ahead_if_that_is_off(void **state)
{
    static const char *const off[] = { "prefetch.plugin=none",
                                       "prefetch.max_bytes=0",
                                       "cache.plugin=none" };

    for (uint32_t i = 0; i < 3; i++) {
        struct fixture *f = *state;

        open_with(f, LIO_READ, "backend-uring", off[i]);
        scan(f, BLOCK);
        assert_int_equal(stats_of(f).prefetches, 0);
        close_all(f);
    }
}

/* -- memory -------------------------------------------------------------- */

static void no_more_is_ahead_than_allowed(void **state)
{
    struct fixture *f = *state;

    open_with(f, LIO_READ, "backend-uring", "prefetch.max_bytes=256K");
    for (uint64_t at = 0; at < FILE_BYTES; at += BLOCK) {
        reads_right(f, at, BLOCK);
        /* The block that reaches the limit is the last. */
        assert_true(stats_of(f).prefetch_unused_bytes < 256 * KIB + BLOCK);
    }
}

static void a_tiny_cache_is_no_danger(void **state)
{
    static const char *const sizes[] = { "cache.size=192K", "cache.size=320K",
                                         "cache.size=1M" };

    for (uint32_t i = 0; i < 3; i++) {
        struct fixture *f = *state;

        open_with(f, LIO_READ, "backend-uring", sizes[i]);
        scan(f, BLOCK);
        scan(f, 16 * KIB);
        close_all(f);
    }
}

/* Streams that nobody goes on with leave blocks behind; these are given up in
 * the end, and do not keep others from being read ahead. */
static void leavings_do_not_use_up_the_limit(void **state)
{
    struct fixture *f = *state;
    uint64_t before;

    open_with(f, LIO_READ, "backend-uring", "prefetch.max_bytes=512K");
    for (uint64_t i = 0; i < 8; i++)
        for (uint64_t n = 0; n < 4; n++)
            reads_right(f, i * MIB + n * BLOCK, BLOCK);
    before = stats_of(f).prefetch_used_bytes;
    for (uint64_t at = 8 * MIB; at < FILE_BYTES; at += BLOCK)
        reads_right(f, at, BLOCK);
    assert_true(stats_of(f).prefetch_used_bytes - before > 4 * MIB);
}

static void what_nobody_came_for_is_wasted(void **state)
{
    struct fixture *f = *state;
    struct lio_engine_stats stats;

    open_with(f, LIO_READ, "backend-uring", "cache.size=1M");
    reads_right(f, 0, BLOCK);
    reads_right(f, BLOCK, BLOCK);
    for (uint64_t at = 4 * MIB; at < FILE_BYTES; at += 2 * BLOCK + 8)
        reads_right(f, at, BLOCK);
    stats = stats_of(f);
    assert_true(stats.prefetch_wasted_bytes > 0);
}

/* -- changes ------------------------------------------------------------- */

static void a_file_may_be_truncated_meanwhile(void **state)
{
    struct fixture *f = *state;
    struct lio_error err;
    size_t got = 1;

    open_plain(f);
    for (uint64_t at = 0; at < 2 * MIB; at += BLOCK)
        reads_right(f, at, BLOCK);
    assert_int_equal(truncate(f->path, 5 * MIB + 100), 0);
    for (uint64_t at = 2 * MIB; at < FILE_BYTES && got > 0; at += BLOCK) {
        assert_int_equal(lio_read(f->file, f->buf, BLOCK, at, 0, &got, &err),
                         0);
        assert_true(right(f->buf, at, got & ~7u));
    }
}

/* One block cannot be read.  What is read ahead of it, together with its
 * neighbours, fails too, and only who asks for that block is told. */
static void errors_of_reading_ahead_reach_nobody_else(void **state)
{
    struct fixture *f = *state;
    struct lio_plan_range all = { 0, FILE_BYTES };
    struct lio_error err;
    char rules[128];

    (void)snprintf(rules, sizeof(rules),
                   "filter-fault.rules=read:range=%u-%u:errno=EIO", 8 * MIB,
                   8 * MIB + BLOCK - 1);
    open_over(f, "filter-fault", rules);
    assert_int_equal(lio_file_plan(f->file, &all, 1, NULL), 0);
    for (uint64_t at = 0; at < FILE_BYTES; at += BLOCK)
        if (at != 8 * MIB)
            reads_right(f, at, BLOCK);
        else
            assert_int_equal(
                lio_read(f->file, f->buf, BLOCK, at, LIO_EXACT, NULL, &err),
                LIO_EIO);
    /* An operation ahead has four blocks of a plan. */
    assert_true(stats_of(f).prefetch_cancelled_bytes >= 2 * BLOCK);
    assert_true(stats_of(f).prefetch_used_bytes > FILE_BYTES / 2);
}

/* A device that takes 5 ms: the reader comes too early, joins what is on its
 * way, and the distance grows until it does not wait any more. */
static void a_slow_device_is_read_far_ahead_of(void **state)
{
    struct fixture *f = *state;
    struct lio_engine_stats stats;

    open_over(f, "filter-throttle", "filter-throttle.latency=5ms");
    scan(f, BLOCK);
    stats = stats_of(f);
    assert_true(stats.prefetch_late_bytes > 0);
    assert_true(stats.prefetch_used_bytes > FILE_BYTES / 2);
    assert_true(stats.device_bytes_read <= FILE_BYTES);
}

static void the_end_of_the_file_is_no_error(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(truncate(f->path, 3 * MIB + 5 * KIB + 8), 0);
    open_plain(f);
    for (uint64_t at = 0; at < 3 * MIB; at += BLOCK)
        reads_right(f, at, BLOCK);
    reads_right(f, 3 * MIB, 5 * KIB + 8);
    assert_int_equal(stats_of(f).prefetch_cancelled_bytes, 0);
}

static void a_write_is_seen_by_what_comes_after(void **state)
{
    struct fixture *f = *state;
    struct lio_error err;
    unsigned char *fresh = calloc(1, BLOCK);

    assert_non_null(fresh);
    open_with(f, LIO_READ | LIO_WRITE, "backend-uring", NULL);
    for (uint64_t at = 0; at < 4 * MIB; at += 2 * BLOCK) {
        reads_right(f, at, BLOCK);
        /* The next one has been read ahead by now. */
        assert_int_equal(lio_write(f->file, fresh, BLOCK, at + BLOCK, &err), 0);
        assert_int_equal(
            lio_read(f->file, f->buf, BLOCK, at + BLOCK, LIO_EXACT, NULL, &err),
            0);
        assert_memory_equal(f->buf, fresh, BLOCK);
    }
    free(fresh);
}

static void a_file_may_be_closed_with_reads_under_way(void **state)
{
    struct fixture *f = *state;

    open_plain(f);
    for (uint32_t n = 0; n < 50; n++) {
        struct lio_error err;

        reads_right(f, n * 4 * BLOCK, BLOCK);
        reads_right(f, n * 4 * BLOCK + BLOCK, BLOCK);
        lio_file_close(f->file);
        assert_int_equal(
            lio_file_open(f->engine, f->path, LIO_READ, &f->file, &err), 0);
    }
}

static void a_child_can_close_what_its_parent_reads_ahead(void **state)
{
    struct fixture *f = *state;
    int status;
    pid_t child;

    open_plain(f);
    for (uint64_t at = 0; at < MIB; at += BLOCK)
        reads_right(f, at, BLOCK);
    child = fork();
    if (child == 0) {
        struct lio_plan_range range = { 0, MIB };
        int rc = lio_file_plan(f->file, &range, 1, NULL);

        lio_file_close(f->file);
        lio_engine_close(f->engine);
        _exit(rc == LIO_ECLOSED ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    for (uint64_t at = MIB; at < FILE_BYTES; at += BLOCK)
        reads_right(f, at, BLOCK);
}

/* -- plans --------------------------------------------------------------- */

static void a_plan_is_read_ahead_in_its_order(void **state)
{
    struct fixture *f = *state;
    struct lio_plan_range ranges[128];
    struct lio_engine_stats stats;

    open_plain(f);
    for (uint64_t i = 0; i < 128; i++)
        ranges[i] = (struct lio_plan_range){ i * 37 % 128 * 2 * BLOCK, BLOCK };
    assert_int_equal(lio_file_plan(f->file, ranges, 128, NULL), 0);
    for (uint64_t i = 0; i < 128; i++)
        reads_right(f, ranges[i].offset, BLOCK);
    stats = stats_of(f);
    assert_int_equal(stats.prefetch_bytes, 128 * BLOCK);
    assert_int_equal(stats.prefetch_used_bytes + stats.prefetch_late_bytes,
                     128 * BLOCK);
    assert_int_equal(stats.device_bytes_read, 128 * BLOCK);
}

static void a_plan_goes_on_as_its_reader_does(void **state)
{
    struct fixture *f = *state;
    struct lio_plan_range all = { 0, FILE_BYTES };

    open_with(f, LIO_READ, "backend-uring", "prefetch.max_bytes=1M");
    assert_int_equal(lio_file_plan(f->file, &all, 1, NULL), 0);
    assert_true(stats_of(f).prefetch_bytes <= MIB);
    scan(f, BLOCK);
    assert_int_equal(stats_of(f).prefetch_bytes, FILE_BYTES);
}

static void a_plan_may_be_wrong(void **state)
{
    struct fixture *f = *state;
    struct lio_plan_range ranges[] = {
        { FILE_BYTES - 100, 2 * MIB },
        { FILE_BYTES + MIB, MIB },
        { UINT64_MAX - 10, 100 },
        { 100, UINT64_MAX },
        { INT64_MAX, 1 },
        { 5, 0 },
        { 3, 10 },
    };

    open_plain(f);
    assert_int_equal(lio_file_plan(f->file, ranges, 7, NULL), 0);
    scan(f, BLOCK);
    assert_int_equal(stats_of(f).device_bytes_read, FILE_BYTES);
}

static void a_plan_can_be_taken_back(void **state)
{
    struct fixture *f = *state;
    struct lio_plan_range all = { 0, FILE_BYTES };

    open_with(f, LIO_READ, "backend-uring", "prefetch.max_bytes=1M");
    assert_int_equal(lio_file_plan(f->file, &all, 1, NULL), 0);
    assert_int_equal(lio_file_plan(f->file, NULL, 0, NULL), 0);
    reads_right(f, 8 * MIB, BLOCK);
    assert_true(stats_of(f).prefetch_bytes <= MIB);
}

static void a_plan_is_for_readers(void **state)
{
    struct fixture *f = *state;
    struct lio_plan_range all = { 0, FILE_BYTES };
    struct lio_error err;

    open_with(f, LIO_WRITE, "backend-uring", NULL);
    assert_int_equal(lio_file_plan(f->file, &all, 1, &err), LIO_EINVAL);
}

static void without_a_cache_a_plan_does_nothing(void **state)
{
    struct fixture *f = *state;
    struct lio_plan_range all = { 0, FILE_BYTES };

    open_with(f, LIO_READ, "backend-uring", "cache.plugin=none");
    assert_int_equal(lio_file_plan(f->file, &all, 1, NULL), 0);
    scan(f, BLOCK);
    assert_int_equal(stats_of(f).prefetches, 0);
}

/* -- many ---------------------------------------------------------------- */

struct reader {
    struct fixture *f;
    uint64_t first, step; /* blocks */
    uint32_t flags;
    bool ok;
};

static void *read_all(void *arg)
{
    struct reader *reader = arg;
    unsigned char *buf = malloc(BLOCK);
    struct lio_error err;

    reader->ok = buf != NULL;
    for (uint64_t b = reader->first; reader->ok && b < FILE_BYTES / BLOCK;
         b += reader->step) {
        size_t got = 0;

        reader->ok = lio_read(reader->f->file, buf, BLOCK, b * BLOCK, LIO_EXACT,
                              &got, &err) == 0 &&
                     right(buf, b * BLOCK, BLOCK);
    }
    free(buf);
    return NULL;
}

/* Each thread reads all of the file, or all read one file together. */
static void play_threads(struct fixture *f, bool together)
{
    struct reader readers[NTHREADS];
    pthread_t threads[NTHREADS];

    for (uint32_t i = 0; i < NTHREADS; i++) {
        readers[i] = (struct reader){ .f = f,
                                      .first = together ? i : i * 7,
                                      .step = together ? NTHREADS : 1 };
        assert_int_equal(
            pthread_create(&threads[i], NULL, read_all, &readers[i]), 0);
    }
    for (uint32_t i = 0; i < NTHREADS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_true(readers[i].ok);
    }
}

static void threads_may_read_side_by_side(void **state)
{
    static const char *const settings[] = { "cache.size=2M", "cache.size=64M",
                                            "engine.lanes=1",
                                            "backend.plugin=backend-pread" };

    for (uint32_t i = 0; i < 4; i++) {
        struct fixture *f = *state;

        open_with(f, LIO_READ, "backend-uring", settings[i]);
        play_threads(f, false);
        accounts_add_up(f);
        play_threads(f, true);
        close_all(f);
    }
}

static void a_queue_of_requests_is_read_ahead_of(void **state)
{
    enum { DEPTH = 4 };
    struct fixture *f = *state;
    struct lio_result results[DEPTH];
    uint64_t next = 0, ndone = 0;
    struct lio_cq *queue;
    struct lio_error err;
    uint32_t flying = 0;

    open_plain(f);
    assert_int_equal(lio_cq_open(f->engine, &queue, &err), 0);
    while (ndone < FILE_BYTES / BLOCK) {
        int n;

        for (; flying < DEPTH && next < FILE_BYTES / BLOCK; next++, flying++) {
            struct lio_request request = {
                .file = f->file,
                .kind = LIO_REQUEST_READ,
                .flags = LIO_EXACT | LIO_STAGE,
                .offset = next * BLOCK,
                .length = BLOCK,
                .buf = f->buf + next * BLOCK,
                .queue = queue,
            };

            assert_int_equal(lio_submit(f->engine, &request, 1, NULL, &err), 0);
        }
        n = lio_cq_wait(queue, results, DEPTH, 1, -1);
        assert_true(n > 0);
        for (int i = 0; i < n; i++)
            assert_int_equal(results[i].code, 0);
        flying -= (uint32_t)n;
        ndone += (uint64_t)n;
    }
    assert_true(right(f->buf, 0, FILE_BYTES));
    assert_true(stats_of(f).prefetch_bytes > FILE_BYTES / 2);
    lio_cq_close(queue);
}

static void views_are_read_ahead_of(void **state)
{
    struct fixture *f = *state;

    open_plain(f);
    for (uint64_t at = 0; at < FILE_BYTES; at += BLOCK) {
        struct lio_view *view;
        struct lio_error err;

        assert_int_equal(lio_read_view(f->file, BLOCK, at, 0, &view, &err), 0);
        assert_int_equal(view->bytes, BLOCK);
        assert_true(right(view->segments[0].base, at, view->segments[0].len));
        lio_view_put(view);
    }
    assert_true(stats_of(f).prefetch_bytes >= FILE_BYTES - MIB);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_scan_is_read_ahead_and_right),
        TEST(direct_reads_are_read_ahead_too),
        TEST(the_first_use_is_not_a_hit),
        TEST(a_strided_scan_reads_only_its_strides),
        TEST(random_reads_waste_next_to_nothing),
        TEST(nothing_is_read_ahead_if_that_is_off),
        TEST(no_more_is_ahead_than_allowed),
        TEST(a_tiny_cache_is_no_danger),
        TEST(leavings_do_not_use_up_the_limit),
        TEST(what_nobody_came_for_is_wasted),
        TEST(a_file_may_be_truncated_meanwhile),
        TEST(errors_of_reading_ahead_reach_nobody_else),
        TEST(a_slow_device_is_read_far_ahead_of),
        TEST(the_end_of_the_file_is_no_error),
        TEST(a_write_is_seen_by_what_comes_after),
        TEST(a_file_may_be_closed_with_reads_under_way),
        TEST(a_child_can_close_what_its_parent_reads_ahead),
        TEST(a_plan_is_read_ahead_in_its_order),
        TEST(a_plan_goes_on_as_its_reader_does),
        TEST(a_plan_may_be_wrong),
        TEST(a_plan_can_be_taken_back),
        TEST(a_plan_is_for_readers),
        TEST(without_a_cache_a_plan_does_nothing),
        TEST(threads_may_read_side_by_side),
        TEST(a_queue_of_requests_is_read_ahead_of),
        TEST(views_are_read_ahead_of),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
