/*
 * Rows taken from one column.
 */
#include "column/take_leaf.h"

#include "column/blob.h"
#include "column/column_cursor.h"
#include "column/slices.h"
#include "column/take_windows.h"

#include <inttypes.h>
#include <stdlib.h>

int lio_take_failed(const struct lio_dataset *dataset, uint32_t field, int code,
                    uint64_t rows, struct lio_error *err)
{
    const char *column = dataset->schema.fields[field].path;

    if (code == LIO_EINVAL)
        return lio_error_set(err, code,
                             "%s: column '%s': %" PRIu64
                             " rows have more values than their type can "
                             "tell: take fewer rows at a time",
                             dataset->path, column, rows);
    if (code == LIO_ECORRUPT)
        return lio_error_set(err, code,
                             "%s: column '%s': the columns of its parts do "
                             "not agree on lists or nulls",
                             dataset->path, column);
    return lio_error_set(err, code,
                         "%s: column '%s': no memory to take %" PRIu64 " rows",
                         dataset->path, column, rows);
}

static int failed(const struct lio_take_leaf *leaf, int code,
                  struct lio_error *err)
{
    return lio_take_failed(leaf->dataset, leaf->field, code, leaf->nrows, err);
}

/* -- pieces -------------------------------------------------------------- */

/* Rows of a piece that are read one by one: several threads should have some,
 * and a device enough of them at once. */
#define ROWS_MAX UINT64_C(512)

/* Bytes that a processor copies in the time that a read of its own takes. */
#define READ_COST UINT64_C(4096)

static struct lio_take_piece *add_piece(struct lio_take_leaf *leaf,
                                        uint64_t first, uint64_t n)
{
    struct lio_take_piece *piece;

    if (leaf->npieces == leaf->room) {
        uint64_t room = leaf->room > 0 ? leaf->room * 2 : 8;
        struct lio_take_piece *pieces =
            realloc(leaf->pieces, (size_t)room * sizeof(*pieces));

        if (!pieces)
            return NULL;
        leaf->pieces = pieces;
        leaf->room = room;
    }
    piece = &leaf->pieces[leaf->npieces++];
    *piece = (struct lio_take_piece){ .first = first, .n = n };
    return piece;
}

static void release_piece(struct lio_take_piece *piece)
{
    if (piece->picked)
        lio_pick_release(&piece->pick);
    lio_vector_release(&piece->vector);
    *piece = (struct lio_take_piece){ 0 };
}

/* How many of the rows from `first` on lie before `end`. */
static uint64_t count_before(const struct lio_take_leaf *leaf, uint64_t first,
                             uint64_t end)
{
    uint64_t n = 0;

    while (first + n < leaf->nrows && leaf->rows[first + n] < end)
        n++;
    return n;
}

/* How many rows of a page are a piece.  Some pages tell but one piece without
 * more reads where its rows are. */
static uint64_t rows_at_once(const struct lio_page *page)
{
    uint64_t bits[LIO_PAGE_BUFFERS_MAX];

    switch (lio_pick_kind(page, bits, NULL)) {
    case LIO_PICK_FIXED:
    case LIO_PICK_VARIABLE:
    case LIO_PICK_ZIPPED:
    case LIO_PICK_STRINGS:
        return ROWS_MAX;
    default:
        return UINT64_MAX;
    }
}

/* The piece of a page that starts with row `first`. */
static int add_page(struct lio_take_leaf *leaf, uint32_t fragment,
                    uint64_t first, struct lio_error *err)
{
    const struct lio_place *place =
        &leaf->dataset->fragments[fragment].places[leaf->field];
    const struct lio_column *column = lio_dataset_column(leaf->dataset, place);
    struct lio_page_ref ref = { .fragment = fragment,
                                .field = leaf->field,
                                .file = place->file,
                                .column = place->column };
    struct lio_take_piece *piece;
    const struct lio_page *page;
    uint64_t start, n;

    ref.page =
        lio_column_find_page(column, leaf->rows[first] - place->first_row);
    page = &column->pages[ref.page];
    start = place->first_row + page->first_row;
    n = count_before(leaf, first, start + page->rows);
    if (n > rows_at_once(page))
        n = rows_at_once(page);
    for (uint64_t i = first; i < first + n; i++)
        leaf->in_pages[i] = leaf->rows[i] - start;
    piece = add_piece(leaf, first, n);
    if (!piece)
        return failed(leaf, LIO_ENOMEM, err);
    piece->whole = true;
    piece->ref = ref;
    piece->cost = n * (lio_page_bytes(page) / page->rows + READ_COST);
    return 0;
}

