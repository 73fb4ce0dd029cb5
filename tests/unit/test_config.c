/*
 * Configurations that work, and one broken in every way there is.  Each test
 * has a directory of its own, in which $HOME and the rest point.
 */
#include "core/config.h"
#include "core/settings.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

/* A start for every text here: plugins that are sure to be there. */
#define BASE                                                                   \
    "[engine]\n"                                                               \
    "plugin_dir = " LIO_TEST_GOOD_PLUGINS "\n"                                 \
    "[backend]\n"                                                              \
    "plugin = backend-simple\n"                                                \
    "fallback = none\n"                                                        \
    "[prefetch]\n"                                                             \
    "plugin = none\n"                                                          \
    "[cache]\n"                                                                \
    "plugin = cache-plain\n"
#define BASE_LINES 9

struct fixture {
    char dir[64];
    char ini[96]; /* DIR/test.ini */
    struct lio_config *config;
    struct lio_error err;
};

static void write_file(const char *path, const char *text, size_t bytes)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, bytes, file), bytes);
    assert_int_equal(fclose(file), 0);
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    if (!f)
        return -1;
    strcpy(f->dir, "/tmp/lanceio-config-XXXXXX");
    if (!mkdtemp(f->dir) || chdir(f->dir) < 0)
        return -1;
    (void)snprintf(f->ini, sizeof(f->ini), "%s/test.ini", f->dir);
    (void)unsetenv("LANCEIO_CONFIG");
    (void)unsetenv("XDG_CONFIG_HOME");
    *state = f;
    return setenv("HOME", f->dir, 1);
}

/* Files of the tests, deepest first. */
static int teardown(void **state)
{
    static const char *const names[] = {
        "test.ini",
        "lanceio.ini",
        "other.ini",
        ".config/lanceio/lanceio.ini",
        ".config/lanceio",
        ".config",
        "xdg/lanceio/lanceio.ini",
        "xdg/lanceio",
        "xdg",
    };
    struct fixture *f = *state;

    lio_config_free(f->config);
    for (size_t i = 0; i < LIO_COUNT(names); i++)
        (void)remove(names[i]);
    (void)chdir("/");
    (void)rmdir(f->dir);
    free(f);
    return 0;
}

static int load_bytes(struct fixture *f, const char *text, size_t bytes)
{
    write_file(f->ini, text, bytes);
    lio_config_free(f->config);
    f->config = NULL;
    return lio_config_load(f->ini, NULL, 0, &f->config, &f->err);
}

static int load(struct fixture *f, const char *text)
{
    return load_bytes(f, text, strlen(text));
}

static int load_with(struct fixture *f, const char *text, const char *override)
{
    write_file(f->ini, text, strlen(text));
    lio_config_free(f->config);
    f->config = NULL;
    return lio_config_load(f->ini, &override, 1, &f->config, &f->err);
}

static void says(struct fixture *f, const char *text)
{
    if (!strstr(f->err.msg, text))
        fail_msg("'%s' does not say '%s'", f->err.msg, text);
}

static void accepts(struct fixture *f, const char *text)
{
    if (load(f, text) < 0)
        fail_msg("%s", f->err.msg);
}

/* BASE and `text` are refused, for a reason in line `line` of `text`. */
static void refuses(struct fixture *f, const char *text, uint32_t line,
                    const char *why)
{
    char place[128], *whole;

    assert_true(asprintf(&whole, BASE "%s", text) > 0);
    assert_int_equal(load(f, whole), LIO_ECONFIG);
    free(whole);
    assert_null(f->config);
    (void)snprintf(place, sizeof(place), "%s:%u: ", f->ini, BASE_LINES + line);
    says(f, place);
    says(f, why);
}

/* -- what one can look up ------------------------------------------------ */

struct lookup {
    const char *section, *key;
    struct lio_setting found;
    uint32_t n; /* how often the key was listed */
};

static int look(const struct lio_setting *setting, void *user)
{
    struct lookup *lookup = user;

    if (!strcmp(setting->section, lookup->section) &&
        !strcmp(setting->key, lookup->key)) {
        lookup->found = *setting;
        lookup->n++;
    }
    return 0;
}

