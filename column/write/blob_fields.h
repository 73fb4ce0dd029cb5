/*
 * Fields as they are listed in a manifest and in a data file, which differ for
 * the blobs of version 2.2:
 *
 *     the rows            b  large_binary   id 1
 *     a manifest          b  struct         id 1   what writers are given:
 *                            data, uri      id 2, 3
 *     a data file         b  struct         id 1   what its column holds:
 *                            kind, position, size, blob_id, blob_uri
 *                                           id -1, and no parents
 */
#ifndef LIO_COLUMN_WRITE_BLOB_FIELDS_H
#define LIO_COLUMN_WRITE_BLOB_FIELDS_H

#include "column/footer.h"
#include "column/lance_file.pb-c.h"

#include <stdbool.h>

/* Ids that a blob takes in a manifest. */
#define LIO_BLOB_IDS 3

enum lio_field_place { LIO_FIELDS_OF_TABLE, LIO_FIELDS_OF_FILE };

/* A list that shares what it can with that of the rows. */
struct lio_field_list {
    Lio__Pb__Field **all;
    size_t n;
    struct lio_blob_field *blobs; /* made for it */
    size_t nblobs;
    Lio__Pb__Field *lists; /* likewise */
};

/* Whether the metadata of a field says that it holds blobs. */
bool lio_field_is_blob(const Lio__Pb__Field *field);

/* Make the list for a place from that of the rows, which must stay. LIO_ENOMEM.
 */
LIO_MUST_CHECK int lio_field_list_make(Lio__Pb__Field **messages, size_t n,
                                       enum lio_format format,
                                       enum lio_field_place place,
                                       struct lio_field_list *ret_list);
void lio_field_list_release(struct lio_field_list *list);

#endif
