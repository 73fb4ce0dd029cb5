#include "fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/temp_dir.h"

#define MAX_OVERRIDES 16u

/* Of the program, set once by fixture_arguments(). */
static const char *backend;
static bool cached;

int fixture_arguments(int argc, char **argv)
{
    struct lio_engine *engine = NULL;
    struct lio_engine_info info;
    struct lio_error err;
    bool runs;

    if (argc != 3) {
        fprintf(stderr, "usage: %s BACKEND cache|nocache\n", argv[0]);
        return 2;
    }
    backend = argv[1];
    cached = strcmp(argv[2], "cache") == 0;

    if (fixture_engine(NULL, &engine, &err) < 0) {
        fprintf(stderr, "%s\n", err.msg);
        return 2;
    }
    lio_engine_info(engine, &info);
    runs = strcmp(info.backend_used, backend) == 0;
    if (!runs)
        printf("skipped: %s\n", info.backend_reason);
    lio_engine_close(engine);
    return runs ? 0 : 77;
}

const char *fixture_backend(void)
{
    return backend;
}

bool fixture_cached(void)
{
    return cached;
}

int fixture_engine(const char *const *overrides, struct lio_engine **ret_engine,
                   struct lio_error *err)
{
    const char *all[MAX_OVERRIDES] = { "stats.database=off" };
    char *wanted = NULL;
    struct lio_config *config = NULL;
    size_t n = 1;
    int rc;

    assert_true(asprintf(&wanted, "backend.plugin=%s", backend) > 0);
    all[n++] = "engine.plugin_dir=" LIO_TEST_GATES;
    all[n++] = wanted;
    all[n++] = cached ? "cache.plugin=cache-lru" : "cache.plugin=none";
    for (; overrides && *overrides && n < MAX_OVERRIDES; overrides++)
        all[n++] = *overrides;

    rc = lio_config_load("/dev/null", all, n, &config, err);
    if (rc == 0)
        rc = lio_engine_open(config, ret_engine, err);
    lio_config_free(config);
    free(wanted);
    return rc;
}

struct fixture *fixture_open_dir(void)
{
    struct fixture *f = calloc(1, sizeof(*f));

    assert_non_null(f);
    f->dir = temp_dir_make();
    assert_non_null(f->dir);
    return f;
}

struct fixture *fixture_open(const char *const *overrides)
{
    struct fixture *f = fixture_open_dir();

    if (fixture_engine(overrides, &f->engine, &f->err) < 0)
        fail_msg("%s", f->err.msg);
    return f;
}

static void check_ledgers(struct fixture *f)
{
    struct lio_engine_stats stats = fixture_stats(f);

    assert_int_equal(stats.in_flight, 0);
    assert_int_equal(stats.in_flight_bytes, 0);
    assert_int_equal(stats.pinned_blocks, 0);
    assert_int_equal(stats.requests, stats.delivered);
    if (!f->duplicates)
        assert_int_equal(stats.stale_completions, 0);
}

void fixture_release(struct fixture *f)
{
    if (f->engine)
        check_ledgers(f);
    lio_engine_close(f->engine);
    temp_dir_remove(f->dir);
    free(f->path);
    free(f);
}

int fixture_setup(void **state)
{
    *state = fixture_open(NULL);
    return 0;
}

int fixture_setup_dir(void **state)
{
    *state = fixture_open_dir();
    return 0;
}

int fixture_teardown(void **state)
{
    fixture_release(*state);
    return 0;
}

const char *fixture_path(struct fixture *f, uint32_t number)
{
    free(f->path);
    f->path = NULL;
    if (asprintf(&f->path, "%s/file-%u", f->dir, number) < 0)
        fail_msg("no memory for a path");
    return f->path;
}

void fixture_make(struct fixture *f, uint32_t number, uint64_t bytes)
{
    size_t piece = 256 * KIB;
    char *buf = grab(piece);
    int fd = open(fixture_path(f, number), O_WRONLY | O_CREAT | O_TRUNC, 0600);

    assert_true(fd >= 0);
    for (uint64_t at = 0; at < bytes; at += piece) {
        if (piece > bytes - at)
            piece = bytes - at;
        lio_test_fill(buf, piece, number, at);
        assert_int_equal(pwrite(fd, buf, piece, (off_t)at), piece);
    }
    assert_int_equal(close(fd), 0);
    free(buf);
}

