/*
 * Shared, immutable-once-filled memory: what page buffers are read into, what
 * decoders write, and what Arrow arrays point at.
 *
 * The bytes start at a multiple of 64, as Arrow recommends, unless they were
 * wanted elsewhere; and LIO_MEM_SLACK zeroed bytes follow the end, so that a
 * decoder may copy in whole words.
 */
#ifndef LIO_COLUMN_MEMORY_H
#define LIO_COLUMN_MEMORY_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LIO_MEM_ALIGN 64
#define LIO_MEM_SLACK 64
#define LIO_MEM_PAGE  4096 /* of a mapping */

struct lio_pool;

struct lio_mem {
    _Alignas(LIO_MEM_ALIGN) atomic_uint refs;
    size_t bytes;          /* that may be used; the slack comes on top */
    size_t room;           /* what `bytes` might be at the most */
    size_t mapped;         /* bytes of a mapping of its own; 0: heap */
    struct lio_pool *pool; /* it goes back to; NULL: none */
    uint8_t *data;         /* behind this, in the same allocation */
};

/* Memory with one reference, or NULL.  The content is undefined. */
struct lio_mem *lio_mem_new(uint64_t bytes);

/* The same, all zero. */
struct lio_mem *lio_mem_zeroed(uint64_t bytes);

/* One reference more; returns `mem`, which may be NULL. */
struct lio_mem *lio_mem_get(struct lio_mem *mem);

/* One reference less; the last one frees, or gives it back.  Accepts NULL. */
void lio_mem_put(struct lio_mem *mem);

/* Zero what follows the first `bytes` up to `end`; false if it ends before
 * that.  For who has the only reference. */
bool lio_mem_pad(struct lio_mem *mem, uint64_t bytes, uint64_t end);

/* -- for pools ----------------------------------------------------------- */

/* As lio_mem_new(), but not from the heap, which large blocks that come and go
 * on several threads leave in pieces: of 800 MB that were written with 128 MiB
 * at a time, 400 MB had stayed resident.  The bytes fill whole pages of
 * LIO_MEM_PAGE, as O_DIRECT wants them; `huge`: pages of 2 MiB as far as they
 * go, which a device writes in one piece. */
struct lio_mem *lio_mem_map(uint64_t bytes, bool huge);

/* Memory without a reference gets one, and another size, up to its room. */
void lio_mem_renew(struct lio_mem *mem, uint64_t bytes);

/* Have the bytes begin where addresses leave the same remainder by `align`, a
 * power of two, as `place` does; there must be room for that. */
void lio_mem_place(struct lio_mem *mem, uint64_t place, size_t align);
void lio_mem_free(struct lio_mem *mem);

#endif
