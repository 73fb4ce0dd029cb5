/*
 * The caches that people write first: a chained hash table and a list in order
 * of use under a mutex; and the same split into 64, by a hash of the key.
 *
 * A block is found, moved to the front and pinned under the lock; unpinned by
 * an atomic subtraction, as in lanceio's.
 */
#include "bench/cache/table.h"

#include <pthread.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#define NONE UINT32_MAX

struct entry {
    uint64_t key;
    _Atomic uint32_t pins;
    uint32_t chain;        /* next in its bucket */
    uint32_t newer, older; /* in the list, whose ends are entry 0 */
};

struct list {
    alignas(64) pthread_mutex_t lock;
    struct entry *entries; /* 1 .. nentries */
    uint32_t *buckets;
    uint32_t mask;
    uint32_t nused, nentries;
};

struct lists {
    uint32_t nlists; /* a power of two */
    struct list *lists;
};

static uint64_t hash_of(uint64_t key)
{
    key ^= key >> 33;
    key *= UINT64_C(0xff51afd7ed558ccd);
    key ^= key >> 33;
    key *= UINT64_C(0xc4ceb9fe1a85ec53);
    return key ^ key >> 33;
}

static void *need(void *memory)
{
    if (!memory) {
        fprintf(stderr, "lio-bench-cache: no memory\n");
        exit(1);
    }
    return memory;
}

/* -- one list ------------------------------------------------------------ */

static void unlink_entry(struct list *list, uint32_t at)
{
    struct entry *entry = &list->entries[at];

    list->entries[entry->newer].older = entry->older;
    list->entries[entry->older].newer = entry->newer;
}

static void link_newest(struct list *list, uint32_t at)
{
    struct entry *ends = &list->entries[0];

    list->entries[at].newer = 0;
    list->entries[at].older = ends->older;
    list->entries[ends->older].newer = at;
    ends->older = at;
}

static uint32_t *bucket_of(struct list *list, uint64_t key)
{
    return &list->buckets[hash_of(key) & list->mask];
}

static uint32_t find(struct list *list, uint64_t key)
{
    uint32_t at = *bucket_of(list, key);

    while (at != NONE && list->entries[at].key != key)
        at = list->entries[at].chain;
    return at;
}

static void forget(struct list *list, uint32_t at)
{
    uint32_t *link = bucket_of(list, list->entries[at].key);

    while (*link != at)
        link = &list->entries[*link].chain;
    *link = list->entries[at].chain;
    unlink_entry(list, at);
}

/* An entry that nobody pins: a threads' worth of others at most are. */
static uint32_t take_entry(struct list *list)
{
    uint32_t at = list->entries[0].newer;

    if (list->nused < list->nentries)
        return ++list->nused;
    while (atomic_load_explicit(&list->entries[at].pins,
                                memory_order_acquire) != 0)
        at = list->entries[at].newer;
    forget(list, at);
    return at;
}

static uint32_t insert(struct list *list, uint64_t key)
{
    uint32_t at = take_entry(list), *bucket = bucket_of(list, key);

    list->entries[at].key = key;
    list->entries[at].chain = *bucket;
    *bucket = at;
    link_newest(list, at);
    return at;
}

static bool list_look_up(struct list *list, uint64_t key)
{
    uint32_t at;
    bool found;

    pthread_mutex_lock(&list->lock);
    at = find(list, key);
    found = at != NONE;
    if (found) {
        unlink_entry(list, at);
        link_newest(list, at);
    } else {
        at = insert(list, key);
    }
    atomic_fetch_add_explicit(&list->entries[at].pins, 1, memory_order_relaxed);
    pthread_mutex_unlock(&list->lock);

    atomic_fetch_sub_explicit(&list->entries[at].pins, 1, memory_order_release);
    return found;
}

static void list_init(struct list *list, uint32_t nentries)
{
    uint32_t nbuckets = 1;

    while (nbuckets < nentries)
        nbuckets *= 2;
    list->nentries = nentries;
    list->mask = nbuckets - 1;
    list->entries = need(calloc(nentries + 1, sizeof(*list->entries)));
    list->buckets = need(malloc(nbuckets * sizeof(*list->buckets)));
    for (uint32_t i = 0; i < nbuckets; i++)
        list->buckets[i] = NONE;
    pthread_mutex_init(&list->lock, NULL);
}

/* -- one or 64 ----------------------------------------------------------- */

static void *open_lists(uint32_t nlists, uint32_t nblocks)
{
    struct lists *lists = need(malloc(sizeof(*lists)));

    lists->nlists = nlists;
    lists->lists = need(aligned_alloc(64, nlists * sizeof(*lists->lists)));
    for (uint32_t i = 0; i < nlists; i++) {
        lists->lists[i] = (struct list){ 0 };
        list_init(&lists->lists[i], nblocks / nlists);
    }
    return lists;
}

static void *one_open(uint32_t nblocks, uint32_t nthreads)
{
    (void)nthreads;
    return open_lists(1, nblocks);
}

static void *many_open(uint32_t nblocks, uint32_t nthreads)
{
    (void)nthreads;
    return open_lists(64, nblocks);
}

static bool lists_look_up(void *table, uint32_t thread, uint64_t key)
{
    struct lists *lists = table;

    (void)thread;
    return list_look_up(
        &lists->lists[(hash_of(key) >> 32) & (lists->nlists - 1)], key);
}

static void lists_close(void *table)
{
    struct lists *lists = table;

    for (uint32_t i = 0; i < lists->nlists; i++) {
        pthread_mutex_destroy(&lists->lists[i].lock);
        free(lists->lists[i].entries);
        free(lists->lists[i].buckets);
    }
    free(lists->lists);
    free(lists);
}

const struct table table_list = { "list", one_open, lists_look_up,
                                  lists_close };
const struct table table_lists = { "lists64", many_open, lists_look_up,
                                   lists_close };
