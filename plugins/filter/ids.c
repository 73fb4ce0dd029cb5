#include "plugins/filter/ids.h"

#include <assert.h>
#include <stdlib.h>

/* Ids that follow each other fall into different buckets. */
static uint32_t *bucket_of(const struct lio_ids *ids, uint64_t id)
{
    return &ids->buckets[id * UINT64_C(0x9e3779b97f4a7c15) >> ids->shift];
}

int lio_ids_init(struct lio_ids *ids, uint32_t nslots, struct lio_error *err)
{
    uint32_t bits = 1;

    memset(ids, 0, sizeof(*ids));
    if (nslots == 0 || nslots > LIO_FILTER_DEPTH_MAX)
        return lio_error_set(err, LIO_ECONFIG,
                             "a filter takes queues of 1 to %u operations, "
                             "not %u",
                             LIO_FILTER_DEPTH_MAX, nslots);
    while (1u << bits < nslots)
        bits++;
    ids->id = malloc(nslots * sizeof(*ids->id));
    ids->next = malloc(nslots * sizeof(*ids->next));
    ids->buckets = malloc(sizeof(*ids->buckets) << bits);
    if (!ids->id || !ids->next || !ids->buckets) {
        lio_ids_release(ids);
        return lio_error_set(err, LIO_ENOMEM,
                             "no memory for a queue of %u operations", nslots);
    }
    ids->nslots = nslots;
    ids->shift = 64 - bits;
    for (uint32_t i = 0; i < 1u << bits; i++)
        ids->buckets[i] = LIO_NO_ID;
    for (uint32_t i = 0; i < nslots; i++)
        ids->next[i] = i + 1 < nslots ? i + 1 : LIO_NO_ID;
    return 0;
}

void lio_ids_release(struct lio_ids *ids)
{
    free(ids->id);
    free(ids->next);
    free(ids->buckets);
    memset(ids, 0, sizeof(*ids));
}

uint32_t lio_ids_add(struct lio_ids *ids, uint64_t id)
{
    uint32_t *bucket = bucket_of(ids, id), slot = ids->free;

    if (slot == LIO_NO_ID)
        return LIO_NO_ID;
    ids->free = ids->next[slot];
    ids->id[slot] = id;
    ids->next[slot] = *bucket;
    *bucket = slot;
    ids->nused++;
    return slot;
}

uint32_t lio_ids_find(const struct lio_ids *ids, uint64_t id)
{
    uint32_t slot = *bucket_of(ids, id);

    while (slot != LIO_NO_ID && ids->id[slot] != id)
        slot = ids->next[slot];
    return slot;
}

void lio_ids_remove(struct lio_ids *ids, uint32_t slot)
{
    uint32_t *link = bucket_of(ids, ids->id[slot]);

    while (*link != slot) {
        assert(*link != LIO_NO_ID);
        link = &ids->next[*link];
    }
    *link = ids->next[slot];
    ids->next[slot] = ids->free;
    ids->free = slot;
    ids->nused--;
}
