/*
 * conformance_prefetch PLUGIN: what every prefetcher must keep to, whatever it
 * takes for a pattern.
 */
#include <lanceio/plugin.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <dlfcn.h>

#define BLOCK     65536u
#define NACCESSES 20000u
#define MAX_OUT   16u

static const struct lio_plugin *plugin;

static const struct lio_prefetch_ops *ops(void)
{
    return plugin->ops;
}

static void *open_stream(void)
{
    union lio_value params[32] = { 0 };
    struct lio_prefetch_setup setup = { params, BLOCK };
    void *stream = NULL;

    assert_true(plugin->nparams <= LIO_COUNT(params));
    for (uint32_t i = 0; i < plugin->nparams; i++)
        if (plugin->params[i].type == LIO_PARAM_STRING)
            params[i].s = plugin->params[i].preset_text;
        else
            params[i].u = plugin->params[i].preset;
    assert_int_equal(ops()->open(&setup, &stream, NULL), 0);
    return stream;
}

static uint64_t next_random(uint64_t *seed)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return *seed >> 33;
}

/* One of several kinds of sequences, of any lengths, now and then at the ends
 * of what a file can be. */
static struct lio_access access_number(uint64_t n, uint64_t *seed)
{
    uint64_t r = next_random(seed), length = r % 7 ? BLOCK : r % 300000 + 1;
    struct lio_access access = {
        .range = { 0, length },
        .time_ns = n * 1000,
        .flags = (uint32_t)(r >> 8) & 3u,
    };

    switch (n / 100 % 5) {
    case 0:
        access.range.offset = n * BLOCK;
        break;
    case 1:
        access.range.offset = n * 7 * BLOCK;
        break;
    case 2:
        access.range.offset = (NACCESSES - n) * 3 * BLOCK;
        break;
    case 3:
        access.range.offset = INT64_MAX - length - n % 4 * BLOCK;
        break;
    default:
        access.range.offset = r % (UINT64_C(1) << 30);
    }
    return access;
}

static void it_stays_within_its_room(void **state)
{
    void *stream = open_stream();
    struct lio_range out[MAX_OUT + 1];
    uint64_t seed = 1;

    (void)state;
    for (uint64_t n = 0; n < NACCESSES; n++) {
        struct lio_access access = access_number(n, &seed);
        uint32_t max = (uint32_t)(next_random(&seed) % (MAX_OUT + 1));
        int32_t got;

        memset(out, 0xa5, sizeof(out));
        got = ops()->observe(stream, &access, out, max);
        assert_in_range(got + 1, 0, max + 1);
        /* Nothing is written past what is returned. */
        for (uint32_t i = got > 0 ? (uint32_t)got : 0; i <= MAX_OUT; i++)
            assert_int_equal(out[i].offset, 0xa5a5a5a5a5a5a5a5u);
        for (int32_t i = 0; i < got; i++)
            assert_true(out[i].length > 0);
    }
    ops()->close(stream);
}

static void without_room_nothing_is_written(void **state)
{
    void *stream = open_stream();
    uint64_t seed = 2;

    (void)state;
    for (uint64_t n = 0; n < NACCESSES; n++) {
        struct lio_access access = access_number(n, &seed);

        assert_true(ops()->observe(stream, &access, NULL, 0) <= 0);
    }
    ops()->close(stream);
}

/* What one stream sees is nothing to another, and the same answers come to the
 * same accesses. */
static void streams_do_not_know_of_each_other(void **state)
{
    void *one = open_stream(), *two = open_stream(), *disturbed = open_stream();
    uint64_t seed = 3, noise = 4;

    (void)state;
    for (uint64_t n = 0; n < NACCESSES; n++) {
        struct lio_access access = access_number(n, &seed);
        struct lio_access other = access_number(n * 3, &noise);
        struct lio_range a[MAX_OUT], b[MAX_OUT], c[MAX_OUT];
        int32_t na = ops()->observe(one, &access, a, MAX_OUT);
        int32_t nb;

        (void)ops()->observe(disturbed, &other, c, MAX_OUT);
        nb = ops()->observe(two, &access, b, MAX_OUT);
        assert_int_equal(na, nb);
        if (na > 0)
            assert_memory_equal(a, b, (size_t)na * sizeof(a[0]));
    }
    ops()->close(one);
    ops()->close(two);
    ops()->close(disturbed);
}

static void random_reads_trigger_next_to_nothing(void **state)
{
    void *stream = open_stream();
    uint64_t seed = 5, proposed = 0;

    (void)state;
    for (uint64_t n = 0; n < NACCESSES; n++) {
        struct lio_range out[MAX_OUT];
        struct lio_access access = {
            .range = { next_random(&seed) % (1u << 18) * 4096, 4096 },
            .flags = LIO_ACCESS_WAITED,
        };
        int32_t got = ops()->observe(stream, &access, out, MAX_OUT);

        for (int32_t i = 0; i < got; i++)
            proposed += out[i].length;
    }
    assert_true(proposed < NACCESSES * 4096u / 100);
    ops()->close(stream);
}

static bool load(const char *path)
{
    void *object = dlopen(path, RTLD_NOW);
    lio_plugin_entry_fn entry;

    if (!object) {
        fprintf(stderr, "%s\n", dlerror());
        return false;
    }
    *(void **)&entry = dlsym(object, LIO_PLUGIN_ENTRY);
    plugin = entry ? entry() : NULL;
    return plugin && plugin->kind == LIO_KIND_PREFETCH;
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_stays_within_its_room),
        cmocka_unit_test(without_room_nothing_is_written),
        cmocka_unit_test(streams_do_not_know_of_each_other),
        cmocka_unit_test(random_reads_trigger_next_to_nothing),
    };

    if (argc != 2 || !load(argv[1])) {
        fprintf(stderr, "usage: conformance_prefetch PLUGIN\n");
        return 2;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
