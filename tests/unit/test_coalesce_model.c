/*
 * coalesce-tiered in the core's hands against a reference that cannot be wrong:
 * a map with a flag for every byte.  And against a made-up disk: is what it
 * merges read sooner?
 */
#include "core/coalesce.h"

#include "core/loader.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* Of coalesce-tiered, which is linked in. */
const struct lio_plugin *lio_plugin_entry(void);

#define NCASES      60000u
#define NRACES      1000u
#define SPACE       2048u /* units that ranges lie in */
#define NOT_LIMITED UINT64_C(1000000000)

enum { GAP, MAX_SIZE, WASTE, DENSE, NPARAMS }; /* as in the plugin's table */

/* xorshift64*: the same cases on every machine. */
static uint64_t draw(uint64_t *seed, uint64_t below)
{
    *seed ^= *seed >> 12;
    *seed ^= *seed << 25;
    *seed ^= *seed >> 27;
    return ((*seed * UINT64_C(2685821657736338717)) >> 32) % below;
}

static void open_tiered(struct lio_coalescer *coalescer,
                        const union lio_value *params, uint64_t max_bytes,
                        uint32_t max_members)
{
    const struct lio_plugin *plugin = lio_plugin_entry();
    struct lio_loaded loaded = { .kind = LIO_KIND_COALESCE };

    memcpy(&loaded.ops.coalesce, plugin->ops, sizeof(loaded.ops.coalesce));
    assert_int_equal(lio_coalescer_open(coalescer, &loaded, params, max_bytes,
                                        max_members, NULL),
                     0);
}

static void set_presets(union lio_value *params)
{
    const struct lio_plugin *plugin = lio_plugin_entry();

    assert_int_equal(plugin->nparams, NPARAMS);
    for (uint32_t i = 0; i < NPARAMS; i++)
        params[i].u = plugin->params[i].preset;
}

/* -- against the map ----------------------------------------------------- */

struct trial {
    union lio_value params[NPARAMS];
    uint64_t max_bytes;
    uint32_t max_members;
    uint64_t unit; /* bytes */
    uint32_t n;
    struct lio_member asked[LIO_COALESCE_MAX];  /* as drawn */
    struct lio_member sorted[LIO_COALESCE_MAX]; /* as the core left them */
    struct lio_coalesce_plan plan;
};

/* Some trials are crowded and some are thin; lengths and places in whole units,
 * so that touching is not rare. */
static void draw_members(struct trial *t, uint64_t *seed)
{
    uint64_t space = 1 + draw(seed, SPACE / 2);
    uint64_t longest = 1 + draw(seed, draw(seed, 4) ? 16 : SPACE / 2);

    t->unit = draw(seed, 2) ? 1 + draw(seed, 4) : 1 + draw(seed, 20000);
    t->n = (uint32_t)draw(seed, LIO_COALESCE_MAX + 1);
    for (uint32_t i = 0; i < t->n; i++)
        t->asked[i] = (struct lio_member){
            .offset = draw(seed, space) * t->unit,
            .length = draw(seed, longest + 1) * t->unit,
            .index = i,
        };
    memcpy(t->sorted, t->asked, sizeof(t->asked));
}

static void draw_limits(struct trial *t, uint64_t *seed)
{
    set_presets(t->params);
    if (draw(seed, 2))
        t->params[GAP].u = draw(seed, 100) * t->unit;
    if (draw(seed, 2))
        t->params[MAX_SIZE].u = 1 + draw(seed, SPACE) * t->unit;
    if (draw(seed, 2))
        t->params[WASTE].u = draw(seed, 100);
    if (draw(seed, 2))
        t->params[DENSE].u = 1 + draw(seed, 100);
    t->max_bytes = draw(seed, 4) ? NOT_LIMITED : 1 + draw(seed, NOT_LIMITED);
    t->max_members = draw(seed, 4) ? LIO_COALESCE_MAX
                                   : 1 + (uint32_t)draw(seed, LIO_COALESCE_MAX);
}

static void teach(struct lio_device *device, uint64_t *seed)
{
    lio_device_init(device);
    for (int i = 0; i < 4; i++)
        lio_device_sample(device, draw(seed, 2) ? 4096 : 1 << 20,
                          draw(seed, 1u << (10 + draw(seed, 20))),
                          1 + (uint32_t)draw(seed, 64), draw(seed, 1 << 22));
}

static void run(struct trial *t, uint64_t *seed)
{
    struct lio_device device;
    struct lio_coalesce_load load = { .device = &device };
    struct lio_coalescer coalescer;

    teach(&device, seed);
    load.depth = 1 + (uint32_t)draw(seed, 128);
    load.in_flight = (uint32_t)draw(seed, load.depth + 1);
    load.queued = (uint32_t)draw(seed, 2);
    open_tiered(&coalescer, t->params, t->max_bytes, t->max_members);
    lio_coalesce(&coalescer, t->sorted, t->n, &load, &t->plan);
    assert_int_equal(atomic_load(&coalescer.refused), 0);
    lio_coalescer_close(&coalescer);
}