static struct lio_setting setting(struct fixture *f, const char *section,
                                  const char *key)
{
    struct lookup lookup = { .section = section, .key = key };

    assert_int_equal(lio_config_each(f->config, look, &lookup), 0);
    assert_int_equal(lookup.n, 1);
    return lookup.found;
}

static void setting_is(struct fixture *f, const char *section, const char *key,
                       const char *value, const char *origin)
{
    struct lio_setting found = setting(f, section, key);

    assert_string_equal(found.value, value);
    assert_string_equal(found.origin, origin);
}

/* -- the defaults -------------------------------------------------------- */

static void what_a_file_does_not_set_keeps_the_default(void **state)
{
    const struct lio_settings *s;
    struct fixture *f = *state;

    accepts(f, BASE);
    s = lio_config_settings(f->config);
    assert_int_equal(s->engine.lanes, 0);
    assert_int_equal(s->engine.queue_depth, 128);
    assert_int_equal(s->engine.workers, 0);
    assert_int_equal(s->engine.worker_queue, 1024);
    assert_int_equal(s->engine.max_op_bytes, 1 << 20);
    assert_int_equal(s->cache.size_bytes, 64 << 20);
    assert_int_equal(s->cache.shards, 0);
    assert_int_equal(s->prefetch.max_bytes, 8 << 20);
    assert_string_equal(s->coalesce.plugin, "none");
    assert_int_equal(s->files.max_open, 512);
    assert_false(s->files.direct);
    assert_string_equal(s->stats.database, "auto");
    assert_int_equal(s->stats.interval_ns, 1000000000);
    assert_int_equal(s->stats.slow_ns, 0);
    assert_int_equal(s->stats.lock_wait_ns, 3000000000u);
}

static void every_key_has_a_default_and_help(void **state)
{
    struct fixture *f = *state;
    uint32_t nkeys;
    const struct lio_key *keys = lio_keys(&nkeys);

    accepts(f, "[engine]\nplugin_dir = " LIO_TEST_GOOD_PLUGINS "\n"
               "[backend]\nplugin = backend-simple\nfallback = none\n"
               "[prefetch]\nplugin = none\n"
               "[cache]\nplugin = none\n");
    for (uint32_t i = 0; i < nkeys; i++) {
        struct lio_setting found =
            setting(f, keys[i].section, keys[i].param.name);

        assert_non_null(found.value);
        assert_true(strlen(found.help) > 0);
    }
    setting_is(f, "stats", "interval", "1s", "built-in");
}

/* -- values -------------------------------------------------------------- */

static void every_value_of_a_file_arrives(void **state)
{
    const struct lio_settings *s;
    struct fixture *f = *state;

    accepts(f, "[engine]\n"
               "plugin_dir = " LIO_TEST_GOOD_PLUGINS "\n"
               "lanes = 3\nqueue_depth = 4096\nworkers = 2\n"
               "worker_queue = 9\nmax_op_size = 64K\n"
               "[backend]\nplugin=backend-simple\nfallback=backend-simple\n"
               "filters = filter-second, filter-first\n"
               "[cache]\nplugin = cache-older\nsize = 1G\nshards = 16\n"
               "[prefetch]\nplugin = prefetch-simple\nmax_bytes = 0\n"
               "[files]\nmax_open = 64\ndirect = yes\n"
               "[stats]\ndatabase = /x/y.db\ninterval = 20ms\nslow = 5us\n");
    s = lio_config_settings(f->config);
    assert_string_equal(s->engine.plugin_dir, LIO_TEST_GOOD_PLUGINS);
    assert_int_equal(s->engine.lanes, 3);
    assert_int_equal(s->engine.queue_depth, 4096);
    assert_int_equal(s->engine.workers, 2);
    assert_int_equal(s->engine.worker_queue, 9);
    assert_int_equal(s->engine.max_op_bytes, 65536);
    assert_string_equal(s->backend.plugin, "backend-simple");
    assert_string_equal(s->backend.fallback, "backend-simple");
    assert_string_equal(s->backend.filters, "filter-second, filter-first");
    assert_string_equal(s->cache.plugin, "cache-older");
    assert_int_equal(s->cache.size_bytes, 1 << 30);
    assert_string_equal(s->prefetch.plugin, "prefetch-simple");
    assert_int_equal(s->prefetch.max_bytes, 0);
    assert_int_equal(s->cache.shards, 16);
    assert_int_equal(s->files.max_open, 64);
    assert_true(s->files.direct);
    assert_string_equal(s->stats.database, "/x/y.db");
    assert_int_equal(s->stats.interval_ns, 20000000);
    assert_int_equal(s->stats.slow_ns, 5000);
}

