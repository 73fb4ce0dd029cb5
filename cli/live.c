/* The live view: a thread that waits for SIGUSR1. */
#include "cli/live.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>

struct cli_live {
    struct lio_engine *engine;
    pthread_t thread;
    _Atomic int stopping;
};

static void usr1_set(sigset_t *set)
{
    (void)sigemptyset(set);
    (void)sigaddset(set, SIGUSR1);
}

void cli_live_prepare(void)
{
    sigset_t set;

    usr1_set(&set);
    (void)pthread_sigmask(SIG_BLOCK, &set, NULL);
}

static void *live_main(void *arg)
{
    struct cli_live *live = arg;
    sigset_t set;
    int signal;

    usr1_set(&set);
    while (sigwait(&set, &signal) == 0 && !atomic_load(&live->stopping))
        lio_dump(live->engine, stderr);
    return NULL;
}

struct cli_live *cli_live_start(struct lio_engine *engine)
{
    struct cli_live *live = calloc(1, sizeof(*live));

    if (!live)
        return NULL;
    live->engine = engine;
    if (pthread_create(&live->thread, NULL, live_main, live) != 0) {
        free(live);
        return NULL;
    }
    return live;
}

void cli_live_stop(struct cli_live *live)
{
    if (!live)
        return;
    atomic_store(&live->stopping, 1);
    (void)pthread_kill(live->thread, SIGUSR1);
    (void)pthread_join(live->thread, NULL);
    free(live);
}
