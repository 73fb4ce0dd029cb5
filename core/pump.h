/*
 * The pump: what is ready goes down to the backend, as far as there is room.
 * Part of the lane's submit side: all of it under its lock.
 */
#ifndef LIO_CORE_PUMP_H
#define LIO_CORE_PUMP_H

#include "core/lane.h"

/* Admit and hand down while there is room.  Operations that end here go to
 * `failed`.  True if the backend got something. */
bool lio_pump(struct lio_lane *lane, uint64_t now, struct lio_io_list *failed);

/* Does it merge reads?  Then it is better called once for several requests. */
bool lio_pump_merges(const struct lio_lane *lane);

/* Nothing is ready any more that waits for a handle. */
void lio_pump_fed(struct lio_lane *lane);

#endif
