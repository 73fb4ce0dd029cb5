/*
 * What a writer does when something fails: the target is as it was, nothing
 * stays behind, memory and descriptors come back, and the error says where.
 *
 * System calls that the library makes itself are intercepted by the linker
 * (--wrap, see CMakeLists.txt); those of backends fail by filter-fault.
 */
#include <lanceio/column.h>

#include "support/sanitizer.h"
#include "support/temp_dir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/wait.h>
#include <unistd.h>

#include <setjmp.h>
#include <cmocka.h>

#define ROWS  4000
#define OLD   "what was there before"
#define WHOLE (UINT64_C(4) << 20) /* more than any file has */
#define CALLS 200                 /* far more than a run has */

/* -- calls that fail ----------------------------------------------------- */

static struct {
    unsigned calls; /* so far */
    unsigned at;    /* the one that fails, from 1 on; 0: none */
    int os_errno;   /* 0: a write is short instead */
    bool fired;
    bool no_room_ahead; /* fallocate() fails */
} fault;

static bool strikes(void)
{
    if (++fault.calls != fault.at)
        return false;
    fault.fired = true;
    return true;
}

static bool fails(void)
{
    if (!strikes() || fault.os_errno == 0)
        return false;
    errno = fault.os_errno;
    return true;
}

ssize_t __real_pwrite(int fd, const void *buf, size_t n, off_t at);
ssize_t __wrap_pwrite(int fd, const void *buf, size_t n, off_t at);
ssize_t __wrap_pwrite(int fd, const void *buf, size_t n, off_t at)
{
    if (strikes()) {
        errno = fault.os_errno;
        if (errno != 0)
            return -1;
        n = n > 1 ? n / 2 : n;
    }
    return __real_pwrite(fd, buf, n, at);
}

int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...)
{
    va_list args;
    mode_t mode;

    va_start(args, flags);
    mode = flags & O_CREAT ? va_arg(args, mode_t) : 0;
    va_end(args);
    return fails() ? -1 : __real_open(path, flags, mode);
}

int __real_fdatasync(int fd);
int __wrap_fdatasync(int fd);
int __wrap_fdatasync(int fd)
{
    return fails() ? -1 : __real_fdatasync(fd);
}

int __real_fsync(int fd);
int __wrap_fsync(int fd);
int __wrap_fsync(int fd)
{
    return fails() ? -1 : __real_fsync(fd);
}

int __real_ftruncate(int fd, off_t bytes);
int __wrap_ftruncate(int fd, off_t bytes);
int __wrap_ftruncate(int fd, off_t bytes)
{
    return fails() ? -1 : __real_ftruncate(fd, bytes);
}

int __real_fallocate(int fd, int mode, off_t at, off_t bytes);
int __wrap_fallocate(int fd, int mode, off_t at, off_t bytes);
int __wrap_fallocate(int fd, int mode, off_t at, off_t bytes)
{
    if (!fault.no_room_ahead)
        return __real_fallocate(fd, mode, at, bytes);
    errno = ENOSPC;
    return -1;
}

int __real_rename(const char *from, const char *to);
int __wrap_rename(const char *from, const char *to);
int __wrap_rename(const char *from, const char *to)
{
    return fails() ? -1 : __real_rename(from, to);
}

int __real_renameat2(int from_fd, const char *from, int to_fd, const char *to,
                     unsigned flags);
int __wrap_renameat2(int from_fd, const char *from, int to_fd, const char *to,
                     unsigned flags);
int __wrap_renameat2(int from_fd, const char *from, int to_fd, const char *to,
                     unsigned flags)
{
    return fails() ? -1 : __real_renameat2(from_fd, from, to_fd, to, flags);
}

static void arm(unsigned at, int os_errno)
{
    fault.calls = 0;
    fault.at = at;
    fault.os_errno = os_errno;
    fault.fired = false;
}

/* -- a folder, and what is in it ----------------------------------------- */

