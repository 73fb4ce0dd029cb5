/*
 * What a commit does to a table: the same is told by its transaction, for other
 * writers, and by the manifest of the new version, for readers.
 */
#ifndef LIO_COLUMN_WRITE_CHANGE_H
#define LIO_COLUMN_WRITE_CHANGE_H

#include "column/bytes.h"
#include "column/lance_table.pb-c.h"
#include "column/write/commit.h"

struct lio_change {
    enum lio_commit_mode mode;
    const char *id;        /* of the writer */
    uint64_t read_version; /* that it began with; 0: none */
    const char *format;    /* "2.2" */
    Lio__Pb__Field **fields;
    size_t nfields;
    Lio__Pb__DataFragment **fragments; /* the new ones, in order */
    size_t nfragments;
};

/* A message in the form it has in files, for the caller to free. */
struct lio_packed {
    uint8_t *data;
    size_t bytes;
};

/* Of the change, whose fragments must have no ids yet.  LIO_ENOMEM. */
LIO_MUST_CHECK int lio_transaction_pack(const struct lio_change *change,
                                        struct lio_packed *ret_packed);

/* What somebody else's transaction means for a commit that began before it. */
enum lio_verdict {
    LIO_VERDICT_FINE, /* it can follow */
    LIO_VERDICT_CLASH /* one would undo what the other did, or it cannot be
                         told */
};

/* For rows that are to be appended, or to take the place of all. */
enum lio_verdict lio_transaction_judge(struct lio_bytes transaction,
                                       enum lio_commit_mode mode);

/* What the next version is built on: zero it if nothing. */
struct lio_base {
    const Lio__Pb__Manifest *manifest; /* NULL: there is no table */
    struct lio_bytes indices;          /* its index section, maybe empty */
};

/*
 * Make the file of the next manifest.  Fragments get their ids, and, if the
 * table has stable row ids, those of their rows; `next_version` is one above
 * that of the base.
 *
 * Errors:     LIO_ENOMEM; LIO_EUNSUPPORTED if no fragment id is left.  `path`
 *             stands in errors.
 */
LIO_MUST_CHECK int lio_next_manifest(const char *path,
                                     const struct lio_base *base,
                                     const struct lio_change *change,
                                     struct lio_packed transaction,
                                     struct lio_packed *ret_file,
                                     struct lio_error *err);

#endif
