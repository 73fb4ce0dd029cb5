/*
 * Where the items of lists are.
 *
 *     ends    2  2  2+adj  3      [a b] [] null [c], of items a b c
 */
#include "column/take_spans.h"

#include "column/array.h"
#include "column/bits.h"
#include "column/column_cursor.h"
#include "column/load.h"
#include "column/reads.h"

#include <inttypes.h>
#include <stdlib.h>

#define END_BYTES 8

struct take_spans {
    const struct lio_dataset *dataset;
    struct lio_page_ref ref; /* of the page that rows are looked up in */
    const struct lio_page *page;
    const uint64_t *rows;
    struct lio_span *spans;
    uint8_t *ends; /* of each row, and of the one before it */
};

static int no_memory(const struct take_spans *take, uint64_t n,
                     struct lio_error *err)
{
    return lio_error_set(err, LIO_ENOMEM,
                         "%s: column '%s': no memory to take %" PRIu64 " lists",
                         take->dataset->path,
                         take->dataset->schema.fields[take->ref.field].path, n);
}

/* The buffer that the ends lie in plainly, or LIO_PAGE_BUFFERS_MAX. */
static uint32_t plain_buffer(const struct lio_page *page)
{
    const Lio__Pb__ArrayEncoding *enc = lio_array_without_nulls(page->array);
    const Lio__Pb__FlatArray *flat;

    if (!enc || enc->array_case != LIO_ARRAY_CASE(LIST))
        return LIO_PAGE_BUFFERS_MAX;
    enc = lio_array_without_nulls(enc->list->offsets);
    if (!enc || enc->array_case != LIO_ARRAY_CASE(FLAT))
        return LIO_PAGE_BUFFERS_MAX;
    flat = enc->flat;
    if (flat->bits != END_BYTES * 8 || flat->compression || !flat->buffer ||
        flat->buffer->kind != 0 || flat->buffer->index >= page->nbuffers ||
        page->buffers[flat->buffer->index].bytes / END_BYTES < page->rows)
        return LIO_PAGE_BUFFERS_MAX;
    return flat->buffer->index;
}

/* -- plain ends ---------------------------------------------------------- */

static int ask(struct take_spans *take, uint32_t buffer, uint64_t from,
               uint64_t to, uint64_t first_row, struct lio_reads *reads)
{
    int rc = 0;

    for (uint64_t i = from; i < to && rc == 0; i++) {
        uint64_t row = take->rows[i] - first_row;
        uint64_t before = row > 0 ? END_BYTES : 0;
        const struct lio_source_read read = {
            .source = take->dataset->files[take->ref.file].source,
            .offset =
                take->page->buffers[buffer].offset + row * END_BYTES - before,
            .bytes = END_BYTES + before,
            .into = take->ends + (2 * i + 1) * END_BYTES - before,
        };

        rc = lio_reads_add(reads, &read);
    }
    return rc;
}

/* Ends that are there become spans; false if they are not in order. */
static bool turn_ends(const struct take_spans *take, uint64_t i)
{
    const Lio__Pb__ListArray *list =
        lio_array_without_nulls(take->page->array)->list;
    uint64_t start = lio_load_u64(take->ends + 2 * i * END_BYTES);
    uint64_t end = lio_load_u64(take->ends + (2 * i + 1) * END_BYTES);
    struct lio_span *span = &take->spans[i];

    span->null = end >= list->null_adjustment;
    start -= start >= list->null_adjustment ? list->null_adjustment : 0;
    end -= span->null ? list->null_adjustment : 0;
    if (start > end || end > list->nitems || (span->null && start != end))
        return false;
    span->start = take->page->first_item + start;
    span->n = end - start;
    return true;
}

static int read_plain(struct take_spans *take, uint32_t buffer, uint64_t from,
                      uint64_t to, uint64_t first_row, struct lio_error *err)
{
    struct lio_reads reads = { 0 };
    int rc = ask(take, buffer, from, to, first_row, &reads);

    if (rc < 0)
        rc = no_memory(take, to - from, err);
    if (rc == 0)
        rc = lio_reads_run(&reads, err);
    lio_reads_release(&reads);
    for (uint64_t i = from; i < to && rc == 0; i++)
        if (!turn_ends(take, i))
            rc = lio_error_set(
                err, LIO_ECORRUPT,
                "%s: column '%s', page %" PRIu32
                ": the lists do not lie in order in their items",
                lio_source_name(take->dataset->files[take->ref.file].source),
                take->dataset->schema.fields[take->ref.field].path,
                take->ref.page);
    return rc;
}

/* -- any others ---------------------------------------------------------- */

static void turn_lists(const struct take_spans *take,
                       const struct lio_vector *lists, uint64_t from,
                       uint64_t to, uint64_t first_row)
{
    for (uint64_t i = from; i < to; i++) {
        uint64_t row = take->rows[i] - first_row;
        uint64_t start = lio_vector_offset(lists, row);

        take->spans[i] = (struct lio_span){
            .start = take->page->first_item + start,
            .n = lio_vector_offset(lists, row + 1) - start,
            .null = lists->validity && !lio_bit_get(lists->validity->data, row),
        };
    }
}

static int read_whole(struct take_spans *take, uint64_t from, uint64_t to,
                      uint64_t first_row, struct lio_error *err)
{
    struct lio_source_read reads[LIO_PAGE_BUFFERS_MAX];
    struct lio_vector lists;
    struct lio_load load;
    int rc = lio_load_prepare(take->dataset, &take->ref, &load, err);

    if (rc < 0)
        return rc;
    rc = lio_source_read(reads, lio_load_reads(take->dataset, &load, reads),
                         err);
    if (rc == 0)
        rc = lio_load_decode(take->dataset, &load, &lists, err);
    lio_load_release(&load);
    if (rc < 0)
        return rc;
    turn_lists(take, &lists, from, to, first_row);
    lio_vector_release(&lists);
    return 0;
}

/* -- page by page -------------------------------------------------------- */

int lio_take_spans(const struct lio_dataset *dataset, uint32_t field,
                   uint32_t fragment, const uint64_t *rows, uint64_t n,
                   struct lio_span *spans, struct lio_error *err)
{
    const struct lio_place *place = &dataset->fragments[fragment].places[field];
    const struct lio_column *column = lio_dataset_column(dataset, place);
    struct take_spans take = {
        .dataset = dataset,
        .ref = { fragment, field, place->file, place->column, 0 },
        .rows = rows,
        .spans = spans,
        .ends = calloc((size_t)n + 1, 2 * END_BYTES),
    };
    uint64_t from = 0, to;
    int rc = take.ends ? 0 : no_memory(&take, n, err);

    for (; from < n && rc == 0; from = to) {
        uint64_t first_row;
        uint32_t buffer;

        take.ref.page = lio_column_find_page(column, rows[from]);
        take.page = &column->pages[take.ref.page];
        first_row = take.page->first_row;
        for (to = from + 1; to < n && rows[to] - first_row < take.page->rows;)
            to++;
        buffer = plain_buffer(take.page);
        rc = buffer < LIO_PAGE_BUFFERS_MAX
                 ? read_plain(&take, buffer, from, to, first_row, err)
                 : read_whole(&take, from, to, first_row, err);
    }
    free(take.ends);
    return rc;
}
