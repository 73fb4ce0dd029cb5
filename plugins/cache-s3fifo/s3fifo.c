/*
 * The three queues of S3-FIFO.
 *
 * Slots change queues while a victim is looked for, never before: so a queue
 * may be longer than its share for a while, and the shares only say where to
 * look first.  Slots that cannot go are passed over and keep their places.
 */
#include "s3fifo.h"

enum { SMALL, MAIN };

#define GHOSTS   0 /* the line of ghosts that is used */
#define MAX_USES 3 /* two bits, as in the paper */

static size_t twolists_bytes(const struct lio_s3fifo_sizes *sizes)
{
    return lio_twolists_bytes(sizes->nslots, sizes->nghosts);
}

size_t lio_s3fifo_bytes(const struct lio_s3fifo_sizes *sizes)
{
    return sizeof(struct lio_s3fifo) + twolists_bytes(sizes) + sizes->nslots;
}

void lio_s3fifo_init(struct lio_s3fifo *s3, const struct lio_cache_setup *setup,
                     const struct lio_s3fifo_sizes *sizes)
{
    s3->nmain = sizes->nslots - sizes->nsmall;
    s3->promote = sizes->promote;
    s3->uses_of = (uint8_t *)(s3 + 1) + twolists_bytes(sizes);
    lio_twolists_init(&s3->two, s3 + 1, sizes->nslots, sizes->nghosts,
                      setup->evictable, setup->host);
}

/* -- in and out ---------------------------------------------------------- */

/* Look up a key that is about to be cached.  Returns its list. */
static unsigned consult(struct lio_s3fifo *s3, uint64_t key)
{
    return lio_ghosts_take(&s3->two.ghosts, key) ? MAIN : SMALL;
}

void lio_s3fifo_insert(struct lio_s3fifo *s3, uint32_t slot, uint64_t key)
{
    unsigned list;

    if (!lio_twolists_expected(&s3->two, key, &list))
        list = consult(s3, key);
    lio_twolists_insert(&s3->two, slot, key, list);
    s3->uses_of[slot] = 0;
}

void lio_s3fifo_hit(struct lio_s3fifo *s3, uint32_t slot)
{
    if (s3->uses_of[slot] < MAX_USES)
        s3->uses_of[slot]++;
}

void lio_s3fifo_remove(struct lio_s3fifo *s3, uint32_t slot)
{
    lio_twolists_remove(&s3->two, slot);
}

/* -- victims ------------------------------------------------------------- */

static bool evictable(const struct lio_s3fifo *s3, uint32_t slot)
{
    return s3->two.evictable(s3->two.host, slot);
}

/* From the oldest of the small queue on: what was used goes to main, the first
 * that was not is the victim.  Returns LIO_NO_SLOT if there is none. */
static uint32_t search_small(struct lio_s3fifo *s3)
{
    const struct lio_slotlist *list = &s3->two.lists[SMALL];
    uint32_t slot = list->links[list->ends].newer, newer;

    for (; slot != list->ends; slot = newer) {
        newer = list->links[slot].newer;
        if (!evictable(s3, slot))
            continue;
        if (s3->uses_of[slot] < s3->promote)
            return slot;
        lio_twolists_move(&s3->two, slot, MAIN);
        s3->uses_of[slot] = 0;
    }
    return LIO_NO_SLOT;
}

/* From the oldest of main on: what was used becomes the newest, for a use; the
 * first that was not is the victim.  A slot is met MAX_USES + 1 times at most.
 * Returns LIO_NO_SLOT if there is none. */
static uint32_t search_main(struct lio_s3fifo *s3)
{
    struct lio_slotlist *list = &s3->two.lists[MAIN];
    uint32_t slot = list->links[list->ends].newer, newer;

    for (; slot != list->ends; slot = newer) {
        newer = list->links[slot].newer;
        if (!evictable(s3, slot))
            continue;
        if (s3->uses_of[slot] == 0)
            return slot;
        s3->uses_of[slot]--;
        lio_slotlist_renew(list, slot);
        if (newer == list->ends)
            newer = slot; /* it was the newest, and is again */
    }
    return LIO_NO_SLOT;
}

static uint32_t search(struct lio_s3fifo *s3)
{
    bool main_is_full = s3->two.lists[MAIN].count > s3->nmain;
    uint32_t slot = LIO_NO_SLOT;

    if (!main_is_full)
        slot = search_small(s3);
    if (slot == LIO_NO_SLOT)
        slot = search_main(s3);
    if (slot != LIO_NO_SLOT || !main_is_full)
        return slot;

    /* All of main is held by readers; small may send it what can go. */
    slot = search_small(s3);
    if (slot == LIO_NO_SLOT)
        slot = search_main(s3);
    return slot;
}

uint32_t lio_s3fifo_evict(struct lio_s3fifo *s3, uint64_t key)
{
    struct lio_twolists *two = &s3->two;
    uint32_t slot = search(s3);

    if (slot == LIO_NO_SLOT)
        return LIO_NO_SLOT;

    lio_twolists_expect(two, key, consult(s3, key));
    lio_twolists_remove(two, slot);
    if (two->list_of[slot] == SMALL)
        lio_ghosts_add(&two->ghosts, GHOSTS, two->keys[slot]);
    return slot;
}
