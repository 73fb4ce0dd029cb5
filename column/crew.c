/*
 * Crews: a counter of steps that all threads take from.
 *
 * Workers are asked for and not waited for: whoever comes when nothing is left
 * leaves at once, perhaps long after the caller has gone on.  So the crew has
 * references, and what it works on is touched by those at work alone, whom the
 * caller does wait for.
 */
#include "column/crew.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

/* To start a thread costs about what a step does. */
#define STEPS_A_WORKER 2u

struct crew {
    const struct lio_crew_ops *ops;
    void *user;
    uint64_t nsteps;
    pthread_mutex_t lock; /* guards all below; a leaf */
    pthread_cond_t left;  /* nobody is at work */
    uint64_t next;        /* step */
    uint64_t failed;      /* the first that has; nsteps: none */
    int code;             /* its error */
    struct lio_error err;
    uint32_t at_work;
    uint32_t refs;
};

static struct crew *open_crew(void)
{
    struct crew *crew = calloc(1, sizeof(*crew));

    if (!crew)
        return NULL;
    if (pthread_mutex_init(&crew->lock, NULL) != 0) {
        free(crew);
        return NULL;
    }
    if (pthread_cond_init(&crew->left, NULL) != 0) {
        pthread_mutex_destroy(&crew->lock);
        free(crew);
        return NULL;
    }
    crew->refs = 1;
    return crew;
}

static void put(struct crew *crew)
{
    bool last;

    pthread_mutex_lock(&crew->lock);
    last = --crew->refs == 0;
    pthread_mutex_unlock(&crew->lock);
    if (!last)
        return;
    pthread_cond_destroy(&crew->left);
    pthread_mutex_destroy(&crew->lock);
    free(crew);
}

/* -- steps --------------------------------------------------------------- */

/* With the lock. */
static bool any_left(const struct crew *crew)
{
    return crew->next < crew->nsteps && crew->failed == crew->nsteps;
}

static bool take(struct crew *crew, uint64_t *ret_step)
{
    bool taken;

    pthread_mutex_lock(&crew->lock);
    taken = any_left(crew);
    if (taken)
        *ret_step = crew->next++;
    pthread_mutex_unlock(&crew->lock);
    return taken;
}

/* Steps are taken in order, so all before one that failed end, and the first of
 * all is what counts. */
static void note_failure(struct crew *crew, uint64_t step, int code,
                         const struct lio_error *err)
{
    pthread_mutex_lock(&crew->lock);
    if (step < crew->failed) {
        crew->failed = step;
        crew->code = code;
        crew->err = *err;
    }
    pthread_mutex_unlock(&crew->lock);
}

static bool start(struct crew *crew, uint64_t step)
{
    struct lio_error err;
    int rc = crew->ops->start(crew->user, step, &err);

    if (rc < 0)
        note_failure(crew, step, rc, &err);
    return rc == 0;
}

static void finish(struct crew *crew, uint64_t step)
{
    struct lio_error err;
    int rc = crew->ops->finish(crew->user, step, &err);

    if (rc < 0)
        note_failure(crew, step, rc, &err);
}

static void do_steps(struct crew *crew)
{
    uint64_t step, in_hand = 0;
    bool any = false;

    while (take(crew, &step)) {
        bool started = start(crew, step);

        if (any)
            finish(crew, in_hand);
        any = started;
        in_hand = step;
    }
    if (any)
        finish(crew, in_hand);
}

/* -- threads ------------------------------------------------------------- */

static bool join(struct crew *crew)
{
    bool joined;

    pthread_mutex_lock(&crew->lock);
    joined = any_left(crew);
    crew->at_work += joined;
    pthread_mutex_unlock(&crew->lock);
    return joined;
}

static void leave(struct crew *crew)
{
    pthread_mutex_lock(&crew->lock);
    if (--crew->at_work == 0)
        pthread_cond_signal(&crew->left);
    pthread_mutex_unlock(&crew->lock);
}

/* A task of the executor.  It waits for reads, which need no other task to go
 * on. */
static void work(void *user)
{
    struct crew *crew = user;

    if (join(crew)) {
        do_steps(crew);
        leave(crew);
    }
    put(crew);
}

/* The caller works, too. */
static uint64_t workers_for(const struct crew *crew)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    uint64_t threads = crew->nsteps / STEPS_A_WORKER;

    if (processors > 0 && threads > (uint64_t)processors)
        threads = (uint64_t)processors;
    return threads > 1 ? threads - 1 : 0;
}

/* It is no error if nobody else does the work. */
static void ask_for_workers(struct crew *crew, struct lio_engine *engine)
{
    uint64_t n = workers_for(crew);

    for (uint64_t i = 0; i < n; i++) {
        pthread_mutex_lock(&crew->lock);
        crew->refs++;
        pthread_mutex_unlock(&crew->lock);
        if (lio_execute(engine, work, crew) < 0)
            put(crew);
    }
}

static void wait_until_left(struct crew *crew)
{
    pthread_mutex_lock(&crew->lock);
    while (crew->at_work > 0)
        pthread_cond_wait(&crew->left, &crew->lock);
    pthread_mutex_unlock(&crew->lock);
}

int lio_crew_run(struct lio_engine *engine, const struct lio_crew_ops *ops,
                 void *user, uint64_t nsteps, struct lio_error *err)
{
    struct crew *crew = open_crew();
    int code;

    if (!crew)
        return lio_error_set(err, LIO_ENOMEM,
                             "no memory to share work between threads");
    crew->ops = ops;
    crew->user = user;
    crew->nsteps = crew->failed = nsteps;
    if (engine)
        ask_for_workers(crew, engine);
    do_steps(crew);
    wait_until_left(crew);
    code = crew->code;
    if (code < 0 && err)
        *err = crew->err;
    put(crew);
    return code;
}
