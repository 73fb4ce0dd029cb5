/*
 * Slots in lines, ordered by when they came: the lists of replacement policies.
 *
 * Links are numbers of slots in one array, 8 bytes a slot.  A slot stands in
 * one line at most, so that all lines of a policy share the array; behind the
 * links of the slots each line has one more, which closes it to a ring:
 *
 *     links  | slot 0 | slot 1 | ... | slot n-1 | ends of A | ends of B |
 *
 *     ends ──► newest ──► ... ──► oldest ──┐
 *       ▲──────────────────────────────────┘
 *
 * So the ends are no special case, moving a slot writes to six links at most,
 * and nothing is ever allocated.
 */
#ifndef LIO_COMMON_SLOTLIST_H
#define LIO_COMMON_SLOTLIST_H

#include <stdbool.h>
#include <stdint.h>

/* No slot: the same number as LIO_NO_SLOT of the plugins' interface. */
#define LIO_SLOTLIST_NONE UINT32_MAX

struct lio_slotlink {
    uint32_t newer;
    uint32_t older;
};

/* -- links --------------------------------------------------------------- */

/* Make the line that `ends` closes, empty. */
static inline void lio_slotlink_init(struct lio_slotlink *links, uint32_t ends)
{
    links[ends].newer = ends;
    links[ends].older = ends;
}

/* Put `slot`, which stands in no line, behind `after`, as its next older:
 * behind the ends, as the newest. */
static inline void lio_slotlink_put(struct lio_slotlink *links, uint32_t after,
                                    uint32_t slot)
{
    uint32_t older = links[after].older;

    links[slot].newer = after;
    links[slot].older = older;
    links[after].older = slot;
    links[older].newer = slot;
}

/* Take `slot` out of its line. */
static inline void lio_slotlink_take(struct lio_slotlink *links, uint32_t slot)
{
    struct lio_slotlink link = links[slot];

    links[link.newer].older = link.older;
    links[link.older].newer = link.newer;
}

/*
 * The oldest slot of the line for which `evictable` says yes, or
 * LIO_SLOTLIST_NONE.  Those passed over keep their places.
 */
static inline uint32_t
lio_slotlink_oldest(const struct lio_slotlink *links, uint32_t ends,
                    bool (*evictable)(void *host, uint32_t slot), void *host)
{
    uint32_t slot = links[ends].newer;

    while (slot != ends && !evictable(host, slot))
        slot = links[slot].newer;
    return slot == ends ? LIO_SLOTLIST_NONE : slot;
}

/* -- lines that know their length ---------------------------------------- */

struct lio_slotlist {
    struct lio_slotlink *links;
    uint32_t ends; /* the link that closes the ring */
    uint32_t count;
};

static inline void lio_slotlist_init(struct lio_slotlist *list,
                                     struct lio_slotlink *links, uint32_t ends)
{
    list->links = links;
    list->ends = ends;
    list->count = 0;
    lio_slotlink_init(links, ends);
}

/* `slot`, which stands in no line, becomes the newest of this one. */
static inline void lio_slotlist_push(struct lio_slotlist *list, uint32_t slot)
{
    lio_slotlink_put(list->links, list->ends, slot);
    list->count++;
}

/* Take out `slot`, which stands in this line. */
static inline void lio_slotlist_take(struct lio_slotlist *list, uint32_t slot)
{
    lio_slotlink_take(list->links, slot);
    list->count--;
}

/* `slot`, which stands in this line, becomes the newest. */
static inline void lio_slotlist_renew(struct lio_slotlist *list, uint32_t slot)
{
    lio_slotlink_take(list->links, slot);
    lio_slotlink_put(list->links, list->ends, slot);
}

/* As lio_slotlink_oldest(). */
static inline uint32_t
lio_slotlist_oldest(const struct lio_slotlist *list,
                    bool (*evictable)(void *host, uint32_t slot), void *host)
{
    return lio_slotlink_oldest(list->links, list->ends, evictable, host);
}

#endif
