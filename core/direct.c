/*
 * Direct reads: layout, memory, edges.
 */
#include "core/direct.h"

#include <string.h>

#include "core/memory.h"

/* To copy less than this costs no more than further buffers do. */
#define BODY_MIN (4 * LIO_MEMORY_PAGE)

static uint64_t down(uint64_t at, uint64_t align)
{
    return at - at % align;
}

static uint64_t up(uint64_t at, uint64_t align)
{
    return down(at + align - 1, align);
}

/* -- layout -------------------------------------------------------------- */

static bool fits(const struct lio_io *io)
{
    const struct lio_handle *handle = io->handle;

    return io->offset % handle->offset_align == 0 &&
           io->length % handle->offset_align == 0 &&
           (uintptr_t)io->buf % handle->memory_align == 0;
}

static void set_range(struct lio_io *io, uint64_t from, uint64_t until)
{
    io->op.iov = io->iov;
    io->op.niov = 0;
    io->op.offset = from;
    io->op.length = until - from;
    io->direct_at = from;
}

static void add_buffer(struct lio_io *io, void *base, uint64_t bytes)
{
    if (bytes > 0)
        io->iov[io->op.niov++] = (struct lio_iovec){ base, bytes };
}

static void plan_straight(struct lio_io *io)
{
    set_range(io, io->offset, io->offset + io->length);
    io->iov[0] = (struct lio_iovec){ io->buf, io->length };
    io->op.niov = 1; /* also of no bytes */
}

void lio_direct_plan_bounced(struct lio_io *io)
{
    uint64_t align = io->handle->offset_align;

    set_range(io, down(io->offset, align), up(io->offset + io->length, align));
    add_buffer(io, NULL, io->op.length);
    io->bounce_bytes = io->op.length;
}

/* False if the memory is out of step with the file, or hardly any of it would
 * be read straight. */
static bool plan_split(struct lio_io *io, uint64_t most)
{
    const struct lio_handle *handle = io->handle;
    uint64_t align = handle->offset_align;
    uint64_t edge = LIO_DIRECT_EDGE % align == 0 ? LIO_DIRECT_EDGE : align;
    uint64_t from = down(io->offset, edge), body = up(io->offset, edge);
    uint64_t until = up(io->offset + io->length, edge);
    uint64_t end = down(io->offset + io->length, edge);
    unsigned char *to;

    if (end < body + BODY_MIN || until - from > most)
        return false;
    to = io->buf + (body - io->offset);
    if ((uintptr_t)to % handle->memory_align != 0)
        return false;
    set_range(io, from, until);
    add_buffer(io, NULL, body - from);
    add_buffer(io, to, end - body);
    add_buffer(io, NULL, until - end);
    io->body_at = body;
    io->body_bytes = end - body;
    io->bounce_bytes = io->op.length - io->body_bytes;
    return true;
}

/* Would edges let the body begin with a page of memory, which it does not? */
static bool gains_pages(const struct lio_io *io)
{
    return io->handle->memory_align > 1 &&
           (uintptr_t)io->buf % LIO_DIRECT_EDGE != 0 &&
           ((uintptr_t)io->buf - io->offset) % LIO_DIRECT_EDGE == 0;
}

bool lio_direct_plan(struct lio_io *io, uint64_t most)
{
    bool fit = fits(io);

    if ((!fit || gains_pages(io)) && plan_split(io, most))
        return true;
    if (!fit || io->length > most)
        return false;
    plan_straight(io);
    return true;
}

/* -- memory -------------------------------------------------------------- */

/* Kept by the lane; but the object of a request may be kept for long. */
static bool is_page(const struct lio_io *io)
{
    return io->parent && io->bounce_bytes <= LIO_MEMORY_PAGE;
}

/* Bytes of the bounce buffer before those that lie behind the body. */
static uint64_t head_bytes(const struct lio_io *io)
{
    return io->body_bytes > 0 ? io->body_at - io->direct_at : io->bounce_bytes;
}

static void set_buffers(struct lio_io *io)
{
    unsigned char *bounce = io->bounce;
    uint64_t head = head_bytes(io);

    if (head > 0)
        io->iov[0].base = bounce;
    if (head < io->bounce_bytes)
        io->iov[io->op.niov - 1].base = bounce + head;
}

bool lio_direct_equip(struct lio_io *io, struct lio_slab *slab,
                      struct lio_memory *memory)
{
    if (io->bounce_bytes == 0 || io->bounce)
        return true;
    if (!is_page(io)) {
        io->bounce = lio_memory_get(memory, io->bounce_bytes);
    } else if (lio_memory_charge(memory, LIO_MEMORY_PAGE)) {
        io->bounce = lio_slab_get_page(slab);
        if (!io->bounce)
            lio_memory_discharge(memory, LIO_MEMORY_PAGE);
    }
    if (!io->bounce)
        return false;
    set_buffers(io);
    return true;
}

void lio_direct_end(struct lio_io *io, struct lio_memory *memory)
{
    if (!io->bounce)
        return;
    if (is_page(io)) { /* which goes back with the io */
        lio_memory_discharge(memory, LIO_MEMORY_PAGE);
        return;
    }
    lio_memory_put(memory, io->bounce, io->bounce_bytes);
    io->bounce = NULL;
}

/* -- what was read ------------------------------------------------------- */

uint64_t lio_direct_got(const struct lio_io *io)
{
    uint64_t until = io->direct_at + io->moved;
    uint64_t end = io->offset + io->length;

    if (until <= io->offset)
        return 0;
    return (until < end ? until : end) - io->offset;
}

/* What of the io lies within [from, until), which the bounce buffer has at
 * `place`. */
static void copy_range(const struct lio_io *io, uint64_t got, uint64_t from,
                       uint64_t until, uint64_t place)
{
    const unsigned char *bounce = io->bounce;
    uint64_t lo = from > io->offset ? from : io->offset;
    uint64_t hi = until < io->offset + got ? until : io->offset + got;

    if (lo < hi)
        memcpy(io->buf + (lo - io->offset), bounce + place + (lo - from),
               hi - lo);
}

void lio_direct_copy(const struct lio_io *io, uint64_t got)
{
    uint64_t head = head_bytes(io);
    uint64_t tail_at = io->direct_at + head + io->body_bytes;

    copy_range(io, got, io->direct_at, io->direct_at + head, 0);
    copy_range(io, got, tail_at, tail_at + io->bounce_bytes - head, head);
}