static void a_value_knows_the_line_it_came_from(void **state)
{
    struct fixture *f = *state;
    char origin[128];

    accepts(f, BASE "\n; a comment\n# and one more\n\n  size = 2M ; inline\n");
    (void)snprintf(origin, sizeof(origin), "%s:14", f->ini);
    setting_is(f, "cache", "size", "2M", origin);
    setting_is(f, "cache", "shards", "0", "built-in");
    assert_string_equal(lio_config_source(f->config), f->ini);
}

static void an_indented_key_is_a_key(void **state)
{
    struct fixture *f = *state;

    accepts(f, BASE "size = 2M\n\tshards = 4\n");
    assert_int_equal(lio_config_settings(f->config)->cache.size_bytes, 2 << 20);
    assert_int_equal(lio_config_settings(f->config)->cache.shards, 4);
}

static void a_section_may_be_taken_up_again(void **state)
{
    struct fixture *f = *state;

    accepts(f, BASE "[files]\nmax_open = 9\n[cache]\nshards = 2\n");
    assert_int_equal(lio_config_settings(f->config)->cache.shards, 2);
}

static void windows_line_ends_and_a_mark_at_the_start_are_harmless(void **state)
{
    struct fixture *f = *state;

    accepts(f, "\xEF\xBB\xBF[engine]\r\n"
               "plugin_dir = " LIO_TEST_GOOD_PLUGINS "\r\n"
               "[backend]\r\nplugin = backend-simple\r\nfallback = none\r\n"
               "[prefetch]\r\nplugin = none\r\n"
               "[cache]\r\nplugin = none\r\nsize = 2M\r\n");
    assert_int_equal(lio_config_settings(f->config)->cache.size_bytes, 2 << 20);
}

static void the_last_line_needs_no_end(void **state)
{
    struct fixture *f = *state;

    accepts(f, BASE "shards = 8");
    assert_int_equal(lio_config_settings(f->config)->cache.shards, 8);
}

static void a_comment_may_be_of_any_length(void **state)
{
    char text[1024] = BASE "; ";
    struct fixture *f = *state;

    memset(text + strlen(text), 'x', 600);
    strcat(text, "\nshards = 8\n");
    accepts(f, text);
    assert_int_equal(lio_config_settings(f->config)->cache.shards, 8);
}

/* -- wrong values -------------------------------------------------------- */

static void wrong_values_name_line_key_and_reason(void **state)
{
    static const struct {
        const char *text;
        const char *why;
    } cases[] = {
        { "size = big", "[cache] size = big: is not a size: " },
        { "size = 64KB", "[cache] size = 64KB: is not a size" },
        { "size = 4K", "[cache] size = 4K: is outside 128K .. 16T" },
        { "size = 17T", "is outside 128K .. 16T" },
        { "size = 99999999T", "is too large" },
        { "size =", "[cache] size = : has no value" },
        { "shards = 3", "[cache] shards = 3: is not a power of two" },
        { "shards = 8192", "is outside 0 .. 4096" },
        { "[engine]\nlanes = 65", "lanes = 65: is outside 0 .. 64" },
        { "[engine]\nlanes = -1", "is negative" },
        { "[engine]\nqueue_depth = 0", "is outside 1 .. 4096" },
        { "[engine]\nqueue_depth = 4097", "is outside 1 .. 4096" },
        { "[engine]\nworkers = 1K", "is not a plain number" },
        { "[engine]\nworker_queue = 0", "is outside 1 .. 1048576" },
        { "[engine]\nmax_op_size = 5000", "is not a multiple of 4K" },
        { "[engine]\nmax_op_size = 2G", "is outside 4K .. 1G" },
        { "[files]\nmax_open = 0", "is outside 1 .. 1048576" },
        { "[files]\ndirect = perhaps", "is neither on nor off" },
        { "[stats]\ninterval = 5", "is not a time" },
        { "[stats]\ninterval = 1ms", "is outside 10ms .. 3600s" },
        { "[stats]\nslow = 2h", "is not a time" },
        { "[stats]\ndatabase =", "has no value" },
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < LIO_COUNT(cases); i++)
        refuses(f, cases[i].text, strchr(cases[i].text, '\n') ? 2 : 1,
                cases[i].why);
}

