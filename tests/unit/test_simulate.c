/*
 * Simulations: what they count, and what they refuse.
 */
#include <lanceio/simulate.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define NREQUESTS 20000u
#define NBLOCKS   500u

/* The plugins of the build, or of another directory, and one setting. */
static struct lio_config *load_config(const char *plugin_dir,
                                      const char *setting)
{
    const char *overrides[2] = { NULL, setting };
    struct lio_config *config = NULL;
    struct lio_error err;
    char *override = NULL;

    if (!plugin_dir)
        plugin_dir = getenv("LIO_TEST_PLUGINS");
    assert_non_null(plugin_dir);
    assert_true(asprintf(&override, "engine.plugin_dir=%s", plugin_dir) > 0);
    overrides[0] = override;
    assert_int_equal(
        lio_config_load("/dev/null", overrides, setting ? 2 : 1, &config, &err),
        0);
    free(override);
    return config;
}

static struct lio_simulation *
open_simulation(struct lio_config *config, const char *plugin, uint64_t nblocks)
{
    struct lio_simulation *sim = NULL;
    struct lio_error err;

    assert_int_equal(lio_simulation_open(config, plugin, nblocks, &sim, &err),
                     0);
    return sim;
}

/* Blocks that meet in the table: they are far apart, and many. */
static void draw_blocks(uint64_t *blocks)
{
    uint64_t seed = 5;

    for (uint32_t i = 0; i < NREQUESTS; i++) {
        seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
        blocks[i] = ((seed >> 33) % NBLOCKS) << (seed >> 62) * 16;
    }
}

static uint64_t count_misses(struct lio_simulation *sim, const uint64_t *blocks,
                             size_t n)
{
    uint64_t misses = UINT64_MAX;
    struct lio_error err;

    assert_int_equal(lio_simulation_run(sim, blocks, n, &misses, &err), 0);
    return misses;
}

/* LRU, by searching and shifting. */
static uint64_t textbook_misses(const uint64_t *blocks, uint32_t capacity)
{
    uint64_t cached[NREQUESTS], misses = 0;
    uint32_t ncached = 0;

    for (uint32_t i = 0; i < NREQUESTS; i++) {
        uint32_t at = 0;

        while (at < ncached && cached[at] != blocks[i])
            at++;
        if (at == ncached) {
            misses++;
            if (ncached < capacity)
                ncached++;
            else
                at--;
        }
        memmove(&cached[1], &cached[0], at * sizeof(cached[0]));
        cached[0] = blocks[i];
    }
    return misses;
}

static void misses_are_those_of_the_textbook(void **state)
{
    static const uint32_t sizes[] = { 1, 2, 7, 64, 333, 5000 };
    struct lio_config *config = load_config(NULL, NULL);
    uint64_t blocks[NREQUESTS];

    (void)state;
    draw_blocks(blocks);
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        struct lio_simulation *sim =
            open_simulation(config, "cache-lru", sizes[i]);

        assert_int_equal(count_misses(sim, blocks, NREQUESTS),
                         textbook_misses(blocks, sizes[i]));
        lio_simulation_close(sim);
    }
    lio_config_free(config);
}

static void a_sequence_may_come_in_pieces(void **state)
{
    struct lio_config *config = load_config(NULL, NULL);
    struct lio_simulation *whole = open_simulation(config, "cache-arc", 64);
    struct lio_simulation *parts = open_simulation(config, "cache-arc", 64);
    uint64_t blocks[NREQUESTS], misses = 0;

    (void)state;
    lio_config_free(config); /* which they do not need any more */
    draw_blocks(blocks);
    for (size_t at = 0; at < NREQUESTS; at += 1000)
        misses += count_misses(parts, blocks + at, 1000);
    assert_int_equal(count_misses(whole, blocks, NREQUESTS), misses);
    assert_int_equal(count_misses(whole, blocks, 0), 0);
    lio_simulation_close(whole);
    lio_simulation_close(parts);
}

static uint64_t misses_with(const char *setting)
{
    struct lio_config *config = load_config(NULL, setting);
    struct lio_simulation *sim = open_simulation(config, "cache-2q", 64);
    uint64_t blocks[NREQUESTS], misses;

    draw_blocks(blocks);
    misses = count_misses(sim, blocks, NREQUESTS);
    lio_simulation_close(sim);
    lio_config_free(config);
    return misses;
}

static void parameters_come_from_the_configuration(void **state)
{
    (void)state;
    assert_int_equal(misses_with(NULL), misses_with("cache-2q.kin=25"));
    assert_int_not_equal(misses_with(NULL), misses_with("cache-2q.kin=100"));
}

static void expect_refusal(struct lio_config *config, const char *plugin,
                           uint64_t nblocks, int code, const char *why)
{
    struct lio_simulation *sim = NULL;
    struct lio_error err;

    assert_int_equal(lio_simulation_open(config, plugin, nblocks, &sim, &err),
                     code);
    assert_null(sim);
    if (!strstr(err.msg, why))
        fail_msg("'%s' does not say '%s'", err.msg, why);
}

static void what_cannot_be_simulated_is_refused(void **state)
{
    struct lio_config *config = load_config(NULL, NULL);

    (void)state;
    expect_refusal(config, "cache-lri", 8, LIO_EPLUGIN, "cache-lru");
    expect_refusal(config, "backend-pread", 8, LIO_EPLUGIN, "backend");
    expect_refusal(config, "cache-lru", 0, LIO_EINVAL, "0 blocks");
    expect_refusal(config, "cache-lru", (UINT64_C(1) << 30) + 1, LIO_EINVAL,
                   "1073741825 blocks");
    lio_config_free(config);
    lio_simulation_close(NULL);
}

static void a_policy_that_gives_up_nothing_is_found_out(void **state)
{
    /* Its evict() always says that there is none. */
    struct lio_config *config =
        load_config(LIO_TEST_GOOD_PLUGINS, "cache.plugin=cache-older");
    struct lio_simulation *sim = open_simulation(config, "cache-older", 2);
    const uint64_t blocks[] = { 1, 2, 1, 3 };
    uint64_t misses = 77;
    struct lio_error err;

    (void)state;
    assert_int_equal(count_misses(sim, blocks, 3), 2);
    assert_int_equal(lio_simulation_run(sim, blocks, 4, &misses, &err),
                     LIO_EPLUGIN);
    assert_int_equal(misses, 77);
    assert_non_null(strstr(err.msg, "cache-older.so gave up slot"));
    lio_simulation_close(sim);
    lio_config_free(config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(misses_are_those_of_the_textbook),
        cmocka_unit_test(a_sequence_may_come_in_pieces),
        cmocka_unit_test(parameters_come_from_the_configuration),
        cmocka_unit_test(what_cannot_be_simulated_is_refused),
        cmocka_unit_test(a_policy_that_gives_up_nothing_is_found_out),
    };

    return cmocka_run_group_tests_name("simulate", tests, NULL, NULL);
}
