/*
 * The files a filter has seen, by path: one entry each, numbered from 1 in the
 * order in which they came, and kept until the end.
 */
#ifndef LIO_FILTER_PATHS_H
#define LIO_FILTER_PATHS_H

#include <lanceio/plugin.h>

#include <pthread.h>

/* The first member of what a filter keeps of a file. */
struct lio_path {
    struct lio_path *next;
    uint32_t number;
    char *path;
};

struct lio_paths {
    pthread_mutex_t lock;
    struct lio_path **buckets;
    uint32_t nbuckets, npaths;
    size_t entry_bytes; /* of a filter's entry */
};

int lio_paths_init(struct lio_paths *paths, size_t entry_bytes,
                   struct lio_error *err);
/* Calls release() for each entry first, if there is one. */
void lio_paths_release(struct lio_paths *paths,
                       void (*release)(struct lio_path *entry));

/*
 * The entry of `path`, made of zeros if it is new; then made() is called, if
 * there is one, before any other thread gets the entry.
 * NULL: no memory.
 */
struct lio_path *lio_paths_get(struct lio_paths *paths, const char *path,
                               void (*made)(struct lio_path *entry, void *user),
                               void *user);

/* FNV-1a, for names. */
uint64_t lio_path_hash(const char *text);

#endif
