/* A cached block taken away from behind the cache's back: what eviction does to
 * one, without another that needs its slot. */
#ifndef LIO_TESTS_FORGET_H
#define LIO_TESTS_FORGET_H

#include "core/cache_parts.h"

/* Unless it is in use or hot. */
static inline void forget_block(struct lio_cache *cache, uint64_t key)
{
    struct lio_shard *shard = lio_shard_of(cache, lio_cache_hash(key));
    struct lio_slot *slot;

    pthread_mutex_lock(&shard->lock);
    slot = lio_slot_find(cache, key);
    if (slot)
        lio_slot_forget(cache, shard, slot);
    pthread_mutex_unlock(&shard->lock);
}

#endif
