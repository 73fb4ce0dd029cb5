/*
 * Sorting members, asking a plugin, checking its answer.
 *
 * The sort is by insertion: members mostly come in order already, which costs
 * one comparison each then, and there are never more than 64.
 */
#include "core/coalesce.h"

#include "core/loader.h"

#include <assert.h>

int lio_coalescer_open(struct lio_coalescer *coalescer,
                       const struct lio_loaded *plugin,
                       const union lio_value *values, uint64_t max_bytes,
                       uint32_t max_members, struct lio_error *err)
{
    struct lio_coalesce_setup setup = {
        .params = values,
        .max_bytes = max_bytes,
        .max_members = max_members,
    };
    int rc;

    *coalescer = (struct lio_coalescer){ .max_bytes = max_bytes,
                                         .max_members = max_members };
    if (!plugin)
        return 0;
    assert(plugin->kind == LIO_KIND_COALESCE);
    assert(max_members > 0 && max_members <= LIO_COALESCE_MAX);
    rc = plugin->ops.coalesce.open(&setup, &coalescer->instance, err);
    if (rc == 0)
        coalescer->ops = plugin->ops.coalesce;
    return rc;
}

void lio_coalescer_close(struct lio_coalescer *coalescer)
{
    if (coalescer->ops.plan)
        coalescer->ops.close(coalescer->instance);
    coalescer->ops = (struct lio_coalesce_ops){ 0 };
}

/* -- members ------------------------------------------------------------- */

static uint64_t end_of(const struct lio_member *member)
{
    return member->offset + member->length;
}

/* By offset, the longer first; empty ones behind all others. */
static bool comes_before(const struct lio_member *a, const struct lio_member *b)
{
    if (a->length == 0 || b->length == 0)
        return a->length > b->length;
    if (a->offset != b->offset)
        return a->offset < b->offset;
    return a->length > b->length;
}

static void sort(struct lio_member *members, uint32_t n)
{
    for (uint32_t i = 1; i < n; i++) {
        struct lio_member member = members[i];
        uint32_t at = i;

        for (; at > 0 && comes_before(&member, &members[at - 1]); at--)
            members[at] = members[at - 1];
        members[at] = member;
    }
}

static uint32_t count_full(const struct lio_member *members, uint32_t n)
{
    while (n > 0 && members[n - 1].length == 0)
        n--;
    return n;
}

/* How many reads there are if only what touches is merged. */
static uint32_t count_apart(const struct lio_member *members, uint32_t n)
{
    uint64_t end = end_of(&members[0]);
    uint32_t apart = 1;

    for (uint32_t i = 1; i < n; i++) {
        if (members[i].offset > end)
            apart++;
        if (end_of(&members[i]) > end)
            end = end_of(&members[i]);
    }
    return apart;
}

/* -- the answer ---------------------------------------------------------- */

/* From the first byte of a member to the last of one, and what it is made of.
 */
static struct lio_merged span(const struct lio_member *members, uint32_t first,
                              uint32_t count, uint64_t *ret_longest)
{
    struct lio_merged merged = { .first = first, .count = count };
    uint64_t begin = members[first].offset, end = begin;

    *ret_longest = 0;
    for (uint32_t i = first; i < first + count; i++) {
        uint64_t from = members[i].offset > end ? members[i].offset : end;

        if (end_of(&members[i]) > from) {
            merged.asked += end_of(&members[i]) - from;
            end = end_of(&members[i]);
        }
        if (members[i].length > *ret_longest)
            *ret_longest = members[i].length;
    }
    merged.range = (struct lio_range){ begin, end - begin };
    return merged;
}

/* A group whose first member is right: are its others, and all the rest? */
static bool take_group(const struct lio_coalescer *coalescer,
                       const struct lio_member *members, uint32_t nleft,
                       const struct lio_group *group, struct lio_merged *ret)
{
    struct lio_merged merged;
    uint64_t longest;

    if (group->count == 0 || group->count > nleft ||
        group->count > coalescer->max_members ||
        group->tier >= LIO_COALESCE_TIERS)
        return false;
    merged = span(members, group->first, group->count, &longest);
    if (group->range.offset != merged.range.offset ||
        group->range.length != merged.range.length ||
        (merged.range.length > coalescer->max_bytes &&
         merged.range.length > longest))
        return false;
    merged.tier = group->tier;
    *ret = merged;
    return true;
}

static bool take_answer(const struct lio_coalescer *coalescer,
                        const struct lio_member *members,
                        const struct lio_group *groups, uint32_t ngroups,
                        struct lio_coalesce_plan *plan)
{
    uint32_t next = 0;

    if (ngroups > plan->nmembers)
        return false;
    for (uint32_t i = 0; i < ngroups; i++) {
        if (groups[i].first != next ||
            !take_group(coalescer, members, plan->nmembers - next, &groups[i],
                        &plan->groups[i]))
            return false;
        next += groups[i].count;
    }
    plan->ngroups = ngroups;
    return next == plan->nmembers;
}

/* -- plans --------------------------------------------------------------- */

static void read_one_by_one(const struct lio_member *members,
                            struct lio_coalesce_plan *plan)
{
    plan->ngroups = plan->nmembers;
    for (uint32_t i = 0; i < plan->nmembers; i++)
        plan->groups[i] = (struct lio_merged){
            .range = { members[i].offset, members[i].length },
            .first = i,
            .count = 1,
            .tier = LIO_TIER_TOUCHING,
            .asked = members[i].length,
        };
}

/* The device as it will be with all of them on it, as far as there is room. */
static struct lio_device_model forecast(const struct lio_member *members,
                                        uint32_t n,
                                        const struct lio_coalesce_load *load)
{
    uint32_t room =
        load->depth > load->in_flight ? load->depth - load->in_flight : 0;
    uint64_t wanted = (uint64_t)count_apart(members, n) + load->queued;
    uint32_t issued = wanted < room ? (uint32_t)wanted : room;
    struct lio_device_model model;

    lio_device_model(load->device, load->in_flight + issued, &model);
    wanted -= issued;
    model.waiting = wanted < UINT32_MAX ? (uint32_t)wanted : UINT32_MAX;
    return model;
}

static bool ask(const struct lio_coalescer *coalescer,
                const struct lio_member *members,
                const struct lio_coalesce_load *load,
                struct lio_coalesce_plan *plan)
{
    struct lio_device_model model = forecast(members, plan->nmembers, load);
    struct lio_range ranges[LIO_COALESCE_MAX];
    struct lio_group groups[LIO_COALESCE_MAX] = { 0 };
    uint32_t ngroups;

    for (uint32_t i = 0; i < plan->nmembers; i++)
        ranges[i] = (struct lio_range){ members[i].offset, members[i].length };
    ngroups = coalescer->ops.plan(coalescer->instance, ranges, plan->nmembers,
                                  &model, groups);
    return take_answer(coalescer, members, groups, ngroups, plan);
}

void lio_coalesce(struct lio_coalescer *coalescer, struct lio_member *members,
                  uint32_t n, const struct lio_coalesce_load *load,
                  struct lio_coalesce_plan *ret_plan)
{
    assert(n <= LIO_COALESCE_MAX);
    sort(members, n);
    ret_plan->nmembers = count_full(members, n);
    /* Nobody has to be asked about a read that is alone. */
    if (coalescer->ops.plan && ret_plan->nmembers > 1) {
        if (ask(coalescer, members, load, ret_plan))
            return;
        atomic_fetch_add_explicit(&coalescer->refused, 1, memory_order_relaxed);
    }
    read_one_by_one(members, ret_plan);
}
