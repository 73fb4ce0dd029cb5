/*
 * Slots in two lists, and ghosts: the ground that 2Q, ARC and S3-FIFO stand on.
 *
 *     lists[0]   newest ─► ... ─► oldest     slots, with the keys they hold
 *     lists[1]   newest ─► ... ─► oldest
 *     ghosts     keys without a slot, in two lines
 *
 * What the lists mean, and when a slot goes from one to the other, is the
 * policy's affair.
 *
 * The papers deal with a miss in one step; the core asks for a victim first and
 * inserts then, or inserts alone while slots are free.  A policy looks at the
 * ghost of a key once, in whichever call comes first: evict() notes what it
 * found with lio_twolists_expect(), insert() gets it from
 * lio_twolists_expected().
 */
#ifndef LIO_COMMON_TWOLISTS_H
#define LIO_COMMON_TWOLISTS_H

#include "common/ghost.h"
#include "common/slotlist.h"

struct lio_twolists {
    bool (*evictable)(void *host, uint32_t slot);
    void *host;
    uint32_t nslots;
    struct lio_slotlist lists[2];
    struct lio_ghosts ghosts;
    uint64_t *keys;        /* by slot */
    uint8_t *list_of;      /* by slot */
    uint64_t expected_key; /* if `expecting` */
    unsigned expected_list;
    bool expecting;
};

/* Bytes of the arrays for `nslots` slots and `nghosts` ghosts. */
size_t lio_twolists_bytes(uint32_t nslots, uint32_t nghosts);

/* Start with all slots free and no ghosts.  `memory` is of
 * lio_twolists_bytes(), aligned to 8; evictable(host, slot) is the core's. */
void lio_twolists_init(struct lio_twolists *two, void *memory, uint32_t nslots,
                       uint32_t nghosts,
                       bool (*evictable)(void *host, uint32_t slot),
                       void *host);

/* `slot`, in no list, holds `key` and becomes the newest of `list`. */
static inline void lio_twolists_insert(struct lio_twolists *two, uint32_t slot,
                                       uint64_t key, unsigned list)
{
    two->keys[slot] = key;
    two->list_of[slot] = (uint8_t)list;
    lio_slotlist_push(&two->lists[list], slot);
}

/* `slot` leaves its list. */
static inline void lio_twolists_remove(struct lio_twolists *two, uint32_t slot)
{
    lio_slotlist_take(&two->lists[two->list_of[slot]], slot);
}

/* `slot`, in a list, becomes the newest of `list`. */
static inline void lio_twolists_move(struct lio_twolists *two, uint32_t slot,
                                     unsigned list)
{
    lio_twolists_remove(two, slot);
    lio_twolists_insert(two, slot, two->keys[slot], list);
}

/* The oldest of `list` that can be given up, or LIO_SLOTLIST_NONE. */
static inline uint32_t lio_twolists_oldest(const struct lio_twolists *two,
                                           unsigned list)
{
    return lio_slotlist_oldest(&two->lists[list], two->evictable, two->host);
}

/* Room is being made for `key`, which is to go to `list`. */
static inline void lio_twolists_expect(struct lio_twolists *two, uint64_t key,
                                       unsigned list)
{
    two->expected_key = key;
    two->expected_list = list;
    two->expecting = true;
}

/* Whether room was made for `key`, and the list it is to go to; once. */
static inline bool lio_twolists_expected(struct lio_twolists *two, uint64_t key,
                                         unsigned *ret_list)
{
    if (!two->expecting || two->expected_key != key)
        return false;
    two->expecting = false;
    *ret_list = two->expected_list;
    return true;
}

#endif
