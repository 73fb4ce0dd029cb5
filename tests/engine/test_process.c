/* What the engine does to its process and the process to it: fork, rights that
 * are missing, the end. */
#include "fixture.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sqlite3.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/sanitizer.h"

#define PIECE  5000u
#define NREADS 50u

/* -- fork ---------------------------------------------------------------- */

static struct lio_file *forked_file;
static uint64_t forked_id;
static struct lio_cq *forked_queue;
static struct lio_view *forked_view;

static void work(void *user)
{
    (void)user;
}

/* Returns the number of the first call that did not say LIO_ECLOSED, or 0. */
static int calls_in_the_child(struct fixture *f)
{
    struct lio_request request = read_request(forked_file, f->err.msg, 100, 0);
    struct lio_file *file = NULL;
    struct lio_view *view = NULL;
    struct lio_cq *queue = NULL;
    struct lio_result result;
    uint64_t id;
    size_t got;
    char buf[10];
    const int codes[] = {
        lio_read(forked_file, buf, 10, 0, 0, &got, NULL),
        lio_read_view(forked_file, 10, 0, 0, &view, NULL),
        lio_write(forked_file, buf, 10, 0, NULL),
        lio_sync(forked_file, NULL),
        lio_submit(f->engine, &request, 1, &id, NULL),
        lio_wait(f->engine, forked_id, -1, &result),
        lio_wait_any(f->engine, &forked_id, 1, -1, &result),
        lio_cancel(f->engine, forked_id),
        lio_drop(f->engine, forked_id),
        lio_cq_wait(forked_queue, &result, 1, 1, -1),
        lio_cq_open(f->engine, &queue, NULL),
        lio_file_open(f->engine, f->path, LIO_READ, &file, NULL),
        lio_execute(f->engine, work, NULL),
    };

    lio_flush(f->engine);
    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
        if (codes[i] != LIO_ECLOSED)
            return (int)i + 1;
    return 0;
}

static int close_in_the_child(struct fixture *f)
{
    int wrong = calls_in_the_child(f);

    lio_view_put(forked_view);
    lio_cq_close(forked_queue);
    lio_file_close(forked_file);
    lio_engine_close(f->engine);
    return wrong;
}

/* With reads in flight at the fork; the parent gets them all afterwards. */
static void a_forked_child_has_no_engine(void **state)
{
    int (*const bodies[])(struct fixture *) = { calls_in_the_child,
                                                close_in_the_child };
    struct fixture *f = *state;

    fixture_make(f, 1, 4 * MIB);
    for (size_t b = 0; b < 2; b++) {
        struct lio_request requests[NREADS];
        char *memory = grab((size_t)NREADS * PIECE);
        uint64_t ids[NREADS];

        forked_file = fixture_file(f, 1, LIO_READ | LIO_WRITE);
        assert_int_equal(lio_cq_open(f->engine, &forked_queue, NULL), 0);
        assert_int_equal(
            lio_read_view(forked_file, 100, 5, 0, &forked_view, NULL), 0);
        for (uint32_t i = 0; i < NREADS; i++)
            requests[i] = read_request(forked_file, memory + (size_t)i * PIECE,
                                       PIECE, (uint64_t)i * 65536);
        submit_all(f, requests, NREADS, ids);
        forked_id = ids[0];
        check_in_child(bodies[b], f);

        for (uint32_t i = 0; i < NREADS; i++)
            wait_for_read(f, ids[i], 1);
        check_view(forked_view, 1, 100, 5);
        lio_view_put(forked_view);
        lio_cq_close(forked_queue);
        lio_file_close(forked_file);
        free(memory);
    }
}

static int open_one_in_the_child(struct fixture *f)
{
    struct lio_engine *engine = NULL;
    struct lio_file *file = NULL;
    struct lio_error err;
    char buf[100];
    int rc = 1;

    if (fixture_engine(NULL, &engine, &err) < 0)
        return 2;
    if (lio_file_open(engine, f->path, LIO_READ, &file, &err) == 0 &&
        lio_read(file, buf, 100, 77, LIO_EXACT, NULL, &err) == 0 &&
        lio_test_differs(buf, 100, 1, 77) == 100)
        rc = 0;
    lio_file_close(file);
    lio_engine_close(engine);
    return rc;
}

/* The thread sanitizer cannot follow threads that such a child starts. */
static void a_forked_child_may_open_its_own(void **state)
{
    struct fixture *f = *state;

    if (LIO_TEST_TSAN)
        return;
    fixture_make(f, 1, 1000);
    check_in_child(open_one_in_the_child, f);
}

/* -- the fallback -------------------------------------------------------- */