static void a_wrong_value_is_refused_even_where_it_is_overridden(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(load_with(f, BASE "shards = 3\n", "cache.shards=4"),
                     LIO_ECONFIG);
    says(f, "shards = 3: is not a power of two");
}

/* -- wrong keys and sections --------------------------------------------- */

static void
an_unknown_key_is_answered_with_the_known_and_the_nearest(void **state)
{
    struct fixture *f = *state;

    refuses(f, "sizes = 1M", 1,
            "[cache] sizes = 1M: unknown key; known keys: plugin, size, "
            "shards, pin, pin_max; did you mean 'size'?");
    refuses(f, "colour = red", 1, "known keys: plugin, size, shards");
    assert_null(strstr(f->err.msg, "did you mean"));
}

static void
an_unknown_section_is_answered_with_sections_and_plugins(void **state)
{
    struct fixture *f = *state;

    refuses(f, "[cahce]\nsize = 1M\n", 1, "[cahce]: unknown section");
    says(f, "known sections: engine, backend, cache, prefetch, coalesce, "
            "files, stats, backend-");
    says(f, "cache-older, cache-plain");
    says(f, "did you mean 'cache'?");
}

static void an_empty_unknown_section_is_noticed(void **state)
{
    refuses(*state, "\n[nonsense]\n", 2, "[nonsense]: unknown section");
}

static void a_key_set_twice_names_both_lines(void **state)
{
    struct fixture *f = *state;

    refuses(f, "size = 1M\n[files]\n[cache]\nsize = 2M\n", 4,
            "[cache] size = 2M: is set in line 10 already");
}

/* -- what is no lanceio.ini ---------------------------------------------- */

static void a_line_that_is_neither_section_nor_key_is_refused(void **state)
{
    refuses(*state, "\nsize\n", 2, "neither [section] nor key = value");
}

static void of_two_bad_lines_the_first_is_named(void **state)
{
    struct fixture *f = *state;

    refuses(f, "size\nshards\n", 1, "neither [section] nor key = value");
    refuses(f, "size\n= 1\n", 1, "neither [section] nor key = value");
    refuses(f, "= 1\nsize\n", 1, "no key before the value");
}

static void a_key_before_any_section_is_refused(void **state)
{
    struct fixture *f = *state;
    char place[128];

    assert_int_equal(load(f, "size = 1M\n" BASE), LIO_ECONFIG);
    (void)snprintf(place, sizeof(place), "%s:1: a key stands before", f->ini);
    says(f, place);
}

static void a_section_that_does_not_end_is_refused(void **state)
{
    refuses(*state, "[files\nmax_open = 3\n", 1, "does not end with ']'");
}

static void a_line_that_is_too_long_is_refused(void **state)
{
    char text[512] = "label = ";

    memset(text + strlen(text), 'x', 300);
    refuses(*state, text, 1, "the line is too long");
}

static void a_section_name_that_is_too_long_is_refused(void **state)
{
    char text[128] = "[";

    memset(text + 1, 'x', 49);
    strcat(text, "]");
    refuses(*state, text, 1, "name of the section is too long");
}

static void bytes_that_are_no_text_are_refused(void **state)
{
    static const char utf16[] = "[\0c\0a\0";
    struct fixture *f = *state;

    assert_int_equal(load_bytes(f, utf16, sizeof(utf16)), LIO_ECONFIG);
    says(f, f->ini);
    says(f, "NUL byte");
}

