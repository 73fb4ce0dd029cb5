/*
 * The file that a trace goes to, in one of two formats; README.md has both.
 *
 * Tracing must not fail what it traces.  The first write that does not go
 * through ends it: what was written stays, cut after the last whole piece, and
 * the rest is only counted.
 */
#ifndef LIO_TRACE_OUTPUT_H
#define LIO_TRACE_OUTPUT_H

#include <lanceio/plugin.h>

#include <pthread.h>

enum lio_trace_format { LIO_TRACE_CSV, LIO_TRACE_BINARY };

/* An operation that is over. */
struct lio_trace_record {
    uint64_t submit_ns, done_ns; /* monotonic */
    uint64_t offset, length;
    int64_t result; /* bytes, or a negative errno */
    uint32_t file;  /* number, from 1 */
    uint16_t lane;
    uint16_t kind; /* enum lio_op_kind */
};

/* What a record has in either format, at most. */
#define LIO_TRACE_RECORD_MAX 160u

struct lio_trace_output {
    enum lio_trace_format format;
    int fd;
    pthread_mutex_t lock; /* guards all below, and one write at a time */
    uint64_t bytes;       /* written whole */
    uint64_t records;     /* likewise */
    uint64_t lost;
    bool stopped;
};

/* Make the file, or empty it.  LIO_ECONFIG if that cannot be. */
int lio_trace_output_open(struct lio_trace_output *output, const char *path,
                          enum lio_trace_format format, struct lio_error *err);

/* Write the end, and close. */
void lio_trace_output_close(struct lio_trace_output *output);

/* Say which file a number stands for, before it is used. */
void lio_trace_output_file(struct lio_trace_output *output, uint32_t number,
                           const char *path);

/* Write `n` records; `text` has room for n * LIO_TRACE_RECORD_MAX bytes, and
 * is where they are put into words. */
void lio_trace_output_records(struct lio_trace_output *output,
                              const struct lio_trace_record *records,
                              uint32_t n, char *text);

#endif
