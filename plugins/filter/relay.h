/*
 * The reap side of a filter that may keep completions back.
 *
 *     next one's reap() ─► land() ─► [ what the filter holds ] ─► take() ─► out
 *                                      due at 10:03, 10:04, ...
 *
 * The filter says what becomes of a completion that lands, and hands over what
 * may leave; the relay sleeps in the next one's reap() no longer than until the
 * next is due, so nothing ever spins, and takes care of timeouts and wake-ups.
 *
 * A wake-up is noted here before it goes down.  The next one's reap() may
 * return early for many reasons (a wake-up of which this reap() has already
 * taken notice, a time that was ours and not the caller's), and by the note
 * the relay tells whether the caller has to be let go.
 */
#ifndef LIO_FILTER_RELAY_H
#define LIO_FILTER_RELAY_H

#include <lanceio/plugin.h>

#include <pthread.h>
#include <stdatomic.h>

struct lio_relay;

/* All are called with the relay's lock held. */
struct lio_relay_ops {
    /* The next one has completed something. */
    void (*land)(struct lio_relay *relay, const struct lio_completion *done);

    /* Hand over up to `max` completions that may leave; `*ret_due_ns` is when
     * to ask again, LIO_NO_DEADLINE if there is nothing to wait for but the
     * next one. */
    uint32_t (*take)(struct lio_relay *relay, struct lio_completion *out,
                     uint32_t max, uint64_t *ret_due_ns);
};

/* The first member of a filter's queue. */
struct lio_relay {
    const struct lio_relay_ops *ops;
    const struct lio_backend_ops *next;
    void *next_queue;
    pthread_mutex_t lock; /* guards all that the filter's queue holds; taken
                             before anything the next one locks */
    _Atomic bool woken;
};

/* Opens a queue of the next one. */
int lio_relay_open(struct lio_relay *relay, const struct lio_relay_ops *ops,
                   const struct lio_backend_ops *next, void *next_backend,
                   uint32_t depth, struct lio_error *err);
void lio_relay_close(struct lio_relay *relay);

/* reap() and wake() of the filter's table; `queue` begins with a relay. */
int lio_relay_reap(void *queue, struct lio_completion *out, uint32_t max,
                   uint32_t min, int64_t timeout_ns);
int lio_relay_wake(void *queue);

/* Let a reap() that sleeps ask take() again.  With the lock held, and as one of
 * the calls of the submit side. */
void lio_relay_nudge(struct lio_relay *relay);

#endif