/* What came out is what went in, empty ones last. */
static void check_members(const struct trial *t)
{
    bool seen[LIO_COALESCE_MAX] = { false };

    for (uint32_t i = 0; i < t->n; i++) {
        const struct lio_member *member = &t->sorted[i];
        const struct lio_member *asked;

        assert_true(member->index < t->n && !seen[member->index]);
        seen[member->index] = true;
        asked = &t->asked[member->index];
        assert_int_equal(member->offset, asked->offset);
        assert_int_equal(member->length, asked->length);
        assert_true((member->length > 0) == (i < t->plan.nmembers));
    }
}

static void mark(bool *map, const struct trial *t, uint64_t offset,
                 uint64_t length)
{
    memset(map + offset / t->unit, true, length / t->unit);
}

static uint64_t count(const bool *map)
{
    uint64_t units = 0;

    for (uint32_t i = 0; i < SPACE; i++)
        units += map[i];
    return units;
}

static void check_group(const struct trial *t, const struct lio_merged *group)
{
    uint64_t most = t->params[MAX_SIZE].u < t->max_bytes ? t->params[MAX_SIZE].u
                                                         : t->max_bytes;
    uint64_t waste = group->range.length - group->asked;
    bool wanted[SPACE] = { false };

    assert_in_range(group->count, 1, t->max_members);
    for (uint32_t i = group->first; i < group->first + group->count; i++) {
        const struct lio_member *member = &t->sorted[i];

        assert_true(member->offset >= group->range.offset &&
                    member->offset + member->length <=
                        group->range.offset + group->range.length);
        mark(wanted, t, member->offset, member->length);
        if (member->length > most)
            most = member->length;
    }
    assert_true(group->range.length <= most);
    assert_int_equal(group->asked, count(wanted) * t->unit);
    assert_true(waste * 100 <= group->range.length * t->params[WASTE].u);
    assert_true(group->tier != LIO_TIER_TOUCHING || waste == 0);
}

static void check_plan(const struct trial *t)
{
    bool wanted[SPACE] = { false }, got[SPACE] = { false };
    uint32_t next = 0;

    assert_true(t->plan.ngroups <= t->plan.nmembers);
    for (uint32_t i = 0; i < t->n; i++)
        mark(wanted, t, t->asked[i].offset, t->asked[i].length);
    for (uint32_t i = 0; i < t->plan.ngroups; i++) {
        const struct lio_merged *group = &t->plan.groups[i];

        assert_int_equal(group->first, next);
        next += group->count;
        check_group(t, group);
        mark(got, t, group->range.offset, group->range.length);
    }
    assert_int_equal(next, t->plan.nmembers);
    for (uint32_t i = 0; i < SPACE; i++)
        assert_true(!wanted[i] || got[i]);
}

static void any_case_is_covered_within_the_limits(void **state LIO_UNUSED)
{
    static struct trial t;
    uint64_t seed = 1;

    for (uint32_t i = 0; i < NCASES; i++) {
        draw_members(&t, &seed);
        draw_limits(&t, &seed);
        run(&t, &seed);
        check_members(&t);
        check_plan(&t);
    }
}

/* Stretches of wanted bytes: the fewest reads without waste. */
static uint32_t count_stretches(const struct trial *t)
{
    bool wanted[SPACE + 1] = { false };
    uint32_t stretches = 0;

    for (uint32_t i = 0; i < t->n; i++)
        mark(wanted, t, t->asked[i].offset, t->asked[i].length);
    for (uint32_t i = 0; i < SPACE; i++)
        stretches += wanted[i] && !wanted[i + 1];
    return stretches;
}

static void
without_waste_there_is_a_read_for_each_stretch(void **state LIO_UNUSED)
{
    static struct trial t;
    uint64_t seed = 2;

    for (uint32_t i = 0; i < NCASES / 4; i++) {
        draw_members(&t, &seed);
        set_presets(t.params);
        t.params[WASTE].u = 0;
        t.params[MAX_SIZE].u = NOT_LIMITED;
        t.max_bytes = NOT_LIMITED;
        t.max_members = LIO_COALESCE_MAX;
        run(&t, &seed);
        assert_int_equal(t.plan.ngroups, count_stretches(&t));
    }
}

/* -- against a disk ------------------------------------------------------ */

/*
 * Each operation spends `latency_ns` at one of `parallel` places, then moves
 * its bytes over the one way out, at `bandwidth`.  Up to `depth` are under way.
 */
struct disk {
    uint64_t latency_ns, bandwidth;
    uint32_t parallel;
};

#define MAX_DEPTH 64u

static uint32_t soonest(const uint64_t *times, uint32_t n)
{
    uint32_t best = 0;

    for (uint32_t i = 1; i < n; i++)
        if (times[i] < times[best])
            best = i;
    return best;
}