struct lio_file *fixture_file(struct fixture *f, uint32_t number,
                              uint32_t flags)
{
    struct lio_file *file = NULL;

    if (lio_file_open(f->engine, fixture_path(f, number), flags, &file,
                      &f->err) < 0)
        fail_msg("%s", f->err.msg);
    return file;
}

struct lio_engine_stats fixture_stats(struct fixture *f)
{
    struct lio_engine_stats stats;

    lio_engine_stats(f->engine, &stats);
    return stats;
}

void check_bytes(const void *buf, size_t len, uint32_t number, uint64_t offset)
{
    size_t at = lio_test_differs(buf, len, number, offset);

    if (at != len)
        fail_msg("file %u: byte %llu, %zu of %zu read from %llu, is wrong",
                 number, (unsigned long long)(offset + at), at, len,
                 (unsigned long long)offset);
}

void check_read(struct lio_file *file, uint32_t number, size_t len,
                uint64_t offset)
{
    struct lio_error err;
    char *buf = grab(len);

    if (lio_read(file, buf, len, offset, LIO_EXACT, NULL, &err) < 0)
        fail_msg("%s", err.msg);
    check_bytes(buf, len, number, offset);
    free(buf);
}

void check_view(const struct lio_view *view, uint32_t number, size_t len,
                uint64_t offset)
{
    uint64_t at = 0;

    assert_int_equal(view->bytes, len);
    for (uint32_t i = 0; i < view->nsegments; i++) {
        const struct lio_segment *segment = &view->segments[i];

        check_bytes(segment->base, segment->len, number, offset + at);
        at += segment->len;
    }
    assert_int_equal(at, len);
}

struct lio_request read_request(struct lio_file *file, void *buf, size_t len,
                                uint64_t offset)
{
    return (struct lio_request){
        .file = file,
        .kind = LIO_REQUEST_READ,
        .offset = offset,
        .length = len,
        .buf = buf,
        .user = buf,
    };
}

struct lio_request write_request(struct lio_file *file, void *buf, size_t len,
                                 uint64_t offset)
{
    struct lio_request request = read_request(file, buf, len, offset);

    request.kind = LIO_REQUEST_WRITE;
    return request;
}

uint64_t submit_one(struct fixture *f, const struct lio_request *request)
{
    uint64_t id = 0;

    submit_all(f, request, 1, &id);
    return id;
}

void submit_all(struct fixture *f, const struct lio_request *requests,
                uint32_t n, uint64_t *ret_ids)
{
    if (lio_submit(f->engine, requests, n, ret_ids, &f->err) < 0)
        fail_msg("%s", f->err.msg);
}

struct lio_result wait_for(struct fixture *f, uint64_t id)
{
    struct lio_result result = { .id = 0 };

    assert_int_equal(lio_wait(f->engine, id, PATIENCE_NS, &result), 0);
    assert_int_equal(result.id, id);
    return result;
}

void wait_for_read(struct fixture *f, uint64_t id, uint32_t number)
{
    struct lio_result result = wait_for(f, id);
    struct lio_error err;

    if (lio_result_error(&result, &err) < 0)
        fail_msg("%s", err.msg);
    assert_int_equal(result.bytes, result.length);
    check_bytes(result.user, result.bytes, number, result.offset);
}

void *grab(size_t bytes)
{
    void *memory = malloc(bytes ? bytes : 1);

    assert_non_null(memory);
    return memory;
}

#define PAGE 4096u

void *grab_at(size_t bytes, uint64_t place)
{
    void *block = NULL;

    assert_int_equal(posix_memalign(&block, PAGE, place % PAGE + bytes + 1), 0);
    return (char *)block + place % PAGE;
}

void drop_at(void *memory)
{
    if (memory)
        free((char *)memory - (uintptr_t)memory % PAGE);
}

void check_in_child(int (*body)(struct fixture *f), struct fixture *f)
{
    int status = 0;
    pid_t pid;

    fflush(NULL);
    pid = fork();
    assert_true(pid >= 0);
    if (pid == 0)
        _exit(body(f)); /* what the parent's threads hold is no leak */
    assert_int_equal(waitpid(pid, &status, 0), pid);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        fail_msg("the child ended with status 0x%x", (unsigned)status);
}
