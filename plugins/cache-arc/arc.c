/*
 * The four lists of ARC, and the target that says where T1 ends and T2 begins.
 *
 * The target moves by fractions, as the paper has it.  Rounding the step to
 * whole slots, as many programs do, changes the misses by up to 0.2 %.
 */
#include "arc.h"

/* Numbers of the lists, and of the lines of their ghosts. */
enum { ONCE, AGAIN };

size_t lio_arc_bytes(uint32_t nslots)
{
    return sizeof(struct lio_arc) + lio_twolists_bytes(nslots, nslots);
}

void lio_arc_init(struct lio_arc *arc, const struct lio_cache_setup *setup)
{
    arc->target = 0;
    lio_twolists_init(&arc->two, arc + 1, setup->nslots, setup->nslots,
                      setup->evictable, setup->host);
}

static uint32_t ncached(const struct lio_arc *arc, unsigned list)
{
    return arc->two.lists[list].count;
}

static uint32_t nghosts(const struct lio_arc *arc, unsigned line)
{
    return lio_ghosts_count(&arc->two.ghosts, line);
}

/* -- the directory ------------------------------------------------------- */

/* Learn from a ghost that is asked for.  The step is the larger, the fewer
 * ghosts there are on its side. */
static void adapt(struct lio_arc *arc, unsigned line)
{
    double same = nghosts(arc, line), other = nghosts(arc, 1 - line);
    double step = other > same ? other / same : 1;

    arc->target += line == ONCE ? step : -step;
    if (arc->target < 0)
        arc->target = 0;
    if (arc->target > arc->two.nslots)
        arc->target = arc->two.nslots;
}

/* A new key is to come to T1.  T1 and B1 hold as many keys as there are slots
 * at most, all four lists twice as many. */
static void trim_ghosts(struct lio_arc *arc)
{
    uint64_t nslots = arc->two.nslots;
    uint64_t nonce = (uint64_t)ncached(arc, ONCE) + nghosts(arc, ONCE);
    uint64_t nagain = (uint64_t)ncached(arc, AGAIN) + nghosts(arc, AGAIN);

    if (nonce >= nslots)
        lio_ghosts_drop_oldest(&arc->two.ghosts, ONCE);
    else if (nonce + nagain >= 2 * nslots)
        lio_ghosts_drop_oldest(&arc->two.ghosts, AGAIN);
}

/* Look up a key that is about to be cached.  Returns its list. */
static unsigned consult(struct lio_arc *arc, uint64_t key)
{
    uint32_t ghost = lio_ghosts_find(&arc->two.ghosts, key);

    if (ghost == LIO_NO_GHOST) {
        trim_ghosts(arc);
        return ONCE;
    }
    adapt(arc, lio_ghosts_line(&arc->two.ghosts, ghost));
    lio_ghosts_drop(&arc->two.ghosts, ghost);
    return AGAIN;
}

/* -- slots --------------------------------------------------------------- */

void lio_arc_insert(struct lio_arc *arc, uint32_t slot, uint64_t key)
{
    unsigned list;

    if (!lio_twolists_expected(&arc->two, key, &list))
        list = consult(arc, key);
    lio_twolists_insert(&arc->two, slot, key, list);
}

void lio_arc_hit(struct lio_arc *arc, uint32_t slot)
{
    lio_twolists_move(&arc->two, slot, AGAIN);
}

void lio_arc_remove(struct lio_arc *arc, uint32_t slot)
{
    lio_twolists_remove(&arc->two, slot);
}

/* -- victims ------------------------------------------------------------- */

/* The paper's REPLACE: which list is to give up a slot?  `from_b2`: the key
 * that wants it has a ghost in B2. */
static unsigned list_to_shrink(const struct lio_arc *arc, bool from_b2)
{
    double nonce = ncached(arc, ONCE);

    if (nonce > arc->target || (from_b2 && nonce == arc->target))
        return ONCE;
    return AGAIN;
}

uint32_t lio_arc_evict(struct lio_arc *arc, uint64_t key)
{
    struct lio_twolists *two = &arc->two;
    uint32_t victims[] = { lio_twolists_oldest(two, ONCE),
                           lio_twolists_oldest(two, AGAIN) };
    uint32_t ghost = lio_ghosts_find(&two->ghosts, key);
    bool from_b2, leaves_ghost;
    unsigned list;

    if (victims[ONCE] == LIO_NO_SLOT && victims[AGAIN] == LIO_NO_SLOT)
        return LIO_NO_SLOT;

    from_b2 =
        ghost != LIO_NO_GHOST && lio_ghosts_line(&two->ghosts, ghost) == AGAIN;
    /* With T1 in all slots a ghost would make T1 and B1 too long. */
    leaves_ghost = ghost != LIO_NO_GHOST || ncached(arc, ONCE) < two->nslots;
    lio_twolists_expect(two, key, consult(arc, key));

    list = list_to_shrink(arc, from_b2);
    if (victims[list] == LIO_NO_SLOT)
        list = 1 - list;
    lio_twolists_remove(two, victims[list]);
    if (leaves_ghost)
        lio_ghosts_add(&two->ghosts, list, two->keys[victims[list]]);
    return victims[list];
}
