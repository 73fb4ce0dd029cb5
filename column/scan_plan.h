/*
 * How a scan reads: rows of a batch, bytes of a window, and what the engine is
 * told about it.
 */
#ifndef LIO_COLUMN_SCAN_PLAN_H
#define LIO_COLUMN_SCAN_PLAN_H

#include "column/scan.h"

/* Give the cursors of a run their limits, so that together they hold no more
 * than `memory` bytes.  Both arguments as in struct lio_scan. */
void lio_scan_plan(struct lio_scan_run *run, uint64_t memory,
                   uint32_t batch_rows);

/* The same for rows that are read as one: what is held is what they take. */
void lio_scan_plan_once(struct lio_scan_run *run);

/* Tell the engine what is still to be read, once, if it goes through its cache:
 * after the first batch, which should not wait for what comes later. */
void lio_scan_tell(struct lio_scan_run *run);

/* The engine need not expect any more of it. */
void lio_scan_unplan(const struct lio_scan_run *run);

#endif
