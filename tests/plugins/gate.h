/*
 * The handle on backend-gate: what a test may do to a device that obeys it.
 *
 * The plugin exports gate_control() besides its entry point; a test gets it
 * with dlopen() and dlsym() on the very file that the engine loads.
 *
 *     submitted ──► gate open ──────────────────────► done, completed
 *               └─► gate shut ──► held, in order ──► released: the same
 *                                               └──► refused: -errno
 *
 * All calls may come from any thread.
 */
#ifndef LIO_TESTS_PLUGINS_GATE_H
#define LIO_TESTS_PLUGINS_GATE_H

#include <stdbool.h>
#include <stdint.h>

struct gate_counts {
    uint64_t operations; /* that have come to the gate */
    uint64_t file_opens, file_closes;
    uint64_t cancels;      /* cancel() calls */
    uint64_t asleep;       /* threads in reap(), now */
    uint64_t stalled;      /* threads in flush(), now */
    uint64_t most_held;    /* at once */
    uint64_t violations;   /* of the contract in lanceio/plugin.h by the core */
    const char *violation; /* the first, in words, or NULL */
};

struct gate_control {
    /* Gate open, nothing planned, counts zero; nothing may be held. */
    void (*reset)(void);

    void (*shut)(void);
    void (*open)(void); /* and let everything through that is held */

    /* Wait until `n` operations are held; false after a minute. */
    bool (*await_held)(uint32_t n);
    uint32_t (*held)(void);

    /* Let the `index`th oldest through (0 = oldest). */
    void (*release)(uint32_t index);

    /* The next `n` operations that go through fail with `os_errno`, or, if that
     * is 0, move only half of their bytes, rounded up. */
    void (*spoil)(uint32_t n, int os_errno);

    /* The next `n` calls of flush that have something to send return -EBUSY
     * and leave it staged. */
    void (*choke)(uint32_t n);

    /* While it is stalled, a flush that has something to send waits, with all
     * that its caller holds. */
    void (*stall)(bool yes);

    /* Whether cancel() can stop what is held; it can after reset. */
    void (*cancellable)(bool yes);

    struct gate_counts (*counts)(void);
};

typedef const struct gate_control *(*gate_control_fn)(void);

#endif