static int add_nulls(struct lio_take_leaf *leaf, uint32_t fragment,
                     uint64_t first, struct lio_error *err)
{
    const struct lio_place *place =
        &leaf->dataset->fragments[fragment].places[leaf->field];
    struct lio_leaf types =
        lio_leaf_of(&leaf->dataset->schema, leaf->field, leaf->dataset->format);
    uint64_t n = count_before(leaf, first, place->first_row + place->rows);
    struct lio_take_piece *piece = add_piece(leaf, first, n);

    if (!piece || lio_leaf_nulls(&types, n, &piece->vector) < 0)
        return failed(leaf, LIO_ENOMEM, err);
    return 0;
}

static int cut(struct lio_take_leaf *leaf, struct lio_error *err)
{
    const struct lio_fragment *fragments = leaf->dataset->fragments;
    uint32_t number = 0;
    uint64_t first = 0;
    int rc = 0;

    while (first < leaf->nrows && rc == 0) {
        const struct lio_place *place = &fragments[number].places[leaf->field];
        const struct lio_take_piece *last;

        if (leaf->rows[first] - place->first_row >= place->rows) {
            number++;
            continue;
        }
        rc = place->file == LIO_NO_FILE ? add_nulls(leaf, number, first, err)
                                        : add_page(leaf, number, first, err);
        if (rc < 0)
            break;
        last = &leaf->pieces[leaf->npieces - 1];
        first = last->first + last->n;
    }
    return rc;
}

static int open_picks(struct lio_take_leaf *leaf, struct lio_error *err)
{
    uint64_t bits[LIO_PAGE_BUFFERS_MAX];
    int rc = 0;

    for (uint64_t i = 0; i < leaf->npieces && rc == 0; i++) {
        struct lio_take_piece *piece = &leaf->pieces[i];
        const struct lio_page *page;

        if (!piece->whole)
            continue;
        page = lio_dataset_page_of(leaf->dataset, &piece->ref);
        if (lio_pick_kind(page, bits, NULL) == LIO_PICK_NOT) {
            piece->packed = lio_take_windows_can(page);
            continue;
        }
        rc = lio_pick_init(&piece->pick, leaf->dataset, &piece->ref,
                           leaf->in_pages + piece->first, piece->n, err);
        piece->picked = rc == 0;
        piece->whole = false;
    }
    return rc;
}

int lio_take_leaf_init(struct lio_take_leaf *leaf,
                       const struct lio_dataset *dataset, uint32_t field,
                       const uint64_t *rows, uint64_t nrows,
                       struct lio_error *err)
{
    int rc;

    *leaf = (struct lio_take_leaf){
        .dataset = dataset, .field = field, .rows = rows, .nrows = nrows
    };
    leaf->in_pages = calloc((size_t)nrows + 1, sizeof(*leaf->in_pages));
    if (!leaf->in_pages)
        return failed(leaf, LIO_ENOMEM, err);
    rc = cut(leaf, err);
    return rc < 0 ? rc : open_picks(leaf, err);
}

void lio_take_leaf_release(struct lio_take_leaf *leaf)
{
    for (uint64_t i = 0; i < leaf->npieces; i++)
        release_piece(&leaf->pieces[i]);
    lio_mem_put(leaf->placed);
    free(leaf->pieces);
    free(leaf->in_pages);
    *leaf = (struct lio_take_leaf){ 0 };
}

