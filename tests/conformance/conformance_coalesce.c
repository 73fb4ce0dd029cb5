/*
 * conformance_coalesce PLUGIN: what every coalescer must keep to, whatever it
 * finds worth merging.  The core would drop an answer that breaks one of the
 * rules, so a plugin that fails here merges less than it thinks.
 */
#include <lanceio/plugin.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <dlfcn.h>
#include <pthread.h>

#define NQUESTIONS 4000u
#define NTHREADS   4u
#define NPARAMS    32u
#define PATTERN    0xa5a5a5a5a5a5a5a5u

static const struct lio_plugin *plugin;

static const struct lio_coalesce_ops *ops(void)
{
    return plugin->ops;
}

/* -- questions and answers ----------------------------------------------- */

/* Limits as the core sets them, and the plugin's parameters. */
struct setting {
    union lio_value params[NPARAMS];
    uint64_t max_bytes;
    uint32_t max_members;
};

struct question {
    struct lio_range ranges[LIO_COALESCE_MAX];
    uint32_t n;
    struct lio_device_model device;
};

struct answer {
    struct lio_group groups[LIO_COALESCE_MAX + 1];
    uint32_t n;
};

static uint64_t draw(uint64_t *seed, uint64_t below)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return (*seed >> 31) % below;
}

/* 1 to 2^bits, of any magnitude. */
static uint64_t draw_figure(uint64_t *seed, uint32_t bits)
{
    return 1 + draw(seed, UINT64_C(1) << draw(seed, bits));
}

/* Its preset, one of its ends, or between them; where there are none, its
 * preset. */
static uint64_t draw_number(const struct lio_param *param, uint64_t *seed)
{
    bool numeric = param->type == LIO_PARAM_UINT ||
                   param->type == LIO_PARAM_SIZE ||
                   param->type == LIO_PARAM_TIME;
    uint64_t values[] = { param->preset, param->min, param->max, 0 };

    if (!numeric || param->max <= param->min)
        return param->preset;
    values[3] = param->min + draw(seed, param->max - param->min);
    return values[draw(seed, 4)];
}

static void draw_setting(struct setting *setting, bool preset, uint64_t *seed)
{
    assert_true(plugin->nparams <= NPARAMS);
    for (uint32_t i = 0; i < plugin->nparams; i++) {
        const struct lio_param *param = &plugin->params[i];

        if (param->type == LIO_PARAM_STRING)
            setting->params[i].s = param->preset_text;
        else if (preset)
            setting->params[i].u = param->preset;
        else
            setting->params[i].u = draw_number(param, seed);
    }
    setting->max_bytes = preset ? 1u << 20 : 4096 * draw_figure(seed, 16);
    setting->max_members =
        preset ? LIO_COALESCE_MAX : 1 + (uint32_t)draw(seed, LIO_COALESCE_MAX);
}

static void *open_instance(const struct setting *setting)
{
    struct lio_coalesce_setup setup = {
        .params = setting->params,
        .max_bytes = setting->max_bytes,
        .max_members = setting->max_members,
    };
    void *instance = NULL;

    assert_int_equal(ops()->open(&setup, &instance, NULL), 0);
    return instance;
}

/* As the core sorts: by offset, the longer first. */
static int compare(const void *a, const void *b)
{
    const struct lio_range *x = a, *y = b;

    if (x->offset != y->offset)
        return x->offset < y->offset ? -1 : 1;
    if (x->length != y->length)
        return x->length > y->length ? -1 : 1;
    return 0;
}

/* Crowded and thin ones, that touch, overlap, repeat, and end where files
 * can end at most. */
static void draw_question(struct question *q, uint64_t *seed)
{
    uint64_t unit = draw(seed, 2) ? 4096 : 1;
    uint64_t space = draw_figure(seed, 12), longest = draw_figure(seed, 8);
    uint64_t shift = draw(seed, 8) ? draw(seed, UINT64_C(1) << 40)
                                   : INT64_MAX - (space + longest) * unit;

    q->n = 1 + (uint32_t)draw(seed, LIO_COALESCE_MAX);
    for (uint32_t i = 0; i < q->n; i++)
        q->ranges[i] = (struct lio_range){
            shift + draw(seed, space) * unit,
            (1 + draw(seed, longest)) * unit,
        };
    qsort(q->ranges, q->n, sizeof(q->ranges[0]), compare);
    q->device = (struct lio_device_model){
        .latency_alone_ns = draw_figure(seed, 34),
        .bandwidth_bytes_sec = draw_figure(seed, 41),
        .in_flight = 1 + (uint32_t)draw(seed, 4096),
        .waiting = (uint32_t)draw(seed, 100000),
    };
    q->device.latency_ns =
        q->device.latency_alone_ns + draw_figure(seed, 34) - 1;
}

static void ask(void *instance, const struct question *q, struct answer *ret)
{
    memset(ret, 0xa5, sizeof(*ret));
    ret->n = ops()->plan(instance, q->ranges, q->n, &q->device, ret->groups);
}

/* -- what holds of each answer ------------------------------------------- */

static uint64_t end_of(const struct lio_range *range)
{
    return range->offset + range->length;
}

/* From the first byte of a member to the last of one, and its longest. */
static uint64_t span(const struct question *q, const struct lio_group *group,
                     uint64_t *ret_longest, bool *ret_gaps)
{
    uint64_t end = q->ranges[group->first].offset;

    *ret_longest = 0;
    *ret_gaps = false;
    for (uint32_t i = 0; i < group->count; i++) {
        const struct lio_range *range = &q->ranges[group->first + i];

        *ret_gaps |= range->offset > end;
        if (end_of(range) > end)
            end = end_of(range);
        if (range->length > *ret_longest)
            *ret_longest = range->length;
    }
    return end;
}