/* When the last of them has been read. */
static uint64_t finish(const struct disk *disk, const uint64_t *bytes,
                       uint32_t n, uint32_t depth)
{
    uint64_t places[MAX_DEPTH] = { 0 }, slots[MAX_DEPTH] = { 0 }, way = 0;

    for (uint32_t i = 0; i < n; i++) {
        uint32_t place = soonest(places, disk->parallel);
        uint32_t slot = soonest(slots, depth);
        uint64_t begin =
            places[place] > slots[slot] ? places[place] : slots[slot];
        uint64_t ready = begin + disk->latency_ns;

        places[place] = ready;
        way = (way > ready ? way : ready) +
              bytes[i] * 1000 / (disk->bandwidth / 1000000);
        slots[slot] = way;
    }
    return way;
}

static void measure(struct lio_device *device, const struct disk *disk)
{
    lio_device_init(device);
    for (uint32_t depth = 1; depth <= MAX_DEPTH; depth *= 2) {
        uint64_t rounds = depth > disk->parallel ? depth : disk->parallel;
        uint64_t turn = disk->latency_ns * rounds / disk->parallel;
        uint64_t ns_per_mb = 1000000000000000u / disk->bandwidth;

        for (uint32_t i = 0; i < 100; i++) {
            lio_device_sample(device, 1000000, turn + depth * ns_per_mb, depth,
                              depth * UINT64_C(1000000));
            lio_device_sample(device, 4000, turn + depth * ns_per_mb / 250,
                              depth, depth * UINT64_C(4000));
        }
    }
}

struct race {
    uint64_t apart_ns, merged_ns;
};

/* A batch of `n` reads, at random distances of `gap` on average. */
static struct race compare(const struct disk *disk, uint32_t depth, uint32_t n,
                           uint64_t length, uint64_t gap, uint64_t *seed)
{
    struct lio_member members[LIO_COALESCE_MAX];
    uint64_t bytes[LIO_COALESCE_MAX], at = 0;
    union lio_value params[NPARAMS];
    struct lio_coalescer coalescer;
    struct lio_coalesce_plan plan;
    struct lio_device device;
    struct lio_coalesce_load load = { .device = &device, .depth = depth };
    struct race race;

    for (uint32_t i = 0; i < n; i++) {
        members[i] = (struct lio_member){ at, length, i };
        at += length + draw(seed, 2 * gap + 1);
        bytes[i] = length;
    }
    race.apart_ns = finish(disk, bytes, n, depth);
    measure(&device, disk);
    set_presets(params);
    open_tiered(&coalescer, params, NOT_LIMITED, LIO_COALESCE_MAX);
    lio_coalesce(&coalescer, members, n, &load, &plan);
    lio_coalescer_close(&coalescer);
    for (uint32_t i = 0; i < plan.ngroups; i++)
        bytes[i] = plan.groups[i].range.length;
    race.merged_ns = finish(disk, bytes, plan.ngroups, depth);
    return race;
}

static const struct disk network = { 5000000, 100000000, 64 };
static const struct disk nvme = { 80000, 2500000000, 8 };
static const struct disk spinning = { 8000000, 150000000, 1 };

/* Random batches: none is read more than a twentieth later for being merged,
 * and a little for the rounding of whole reads; on average they gain much. */
static void on_no_disk_is_merging_slower(void **state LIO_UNUSED)
{
    static const struct disk *const disks[] = { &network, &nvme, &spinning };
    uint64_t seed = 3;

    for (uint32_t disk = 0; disk < LIO_COUNT(disks); disk++) {
        double ratios = 0;

        for (uint32_t i = 0; i < NRACES; i++) {
            struct race race =
                compare(disks[disk], 1u << draw(&seed, 7),
                        2 + (uint32_t)draw(&seed, LIO_COALESCE_MAX - 1),
                        512 + draw(&seed, 1u << draw(&seed, 18)),
                        draw(&seed, 1u << draw(&seed, 20)), &seed);

            assert_true(race.merged_ns * 100 <= race.apart_ns * 106);
            ratios += (double)race.merged_ns / (double)race.apart_ns;
        }
        assert_true(ratios < 0.75 * NRACES);
    }
}

static void where_operations_are_dear_merging_pays(void **state LIO_UNUSED)
{
    uint64_t seed = 4;
    struct race race = compare(&spinning, 32, 64, 4096, 8000, &seed);

    assert_true(race.merged_ns * 8 < race.apart_ns);
    race = compare(&network, 1, 64, 4096, 8000, &seed);
    assert_true(race.merged_ns * 8 < race.apart_ns);
    race = compare(&nvme, 1, 64, 4096, 8000, &seed);
    assert_true(race.merged_ns * 3 < race.apart_ns);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_case_is_covered_within_the_limits),
        cmocka_unit_test(without_waste_there_is_a_read_for_each_stretch),
        cmocka_unit_test(on_no_disk_is_merging_slower),
        cmocka_unit_test(where_operations_are_dear_merging_pays),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
