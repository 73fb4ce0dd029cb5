/*
 * Who goes first on a slow device that takes one operation at a time
 * (filter-throttle): the order of completion shows it, and no clock.
 *
 *     submitted   s0 s1 s2 ... s199 m        a flood of reads, then one
 *     delivered   s0 m s1 ...                which overtakes
 */
#include "fixture.h"

#define N 200u /* the flood */

struct rig {
    struct fixture *f;
    struct lio_file *file;
    struct lio_cq *queue;
    struct lio_request requests[N + 1];
    char bytes[N + 1];
};

static struct rig *rig_open(const char *depth, const char *cache)
{
    const char *const overrides[] = {
        "engine.lanes=1",
        depth,
        cache,
        "prefetch.plugin=none",
        "backend.filters=filter-throttle",
        "filter-throttle.latency=1ms",
        "filter-throttle.depth=1",
        NULL,
    };
    struct rig *rig = grab(sizeof(*rig));

    memset(rig, 0, sizeof(*rig));
    rig->f = fixture_open(overrides);
    fixture_make(rig->f, 1, 4 * MIB);
    rig->file = fixture_file(rig->f, 1, LIO_READ);
    assert_int_equal(lio_cq_open(rig->f->engine, &rig->queue, NULL), 0);
    return rig;
}

/* One operation at a time, and no cache. */
static struct rig *plain_rig(void)
{
    return rig_open("engine.queue_depth=1", "cache.plugin=none");
}

static void rig_close(struct rig *rig)
{
    lio_cq_close(rig->queue);
    lio_file_close(rig->file);
    fixture_release(rig->f);
    free(rig);
}

static void set(struct rig *rig, uint32_t i, uint32_t io_class, int priority)
{
    rig->requests[i] =
        read_request(rig->file, &rig->bytes[i], 1, (uint64_t)i * 8192);
    rig->requests[i].queue = rig->queue;
    rig->requests[i].io_class = io_class;
    rig->requests[i].priority = priority;
}

/* How many of those submitted are delivered before number `which` is. */
static uint32_t place_of(struct rig *rig, uint32_t which)
{
    uint32_t place = UINT32_MAX;
    struct lio_result result;

    for (uint32_t i = 0; i <= N; i++) {
        assert_int_equal(lio_cq_wait(rig->queue, &result, 1, 1, PATIENCE_NS),
                         1);
        assert_int_equal(result.code, 0);
        check_bytes(result.user, 1, 1, result.offset);
        if (result.user == &rig->bytes[which])
            place = i;
    }
    assert_in_range(place, 0, N);
    return place;
}

/* Submit all, in their order. */
static uint32_t delivered_before(struct rig *rig, uint32_t which)
{
    submit_all(rig->f, rig->requests, N + 1, NULL);
    return place_of(rig, which);
}

static void metadata_overtakes_a_flood_of_scan_reads(void **state)
{
    struct rig *rig = plain_rig();

    (void)state;
    for (uint32_t i = 0; i < N; i++)
        set(rig, i, LIO_CLASS_BACKGROUND, 0);
    set(rig, N, LIO_CLASS_METADATA, 0);
    /* One was on its way already; the first pick is the newcomer. */
    assert_in_range(delivered_before(rig, N), 1, 2);
    rig_close(rig);
}

static void a_higher_level_overtakes_inside_a_class(void **state)
{
    struct rig *rig = plain_rig();

    (void)state;
    for (uint32_t i = 0; i < N; i++)
        set(rig, i, LIO_CLASS_DEMAND, 3);
    set(rig, N, LIO_CLASS_DEMAND, -4);
    assert_in_range(delivered_before(rig, N), 1, 2);
    rig_close(rig);
}

/* Inside a class no level but the first would ever be served; the tenth pick
 * is the oldest's. */
static void the_lowest_level_is_served_within_the_bound(void **state)
{
    struct rig *rig = plain_rig();

    (void)state;
    set(rig, 0, LIO_CLASS_DEMAND, -4);
    set(rig, 1, LIO_CLASS_DEMAND, 3);
    for (uint32_t i = 2; i <= N; i++)
        set(rig, i, LIO_CLASS_DEMAND, -4);
    /* Nobody waits before it: ten picks at most, after the one on its way. */
    assert_in_range(delivered_before(rig, 1), 2, 11);
    rig_close(rig);
}

static void background_is_served_within_the_bound(void **state)
{
    struct rig *rig = plain_rig();

    (void)state;
    for (uint32_t i = 0; i <= N; i++)
        set(rig, i, LIO_CLASS_METADATA, 0);
    set(rig, 4, LIO_CLASS_BACKGROUND, 0);
    /* Three wait before it: 10 * (3 + 1) picks. */
    assert_in_range(delivered_before(rig, 4), 1, 41);
    rig_close(rig);
}

/* The last of the flood loads a sector that somebody else comes to want. */
static void a_read_raises_the_one_it_joins(void **state)
{
    struct rig *rig = rig_open("engine.queue_depth=1",
                               fixture_cached() ? "cache.plugin=cache-lru"
                                                : "cache.plugin=none");

    (void)state;
    for (uint32_t i = 0; i < N; i++)
        set(rig, i, LIO_CLASS_BACKGROUND, 0);
    set(rig, N, LIO_CLASS_DEMAND, 0);
    rig->requests[N].offset = rig->requests[N - 1].offset;
    assert_in_range(delivered_before(rig, N), 1, 3);
    if (fixture_cached())
        assert_int_equal(fixture_stats(rig->f).cache_joins, 1);
    rig_close(rig);
}

/* Four reads ahead wait among a flood of metadata; each would get a thirtieth
 * of the device. */
static void a_read_raises_the_prefetch_it_joins(void **state)
{
    struct rig *rig = rig_open("engine.queue_depth=8",
                               fixture_cached() ? "cache.plugin=cache-lru"
                                                : "cache.plugin=none");
    struct lio_plan_range plan[4];

    (void)state;
    for (uint32_t i = 0; i < N; i++) {
        set(rig, i, LIO_CLASS_METADATA, 0);
        rig->requests[i].flags = LIO_NOCACHE;
    }
    for (uint32_t i = 0; i < 4; i++)
        plan[i] = (struct lio_plan_range){ 2 * MIB + i * 128 * KIB, 64 * KIB };
    set(rig, N, LIO_CLASS_DEMAND, 0);
    rig->requests[N].offset = plan[3].offset + 5000;
    submit_all(rig->f, rig->requests, N, NULL);
    assert_int_equal(lio_file_plan(rig->file, plan, 4, NULL), 0);
    submit_all(rig->f, &rig->requests[N], 1, NULL);
    /* Behind eight that are on their way, what is handed down in their place
     * until it is submitted, and the one that is next; not behind a hundred. */
    assert_in_range(place_of(rig, N), 1, 24);
    if (fixture_cached())
        assert_int_equal(fixture_stats(rig->f).prefetch_late_bytes, 4096);
    rig_close(rig);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(metadata_overtakes_a_flood_of_scan_reads),
        cmocka_unit_test(a_higher_level_overtakes_inside_a_class),
        cmocka_unit_test(the_lowest_level_is_served_within_the_bound),
        cmocka_unit_test(background_is_served_within_the_bound),
        cmocka_unit_test(a_read_raises_the_one_it_joins),
        cmocka_unit_test(a_read_raises_the_prefetch_it_joins),
    };
    int rc = fixture_arguments(argc, argv);

    return rc ? rc : cmocka_run_group_tests(tests, NULL, NULL);
}
