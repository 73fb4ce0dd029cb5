/*
 * The loader against the plugins in tests/plugins: good ones and bad ones.
 */
#include "core/loader.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static struct lio_loader *open_loader(const char *dir)
{
    struct lio_loader *loader = NULL;
    struct lio_error err;

    assert_int_equal(lio_loader_open(dir, &loader, &err), 0);
    return loader;
}

static int setup_good(void **state)
{
    *state = open_loader(LIO_TEST_GOOD_PLUGINS);
    return 0;
}

static int setup_bad(void **state)
{
    *state = open_loader(LIO_TEST_BAD_PLUGINS);
    return 0;
}

static int teardown(void **state)
{
    lio_loader_close(*state);
    return 0;
}

static void says(const struct lio_error *err, const char *text)
{
    if (!strstr(err->msg, text))
        fail_msg("'%s' does not say '%s'", err->msg, text);
}

static void refused_for(struct lio_loader *loader, const char *name,
                        const char *why)
{
    const struct lio_loaded *plugin = NULL;
    struct lio_error err;

    assert_int_equal(lio_loader_find(loader, name, 0, &plugin, &err),
                     LIO_EPLUGIN);
    assert_null(plugin);
    says(&err, "cannot be used");
    says(&err, name);
    says(&err, why);
}

static void a_plugin_is_found_by_name(void **state)
{
    const struct lio_loaded *plugin;

    assert_int_equal(
        lio_loader_find(*state, "cache-plain", LIO_KIND_CACHE, &plugin, NULL),
        0);
    assert_string_equal(plugin->name, "cache-plain");
    assert_string_equal(plugin->version, "1.2");
    assert_string_equal(plugin->path, LIO_TEST_GOOD_PLUGINS "/cache-plain.so");
    assert_int_equal(plugin->nparams, 6);
}

static void a_plugin_is_loaded_once(void **state)
{
    const struct lio_loaded *one, *two;

    assert_int_equal(lio_loader_find(*state, "cache-plain", 0, &one, NULL), 0);
    assert_int_equal(lio_loader_find(*state, "cache-plain", 0, &two, NULL), 0);
    assert_ptr_equal(one, two);
}

static void an_older_plugin_runs_without_the_callbacks_it_lacks(void **state)
{
    struct lio_cache_setup setup = { .nslots = 1 };
    const struct lio_loaded *plugin;
    struct lio_error err;
    void *policy;

    assert_int_equal(
        lio_loader_find(*state, "cache-older", LIO_KIND_CACHE, &plugin, NULL),
        0);
    assert_null(plugin->ops.cache.footprint);
    assert_int_equal(plugin->ops.cache.open(&setup, &policy, &err), 0);
    assert_int_equal(plugin->ops.cache.evict(policy, 7), LIO_NO_SLOT);
    plugin->ops.cache.close(policy);
}

static void a_plugin_of_another_kind_is_refused(void **state)
{
    const struct lio_loaded *plugin;
    struct lio_error err;

    assert_int_equal(
        lio_loader_find(*state, "cache-plain", LIO_KIND_BACKEND, &plugin, &err),
        LIO_EPLUGIN);
    assert_string_equal(err.msg, "'cache-plain' is a cache, not a backend");
}

static void
a_missing_plugin_is_answered_with_places_names_and_the_nearest(void **state)
{
    const struct lio_loaded *plugin;
    struct lio_error err;

    assert_int_equal(
        lio_loader_find(*state, "plian", LIO_KIND_CACHE, &plugin, &err),
        LIO_EPLUGIN);
    says(&err, "there is no plugin 'plian' in " LIO_TEST_GOOD_PLUGINS);
    says(&err, "cache-older, cache-plain");
    says(&err, "did you mean 'cache-plain'?");
    assert_null(strstr(err.msg, "backend-simple"));
}

static void a_name_cannot_leave_the_directory(void **state)
{
    static const char *const names[] = { "../bad/cache-misnamed", "/etc/x", "",
                                         "." };
    const struct lio_loaded *plugin;
    struct lio_error err;

    for (size_t i = 0; i < LIO_COUNT(names); i++) {
        assert_int_equal(lio_loader_find(*state, names[i], 0, &plugin, &err),
                         LIO_EPLUGIN);
        says(&err, "there is no plugin");
    }
}

static void a_directory_that_is_none_is_an_error(void **state)
{
    struct lio_loader *loader = NULL;
    struct lio_error err;

    (void)state;
    assert_int_equal(lio_loader_open("/nowhere/at/all", &loader, &err),
                     LIO_ECONFIG);
    says(&err, "'/nowhere/at/all' is not a directory");
    assert_null(loader);
}

static void a_newer_abi_is_refused(void **state)
{
    refused_for(*state, "cache-newer-abi", "built for plugin ABI 2");
}

static void a_larger_table_is_refused(void **state)
{
    refused_for(*state, "cache-larger-table", "built for a newer lanceio");
}

static void a_library_without_the_entry_point_is_refused(void **state)
{
    refused_for(*state, "cache-no-entry", "no symbol lio_plugin_entry");
}

static void a_plugin_of_another_name_is_refused(void **state)
{
    refused_for(*state, "cache-misnamed",
                "calls itself 'cache-named-otherwise'");
}

static void a_file_that_is_no_library_is_refused(void **state)
{
    refused_for(*state, "cache-text", "cannot be loaded");
}

/* What lio_loader_each() showed. */
struct seen {
    char names[64][64];
    const char *cut; /* stop at this name */
    uint32_t n, nrefused;
};

