/* Synchronous calls: what is read is what is in the file, whatever the size,
 * the place, the cache, and what happens to the file meanwhile. */
#include "fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_BYTES (10 * MIB + 1234u)

static const size_t sizes[] = {
    0,     1,     511,   512,     513, 4095,    4096,         4097,
    65535, 65536, 65537, MIB - 1, MIB, MIB + 1, 3 * MIB + 17, 10 * MIB,
};

static const uint64_t offsets[] = {
    0,
    1,
    4095,
    4096,
    4097,
    65535,
    65536,
    65537,
    1000003,
    FILE_BYTES - MIB,
    FILE_BYTES - 4096,
    FILE_BYTES - 1,
    FILE_BYTES,
    FILE_BYTES + 1,
    20 * MIB,
};

/* Read, and check count and bytes against a file of `file_bytes`. */
static void read_like_pread(struct lio_file *file, char *buf, size_t len,
                            uint64_t offset, uint32_t flags,
                            uint64_t file_bytes)
{
    uint64_t there = offset < file_bytes ? file_bytes - offset : 0;
    size_t expected = len < there ? len : there, got = SIZE_MAX;
    struct lio_error err;

    buf[len] = 'x'; /* not ours to touch; buf has room for it */
    if (lio_read(file, buf, len, offset, flags, &got, &err) < 0)
        fail_msg("%s", err.msg);
    assert_int_equal(got, expected);
    assert_int_equal(buf[len], 'x');
    check_bytes(buf, got, 1, offset);
}

static void read_every_size_and_place(struct fixture *f, uint32_t open_flags,
                                      uint32_t flags)
{
    char *buf = grab(10 * MIB + 1);
    struct lio_file *file;

    fixture_make(f, 1, FILE_BYTES);
    file = fixture_file(f, 1, LIO_READ | open_flags);
    assert_int_equal(lio_file_size(file), FILE_BYTES);
    assert_string_equal(lio_file_name(file), f->path);

    for (size_t s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++) {
        size_t step = sizes[s] <= MIB + 1 ? 1 : 5; /* large ones: a few */

        for (size_t o = 0; o < sizeof(offsets) / sizeof(offsets[0]); o += step)
            read_like_pread(file, buf, sizes[s], offsets[o], flags, FILE_BYTES);
    }

    lio_file_close(file);
    free(buf);
}

static void reads_match_pread_at_every_size_and_place(void **state)
{
    read_every_size_and_place(*state, 0, 0);
}

static void reads_past_the_cache_match_pread(void **state)
{
    struct fixture *f = *state;
    struct lio_engine_stats stats;

    read_every_size_and_place(f, 0, LIO_NOCACHE);
    stats = fixture_stats(f);
    assert_int_equal(stats.cache_hits, 0);
    assert_int_equal(stats.cache_misses, 0);
}

static void unaligned_direct_reads_match_pread(void **state)
{
    read_every_size_and_place(*state, LIO_DIRECT, 0);
}

static void unaligned_direct_reads_past_the_cache_match_pread(void **state)
{
    read_every_size_and_place(*state, LIO_DIRECT, LIO_NOCACHE);
}

static void an_empty_file_reads_as_empty(void **state)
{
    struct fixture *f = *state;
    struct lio_file *file;
    struct lio_error err;
    char buf[8];
    size_t got = 7;

    fixture_make(f, 1, 0);
    file = fixture_file(f, 1, LIO_READ);
    assert_int_equal(lio_file_size(file), 0);
    assert_int_equal(lio_read(file, buf, sizeof(buf), 0, 0, &got, &err), 0);
    assert_int_equal(got, 0);
    got = 7;
    assert_int_equal(lio_read(file, NULL, 0, 0, LIO_EXACT, &got, &err), 0);
    assert_int_equal(got, 0);
    lio_file_close(file);
}

