/*
 * Where text goes: a stdio stream through a large buffer, or growing memory.
 *
 * Writers ask for room, write at the pointer, and say how far they came; no
 * call a value, no allocation a value:
 *
 *     char *at = cli_out_room(out, CLI_U64_ROOM);
 *     cli_out_end(out, cli_u64_put(at, n));
 *
 * A failure (a full disk, a closed pipe, no memory) is remembered and what is
 * written from then on is thrown away, so that only the one who can do
 * something about it has to look, at out->os_errno.
 */
#ifndef LIO_CLI_OUT_H
#define LIO_CLI_OUT_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define CLI_OUT_ROOM 4096 /* bytes that cli_out_room() always has */

struct cli_out {
    char *base;
    size_t used, room;
    FILE *stream;     /* or NULL: keep everything in memory */
    uint64_t flushed; /* bytes handed to the stream */
    int os_errno;     /* of the first failure, or 0 */
};

/* Write to `stream`, which is flushed and not closed.  Returns 0 or ENOMEM. */
int cli_out_init(struct cli_out *out, FILE *stream);

/* Write to memory: `used` bytes at `base`.  Returns 0 or ENOMEM. */
int cli_out_init_memory(struct cli_out *out);

/* Free the buffer; what was not flushed is lost.  Accepts a zeroed one. */
void cli_out_release(struct cli_out *out);

/* Hand everything to the stream, and make it write.  Returns os_errno. */
int cli_out_flush(struct cli_out *out);

/* The slow halves of the inline functions below. */
void cli_out_make_room(struct cli_out *out, size_t bytes);
void cli_out_long(struct cli_out *out, const char *text, size_t bytes);

/* Room for `bytes` <= CLI_OUT_ROOM at the returned pointer; never NULL. */
static inline char *cli_out_room(struct cli_out *out, size_t bytes)
{
    assert(bytes <= CLI_OUT_ROOM);
    if (out->room - out->used < bytes)
        cli_out_make_room(out, bytes);
    return out->base + out->used;
}

/* Text has been written up to `end`, within what cli_out_room() gave. */
static inline void cli_out_end(struct cli_out *out, const char *end)
{
    out->used = (size_t)(end - out->base);
}

static inline void cli_out_bytes(struct cli_out *out, const char *text,
                                 size_t bytes)
{
    if (out->room - out->used < bytes) {
        cli_out_long(out, text, bytes);
        return;
    }
    memcpy(out->base + out->used, text, bytes);
    out->used += bytes;
}

static inline void cli_out_char(struct cli_out *out, char c)
{
    if (out->used == out->room)
        cli_out_make_room(out, 1);
    out->base[out->used++] = c;
}

static inline void cli_out_text(struct cli_out *out, const char *text)
{
    cli_out_bytes(out, text, strlen(text));
}

#endif