static int see(const struct lio_plugin_info *info, void *user)
{
    struct seen *seen = user;

    assert_true(seen->n < LIO_COUNT(seen->names));
    (void)snprintf(seen->names[seen->n++], sizeof(seen->names[0]), "%s",
                   info->name);
    if (info->refused) {
        seen->nrefused++;
        assert_string_equal(info->kind, "");
        assert_string_equal(info->version, "");
        assert_int_equal(info->nparams, 0);
    }
    return seen->cut && !strcmp(seen->cut, info->name) ? 42 : 0;
}

static void the_listing_has_refused_plugins_too(void **state)
{
    struct seen seen = { .cut = NULL };

    assert_int_equal(lio_loader_each(*state, see, &seen), 0);
    assert_true(seen.n >= 5);
    assert_int_equal(seen.nrefused, 5);
}

static void the_listing_is_sorted_and_stops_when_told(void **state)
{
    struct seen seen = { .cut = "cache-older" };

    assert_int_equal(lio_loader_each(*state, see, &seen), 42);
    for (uint32_t i = 1; i < seen.n; i++)
        assert_true(strcmp(seen.names[i - 1], seen.names[i]) < 0);
    assert_string_equal(seen.names[seen.n - 1], "cache-older");
}

static int see_params(const struct lio_plugin_info *info, void *user)
{
    static const struct lio_plugin_param expected[] = {
        { "eager", "bool", "on | off", "on", "gives up early" },
        { "chances", "uint", "1 .. 7", "2", "sweeps that a block survives" },
        { "ghosts", "size", "", "64K", "bytes for ghosts" },
        { "halflife", "time", "1us .. 60s", "20ms",
          "time in which a count is halved" },
        { "mode", "enum", "soft | firm", "firm", "how it behaves" },
        { "label", "string", "", "none at all", "any text" },
    };
    bool *found = user;

    if (strcmp(info->name, "cache-plain"))
        return 0;
    *found = true;
    assert_string_equal(info->kind, "cache");
    assert_string_equal(info->summary, "a policy for tests");
    assert_int_equal(info->nparams, LIO_COUNT(expected));
    for (uint32_t i = 0; i < info->nparams; i++) {
        assert_string_equal(info->params[i].name, expected[i].name);
        assert_string_equal(info->params[i].type, expected[i].type);
        assert_string_equal(info->params[i].range, expected[i].range);
        assert_string_equal(info->params[i].preset, expected[i].preset);
        assert_string_equal(info->params[i].help, expected[i].help);
    }
    return 0;
}

static void parameters_are_listed_as_one_would_write_them(void **state)
{
    bool found = false;

    assert_int_equal(lio_loader_each(*state, see_params, &found), 0);
    assert_true(found);
}

static void
of_two_plugins_of_one_name_the_first_directory_s_counts(void **state)
{
    char dir[] = "/tmp/lanceio-loader-XXXXXX", link[64];
    const struct lio_loaded *plugin;
    struct lio_loader *loader;

    (void)state;
    assert_non_null(mkdtemp(dir));
    (void)snprintf(link, sizeof(link), "%s/cache-plain.so", dir);
    assert_int_equal(symlink(LIO_TEST_GOOD_PLUGINS "/cache-plain.so", link), 0);
    loader = open_loader(dir);
    assert_int_equal(lio_loader_find(loader, "cache-plain", 0, &plugin, NULL),
                     0);
    assert_string_equal(plugin->path, link);
    lio_loader_close(loader);
    assert_int_equal(unlink(link), 0);
    assert_int_equal(rmdir(dir), 0);
}

static void *find_all(void *arg)
{
    static const char *const names[] = { "cache-plain", "cache-older",
                                         "backend-simple" };
    const struct lio_loaded *plugin;

    for (size_t i = 0; i < LIO_COUNT(names); i++)
        if (lio_loader_find(arg, names[i], 0, &plugin, NULL) < 0)
            return arg;
    return NULL;
}

static void threads_may_look_for_plugins_at_once(void **state)
{
    pthread_t threads[8];
    void *failed;

    for (size_t i = 0; i < LIO_COUNT(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, find_all, *state),
                         0);
    for (size_t i = 0; i < LIO_COUNT(threads); i++) {
        assert_int_equal(pthread_join(threads[i], &failed), 0);
        assert_null(failed);
    }
}

#define GOOD(name) cmocka_unit_test_setup_teardown(name, setup_good, teardown)
#define BAD(name)  cmocka_unit_test_setup_teardown(name, setup_bad, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        GOOD(a_plugin_is_found_by_name),
        GOOD(a_plugin_is_loaded_once),
        GOOD(an_older_plugin_runs_without_the_callbacks_it_lacks),
        GOOD(a_plugin_of_another_kind_is_refused),
        GOOD(a_missing_plugin_is_answered_with_places_names_and_the_nearest),
        GOOD(a_name_cannot_leave_the_directory),
        cmocka_unit_test(a_directory_that_is_none_is_an_error),
        BAD(a_newer_abi_is_refused),
        BAD(a_larger_table_is_refused),
        BAD(a_library_without_the_entry_point_is_refused),
        BAD(a_plugin_of_another_name_is_refused),
        BAD(a_file_that_is_no_library_is_refused),
        BAD(the_listing_has_refused_plugins_too),
        GOOD(the_listing_is_sorted_and_stops_when_told),
        GOOD(parameters_are_listed_as_one_would_write_them),
        cmocka_unit_test(
            of_two_plugins_of_one_name_the_first_directory_s_counts),
        GOOD(threads_may_look_for_plugins_at_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
