/*
 * A watchdog: ends a program that hangs, and says what it hangs on.
 *
 * Nothing is measured: the time is far beyond what the slowest machine needs,
 * and while nothing hangs no test can notice it.
 */
#ifndef LIO_TESTS_ENGINE_WATCHDOG_H
#define LIO_TESTS_ENGINE_WATCHDOG_H

#include "fixture.h"

struct watchdog;

/* After `seconds` without watchdog_stop(): lio_dump(), and abort().  `what` is
 * printed too, and lives as long as the watchdog. */
struct watchdog *watchdog_start(struct lio_engine *engine, uint32_t seconds,
                                const char *what);
void watchdog_stop(struct watchdog *dog);

#endif
