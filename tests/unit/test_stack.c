/*
 * A backend with filters in front of it.  The filters of the tests lengthen
 * file names on their way in, so what arrives tells the order.
 */
#include "core/stack.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <fcntl.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/temp_dir.h"

#define DEPTH 4u

struct fixture {
    char *dir;
    char *config_path; /* an empty file, so that no other is read */
    struct lio_config *config;
    struct lio_executor *executor;
    struct lio_stack stack;
    struct lio_error err;
};

static char *path_in(const struct fixture *f, const char *name)
{
    char *path;

    assert_true(asprintf(&path, "%s/%s", f->dir, name) > 0);
    return path;
}

static void write_file(const struct fixture *f, const char *name,
                       const char *text)
{
    char *path = path_in(f, name);
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_int_equal(fputs(text, file) < 0, 0);
    assert_int_equal(fclose(file), 0);
    free(path);
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    assert_non_null(f);
    f->dir = temp_dir_make();
    assert_non_null(f->dir);
    write_file(f, "lanceio.ini", "");
    f->config_path = path_in(f, "lanceio.ini");
    assert_int_equal(lio_executor_open(2, 16, &f->executor, NULL), 0);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    lio_stack_close(&f->stack);
    lio_executor_close(f->executor);
    lio_config_free(f->config);
    free(f->config_path);
    temp_dir_remove(f->dir);
    free(f);
    return 0;
}

static int load(struct fixture *f, const char *filters)
{
    const char *overrides[] = {
        "engine.plugin_dir=" LIO_TEST_GOOD_PLUGINS,
        "backend.plugin=backend-pread",
        filters,
        "filter-first.suffix=.1",
        "filter-second.suffix=.2",
    };

    return lio_config_load(f->config_path, overrides, LIO_COUNT(overrides),
                           &f->config, &f->err);
}

static int open_stack(struct fixture *f, const char *backend)
{
    struct lio_stack_setup setup = {
        .config = f->config,
        .executor = f->executor,
        .nlanes = 1,
        .queue_depth = DEPTH,
    };

    assert_int_equal(lio_loader_find(lio_config_loader(f->config), backend,
                                     LIO_KIND_BACKEND, &setup.backend, &f->err),
                     0);
    return lio_stack_open(&setup, &f->stack, &f->err);
}

static void must_open(struct fixture *f, const char *filters)
{
    if (load(f, filters) < 0 || open_stack(f, "backend-pread") < 0)
        fail_msg("%s", f->err.msg);
}

/* The first bytes of what `name` stands for, read through the stack. */
static void reads_as(struct fixture *f, const char *name, const char *text)
{
    const struct lio_backend_ops *ops = f->stack.ops;
    char *path = path_in(f, name), bytes[8] = { 0 };
    struct lio_iovec iov = { bytes, sizeof(bytes) - 1 };
    struct lio_op op = { .id = 1,
                         .iov = &iov,
                         .niov = 1,
                         .kind = LIO_OP_READ,
                         .length = sizeof(bytes) - 1 };
    struct lio_op *list[] = { &op };
    struct lio_completion done;
    struct lio_file_info info;
    void *queue = NULL;

    if (ops->file_open(f->stack.backend, path, LIO_OPEN_READ, &op.handle, &info,
                       &f->err) < 0)
        fail_msg("%s", f->err.msg);
    assert_int_equal(ops->queue_open(f->stack.backend, DEPTH, &queue, &f->err),
                     0);
    assert_int_equal(ops->submit(queue, list, 1), 1);
    assert_int_equal(ops->reap(queue, &done, 1, 1, -1), 1);
    assert_int_equal(done.result, strlen(text));
    assert_string_equal(bytes, text);
    ops->queue_close(queue);
    ops->file_close(f->stack.backend, op.handle);
    free(path);
}

static void without_filters_the_backend_answers(void **state)
{
    struct fixture *f = *state;

    must_open(f, "backend.filters=");
    assert_int_equal(f->stack.nlayers, 1);
    assert_non_null(f->stack.blocking);
    write_file(f, "data", "plain");
    reads_as(f, "data", "plain");
}

static void the_first_of_the_list_is_asked_first(void **state)
{
    struct fixture *f = *state;

    must_open(f, "backend.filters=filter-first, filter-second");
    assert_int_equal(f->stack.nlayers, 3);
    write_file(f, "data", "no");
    write_file(f, "data.1.2", "1 2");
    write_file(f, "data.2.1", "2 1");
    reads_as(f, "data", "1 2");
}

static void the_list_says_the_order(void **state)
{
    struct fixture *f = *state;

    must_open(f, "backend.filters= filter-second ,filter-first,");
    write_file(f, "data.1.2", "1 2");
    write_file(f, "data.2.1", "2 1");
    reads_as(f, "data", "2 1");
}

static void a_filter_that_refuses_fails_the_stack(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(load(f, "backend.filters=filter-first"), 0);
    lio_config_free(f->config);
    f->config = NULL;
    assert_int_equal(
        lio_config_load(
            f->config_path,
            (const char *const[]){ "engine.plugin_dir=" LIO_TEST_GOOD_PLUGINS,
                                   "backend.filters=filter-second,filter-first",
                                   "filter-second.suffix=refuse" },
            3, &f->config, &f->err),
        0);
    assert_int_equal(open_stack(f, "backend-pread"), LIO_ECONFIG);
    assert_string_equal(f->err.msg, "this suffix is refused");
    assert_int_equal(f->stack.nlayers, 0);
}

/* The sanitizers tell what was left.  What the plugins allocated is theirs,
 * and in a forked child nobody asks them any more. */
static void abandoning_leaves_the_plugins_alone(void **state)
{
    struct fixture *f = *state;
    struct lio_stack other;

    must_open(f, "backend.filters=");
    other = f->stack;
    assert_int_equal(open_stack(f, "backend-pread"), 0);
    lio_stack_abandon(&other);
}

static void refused_list(struct fixture *f, const char *filters,
                         const char *why)
{
    assert_int_equal(load(f, filters), LIO_ECONFIG);
    if (!strstr(f->err.msg, why))
        fail_msg("'%s' does not say '%s'", f->err.msg, why);
}

static void a_list_is_checked_name_by_name(void **state)
{
    struct fixture *f = *state;

    refused_list(f, "backend.filters=filter-first, filter-secnd",
                 "did you mean 'filter-second'?");
    refused_list(f, "backend.filters=cache-plain", "is a cache, not a filter");
    refused_list(f, "backend.filters=filter-first,filter-first",
                 "'filter-first' stands there twice");
    refused_list(f, "backend.plugin=filter-first",
                 "is a filter, not a backend");
}

int main(void)
{
#define X(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        X(without_filters_the_backend_answers),
        X(the_first_of_the_list_is_asked_first),
        X(the_list_says_the_order),
        X(a_filter_that_refuses_fails_the_stack),
        X(abandoning_leaves_the_plugins_alone),
        X(a_list_is_checked_name_by_name),
    };
#undef X

    return cmocka_run_group_tests(tests, NULL, NULL);
}