static void an_exact_read_past_the_end_is_an_error(void **state)
{
    struct fixture *f = *state;
    struct lio_file *file;
    struct lio_error err;
    char buf[100];
    size_t got = 7;

    fixture_make(f, 1, 5000);
    file = fixture_file(f, 1, LIO_READ);
    assert_int_equal(lio_read(file, buf, 100, 4900, LIO_EXACT, NULL, &err), 0);
    check_bytes(buf, 100, 1, 4900);

    assert_int_equal(lio_read(file, buf, 100, 4901, LIO_EXACT, &got, &err),
                     LIO_EEOF);
    assert_int_equal(got, 7);
    assert_int_equal(err.code, LIO_EEOF);
    assert_int_equal(err.offset, 4901);
    assert_int_equal(err.length, 100);
    assert_non_null(strstr(err.msg, "file-1"));
    assert_non_null(strstr(err.msg, "4901"));
    lio_file_close(file);
}

static void a_second_read_of_the_same_bytes_is_a_hit(void **state)
{
    struct fixture *f = *state;
    struct lio_engine_stats before, after;
    struct lio_file *file;

    fixture_make(f, 1, MIB);
    file = fixture_file(f, 1, LIO_READ);
    check_read(file, 1, 8192, 4096);
    before = fixture_stats(f);
    check_read(file, 1, 8192, 4096);
    after = fixture_stats(f);

    if (fixture_cached()) {
        assert_int_equal(after.cache_hits - before.cache_hits, 2);
        assert_int_equal(after.device_reads, before.device_reads);
    } else {
        assert_int_equal(after.cache_hits, 0);
        assert_true(after.device_reads > before.device_reads);
    }
    lio_file_close(file);
}

static void a_small_read_costs_a_sector_not_a_block(void **state)
{
    struct fixture *f = *state;
    struct lio_file *file;

    fixture_make(f, 1, MIB);
    file = fixture_file(f, 1, LIO_READ);
    check_read(file, 1, 10, 300000);
    assert_true(fixture_stats(f).device_bytes_read <= 4096);
    assert_int_equal(fixture_stats(f).bytes_read, 10);
    lio_file_close(file);
}

/* -- views --------------------------------------------------------------- */

static struct lio_view *view_of(struct lio_file *file, size_t len,
                                uint64_t offset)
{
    struct lio_view *view = NULL;
    struct lio_error err;

    if (lio_read_view(file, len, offset, 0, &view, &err) < 0)
        fail_msg("%s", err.msg);
    assert_non_null(view);
    return view;
}

static void a_view_covers_exactly_its_bytes(void **state)
{
    struct fixture *f = *state;
    struct lio_file *file;

    fixture_make(f, 1, FILE_BYTES);
    file = fixture_file(f, 1, LIO_READ);
    for (size_t s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++) {
        uint64_t step = sizes[s] <= MIB + 1 ? 40503 : 100003;

        for (uint64_t offset = 0; offset < 3 * 65536; offset += step) {
            struct lio_view *view = view_of(file, sizes[s], offset);
            uint64_t there = FILE_BYTES - offset;

            check_view(view, 1, sizes[s] < there ? sizes[s] : there, offset);
            lio_view_put(view);
        }
    }
    lio_view_put(NULL);
    lio_file_close(file);
}

static void a_view_is_short_at_the_end_of_the_file(void **state)
{
    struct fixture *f = *state;
    struct lio_view *view = NULL;
    struct lio_file *file;
    struct lio_error err;

    fixture_make(f, 1, 70000);
    file = fixture_file(f, 1, LIO_READ);

    view = view_of(file, 65536, 60000);
    check_view(view, 1, 10000, 60000);
    lio_view_put(view);

    view = view_of(file, 65536, 70000);
    check_view(view, 1, 0, 70000);
    lio_view_put(view);

    view = NULL;
    assert_int_equal(lio_read_view(file, 65536, 60000, LIO_EXACT, &view, &err),
                     LIO_EEOF);
    assert_null(view);
    lio_file_close(file);
}

