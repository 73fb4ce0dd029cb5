/*
 * Pools: idle memory in the order it came back.
 *
 * What came back last is taken first, while it is warm in the caches; what has
 * been idle for longest goes when there is too much.  The few sizes that a scan
 * asks for are found in a list of a few entries.
 */
#include "column/pool.h"

#include <assert.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define IDLE_MAX 64u

/* Smaller than this the heap does as well. */
#define POOLED_MIN (32u << 10)

/* From this size on the heap does worse. */
#define MAPPED_MIN (1u << 20)

struct lio_pool {
    pthread_mutex_t lock; /* guards all below; a leaf */
    struct lio_mem *idle[IDLE_MAX];
    uint32_t nidle;
    uint64_t idle_max;
    struct lio_pool_use use;
    bool huge;     /* set once, before the first take */
    uint64_t nout; /* pieces of memory given out */
    bool closed;
};

struct lio_pool *lio_pool_new(uint64_t idle_max)
{
    struct lio_pool *pool = calloc(1, sizeof(*pool));

    if (!pool)
        return NULL;
    if (pthread_mutex_init(&pool->lock, NULL) != 0) {
        free(pool);
        return NULL;
    }
    pool->idle_max = idle_max;
    return pool;
}

static void destroy(struct lio_pool *pool)
{
    pthread_mutex_destroy(&pool->lock);
    free(pool);
}

/* Take an entry out of the list; those behind it move up. */
static struct lio_mem *remove_idle(struct lio_pool *pool, uint32_t at)
{
    struct lio_mem *mem = pool->idle[at];

    pool->nidle--;
    memmove(&pool->idle[at], &pool->idle[at + 1],
            (pool->nidle - at) * sizeof(struct lio_mem *));
    pool->use.idle -= mem->room;
    return mem;
}

void lio_pool_close(struct lio_pool *pool)
{
    bool last;

    if (!pool)
        return;
    pthread_mutex_lock(&pool->lock);
    pool->closed = true;
    while (pool->nidle > 0)
        lio_mem_free(remove_idle(pool, pool->nidle - 1));
    last = pool->nout == 0;
    pthread_mutex_unlock(&pool->lock);
    if (last)
        destroy(pool);
}

void lio_pool_want_huge(struct lio_pool *pool)
{
    pool->huge = true;
}

bool lio_pool_wants_huge(const struct lio_pool *pool)
{
    return pool->huge;
}

void lio_pool_use(struct lio_pool *pool, struct lio_pool_use *ret_use)
{
    pthread_mutex_lock(&pool->lock);
    *ret_use = pool->use;
    pthread_mutex_unlock(&pool->lock);
}

void lio_pool_count_whole(struct lio_pool *pool, uint64_t bytes)
{
    pthread_mutex_lock(&pool->lock);
    pool->use.whole_pages++;
    pool->use.whole_bytes += bytes;
    pthread_mutex_unlock(&pool->lock);
}

void lio_pool_charge(struct lio_pool *pool, uint64_t before, uint64_t bytes)
{
    if (!pool || before == bytes)
        return;
    pthread_mutex_lock(&pool->lock);
    pool->use.bytes += bytes - before;
    if (pool->use.bytes > pool->use.peak)
        pool->use.peak = pool->use.bytes;
    pthread_mutex_unlock(&pool->lock);
}

/* -- take ---------------------------------------------------------------- */

/* What came back last of what is large enough, and not much larger: memory that
 * is half empty would be counted as used. */
static struct lio_mem *find_idle(struct lio_pool *pool, uint64_t bytes)
{
    for (uint32_t i = pool->nidle; i-- > 0;)
        if (pool->idle[i]->room >= bytes &&
            pool->idle[i]->room - bytes <= bytes / 2)
            return remove_idle(pool, i);
    return NULL;
}

static void count_out(struct lio_pool *pool, const struct lio_mem *mem)
{
    pool->nout++;
    pool->use.bytes += mem->room;
    if (pool->use.bytes > pool->use.peak)
        pool->use.peak = pool->use.bytes;
}

struct lio_mem *lio_pool_take(struct lio_pool *pool, uint64_t bytes)
{
    struct lio_mem *mem;

    if (!pool || bytes < POOLED_MIN)
        return lio_mem_new(bytes);
    pthread_mutex_lock(&pool->lock);
    assert(!pool->closed);
    mem = find_idle(pool, bytes);
    pthread_mutex_unlock(&pool->lock);
    if (mem)
        lio_mem_renew(mem, bytes);
    else
        mem = bytes < MAPPED_MIN ? lio_mem_new(bytes)
                                 : lio_mem_map(bytes, pool->huge);
    if (!mem)
        return NULL;
    mem->pool = pool;
    pthread_mutex_lock(&pool->lock);
    count_out(pool, mem);
    pthread_mutex_unlock(&pool->lock);
    return mem;
}

struct lio_mem *lio_pool_take_for(struct lio_pool *pool, uint64_t bytes,
                                  uint64_t offset, size_t align)
{
    struct lio_mem *mem;

    /* What is small is copied anyway. */
    if (align <= LIO_MEM_ALIGN || bytes < POOLED_MIN ||
        bytes > UINT64_MAX - align)
        return lio_pool_take(pool, bytes);
    mem = lio_pool_take(pool, bytes + align);
    if (!mem)
        return NULL;
    mem->bytes = (size_t)bytes;
    lio_mem_place(mem, offset, align);
    return mem;
}

struct lio_mem *lio_pool_like(const struct lio_mem *like, uint64_t bytes)
{
    return lio_pool_take(like ? like->pool : NULL, bytes);
}

/* -- come back ----------------------------------------------------------- */

/* Make room for one more among the idle; false if it is too large. */
static bool make_room(struct lio_pool *pool, uint64_t bytes)
{
    if (pool->closed || bytes > pool->idle_max)
        return false;
    while (pool->nidle == IDLE_MAX || pool->use.idle > pool->idle_max - bytes)
        lio_mem_free(remove_idle(pool, 0));
    return true;
}

void lio_pool_return(struct lio_mem *mem)
{
    struct lio_pool *pool = mem->pool;
    bool kept, last;

    pthread_mutex_lock(&pool->lock);
    pool->nout--;
    pool->use.bytes -= mem->room;
    kept = make_room(pool, mem->room);
    if (kept) {
        pool->idle[pool->nidle++] = mem;
        pool->use.idle += mem->room;
    }
    last = pool->closed && pool->nout == 0;
    pthread_mutex_unlock(&pool->lock);
    if (!kept)
        lio_mem_free(mem);
    if (last)
        destroy(pool);
}