/* As a container's profile does: io_uring_setup() fails with EPERM. */
static int forbid_io_uring(void)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_io_uring_setup, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = { .len = sizeof(code) / sizeof(code[0]),
                                  .filter = code };

    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
        return -1;
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

static int fall_back(struct fixture *f)
{
    struct lio_engine *engine = NULL;
    struct lio_engine_info info;
    struct lio_error err;
    int rc = 0;

    if (forbid_io_uring() < 0)
        return 1;
    if (open_one_in_the_child(f) != 0)
        return 2;
    if (fixture_engine(NULL, &engine, &err) < 0)
        return 3;
    lio_engine_info(engine, &info);
    if (strcmp(info.backend_wanted, "backend-uring") != 0)
        rc = 4;
    else if (strcmp(info.backend_used, "backend-pread") != 0)
        rc = 5;
    else if (!strstr(info.backend_reason, "seccomp"))
        rc = 6;
    lio_engine_close(engine);
    return rc;
}

/* The first column of the first row, equal to `wanted`? */
static bool answers(const char *database, const char *sql, const char *wanted)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *query = NULL;
    bool same = false;

    if (sqlite3_open_v2(database, &db, SQLITE_OPEN_READONLY, NULL) ==
            SQLITE_OK &&
        sqlite3_prepare_v2(db, sql, -1, &query, NULL) == SQLITE_OK &&
        sqlite3_step(query) == SQLITE_ROW)
        same = strcmp((const char *)sqlite3_column_text(query, 0), wanted) == 0;
    (void)sqlite3_finalize(query);
    (void)sqlite3_close(db);
    return same;
}

static int fall_back_on_record(struct fixture *f)
{
    struct lio_engine *engine = NULL;
    const char *overrides[] = { NULL, NULL };
    char *setting = NULL;
    struct lio_error err;

    if (forbid_io_uring() < 0 ||
        asprintf(&setting, "stats.database=%s/stats.db", f->dir) < 0)
        return 1;
    overrides[0] = setting;
    if (fixture_engine(overrides, &engine, &err) < 0)
        return 2;
    lio_engine_close(engine);
    if (!answers(setting + strlen("stats.database="),
                 "SELECT backend_wanted || ' ' || backend_used || ' ' ||"
                 " (backend_reason LIKE '%seccomp%') FROM runs",
                 "backend-uring backend-pread 1"))
        return 3;
    free(setting);
    return 0;
}

static void the_row_of_a_run_says_why_it_fell_back(void **state)
{
    if (strcmp(fixture_backend(), "backend-uring") == 0)
        check_in_child(fall_back_on_record, *state);
}

static void without_io_uring_the_fallback_runs_and_says_why(void **state)
{
    struct fixture *f = *state;

    if (strcmp(fixture_backend(), "backend-uring") != 0)
        return; /* pread needs no right that could be missing */
    fixture_make(f, 1, 1000);
    check_in_child(fall_back, f);
}

static int fail_without_fallback(struct fixture *f)
{
    static const char *const none[] = { "backend.fallback=none", NULL };
    struct lio_engine *engine = NULL;
    struct lio_error err;

    (void)f;
    if (forbid_io_uring() < 0)
        return 1;
    if (fixture_engine(none, &engine, &err) == 0) {
        lio_engine_close(engine);
        return 2;
    }
    return strstr(err.msg, "io_uring") && strstr(err.msg, "seccomp") ? 0 : 3;
}

static void without_a_fallback_the_open_fails_and_says_why(void **state)
{
    if (strcmp(fixture_backend(), "backend-uring") == 0)
        check_in_child(fail_without_fallback, *state);
}

/* Newer kernels do not charge rings: then nothing falls back. */
static int open_without_locked_memory(struct fixture *f)
{
    struct rlimit none = { 0, 0 };

    if (setrlimit(RLIMIT_MEMLOCK, &none) < 0)
        return 11;
    if (geteuid() == 0 && setuid(65534) < 0)
        return 12;
    return open_one_in_the_child(f);
}

static void without_locked_memory_it_still_reads(void **state)
{
    struct fixture *f = *state;

    fixture_make(f, 1, 1000);
    assert_int_equal(chmod(f->dir, 0755), 0);
    assert_int_equal(chmod(f->path, 0644), 0);
    check_in_child(open_without_locked_memory, f);
}

/* -- the end ------------------------------------------------------------- */

