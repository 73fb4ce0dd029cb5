/*
 * What filters do to an engine behind whose back they work: each effect is
 * looked for from outside.  Times are lower bounds only.
 */
#include "fixture.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>

#include "common/clock.h"

#define FILE_BYTES 65536u
#define MS         UINT64_C(1000000)

/* An engine on one lane, without a cache, so that every read is an operation,
 * and with a filter and what it is told. */
static struct fixture *open_with(const char *filters, const char *first,
                                 const char *second)
{
    const char *overrides[] = {
        "cache.plugin=none", "engine.lanes=1", filters, first, second, NULL
    };
    struct fixture *f = fixture_open(overrides);

    fixture_make(f, 1, FILE_BYTES);
    fixture_make(f, 2, FILE_BYTES);
    return f;
}

static struct fixture *open_faulty(const char *rules)
{
    return open_with("backend.filters=filter-fault", rules, NULL);
}

static struct fixture *open_slow(const char *first, const char *second)
{
    return open_with("backend.filters=filter-throttle", first, second);
}

static int read_at(struct fixture *f, struct lio_file *file, uint64_t offset,
                   size_t len)
{
    char *buf = grab(len);
    size_t got;
    int rc = lio_read(file, buf, len, offset, 0, &got, &f->err);

    free(buf);
    return rc;
}

/* -- faults: errors ------------------------------------------------------- */

static void a_range_of_one_file_fails(void **state)
{
    struct fixture *f = open_faulty(
        "filter-fault.rules=read:file=*-1:range=4096-8191:errno=EACCES");
    struct lio_file *bad = fixture_file(f, 1, LIO_READ);
    struct lio_file *good = fixture_file(f, 2, LIO_READ);

    (void)state;
    check_read(bad, 1, 4096, 0);
    check_read(bad, 1, 4096, 8192);
    check_read(good, 2, 4096, 4096);
    assert_int_equal(read_at(f, bad, 4096, 1), LIO_EACCES);
    assert_int_equal(f->err.os_errno, EACCES);
    assert_int_equal(read_at(f, bad, 8191, 100), LIO_EACCES);
    assert_int_equal(read_at(f, bad, 0, 4097), LIO_EACCES);
    lio_file_close(bad);
    lio_file_close(good);
    fixture_release(f);
}

static void the_third_write_fails_and_no_other(void **state)
{
    struct fixture *f =
        open_faulty("filter-fault.rules=write:nth=3:errno=ENOSPC");
    struct lio_file *file = fixture_file(f, 1, LIO_READ | LIO_WRITE);

    (void)state;
    for (int i = 1; i <= 5; i++)
        assert_int_equal(lio_write(file, "x", 1, 0, &f->err),
                         i == 3 ? LIO_ENOSPC : 0);
    lio_file_close(file);
    fixture_release(f);
}

static void a_rule_with_a_maximum_ends(void **state)
{
    struct fixture *f =
        open_faulty("filter-fault.rules=write:max=2:errno=EROFS");
    struct lio_file *file = fixture_file(f, 1, LIO_READ | LIO_WRITE);

    (void)state;
    for (int i = 1; i <= 4; i++)
        assert_int_equal(lio_write(file, "x", 1, 0, &f->err),
                         i <= 2 ? LIO_EACCES : 0);
    lio_file_close(file);
    fixture_release(f);
}

static void a_sync_fails(void **state)
{
    struct fixture *f = open_faulty("filter-fault.rules=sync:errno=ENOSPC");
    struct lio_file *file = fixture_file(f, 1, LIO_READ | LIO_WRITE);

    (void)state;
    assert_int_equal(lio_write(file, "x", 1, 0, &f->err), 0);
    assert_int_equal(lio_sync(file, &f->err), LIO_ENOSPC);
    lio_file_close(file);
    fixture_release(f);
}

static void an_open_fails(void **state)
{
    struct fixture *f =
        open_faulty("filter-fault.rules=open:file=file-2:errno=EPERM");
    struct lio_file *file = NULL;

    (void)state;
    assert_int_equal(
        lio_file_open(f->engine, fixture_path(f, 2), LIO_READ, &file, &f->err),
        LIO_EACCES);
    assert_int_equal(f->err.os_errno, EPERM);
    file = fixture_file(f, 1, LIO_READ);
    check_read(file, 1, FILE_BYTES, 0);
    lio_file_close(file);
    fixture_release(f);
}

