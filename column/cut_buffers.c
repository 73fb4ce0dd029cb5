/*
 * The buffers of windows: memory for what of the page's is needed, and what is
 * read, or decompressed, into it.
 */
#include "column/cuts.h"
#include "column/pool.h"

struct lio_source_read lio_cut_read_of(const struct lio_cutter *cutter,
                                       uint32_t buffer, uint64_t at,
                                       struct lio_mem *into)
{
    return (struct lio_source_read){
        .source = cutter->dataset->files[cutter->ref.file].source,
        .offset = cutter->page->buffers[buffer].offset + at,
        .bytes = into->bytes,
        .into = into->data,
    };
}

static bool is_packed(const struct lio_cutter *cutter, uint32_t buffer)
{
    return cutter->packed.unpacks[buffer] != NULL;
}

/* What compressed buffers hold must be enough, too. */
int lio_cut_packed_asked(struct lio_cutter *cutter, struct lio_error *err)
{
    int rc = lio_cut_packed_wait(&cutter->packed, err);

    if (rc < 0)
        return rc;
    if (cutter->kind == LIO_CUT_ENTRIES) {
        cutter->entries.data_bytes = cutter->packed.bytes[cutter->entries.data];
        return 0;
    }
    for (uint32_t i = 0; i < cutter->page->nbuffers; i++)
        if (cutter->packed.unpacks[i] &&
            (cutter->page->rows * cutter->bits[i] + 7) / 8 >
                cutter->packed.bytes[i])
            return lio_cut_corrupt(cutter,
                                   "its rows are not in what a buffer of it is "
                                   "decompressed to",
                                   err);
    return 0;
}

/* Where the window's bytes start in a buffer of the page. */
static uint64_t start_in(const struct lio_cutter *cutter,
                         const struct lio_cut *cut, uint32_t buffer)
{
    switch (cutter->kind) {
    case LIO_CUT_FIXED:
        return cut->first * cutter->bits[buffer] / 8;
    case LIO_CUT_CHUNKS:
    case LIO_CUT_ENTRIES:
        return cut->at;
    default:
        return 0;
    }
}

/* Of a buffer that is compressed, which no bytes of the file bound. */
static int take_unpacked(struct lio_cutter *cutter, struct lio_cut *cut,
                         uint32_t buffer, uint64_t bytes, struct lio_error *err)
{
    if (bytes > cutter->dataset->page_decoded_max)
        return lio_cut_corrupt(cutter,
                               "a row of it is decompressed to more than the "
                               "limit for a page",
                               err);
    cut->load.buffers[buffer] = lio_pool_take(cutter->dataset->pool, bytes);
    cut->page.unpacked |= UINT64_C(1) << buffer;
    return cut->load.buffers[buffer] ? 0 : lio_cut_no_memory(cutter, err);
}

/* Chunks are decoded wherever they are. */
int lio_cut_buffer(struct lio_cutter *cutter, struct lio_cut *cut,
                   uint32_t buffer, uint64_t bytes, struct lio_error *err)
{
    uint64_t at = start_in(cutter, cut, buffer);

    cut->bytes += bytes;
    if (is_packed(cutter, buffer))
        return take_unpacked(cutter, cut, buffer, bytes, err);
    cut->load.buffers[buffer] =
        lio_load_memory(cutter->dataset, cutter->ref.file,
                        cutter->page->buffers[buffer].offset + at, bytes,
                        cutter->kind != LIO_CUT_CHUNKS);
    return cut->load.buffers[buffer] ? 0 : lio_cut_no_memory(cutter, err);
}

/* Whether a buffer is there already, by what was asked. */
static bool is_made(const struct lio_cutter *cutter, uint32_t buffer)
{
    return cutter->kind == LIO_CUT_LEVELS ||
           (cutter->kind == LIO_CUT_CHUNKS && buffer != 1) ||
           (cutter->kind == LIO_CUT_ENTRIES &&
            (cutter->entries.lists || buffer != cutter->entries.data));
}

int lio_cut_buffers_read(const struct lio_cutter *cutter, struct lio_cut *cut,
                         const struct lio_source_manner *manner,
                         struct lio_source_batch **ret_batch,
                         struct lio_error *err)
{
    struct lio_source_read reads[LIO_PAGE_BUFFERS_MAX];
    uint32_t n = 0;

    for (uint32_t i = 0; i < cut->page.nbuffers; i++) {
        struct lio_mem *into = cut->load.buffers[i];
        uint64_t at = start_in(cutter, cut, i);

        if (is_packed(cutter, i)) {
            if (lio_cut_packed_want(&cutter->packed, i, at, into, &cut->parts) <
                0)
                return lio_cut_no_memory(cutter, err);
        } else if (!is_made(cutter, i)) {
            reads[n++] = lio_cut_read_of(cutter, i, at, into);
        }
    }
    lio_cut_packed_go_on(&cutter->packed, manner);
    return lio_source_start_with(manner, reads, n, ret_batch, err);
}
