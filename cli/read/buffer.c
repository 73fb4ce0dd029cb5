/* Growing, with an alignment that realloc() does not keep. */
#include "cli/read/buffer.h"

#include <stdlib.h>

#define ALIGN       64
#define FIRST_BYTES 1024

int cli_buffer_grow(struct cli_buffer *buffer, size_t more)
{
    size_t room = buffer->room ? buffer->room : buffer->first;
    char *base;

    if (room == 0)
        room = FIRST_BYTES;

    if (more > SIZE_MAX / 4 - buffer->used)
        return LIO_ENOMEM;
    while (room < buffer->used + more)
        room *= 2;
    base = aligned_alloc(ALIGN, room);
    if (!base)
        return LIO_ENOMEM;
    if (buffer->used > 0)
        memcpy(base, buffer->base, buffer->used);
    free(buffer->base);
    buffer->base = base;
    buffer->room = room;
    return 0;
}

void *cli_buffer_take(struct cli_buffer *buffer)
{
    void *base = buffer->base;
    size_t some_more = buffer->used + buffer->used / 8 + ALIGN;

    *buffer = (struct cli_buffer){ .first = some_more / ALIGN * ALIGN };
    return base;
}

void cli_buffer_free(struct cli_buffer *buffer)
{
    free(buffer->base);
    *buffer = (struct cli_buffer){ 0 };
}
