/*
 * What every replacement policy must keep to: conformance_cache PLUGIN.so
 *
 * The program plays the core as the contract in <lanceio/plugin.h> describes
 * it, with parameters at their defaults: it fills free slots first, asks
 * evict() when there are none, and pins and removes as it likes.  Which block a
 * policy gives up is its own affair; that it may is what is checked here.
 */
#include <lanceio/plugin.h>

#include <dlfcn.h>
#include <malloc.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MAX_SLOTS  64u
#define MAX_PARAMS 64u
#define NSTEPS     100000u

/* The plugin under test, set once by main(). */
static const char *plugin_path;
static const struct lio_plugin *plugin;
static union lio_value presets[MAX_PARAMS];

static const struct lio_cache_ops *policy_ops(void)
{
    return plugin->ops;
}

/* -- a host: as much of the core as a policy can see --------------------- */

struct host {
    void *policy;
    uint32_t nslots;
    bool used[MAX_SLOTS];
    bool pinned[MAX_SLOTS];
    uint64_t keys[MAX_SLOTS];
    uint32_t asked_outside; /* evictable() for a slot that does not exist */
};

static bool host_evictable(void *arg, uint32_t slot)
{
    struct host *host = arg;

    if (slot >= host->nslots) {
        host->asked_outside++;
        return false;
    }
    return host->used[slot] && !host->pinned[slot];
}

static struct host *open_host(uint32_t nslots)
{
    struct host *host = calloc(1, sizeof(*host));
    struct lio_cache_setup *setup = malloc(sizeof(*setup));
    struct lio_error err = { 0 };

    assert_true(host && setup && nslots <= MAX_SLOTS);
    host->nslots = nslots;
    *setup = (struct lio_cache_setup){
        .params = presets,
        .nslots = nslots,
        .evictable = host_evictable,
        .host = host,
    };
    assert_int_equal(policy_ops()->open(setup, &host->policy, &err), 0);
    /* Valid during the call only: a policy that looks at it later, crashes. */
    memset(setup, 0xee, sizeof(*setup));
    free(setup);
    return host;
}

static void close_host(struct host *host)
{
    assert_int_equal(host->asked_outside, 0);
    policy_ops()->close(host->policy);
    free(host);
}

static uint32_t find_free(const struct host *host)
{
    for (uint32_t slot = 0; slot < host->nslots; slot++)
        if (!host->used[slot])
            return slot;
    return LIO_NO_SLOT;
}

static uint32_t find_key(const struct host *host, uint64_t key)
{
    for (uint32_t slot = 0; slot < host->nslots; slot++)
        if (host->used[slot] && host->keys[slot] == key)
            return slot;
    return LIO_NO_SLOT;
}

static bool may_evict(struct host *host)
{
    for (uint32_t slot = 0; slot < host->nslots; slot++)
        if (host_evictable(host, slot))
            return true;
    return false;
}

/* Ask for a victim, and check the answer. */
static uint32_t evict(struct host *host, uint64_t key)
{
    uint32_t slot = policy_ops()->evict(host->policy, key);

    if (slot == LIO_NO_SLOT) {
        assert_false(may_evict(host));
        return LIO_NO_SLOT;
    }
    assert_true(slot < host->nslots);
    assert_true(host->used[slot]);
    assert_false(host->pinned[slot]);
    host->used[slot] = false;
    return slot;
}

/* Access `key`: the slot it is in now, or LIO_NO_SLOT if all are pinned. */
static uint32_t look_up(struct host *host, uint64_t key)
{
    uint32_t slot = find_key(host, key);

    if (slot != LIO_NO_SLOT) {
        policy_ops()->hit(host->policy, slot, key);
        return slot;
    }
    slot = find_free(host);
    if (slot == LIO_NO_SLOT)
        slot = evict(host, key);
    if (slot == LIO_NO_SLOT)
        return LIO_NO_SLOT;
    host->used[slot] = true;
    host->keys[slot] = key;
    policy_ops()->insert(host->policy, slot, key);
    return slot;
}

static void forget(struct host *host, uint32_t slot)
{
    policy_ops()->remove(host->policy, slot);
    host->used[slot] = false;
    host->pinned[slot] = false;
}