static void a_file_of_absurd_size_is_refused(void **state)
{
    struct fixture *f = *state;
    size_t bytes = (256 << 10) + 1;
    char *text = malloc(bytes);

    assert_non_null(text);
    memset(text, '\n', bytes);
    assert_int_equal(load_bytes(f, text, bytes), LIO_ECONFIG);
    free(text);
    says(f, "larger than 256K");
}

static void a_directory_is_no_configuration(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(lio_config_load(f->dir, NULL, 0, &f->config, &f->err),
                     LIO_ECONFIG);
    says(f, f->dir);
    says(f, strerror(EISDIR));
}

/* -- plugins ------------------------------------------------------------- */

static void a_plugin_that_is_not_there_is_refused_with_the_line(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(load_with(f, BASE, "cache.plugin=plian"), LIO_ECONFIG);
    says(f, "-s cache.plugin=plian: there is no plugin 'plian' "
            "in " LIO_TEST_GOOD_PLUGINS);
    says(f, "did you mean 'cache-plain'?");
    assert_int_equal(load(f, "[engine]\nplugin_dir = " LIO_TEST_GOOD_PLUGINS
                             "\n[backend]\nplugin = backend-simpel\n"),
                     LIO_ECONFIG);
    says(f, "test.ini:4: [backend] plugin = backend-simpel: there is no");
    says(f, "did you mean 'backend-simple'?");
}

static void a_plugin_of_the_wrong_kind_is_refused(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(load_with(f, BASE, "cache.plugin=backend-simple"),
                     LIO_ECONFIG);
    says(f, "'backend-simple' is a backend, not a cache");
    assert_int_equal(load_with(f, BASE, "backend.fallback=cache-plain"),
                     LIO_ECONFIG);
    says(f, "'cache-plain' is a cache, not a backend");
}

static void a_plugin_that_was_refused_says_why(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(load(f, "[engine]\nplugin_dir = " LIO_TEST_BAD_PLUGINS
                             "\n[backend]\nplugin = cache-newer-abi\n"),
                     LIO_ECONFIG);
    says(f, "test.ini:4: [backend] plugin = cache-newer-abi");
    says(f, "built for plugin ABI 2");
}

static void there_must_be_a_backend_but_no_cache(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(load_with(f, BASE, "backend.plugin=none"), LIO_ECONFIG);
    says(f, "there is no plugin 'none'");
    assert_int_equal(load_with(f, BASE, "cache.plugin=none"), 0);
    assert_string_equal(lio_config_settings(f->config)->cache.plugin, "none");
}

static void prefetchers_may_be_several(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(load_with(f, BASE, "prefetch.plugin=prefetch-simple"), 0);
    lio_config_free(f->config);
    f->config = NULL;
    assert_int_equal(
        load_with(f, BASE, "prefetch.plugin=prefetch-simple, prefetch-simpel"),
        LIO_ECONFIG);
    says(f, "there is no plugin 'prefetch-simpel'");
    assert_int_equal(load_with(f, BASE, "prefetch.plugin=none, none"),
                     LIO_ECONFIG);
    says(f, "there is no plugin 'none'");
}

static void a_plugin_directory_that_is_none_is_refused(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(load(f, "[engine]\nplugin_dir = /nowhere/at/all\n"),
                     LIO_ECONFIG);
    says(f, "test.ini:2: [engine] plugin_dir = /nowhere/at/all: "
            "'/nowhere/at/all' is not a directory");
}

/* -- sections of plugins ------------------------------------------------- */

static void the_section_of_a_plugin_sets_its_parameters(void **state)
{
    const struct lio_loaded *plugin;
    union lio_value *values;
    struct fixture *f = *state;

    accepts(f, BASE "[cache-plain]\neager = no\nchances = 7\nghosts = 1M\n"
                    "halflife = 1s\nmode = soft\nlabel = two words\n");
    assert_int_equal(lio_loader_find(lio_config_loader(f->config),
                                     "cache-plain", 0, &plugin, NULL),
                     0);
    assert_int_equal(lio_config_values(f->config, plugin, &values, NULL), 0);
    assert_int_equal(values[0].u, 0);
    assert_int_equal(values[1].u, 7);
    assert_int_equal(values[2].u, 1 << 20);
    assert_int_equal(values[3].u, 1000000000);
    assert_int_equal(values[4].u, 0);
    assert_string_equal(values[5].s, "two words");
    free(values);
}

