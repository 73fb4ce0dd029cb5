/*
 * Tables of plugins with one thing wrong each, straight from memory.
 */
#include "core/plugin_check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/plugins/policy.h"

static int backend_open(const struct lio_backend_setup *setup LIO_UNUSED,
                        void **ret_backend LIO_UNUSED,
                        struct lio_error *err LIO_UNUSED)
{
    return 0;
}

static int file_open(void *backend LIO_UNUSED, const char *uri LIO_UNUSED,
                     uint32_t flags LIO_UNUSED, void **ret_handle LIO_UNUSED,
                     struct lio_file_info *ret_info LIO_UNUSED,
                     struct lio_error *err LIO_UNUSED)
{
    return 0;
}

static int file_stat(void *backend LIO_UNUSED, void *handle LIO_UNUSED,
                     struct lio_file_info *ret_info LIO_UNUSED,
                     struct lio_error *err LIO_UNUSED)
{
    return 0;
}

static void file_close(void *backend LIO_UNUSED, void *handle LIO_UNUSED)
{
}

static int64_t run(void *backend LIO_UNUSED, const struct lio_op *op LIO_UNUSED)
{
    return 0;
}

static int queue_open(void *backend LIO_UNUSED, uint32_t depth LIO_UNUSED,
                      void **ret_queue LIO_UNUSED,
                      struct lio_error *err LIO_UNUSED)
{
    return 0;
}

static uint32_t submit(void *queue LIO_UNUSED,
                       struct lio_op *const *ops LIO_UNUSED,
                       uint32_t nops LIO_UNUSED)
{
    return 0;
}

static int flush_or_wake(void *queue LIO_UNUSED)
{
    return 0;
}

static int reap(void *queue LIO_UNUSED, struct lio_completion *out LIO_UNUSED,
                uint32_t max LIO_UNUSED, uint32_t min LIO_UNUSED,
                int64_t timeout_ns LIO_UNUSED)
{
    return 0;
}

static int cancel(void *queue LIO_UNUSED, uint64_t id LIO_UNUSED)
{
    return 0;
}

/* Everything that a test may spoil, sound to begin with. */
struct fixture {
    struct lio_cache_ops cache_ops;
    struct lio_backend_ops backend_ops; /* blocking */
    struct lio_param params[2];
    struct lio_plugin cache;
    struct lio_plugin backend;
    struct lio_loaded loaded;
    struct lio_error err;
};

static void make_asynchronous(struct fixture *f)
{
    f->backend_ops.run = NULL;
    f->backend_ops.queue_open = queue_open;
    f->backend_ops.queue_close = policy_close;
    f->backend_ops.submit = submit;
    f->backend_ops.flush = flush_or_wake;
    f->backend_ops.reap = reap;
    f->backend_ops.cancel = cancel;
    f->backend_ops.wake = flush_or_wake;
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    if (!f)
        return -1;
    f->cache_ops = (struct lio_cache_ops){ POLICY_OPS };
    f->backend_ops = (struct lio_backend_ops){
        .open = backend_open,
        .close = policy_close,
        .file_open = file_open,
        .file_stat = file_stat,
        .file_close = file_close,
        .run = run,
    };
    f->params[0] = (struct lio_param){ "size", LIO_PARAM_SIZE, .min = 1,
                                       .max = 100, .preset = 10 };
    f->params[1] =
        (struct lio_param){ .name = "mode", .type = LIO_PARAM_STRING };
    f->cache = (struct lio_plugin){
        .abi = LIO_PLUGIN_ABI,
        .plugin_bytes = sizeof(struct lio_plugin),
        .kind = LIO_KIND_CACHE,
        .ops_bytes = sizeof(struct lio_cache_ops),
        .param_bytes = sizeof(struct lio_param),
        .nparams = 2,
        .params = f->params,
        .name = "cache-x",
        .version = "1",
        .summary = "s",
        .ops = &f->cache_ops,
    };
    f->backend = f->cache;
    f->backend.kind = LIO_KIND_BACKEND;
    f->backend.ops_bytes = sizeof(struct lio_backend_ops);
    f->backend.name = "backend-x";
    f->backend.ops = &f->backend_ops;
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    free(f->loaded.params);
    free(f);
    return 0;
}