/* Slot n holds key n. */
static struct host *open_full_host(uint32_t nslots)
{
    struct host *host = open_host(nslots);

    for (uint64_t key = 0; key < nslots; key++)
        assert_int_equal(look_up(host, key), key);
    return host;
}

/* -- the plugin ---------------------------------------------------------- */

static void the_entry_describes_a_policy(void **state LIO_UNUSED)
{
    const char *slash = strrchr(plugin_path, '/');
    const char *file = slash ? slash + 1 : plugin_path;
    size_t name_len = strlen(plugin->name);

    assert_int_equal(plugin->abi, LIO_PLUGIN_ABI);
    assert_int_equal(plugin->plugin_bytes, sizeof(*plugin));
    assert_int_equal(plugin->ops_bytes, sizeof(struct lio_cache_ops));
    assert_int_equal(plugin->param_bytes, sizeof(struct lio_param));
    assert_int_equal(strncmp(plugin->name, "cache-", 6), 0);
    assert_int_equal(strncmp(file, plugin->name, name_len), 0);
    assert_string_equal(file + name_len, ".so");
    assert_true(plugin->version[0] && plugin->summary[0]);
}

static void no_callback_is_missing(void **state LIO_UNUSED)
{
    const struct lio_cache_ops *ops = policy_ops();

    assert_true(ops->open && ops->close && ops->insert && ops->hit);
    assert_true(ops->evict && ops->remove && ops->footprint);
}

static void a_policy_may_be_closed_unused(void **state LIO_UNUSED)
{
    close_host(open_host(1));
    close_host(open_host(MAX_SLOTS));
}

static void
a_policy_may_be_closed_with_slots_in_any_state(void **state LIO_UNUSED)
{
    struct host *host = open_full_host(8);

    host->pinned[3] = true;
    forget(host, 5);
    (void)look_up(host, 2);
    close_host(host);
}

/* -- victims ------------------------------------------------------------- */

static void evict_never_takes_a_pinned_slot(void **state LIO_UNUSED)
{
    struct host *host = open_full_host(4);

    host->pinned[2] = true;
    for (uint64_t key = 100; key < 200; key++)
        assert_int_not_equal(look_up(host, key), 2);
    assert_int_equal(host->keys[2], 2);
    close_host(host);
}

static void evict_finds_the_only_slot_that_can_go(void **state LIO_UNUSED)
{
    struct host *host = open_full_host(16);

    memset(host->pinned, true, sizeof(host->pinned));
    for (uint32_t only = 0; only < host->nslots; only++) {
        host->pinned[only] = false;
        assert_int_equal(look_up(host, 100 + only), only);
        /* However well it is liked. */
        for (int hits = 0; hits < 20; hits++)
            assert_int_equal(look_up(host, 100 + only), only);
        assert_int_equal(look_up(host, 200 + only), only);
        host->pinned[only] = true;
    }
    close_host(host);
}

static void evict_gives_up_nothing_when_all_is_pinned(void **state LIO_UNUSED)
{
    struct host *host = open_full_host(4);

    memset(host->pinned, true, sizeof(host->pinned));
    for (uint64_t key = 100; key < 120; key++)
        assert_int_equal(look_up(host, key), LIO_NO_SLOT);

    /* And has not lost track of any slot over it. */
    memset(host->pinned, false, sizeof(host->pinned));
    for (uint64_t key = 100; key < 104; key++) {
        uint32_t slot = look_up(host, key);

        assert_true(slot < host->nslots);
        host->pinned[slot] = true;
    }
    assert_int_equal(look_up(host, 200), LIO_NO_SLOT);
    close_host(host);
}

static void each_slot_is_given_up_in_its_turn(void **state LIO_UNUSED)
{
    struct host *host = open_full_host(MAX_SLOTS);

    /* Pinning what has just come in leaves one slot less each time. */
    for (uint64_t key = 100; key < 100 + MAX_SLOTS; key++) {
        uint32_t slot = look_up(host, key);

        assert_true(slot < host->nslots);
        host->pinned[slot] = true;
    }
    assert_int_equal(look_up(host, 300), LIO_NO_SLOT);
    close_host(host);
}

