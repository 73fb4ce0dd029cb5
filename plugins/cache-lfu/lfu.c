/*
 * Counts and the slots that have them.
 *
 * The counts stand in a line of their own, as slots do: "older" leads to the
 * next lower count.  Count number n closes the line of its slots with link
 * nslots + n.
 */
#include "lfu.h"

#include "common/slotlist.h"

struct count {
    uint64_t uses;
    uint32_t nslots; /* that were used so often */
    uint32_t next_free;
};

struct lio_lfu {
    bool (*evictable)(void *host, uint32_t slot);
    void *host;
    uint32_t nslots;
    uint32_t first_free;        /* count in no use */
    struct count *counts;       /* nslots of them */
    struct lio_slotlink *links; /* by slot, then the ends of each count */
    struct lio_slotlink *ranks; /* by count, and the ends of their line */
    uint32_t *count_of;         /* by slot */
};

/* Where the arrays lie, and how much that takes. */
struct layout {
    size_t counts, links, ranks, count_of, bytes;
};

static struct layout layout_of(size_t nslots)
{
    struct layout at;

    at.counts = sizeof(struct lio_lfu);
    at.links = at.counts + nslots * sizeof(struct count);
    at.ranks = at.links + 2 * nslots * sizeof(struct lio_slotlink);
    at.count_of = at.ranks + (nslots + 1) * sizeof(struct lio_slotlink);
    at.bytes = at.count_of + nslots * sizeof(uint32_t);
    return at;
}

size_t lio_lfu_bytes(uint32_t nslots)
{
    return layout_of(nslots).bytes;
}

void lio_lfu_init(struct lio_lfu *lfu, const struct lio_cache_setup *setup)
{
    struct layout at = layout_of(setup->nslots);
    char *base = (char *)lfu;

    lfu->evictable = setup->evictable;
    lfu->host = setup->host;
    lfu->nslots = setup->nslots;
    lfu->counts = (struct count *)(base + at.counts);
    lfu->links = (struct lio_slotlink *)(base + at.links);
    lfu->ranks = (struct lio_slotlink *)(base + at.ranks);
    lfu->count_of = (uint32_t *)(base + at.count_of);
    lio_slotlink_init(lfu->ranks, lfu->nslots);
    lfu->first_free = LIO_NO_SLOT;
    for (uint32_t count = lfu->nslots; count-- > 0;) {
        lfu->counts[count].next_free = lfu->first_free;
        lfu->first_free = count;
    }
}

/* -- counts -------------------------------------------------------------- */

/* The number that stands for no count and closes their line. */
static uint32_t no_count(const struct lio_lfu *lfu)
{
    return lfu->nslots;
}

static uint32_t lowest_count(const struct lio_lfu *lfu)
{
    return lfu->ranks[no_count(lfu)].newer;
}

static uint32_t next_higher(const struct lio_lfu *lfu, uint32_t count)
{
    return lfu->ranks[count].newer;
}

static uint32_t ends_of(const struct lio_lfu *lfu, uint32_t count)
{
    return lfu->nslots + count;
}

/* The count of `uses`, which belongs just before `higher`; made if it is not
 * there. */
static uint32_t get_count(struct lio_lfu *lfu, uint64_t uses, uint32_t higher)
{
    uint32_t lower = lfu->ranks[higher].older, count = lfu->first_free;

    if (lower != no_count(lfu) && lfu->counts[lower].uses == uses)
        return lower;
    lfu->first_free = lfu->counts[count].next_free;
    lfu->counts[count].uses = uses;
    lfu->counts[count].nslots = 0;
    lio_slotlink_init(lfu->links, ends_of(lfu, count));
    lio_slotlink_put(lfu->ranks, higher, count);
    return count;
}

static void put_count(struct lio_lfu *lfu, uint32_t count)
{
    lio_slotlink_take(lfu->ranks, count);
    lfu->counts[count].next_free = lfu->first_free;
    lfu->first_free = count;
}

/* -- slots --------------------------------------------------------------- */

static void join_count(struct lio_lfu *lfu, uint32_t slot, uint32_t count)
{
    lio_slotlink_put(lfu->links, ends_of(lfu, count), slot);
    lfu->counts[count].nslots++;
    lfu->count_of[slot] = count;
}

static void leave_count(struct lio_lfu *lfu, uint32_t slot)
{
    uint32_t count = lfu->count_of[slot];

    lio_slotlink_take(lfu->links, slot);
    if (--lfu->counts[count].nslots == 0)
        put_count(lfu, count);
}

void lio_lfu_insert(struct lio_lfu *lfu, uint32_t slot)
{
    uint32_t lowest = lowest_count(lfu);

    if (lowest != no_count(lfu) && lfu->counts[lowest].uses == 1)
        lowest = next_higher(lfu, lowest);
    join_count(lfu, slot, get_count(lfu, 1, lowest));
}

void lio_lfu_hit(struct lio_lfu *lfu, uint32_t slot)
{
    uint32_t count = lfu->count_of[slot], higher = next_higher(lfu, count);
    uint64_t uses = lfu->counts[count].uses + 1;

    if (higher != no_count(lfu) && lfu->counts[higher].uses == uses) {
        leave_count(lfu, slot);
        join_count(lfu, slot, higher);
    } else if (lfu->counts[count].nslots == 1) {
        lfu->counts[count].uses = uses; /* it has the count to itself */
    } else {
        leave_count(lfu, slot);
        join_count(lfu, slot, get_count(lfu, uses, higher));
    }
}

uint32_t lio_lfu_evict(struct lio_lfu *lfu)
{
    uint32_t count = lowest_count(lfu), slot;

    for (; count != no_count(lfu); count = next_higher(lfu, count)) {
        slot = lio_slotlink_oldest(lfu->links, ends_of(lfu, count),
                                   lfu->evictable, lfu->host);
        if (slot != LIO_NO_SLOT) {
            leave_count(lfu, slot);
            return slot;
        }
    }
    return LIO_NO_SLOT;
}

void lio_lfu_remove(struct lio_lfu *lfu, uint32_t slot)
{
    leave_count(lfu, slot);
}
