/*
 * What makes an engine; for the files core/engine*.c alone.
 *
 *     engine.c          opening it
 *     engine_lanes.c    its lanes, and which of them a thread has
 *     engine_close.c    waiting for what is under way, and closing it
 *     engine_figures.c  what can be asked of it
 */
#ifndef LIO_CORE_ENGINE_PARTS_H
#define LIO_CORE_ENGINE_PARTS_H

#include "core/engine.h"

/* All `engine->nlanes` and the one for callbacks, or none. */
int lio_engine_open_lanes(struct lio_engine *engine, struct lio_error *err);

/* Close the first `n`, which are those that are open. */
void lio_engine_close_lanes(struct lio_engine *engine, uint32_t n);

#endif