static void one_slot_is_enough(void **state LIO_UNUSED)
{
    struct host *host = open_host(1);

    for (uint64_t key = 0; key < 50; key++) {
        assert_int_equal(look_up(host, key % 7), 0);
        assert_int_equal(look_up(host, key % 7), 0);
        host->pinned[0] = true;
        assert_int_equal(look_up(host, 100), LIO_NO_SLOT);
        host->pinned[0] = false;
        if (key % 5 == 0)
            forget(host, 0);
    }
    close_host(host);
}

static void keys_may_have_any_value(void **state LIO_UNUSED)
{
    static const uint64_t keys[] = { 0,
                                     1,
                                     UINT32_MAX,
                                     UINT64_C(1) << 32,
                                     UINT64_C(1) << 63,
                                     UINT64_MAX - 1,
                                     UINT64_MAX };
    struct host *host = open_host(3);

    for (uint32_t i = 0; i < 1000; i++)
        assert_true(look_up(host, keys[i * 5 % LIO_COUNT(keys)]) < 3);
    close_host(host);
}

/* -- removal ------------------------------------------------------------- */

static void every_slot_can_be_removed_and_used_again(void **state LIO_UNUSED)
{
    struct host *host = open_full_host(8);

    for (uint32_t round = 1; round <= 20; round++) {
        for (uint32_t i = 0; i < host->nslots; i++)
            forget(host, (i * 3 + round) % host->nslots);
        for (uint64_t i = 0; i < 2 * host->nslots; i++)
            assert_true(look_up(host, round * 10 + i) < host->nslots);
    }
    close_host(host);
}

static void a_removed_key_may_come_back(void **state LIO_UNUSED)
{
    struct host *host = open_full_host(4);

    for (uint32_t i = 0; i < 40; i++) {
        uint32_t slot = find_key(host, i % 6);

        if (slot != LIO_NO_SLOT)
            forget(host, slot);
        assert_true(look_up(host, i % 6) < host->nslots);
        assert_true(look_up(host, 100 + i) < host->nslots);
    }
    close_host(host);
}

/* -- soak ---------------------------------------------------------------- */

/* xorshift64*: the same history on every machine. */
static uint32_t draw(uint64_t *seed, uint32_t below)
{
    *seed ^= *seed >> 12;
    *seed ^= *seed << 25;
    *seed ^= *seed >> 27;
    return (uint32_t)((*seed * UINT64_C(2685821657736338717)) >> 33) % below;
}

static void forget_all(struct host *host)
{
    for (uint32_t slot = 0; slot < host->nslots; slot++)
        if (host->used[slot])
            forget(host, slot);
}

/* Few keys are popular and many are not, so that ghosts, if there are any, are
 * met again; pins come and go; now and then all is pinned, or empty. */
static void soak_step(struct host *host, uint64_t *seed)
{
    uint32_t slot = draw(seed, host->nslots);

    switch (draw(seed, 16)) {
    case 0:
        if (host->used[slot] && !host->pinned[slot])
            forget(host, slot);
        break;
    case 1:
    case 2:
        host->pinned[slot] = host->used[slot];
        break;
    case 3:
    case 4:
        host->pinned[slot] = false;
        break;
    case 5:
        if (draw(seed, 100) == 0)
            memcpy(host->pinned, host->used, sizeof(host->pinned));
        else if (draw(seed, 100) == 0)
            memset(host->pinned, false, sizeof(host->pinned));
        break;
    case 6:
        if (draw(seed, 500) == 0)
            forget_all(host);
        break;
    default:
        (void)look_up(host, draw(seed, host->nslots + draw(seed, 200)));
    }
}

static void a_long_random_life_breaks_no_rule(void **state LIO_UNUSED)
{
    static const uint32_t sizes[] = { 1, 2, 7, MAX_SLOTS };

    for (uint32_t i = 0; i < LIO_COUNT(sizes); i++) {
        struct host *host = open_host(sizes[i]);
        uint64_t seed = 7 + i;

        for (uint32_t step = 0; step < NSTEPS; step++)
            soak_step(host, &seed);
        close_host(host);
    }
}

