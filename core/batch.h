/*
 * A batch: what one thread completes in one go, and what it must do about it
 * once it holds no lock any more.
 */
#ifndef LIO_CORE_BATCH_H
#define LIO_CORE_BATCH_H

#include "core/io.h"

struct lio_waiter;

/* Completions of one file, added to its shared counters together. */
struct lio_tally {
    struct lio_file *file;
    uint64_t finished; /* requests */
    bool holds; /* it counts as one itself, so that the file stays: the request
                   whose operation is counted may be finished elsewhere */
    uint64_t reads, writes, bytes_read, bytes_written, errors; /* operations */
};

struct lio_batch {
    struct lio_engine *engine;
    struct lio_waiter *self; /* of this thread: need not be woken */
    struct lio_cq *own_cq;   /* this thread is its consumer */
    uint64_t now_ns;         /* one reading of the clock serves all */
    struct lio_tally tally;
    struct lio_io_list again;     /* operations to issue once more, this lane */
    struct lio_io_list spent;     /* parts to give back */
    struct lio_io_list callbacks; /* requests whose callback is due */
    struct lio_io_list planned; /* requests whose operations are to be issued */
    bool sampled_small, sampled_large; /* the device model has one of each */
    bool hold; /* what is planned may stay staged until the next flush */
    bool fed;  /* a handle or bytes are free that some lane starves for */
};

void lio_batch_begin(struct lio_batch *batch, struct lio_engine *engine);

/* To count an operation of `file`, whose request is not over yet: the tally
 * keeps the file open until it is put away. */
struct lio_tally *lio_batch_tally(struct lio_batch *batch,
                                  struct lio_file *file);

/* A request of `file` is over. */
void lio_batch_finished(struct lio_batch *batch, struct lio_file *file);

/* An operation of no more use, to be given back; its request may be over from
 * now on, and its file closed. */
void lio_batch_spend(struct lio_batch *batch, struct lio_io *io);

/* Show the device model a read that went well, one of a kind a batch. */
void lio_batch_sample(struct lio_batch *batch, const struct lio_io *io);

/* Put away tally, spent parts and planned requests; may hold the token. */
void lio_batch_settle(struct lio_batch *batch);

/* Everything, callbacks too; holds nothing. */
void lio_batch_end(struct lio_batch *batch);

#endif