/* -- asking and cutting --------------------------------------------------- */

int lio_take_leaf_ask(struct lio_take_leaf *leaf, struct lio_reads *reads,
                      struct lio_error *err)
{
    int rc = 0;

    for (uint64_t i = 0; i < leaf->npieces && rc == 0; i++)
        if (leaf->pieces[i].picked)
            rc = lio_pick_ask(&leaf->pieces[i].pick, reads, err);
    return rc;
}

/* Append the parts of a piece that is picked. */
static int add_parts(struct lio_take_leaf *leaf, struct lio_take_piece *whole,
                     struct lio_error *err)
{
    uint64_t n, bytes;
    int rc = 0;

    for (uint64_t i = 0; i < whole->n && rc == 0; i += n) {
        struct lio_take_piece *part;

        rc = lio_pick_cut(&whole->pick, i, &n, &bytes, err);
        if (rc < 0)
            break;
        part = add_piece(leaf, whole->first + i, n);
        if (!part)
            return failed(leaf, LIO_ENOMEM, err);
        part->ref = whole->ref;
        part->cost = bytes;
        rc = lio_pick_part(&whole->pick, i, n, &part->pick, err);
        part->picked = rc == 0;
    }
    return rc;
}

/* A piece that stays as it is. */
static int move_piece(struct lio_take_leaf *leaf, struct lio_take_piece *piece,
                      struct lio_error *err)
{
    struct lio_take_piece *to = add_piece(leaf, piece->first, piece->n);

    if (!to)
        return failed(leaf, LIO_ENOMEM, err);
    *to = *piece;
    *piece = (struct lio_take_piece){ 0 };
    return 0;
}

int lio_take_leaf_cut(struct lio_take_leaf *leaf, struct lio_error *err)
{
    struct lio_take_piece *wholes = leaf->pieces;
    uint64_t n = leaf->npieces;
    int rc = 0;

    leaf->pieces = NULL;
    leaf->npieces = leaf->room = 0;
    for (uint64_t i = 0; i < n; i++) {
        struct lio_take_piece *whole = &wholes[i];

        if (rc == 0 && whole->picked && lio_pick_has_parts(&whole->pick))
            rc = add_parts(leaf, whole, err);
        else if (rc == 0)
            rc = move_piece(leaf, whole, err);
        release_piece(whole);
    }
    free(wholes);
    return rc;
}

/* -- decoding ------------------------------------------------------------ */

static int read_page(const struct lio_take_leaf *leaf,
                     struct lio_take_piece *piece, struct lio_error *err)
{
    struct lio_source_read reads[LIO_PAGE_BUFFERS_MAX];
    struct lio_load load;
    uint32_t n;
    int rc = lio_load_prepare(leaf->dataset, &piece->ref, &load, err);

    if (rc < 0)
        return rc;
    n = lio_load_reads(leaf->dataset, &load, reads);
    rc = lio_source_read(reads, n, err);
    if (rc == 0)
        rc = lio_load_decode(leaf->dataset, &load, &piece->vector, err);
    lio_load_release(&load);
    return rc;
}

/* Let a piece have its rows and nothing else: a copy of them. */
static int keep_rows(const struct lio_take_leaf *leaf,
                     struct lio_take_piece *piece, struct lio_error *err)
{
    struct lio_slice *slices = calloc((size_t)piece->n, sizeof(*slices));
    struct lio_vector rows;
    uint32_t n = 0;
    int rc;

    if (!slices)
        return failed(leaf, LIO_ENOMEM, err);
    for (uint64_t i = 0; i < piece->n; i++) {
        if (n > 0 &&
            slices[n - 1].from + slices[n - 1].rows == piece->places[i])
            slices[n - 1].rows++;
        else
            slices[n++] = (struct lio_slice){ .vector = piece->vector,
                                              .from = piece->places[i],
                                              .rows = 1 };
    }
    rc = lio_vector_join(slices, n, &rows);
    free(slices);
    if (rc < 0)
        return failed(leaf, rc, err);
    lio_vector_release(&piece->vector);
    if (piece->picked)
        lio_pick_release(&piece->pick);
    piece->picked = false;
    piece->vector = rows;
    piece->places = NULL;
    return 0;
}

