/*
 * Windows between the thread that wants them and the executor.
 *
 *     WAITING ──► RUNNING ──► DONE       whoever wins the first edge works
 *        └──────► GONE                   its taker has left: nobody does
 *
 * The executor may come for a window long after it was taken or dropped, so
 * each of the two has a reference.
 */
#include "column/window.h"

#include <pthread.h>
#include <stdlib.h>

enum state { WAITING, RUNNING, DONE, GONE };

struct lio_window {
    const struct lio_dataset *dataset;
    struct lio_window_place place;
    struct lio_cut cut;
    struct lio_source_batch *batch;
    struct lio_slice slice; /* DONE, and code 0 */
    int code;
    struct lio_error err;
    pthread_mutex_t lock; /* guards the two below; a leaf */
    enum state state;
    uint32_t refs;
    pthread_cond_t done;
};

/* -- references ---------------------------------------------------------- */

static struct lio_window *make(const struct lio_dataset *dataset)
{
    struct lio_window *window = calloc(1, sizeof(*window));

    if (!window)
        return NULL;
    if (pthread_mutex_init(&window->lock, NULL) != 0) {
        free(window);
        return NULL;
    }
    if (pthread_cond_init(&window->done, NULL) != 0) {
        pthread_mutex_destroy(&window->lock);
        free(window);
        return NULL;
    }
    window->dataset = dataset;
    window->refs = 1;
    return window;
}

static void put(struct lio_window *window)
{
    bool last;

    pthread_mutex_lock(&window->lock);
    last = --window->refs == 0;
    pthread_mutex_unlock(&window->lock);
    if (!last)
        return;
    pthread_cond_destroy(&window->done);
    pthread_mutex_destroy(&window->lock);
    free(window);
}

/* -- work ---------------------------------------------------------------- */

/* Win the edge from WAITING to another state. */
static bool claim(struct lio_window *window, enum state state)
{
    bool won;

    pthread_mutex_lock(&window->lock);
    won = window->state == WAITING;
    if (won)
        window->state = state;
    pthread_mutex_unlock(&window->lock);
    return won;
}

static void run(struct lio_window *window)
{
    window->code = lio_source_finish(window->batch, &window->err);
    if (window->code == 0)
        window->code = lio_cut_decode(&window->cut, window->dataset,
                                      &window->slice, &window->err);
    lio_cut_release(&window->cut);
    pthread_mutex_lock(&window->lock);
    window->state = DONE;
    pthread_cond_signal(&window->done);
    pthread_mutex_unlock(&window->lock);
}

/* A task of the executor.  It waits for the reads, which need no other task to
 * go on. */
static void work(void *user)
{
    struct lio_window *window = user;

    if (claim(window, RUNNING))
        run(window);
    put(window);
}

/* It is no error if nobody else does the work. */
static void offer(struct lio_window *window)
{
    if (!window->dataset->engine)
        return;
    window->refs++;
    if (lio_execute(window->dataset->engine, work, window) < 0)
        put(window);
}

/* -- start and end ------------------------------------------------------- */

int lio_window_start(struct lio_cutter *cutter, uint64_t row, uint64_t end,
                     const struct lio_cut_limits *limits,
                     const struct lio_source_manner *manner,
                     struct lio_window **ret_window, struct lio_error *err)
{
    struct lio_window *window = make(cutter->dataset);
    int rc;

    if (!window)
        return lio_error_set(err, LIO_ENOMEM, "%s: no memory to read a page",
                             cutter->dataset->path);
    rc = lio_cutter_cut(cutter, row, end, limits, &window->cut, err);
    if (rc == 0) {
        rc = lio_cutter_read(cutter, &window->cut, manner, &window->batch, err);
        if (rc < 0)
            lio_cut_release(&window->cut);
    }
    if (rc < 0) {
        put(window);
        return rc;
    }
    window->place = (struct lio_window_place){
        .ref = cutter->ref,
        .first = window->cut.first,
        .rows = window->cut.page.rows,
        .first_item = window->cut.page.first_item,
        .bytes = window->cut.bytes,
    };
    offer(window);
    *ret_window = window;
    return 0;
}

const struct lio_window_place *lio_window_place(const struct lio_window *window)
{
    return &window->place;
}

static void wait_until_done(struct lio_window *window)
{
    pthread_mutex_lock(&window->lock);
    while (window->state != DONE)
        pthread_cond_wait(&window->done, &window->lock);
    pthread_mutex_unlock(&window->lock);
}

int lio_window_take(struct lio_window *window, struct lio_slice *ret_slice,
                    struct lio_error *err)
{
    int rc;

    if (claim(window, RUNNING))
        run(window);
    else
        wait_until_done(window);
    rc = window->code;
    if (rc == 0)
        *ret_slice = window->slice;
    else if (err)
        *err = window->err;
    put(window);
    return rc;
}

void lio_window_drop(struct lio_window *window)
{
    if (!window)
        return;
    if (claim(window, GONE)) {
        lio_source_abandon(window->batch);
        lio_cut_release(&window->cut);
    } else {
        wait_until_done(window);
        lio_vector_release(&window->slice.vector);
    }
    put(window);
}
