/*
 * Lists of reads.
 */
#include "column/reads.h"

#include <stdbool.h>
#include <stdlib.h>

static bool continues(const struct lio_source_read *last,
                      const struct lio_source_read *read)
{
    return last->source == read->source &&
           last->offset + last->bytes == read->offset &&
           (char *)last->into + last->bytes == (char *)read->into;
}

static int grow(struct lio_reads *reads)
{
    uint32_t room = reads->room > 0 ? reads->room * 2 : 64;
    struct lio_source_read *all;

    if (reads->room > UINT32_MAX / 2)
        return LIO_ENOMEM;
    all = realloc(reads->all, room * sizeof(*all));
    if (!all)
        return LIO_ENOMEM;
    reads->all = all;
    reads->room = room;
    return 0;
}

int lio_reads_add(struct lio_reads *reads, const struct lio_source_read *read)
{
    int rc = 0;

    if (reads->n > 0 && continues(&reads->all[reads->n - 1], read)) {
        reads->all[reads->n - 1].bytes += read->bytes;
        return 0;
    }
    if (reads->n == reads->room)
        rc = grow(reads);
    if (rc < 0)
        return rc;
    reads->all[reads->n++] = *read;
    return 0;
}

void lio_reads_release(struct lio_reads *reads)
{
    free(reads->all);
    *reads = (struct lio_reads){ 0 };
}
