/*
 * Operations in flight, by id: each has one of a fixed number of slots, where
 * a filter keeps what it has to know of it.
 *
 * No locking: the filter's queue does that.
 */
#ifndef LIO_FILTER_IDS_H
#define LIO_FILTER_IDS_H

#include <lanceio/plugin.h>

#define LIO_NO_ID UINT32_MAX

/* The core asks for 4096 at most; what is far above is a mistake. */
#define LIO_FILTER_DEPTH_MAX 65536u

struct lio_ids {
    uint32_t nslots, nused;
    uint64_t *id;      /* by slot */
    uint32_t *next;    /* by slot: in its bucket, or among the free */
    uint32_t *buckets; /* a power of two of them, at least nslots */
    uint32_t shift;    /* from a hash to its bucket */
    uint32_t free;     /* slots; LIO_NO_ID: none */
};

/* LIO_ECONFIG if `nslots` is 0 or absurd, LIO_ENOMEM. */
int lio_ids_init(struct lio_ids *ids, uint32_t nslots, struct lio_error *err);
void lio_ids_release(struct lio_ids *ids);

/* The slot for `id` from now on, or LIO_NO_ID if all are taken. */
uint32_t lio_ids_add(struct lio_ids *ids, uint64_t id);

/* LIO_NO_ID if it is not there. */
uint32_t lio_ids_find(const struct lio_ids *ids, uint64_t id);

void lio_ids_remove(struct lio_ids *ids, uint32_t slot);

#endif
