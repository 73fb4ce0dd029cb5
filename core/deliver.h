/*
 * Delivery: a finished request's result reaches its owner, once.
 *
 *     callback   put on the batch's list, run when no lock is held
 *     queue      appended to it; its consumer takes it
 *     id         the state becomes DONE; whoever waits for the id takes it
 */
#ifndef LIO_CORE_DELIVER_H
#define LIO_CORE_DELIVER_H

#include "core/batch.h"
#include "core/lane.h"

struct lio_cq {
    struct lio_engine *engine;
    struct lio_lane *lane;  /* of all its requests */
    struct lio_io_list own; /* done; touched by the consumer's thread alone */
    uint32_t nown;          /* likewise */
    pthread_mutex_t lock;   /* guards `done`; a leaf */
    struct lio_io_list done;
    _Atomic uint32_t ndone;       /* in `done` */
    _Atomic uint64_t outstanding; /* submitted, not taken */
    _Atomic int64_t joins;        /* of its requests' parts, on other fills */
    _Atomic(struct lio_waiter *) waiter; /* the consumer, while it waits */
};

/* Hand over a finished request. */
void lio_deliver(struct lio_io *request, struct lio_batch *batch);

/*
 * Turn up to `max` delivered requests of one lane into results, and give the
 * objects back.  Returns how many there were.
 */
uint32_t lio_take(struct lio_lane *lane, struct lio_io_list *done,
                  struct lio_result *results, uint32_t max);

/* Wake whoever is registered in `slot`, which `home`'s wait_lock guards, unless
 * that is `self`. */
void lio_wake_registered(_Atomic(struct lio_waiter *) *slot,
                         struct lio_lane *home, const struct lio_waiter *self);

/* Run the callbacks that are due.  Holds no lock. */
void lio_deliver_callbacks(struct lio_batch *batch);

/* The request waits for so many more loads, or less, that others have begun,
 * perhaps on other lanes: who waits for its result must look after those. */
void lio_deliver_joined(const struct lio_io *request, int change);

#endif
