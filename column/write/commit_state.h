/*
 * What a commit knows: the two halves of it share this.
 */
#ifndef LIO_COLUMN_WRITE_COMMIT_STATE_H
#define LIO_COLUMN_WRITE_COMMIT_STATE_H

#include "column/write/blob_fields.h"
#include "column/write/commit.h"
#include "column/write/lease.h"
#include "column/write/state.h"

#include <sys/types.h>

struct lio_commit {
    struct lio_engine *engine;
    char *root;
    pid_t owner; /* the process that has opened it */
    enum lio_commit_mode mode;
    enum lio_format format;
    uint64_t read_version; /* of the state at the beginning */
    struct lio_state state;
    struct lio_lease lease;
    bool leased;
    /* Directories that are new, and go again if nothing comes of it. */
    int made_root, made_data, made_transactions, made_versions;
    Lio__Pb__Field **fields; /* of the rows, as many as the schema has */
    const struct lio_schema *schema;
    struct lio_field_list table_fields; /* the same in a manifest */
    uint32_t *columns;                  /* by field, as in data files */
    Lio__Pb__DataFragment **fragments;
    size_t nfragments;
    char **paths; /* of the data files; while one is being written, one more
                     than there are fragments */
    size_t npaths;
    char *transaction_path;
    bool committed;
};

#endif
