/* How the arrays lie in memory: those of 8 bytes first, so that none is
 * misaligned. */
#include "common/twolists.h"

struct layout {
    size_t ghosts, links, list_of, bytes; /* the keys come first */
};

static struct layout layout_of(uint32_t nslots, uint32_t nghosts)
{
    struct layout at;

    at.ghosts = nslots * sizeof(uint64_t);
    at.links = at.ghosts + lio_ghosts_bytes(nghosts);
    at.list_of = at.links + ((size_t)nslots + 2) * sizeof(struct lio_slotlink);
    at.bytes = at.list_of + nslots;
    return at;
}

size_t lio_twolists_bytes(uint32_t nslots, uint32_t nghosts)
{
    return layout_of(nslots, nghosts).bytes;
}

void lio_twolists_init(struct lio_twolists *two, void *memory, uint32_t nslots,
                       uint32_t nghosts,
                       bool (*evictable)(void *host, uint32_t slot), void *host)
{
    struct layout at = layout_of(nslots, nghosts);
    char *base = memory;
    struct lio_slotlink *links = (struct lio_slotlink *)(base + at.links);

    *two = (struct lio_twolists){
        .evictable = evictable,
        .host = host,
        .nslots = nslots,
        .keys = memory,
        .list_of = (uint8_t *)(base + at.list_of),
    };
    lio_ghosts_init(&two->ghosts, base + at.ghosts, nghosts);
    lio_slotlist_init(&two->lists[0], links, nslots);
    lio_slotlist_init(&two->lists[1], links, nslots + 1);
}
