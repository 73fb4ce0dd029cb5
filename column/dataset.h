/*
 * A dataset, opened: fields, fragments, files, and where the pages of each
 * field are.
 */
#ifndef LIO_COLUMN_DATASET_H
#define LIO_COLUMN_DATASET_H

#include "column/data_file.h"
#include "column/gaps.h"
#include "column/row_ids.h"
#include "column/schema.h"

#include <lanceio/column.h>

#define LIO_NO_FILE UINT32_MAX

/*
 * Where a field's rows of a fragment are.  Rows count as the fragment's do, but
 * for what is in lists in files of version 2.0: that has columns of items,
 * which count through all lists of all fragments.
 */
struct lio_place {
    uint32_t file; /* LIO_NO_FILE: nowhere, all rows are null */
    uint32_t column;
    uint32_t first_page; /* number of the column's first */
    uint64_t first_row;
    uint64_t rows;
};

struct lio_fragment {
    uint64_t id;
    uint64_t first_row;      /* in scan order */
    uint64_t first_physical; /* the same, deleted rows counted */
    uint64_t rows;           /* physical */
    bool rows_known;         /* else the first column tells */
    uint64_t deleted_rows;
    struct lio_gaps gaps;       /* the deleted rows */
    struct lio_row_ids row_ids; /* if the dataset has such */
    uint32_t first_file;        /* its files are consecutive */
    uint32_t nfiles;
    struct lio_place *places; /* by field */
};

/* A page by its number. */
struct lio_page_ref {
    uint32_t fragment;
    uint32_t field;
    uint32_t file;
    uint32_t column;
    uint32_t page; /* place in the column */
};

/* Where the chunks of mini-block pages are, as far as that had to be found out:
 * kept for the next time.  The only part of a dataset that changes. */
struct lio_dataset_chunks {
    atomic_uint_fast64_t bytes;
    _Atomic(struct lio_mem *) pages[]; /* by page, see chunks.h */
};

/* A directory outside of the table that has files of it. */
struct lio_base {
    uint32_t id;
    bool is_root; /* a table's: data files are in its `data` */
    char *path;
};

struct lio_bases {
    struct lio_base *all;
    size_t n;
};

struct lio_dataset {
    char *path;
    char *root;   /* of a table: the directory of its branch */
    char *branch; /* NULL: the main one */
    struct lio_bases bases;
    bool stable_row_ids; /* rows have ids that stay */
    struct lio_engine *engine;
    uint64_t version;
    enum lio_format format;
    struct lio_schema schema;
    struct lio_fragment *fragments;
    uint32_t nfragments;
    struct lio_data_file *files;
    uint32_t nfiles;
    struct lio_page_ref *pages;
    uint32_t npages;
    struct lio_dataset_chunks *chunks;
    struct lio_pool *pool;  /* of what is read and decoded */
    uint64_t rows;          /* live */
    uint64_t physical_rows; /* deleted ones counted */
    uint64_t bytes;
    uint64_t page_decoded_max; /* see LIO_PAGE_DECODED_MAX */
};

/* Open a single file from a source, which becomes the dataset's, also on
 * failure. */
LIO_MUST_CHECK int lio_dataset_open_source(struct lio_source *source,
                                           struct lio_dataset **ret_dataset,
                                           struct lio_error *err);

static inline const struct lio_column *
lio_dataset_column(const struct lio_dataset *dataset,
                   const struct lio_place *place)
{
    return &dataset->files[place->file].columns[place->column];
}

static inline const struct lio_page *
lio_dataset_page_of(const struct lio_dataset *dataset,
                    const struct lio_page_ref *ref)
{
    return &dataset->files[ref->file].columns[ref->column].pages[ref->page];
}

static inline uint32_t
lio_dataset_page_number(const struct lio_dataset *dataset,
                        const struct lio_page_ref *ref)
{
    const struct lio_fragment *fragment = &dataset->fragments[ref->fragment];

    return fragment->places[ref->field].first_page + ref->page;
}

/* Whether all is there to read a field: LIO_EUNSUPPORTED with the reason. */
LIO_MUST_CHECK int lio_dataset_check_field(const struct lio_dataset *dataset,
                                           uint32_t field,
                                           struct lio_error *err);

/* The fragment that a physical row is in. */
const struct lio_fragment *
lio_dataset_fragment_of(const struct lio_dataset *dataset, uint64_t physical);

/* The physical row of `row`, of which there is one: its place with deleted rows
 * counted.  `*ret_run` is how many rows of the fragment follow without a gap,
 * with itself. */
uint64_t lio_dataset_physical(const struct lio_dataset *dataset, uint64_t row,
                              uint64_t *ret_run);

#endif
