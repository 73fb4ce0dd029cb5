/*
 * The fields of a table, from a manifest or a data file, and which columns of
 * a stand-alone file they are.
 */
#ifndef LIO_COLUMN_SCHEMA_H
#define LIO_COLUMN_SCHEMA_H

#include "column/footer.h"
#include "column/lance_file.pb-c.h"
#include "column/type.h"

#include <stdbool.h>

#define LIO_NO_COLUMN UINT32_MAX

/* Fields from the top to a leaf.  The format has no bound, and readers of what
 * is given out recurse: this is far more than tables have. */
#define LIO_DEPTH_MAX 128

struct lio_field {
    char *path; /* "point.x": names from the top, for messages; may be cut */
    const char *name;
    char *logical_type;
    char *metadata; /* as in an ArrowSchema, see metadata.h, or NULL */
    struct lio_type type;
    int32_t id;
    int32_t parent;     /* number of the parent, -1 at the top */
    uint32_t place;     /* among the parent's children */
    uint32_t depth;     /* 1 at the top */
    uint64_t row_items; /* values a row, if above it are but structs and
                           fixed-size lists */
    bool nullable;
    bool has_children;
    bool below_list;
    bool uneven;       /* a fixed-size list above it is below a list */
    bool blob_22;      /* its column tells where the values are, as that of
                          version 2.2; see blob.h */
    bool packed;       /* a struct whose children share its column, or a list of
                          such, see lio_schema_settle() */
    bool in_packed;    /* such a struct, or somewhere below one */
    char *unsupported; /* why it cannot be read, apart from its children, or
                          NULL */
};

struct lio_field_id {
    int32_t id;
    uint32_t number;
};

struct lio_schema {
    struct lio_field *fields; /* depth first, parents first */
    struct lio_field_id *ids; /* the same, in the order of their ids */
    uint32_t nfields;
};

/* `file` stands in errors. */
LIO_MUST_CHECK int lio_schema_parse(const char *file, Lio__Pb__Field **messages,
                                    size_t nmessages,
                                    struct lio_schema *ret_schema,
                                    struct lio_error *err);
void lio_schema_release(struct lio_schema *schema);

/* Number of the field with this id, or -1. */
int64_t lio_schema_find_id(const struct lio_schema *schema, int32_t id);

/* Set why a field cannot be read, unless it is known already. */
LIO_MUST_CHECK int lio_field_refuse(struct lio_field *field, const char *fmt,
                                    ...) LIO_PRINTF(2, 3);

/* Why a field cannot be read, its children included: a phrase, or NULL. */
const char *lio_schema_unsupported(const struct lio_schema *schema,
                                   uint32_t number);

/* Whether field `number` is `above`, or somewhere below it. */
bool lio_schema_is_below(const struct lio_schema *schema, uint32_t number,
                         uint32_t above);

/* Take in which version the files have: in 2.0 the structs of a fixed-size list
 * are packed, without being called so. */
void lio_schema_settle(struct lio_schema *schema, enum lio_format format);

/* Whether a field has a column of its own in files of this version. */
bool lio_schema_has_column(const struct lio_schema *schema, uint32_t number,
                           enum lio_format format);

/* The column of each field in a stand-alone file, LIO_NO_COLUMN if it has none.
 * `columns` has room for all fields; returns how many columns there must be. */
uint32_t lio_schema_columns(const struct lio_schema *schema,
                            enum lio_format format, uint32_t *columns);

#endif