/* A cache of 2 MiB, 8 MiB of other reads: nothing unpinned survives that. */
static void a_view_stays_while_the_cache_is_churned(void **state)
{
    static const char *const small[] = { "cache.size=2M", "cache.shards=1",
                                         NULL };
    struct fixture *f = fixture_open(small);
    struct lio_view *views[3];
    struct lio_file *file;

    (void)state;
    fixture_make(f, 1, 8 * MIB);
    file = fixture_file(f, 1, LIO_READ);
    views[0] = view_of(file, 10, 5);
    views[1] = view_of(file, 200000, 100000);
    views[2] = view_of(file, 65536, 8 * MIB - 65536);
    assert_true(!fixture_cached() || fixture_stats(f).pinned_blocks > 0);

    for (uint64_t at = 0; at < 8 * MIB; at += 65536)
        check_read(file, 1, 65536, at);
    assert_true(!fixture_cached() || fixture_stats(f).cache_evictions > 0);

    check_view(views[0], 1, 10, 5);
    check_view(views[1], 1, 200000, 100000);
    check_view(views[2], 1, 65536, 8 * MIB - 65536);
    for (size_t i = 0; i < 3; i++)
        lio_view_put(views[i]);
    lio_file_close(file);
    fixture_release(f);
}

static void a_view_outlives_its_file(void **state)
{
    struct fixture *f = *state;
    struct lio_view *view;
    struct lio_file *file;

    fixture_make(f, 1, MIB);
    file = fixture_file(f, 1, LIO_READ);
    view = view_of(file, 200000, 12345);
    lio_file_close(file);
    check_view(view, 1, 200000, 12345);
    lio_view_put(view);
}

/* More is pinned than the cache has room for: reads go past it. */
static void views_may_pin_more_than_the_cache_holds(void **state)
{
    static const char *const small[] = { "cache.size=1M", "cache.shards=1",
                                         NULL };
    struct fixture *f = fixture_open(small);
    struct lio_view *views[64];
    struct lio_file *file;

    (void)state;
    fixture_make(f, 1, 64 * 65536);
    file = fixture_file(f, 1, LIO_READ);
    for (uint32_t i = 0; i < 64; i++)
        views[i] = view_of(file, 65536, i * 65536u);
    check_read(file, 1, MIB, 777);
    for (uint32_t i = 0; i < 64; i++) {
        check_view(views[i], 1, 65536, i * 65536u);
        lio_view_put(views[i]);
    }
    lio_file_close(file);
    fixture_release(f);
}

/* -- writes -------------------------------------------------------------- */

static void write_pattern(struct lio_file *file, uint32_t number, size_t len,
                          uint64_t offset)
{
    struct lio_error err;
    char *buf = grab(len);

    lio_test_fill(buf, len, number, offset);
    if (lio_write(file, buf, len, offset, &err) < 0)
        fail_msg("%s", err.msg);
    free(buf);
}

/* Check file `number` on the disk, past the engine. */
static void check_on_disk(struct fixture *f, uint32_t path_number,
                          uint32_t number, size_t len, uint64_t offset)
{
    int fd = open(fixture_path(f, path_number), O_RDONLY);
    char *buf = grab(len);

    assert_true(fd >= 0);
    assert_int_equal(pread(fd, buf, len, (off_t)offset), len);
    check_bytes(buf, len, number, offset);
    assert_int_equal(close(fd), 0);
    free(buf);
}

static void write_every_size(struct fixture *f, uint32_t open_flags)
{
    struct lio_file *file =
        fixture_file(f, 1, LIO_READ | LIO_WRITE | LIO_CREATE | open_flags);
    struct lio_error err;

    /* Over each other, so that each meets what the one before left. */
    for (size_t s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++) {
        uint64_t offset = s * 3001;

        write_pattern(file, 2 + (uint32_t)s, sizes[s], offset);
        check_read(file, 2 + (uint32_t)s, sizes[s], offset);
        check_on_disk(f, 1, 2 + (uint32_t)s, sizes[s], offset);
    }
    assert_int_equal(lio_sync(file, &err), 0);
    lio_file_close(file);
}