/* Neither waited for nor dropped: thrown away, without a leak. */
static void results_never_taken_are_thrown_away(void **state)
{
    struct fixture *f = *state;
    struct lio_engine *engine = NULL;
    struct lio_file *file = NULL;
    struct lio_request requests[NREADS];
    char *memory = grab((size_t)NREADS * PIECE);
    uint64_t ids[NREADS];

    fixture_make(f, 1, 4 * MIB);
    if (fixture_engine(NULL, &engine, &f->err) < 0 ||
        lio_file_open(engine, f->path, LIO_READ, &file, &f->err) < 0)
        fail_msg("%s", f->err.msg);
    for (uint32_t i = 0; i < NREADS; i++) {
        requests[i] = read_request(file, memory + (size_t)i * PIECE, PIECE,
                                   (uint64_t)i * 65536);
        requests[i].flags = i % 2 ? LIO_VIEW : 0;
    }
    assert_int_equal(lio_submit(engine, requests, NREADS, ids, &f->err), 0);
    lio_file_close(file);
    lio_engine_close(engine);
    free(memory);
}

/* A task that is still to ask something of the engine when this is closed. */
struct late_task {
    struct lio_file *file;
    struct lio_cq *queue;
    int code;
    char buf[PIECE];
};

static void read_late(void *user)
{
    struct late_task *task = user;

    usleep(2000);
    task->code =
        lio_read(task->file, task->buf, PIECE, 0, LIO_EXACT, NULL, NULL);
}

static void what_is_open_when_the_engine_closes_says_so(void **state)
{
    struct fixture *f = *state;
    struct late_task *task = calloc(1, sizeof(*task));
    struct lio_engine *engine = NULL;
    struct lio_request request;
    struct lio_result result;
    char buf[PIECE];

    assert_non_null(task);
    fixture_make(f, 1, 4 * MIB);
    if (fixture_engine(NULL, &engine, &f->err) < 0 ||
        lio_file_open(engine, f->path, LIO_READ | LIO_WRITE, &task->file,
                      &f->err) < 0 ||
        lio_cq_open(engine, &task->queue, &f->err) < 0)
        fail_msg("%s", f->err.msg);
    request = read_request(task->file, buf, PIECE, 65536);
    request.queue = task->queue;
    assert_int_equal(lio_submit(engine, &request, 1, NULL, &f->err), 0);
    assert_int_equal(lio_execute(engine, read_late, task), 0);

    lio_engine_close(engine);
    assert_true(task->code == 0 || task->code == LIO_ECLOSED);
    assert_int_equal(lio_read(task->file, buf, PIECE, 0, LIO_EXACT, NULL, NULL),
                     LIO_ECLOSED);
    assert_int_equal(lio_write(task->file, buf, PIECE, 0, NULL), LIO_ECLOSED);
    assert_int_equal(lio_sync(task->file, NULL), LIO_ECLOSED);
    assert_int_equal(lio_cq_wait(task->queue, &result, 1, 1, -1), LIO_ECLOSED);
    lio_cq_close(task->queue);
    lio_file_close(task->file);
    free(task);
}

static void an_engine_may_be_opened_and_closed_again_and_again(void **state)
{
    struct fixture *f = *state;

    for (uint32_t i = 0; i < 20; i++) {
        struct lio_engine *engine = NULL;

        if (fixture_engine(NULL, &engine, &f->err) < 0)
            fail_msg("%s", f->err.msg);
        lio_engine_close(engine);
    }
    lio_engine_close(NULL);
}

static void two_engines_live_side_by_side(void **state)
{
    struct fixture *f = *state;
    struct lio_engine *other = NULL;
    struct lio_file *mine, *theirs = NULL;

    fixture_make(f, 1, MIB);
    mine = fixture_file(f, 1, LIO_READ);
    if (fixture_engine(NULL, &other, &f->err) < 0 ||
        lio_file_open(other, f->path, LIO_READ, &theirs, &f->err) < 0)
        fail_msg("%s", f->err.msg);
    check_read(mine, 1, 100000, 5);
    check_read(theirs, 1, 100000, 5);
    lio_file_close(theirs);
    lio_engine_close(other);
    check_read(mine, 1, 100000, 500000);
    lio_file_close(mine);
}

#define TEST_DIR(name)                                                         \
    cmocka_unit_test_setup_teardown(name, fixture_setup_dir, fixture_teardown)
#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        TEST(a_forked_child_has_no_engine),
        TEST(a_forked_child_may_open_its_own),
        TEST_DIR(without_io_uring_the_fallback_runs_and_says_why),
        TEST_DIR(the_row_of_a_run_says_why_it_fell_back),
        TEST_DIR(without_a_fallback_the_open_fails_and_says_why),
        TEST_DIR(without_locked_memory_it_still_reads),
        TEST(results_never_taken_are_thrown_away),
        TEST(what_is_open_when_the_engine_closes_says_so),
        TEST(an_engine_may_be_opened_and_closed_again_and_again),
        TEST(two_engines_live_side_by_side),
    };
    int rc = fixture_arguments(argc, argv);

    return rc != 0 ? rc : cmocka_run_group_tests(tests, NULL, NULL);
}
