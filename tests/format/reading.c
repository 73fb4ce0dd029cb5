#include "tests/format/reading.h"

#include "support/arrow_check.h"
#include "support/arrow_release.h"

#include <stdlib.h>

/* Of the program: a group of tests shares one. */
static struct lio_engine *engine;

struct lio_engine *reading_engine(void)
{
    return engine;
}

char *reading_path(const char *fmt, ...)
{
    char *name, *path;
    va_list args;
    int n;

    va_start(args, fmt);
    n = vasprintf(&name, fmt, args);
    va_end(args);
    assert_true(n >= 0);
    assert_non_null(getenv("LIO_TEST_DATA"));
    assert_true(asprintf(&path, "%s/%s", getenv("LIO_TEST_DATA"), name) >= 0);
    free(name);
    return path;
}

static void open_engine(const char *backend)
{
    char *ini = reading_path("../../config/lanceio.ini"), *plugin, *dir;
    const char *direct = getenv("LIO_TEST_DIRECT");
    struct lio_config *config;
    struct lio_error err;

    assert_true(asprintf(&plugin, "backend.plugin=%s", backend) >= 0);
    assert_true(asprintf(&dir, "engine.plugin_dir=%s",
                         getenv("LIO_TEST_PLUGINS")) >= 0);
    if (lio_config_load(
            ini,
            (const char *[]){ plugin, dir, "stats.database=off",
                              direct ? "files.direct=on" : "files.direct=off",
                              direct ? "cache.plugin=none"
                                     : "cache.plugin=cache-lru" },
            5, &config, &err) < 0 ||
        lio_engine_open(config, &engine, &err) < 0)
        fail_msg("%s", err.msg);
    lio_config_free(config);
    free(plugin);
    free(dir);
    free(ini);
}

int reading_setup(void **state)
{
    const char *backend = getenv("LIO_TEST_BACKEND");

    (void)state;
    if (backend && *backend)
        open_engine(backend);
    return 0;
}

int reading_teardown(void **state)
{
    (void)state;
    if (engine)
        lio_engine_close(engine);
    engine = NULL;
    return 0;
}

struct lio_engine *reading_open_faulty(const char *rule)
{
    const char *backend = getenv("LIO_TEST_BACKEND");
    char *ini = reading_path("../../config/lanceio.ini");
    struct lio_engine *faulty = NULL;
    char *plugin, *dir, *rules;
    struct lio_config *config;
    struct lio_error err;

    assert_true(asprintf(&plugin, "backend.plugin=%s",
                         backend && *backend ? backend : "backend-pread") > 0);
    assert_true(
        asprintf(&dir, "engine.plugin_dir=%s", getenv("LIO_TEST_PLUGINS")) > 0);
    assert_true(asprintf(&rules, "filter-fault.rules=%s", rule) > 0);
    if (lio_config_load(ini,
                        (const char *[]){
                            plugin, dir, rules, "backend.filters=filter-fault",
                            "cache.size=1M", "stats.database=off" },
                        6, &config, &err) < 0 ||
        lio_engine_open(config, &faulty, &err) < 0)
        fail_msg("%s", err.msg);
    lio_config_free(config);
    free(plugin);
    free(dir);
    free(rules);
    free(ini);
    return faulty;
}

struct lio_dataset *reading_open(const char *fmt, ...)
{
    struct lio_dataset *dataset = NULL;
    struct lio_error err;
    char *name, *path;
    va_list args;
    int n;

    va_start(args, fmt);
    n = vasprintf(&name, fmt, args);
    va_end(args);
    assert_true(n >= 0);
    path = reading_path("%s", name);
    if (lio_dataset_open(engine, path, &dataset, &err) < 0)
        fail_msg("%s", err.msg);
    free(path);
    free(name);
    return dataset;
}

void reading_compare(const struct expected *expected, size_t first,
                     const struct ArrowSchema *schema,
                     const struct ArrowArray *array)
{
    char why[200];

    if (arrow_check(schema, array, why, sizeof(why)) < 0)
        fail_msg("%s", why);
    assert_true(first + (size_t)array->length <= expected->nrows);
    for (int64_t i = 0; i < array->n_children; i++)
        for (int64_t row = 0; row < array->length; row++) {
            const char *want = expected->rows[first + (size_t)row];
            const struct ArrowSchema *field = schema->children[i];

            if (!expected_equals(want, field->name, field, array->children[i],
                                 array->offset + row))
                fail_msg("row %zu of '%s' (%s) is not %.40s",
                         first + (size_t)row, field->name, field->format,
                         expected_member(want, field->name));
        }
}

void reading_release(struct ArrowArray *array)
{
    char why[100];

    if (arrow_release_array(array, why, sizeof(why)) < 0)
        fail_msg("an array: %s", why);
}

void reading_release_schema(struct ArrowSchema *schema)
{
    char why[100];

    if (arrow_release_schema(schema, why, sizeof(why)) < 0)
        fail_msg("a schema: %s", why);
}

size_t reading_compare_stream(struct lio_dataset *dataset,
                              const struct lio_scan *scan,
                              const struct expected *expected, size_t first)
{
    struct ArrowArrayStream stream;
    struct ArrowSchema schema;
    struct lio_error err;
    size_t rows = 0;

    if (lio_scan_stream(dataset, scan, &stream, &err) < 0)
        fail_msg("%s", err.msg);
    assert_int_equal(stream.get_schema(&stream, &schema), 0);
    for (;;) {
        struct ArrowArray batch;

        if (stream.get_next(&stream, &batch) != 0)
            fail_msg("%s", stream.get_last_error(&stream));
        if (!batch.release)
            break;
        reading_compare(expected, first + rows, &schema, &batch);
        rows += (size_t)batch.length;
        reading_release(&batch);
    }
    reading_release_schema(&schema);
    stream.release(&stream);
    assert_null(stream.release);
    return rows;
}

void reading_says(const struct lio_error *err, const char *words)
{
    if (!strstr(err->msg, words))
        fail_msg("'%s' does not say '%s'", err->msg, words);
}