static void what_is_written_is_read_back(void **state)
{
    write_every_size(*state, 0);
}

static void unaligned_direct_writes_are_read_back(void **state)
{
    write_every_size(*state, LIO_DIRECT);
}

/* An unaligned direct write touches a sector in part: the rest stays. */
static void a_direct_write_leaves_its_neighbours(void **state)
{
    struct fixture *f = *state;
    struct lio_file *file;

    fixture_make(f, 1, 100000);
    file = fixture_file(f, 1, LIO_READ | LIO_WRITE | LIO_DIRECT);
    write_pattern(file, 9, 5000, 10001);
    lio_file_close(file);

    check_on_disk(f, 1, 1, 10001, 0);
    check_on_disk(f, 1, 9, 5000, 10001);
    check_on_disk(f, 1, 1, 100000 - 15001, 15001);
}

static void a_direct_write_at_the_end_leaves_the_size_exact(void **state)
{
    struct fixture *f = *state;
    struct lio_file *file;
    struct stat st;

    fixture_make(f, 1, 10000);
    file = fixture_file(f, 1, LIO_READ | LIO_WRITE | LIO_DIRECT);
    write_pattern(file, 1, 5001, 10000);
    assert_int_equal(lio_file_size(file), 15001);
    lio_file_close(file);
    assert_int_equal(stat(fixture_path(f, 1), &st), 0);
    assert_int_equal(st.st_size, 15001);
    check_on_disk(f, 1, 1, 15001, 0);
}

static void a_read_after_a_write_sees_it_in_the_cache_too(void **state)
{
    struct fixture *f = *state;
    struct lio_file *file, *other;

    fixture_make(f, 1, MIB);
    file = fixture_file(f, 1, LIO_READ | LIO_WRITE);
    other = fixture_file(f, 1, LIO_READ);
    check_read(file, 1, MIB, 0);
    check_read(other, 1, MIB, 0);

    write_pattern(file, 2, 100001, 65530);
    check_read(file, 2, 100001, 65530);
    check_read(file, 1, 65530, 0);
    check_read(file, 1, 1000, 165531);
    check_read(other, 2, 100001, 65530);
    lio_file_close(other);
    lio_file_close(file);
}

/* Pages of file 1 that the page cache has; with `drop`, what is left of them
 * after it was asked to give them up. */
static size_t resident_pages(struct fixture *f, bool drop)
{
    unsigned char in_core[MIB / 4096] = { 0 };
    int fd = open(fixture_path(f, 1), O_RDONLY);
    void *map;
    size_t n = 0;

    assert_true(fd >= 0);
    if (drop) {
        assert_int_equal(fdatasync(fd), 0);
        assert_int_equal(posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED), 0);
    }
    map = mmap(NULL, MIB, PROT_READ, MAP_SHARED, fd, 0);
    assert_true(map != MAP_FAILED);
    assert_int_equal(mincore(map, MIB, in_core), 0);
    for (size_t i = 0; i < sizeof(in_core); i++)
        n += in_core[i] & 1;
    assert_int_equal(munmap(map, MIB), 0);
    assert_int_equal(close(fd), 0);
    return n;
}

static void a_file_of_random_reads_is_not_read_ahead(void **state)
{
    struct fixture *f = *state;
    struct lio_file *file;
    char page[4097];

    if (sysconf(_SC_PAGESIZE) != 4096)
        skip(); /* it would count other pages */
    fixture_make(f, 1, MIB);
    if (resident_pages(f, true) > 0)
        skip(); /* the file system has no other place for them */
    file = fixture_file(f, 1, LIO_READ | LIO_RANDOM);
    for (uint64_t at = 0; at < 16; at++)
        read_like_pread(file, page, 4096, at * 4096, LIO_NOCACHE, MIB);
    assert_in_range(resident_pages(f, false), 16, 32); /* not all 256 */
    lio_file_close(file);
}