/* Descriptors, and no others than of the rows, become what they describe. */
static int read_blobs(const struct lio_take_leaf *leaf,
                      struct lio_take_piece *piece, struct lio_error *err)
{
    const struct lio_slice all = { .vector = piece->vector,
                                   .rows = piece->vector.rows };
    struct lio_vector values;
    int rc = lio_blob_read(leaf->dataset, &piece->ref, &all, &values, err);

    if (rc < 0)
        return rc;
    lio_vector_release(&piece->vector);
    piece->vector = values;
    return 0;
}

/* Whether there is more than the rows, and much of it. */
static bool has_others(const struct lio_take_piece *piece)
{
    return piece->whole || piece->vector.rows / 2 > piece->n;
}

int lio_take_leaf_decode(struct lio_take_leaf *leaf, uint64_t number,
                         struct lio_error *err)
{
    struct lio_take_piece *piece = &leaf->pieces[number];
    bool blobs = lio_blob_is(leaf->dataset, &piece->ref);
    int rc;

    if (leaf->placed)
        return 0;
    if (piece->picked) {
        rc = lio_pick_decode(&piece->pick, &piece->vector, err);
        piece->places = piece->pick.places;
    } else if (piece->packed) {
        rc = lio_take_windows(leaf->dataset, &piece->ref,
                              leaf->in_pages + piece->first, piece->n,
                              &piece->vector, err);
    } else {
        rc = read_page(leaf, piece, err);
        piece->places = leaf->in_pages + piece->first;
    }
    if (rc == 0 && piece->places && (blobs || has_others(piece)))
        rc = keep_rows(leaf, piece, err);
    if (rc == 0 && blobs)
        rc = read_blobs(leaf, piece, err);
    return rc;
}

/* -- rows ---------------------------------------------------------------- */

/* The piece with a row. */
static const struct lio_take_piece *find(const struct lio_take_piece *pieces,
                                         uint64_t npieces, uint64_t row)
{
    uint64_t low = 0, high = npieces;

    while (high - low > 1) {
        uint64_t middle = low + (high - low) / 2;

        if (pieces[middle].first <= row)
            low = middle;
        else
            high = middle;
    }
    return &pieces[low];
}

uint32_t lio_take_order(const struct lio_take_piece *pieces, uint64_t npieces,
                        const uint64_t *order, uint64_t n,
                        struct lio_slice *slices)
{
    const struct lio_take_piece *last = NULL;
    uint32_t nslices = 0;

    for (uint64_t i = 0; i < n; i++) {
        const struct lio_take_piece *piece = find(pieces, npieces, order[i]);
        uint64_t at = order[i] - piece->first;

        if (piece->places)
            at = piece->places[at];
        if (piece == last &&
            slices[nslices - 1].from + slices[nslices - 1].rows == at)
            slices[nslices - 1].rows++;
        else
            slices[nslices++] = (struct lio_slice){ .vector = piece->vector,
                                                    .from = at,
                                                    .rows = 1 };
        last = piece;
    }
    return nslices;
}

int lio_take_leaf_rows(const struct lio_take_leaf *leaf, uint64_t first,
                       uint64_t n, struct lio_vector *ret_vector,
                       struct lio_error *err)
{
    uint64_t *order = calloc((size_t)n, sizeof(*order));
    struct lio_slice *slices = calloc((size_t)n, sizeof(*slices));
    int rc = LIO_ENOMEM;

    for (uint64_t i = 0; order && i < n; i++)
        order[i] = first + i;
    if (order && slices)
        rc = lio_vector_join(
            slices,
            lio_take_order(leaf->pieces, leaf->npieces, order, n, slices),
            ret_vector);
    free(slices);
    free(order);
    return rc < 0 ? failed(leaf, rc, err) : 0;
}
