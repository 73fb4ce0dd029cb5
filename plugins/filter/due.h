/*
 * What has to wait for its time: a heap with the earliest on top, and of those
 * with one time the one that came first.
 *
 * No locking: the filter's queue does that.
 */
#ifndef LIO_FILTER_DUE_H
#define LIO_FILTER_DUE_H

#include <lanceio/plugin.h>

struct lio_due {
    uint64_t at_ns; /* monotonic */
    uint64_t seq;   /* lio_dues_add() numbers them */
    uint32_t slot;  /* of the operation, LIO_NO_ID if it has none */
    struct lio_completion done;
};

struct lio_dues {
    struct lio_due *heap;
    uint32_t n, limit;
    uint64_t seq;
};

int lio_dues_init(struct lio_dues *dues, uint32_t limit, struct lio_error *err);
void lio_dues_release(struct lio_dues *dues);

/* False if there is no room. */
bool lio_dues_add(struct lio_dues *dues, struct lio_due due);

/* When the first is due; LIO_NO_DEADLINE if there is none. */
uint64_t lio_dues_next(const struct lio_dues *dues);

/* Take the first if it is due at `now_ns`. */
bool lio_dues_pop(struct lio_dues *dues, uint64_t now_ns,
                  struct lio_due *ret_due);

/* Take the one with this id, whenever it is due; false if there is none. */
bool lio_dues_take(struct lio_dues *dues, uint64_t id, struct lio_due *ret_due);

#endif