static void a_write_past_the_end_grows_the_file_with_zeros(void **state)
{
    struct fixture *f = *state;
    struct lio_file *file;
    struct lio_error err;
    char gap[4000];
    size_t got;

    fixture_make(f, 1, 1000);
    file = fixture_file(f, 1, LIO_READ | LIO_WRITE);
    check_read(file, 1, 1000, 0);
    write_pattern(file, 1, 3000, 70000);
    assert_int_equal(lio_file_size(file), 73000);

    memset(gap, 'x', sizeof(gap));
    assert_int_equal(lio_read(file, gap, 4000, 1000, 0, &got, &err), 0);
    assert_int_equal(got, 4000);
    for (size_t i = 0; i < got; i++)
        assert_int_equal(gap[i], 0);
    check_read(file, 1, 1000, 0);
    check_read(file, 1, 3000, 70000);
    lio_file_close(file);
}

static void create_and_truncate_make_an_empty_file(void **state)
{
    struct fixture *f = *state;
    struct lio_file *file;

    fixture_make(f, 1, 5000);
    file = fixture_file(f, 1, LIO_READ | LIO_WRITE | LIO_TRUNCATE);
    assert_int_equal(lio_file_size(file), 0);
    lio_file_close(file);

    file = fixture_file(f, 2, LIO_WRITE | LIO_CREATE);
    assert_int_equal(lio_file_size(file), 0);
    lio_file_close(file);
}

/* -- files that change behind the engine's back -------------------------- */

static void a_file_truncated_meanwhile_reads_short(void **state)
{
    struct fixture *f = *state;
    struct lio_file *file;
    struct lio_error err;
    char buf[100];
    size_t got;

    fixture_make(f, 1, MIB);
    file = fixture_file(f, 1, LIO_READ);
    assert_int_equal(truncate(fixture_path(f, 1), 300000), 0);

    assert_int_equal(lio_read(file, buf, 100, 299995, 0, &got, &err), 0);
    assert_int_equal(got, 5);
    check_bytes(buf, got, 1, 299995);
    assert_int_equal(lio_read(file, buf, 100, 500000, 0, &got, &err), 0);
    assert_int_equal(got, 0);
    assert_int_equal(lio_read(file, buf, 100, 299995, LIO_EXACT, NULL, &err),
                     LIO_EEOF);
    lio_file_close(file);
}

static void append_outside(struct fixture *f, uint32_t number, size_t bytes)
{
    int fd = open(fixture_path(f, number), O_WRONLY | O_APPEND);
    struct stat st;
    char *buf = grab(bytes);

    assert_true(fd >= 0);
    assert_int_equal(fstat(fd, &st), 0);
    lio_test_fill(buf, bytes, number, (uint64_t)st.st_size);
    assert_int_equal(write(fd, buf, bytes), bytes);
    assert_int_equal(close(fd), 0);
    free(buf);
}

/* Through the old handle the new bytes may be missing, never wrong; a new
 * handle sees them all. */
static void a_file_grown_meanwhile_never_reads_wrong(void **state)
{
    struct fixture *f = *state;
    struct lio_file *file;
    struct lio_error err;
    char *buf = grab(20000);
    size_t got;

    fixture_make(f, 1, 70001);
    file = fixture_file(f, 1, LIO_READ);
    check_read(file, 1, 10001, 60000);
    append_outside(f, 1, 9999);

    assert_int_equal(lio_read(file, buf, 20000, 65000, 0, &got, &err), 0);
    assert_in_range(got, 5001, 15000);
    check_bytes(buf, got, 1, 65000);
    lio_file_close(file);

    file = fixture_file(f, 1, LIO_READ);
    assert_int_equal(lio_file_size(file), 80000);
    check_read(file, 1, 20000, 60000);
    lio_file_close(file);
    free(buf);
}

