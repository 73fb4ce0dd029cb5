/*
 * Jobs: one queue in the order of pushing.  `next` is the first that nobody
 * has taken, `head` the first that has not been handed on.
 *
 *     head ─► done ─► running ─► next: queued ─► queued ─► tail
 */
#include "column/write/jobs.h"

#include <pthread.h>
#include <stdlib.h>

struct lio_jobs {
    struct lio_engine *engine; /* or NULL */
    uint32_t threads;
    const struct lio_job_ops *ops;
    void *owner;
    pthread_mutex_t lock; /* guards what follows; a leaf */
    pthread_cond_t moved; /* a job was handed on, a worker has left */
    struct lio_job *head, *next, *tail;
    uint64_t handed_on; /* how many */
    uint32_t running;   /* workers at it */
    bool handing_on;    /* somebody is */
};

int lio_jobs_open(struct lio_engine *engine, uint32_t threads,
                  const struct lio_job_ops *ops, void *owner,
                  struct lio_jobs **ret_jobs, struct lio_error *err)
{
    struct lio_jobs *jobs = calloc(1, sizeof(*jobs));

    if (!jobs)
        return lio_error_set(err, LIO_ENOMEM, "no memory for jobs");
    jobs->engine = engine;
    jobs->threads = threads;
    jobs->ops = ops;
    jobs->owner = owner;
    pthread_mutex_init(&jobs->lock, NULL);
    pthread_cond_init(&jobs->moved, NULL);
    *ret_jobs = jobs;
    return 0;
}

void lio_jobs_close(struct lio_jobs *jobs)
{
    if (!jobs)
        return;
    while (lio_jobs_wait(jobs))
        ;
    pthread_cond_destroy(&jobs->moved);
    pthread_mutex_destroy(&jobs->lock);
    free(jobs);
}

/* Hand on what is done at the head.  One at a time, so that the order is kept;
 * others leave it to the one who is at it.  Called and left with the lock. */
static void hand_on_done(struct lio_jobs *jobs)
{
    if (jobs->handing_on)
        return;
    jobs->handing_on = true;
    while (jobs->head && jobs->head->done) {
        struct lio_job *job = jobs->head;

        jobs->head = job->next;
        if (!jobs->head)
            jobs->tail = NULL;
        pthread_mutex_unlock(&jobs->lock);
        jobs->ops->hand_on(jobs->owner, job);
        pthread_mutex_lock(&jobs->lock);
        jobs->handed_on++;
        pthread_cond_broadcast(&jobs->moved);
    }
    jobs->handing_on = false;
}

/* Work until no job is queued. */
static void work(void *user)
{
    struct lio_jobs *jobs = user;
    struct lio_job *job;

    pthread_mutex_lock(&jobs->lock);
    while ((job = jobs->next)) {
        jobs->next = job->next;
        pthread_mutex_unlock(&jobs->lock);
        jobs->ops->encode(job);
        pthread_mutex_lock(&jobs->lock);
        job->done = true;
        hand_on_done(jobs);
    }
    jobs->running--;
    pthread_cond_broadcast(&jobs->moved);
    pthread_mutex_unlock(&jobs->lock);
}

/* Append to the queue.  True if one more is to work at it. */
static bool enqueue(struct lio_jobs *jobs, struct lio_job *job)
{
    bool more;

    pthread_mutex_lock(&jobs->lock);
    job->next = NULL;
    job->done = false;
    if (jobs->tail)
        jobs->tail->next = job;
    else
        jobs->head = job;
    jobs->tail = job;
    if (!jobs->next)
        jobs->next = job;
    more = jobs->running < jobs->threads;
    jobs->running += more;
    pthread_mutex_unlock(&jobs->lock);
    return more;
}

int lio_jobs_push(struct lio_jobs *jobs, struct lio_job *job)
{
    int rc;

    if (!enqueue(jobs, job))
        return 0;
    rc = jobs->engine ? lio_execute(jobs->engine, work, jobs) : 0;
    if (rc < 0 || !jobs->engine)
        work(jobs);
    return rc;
}

/* A worker that has nothing left to do still touches the queue when it leaves:
 * with the last job gone, it has to be gone, too. */
bool lio_jobs_wait(struct lio_jobs *jobs)
{
    uint64_t before;
    bool any;

    pthread_mutex_lock(&jobs->lock);
    before = jobs->handed_on;
    any = jobs->head != NULL || jobs->running > 0;
    while ((jobs->head || jobs->running > 0) && jobs->handed_on == before)
        pthread_cond_wait(&jobs->moved, &jobs->lock);
    pthread_mutex_unlock(&jobs->lock);
    return any;
}
