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

static struct rig *rig_open(void)
{
    static const char *const overrides[] = {
        "engine.lanes=1",
        "engine.queue_depth=1",
        "cache.plugin=none",
        "backend.filters=filter-throttle",
        "filter-throttle.latency=1ms",
        "filter-throttle.depth=1",
        NULL,
    };
    struct rig *rig = grab(sizeof(*rig));

    memset(rig, 0, sizeof(*rig));
    rig->f = fixture_open(overrides);
    fixture_make(rig->f, 1, 2 * MIB);
    rig->file = fixture_file(rig->f, 1, LIO_READ);
    assert_int_equal(lio_cq_open(rig->f->engine, &rig->queue, NULL), 0);
    return rig;
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

/* Submit all, in their order; returns how many are delivered before number
 * `which` is. */
static uint32_t delivered_before(struct rig *rig, uint32_t which)
{
    uint32_t place = UINT32_MAX;
    struct lio_result result;

    submit_all(rig->f, rig->requests, N + 1, NULL);
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

static void metadata_overtakes_a_flood_of_scan_reads(void **state)
{
    struct rig *rig = rig_open();

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
    struct rig *rig = rig_open();

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
    struct rig *rig = rig_open();

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
    struct rig *rig = rig_open();

    (void)state;
    for (uint32_t i = 0; i <= N; i++)
        set(rig, i, LIO_CLASS_METADATA, 0);
    set(rig, 4, LIO_CLASS_BACKGROUND, 0);
    /* Three wait before it: 10 * (3 + 1) picks. */
    assert_in_range(delivered_before(rig, 4), 1, 41);
    rig_close(rig);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(metadata_overtakes_a_flood_of_scan_reads),
        cmocka_unit_test(a_higher_level_overtakes_inside_a_class),
        cmocka_unit_test(the_lowest_level_is_served_within_the_bound),
        cmocka_unit_test(background_is_served_within_the_bound),
    };
    int rc = fixture_arguments(argc, argv);

    return rc ? rc : cmocka_run_group_tests(tests, NULL, NULL);
}