static void a_replaced_file_is_seen_by_a_new_open(void **state)
{
    struct fixture *f = *state;
    struct lio_file *old, *new;
    char *from;

    fixture_make(f, 1, 200000);
    fixture_make(f, 2, 200000);
    old = fixture_file(f, 1, LIO_READ);
    check_read(old, 1, 200000, 0);

    from = strdup(fixture_path(f, 2));
    assert_non_null(from);
    assert_int_equal(rename(from, fixture_path(f, 1)), 0);
    free(from);

    new = fixture_file(f, 1, LIO_READ);
    check_read(new, 2, 200000, 0);
    check_read(old, 1, 200000, 0);
    lio_file_close(old);
    lio_file_close(new);
}

/* Same name, inode and size, other bytes: the time of change tells. */
static void a_file_changed_in_place_is_seen_by_a_new_open(void **state)
{
    struct timespec times[2] = { { .tv_sec = 1000 }, { .tv_sec = 1000 } };
    struct fixture *f = *state;
    struct lio_file *file;
    char *buf = grab(200000);
    int fd;

    fixture_make(f, 1, 200000);
    file = fixture_file(f, 1, LIO_READ);
    check_read(file, 1, 200000, 0);
    lio_file_close(file);

    fd = open(fixture_path(f, 1), O_WRONLY);
    assert_true(fd >= 0);
    lio_test_fill(buf, 200000, 2, 0);
    assert_int_equal(pwrite(fd, buf, 200000, 0), 200000);
    assert_int_equal(futimens(fd, times), 0);
    assert_int_equal(close(fd), 0);

    file = fixture_file(f, 1, LIO_READ);
    check_read(file, 2, 200000, 0);
    lio_file_close(file);
    free(buf);
}

/* -- errors -------------------------------------------------------------- */

static void a_missing_file_is_not_found(void **state)
{
    struct fixture *f = *state;
    struct lio_file *file = NULL;
    struct lio_error err;

    assert_int_equal(
        lio_file_open(f->engine, fixture_path(f, 404), LIO_READ, &file, &err),
        LIO_ENOTFOUND);
    assert_null(file);
    assert_int_equal(err.code, LIO_ENOTFOUND);
    assert_int_equal(err.os_errno, ENOENT);
    assert_non_null(strstr(err.msg, "file-404"));
    assert_int_equal(lio_file_open(f->engine, f->path, LIO_READ, &file, NULL),
                     LIO_ENOTFOUND);
}

/* Root may read anything, so the child becomes nobody. */
static int open_as_nobody(struct fixture *f)
{
    struct lio_engine *engine = NULL;
    struct lio_file *file = NULL;
    struct lio_error err;
    int rc;

    if (geteuid() == 0 && setuid(65534) < 0)
        return 1;
    if (fixture_engine(NULL, &engine, &err) < 0)
        return 2;
    rc = lio_file_open(engine, fixture_path(f, 1), LIO_READ, &file, &err);
    lio_engine_close(engine);
    if (rc != LIO_EACCES || file || err.os_errno != EACCES)
        return 3;
    return strstr(err.msg, "file-1") ? 0 : 4;
}

static void a_forbidden_file_is_refused(void **state)
{
    struct fixture *f = *state;

    fixture_make(f, 1, 10);
    assert_int_equal(chmod(fixture_path(f, 1), 0), 0);
    assert_int_equal(chmod(f->dir, 0755), 0);
    check_in_child(open_as_nobody, f);
}

static void what_was_not_opened_for_it_is_refused(void **state)
{
    struct fixture *f = *state;
    struct lio_file *file = NULL;
    struct lio_error err;
    char buf[10] = { 0 };

    fixture_make(f, 1, 10);
    assert_int_equal(lio_file_open(f->engine, f->path, 0, &file, &err),
                     LIO_EINVAL);
    assert_int_equal(
        lio_file_open(f->engine, f->path, LIO_READ | 1u << 31, &file, &err),
        LIO_EINVAL);
    assert_null(file);

    file = fixture_file(f, 1, LIO_READ);
    assert_int_equal(lio_write(file, buf, 10, 0, &err), LIO_EINVAL);
    assert_non_null(strstr(err.msg, "file-1"));
    lio_file_close(file);

    file = fixture_file(f, 1, LIO_WRITE);
    assert_int_equal(lio_read(file, buf, 10, 0, LIO_EXACT, NULL, &err),
                     LIO_EINVAL);
    assert_non_null(strstr(err.msg, "file-1"));
    lio_file_close(file);
}

