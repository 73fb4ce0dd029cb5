/*
 * What the benchmark of caches compares: tables of keys that forget.
 *
 * A look-up finds a key's block, pins it, and gives the pin back; what is not
 * there is put there, for another.  No bytes are moved.
 */
#ifndef LIO_BENCH_TABLE_H
#define LIO_BENCH_TABLE_H

#include <stdbool.h>
#include <stdint.h>

struct table {
    const char *name;
    /* Room for `nblocks` or a few more, for `nthreads`; exits on failure. */
    void *(*open)(uint32_t nblocks, uint32_t nthreads);
    /* Was it there?  Any thread, which says its number. */
    bool (*look_up)(void *table, uint32_t thread, uint64_t key);
    void (*close)(void *table);
};

/* lanceio's cache, with the policy of the plugin at `path`. */
extern const struct table table_lanceio;
void table_lanceio_use(const char *path);

/* A hash table and an LRU list under a mutex: one, or 64 of them. */
extern const struct table table_list;
extern const struct table table_lists;

#endif