static int check(struct fixture *f, const struct lio_plugin *table)
{
    return lio_plugin_check(table, table->name ? table->name : "x", &f->loaded,
                            &f->err);
}

static void refused_for(struct fixture *f, const struct lio_plugin *table,
                        const char *why)
{
    assert_int_equal(check(f, table), LIO_EPLUGIN);
    if (!strstr(f->err.msg, why))
        fail_msg("'%s' does not say '%s'", f->err.msg, why);
    assert_null(f->loaded.name);
}

static void a_sound_policy_is_copied(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(check(f, &f->cache), 0);
    assert_string_equal(f->loaded.name, "cache-x");
    assert_int_equal(f->loaded.kind, LIO_KIND_CACHE);
    assert_ptr_equal(f->loaded.ops.cache.evict, policy_evict);
    assert_int_equal(f->loaded.nparams, 2);
    assert_string_equal(f->loaded.params[1].name, "mode");
}

static void both_shapes_of_backend_are_sound(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(check(f, &f->backend), 0);
    free(f->loaded.params);
    make_asynchronous(f);
    assert_int_equal(check(f, &f->backend), 0);
}

static void an_older_shorter_table_reads_as_null_at_its_end(void **state)
{
    struct fixture *f = *state;

    f->cache_ops.footprint = (size_t(*)(uint32_t, const union lio_value *))1;
    f->cache.ops_bytes = offsetof(struct lio_cache_ops, footprint);
    assert_int_equal(check(f, &f->cache), 0);
    assert_null(f->loaded.ops.cache.footprint);
}

static void missing_texts_read_as_empty(void **state)
{
    struct fixture *f = *state;

    f->cache.version = NULL;
    f->cache.summary = NULL;
    assert_int_equal(check(f, &f->cache), 0);
    assert_string_equal(f->loaded.version, "");
    assert_string_equal(f->loaded.summary, "");
}

static void no_table_is_refused(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(lio_plugin_check(NULL, "cache-x", &f->loaded, &f->err),
                     LIO_EPLUGIN);
    assert_non_null(strstr(f->err.msg, "returns no table"));
}

static void another_abi_is_refused(void **state)
{
    struct fixture *f = *state;

    f->cache.abi = LIO_PLUGIN_ABI + 1;
    refused_for(f, &f->cache, "newer than");
    f->cache.abi = 0;
    refused_for(f, &f->cache, "not made for lanceio");
    f->cache.abi = 0x464c457f;
    refused_for(f, &f->cache, "0x464c457f");
}

static void a_longer_plugin_table_is_newer(void **state)
{
    struct fixture *f = *state;

    f->cache.plugin_bytes += sizeof(void *);
    refused_for(f, &f->cache, "newer lanceio");
}

static void a_plugin_table_shorter_than_the_first_is_refused(void **state)
{
    struct fixture *f = *state;

    f->cache.plugin_bytes -= sizeof(void *);
    refused_for(f, &f->cache, "which no version of lanceio had");
}

static void a_longer_table_of_callbacks_is_newer(void **state)
{
    struct fixture *f = *state;

    f->cache.ops_bytes += sizeof(void *);
    refused_for(f, &f->cache, "newer lanceio");
    f->cache.ops_bytes = UINT32_MAX - 7;
    refused_for(f, &f->cache, "newer lanceio");
}

static void half_a_callback_is_refused(void **state)
{
    struct fixture *f = *state;

    f->cache.ops_bytes -= 3;
    refused_for(f, &f->cache, "which no version of lanceio had");
}

