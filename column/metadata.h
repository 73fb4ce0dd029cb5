/*
 * What a field says about itself besides name and type ("lance-encoding:blob":
 * "true"): pairs, in a list of messages as the format has them, and in one
 * block as an ArrowSchema has them:
 *
 *     i32 pairs | i32 bytes of a key, the key, i32 bytes of a value, the value
 *               | ...
 *
 * in the machine's byte order, anywhere in memory.
 */
#ifndef LIO_COLUMN_METADATA_H
#define LIO_COLUMN_METADATA_H

#include "column/lance_file.pb-c.h"

#include <lanceio/error.h>

#include <stddef.h>

/* To the block, which is the caller's to free; NULL for no pairs.  LIO_ENOMEM,
 * also for what is more than a block can count. */
LIO_MUST_CHECK int lio_metadata_pack(Lio__Pb__MetadataEntry *const *entries,
                                     size_t n, char **ret_block);

/* Its size, 0 for NULL. */
size_t lio_metadata_bytes(const char *block);

/* From the block, or NULL.  The list is one piece of memory, the caller's to
 * free(); values stay in the block.  LIO_ENOMEM, or LIO_EINVAL for lengths that
 * are negative. */
LIO_MUST_CHECK int lio_metadata_unpack(const char *block,
                                       Lio__Pb__MetadataEntry ***ret_entries,
                                       size_t *ret_n);

#endif
