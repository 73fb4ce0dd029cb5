/*
 * Growing bytes: as many as are expected, and doubled when they are full, so
 * that appending stays linear.
 */
#include "column/write/growing.h"

#include <string.h>

#define ROOM_MIN 256

void *lio_growing_room(struct lio_growing *growing, size_t bytes)
{
    size_t have = growing->mem ? growing->mem->bytes : 0;
    struct lio_mem *more;

    if (growing->mem && bytes <= have - growing->used)
        return growing->mem->data + growing->used;
    if (have > SIZE_MAX / 4 || bytes > SIZE_MAX / 4)
        return NULL;
    have = have > 0 ? have * 2 : growing->expected;
    have = have > growing->used + bytes ? have : growing->used + bytes;
    more = lio_pool_take(growing->pool, have > ROOM_MIN ? have : ROOM_MIN);
    if (!more)
        return NULL;
    if (growing->used > 0)
        memcpy(more->data, growing->mem->data, growing->used);
    lio_mem_put(growing->mem);
    growing->mem = more;
    return more->data + growing->used;
}

void lio_growing_release(struct lio_growing *growing)
{
    lio_mem_put(growing->mem);
    *growing = (struct lio_growing){ 0 };
}
