#include "plugins/filter/due.h"

#include <stdlib.h>

#include "common/clock.h"

int lio_dues_init(struct lio_dues *dues, uint32_t limit, struct lio_error *err)
{
    *dues = (struct lio_dues){ .limit = limit };
    dues->heap = malloc(limit * sizeof(*dues->heap));
    if (!dues->heap)
        return lio_error_set(err, LIO_ENOMEM, "no memory to hold %u operations",
                             limit);
    return 0;
}

void lio_dues_release(struct lio_dues *dues)
{
    free(dues->heap);
    dues->heap = NULL;
}

static bool before(const struct lio_due *a, const struct lio_due *b)
{
    return a->at_ns < b->at_ns || (a->at_ns == b->at_ns && a->seq < b->seq);
}

/* Find the place of `due` from the free place `at` upwards, and put it there.
 */
static void sift_up(struct lio_dues *dues, uint32_t at, struct lio_due due)
{
    uint32_t parent;

    for (; at > 0; at = parent) {
        parent = (at - 1) / 2;
        if (!before(&due, &dues->heap[parent]))
            break;
        dues->heap[at] = dues->heap[parent];
    }
    dues->heap[at] = due;
}

static void sift_down(struct lio_dues *dues, uint32_t at, struct lio_due due)
{
    uint32_t child;

    for (; (child = 2 * at + 1) < dues->n; at = child) {
        if (child + 1 < dues->n &&
            before(&dues->heap[child + 1], &dues->heap[child]))
            child++;
        if (!before(&dues->heap[child], &due))
            break;
        dues->heap[at] = dues->heap[child];
    }
    dues->heap[at] = due;
}

bool lio_dues_add(struct lio_dues *dues, struct lio_due due)
{
    if (dues->n == dues->limit)
        return false;
    due.seq = dues->seq++;
    sift_up(dues, dues->n++, due);
    return true;
}

uint64_t lio_dues_next(const struct lio_dues *dues)
{
    return dues->n > 0 ? dues->heap[0].at_ns : LIO_NO_DEADLINE;
}

static void take_at(struct lio_dues *dues, uint32_t at)
{
    struct lio_due last = dues->heap[--dues->n];

    if (at == dues->n)
        return;
    if (at > 0 && before(&last, &dues->heap[(at - 1) / 2]))
        sift_up(dues, at, last);
    else
        sift_down(dues, at, last);
}

bool lio_dues_pop(struct lio_dues *dues, uint64_t now_ns,
                  struct lio_due *ret_due)
{
    if (dues->n == 0 || dues->heap[0].at_ns > now_ns)
        return false;
    *ret_due = dues->heap[0];
    take_at(dues, 0);
    return true;
}

bool lio_dues_take(struct lio_dues *dues, uint64_t id, struct lio_due *ret_due)
{
    for (uint32_t i = 0; i < dues->n; i++) {
        if (dues->heap[i].done.id != id)
            continue;
        *ret_due = dues->heap[i];
        take_at(dues, i);
        return true;
    }
    return false;
}