static void check_group(const struct setting *setting, const struct question *q,
                        const struct lio_group *group, uint32_t first)
{
    uint64_t end, longest;
    bool gaps;

    assert_int_equal(group->first, first);
    assert_in_range(group->count, 1, setting->max_members);
    assert_in_range(group->count, 1, q->n - first);
    assert_in_range(group->tier, 0, LIO_COALESCE_TIERS - 1);
    end = span(q, group, &longest, &gaps);
    assert_int_equal(group->range.offset, q->ranges[first].offset);
    assert_int_equal(end_of(&group->range), end);
    assert_true(group->range.length <= setting->max_bytes ||
                group->range.length <= longest);
    /* The weakest reason counts: with a gap it is not that they touch. */
    assert_int_equal(gaps, group->tier != LIO_TIER_TOUCHING);
}

static void check(const struct setting *setting, const struct question *q,
                  const struct answer *a)
{
    uint32_t next = 0;

    assert_in_range(a->n, 1, q->n);
    for (uint32_t i = 0; i < a->n; i++) {
        check_group(setting, q, &a->groups[i], next);
        next += a->groups[i].count;
    }
    assert_int_equal(next, q->n);
    /* Room for n groups is given, and a group more would be somebody else's. */
    for (uint32_t i = q->n; i <= LIO_COALESCE_MAX; i++)
        assert_int_equal(a->groups[i].range.offset, PATTERN);
}

/* Field by field: what lies between fields is nobody's. */
static bool same(const struct answer *a, const struct answer *b)
{
    bool equal = a->n == b->n;

    for (uint32_t i = 0; equal && i < a->n; i++)
        equal = a->groups[i].range.offset == b->groups[i].range.offset &&
                a->groups[i].range.length == b->groups[i].range.length &&
                a->groups[i].first == b->groups[i].first &&
                a->groups[i].count == b->groups[i].count &&
                a->groups[i].tier == b->groups[i].tier;
    return equal;
}

/* -- tests --------------------------------------------------------------- */

static void every_answer_keeps_the_rules(void **state)
{
    struct setting setting;
    struct question q;
    struct answer a;
    uint64_t seed = 1;
    void *instance;

    (void)state;
    for (uint32_t i = 0; i < NQUESTIONS; i++) {
        draw_setting(&setting, i % 2, &seed);
        instance = open_instance(&setting);
        draw_question(&q, &seed);
        ask(instance, &q, &a);
        check(&setting, &q, &a);
        ops()->close(instance);
    }
}

static void a_range_that_is_alone_stays_as_it_is(void **state)
{
    struct setting setting;
    struct question q;
    struct answer a;
    uint64_t seed = 2;
    void *instance;

    (void)state;
    draw_setting(&setting, true, &seed);
    instance = open_instance(&setting);
    for (uint32_t i = 0; i < NQUESTIONS; i++) {
        draw_question(&q, &seed);
        q.n = 1;
        ask(instance, &q, &a);
        check(&setting, &q, &a);
        assert_int_equal(a.groups[0].tier, LIO_TIER_TOUCHING);
    }
    ops()->close(instance);
}

/* No instance learns: what was asked before, of it or of another, changes no
 * answer. */
static void the_same_question_has_the_same_answer(void **state)
{
    struct setting setting;
    struct question q, other;
    struct answer a, b;
    uint64_t seed = 3;
    void *one, *two;

    (void)state;
    draw_setting(&setting, true, &seed);
    one = open_instance(&setting);
    two = open_instance(&setting);
    for (uint32_t i = 0; i < NQUESTIONS; i++) {
        draw_question(&q, &seed);
        draw_question(&other, &seed);
        ask(one, &q, &a);
        ask(one, &other, &b);
        ask(two, &q, &b);
        assert_true(same(&a, &b));
        ask(one, &q, &b);
        assert_true(same(&a, &b));
    }
    ops()->close(one);
    ops()->close(two);
}

struct asker {
    pthread_t thread;
    void *instance;
    uint64_t seed;
    uint32_t ndifferent; /* from what the first round answered */
};

static void *run_asker(void *arg)
{
    struct asker *asker = arg;

    for (uint32_t i = 0; i < NQUESTIONS / 4; i++) {
        struct question q;
        struct answer a, b;

        draw_question(&q, &asker->seed);
        ask(asker->instance, &q, &a);
        ask(asker->instance, &q, &b);
        asker->ndifferent += !same(&a, &b);
    }
    return NULL;
}

static void threads_may_ask_one_instance_at_once(void **state)
{
    struct asker askers[NTHREADS] = { 0 };
    struct setting setting;
    uint64_t seed = 4;
    void *instance;

    (void)state;
    draw_setting(&setting, true, &seed);
    instance = open_instance(&setting);
    for (uint32_t i = 0; i < NTHREADS; i++) {
        askers[i].instance = instance;
        askers[i].seed = 100 + i;
        assert_int_equal(
            pthread_create(&askers[i].thread, NULL, run_asker, &askers[i]), 0);
    }
    for (uint32_t i = 0; i < NTHREADS; i++) {
        assert_int_equal(pthread_join(askers[i].thread, NULL), 0);
        assert_int_equal(askers[i].ndifferent, 0);
    }
    ops()->close(instance);
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
    return plugin && plugin->kind == LIO_KIND_COALESCE;
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_answer_keeps_the_rules),
        cmocka_unit_test(a_range_that_is_alone_stays_as_it_is),
        cmocka_unit_test(the_same_question_has_the_same_answer),
        cmocka_unit_test(threads_may_ask_one_instance_at_once),
    };

    if (argc != 2 || !load(argv[1])) {
        fprintf(stderr, "usage: conformance_coalesce PLUGIN\n");
        return 2;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
