/*
 * A scan under way: which columns, and cursors over them.
 */
#ifndef LIO_COLUMN_SCAN_H
#define LIO_COLUMN_SCAN_H

#include "column/arrow_array.h"
#include "column/field_cursor.h"

#define LIO_BATCH_ROWS 8192 /* if the caller does not say: at the most */

struct lio_scan_run {
    const struct lio_dataset *dataset;
    struct lio_projection projection;
    struct lio_field_cursor *cursors; /* of the projection's columns */
    uint64_t row;                     /* next, in scan order */
    uint64_t end;
    uint64_t physical_end; /* of the last row, if there is one */
    uint32_t batch_rows;
    bool plans;   /* the engine is to be told, see scan_plan.h */
    bool planned; /* it was */
};

LIO_MUST_CHECK int lio_scan_run_init(struct lio_scan_run *run,
                                     const struct lio_dataset *dataset,
                                     const struct lio_scan *scan,
                                     struct lio_error *err);
void lio_scan_run_release(struct lio_scan_run *run);

LIO_MUST_CHECK int lio_scan_run_schema(const struct lio_scan_run *run,
                                       struct ArrowSchema *ret_schema,
                                       struct lio_error *err);

/* Read the next `rows` rows, or as many as are left. */
LIO_MUST_CHECK int lio_scan_run_next(struct lio_scan_run *run, uint64_t rows,
                                     struct ArrowArray *ret_array,
                                     struct lio_error *err);

#endif
