/*
 * The live view on request: SIGUSR1 prints every operation in flight on stderr.
 *
 * The signal is taken by a thread of its own, which may do what a handler may
 * not: ask the engine.
 */
#ifndef LIO_CLI_LIVE_H
#define LIO_CLI_LIVE_H

#include <lanceio/lanceio.h>

struct cli_live;

/* Keep the signal from ending the program; before any thread is started. */
void cli_live_prepare(void);

/* NULL if there can be no such thread; then the signal does nothing. */
struct cli_live *cli_live_start(struct lio_engine *engine);

/* Before the engine is closed.  Accepts NULL. */
void cli_live_stop(struct cli_live *live);

#endif