static void a_longer_parameter_entry_is_newer(void **state)
{
    struct fixture *f = *state;

    f->cache.param_bytes += sizeof(void *);
    refused_for(f, &f->cache, "newer lanceio");
}

static void an_unknown_kind_is_refused(void **state)
{
    struct fixture *f = *state;

    f->cache.kind = 0;
    refused_for(f, &f->cache, "kind 0");
    f->cache.kind = 99;
    refused_for(f, &f->cache, "kind 99");
}

static void a_plugin_without_a_name_is_refused(void **state)
{
    struct fixture *f = *state;

    f->cache.name = NULL;
    refused_for(f, &f->cache, "has no name");
}

static void a_name_other_than_the_file_s_is_refused(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(
        lio_plugin_check(&f->cache, "cache-y", &f->loaded, &f->err),
        LIO_EPLUGIN);
    assert_non_null(strstr(f->err.msg, "calls itself 'cache-x'"));
}

static void a_name_that_hides_the_kind_is_refused(void **state)
{
    struct fixture *f = *state;

    f->cache.name = "policy-x";
    refused_for(f, &f->cache, "must begin with 'cache-'");
    f->cache.name = "cachex";
    refused_for(f, &f->cache, "must begin with 'cache-'");
}

static void a_plugin_without_callbacks_is_refused(void **state)
{
    struct fixture *f = *state;

    f->cache.ops = NULL;
    refused_for(f, &f->cache, "no callbacks");
}

static void each_mandatory_callback_is_missed_by_name(void **state)
{
    static const struct {
        size_t at;
        const char *why;
    } cases[] = {
        { offsetof(struct lio_cache_ops, open), "open()" },
        { offsetof(struct lio_cache_ops, close), "close()" },
        { offsetof(struct lio_cache_ops, insert), "insert()" },
        { offsetof(struct lio_cache_ops, hit), "hit()" },
        { offsetof(struct lio_cache_ops, evict), "evict()" },
        { offsetof(struct lio_cache_ops, remove), "remove()" },
    };
    struct fixture *f = *state;
    struct lio_cache_ops sound = f->cache_ops;

    for (size_t i = 0; i < LIO_COUNT(cases); i++) {
        f->cache_ops = sound;
        memset((char *)&f->cache_ops + cases[i].at, 0, sizeof(void *));
        refused_for(f, &f->cache, cases[i].why);
    }
}

static void a_backend_with_half_a_queue_is_refused(void **state)
{
    struct fixture *f = *state;

    make_asynchronous(f);
    f->backend_ops.wake = NULL;
    refused_for(f, &f->backend, "wake()");
}

static void a_backend_of_neither_shape_is_refused(void **state)
{
    struct fixture *f = *state;

    f->backend_ops.run = NULL;
    refused_for(f, &f->backend, "queue_open()");
}

static void a_backend_of_both_shapes_is_refused(void **state)
{
    struct fixture *f = *state;

    make_asynchronous(f);
    f->backend_ops.run = run;
    refused_for(f, &f->backend, "both run() and queue_open()");
}

static void make_filter(struct fixture *f)
{
    make_asynchronous(f);
    f->backend.kind = LIO_KIND_FILTER;
    f->backend.name = "filter-x";
}

static void a_filter_is_a_backend_by_another_name(void **state)
{
    struct fixture *f = *state;

    make_filter(f);
    assert_int_equal(check(f, &f->backend), 0);
    assert_int_equal(f->loaded.kind, LIO_KIND_FILTER);
    assert_ptr_equal(f->loaded.ops.backend.wake, flush_or_wake);
    assert_string_equal(lio_kind_name(LIO_KIND_FILTER), "filter");
}

static void a_filter_that_blocks_is_refused(void **state)
{
    struct fixture *f = *state;

    make_filter(f);
    f->backend_ops.run = run;
    refused_for(f, &f->backend, "a filter is asynchronous");
}

