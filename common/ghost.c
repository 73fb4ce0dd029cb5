/* Keys in a hash table with chains, and in lines by age. */
#include "common/ghost.h"

#include "common/hash.h"

#include <string.h>

struct lio_ghost {
    uint64_t key;
    uint32_t next; /* in its chain, or of the free ones */
    uint32_t line;
};

static uint64_t nlinks(uint32_t max)
{
    return (uint64_t)max + LIO_GHOST_LINES;
}

size_t lio_ghosts_bytes(uint32_t max)
{
    size_t bytes = max * sizeof(struct lio_ghost) +
                   nlinks(max) * sizeof(struct lio_slotlink) +
                   (sizeof(uint32_t) << lio_hash_bits(max));

    return (bytes + 7) / 8 * 8;
}

void lio_ghosts_init(struct lio_ghosts *ghosts, void *memory, uint32_t max)
{
    struct lio_slotlink *links;

    ghosts->ghosts = memory;
    links = (struct lio_slotlink *)(ghosts->ghosts + max);
    ghosts->buckets = (uint32_t *)(links + nlinks(max));
    ghosts->bucket_bits = lio_hash_bits(max);
    memset(ghosts->buckets, 0xff, sizeof(uint32_t) << ghosts->bucket_bits);
    for (uint32_t line = 0; line < LIO_GHOST_LINES; line++)
        lio_slotlist_init(&ghosts->lines[line], links, max + line);

    ghosts->first_free = LIO_NO_GHOST;
    for (uint32_t ghost = max; ghost-- > 0;) {
        ghosts->ghosts[ghost].next = ghosts->first_free;
        ghosts->first_free = ghost;
    }
}

static uint32_t *bucket_of(const struct lio_ghosts *ghosts, uint64_t key)
{
    return &ghosts->buckets[lio_hash_place(key, ghosts->bucket_bits)];
}

uint32_t lio_ghosts_find(const struct lio_ghosts *ghosts, uint64_t key)
{
    uint32_t ghost = *bucket_of(ghosts, key);

    while (ghost != LIO_NO_GHOST && ghosts->ghosts[ghost].key != key)
        ghost = ghosts->ghosts[ghost].next;
    return ghost;
}

unsigned lio_ghosts_line(const struct lio_ghosts *ghosts, uint32_t ghost)
{
    return ghosts->ghosts[ghost].line;
}

static void make_room(struct lio_ghosts *ghosts, unsigned line)
{
    if (lio_ghosts_count(ghosts, line) == 0)
        line = 1 - line;
    lio_ghosts_drop_oldest(ghosts, line);
}

void lio_ghosts_add(struct lio_ghosts *ghosts, unsigned line, uint64_t key)
{
    uint32_t *bucket = bucket_of(ghosts, key), ghost;

    if (ghosts->first_free == LIO_NO_GHOST)
        make_room(ghosts, line);
    ghost = ghosts->first_free;
    if (ghost == LIO_NO_GHOST)
        return;
    ghosts->first_free = ghosts->ghosts[ghost].next;
    ghosts->ghosts[ghost] =
        (struct lio_ghost){ .key = key, .next = *bucket, .line = line };
    *bucket = ghost;
    lio_slotlist_push(&ghosts->lines[line], ghost);
}

void lio_ghosts_drop(struct lio_ghosts *ghosts, uint32_t ghost)
{
    struct lio_ghost *dropped = &ghosts->ghosts[ghost];
    uint32_t *link = bucket_of(ghosts, dropped->key);

    while (*link != ghost)
        link = &ghosts->ghosts[*link].next;
    *link = dropped->next;
    lio_slotlist_take(&ghosts->lines[dropped->line], ghost);
    dropped->next = ghosts->first_free;
    ghosts->first_free = ghost;
}

bool lio_ghosts_take(struct lio_ghosts *ghosts, uint64_t key)
{
    uint32_t ghost = lio_ghosts_find(ghosts, key);

    if (ghost == LIO_NO_GHOST)
        return false;
    lio_ghosts_drop(ghosts, ghost);
    return true;
}

void lio_ghosts_drop_oldest(struct lio_ghosts *ghosts, unsigned line)
{
    const struct lio_slotlist *list = &ghosts->lines[line];

    if (list->count > 0)
        lio_ghosts_drop(ghosts, list->links[list->ends].newer);
}