static void what_is_not_set_has_the_plugin_s_own_default(void **state)
{
    const struct lio_loaded *plugin;
    union lio_value *values;
    struct fixture *f = *state;

    accepts(f, BASE "[cache-plain]\nchances = 7\n");
    assert_int_equal(lio_loader_find(lio_config_loader(f->config),
                                     "cache-plain", 0, &plugin, NULL),
                     0);
    assert_int_equal(lio_config_values(f->config, plugin, &values, NULL), 0);
    assert_int_equal(values[0].u, 1);
    assert_int_equal(values[3].u, 20000000);
    assert_int_equal(values[4].u, 1);
    assert_string_equal(values[5].s, "none at all");
    free(values);
    setting_is(f, "cache-plain", "mode", "firm", "plugin");
    setting_is(f, "cache-plain", "halflife", "20ms", "plugin");
    assert_string_equal(setting(f, "cache-plain", "mode").help,
                        "how it behaves");
}

static void the_section_of_a_plugin_is_checked_by_its_table(void **state)
{
    struct fixture *f = *state;

    refuses(f, "[cache-plain]\nchance = 3\n", 2,
            "unknown key; known keys: eager, chances, ghosts, halflife, mode, "
            "label; did you mean 'chances'?");
    refuses(f, "[cache-plain]\nchances = 8\n", 2, "is outside 1 .. 7");
    refuses(f, "[cache-plain]\nhalflife = 1ns\n", 2, "is outside 1us .. 60s");
    refuses(f, "[cache-plain]\nmode = fimr\n", 2,
            "must be one of soft | firm; did you mean 'firm'?");
    refuses(f, "[cache-plain]\neager = 2\n", 2, "is neither on nor off");
}

static void a_plugin_without_parameters_knows_no_key(void **state)
{
    refuses(*state, "[backend-simple]\nx = 1\n", 2, "there are none here");
}

static void the_section_of_a_plugin_not_in_use_is_checked_too(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(
        load_with(f, BASE "[cache-plain]\nchances = 8\n", "cache.plugin=none"),
        LIO_ECONFIG);
    says(f, "chances = 8: is outside 1 .. 7");
    assert_int_equal(
        load_with(f, BASE "[cache-plain]\nchances = 3\n", "cache.plugin=none"),
        0);
    assert_string_equal(setting(f, "cache-plain", "chances").value, "3");
}

static void the_section_of_a_refused_plugin_says_why(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(load(f, "[engine]\nplugin_dir = " LIO_TEST_BAD_PLUGINS
                             "\n[cache-misnamed]\nx = 1\n"),
                     LIO_ECONFIG);
    says(f, "test.ini:3: [cache-misnamed]: ");
    says(f, "calls itself 'cache-named-otherwise'");
}

static int count_plugins(const struct lio_plugin_info *info, void *user)
{
    uint32_t *n = user;

    *n += !strncmp(info->path, LIO_TEST_GOOD_PLUGINS,
                   strlen(LIO_TEST_GOOD_PLUGINS));
    return 0;
}

static void all_plugins_of_the_directories_are_listed(void **state)
{
    struct fixture *f = *state;
    uint32_t n = 0;

    accepts(f, BASE);
    assert_int_equal(lio_plugins_each(f->config, count_plugins, &n), 0);
    assert_int_equal(n, 6);
}

/* -- overrides ----------------------------------------------------------- */

static void an_override_wins_over_the_file(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(load_with(f, BASE "size = 2M\n", "cache.size=3M"), 0);
    setting_is(f, "cache", "size", "3M", "-s");
}

static void of_two_overrides_the_last_wins(void **state)
{
    static const char *const overrides[] = { "cache.size=3M",
                                             " cache.size = 4M " };
    struct fixture *f = *state;

    write_file(f->ini, BASE, strlen(BASE));
    assert_int_equal(lio_config_load(f->ini, overrides, 2, &f->config, &f->err),
                     0);
    setting_is(f, "cache", "size", "4M", "-s");
}

static void an_override_reaches_a_plugin_s_section(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(load_with(f, BASE, "cache-plain.label=a=b.c"), 0);
    setting_is(f, "cache-plain", "label", "a=b.c", "-s");
}

