#include "plugins/filter/paths.h"

#include <stdlib.h>

#define BUCKETS_MIN 64u

int lio_paths_init(struct lio_paths *paths, size_t entry_bytes,
                   struct lio_error *err)
{
    *paths = (struct lio_paths){ .entry_bytes = entry_bytes,
                                 .nbuckets = BUCKETS_MIN };
    paths->buckets = calloc(BUCKETS_MIN, sizeof(struct lio_path *));
    if (!paths->buckets)
        return lio_error_set(err, LIO_ENOMEM, "no memory for a filter");
    pthread_mutex_init(&paths->lock, NULL);
    return 0;
}

void lio_paths_release(struct lio_paths *paths,
                       void (*release)(struct lio_path *entry))
{
    struct lio_path *entry, *next;

    for (uint32_t i = 0; i < paths->nbuckets; i++)
        for (entry = paths->buckets[i]; entry; entry = next) {
            next = entry->next;
            if (release)
                release(entry);
            free(entry->path);
            free(entry);
        }
    free(paths->buckets);
    pthread_mutex_destroy(&paths->lock);
}

uint64_t lio_path_hash(const char *text)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);

    for (; *text; text++)
        hash = (hash ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
    return hash;
}

static struct lio_path **bucket_of(const struct lio_paths *paths,
                                   const char *path)
{
    return &paths->buckets[lio_path_hash(path) & (paths->nbuckets - 1)];
}

static void link_entry(struct lio_paths *paths, struct lio_path *entry)
{
    struct lio_path **bucket = bucket_of(paths, entry->path);

    entry->next = *bucket;
    *bucket = entry;
}

/* Twice as many buckets, if there is memory for them. */
static void grow(struct lio_paths *paths)
{
    struct lio_paths larger = { .nbuckets = 2 * paths->nbuckets };
    struct lio_path *entry, *next;

    larger.buckets = calloc(larger.nbuckets, sizeof(struct lio_path *));
    if (!larger.buckets)
        return;
    for (uint32_t i = 0; i < paths->nbuckets; i++)
        for (entry = paths->buckets[i]; entry; entry = next) {
            next = entry->next;
            link_entry(&larger, entry);
        }
    free(paths->buckets);
    paths->buckets = larger.buckets;
    paths->nbuckets = larger.nbuckets;
}

static struct lio_path *find(const struct lio_paths *paths, const char *path)
{
    struct lio_path *entry = *bucket_of(paths, path);

    while (entry && strcmp(entry->path, path))
        entry = entry->next;
    return entry;
}

static struct lio_path *add(struct lio_paths *paths, const char *path)
{
    struct lio_path *entry = calloc(1, paths->entry_bytes);

    if (!entry)
        return NULL;
    entry->path = strdup(path);
    if (!entry->path) {
        free(entry);
        return NULL;
    }
    entry->number = ++paths->npaths;
    if (paths->npaths > paths->nbuckets)
        grow(paths);
    link_entry(paths, entry);
    return entry;
}

struct lio_path *lio_paths_get(struct lio_paths *paths, const char *path,
                               void (*made)(struct lio_path *entry, void *user),
                               void *user)
{
    struct lio_path *entry;

    pthread_mutex_lock(&paths->lock);
    entry = find(paths, path);
    if (!entry) {
        entry = add(paths, path);
        if (entry && made)
            made(entry, user);
    }
    pthread_mutex_unlock(&paths->lock);
    return entry;
}