static void two_policies_know_nothing_of_each_other(void **state LIO_UNUSED)
{
    struct host *small = open_host(3), *large = open_host(40);
    uint64_t small_seed = 1, large_seed = 2;

    for (uint32_t step = 0; step < NSTEPS; step++) {
        soak_step(small, &small_seed);
        soak_step(large, &large_seed);
    }
    close_host(small);
    for (uint32_t step = 0; step < NSTEPS / 10; step++)
        soak_step(large, &large_seed);
    close_host(large);
}

/* -- memory -------------------------------------------------------------- */

static void a_larger_cache_has_no_smaller_footprint(void **state LIO_UNUSED)
{
    size_t before = 0;

    for (uint32_t nslots = 1; nslots < 1u << 24; nslots += 1 + nslots / 3) {
        size_t bytes = policy_ops()->footprint(nslots, presets);

        assert_true(bytes > 0);
        assert_true(bytes >= before);
        /* Beside blocks of 64 KiB it should hardly be noticed. */
        assert_true(bytes <= 65536 + (size_t)nslots * 1024);
        before = bytes;
    }
}

/* What is allocated, if the C library can tell; where it cannot, and under a
 * sanitizer, always the same. */
static size_t heap_bytes(void)
{
#if defined(__GLIBC__)
    struct mallinfo2 info = mallinfo2();

    return info.uordblks + info.hblkhd;
#else
    return 0;
#endif
}

static void the_footprint_is_no_understatement(void **state LIO_UNUSED)
{
    struct lio_cache_setup setup = {
        .params = presets,
        .nslots = 100000,
        .evictable = host_evictable,
    };
    size_t before = heap_bytes(), stated, taken;
    void *policy;

    assert_int_equal(policy_ops()->open(&setup, &policy, NULL), 0);
    taken = heap_bytes() - before;
    stated = policy_ops()->footprint(setup.nslots, presets);
    /* The allocator rounds large blocks up to pages. */
    assert_true(taken <= stated + 65536);
    policy_ops()->close(policy);
}

/* -- start --------------------------------------------------------------- */

static bool load_plugin(const char *path)
{
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    lio_plugin_entry_fn entry;

    if (!library) {
        fprintf(stderr, "conformance_cache: %s\n", dlerror());
        return false;
    }
    /* The way POSIX gives to get a function out of dlsym(). */
    *(void **)&entry = dlsym(library, LIO_PLUGIN_ENTRY);
    plugin = entry ? entry() : NULL;
    plugin_path = path;
    if (!plugin || plugin->kind != LIO_KIND_CACHE ||
        plugin->nparams > MAX_PARAMS) {
        fprintf(stderr, "conformance_cache: %s is no cache plugin\n", path);
        return false;
    }
    return true;
}

static void set_presets(void)
{
    for (uint32_t i = 0; i < plugin->nparams; i++) {
        const struct lio_param *param = &plugin->params[i];

        if (param->type == LIO_PARAM_STRING)
            presets[i].s = param->preset_text ? param->preset_text : "";
        else
            presets[i].u = param->preset;
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_entry_describes_a_policy),
        cmocka_unit_test(no_callback_is_missing),
        cmocka_unit_test(a_policy_may_be_closed_unused),
        cmocka_unit_test(a_policy_may_be_closed_with_slots_in_any_state),
        cmocka_unit_test(evict_never_takes_a_pinned_slot),
        cmocka_unit_test(evict_finds_the_only_slot_that_can_go),
        cmocka_unit_test(evict_gives_up_nothing_when_all_is_pinned),
        cmocka_unit_test(each_slot_is_given_up_in_its_turn),
        cmocka_unit_test(one_slot_is_enough),
        cmocka_unit_test(keys_may_have_any_value),
        cmocka_unit_test(every_slot_can_be_removed_and_used_again),
        cmocka_unit_test(a_removed_key_may_come_back),
        cmocka_unit_test(a_long_random_life_breaks_no_rule),
        cmocka_unit_test(two_policies_know_nothing_of_each_other),
        cmocka_unit_test(a_larger_cache_has_no_smaller_footprint),
        cmocka_unit_test(the_footprint_is_no_understatement),
    };

    if (argc != 2) {
        fprintf(stderr, "usage: conformance_cache PLUGIN.so\n");
        return 2;
    }
    if (!load_plugin(argv[1]))
        return 1;
    set_presets();
    return cmocka_run_group_tests_name(plugin->name, tests, NULL, NULL);
}
