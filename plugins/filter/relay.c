#include "plugins/filter/relay.h"

#include "common/clock.h"

#define BATCH 64u /* completions taken from the next one at once */

int lio_relay_open(struct lio_relay *relay, const struct lio_relay_ops *ops,
                   const struct lio_backend_ops *next, void *next_backend,
                   uint32_t depth, struct lio_error *err)
{
    int rc = next->queue_open(next_backend, depth, &relay->next_queue, err);

    if (rc < 0)
        return rc;
    relay->ops = ops;
    relay->next = next;
    atomic_init(&relay->woken, false);
    pthread_mutex_init(&relay->lock, NULL);
    return 0;
}

void lio_relay_close(struct lio_relay *relay)
{
    relay->next->queue_close(relay->next_queue);
    pthread_mutex_destroy(&relay->lock);
}

static uint32_t take(struct lio_relay *relay, struct lio_completion *out,
                     uint32_t max, uint64_t *ret_due_ns)
{
    uint32_t n;

    pthread_mutex_lock(&relay->lock);
    n = relay->ops->take(relay, out, max, ret_due_ns);
    pthread_mutex_unlock(&relay->lock);
    return n;
}

/* Send what is staged, and let land what the next one has; waits for one
 * unless wait_ns is 0.  Returns 0 or a negative errno. */
static int collect(struct lio_relay *relay, bool room, int64_t wait_ns)
{
    struct lio_completion done[BATCH];
    int got = relay->next->reap(relay->next_queue, done, room ? BATCH : 0,
                                wait_ns != 0, wait_ns);

    if (got <= 0)
        return got;
    pthread_mutex_lock(&relay->lock);
    for (int i = 0; i < got; i++)
        relay->ops->land(relay, &done[i]);
    pthread_mutex_unlock(&relay->lock);
    return 0;
}

int lio_relay_reap(void *queue, struct lio_completion *out, uint32_t max,
                   uint32_t min, int64_t timeout_ns)
{
    struct lio_relay *relay = queue;
    uint64_t deadline = lio_deadline_after(timeout_ns), due_ns;
    uint32_t n = 0;
    bool wait;
    int rc;

    if (min > max)
        min = max;
    do {
        n += take(relay, out + n, max - n, &due_ns);
        wait = n < min && !atomic_load(&relay->woken);
        if (due_ns > deadline)
            due_ns = deadline;
        rc = collect(relay, n < max, wait ? lio_deadline_left(due_ns) : 0);
        n += take(relay, out + n, max - n, &due_ns);
    } while (rc >= 0 && n < min && !atomic_load(&relay->woken) &&
             lio_deadline_left(deadline) != 0);
    atomic_store(&relay->woken, false);
    return n > 0 || rc >= 0 ? (int)n : rc;
}

int lio_relay_wake(void *queue)
{
    struct lio_relay *relay = queue;
    int rc;

    atomic_store(&relay->woken, true);
    pthread_mutex_lock(&relay->lock);
    rc = relay->next->wake(relay->next_queue);
    pthread_mutex_unlock(&relay->lock);
    return rc;
}

void lio_relay_nudge(struct lio_relay *relay)
{
    (void)relay->next->wake(relay->next_queue);
}
