/*
 * Levels of a page that has a buffer of them by themselves, in order, of which
 * few are in memory at a time.
 *
 *     buffer     | piece | piece | piece | ...     read one after the other
 *     levels             | levels | ...            of one piece
 *                             at
 *
 * Plain levels, and blocks of them, are found by their numbers; runs by adding
 * up those before.
 */
#ifndef LIO_COLUMN_LEVEL_STREAM_H
#define LIO_COLUMN_LEVEL_STREAM_H

#include "column/encoding.h"
#include "column/source.h"

/* Which way an encoding is taken in pieces. */
enum lio_level_form {
    LIO_LEVELS_NOT,    /* none: as a whole, if that is little */
    LIO_LEVELS_PLAIN,  /* two bytes each */
    LIO_LEVELS_BLOCKS, /* of 1024, packed out of line */
    LIO_LEVELS_RUNS,
    LIO_LEVELS_SAME /* one value, and no buffer */
};

struct lio_level_stream {
    /* Set before the first peek. */
    const Lio__Pb__CompressiveEncoding *enc; /* NULL: plain */
    struct lio_source *source;
    uint64_t offset; /* of the buffer */
    uint64_t bytes;
    uint64_t n; /* levels in all; 0: there is no such stream */
    /* Who takes them sets it, to any of them. */
    uint64_t at;
    /* The stream's own. */
    struct lio_mem *levels;
    uint64_t first; /* number of the first that is there */
    uint64_t have;
    struct lio_mem *piece; /* of the buffer, or of the lengths of runs */
    struct lio_mem *run_values;
    uint64_t run_first; /* that the two begin with */
    uint64_t nruns;     /* in them */
    uint64_t run;       /* the next, of all */
    uint64_t runs_end;
};

/* Whether levels so encoded can be had in pieces. */
bool lio_level_stream_can(const Lio__Pb__CompressiveEncoding *enc, uint64_t n,
                          uint64_t bytes);
void lio_level_stream_release(struct lio_level_stream *stream);

/* The levels from stream->at on, as many as are there: none, behind the last.
 * They stay until the next call. */
LIO_MUST_CHECK int lio_level_stream_peek(struct lio_level_stream *stream,
                                         struct lio_decode *dec,
                                         const uint16_t **ret_levels,
                                         uint64_t *ret_n);

#endif
