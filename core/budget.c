/*
 * The budget.
 *
 * While nobody waits, taking is one atomic addition.  He who finds too little
 * queues up first and tries again: so either he sees the bytes that were given
 * back in between, or the giver sees him.
 */
#include "core/budget.h"

#include <string.h>

void lio_budget_init(struct lio_budget *budget, uint64_t limit_bytes)
{
    memset(budget, 0, sizeof(*budget));
    budget->limit_bytes = limit_bytes;
    pthread_mutex_init(&budget->lock, NULL);
}

void lio_budget_release(struct lio_budget *budget)
{
    pthread_mutex_destroy(&budget->lock);
}

static bool try_take(struct lio_budget *budget, uint64_t bytes)
{
    uint64_t taken = atomic_load(&budget->taken_bytes);

    for (;;) {
        if (taken > 0 && (taken >= budget->limit_bytes ||
                          bytes > budget->limit_bytes - taken))
            return false;
        if (atomic_compare_exchange_weak(&budget->taken_bytes, &taken,
                                         taken + bytes))
            return true;
    }
}

static void enqueue(struct lio_budget *budget, struct lio_budget_place *place)
{
    if (place->queued)
        return;
    place->queued = true;
    place->next = NULL;
    if (budget->last)
        budget->last->next = place;
    else
        budget->first = place;
    budget->last = place;
    atomic_fetch_add(&budget->nqueued, 1);
}

static void dequeue(struct lio_budget *budget, struct lio_budget_place *place)
{
    struct lio_budget_place *before = NULL, *at = budget->first;

    if (!place->queued)
        return;
    for (; at != place; at = at->next)
        before = at;
    if (before)
        before->next = place->next;
    else
        budget->first = place->next;
    if (budget->last == place)
        budget->last = before;
    place->queued = false;
    atomic_fetch_sub(&budget->nqueued, 1);
}

bool lio_budget_take(struct lio_budget *budget, uint64_t bytes,
                     struct lio_budget_place *place)
{
    bool taken;

    if (bytes == 0)
        return true;
    if (budget->limit_bytes == 0) {
        atomic_fetch_add(&budget->taken_bytes, bytes);
        return true;
    }
    if (atomic_load(&budget->nqueued) == 0 && try_take(budget, bytes))
        return true;
    pthread_mutex_lock(&budget->lock);
    enqueue(budget, place);
    taken = budget->first == place && try_take(budget, bytes);
    if (taken)
        dequeue(budget, place);
    pthread_mutex_unlock(&budget->lock);
    return taken;
}

bool lio_budget_give(struct lio_budget *budget, uint64_t bytes)
{
    if (bytes == 0)
        return false;
    atomic_fetch_sub(&budget->taken_bytes, bytes);
    return atomic_load(&budget->nqueued) > 0;
}

void lio_budget_leave(struct lio_budget *budget, struct lio_budget_place *place)
{
    pthread_mutex_lock(&budget->lock);
    dequeue(budget, place);
    pthread_mutex_unlock(&budget->lock);
}

void *lio_budget_first(struct lio_budget *budget)
{
    void *owner = NULL;

    if (atomic_load(&budget->nqueued) == 0)
        return NULL;
    pthread_mutex_lock(&budget->lock);
    if (budget->first)
        owner = budget->first->owner;
    pthread_mutex_unlock(&budget->lock);
    return owner;
}