static void a_filter_with_half_a_queue_is_refused(void **state)
{
    struct fixture *f = *state;

    make_filter(f);
    f->backend_ops.cancel = NULL;
    refused_for(f, &f->backend, "cancel()");
}

static void announced_parameters_must_exist(void **state)
{
    struct fixture *f = *state;

    f->cache.params = NULL;
    refused_for(f, &f->cache, "no table of them");
    f->cache.params = f->params;
    f->cache.nparams = UINT32_MAX;
    refused_for(f, &f->cache, "too many");
}

static void parameters_must_have_a_name_that_can_be_a_key(void **state)
{
    static const char *const names[] = { NULL, "", "Size", "a b", "9a", "a=b" };
    struct fixture *f = *state;

    for (size_t i = 0; i < LIO_COUNT(names); i++) {
        f->params[1].name = names[i];
        refused_for(f, &f->cache, "parameter number 2 has no name");
    }
}

static void two_parameters_of_one_name_are_refused(void **state)
{
    struct fixture *f = *state;

    f->params[1].name = "size";
    refused_for(f, &f->cache, "two parameters named 'size'");
}

static void flawed_parameters_are_refused(void **state)
{
    static const char *const none[] = { NULL };
    static const char *const two[] = { "a", "b", NULL };
    static const struct {
        struct lio_param param;
        const char *why;
    } cases[] = {
        { { .name = "p" }, "unknown type" },
        { { .name = "p", .type = 7 }, "unknown type" },
        { { "p", LIO_PARAM_UINT, .min = 5, .max = 4 }, "upside down" },
        { { "p", LIO_PARAM_TIME, .min = 5, .max = 9, .preset = 10 },
          "outside its range" },
        { { "p", LIO_PARAM_SIZE, .min = 5, .max = 9 }, "outside its range" },
        { { "p", LIO_PARAM_BOOL, .preset = 2 }, "neither on nor off" },
        { { .name = "p", .type = LIO_PARAM_ENUM }, "no choices" },
        { { "p", LIO_PARAM_ENUM, .choices = none }, "no choices" },
        { { "p", LIO_PARAM_ENUM, .choices = two, .preset = 2 },
          "not one of its choices" },
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < LIO_COUNT(cases); i++) {
        f->params[1] = cases[i].param;
        refused_for(f, &f->cache, cases[i].why);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_sound_policy_is_copied),
        TEST(both_shapes_of_backend_are_sound),
        TEST(an_older_shorter_table_reads_as_null_at_its_end),
        TEST(missing_texts_read_as_empty),
        TEST(no_table_is_refused),
        TEST(another_abi_is_refused),
        TEST(a_longer_plugin_table_is_newer),
        TEST(a_plugin_table_shorter_than_the_first_is_refused),
        TEST(a_longer_table_of_callbacks_is_newer),
        TEST(half_a_callback_is_refused),
        TEST(a_longer_parameter_entry_is_newer),
        TEST(an_unknown_kind_is_refused),
        TEST(a_plugin_without_a_name_is_refused),
        TEST(a_name_other_than_the_file_s_is_refused),
        TEST(a_name_that_hides_the_kind_is_refused),
        TEST(a_plugin_without_callbacks_is_refused),
        TEST(each_mandatory_callback_is_missed_by_name),
        TEST(a_backend_with_half_a_queue_is_refused),
        TEST(a_backend_of_neither_shape_is_refused),
        TEST(a_backend_of_both_shapes_is_refused),
        TEST(a_filter_is_a_backend_by_another_name),
        TEST(a_filter_that_blocks_is_refused),
        TEST(a_filter_with_half_a_queue_is_refused),
        TEST(announced_parameters_must_exist),
        TEST(parameters_must_have_a_name_that_can_be_a_key),
        TEST(two_parameters_of_one_name_are_refused),
        TEST(flawed_parameters_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
