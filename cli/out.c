/*
 * A large buffer in front of a stream, or growing memory.
 *
 * 256 KiB: writes to a pipe or file of that size cost next to nothing a row,
 * and stdio passes a block of this size on without copying it again.
 */
#include "cli/out.h"

#include <errno.h>
#include <stdlib.h>

#define STREAM_BYTES ((size_t)256 << 10)

static int init(struct cli_out *out, FILE *stream, size_t bytes)
{
    char *base = malloc(bytes);

    if (!base)
        return ENOMEM;
    *out = (struct cli_out){ .base = base, .room = bytes, .stream = stream };
    return 0;
}

int cli_out_init(struct cli_out *out, FILE *stream)
{
    return init(out, stream, STREAM_BYTES);
}

int cli_out_init_memory(struct cli_out *out)
{
    return init(out, NULL, CLI_OUT_ROOM);
}

void cli_out_release(struct cli_out *out)
{
    free(out->base);
    *out = (struct cli_out){ 0 };
}

static void fail(struct cli_out *out, int os_errno)
{
    if (!out->os_errno)
        out->os_errno = os_errno ? os_errno : EIO;
    out->used = 0;
}

static void send(struct cli_out *out, const char *text, size_t bytes)
{
    if (out->os_errno)
        return;
    errno = 0;
    if (fwrite(text, 1, bytes, out->stream) != bytes)
        fail(out, errno);
    else
        out->flushed += bytes;
}

static void empty(struct cli_out *out)
{
    send(out, out->base, out->used);
    out->used = 0;
}

int cli_out_flush(struct cli_out *out)
{
    if (!out->stream)
        return out->os_errno;
    empty(out);
    errno = 0;
    if (!out->os_errno && fflush(out->stream) != 0)
        fail(out, errno);
    return out->os_errno;
}

/* A buffer that cannot grow starts again at its beginning: that has room for
 * any cli_out_room(), and what is in it no longer matters. */
static void grow(struct cli_out *out, size_t bytes)
{
    size_t room = out->room;
    char *base;

    while (room - out->used < bytes) {
        if (room > SIZE_MAX / 2) {
            fail(out, ENOMEM);
            return;
        }
        room *= 2;
    }
    base = realloc(out->base, room);
    if (!base) {
        fail(out, ENOMEM);
        return;
    }
    out->base = base;
    out->room = room;
}

void cli_out_make_room(struct cli_out *out, size_t bytes)
{
    if (out->stream)
        empty(out);
    else
        grow(out, bytes);
}

void cli_out_long(struct cli_out *out, const char *text, size_t bytes)
{
    if (out->stream) {
        empty(out);
        if (bytes >= out->room) {
            send(out, text, bytes);
            return;
        }
    } else {
        grow(out, bytes);
    }
    if (out->os_errno)
        return;
    memcpy(out->base + out->used, text, bytes);
    out->used += bytes;
}
