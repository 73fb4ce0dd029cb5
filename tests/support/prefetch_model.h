/*
 * A prefetcher played on a sequence of accesses: a file of 4 KiB sectors, a
 * memory that never forgets, and a device that takes a number of accesses to
 * bring what is proposed.
 */
#ifndef LIO_TESTS_PREFETCH_MODEL_H
#define LIO_TESTS_PREFETCH_MODEL_H

#include <lanceio/plugin.h>

#define MODEL_SECTOR 4096u
#define MODEL_PARAMS 8u

struct model {
    const struct lio_prefetch_ops *ops;
    union lio_value params[MODEL_PARAMS];
    void *stream;
    uint64_t nsectors;
    uint64_t latency; /* in accesses */
    uint64_t *ready;  /* by sector: the access from which on it is there */
    unsigned char *state;

    uint64_t naccesses;
    uint64_t nwaited;  /* accesses that found something missing */
    uint64_t nlate;    /* of these, that found it on its way */
    uint64_t read;     /* bytes read by the caller, for the first time */
    uint64_t proposed; /* bytes not there yet that were proposed */
    uint64_t used;     /* of these */
    uint64_t nlargest; /* bytes of the largest proposal */
    int32_t answer;    /* of the last observe() */
};

/* The plugin's own defaults, except where model_param() says otherwise. */
void model_begin(struct model *model, const struct lio_plugin *plugin,
                 uint64_t file_bytes, uint64_t latency);
void model_open(struct model *model);
void model_access(struct model *model, uint64_t offset, uint64_t length);

/* An access with no room for proposals. */
void model_access_only(struct model *model, uint64_t offset, uint64_t length);

/* Forget all that is in memory. */
void model_forget(struct model *model);
void model_end(struct model *model);

/* Bytes proposed in vain, per thousand of those read. */
uint64_t model_waste(const struct model *model);

/* A generator of numbers that is the same everywhere. */
uint64_t model_random(uint64_t *state);

#endif
