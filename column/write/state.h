/*
 * A version of a dataset, as far as those must know it who build on it.
 */
#ifndef LIO_COLUMN_WRITE_STATE_H
#define LIO_COLUMN_WRITE_STATE_H

#include "column/manifest.h"
#include "column/versions.h"

/* All zero: there is no version. */
struct lio_state {
    struct lio_version version;
    Lio__Pb__Manifest *manifest;
    struct lio_mem *indices; /* the index section, or NULL */
};

/* The latest version of the dataset `root`.  That there is none is no error;
 * LIO_EUNSUPPORTED if it must not be written to. */
LIO_MUST_CHECK int lio_state_read(struct lio_engine *engine, const char *root,
                                  struct lio_state *ret_state,
                                  struct lio_error *err);
void lio_state_release(struct lio_state *state);

#endif
