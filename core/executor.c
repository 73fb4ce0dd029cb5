/*
 * The executor: a ring of tasks, and a stack of idle workers.
 */
#include "core/executor.h"

#include <pthread.h>
#include <stdlib.h>

struct task {
    void (*work)(void *);
    void *user;
};

struct worker {
    struct lio_executor *executor;
    struct worker *below; /* in the idle stack */
    pthread_t thread;
    pthread_cond_t wake;
    bool idle;
};

struct lio_executor {
    pthread_mutex_t lock; /* guards everything below; a leaf */
    struct task *ring;    /* `limit` of them */
    uint32_t limit, head, ntasks;
    struct worker *workers;
    uint32_t nworkers, max_workers;
    struct worker *idle; /* top of the stack: went idle last */
    uint32_t nbusy;      /* workers at a task */
    pthread_cond_t calm; /* nothing is queued, nobody is busy */
    bool stopping;
};

static struct task take_task(struct lio_executor *ex)
{
    struct task task = ex->ring[ex->head];

    ex->head = ex->head + 1 < ex->limit ? ex->head + 1 : 0;
    ex->ntasks--;
    return task;
}

static void wait_for_task(struct worker *self)
{
    struct lio_executor *ex = self->executor;

    self->idle = true;
    self->below = ex->idle;
    ex->idle = self;
    while (self->idle)
        pthread_cond_wait(&self->wake, &ex->lock);
}

static void *worker_main(void *arg)
{
    struct worker *self = arg;
    struct lio_executor *ex = self->executor;

    pthread_mutex_lock(&ex->lock);
    for (;;) {
        if (ex->ntasks > 0) {
            struct task task = take_task(ex);

            ex->nbusy++;
            pthread_mutex_unlock(&ex->lock);
            task.work(task.user);
            pthread_mutex_lock(&ex->lock);
            if (--ex->nbusy == 0 && ex->ntasks == 0)
                pthread_cond_broadcast(&ex->calm);
        } else if (ex->stopping) {
            break;
        } else {
            wait_for_task(self);
        }
    }
    pthread_mutex_unlock(&ex->lock);
    return NULL;
}

static void wake_one(struct lio_executor *ex)
{
    struct worker *worker = ex->idle;

    if (!worker)
        return;
    ex->idle = worker->below;
    worker->idle = false;
    pthread_cond_signal(&worker->wake);
}

/* Returns false if the system gives us no thread. */
static bool start_worker(struct lio_executor *ex)
{
    struct worker *worker = &ex->workers[ex->nworkers];

    worker->executor = ex;
    worker->idle = false;
    if (pthread_cond_init(&worker->wake, NULL) != 0)
        return false;
    if (pthread_create(&worker->thread, NULL, worker_main, worker) != 0) {
        pthread_cond_destroy(&worker->wake);
        return false;
    }
    ex->nworkers++;
    return true;
}

int lio_executor_open(uint32_t nworkers, uint32_t queue_limit,
                      struct lio_executor **ret_executor, struct lio_error *err)
{
    struct lio_executor *ex = calloc(1, sizeof(*ex));

    if (!ex)
        return lio_error_set(err, LIO_ENOMEM, "no memory for the executor");
    ex->limit = queue_limit;
    ex->max_workers = nworkers;
    ex->ring = calloc(queue_limit, sizeof(*ex->ring));
    ex->workers = calloc(nworkers, sizeof(*ex->workers));
    if (!ex->ring || !ex->workers) {
        lio_executor_abandon(ex);
        return lio_error_set(err, LIO_ENOMEM,
                             "no memory for %u workers and %u tasks", nworkers,
                             queue_limit);
    }
    pthread_mutex_init(&ex->lock, NULL);
    pthread_cond_init(&ex->calm, NULL);
    *ret_executor = ex;
    return 0;
}

void lio_executor_drain(struct lio_executor *ex)
{
    pthread_mutex_lock(&ex->lock);
    while (ex->ntasks > 0 || ex->nbusy > 0)
        pthread_cond_wait(&ex->calm, &ex->lock);
    pthread_mutex_unlock(&ex->lock);
}

void lio_executor_close(struct lio_executor *ex)
{
    if (!ex)
        return;
    pthread_mutex_lock(&ex->lock);
    ex->stopping = true;
    while (ex->idle)
        wake_one(ex);
    pthread_mutex_unlock(&ex->lock);

    for (uint32_t i = 0; i < ex->nworkers; i++) {
        pthread_join(ex->workers[i].thread, NULL);
        pthread_cond_destroy(&ex->workers[i].wake);
    }
    pthread_cond_destroy(&ex->calm);
    pthread_mutex_destroy(&ex->lock);
    lio_executor_abandon(ex);
}

void lio_executor_abandon(struct lio_executor *ex)
{
    if (!ex)
        return;
    free(ex->ring);
    free(ex->workers);
    free(ex);
}

bool lio_executor_offer(struct lio_executor *ex, void (*work)(void *),
                        void *user)
{
    bool taken = false;

    pthread_mutex_lock(&ex->lock);
    if (!ex->idle && ex->nworkers < ex->max_workers)
        (void)start_worker(ex); /* without it there may be others, or none */
    if (ex->nworkers > 0 && ex->ntasks < ex->limit) {
        ex->ring[(ex->head + ex->ntasks) % ex->limit] =
            (struct task){ work, user };
        ex->ntasks++;
        wake_one(ex);
        taken = true;
    }
    pthread_mutex_unlock(&ex->lock);
    return taken;
}
