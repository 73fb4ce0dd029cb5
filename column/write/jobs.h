/*
 * Pages being encoded: started in order, done in any, handed on in order.
 *
 *     queued ──► running, at most `threads` ──► done ──► handed on, as soon as
 *                on the engine's workers                 all before it are
 *
 * With an engine, push returns at once, unless the engine's queue is full.
 * Without one, the caller does the job itself.
 *
 * Threads: push, wait and close belong to one thread; `encode` and `hand_on`
 * are called from any, the latter never twice at once.
 */
#ifndef LIO_COLUMN_WRITE_JOBS_H
#define LIO_COLUMN_WRITE_JOBS_H

#include <lanceio/lanceio.h>

#include <stdbool.h>

struct lio_jobs;

/* To be put first in a struct that knows what the work is. */
struct lio_job {
    struct lio_job *next;
    bool done;
};

struct lio_job_ops {
    /* The work.  Keeps errors in the job. */
    void (*encode)(struct lio_job *job);
    /* What comes after; ends the job. */
    void (*hand_on)(void *owner, struct lio_job *job);
};

LIO_MUST_CHECK int lio_jobs_open(struct lio_engine *engine, uint32_t threads,
                                 const struct lio_job_ops *ops, void *owner,
                                 struct lio_jobs **ret_jobs,
                                 struct lio_error *err);

/* Waits for all jobs.  Accepts NULL. */
void lio_jobs_close(struct lio_jobs *jobs);

/* LIO_ECLOSED if the engine takes no more work; the job is done all the same.
 */
LIO_MUST_CHECK int lio_jobs_push(struct lio_jobs *jobs, struct lio_job *job);

/* Wait until one more has been handed on; false if none is left. */
bool lio_jobs_wait(struct lio_jobs *jobs);

#endif
