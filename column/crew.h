/*
 * Steps that are done one after the other by as many threads as there are to
 * hand.  A step is started, which sends its reads, and finished, which waits
 * for them and works on what was read; every thread starts its next step before
 * it finishes the one in hand, so that a device has something to do meanwhile:
 *
 *     caller     start 0   start 2   finish 0   start 3   finish 2 ...
 *     a worker   start 1   start 4   finish 1   start 5   finish 4 ...
 */
#ifndef LIO_COLUMN_CREW_H
#define LIO_COLUMN_CREW_H

#include <lanceio/lanceio.h>

/* Both are called for each step by one thread, for several steps at once. */
struct lio_crew_ops {
    int (*start)(void *user, uint64_t step, struct lio_error *err);
    int (*finish)(void *user, uint64_t step, struct lio_error *err);
};

/*
 * Do steps 0 to nsteps - 1, on the caller's thread and, if `engine` is not
 * NULL, on workers of it that have time.  Returns with all of them at rest.
 *
 * Errors: that of the first step that failed, as one thread would have it: all
 * before it were done, and of those after it some may have been.
 */
LIO_MUST_CHECK int lio_crew_run(struct lio_engine *engine,
                                const struct lio_crew_ops *ops, void *user,
                                uint64_t nsteps, struct lio_error *err);

#endif