static void wrong_overrides_are_refused(void **state)
{
    static const struct {
        const char *text, *why;
    } cases[] = {
        { "cache.size", "-s cache.size: write section.key=value" },
        { "cache=1M", "write section.key=value" },
        { "", "write section.key=value" },
        { "size=a.b", "write section.key=value" },
        { "cache.size=x", "-s cache.size=x: is not a size: " },
        { "cache.sise=1M", "did you mean 'size'?" },
        { "cahce.size=1M", "unknown section" },
        { "cache-plain.label=a ; b", "begins a comment" },
        { "cache-plain.label=a\nb", "one line" },
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < LIO_COUNT(cases); i++) {
        assert_int_equal(load_with(f, BASE, cases[i].text), LIO_ECONFIG);
        says(f, cases[i].why);
    }
}

/* -- which file ---------------------------------------------------------- */

static void shards_of_the_file_found_are(struct fixture *f, uint32_t shards)
{
    lio_config_free(f->config);
    f->config = NULL;
    if (lio_config_load(NULL, NULL, 0, &f->config, &f->err) < 0)
        fail_msg("%s", f->err.msg);
    assert_int_equal(lio_config_settings(f->config)->cache.shards, shards);
}

static void the_files_are_looked_for_in_the_documented_order(void **state)
{
    static const char one[] = BASE "shards = 1\n", two[] = BASE "shards = 2\n",
                      four[] = BASE "shards = 4\n",
                      eight[] = BASE "shards = 8\n";
    static const char *const dirs[] = { ".config", ".config/lanceio", "xdg",
                                        "xdg/lanceio" };
    struct fixture *f = *state;
    char xdg[128];

    for (size_t i = 0; i < LIO_COUNT(dirs); i++)
        assert_int_equal(mkdir(dirs[i], 0700), 0);
    write_file(".config/lanceio/lanceio.ini", eight, strlen(eight));
    shards_of_the_file_found_are(f, 8);

    write_file("xdg/lanceio/lanceio.ini", four, strlen(four));
    (void)snprintf(xdg, sizeof(xdg), "%s/xdg", f->dir);
    assert_int_equal(setenv("XDG_CONFIG_HOME", "xdg", 1), 0);
    shards_of_the_file_found_are(f, 8); /* a relative path does not count */
    assert_int_equal(setenv("XDG_CONFIG_HOME", xdg, 1), 0);
    shards_of_the_file_found_are(f, 4);

    write_file("lanceio.ini", two, strlen(two));
    shards_of_the_file_found_are(f, 2);

    write_file("other.ini", one, strlen(one));
    assert_int_equal(setenv("LANCEIO_CONFIG", "other.ini", 1), 0);
    shards_of_the_file_found_are(f, 1);

    assert_int_equal(load(f, BASE "shards = 16\n"), 0);
    assert_int_equal(lio_config_settings(f->config)->cache.shards, 16);
}

static void a_named_file_must_exist(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(
        lio_config_load("missing.ini", NULL, 0, &f->config, &f->err),
        LIO_ECONFIG);
    says(f, "missing.ini cannot be read");
    assert_int_equal(setenv("LANCEIO_CONFIG", "missing.ini", 1), 0);
    assert_int_equal(lio_config_load(NULL, NULL, 0, &f->config, &f->err),
                     LIO_ECONFIG);
    says(f, "missing.ini cannot be read");
}

/* -- where the statistics go --------------------------------------------- */

static void statistics_that_are_off_have_no_path(void **state)
{
    struct fixture *f = *state;
    char path[16] = "unchanged";

    assert_int_equal(load_with(f, BASE, "stats.database=off"), 0);
    assert_int_equal(
        lio_config_stats_path(f->config, path, sizeof(path), &f->err), 0);
    assert_string_equal(path, "");
    assert_int_equal(lio_config_stats_path(f->config, path, 0, &f->err),
                     LIO_ECONFIG);
}

static void statistics_go_to_the_path_named(void **state)
{
    struct fixture *f = *state;
    char path[16];

    assert_int_equal(load_with(f, BASE, "stats.database=/x/y.db"), 0);
    assert_int_equal(
        lio_config_stats_path(f->config, path, sizeof(path), &f->err), 0);
    assert_string_equal(path, "/x/y.db");
}

