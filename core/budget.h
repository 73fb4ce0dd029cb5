/*
 * The budget: how many bytes may be on their way at once, in all lanes
 * together.
 *
 * An operation's share is taken when its request is admitted and given back
 * when the device is done with it, not when the caller takes the result: a
 * caller that sits on a result can hold nobody up.  A request larger than the
 * whole budget is admitted when nothing else is on its way, and so runs alone.
 *
 * Lanes that do not get what they need queue up, and while any does, only the
 * first of them is served: a lane that completes a lot cannot outrun the
 * others.
 */
#ifndef LIO_CORE_BUDGET_H
#define LIO_CORE_BUDGET_H

#include <lanceio/error.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

/* A lane's place in the queue.  Zeroed: it does not wait. */
struct lio_budget_place {
    struct lio_budget_place *next;
    bool queued;
    void *owner;
};

struct lio_budget {
    uint64_t limit_bytes; /* 0: none */
    _Atomic uint64_t taken_bytes;
    _Atomic uint32_t nqueued;
    pthread_mutex_t lock; /* guards the queue, and taking while there is one;
                             a leaf */
    struct lio_budget_place *first, *last;
};

void lio_budget_init(struct lio_budget *budget, uint64_t limit_bytes);
void lio_budget_release(struct lio_budget *budget);

/* Take `bytes`.  False: `place` is in the queue now, and whoever gives bytes
 * back sees it there. */
bool lio_budget_take(struct lio_budget *budget, uint64_t bytes,
                     struct lio_budget_place *place);

/* Give bytes back; true if somebody waits for them. */
bool lio_budget_give(struct lio_budget *budget, uint64_t bytes);

/* Leave the queue: there is nothing left to admit. */
void lio_budget_leave(struct lio_budget *budget,
                      struct lio_budget_place *place);

/* The owner of the first place in the queue, or NULL. */
void *lio_budget_first(struct lio_budget *budget);

#endif