struct place {
    char *folder;
    char *path; /* of the target */
};

static int make_place(void **state)
{
    struct place *place = calloc(1, sizeof(*place));

    assert_non_null(place);
    place->folder = temp_dir_make();
    assert_non_null(place->folder);
    assert_true(asprintf(&place->path, "%s/out.lance", place->folder) > 0);
    *state = place;
    return 0;
}

static int remove_place(void **state)
{
    struct place *place = *state;

    temp_dir_remove(place->folder);
    free(place->path);
    free(place);
    return 0;
}

static unsigned count_entries(const char *folder)
{
    DIR *dir = opendir(folder);
    unsigned n = 0;

    assert_non_null(dir);
    while (readdir(dir))
        n++;
    (void)closedir(dir);
    return n - 2; /* "." and ".." */
}

static void put_old(const struct place *place)
{
    FILE *file = fopen(place->path, "w");

    assert_non_null(file);
    assert_true(fputs(OLD, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static char *read_all(const char *path, size_t *ret_bytes)
{
    FILE *file = fopen(path, "r");
    char *bytes = calloc(1, WHOLE);

    assert_non_null(file);
    assert_non_null(bytes);
    *ret_bytes = fread(bytes, 1, WHOLE, file);
    (void)fclose(file);
    return bytes;
}

static bool holds_old(const struct place *place)
{
    size_t n;
    char *bytes = read_all(place->path, &n);
    bool same = n == strlen(OLD) && memcmp(bytes, OLD, n) == 0;

    free(bytes);
    return same;
}

/* -- rows ---------------------------------------------------------------- */

static void keep(struct ArrowArray *array)
{
    array->release = NULL;
}

/* Two columns, which fill a few pages each. */
struct rows {
    int64_t numbers[ROWS];
    int32_t offsets[ROWS + 1];
    char text[ROWS * 8];
    const void *buffers[2][3];
    struct ArrowArray columns[2], *children[2], batch;
    struct ArrowSchema fields[2], *field_children[2], schema;
};

static struct rows *make_rows(void)
{
    struct rows *rows = calloc(1, sizeof(*rows));

    assert_non_null(rows);
    for (int i = 0; i < ROWS; i++) {
        rows->numbers[i] = INT64_C(0x9e3779b97f4a7c15) * (i + 1);
        rows->offsets[i + 1] = (i + 1) * 8;
        memcpy(rows->text + i * 8, &rows->numbers[i], 8);
    }
    rows->buffers[0][1] = rows->numbers;
    rows->buffers[1][1] = rows->offsets;
    rows->buffers[1][2] = rows->text;
    for (int i = 0; i < 2; i++) {
        rows->columns[i] = (struct ArrowArray){
            .length = ROWS,
            .n_buffers = 2 + i,
            .buffers = rows->buffers[i],
            .release = keep,
        };
        rows->children[i] = &rows->columns[i];
        rows->fields[i] = (struct ArrowSchema){ .format = i ? "z" : "l",
                                                .name = i ? "b" : "n",
                                                .release = NULL };
        rows->field_children[i] = &rows->fields[i];
    }
    rows->schema = (struct ArrowSchema){ .format = "+s",
                                         .name = "",
                                         .n_children = 2,
                                         .children = rows->field_children };
    return rows;
}

/* The batch, as if it came for the first time. */
static struct ArrowArray *batch_of(struct rows *rows)
{
    rows->columns[0].release = rows->columns[1].release = keep;
    rows->batch = (struct ArrowArray){
        .length = ROWS,
        .n_buffers = 1,
        .buffers = (const void *[]){ NULL },
        .n_children = 2,
        .children = rows->children,
        .release = keep,
    };
    return &rows->batch;
}

static const struct lio_write_options options = {
    .mode = LIO_WRITE_FILE,
    .page_bytes = 8192,
    .threads = 2,
    .compression = "none",
};

/* Write the rows; every call is tried, as a careless program would. */
static int write_rows(struct lio_engine *engine, const char *path,
                      struct lio_error *err)
{
    const void *buffers[] = { NULL };
    struct rows *rows = make_rows();
    struct lio_writer *writer = NULL;
    struct ArrowArray *batch = batch_of(rows);
    int rc;

    batch->buffers = buffers;
    rc = lio_writer_open(engine, path, &rows->schema, &options, &writer, err);
    if (rc == 0) {
        rc = lio_writer_append(writer, batch, err);
        assert_null(batch->release);
        if (rc < 0)
            assert_int_equal(lio_writer_finish(writer, NULL, NULL), rc);
        else
            rc = lio_writer_finish(writer, NULL, err);
        if (rc < 0)
            assert_int_equal(lio_writer_finish(writer, NULL, NULL), rc);
    }
    lio_writer_close(writer);
    free(rows);
    return rc;
}

/* -- faults -------------------------------------------------------------- */

static const int errnos[] = { EIO, ENOSPC, EDQUOT };

static void check_failure(const struct place *place, int rc, int os_errno,
                          const struct lio_error *err, bool old)
{
    assert_int_equal(rc, lio_code_of_errno(os_errno));
    assert_int_equal(err->code, rc);
    if (!strstr(err->msg, "out.lance"))
        fail_msg("'%s' does not say which file", err->msg);
    if (!strstr(err->msg, strerror(os_errno)))
        fail_msg("'%s' does not say '%s'", err->msg, strerror(os_errno));
    assert_int_equal(count_entries(place->folder), old);
    assert_true(!old || holds_old(place));
}

typedef int write_fn(struct lio_engine *engine, const char *path,
                     struct lio_error *err);

/* Fail at each call in turn until a run has no more of them. */
static void fail_everywhere(const struct place *place, write_fn *write,
                            int os_errno, bool old)
{
    unsigned fds = count_entries("/proc/self/fd"), at = 1;
    struct lio_error err;
    int rc;

    for (; at < CALLS; at++) {
        arm(at, os_errno);
        rc = write(NULL, place->path, &err);
        arm(0, 0);
        if (rc == 0)
            break;
        check_failure(place, rc, os_errno, &err, old);
        assert_int_equal(count_entries("/proc/self/fd"), fds);
    }
    assert_true(at > 10);
    assert_int_equal(count_entries(place->folder), 1);
    assert_true(!holds_old(place));
}

static void a_call_that_fails_leaves_the_old_file(void **state)
{
    const struct place *place = *state;

    for (size_t i = 0; i < sizeof(errnos) / sizeof(errnos[0]); i++) {
        put_old(place);
        fail_everywhere(place, write_rows, errnos[i], true);
    }
}

static void a_call_that_fails_leaves_no_file(void **state)
{
    const struct place *place = *state;

    for (size_t i = 0; i < sizeof(errnos) / sizeof(errnos[0]); i++) {
        fail_everywhere(place, write_rows, errnos[i], false);
        assert_int_equal(unlink(place->path), 0);
    }
}

static void short_writes_go_on(void **state)
{
    const struct place *place = *state;
    struct lio_error err;
    size_t want, got;
    char *whole, *again;

    assert_int_equal(write_rows(NULL, place->path, &err), 0);
    whole = read_all(place->path, &want);
    for (unsigned at = 1; at < CALLS; at++) {
        arm(at, 0);
        if (write_rows(NULL, place->path, &err) < 0)
            fail_msg("%s", err.msg);
        again = read_all(place->path, &got);
        assert_int_equal(got, want);
        assert_memory_equal(again, whole, want);
        free(again);
        if (!fault.fired)
            break;
    }
    arm(0, 0);
    free(whole);
}

/* -- on an engine -------------------------------------------------------- */

/* An engine whose backend fails by `rule`, or NULL without the backend. */
static struct lio_engine *open_engine(const char *backend, const char *rule)
{
    const char *dir = getenv("LIO_TEST_PLUGINS");
    const char *data = getenv("LIO_TEST_DATA");
    char *sets[6], *ini;
    struct lio_config *config = NULL;
    struct lio_engine *engine = NULL;
    struct lio_error err;

    assert_non_null(dir);
    assert_non_null(data);
    assert_true(asprintf(&ini, "%s/../../config/lanceio.ini", data) > 0);
    assert_true(asprintf(&sets[0], "engine.plugin_dir=%s", dir) > 0);
    assert_true(asprintf(&sets[1], "backend.plugin=%s", backend) > 0);
    assert_true(asprintf(&sets[2], "filter-fault.rules=%s", rule) > 0);
    sets[3] = strdup("backend.filters=filter-fault");
    sets[4] = strdup("stats.database=off");
    sets[5] = strdup("cache.plugin=none");
    if (lio_config_load(ini, (const char *const *)sets, 6, &config, &err) < 0 ||
        lio_engine_open(config, &engine, &err) < 0)
        fail_msg("%s", err.msg);
    lio_config_free(config);
    for (size_t i = 0; i < 6; i++)
        free(sets[i]);
    free(ini);
    return engine;
}

static void close_engine(struct lio_engine *engine)
{
    struct lio_engine_stats stats;

    lio_engine_stats(engine, &stats);
    assert_int_equal(stats.in_flight, 0);
    assert_int_equal(stats.memory_bytes, 0);
    assert_int_equal(stats.requests, stats.delivered + stats.cancelled);
    lio_engine_close(engine);
}

static const char *backend(void)
{
    return getenv("LIO_TEST_BACKEND") ? getenv("LIO_TEST_BACKEND")
                                      : "backend-pread";
}

/* One run with a device that fails at the n-th operation of a kind; false if
 * there were not so many. */
static bool run_on_device(const struct place *place, const char *kind,
                          unsigned nth, const char *name, int os_errno)
{
    unsigned fds = count_entries("/proc/self/fd");
    struct lio_engine *engine;
    struct lio_error err;
    char *rule;
    int rc;

    assert_true(asprintf(&rule, "%s:nth=%u:errno=%s", kind, nth, name) > 0);
    put_old(place);
    engine = open_engine(backend(), rule);
    rc = write_rows(engine, place->path, &err);
    if (rc < 0)
        check_failure(place, rc, os_errno, &err, true);
    close_engine(engine);
    assert_int_equal(count_entries("/proc/self/fd"), fds);
    free(rule);
    return rc < 0;
}

static void fail_on_device(const struct place *place, const char *kind,
                           unsigned least)
{
    static const char *const names[] = { "EIO", "ENOSPC", "EDQUOT" };

    for (size_t i = 0; i < 3; i++) {
        unsigned nth = 1;

        while (run_on_device(place, kind, nth, names[i], errnos[i]))
            nth++;
        assert_true(nth > least);
    }
}

static void a_write_that_fails_leaves_the_old_file(void **state)
{
    fail_on_device(*state, "write", 8);
}

static void a_sync_that_fails_leaves_the_old_file(void **state)
{
    fail_on_device(*state, "sync", 1);
}

static void an_open_that_fails_leaves_the_old_file(void **state)
{
    fail_on_device(*state, "open", 1);
}

static void short_writes_of_a_device_go_on(void **state)
{
    const struct place *place = *state;
    struct lio_engine *engine =
        open_engine(backend(), "write:rate=0.5:short=4096");
    struct lio_error err;
    size_t want, got;
    char *whole, *again;

    assert_int_equal(write_rows(NULL, place->path, &err), 0);
    whole = read_all(place->path, &want);
    if (write_rows(engine, place->path, &err) < 0)
        fail_msg("%s", err.msg);
    again = read_all(place->path, &got);
    assert_int_equal(got, want);
    assert_memory_equal(again, whole, want);
    close_engine(engine);
    free(again);
    free(whole);
}

/* -- large pages ---------------------------------------------------------- */

#define MANY_ROWS 65536

/* Append `n` batches of half a MiB that cannot be packed. */
static int write_many(struct lio_engine *engine, const char *path, unsigned n,
                      const struct lio_write_options *how,
                      struct lio_error *err)
{
    const void *none[] = { NULL }, *buffers[] = { NULL, NULL };
    uint64_t *values = calloc(MANY_ROWS, sizeof(*values));
    struct ArrowSchema field = { .format = "L", .name = "n" };
    struct ArrowSchema *fields[] = { &field };
    const struct ArrowSchema schema = { .format = "+s",
                                        .n_children = 1,
                                        .children = fields };
    struct lio_writer *writer = NULL;
    int rc;

    assert_non_null(values);
    for (uint64_t i = 0; i < MANY_ROWS; i++)
        values[i] = UINT64_C(0x9e3779b97f4a7c15) * i;
    buffers[1] = values;
    rc = lio_writer_open(engine, path, &schema, how, &writer, err);
    for (unsigned i = 0; i < n && rc == 0; i++) {
        struct ArrowArray column = { .length = MANY_ROWS,
                                     .n_buffers = 2,
                                     .buffers = buffers,
                                     .release = keep };
        struct ArrowArray *columns[] = { &column };
        struct ArrowArray batch = { .length = MANY_ROWS,
                                    .n_buffers = 1,
                                    .buffers = none,
                                    .n_children = 1,
                                    .children = columns,
                                    .release = keep };

        rc = lio_writer_append(writer, &batch, err);
    }
    if (rc == 0)
        rc = lio_writer_finish(writer, NULL, err);
    lio_writer_close(writer);
    free(values);
    return rc;
}

/* One page that goes past the page cache where that can be, and a small one. */
static int write_large(struct lio_engine *engine, const char *path,
                       struct lio_error *err)
{
    const struct lio_write_options how = { .mode = LIO_WRITE_FILE,
                                           .page_bytes = 5 << 18,
                                           .compression = "none" };

    return write_many(engine, path, 4, &how, err);
}

static int write_large_cached(struct lio_engine *engine, const char *path,
                              struct lio_error *err)
{
    const struct lio_write_options how = { .mode = LIO_WRITE_FILE,
                                           .page_bytes = 5 << 18,
                                           .page_cache = 1,
                                           .compression = "none" };

    return write_many(engine, path, 4, &how, err);
}

static void a_call_that_fails_with_large_pages_leaves_the_old_file(void **state)
{
    const struct place *place = *state;

    for (size_t i = 0; i < sizeof(errnos) / sizeof(errnos[0]); i++) {
        put_old(place);
        fail_everywhere(place, write_large, errnos[i], true);
    }
}

/* Write, and compare with what is expected, which is NULL at first. */
static void check_large(const struct place *place, write_fn *write,
                        struct lio_engine *engine, char **whole, size_t *bytes)
{
    struct lio_error err;
    char *again;
    size_t got;

    if (write(engine, place->path, &err) < 0)
        fail_msg("%s", err.msg);
    again = read_all(place->path, &got);
    if (!*whole) {
        *whole = again;
        *bytes = got;
        return;
    }
    assert_int_equal(got, *bytes);
    assert_memory_equal(again, *whole, got);
    free(again);
}

static void large_pages_are_the_same_whichever_way_they_go(void **state)
{
    const struct place *place = *state;
    struct lio_engine *engine = open_engine(backend(), "write:delay=1us");
    struct lio_engine *slow =
        open_engine(backend(), "write:rate=0.5:short=4096");
    char *whole = NULL;
    size_t bytes = 0;

    check_large(place, write_large_cached, NULL, &whole, &bytes);
    assert_true(bytes > MANY_ROWS * UINT64_C(4) * 8 && bytes < WHOLE);
    check_large(place, write_large, NULL, &whole, &bytes);
    check_large(place, write_large_cached, engine, &whole, &bytes);
    check_large(place, write_large, engine, &whole, &bytes);
    check_large(place, write_large, slow, &whole, &bytes);
    fault.no_room_ahead = true;
    check_large(place, write_large, NULL, &whole, &bytes);
    check_large(place, write_large, engine, &whole, &bytes);
    fault.no_room_ahead = false;
    for (unsigned at = 1; at < CALLS; at++) {
        arm(at, 0);
        check_large(place, write_large, NULL, &whole, &bytes);
        if (!fault.fired)
            break;
    }
    arm(0, 0);
    close_engine(slow);
    close_engine(engine);
    free(whole);
}

/* -- memory --------------------------------------------------------------- */

#define MANY   128 /* batches */
#define MEMORY (UINT64_C(8) << 20)
#define NOT_COUNTED                                                            \
    (UINT64_C(16) << 20) /* stacks, code, the batch, the heap                  \
                          */

/* Bytes that have been resident at the most, since the last look. */
static uint64_t resident_peak(void)
{
    FILE *status = fopen("/proc/self/status", "r");
    FILE *reset = fopen("/proc/self/clear_refs", "w");
    unsigned long long kib = 0;
    char line[200];

    assert_non_null(status);
    while (fgets(line, sizeof(line), status))
        if (sscanf(line, "VmHWM: %llu kB", &kib) == 1)
            break;
    (void)fclose(status);
    if (!reset || fputs("5", reset) < 0 || fclose(reset) != 0)
        skip(); /* some sandboxes forbid it */
    return kib * 1024;
}

/* The device is slower than the writer, which has to wait for it. */
static void memory_stays_below_what_was_given(void **state)
{
    const struct place *place = *state;
    const struct lio_write_options few = { .mode = LIO_WRITE_FILE,
                                           .memory = MEMORY,
                                           .compression = "none" };
    struct lio_engine *engine;
    struct lio_error err;
    uint64_t before;

    if (LIO_TEST_SLOW)
        skip(); /* the sanitizer's memory is resident, too */
    engine = open_engine(backend(), "write:delay=2ms");
    (void)resident_peak();
    before = resident_peak();
    if (write_many(engine, place->path, MANY, &few, &err) < 0)
        fail_msg("%s", err.msg);
    assert_in_range(resident_peak() - before, 1, MEMORY + NOT_COUNTED);
    close_engine(engine);
}

/* -- other ends ---------------------------------------------------------- */

static struct lio_writer *begin(struct lio_engine *engine,
                                const struct place *place)
{
    struct rows *rows = make_rows();
    struct lio_writer *writer = NULL;
    struct lio_error err;

    if (lio_writer_open(engine, place->path, &rows->schema, &options, &writer,
                        &err) < 0)
        fail_msg("%s", err.msg);
    free(rows);
    return writer;
}

static int append(struct lio_writer *writer, struct lio_error *err)
{
    const void *buffers[] = { NULL };
    struct rows *rows = make_rows();
    struct ArrowArray *batch = batch_of(rows);
    int rc;

    batch->buffers = buffers;
    rc = lio_writer_append(writer, batch, err);
    free(rows);
    return rc;
}

static void an_abandoned_writer_leaves_the_old_file(void **state)
{
    const struct place *place = *state;
    struct lio_engine *engine = open_engine(backend(), "write:delay=20ms");
    struct lio_writer *writer;

    put_old(place);
    for (unsigned batches = 0; batches < 3; batches++) {
        writer = begin(engine, place);
        for (unsigned i = 0; i < batches; i++)
            assert_int_equal(append(writer, NULL), 0);
        assert_int_equal(count_entries(place->folder), 2);
        lio_writer_close(writer);
        assert_int_equal(count_entries(place->folder), 1);
        assert_true(holds_old(place));
    }
    close_engine(engine);
}

static void a_writer_whose_engine_is_closed_says_so(void **state)
{
    const struct place *place = *state;
    struct lio_engine *engine = open_engine(backend(), "write:delay=1ms");
    struct lio_writer *idle, *busy;

    put_old(place);
    idle = begin(engine, place);
    busy = begin(engine, place);
    assert_int_equal(append(busy, NULL), 0);
    lio_engine_close(engine);

    assert_int_equal(append(busy, NULL), LIO_ECLOSED);
    assert_int_equal(lio_writer_finish(busy, NULL, NULL), LIO_ECLOSED);
    assert_int_equal(lio_writer_finish(idle, NULL, NULL), LIO_ECLOSED);
    lio_writer_close(busy);
    lio_writer_close(idle);
    assert_int_equal(count_entries(place->folder), 1);
    assert_true(holds_old(place));
}

static void of_two_writers_the_last_to_finish_stays(void **state)
{
    const struct place *place = *state;
    struct lio_writer *first = begin(NULL, place), *second = begin(NULL, place);
    size_t larger, smaller;

    assert_int_equal(count_entries(place->folder), 2);
    assert_int_equal(append(first, NULL), 0);
    assert_int_equal(append(second, NULL), 0);
    assert_int_equal(append(second, NULL), 0);
    assert_int_equal(lio_writer_finish(second, NULL, NULL), 0);
    free(read_all(place->path, &larger));
    assert_int_equal(lio_writer_finish(first, NULL, NULL), 0);
    free(read_all(place->path, &smaller));
    assert_true(smaller < larger);
    lio_writer_close(first);
    lio_writer_close(second);
    assert_int_equal(count_entries(place->folder), 1);
}

/* What a killed writer has left is taken away by the next, but not what one
 * that lives is at. */
static void the_next_writer_cleans_up_after_a_killed_one(void **state)
{
    const struct place *place = *state;
    struct lio_writer *living = begin(NULL, place), *next;
    pid_t child = fork();
    int status;

    assert_true(child >= 0);
    if (child == 0) {
        struct rows *rows = make_rows();
        struct lio_writer *writer;

        _exit(lio_writer_open(NULL, place->path, &rows->schema, &options,
                              &writer, NULL) < 0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_int_equal(count_entries(place->folder), 2);
    next = begin(NULL, place);
    assert_int_equal(count_entries(place->folder), 2);
    lio_writer_close(next);
    assert_int_equal(lio_writer_finish(living, NULL, NULL), 0);
    lio_writer_close(living);
    assert_int_equal(count_entries(place->folder), 1);
}

static void a_forked_child_leaves_the_writer_alone(void **state)
{
    const struct place *place = *state;
    struct lio_writer *writer = begin(NULL, place);
    pid_t child = fork();
    int status;

    assert_true(child >= 0);
    if (child == 0) {
        int rc = lio_writer_finish(writer, NULL, NULL);

        lio_writer_close(writer);
        _exit(rc != LIO_ECLOSED);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_int_equal(lio_writer_finish(writer, NULL, NULL), 0);
    lio_writer_close(writer);
    assert_int_equal(count_entries(place->folder), 1);
}

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, make_place, remove_place)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_call_that_fails_leaves_the_old_file),
        TEST(a_call_that_fails_leaves_no_file),
        TEST(short_writes_go_on),
        TEST(a_write_that_fails_leaves_the_old_file),
        TEST(a_sync_that_fails_leaves_the_old_file),
        TEST(an_open_that_fails_leaves_the_old_file),
        TEST(short_writes_of_a_device_go_on),
        TEST(a_call_that_fails_with_large_pages_leaves_the_old_file),
        TEST(large_pages_are_the_same_whichever_way_they_go),
        TEST(memory_stays_below_what_was_given),
        TEST(an_abandoned_writer_leaves_the_old_file),
        TEST(a_writer_whose_engine_is_closed_says_so),
        TEST(of_two_writers_the_last_to_finish_stays),
        TEST(the_next_writer_cleans_up_after_a_killed_one),
        TEST(a_forked_child_leaves_the_writer_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