/* -- the object ---------------------------------------------------------- */

static void a_reference_outlives_the_first_owner(void **state)
{
    struct lio_config *other;
    struct fixture *f = *state;

    accepts(f, BASE "size = 2M\n");
    other = lio_config_ref(f->config);
    lio_config_free(f->config);
    f->config = other;
    assert_int_equal(lio_config_settings(other)->cache.size_bytes, 2 << 20);
}

static int stop_at_once(const struct lio_setting *found, void *user)
{
    uint32_t *n = user;

    (void)found;
    return (int)++*n * 7;
}

static void the_walk_over_settings_stops_when_told(void **state)
{
    struct fixture *f = *state;
    uint32_t n = 0;

    accepts(f, BASE);
    assert_int_equal(lio_config_each(f->config, stop_at_once, &n), 7);
    assert_int_equal(n, 1);
}

static void errors_need_no_one_to_read_them(void **state)
{
    struct lio_config *config;

    (void)state;
    assert_int_equal(lio_config_load("missing.ini", NULL, 0, &config, NULL),
                     LIO_ECONFIG);
    lio_config_free(NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_a_file_does_not_set_keeps_the_default),
        TEST(every_key_has_a_default_and_help),
        TEST(every_value_of_a_file_arrives),
        TEST(a_value_knows_the_line_it_came_from),
        TEST(an_indented_key_is_a_key),
        TEST(a_section_may_be_taken_up_again),
        TEST(windows_line_ends_and_a_mark_at_the_start_are_harmless),
        TEST(the_last_line_needs_no_end),
        TEST(a_comment_may_be_of_any_length),
        TEST(wrong_values_name_line_key_and_reason),
        TEST(a_wrong_value_is_refused_even_where_it_is_overridden),
        TEST(an_unknown_key_is_answered_with_the_known_and_the_nearest),
        TEST(an_unknown_section_is_answered_with_sections_and_plugins),
        TEST(an_empty_unknown_section_is_noticed),
        TEST(a_key_set_twice_names_both_lines),
        TEST(a_line_that_is_neither_section_nor_key_is_refused),
        TEST(of_two_bad_lines_the_first_is_named),
        TEST(a_key_before_any_section_is_refused),
        TEST(a_section_that_does_not_end_is_refused),
        TEST(a_line_that_is_too_long_is_refused),
        TEST(a_section_name_that_is_too_long_is_refused),
        TEST(bytes_that_are_no_text_are_refused),
        TEST(a_file_of_absurd_size_is_refused),
        TEST(a_directory_is_no_configuration),
        TEST(a_plugin_that_is_not_there_is_refused_with_the_line),
        TEST(a_plugin_of_the_wrong_kind_is_refused),
        TEST(a_plugin_that_was_refused_says_why),
        TEST(there_must_be_a_backend_but_no_cache),
        TEST(prefetchers_may_be_several),
        TEST(a_plugin_directory_that_is_none_is_refused),
        TEST(the_section_of_a_plugin_sets_its_parameters),
        TEST(what_is_not_set_has_the_plugin_s_own_default),
        TEST(the_section_of_a_plugin_is_checked_by_its_table),
        TEST(a_plugin_without_parameters_knows_no_key),
        TEST(the_section_of_a_plugin_not_in_use_is_checked_too),
        TEST(the_section_of_a_refused_plugin_says_why),
        TEST(all_plugins_of_the_directories_are_listed),
        TEST(an_override_wins_over_the_file),
        TEST(of_two_overrides_the_last_wins),
        TEST(an_override_reaches_a_plugin_s_section),
        TEST(wrong_overrides_are_refused),
        TEST(the_files_are_looked_for_in_the_documented_order),
        TEST(a_named_file_must_exist),
        TEST(statistics_that_are_off_have_no_path),
        TEST(statistics_go_to_the_path_named),
        TEST(a_reference_outlives_the_first_owner),
        TEST(the_walk_over_settings_stops_when_told),
        TEST(errors_need_no_one_to_read_them),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
