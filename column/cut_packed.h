/*
 * The buffers of a page that are compressed as a whole, while it is cut.
 *
 * Where rows are in them is counted in what they decompress to, and so are the
 * windows' bytes.
 */
#ifndef LIO_COLUMN_CUT_PACKED_H
#define LIO_COLUMN_CUT_PACKED_H

#include "column/dataset.h"
#include "column/unpack.h"

/* Zero it, and there are none. */
struct lio_cut_packed {
    uint32_t
        schemes[LIO_PAGE_BUFFERS_MAX]; /* enum lio_scheme; 0: it is plain */
    struct lio_unpack *unpacks[LIO_PAGE_BUFFERS_MAX];
    uint32_t nbuffers;                    /* that there are unpacks of */
    uint64_t bytes[LIO_PAGE_BUFFERS_MAX]; /* that each is plain, once known */
    bool known;
};

/* Parts of them that a window needs, by buffer. */
struct lio_cut_parts {
    struct lio_unpack_part *all[LIO_PAGE_BUFFERS_MAX];
};

/* Whether there are any by the schemes, of which `page` has as many as it has
 * buffers. */
bool lio_cut_packed_any(const struct lio_cut_packed *packed,
                        const struct lio_page *page);

/* Start to read those of a page; schemes are filled. */
LIO_MUST_CHECK int lio_cut_packed_open(struct lio_cut_packed *packed,
                                       const struct lio_dataset *dataset,
                                       const struct lio_page_ref *ref,
                                       struct lio_error *err);
void lio_cut_packed_release(struct lio_cut_packed *packed);

/* Whether there are some, of which it is not known yet how many bytes they are;
 * wait until it is. */
static inline bool lio_cut_packed_waits(const struct lio_cut_packed *packed)
{
    return packed->nbuffers > 0 && !packed->known;
}

LIO_MUST_CHECK int lio_cut_packed_wait(struct lio_cut_packed *packed,
                                       struct lio_error *err);

/* Want bytes of a buffer from `at` on, in all of `mem`; LIO_ENOMEM. */
LIO_MUST_CHECK int lio_cut_packed_want(const struct lio_cut_packed *packed,
                                       uint32_t buffer, uint64_t at,
                                       struct lio_mem *mem,
                                       struct lio_cut_parts *parts);

/* Read more of them so. */
void lio_cut_packed_go_on(const struct lio_cut_packed *packed,
                          const struct lio_source_manner *manner);

/* Have the parts made, on any thread. */
LIO_MUST_CHECK int lio_cut_parts_make(const struct lio_cut_parts *parts,
                                      struct lio_error *err);
void lio_cut_parts_release(struct lio_cut_parts *parts);

#endif
