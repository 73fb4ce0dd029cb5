/*
 * Buffers of Arrow arrays that are being built: they start at multiples of 64,
 * and grow by doubling.
 */
#ifndef LIO_CLI_READ_BUFFER_H
#define LIO_CLI_READ_BUFFER_H

#include <lanceio/error.h>

#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct cli_buffer {
    char *base; /* NULL before the first byte */
    size_t used, room;
    size_t first; /* room to begin with: what the last one needed; 0: any */
};

/* Make room for `more` bytes.  Returns 0 or LIO_ENOMEM. */
LIO_MUST_CHECK int cli_buffer_grow(struct cli_buffer *buffer, size_t more);

void cli_buffer_free(struct cli_buffer *buffer);

/* Take the bytes, which are the caller's to free(); the next ones are expected
 * to be as many. */
void *cli_buffer_take(struct cli_buffer *buffer);

/* Append; returns 0 or LIO_ENOMEM. */
LIO_MUST_CHECK static inline int cli_buffer_add(struct cli_buffer *buffer,
                                                const void *bytes, size_t n)
{
    if (buffer->room - buffer->used < n && cli_buffer_grow(buffer, n) < 0)
        return LIO_ENOMEM;
    /* Most are numbers of eight bytes, which need no call. */
    if (n == 8)
        memcpy(buffer->base + buffer->used, bytes, 8);
    else if (n > 0)
        memcpy(buffer->base + buffer->used, bytes, n);
    buffer->used += n;
    return 0;
}

#endif