static void nonsense_arguments_are_refused(void **state)
{
    struct fixture *f = *state;
    struct lio_view *view = NULL;
    struct lio_file *file;
    struct lio_error err;
    char buf[10];
    size_t got = 7;

    fixture_make(f, 1, 10);
    file = fixture_file(f, 1, LIO_READ | LIO_WRITE);
    assert_int_equal(lio_read(file, NULL, 10, 0, 0, &got, &err), LIO_EINVAL);
    assert_int_equal(lio_read(file, buf, 10, 0, 0, NULL, &err), LIO_EINVAL);
    assert_int_equal(lio_read(file, buf, 10, UINT64_MAX - 4, 0, &got, &err),
                     LIO_EINVAL);
    assert_int_equal(lio_read(file, buf, 10, INT64_MAX - 4, 0, &got, &err),
                     LIO_EINVAL);
    assert_int_equal(lio_read(file, buf, 10, 0, 1u << 31, &got, &err),
                     LIO_EINVAL);
    assert_int_equal(lio_read_view(file, SIZE_MAX, 1, 0, &view, &err),
                     LIO_EINVAL);
    assert_int_equal(lio_write(file, NULL, 10, 0, &err), LIO_EINVAL);
    assert_int_equal(lio_write(file, buf, 10, INT64_MAX - 4, &err), LIO_EINVAL);
    assert_int_equal(got, 7);
    assert_null(view);
    lio_file_close(file);
    lio_file_close(NULL);
}

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        TEST(reads_match_pread_at_every_size_and_place),
        TEST(reads_past_the_cache_match_pread),
        TEST(unaligned_direct_reads_match_pread),
        TEST(unaligned_direct_reads_past_the_cache_match_pread),
        TEST(an_empty_file_reads_as_empty),
        TEST(an_exact_read_past_the_end_is_an_error),
        TEST(a_second_read_of_the_same_bytes_is_a_hit),
        TEST(a_small_read_costs_a_sector_not_a_block),
        TEST(a_view_covers_exactly_its_bytes),
        TEST(a_view_is_short_at_the_end_of_the_file),
        cmocka_unit_test(a_view_stays_while_the_cache_is_churned),
        TEST(a_view_outlives_its_file),
        cmocka_unit_test(views_may_pin_more_than_the_cache_holds),
        TEST(what_is_written_is_read_back),
        TEST(unaligned_direct_writes_are_read_back),
        TEST(a_direct_write_leaves_its_neighbours),
        TEST(a_direct_write_at_the_end_leaves_the_size_exact),
        TEST(a_file_of_random_reads_is_not_read_ahead),
        TEST(a_read_after_a_write_sees_it_in_the_cache_too),
        TEST(a_write_past_the_end_grows_the_file_with_zeros),
        TEST(create_and_truncate_make_an_empty_file),
        TEST(a_file_truncated_meanwhile_reads_short),
        TEST(a_file_grown_meanwhile_never_reads_wrong),
        TEST(a_replaced_file_is_seen_by_a_new_open),
        TEST(a_file_changed_in_place_is_seen_by_a_new_open),
        TEST(a_missing_file_is_not_found),
        cmocka_unit_test_setup_teardown(a_forbidden_file_is_refused,
                                        fixture_setup_dir, fixture_teardown),
        TEST(what_was_not_opened_for_it_is_refused),
        TEST(nonsense_arguments_are_refused),
    };
    int rc = fixture_arguments(argc, argv);

    return rc != 0 ? rc : cmocka_run_group_tests(tests, NULL, NULL);
}