static void a_passing_error_is_tried_again(void **state)
{
    struct fixture *f =
        open_faulty("filter-fault.rules=read:rate=0.3:errno=EINTR");
    struct lio_file *file = fixture_file(f, 1, LIO_READ);

    (void)state;
    for (uint64_t at = 0; at < FILE_BYTES; at += 1024)
        check_read(file, 1, 1024, at);
    assert_true(fixture_stats(f).retries > 0);
    lio_file_close(file);
    fixture_release(f);
}

/* -- faults: chance ------------------------------------------------------- */

#define NPLACES 128u

/* Which of NPLACES reads fail; two threads take every second one. */
struct draw {
    struct fixture *f;
    struct lio_file *file;
    uint32_t first, step;
    bool *failed;
};

static void *draw_places(void *arg)
{
    const struct draw *draw = arg;
    size_t got;
    char byte;

    for (uint32_t i = draw->first; i < NPLACES; i += draw->step)
        draw->failed[i] = lio_read(draw->file, &byte, 1, i * 512ull, 0, &got,
                                   NULL) == LIO_EACCES;
    return NULL;
}

static void draw(const char *seed, uint32_t nthreads, bool *ret_failed)
{
    struct fixture *f =
        open_with("backend.filters=filter-fault", seed,
                  "filter-fault.rules=read:rate=0.25:errno=EACCES");
    struct lio_file *file = fixture_file(f, 1, LIO_READ);
    pthread_t threads[2];
    struct draw draws[2];

    for (uint32_t i = 0; i < nthreads; i++) {
        draws[i] = (struct draw){ f, file, i, nthreads, ret_failed };
        assert_int_equal(
            pthread_create(&threads[i], NULL, draw_places, &draws[i]), 0);
    }
    for (uint32_t i = 0; i < nthreads; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    lio_file_close(file);
    fixture_release(f);
}

static void a_seed_fails_the_same_reads_whoever_asks(void **state)
{
    bool one[NPLACES], again[NPLACES], threads[NPLACES], other[NPLACES];
    uint32_t n = 0;

    (void)state;
    draw("filter-fault.seed=7", 1, one);
    draw("filter-fault.seed=7", 1, again);
    draw("filter-fault.seed=7", 2, threads);
    draw("filter-fault.seed=8", 1, other);
    for (uint32_t i = 0; i < NPLACES; i++)
        n += one[i];
    assert_memory_equal(one, again, sizeof(one));
    assert_memory_equal(one, threads, sizeof(one));
    assert_memory_not_equal(one, other, sizeof(one));
    assert_in_range(n, NPLACES / 8, NPLACES / 2); /* fixed by the seed */
}

/* -- faults: short, late, out of order ------------------------------------ */

static void short_transfers_are_continued(void **state)
{
    struct fixture *f =
        open_faulty("filter-fault.rules=read:short=100; write:short=300");
    struct lio_file *file = fixture_file(f, 1, LIO_READ | LIO_WRITE);
    char bytes[900];

    (void)state;
    check_read(file, 1, 1000, 5000);
    assert_int_equal(fixture_stats(f).device_reads, 10);
    lio_test_fill(bytes, sizeof(bytes), 2, 0);
    assert_int_equal(lio_write(file, bytes, sizeof(bytes), 0, &f->err), 0);
    assert_int_equal(fixture_stats(f).device_writes, 3);
    check_read(file, 2, sizeof(bytes), 0);
    lio_file_close(file);
    fixture_release(f);
}

static void a_delayed_read_takes_its_time(void **state)
{
    struct fixture *f = open_faulty("filter-fault.rules=read:delay=3ms");
    struct lio_file *file = fixture_file(f, 1, LIO_READ);
    uint64_t start = lio_clock_ns();

    (void)state;
    check_read(file, 1, 4096, 0);
    assert_true(lio_clock_ns() - start >= 3 * MS);
    lio_file_close(file);
    fixture_release(f);
}

/* Submit, cancel, take the result. */
static struct lio_result cancel_a_read(struct fixture *f, struct lio_file *file,
                                       void *buf)
{
    struct lio_request request = read_request(file, buf, 4096, 0);
    struct lio_result result;
    uint64_t id;

    assert_int_equal(lio_submit(f->engine, &request, 1, &id, &f->err), 0);
    assert_int_equal(lio_cancel(f->engine, id), 0);
    assert_int_equal(lio_wait(f->engine, id, PATIENCE_NS, &result), 0);
    return result;
}

static void a_delayed_read_can_be_cancelled(void **state)
{
    struct fixture *f = open_faulty("filter-fault.rules=read:delay=3600s");
    struct lio_file *file = fixture_file(f, 1, LIO_READ);
    char *buf = grab(4096);

    (void)state;
    assert_int_equal(cancel_a_read(f, file, buf).code, LIO_ECANCELED);
    free(buf);
    lio_file_close(file);
    fixture_release(f);
}

/* Nothing is in `buf` before the cancel, and everything at the end. */
static void a_late_read_comes_though_it_was_cancelled(void **state)
{
    struct fixture *f = open_faulty("filter-fault.rules=read:late=30ms");
    struct lio_file *file = fixture_file(f, 1, LIO_READ);
    char *buf = grab(4096);
    uint64_t start = lio_clock_ns();
    struct lio_result result;

    (void)state;
    result = cancel_a_read(f, file, buf);
    assert_int_equal(result.code, 0);
    assert_int_equal(result.bytes, 4096);
    assert_true(lio_clock_ns() - start >= 30 * MS);
    check_bytes(buf, 4096, 1, 0);
    free(buf);
    lio_file_close(file);
    fixture_release(f);
}

static void a_reordered_read_comes_after_others(void **state)
{
    enum { N = 6 };
    struct fixture *f = open_faulty("filter-fault.rules=read:nth=1:reorder=3");
    struct lio_file *file = fixture_file(f, 1, LIO_READ);
    struct lio_request requests[N];
    struct lio_result results[N];
    struct lio_cq *cq = NULL;
    uint32_t got = 0;
    char bytes[N];

    (void)state;
    assert_int_equal(lio_cq_open(f->engine, &cq, &f->err), 0);
    for (uint32_t i = 0; i < N; i++) {
        requests[i] = read_request(file, &bytes[i], 1, i * 4096ull);
        requests[i].queue = cq;
        requests[i].user = &bytes[i];
    }
    assert_int_equal(lio_submit(f->engine, requests, N, NULL, &f->err), 0);
    while (got < N) {
        int n = lio_cq_wait(cq, results + got, N - got, 1, PATIENCE_NS);

        assert_true(n > 0);
        got += (uint32_t)n;
    }
    for (uint32_t i = 0; i < N; i++)
        if (results[i].user == &bytes[0])
            assert_true(i >= 3);
    lio_cq_close(cq);
    lio_file_close(file);
    fixture_release(f);
}

static void what_comes_twice_is_taken_once(void **state)
{
    struct fixture *f = open_faulty("filter-fault.rules=read:duplicate");
    struct lio_file *file = fixture_file(f, 1, LIO_READ);
    struct lio_engine_stats stats;

    (void)state;
    for (uint64_t at = 0; at < FILE_BYTES; at += 1024)
        check_read(file, 1, 1024, at);
    stats = fixture_stats(f);
    assert_int_equal(stats.device_reads, FILE_BYTES / 1024);
    assert_int_equal(stats.in_flight, 0);
    assert_true(stats.stale_completions >= FILE_BYTES / 1024 - 1);
    lio_file_close(file);
    lio_engine_close(f->engine);
    f->engine = NULL; /* its ledger of stale completions is not at zero */
    fixture_release(f);
}

/* -- faults: everything at once ------------------------------------------- */

static void reads_are_right_whatever_goes_wrong(void **state)
{
    struct fixture *f = open_with(
        "backend.filters=filter-fault",
        "filter-fault.rules=read:rate=0.1:short=700; read:rate=0.1:delay=100us;"
        "read:rate=0.1:errno=EINTR; any:rate=0.2:reorder=2",
        "filter-fault.seed=42");
    struct lio_file *file = fixture_file(f, 1, LIO_READ);
    uint64_t seed = 42;

    (void)state;
    for (uint32_t i = 0; i < 500; i++) {
        uint64_t at = lio_test_random(&seed) % (FILE_BYTES - 8192);

        check_read(file, 1, 1 + lio_test_random(&seed) % 8191, at);
    }
    lio_file_close(file);
    fixture_release(f);
}

static void rules_that_cannot_be_read_stop_the_engine(void **state)
{
    static const char *const overrides[] = {
        "backend.filters=filter-fault",
        "filter-fault.rules2=read:errno=EIO; read:errno=EOI", NULL
    };
    struct lio_engine *engine = NULL;
    struct lio_error err;

    (void)state;
    assert_int_equal(fixture_engine(overrides, &engine, &err), LIO_ECONFIG);
    assert_string_equal(err.msg,
                        "[filter-fault] rules2: rule 2, character 28: unknown "
                        "errno 'EOI'; did you mean 'EIO'?");
}

/* -- throttle ------------------------------------------------------------- */

/* `n` reads of `len` bytes at once; returns how long they took. */
static uint64_t time_of_reads(struct fixture *f, uint32_t n, size_t len)
{
    struct lio_file *file = fixture_file(f, 1, LIO_READ);
    struct lio_request request;
    struct lio_result result;
    uint64_t ids[16], start;
    char *bufs = grab(n * len);

    assert_true(n <= 16);
    start = lio_clock_ns();
    for (uint32_t i = 0; i < n; i++) {
        request = read_request(file, bufs + i * len, len, i * len);
        assert_int_equal(lio_submit(f->engine, &request, 1, &ids[i], &f->err),
                         0);
    }
    for (uint32_t i = 0; i < n; i++) {
        assert_int_equal(lio_wait(f->engine, ids[i], PATIENCE_NS, &result), 0);
        assert_int_equal(result.code, 0);
        check_bytes(bufs + i * len, len, 1, i * len);
    }
    start = lio_clock_ns() - start;
    free(bufs);
    lio_file_close(file);
    return start;
}

static void latency_is_a_lower_bound(void **state)
{
    struct fixture *f = open_slow("filter-throttle.latency=4ms", NULL);

    (void)state;
    assert_true(time_of_reads(f, 1, 512) >= 4 * MS);
    assert_true(time_of_reads(f, 16, 512) >= 4 * MS);
    fixture_release(f);
}

static void one_place_takes_one_at_a_time(void **state)
{
    struct fixture *f =
        open_slow("filter-throttle.latency=2ms", "filter-throttle.depth=1");

    (void)state;
    assert_true(time_of_reads(f, 4, 512) >= 8 * MS);
    fixture_release(f);
}

static void operations_begin_no_faster_than_told(void **state)
{
    struct fixture *f = open_slow("filter-throttle.iops=500", NULL);

    (void)state;
    assert_true(time_of_reads(f, 5, 512) >= 4 * 2 * MS);
    fixture_release(f);
}

static void bytes_come_no_faster_than_told(void **state)
{
    struct fixture *f = open_slow("filter-throttle.bandwidth=1000000", NULL);

    (void)state;
    assert_true(time_of_reads(f, 4, 2000) >= 8 * MS);
    fixture_release(f);
}

static void what_a_slow_device_holds_can_be_cancelled(void **state)
{
    struct fixture *f = open_slow("filter-throttle.latency=3600s", NULL);
    struct lio_file *file = fixture_file(f, 1, LIO_READ);
    char *buf = grab(4096);

    (void)state;
    /* Stopped, or done already and let go at once: an hour is not waited. */
    (void)cancel_a_read(f, file, buf);
    free(buf);
    lio_file_close(file);
    fixture_release(f);
}

static void threads_share_a_slow_device(void **state)
{
    static const char *const overrides[] = { "cache.plugin=none",
                                             "engine.lanes=2",
                                             "backend.filters=filter-throttle",
                                             "filter-throttle.latency=50us",
                                             "filter-throttle.jitter=100us",
                                             "filter-throttle.depth=3",
                                             NULL };
    struct fixture *f = fixture_open(overrides);
    bool failed[NPLACES];
    pthread_t threads[2];
    struct draw draws[2];
    struct lio_file *file;

    (void)state;
    fixture_make(f, 1, FILE_BYTES);
    file = fixture_file(f, 1, LIO_READ);
    for (uint32_t i = 0; i < 2; i++) {
        draws[i] = (struct draw){ f, file, i, 2, failed };
        assert_int_equal(
            pthread_create(&threads[i], NULL, draw_places, &draws[i]), 0);
    }
    for (uint32_t i = 0; i < 2; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_int_equal(fixture_stats(f).device_reads, NPLACES);
    lio_file_close(file);
    fixture_release(f);
}

/* -- trace ---------------------------------------------------------------- */

/* A row of a trace, of either format. */
struct row {
    uint64_t submit_ns, done_ns, offset, length, file, lane;
    int64_t result;
    char op[8];
};

struct rows {
    struct row rows[32];
    uint32_t n;
    uint64_t records, lost; /* as the end says; UINT64_MAX: there is none */
    char file[512];         /* that number 1 stands for */
};

static char *slurp(const char *path, size_t *ret_bytes)
{
    FILE *file = fopen(path, "r");
    char *text = calloc(1, 65536);

    assert_non_null(file);
    assert_non_null(text);
    *ret_bytes = fread(text, 1, 65535, file);
    assert_int_equal(fclose(file), 0);
    return text;
}

static void parse_csv(const char *text, struct rows *ret)
{
    static const char header[] =
        "# lanceio trace 1\n"
        "submit_ns,done_ns,op,file,offset,length,result,lane\n";
    const char *line = text + strlen(header);

    assert_memory_equal(text, header, strlen(header));
    for (; *line; line = strchr(line, '\n') + 1) {
        struct row *row = &ret->rows[ret->n];

        if (sscanf(line, "# end records=%" SCNu64 " lost=%" SCNu64,
                   &ret->records, &ret->lost) == 2 ||
            sscanf(line, "# file 1 %511s", ret->file) == 1)
            continue;
        assert_int_equal(sscanf(line,
                                "%" SCNu64 ",%" SCNu64 ",%7[a-z],%" SCNu64
                                ",%" SCNu64 ",%" SCNu64 ",%" SCNd64 ",%" SCNu64,
                                &row->submit_ns, &row->done_ns, row->op,
                                &row->file, &row->offset, &row->length,
                                &row->result, &row->lane),
                         8);
        ret->n++;
    }
}

static uint64_t number_at(const char *bytes, uint32_t n)
{
    uint64_t number = 0;

    for (uint32_t i = n; i-- > 0;)
        number = number << 8 | (unsigned char)bytes[i];
    return number;
}

static void parse_record(const char *at, struct row *ret)
{
    static const char *const ops[] = { "", "read", "write", "sync" };

    ret->submit_ns = number_at(at, 8);
    ret->done_ns = number_at(at + 8, 8);
    ret->offset = number_at(at + 16, 8);
    ret->length = number_at(at + 24, 8);
    ret->result = (int64_t)number_at(at + 32, 8);
    ret->file = number_at(at + 40, 4);
    ret->lane = number_at(at + 44, 2);
    strcpy(ret->op, ops[number_at(at + 46, 2)]);
}

static void parse_binary(const char *bytes, size_t n, struct rows *ret)
{
    const char *at = bytes + 16, *end = bytes + n;

    assert_memory_equal(bytes, "LIOTRACE\1\0\0\0\60\0\0\0", 16);
    while (at < end) {
        uint64_t type = number_at(at, 4), len = number_at(at + 4, 4);

        at += 8;
        if (type == 1) {
            assert_int_equal(number_at(at, 4), 1);
            memcpy(ret->file, at + 4, len - 4);
        } else if (type == 2) {
            for (uint64_t i = 0; i < len; i += 48)
                parse_record(at + i, &ret->rows[ret->n++]);
        } else {
            assert_int_equal(type, 3);
            ret->records = number_at(at, 8);
            ret->lost = number_at(at + 8, 8);
        }
        at += len;
    }
    assert_ptr_equal(at, end);
}

static void check_row(const struct row *row, const char *op, uint64_t offset,
                      uint64_t length, int64_t result)
{
    assert_string_equal(row->op, op);
    assert_int_equal(row->file, 1);
    assert_int_equal(row->offset, offset);
    assert_int_equal(row->length, length);
    assert_int_equal(row->result, result);
    assert_int_equal(row->lane, 0);
    assert_true(row->submit_ns <= row->done_ns);
}

/* An engine that traces to DIR/trace; ends with the engine closed. */
static struct fixture *open_traced(const char *filters, const char *format,
                                   const char *more)
{
    struct fixture *f = fixture_open_dir();
    char *path = NULL;

    assert_true(asprintf(&path, "filter-trace.path=%s/trace", f->dir) > 0);
    if (fixture_engine((const char *const[]){ "cache.plugin=none",
                                              "engine.lanes=1", filters, path,
                                              format, more, NULL },
                       &f->engine, &f->err) < 0)
        fail_msg("%s", f->err.msg);
    free(path);
    fixture_make(f, 1, FILE_BYTES);
    return f;
}

static void close_traced(struct fixture *f, bool binary, struct rows *ret_rows)
{
    char *path = NULL, *text;
    size_t bytes;

    lio_engine_close(f->engine);
    f->engine = NULL;
    assert_true(asprintf(&path, "%s/trace", f->dir) > 0);
    text = slurp(path, &bytes);
    memset(ret_rows, 0, sizeof(*ret_rows));
    ret_rows->records = ret_rows->lost = UINT64_MAX;
    if (binary)
        parse_binary(text, bytes, ret_rows);
    else
        parse_csv(text, ret_rows);
    assert_string_equal(ret_rows->file, fixture_path(f, 1));
    assert_int_equal(ret_rows->records, ret_rows->n);
    free(text);
    free(path);
    fixture_release(f);
}

static void check_trace(const char *format, bool binary)
{
    struct fixture *f =
        open_traced("backend.filters=filter-trace", format, NULL);
    struct lio_file *file = fixture_file(f, 1, LIO_READ | LIO_WRITE);
    uint64_t before = lio_clock_ns(), after;
    struct rows rows;

    check_read(file, 1, 1000, 123);
    assert_int_equal(read_at(f, file, FILE_BYTES - 10, 100), 0);
    assert_int_equal(lio_write(file, "abc", 3, 7, &f->err), 0);
    assert_int_equal(lio_sync(file, &f->err), 0);
    lio_file_close(file);
    after = lio_clock_ns();
    close_traced(f, binary, &rows);
    assert_int_equal(rows.n, 4);
    assert_int_equal(rows.lost, 0);
    check_row(&rows.rows[0], "read", 123, 1000, 1000);
    check_row(&rows.rows[1], "read", FILE_BYTES - 10, rows.rows[1].length, 10);
    check_row(&rows.rows[2], "write", 7, 3, 3);
    check_row(&rows.rows[3], "sync", 0, 0, 0);
    for (uint32_t i = 0; i < 4; i++)
        assert_true(rows.rows[i].submit_ns >= before &&
                    rows.rows[i].done_ns <= after);
}

static void a_trace_is_what_was_done(void **state)
{
    (void)state;
    check_trace("filter-trace.format=csv", false);
}

static void a_binary_trace_is_what_was_done(void **state)
{
    (void)state;
    check_trace("filter-trace.format=binary", true);
}

/* One record at a time, so that every write to the file is seen. */
static void a_trace_shows_what_filters_behind_it_do(void **state)
{
    struct fixture *f = open_traced(
        "backend.filters=filter-trace, filter-fault", "filter-trace.records=1",
        "filter-fault.rules=read:range=512-:errno=EACCES");
    struct lio_file *file = fixture_file(f, 1, LIO_READ);
    struct rows rows;

    (void)state;
    check_read(file, 1, 512, 0);
    assert_int_equal(read_at(f, file, 512, 1), LIO_EACCES);
    lio_file_close(file);
    close_traced(f, false, &rows);
    assert_int_equal(rows.n, 2);
    check_row(&rows.rows[0], "read", 0, 512, 512);
    check_row(&rows.rows[1], "read", 512, 1, -EACCES);
}

static void a_trace_does_not_show_what_never_gets_there(void **state)
{
    struct fixture *f = open_traced(
        "backend.filters=filter-fault, filter-trace", "filter-trace.records=1",
        "filter-fault.rules=read:range=512-:errno=EACCES");
    struct lio_file *file = fixture_file(f, 1, LIO_READ);
    struct rows rows;

    (void)state;
    check_read(file, 1, 512, 0);
    assert_int_equal(read_at(f, file, 512, 1), LIO_EACCES);
    lio_file_close(file);
    close_traced(f, false, &rows);
    assert_int_equal(rows.n, 1);
}

static void a_trace_that_cannot_be_written_fails_nothing(void **state)
{
    struct fixture *f =
        open_with("backend.filters=filter-trace", "filter-trace.path=/dev/full",
                  "filter-trace.records=2");
    struct lio_file *file = fixture_file(f, 1, LIO_READ);

    (void)state;
    for (uint64_t at = 0; at < FILE_BYTES; at += 4096)
        check_read(file, 1, 4096, at);
    lio_file_close(file);
    fixture_release(f);
}

static void a_trace_needs_a_place(void **state)
{
    static const char *const paths[] = { "filter-trace.path=",
                                         "filter-trace.path=/no/such/place" };
    struct lio_engine *engine = NULL;
    struct lio_error err;

    (void)state;
    for (uint32_t i = 0; i < 2; i++) {
        assert_int_equal(
            fixture_engine((const char *const[]){ "backend.filters=filter-"
                                                  "trace",
                                                  paths[i], NULL },
                           &engine, &err),
            LIO_ECONFIG);
        assert_non_null(strstr(err.msg, "[filter-trace] path"));
    }
}

/* -- the run's figures ---------------------------------------------------- */

static void a_run_lists_its_filters(void **state)
{
    struct fixture *f = fixture_open_dir();
    sqlite3_stmt *query = NULL;
    char *path = NULL, *over = NULL;
    sqlite3 *db = NULL;

    (void)state;
    assert_true(asprintf(&path, "%s/stats.db", f->dir) > 0);
    assert_true(asprintf(&over, "stats.database=%s", path) > 0);
    if (fixture_engine((const char *const[]){ "backend.filters=filter-fault,"
                                              "filter-throttle",
                                              over, NULL },
                       &f->engine, &f->err) < 0)
        fail_msg("%s", f->err.msg);
    assert_int_equal(lio_engine_finish(f->engine, &f->err), 0);
    f->engine = NULL;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(
        sqlite3_prepare_v2(db,
                           "SELECT count(*) FROM run_plugins WHERE kind = "
                           "'filter' AND name IN "
                           "('filter-fault', 'filter-throttle')",
                           -1, &query, NULL),
        SQLITE_OK);
    assert_int_equal(sqlite3_step(query), SQLITE_ROW);
    assert_int_equal(sqlite3_column_int(query, 0), 2);
    (void)sqlite3_finalize(query);
    (void)sqlite3_close(db);
    free(path);
    free(over);
    fixture_release(f);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_range_of_one_file_fails),
        cmocka_unit_test(the_third_write_fails_and_no_other),
        cmocka_unit_test(a_rule_with_a_maximum_ends),
        cmocka_unit_test(a_sync_fails),
        cmocka_unit_test(an_open_fails),
        cmocka_unit_test(a_passing_error_is_tried_again),
        cmocka_unit_test(a_seed_fails_the_same_reads_whoever_asks),
        cmocka_unit_test(short_transfers_are_continued),
        cmocka_unit_test(a_delayed_read_takes_its_time),
        cmocka_unit_test(a_delayed_read_can_be_cancelled),
        cmocka_unit_test(a_late_read_comes_though_it_was_cancelled),
        cmocka_unit_test(a_reordered_read_comes_after_others),
        cmocka_unit_test(what_comes_twice_is_taken_once),
        cmocka_unit_test(reads_are_right_whatever_goes_wrong),
        cmocka_unit_test(rules_that_cannot_be_read_stop_the_engine),
        cmocka_unit_test(latency_is_a_lower_bound),
        cmocka_unit_test(one_place_takes_one_at_a_time),
        cmocka_unit_test(operations_begin_no_faster_than_told),
        cmocka_unit_test(bytes_come_no_faster_than_told),
        cmocka_unit_test(what_a_slow_device_holds_can_be_cancelled),
        cmocka_unit_test(threads_share_a_slow_device),
        cmocka_unit_test(a_trace_is_what_was_done),
        cmocka_unit_test(a_binary_trace_is_what_was_done),
        cmocka_unit_test(a_trace_shows_what_filters_behind_it_do),
        cmocka_unit_test(a_trace_does_not_show_what_never_gets_there),
        cmocka_unit_test(a_trace_that_cannot_be_written_fails_nothing),
        cmocka_unit_test(a_trace_needs_a_place),
        cmocka_unit_test(a_run_lists_its_filters),
    };
    int rc = fixture_arguments(argc, argv);

    return rc ? rc : cmocka_run_group_tests(tests, NULL, NULL);
}
