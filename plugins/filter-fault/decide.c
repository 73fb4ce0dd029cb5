/*
 * Whether an operation goes wrong.
 *
 * A rate is not a dice that threads throw in turn, or a run with two threads
 * would never come again.  It is a number computed from
 *
 *     seed, rule, file name, kind, offset, how many such there were before
 *
 * so the third read at offset 4096 of one file fails, or does not, whatever
 * happens beside it.
 */
#include "fault.h"

#include <fnmatch.h>

static const char *last_part(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

void lio_fault_file_init(struct lio_path *entry, void *arg)
{
    struct fault_file *file = (struct fault_file *)entry;
    const struct fault *fault = arg;
    const char *name = last_part(entry->path);

    file->name_hash = lio_path_hash(name);
    for (uint32_t i = 0; i < fault->rules.n; i++) {
        const char *pattern = fault->rules.rules[i].file;

        if (!pattern || fnmatch(pattern, name, 0) == 0)
            file->rules |= UINT64_C(1) << i;
    }
    pthread_mutex_init(&file->lock, NULL);
}

void lio_fault_file_release(struct lio_path *entry)
{
    struct fault_file *file = (struct fault_file *)entry;

    pthread_mutex_destroy(&file->lock);
    lio_places_release(&file->places);
}

static uint64_t count_place(struct fault_file *file, uint64_t key)
{
    uint64_t before;

    pthread_mutex_lock(&file->lock);
    before = lio_places_count(&file->places, key);
    pthread_mutex_unlock(&file->lock);
    return before;
}

/* splitmix64's finish: every bit of x in every bit of the result. */
static uint64_t mix(uint64_t x)
{
    x += UINT64_C(0x9e3779b97f4a7c15);
    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return x ^ x >> 31;
}

/* Does this operation fall under the rule's rate? */
static bool chosen(const struct lio_rule *rule, uint64_t draw)
{
    return rule->rate == LIO_RATE_ONE || draw % LIO_RATE_ONE < rule->rate;
}

static bool overlaps(const struct lio_rule *rule, uint64_t offset,
                     uint64_t length)
{
    if (rule->from_at == 0 && rule->to_at == UINT64_MAX)
        return true;
    return length > 0 && offset <= rule->to_at &&
           (offset >= rule->from_at || rule->from_at - offset < length);
}

/* An effect that would change nothing is none. */
static bool applies(const struct lio_rule *rule, uint32_t op, uint64_t length)
{
    return rule->effect != LIO_EFFECT_SHORT ||
           (op != LIO_RULE_SYNC && length > rule->amount);
}

/* Once more, unless it was enough. */
static bool may_fire(struct lio_rule *rule)
{
    uint64_t fired = atomic_fetch_add(&rule->fired, 1);

    return rule->max == 0 || fired < rule->max;
}

const struct lio_rule *lio_fault_decide(struct fault *fault,
                                        struct fault_file *file, uint32_t op,
                                        uint64_t offset, uint64_t length)
{
    uint64_t what, before;

    if (file->rules == 0)
        return NULL;
    what = mix(mix(mix(fault->seed ^ file->name_hash) + op) ^ offset);
    before = count_place(file, what);

    for (uint32_t i = 0; i < fault->rules.n; i++) {
        struct lio_rule *rule = &fault->rules.rules[i];

        if (!(file->rules >> i & 1) || !(rule->ops & op) ||
            !overlaps(rule, offset, length) || !applies(rule, op, length))
            continue;
        if (rule->nth && atomic_fetch_add(&rule->matched, 1) + 1 != rule->nth)
            continue;
        if (chosen(rule, mix(what + mix(((uint64_t)i << 32) + before))) &&
            may_fire(rule))
            return rule;
    }
    return NULL;
}
