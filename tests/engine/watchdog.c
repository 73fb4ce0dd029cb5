/*
 * A thread of its own, and not alarm(): lio_dump() takes locks, which a signal
 * handler must not.
 */
#include "watchdog.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <time.h>

struct watchdog {
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t stopped;
    bool stop;
    struct lio_engine *engine;
    uint32_t seconds;
    const char *what;
};

static void *watch(void *arg)
{
    struct watchdog *dog = arg;
    struct timespec end;
    int rc = 0;

    (void)clock_gettime(CLOCK_REALTIME, &end);
    end.tv_sec += dog->seconds;
    pthread_mutex_lock(&dog->lock);
    while (!dog->stop && rc != ETIMEDOUT)
        rc = pthread_cond_timedwait(&dog->stopped, &dog->lock, &end);
    if (!dog->stop) {
        fprintf(stderr, "hangs: %s\n", dog->what);
        lio_dump(dog->engine, stderr);
        abort();
    }
    pthread_mutex_unlock(&dog->lock);
    return NULL;
}

struct watchdog *watchdog_start(struct lio_engine *engine, uint32_t seconds,
                                const char *what)
{
    struct watchdog *dog = calloc(1, sizeof(*dog));

    assert_non_null(dog);
    dog->engine = engine;
    dog->seconds = seconds;
    dog->what = what;
    pthread_mutex_init(&dog->lock, NULL);
    pthread_cond_init(&dog->stopped, NULL);
    assert_int_equal(pthread_create(&dog->thread, NULL, watch, dog), 0);
    return dog;
}

void watchdog_stop(struct watchdog *dog)
{
    pthread_mutex_lock(&dog->lock);
    dog->stop = true;
    pthread_cond_signal(&dog->stopped);
    pthread_mutex_unlock(&dog->lock);
    assert_int_equal(pthread_join(dog->thread, NULL), 0);
    pthread_cond_destroy(&dog->stopped);
    pthread_mutex_destroy(&dog->lock);
    free(dog);
}
