/*
 * Lists of reads.
 */
#include "column/reads.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Reads up to this size are small, and those up to this far apart are near. */
#define SMALL_BYTES (4u << 10)
#define NEAR_BYTES  (1u << 10)

/* Larger ones would keep a device from doing several at once. */
#define SPAN_BYTES (256u << 10)

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

/* -- many as one --------------------------------------------------------- */

/* Whether a read, which comes after those in a span, becomes part of it. */
static bool is_near(const struct lio_source_read *span,
                    const struct lio_source_read *read)
{
    return read->source == span->source && span->bytes <= SPAN_BYTES &&
           read->bytes <= SMALL_BYTES && read->offset >= span->offset &&
           read->offset - span->offset <= span->bytes + NEAR_BYTES &&
           read->offset - span->offset <= SPAN_BYTES - read->bytes;
}

/* The span that begins with a read, into no memory yet if it is of several;
 * those before `*ret_end` are part of it. */
static struct lio_source_read find_span(const struct lio_reads *reads,
                                        uint32_t from, uint32_t *ret_end)
{
    struct lio_source_read span = reads->all[from];
    uint32_t end = from + 1;

    while (span.bytes <= SPAN_BYTES && reads->all[from].bytes <= SMALL_BYTES &&
           end < reads->n && is_near(&span, &reads->all[end])) {
        const struct lio_source_read *read = &reads->all[end++];
        size_t bytes = (size_t)(read->offset - span.offset) + read->bytes;

        span.bytes = bytes > span.bytes ? bytes : span.bytes;
        span.into = NULL;
    }
    *ret_end = end;
    return span;
}

/* What is read as one is copied to where it was wanted. */
static void scatter(const struct lio_reads *reads, const uint8_t *from)
{
    uint32_t end;

    for (uint32_t i = 0; i < reads->n; i = end) {
        struct lio_source_read span = find_span(reads, i, &end);

        if (span.into)
            continue;
        for (uint32_t k = i; k < end; k++)
            memcpy(reads->all[k].into,
                   from + (reads->all[k].offset - span.offset),
                   reads->all[k].bytes);
        from += span.bytes;
    }
}

/* Start the spans, of which there is room for one for each read. */
static int start_spans(struct lio_reads *reads,
                       const struct lio_source_manner *manner,
                       struct lio_source_read *spans, struct lio_error *err)
{
    uint64_t bytes = 0;
    uint32_t n = 0, end;

    for (uint32_t i = 0; i < reads->n; i = end) {
        spans[n] = find_span(reads, i, &end);
        bytes += spans[n].into ? 0 : spans[n].bytes;
        n++;
    }
    reads->spans = lio_mem_new(bytes);
    if (!reads->spans)
        return LIO_ENOMEM;
    bytes = 0;
    for (uint32_t i = 0; i < n; i++)
        if (!spans[i].into) {
            spans[i].into = reads->spans->data + bytes;
            bytes += spans[i].bytes;
        }
    return lio_source_start_with(manner, spans, n, &reads->batch, err);
}

int lio_reads_start(struct lio_reads *reads,
                    const struct lio_source_manner *manner,
                    struct lio_error *err)
{
    struct lio_source_read *spans;
    int rc;

    if (reads->n == 0)
        return 0;
    spans = malloc(reads->n * sizeof(*spans));
    rc = spans ? start_spans(reads, manner, spans, err) : LIO_ENOMEM;
    free(spans);
    if (rc == LIO_ENOMEM)
        return lio_error_set(err, rc, "%s: no memory for %" PRIu32 " reads",
                             lio_source_name(reads->all[0].source), reads->n);
    return rc;
}

int lio_reads_finish(struct lio_reads *reads, struct lio_error *err)
{
    struct lio_source_batch *batch = reads->batch;
    int rc;

    if (!batch)
        return 0;
    reads->batch = NULL;
    rc = lio_source_finish(batch, err);
    if (rc == 0)
        scatter(reads, reads->spans->data);
    return rc;
}

int lio_reads_run(struct lio_reads *reads, struct lio_error *err)
{
    static const struct lio_source_manner as_usual;
    int rc = lio_reads_start(reads, &as_usual, err);

    return rc < 0 ? rc : lio_reads_finish(reads, err);
}

void lio_reads_release(struct lio_reads *reads)
{
    lio_source_abandon(reads->batch);
    lio_mem_put(reads->spans);
    free(reads->all);
    *reads = (struct lio_reads){ 0 };
}
