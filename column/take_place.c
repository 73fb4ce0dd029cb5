/*
 * Rows that are read to where they are wanted.
 *
 *     rows asked for    9 1 5
 *     page 0            . 1 . . 5 .        page 1    . . 9
 *     memory            | 9 | 1 | 5 |      given out as it is
 *
 * Otherwise a page's rows lie as the page has them, and are copied to the order
 * asked for: of large values that is most of what a take costs, above all
 * because it takes as much fresh memory again.
 */
#include "column/take_leaf.h"

#include "column/array.h"
#include "column/blob.h"
#include "column/pool.h"

#include "common/checked.h"

/* Encodings that are compared are a few numbers. */
#define ENCODING_BYTES_MAX 256

static bool same_message(const ProtobufCMessage *a, const ProtobufCMessage *b)
{
    uint8_t packed[ENCODING_BYTES_MAX], other[ENCODING_BYTES_MAX];
    size_t bytes = protobuf_c_message_get_packed_size(a);

    if (bytes > sizeof(packed) ||
        bytes != protobuf_c_message_get_packed_size(b))
        return false;
    (void)protobuf_c_message_pack(a, packed);
    (void)protobuf_c_message_pack(b, other);
    return memcmp(packed, other, bytes) == 0;
}

/* The layout but for how much there is. */
static bool same_full_zip(const Lio__Pb__FullZipLayout *a,
                          const Lio__Pb__FullZipLayout *b)
{
    Lio__Pb__FullZipLayout one = *a, other = *b;

    one.nitems = other.nitems = 0;
    one.nvisible_items = other.nvisible_items = 0;
    return same_message(&one.base, &other.base);
}

static bool same_encoding(const struct lio_page *a, const struct lio_page *b)
{
    if (a->layout && b->layout)
        return same_full_zip(a->layout->full_zip, b->layout->full_zip);
    return a->array && b->array &&
           same_message(&a->array->base, &b->array->base);
}

/* Whether a page's rows are nothing but whole bytes of values. */
static bool is_bare(const struct lio_take_piece *piece)
{
    const struct lio_pick *pick = &piece->pick;
    const Lio__Pb__PageLayout *layout;

    if (!piece->picked || pick->kind != LIO_PICK_FIXED ||
        pick->page->nbuffers != 1 || pick->bits[0] % 8 != 0)
        return false;
    layout = pick->page->layout;
    return !layout ||
           (layout->full_zip->bits_rep == 0 && layout->full_zip->bits_def == 0);
}

static bool are_alike(const struct lio_take_leaf *leaf)
{
    for (uint64_t i = 0; i < leaf->npieces; i++) {
        const struct lio_take_piece *piece = &leaf->pieces[i];

        if (!is_bare(piece) || lio_blob_is(leaf->dataset, &piece->ref) ||
            piece->pick.bits[0] != leaf->pieces[0].pick.bits[0] ||
            !same_encoding(piece->pick.page, leaf->pieces[0].pick.page))
            return false;
    }
    return leaf->npieces > 0;
}

int lio_take_leaf_place(struct lio_take_leaf *leaf, const uint64_t *places,
                        struct lio_error *err)
{
    uint64_t bytes;

    if (!are_alike(leaf) ||
        !lio_checked_mul(leaf->nrows, leaf->pieces[0].pick.bits[0] / 8,
                         &bytes) ||
        bytes > leaf->dataset->page_decoded_max)
        return 0;
    leaf->placed = lio_pool_take(leaf->dataset->pool, bytes);
    if (!leaf->placed)
        return lio_take_failed(leaf->dataset, leaf->field, LIO_ENOMEM,
                               leaf->nrows, err);
    for (uint64_t i = 0; i < leaf->npieces; i++) {
        struct lio_take_piece *piece = &leaf->pieces[i];

        piece->pick.buffers[0] = lio_mem_get(leaf->placed);
        memcpy(piece->pick.places, places + piece->first,
               (size_t)piece->n * sizeof(*places));
    }
    return 0;
}

int lio_take_leaf_placed(struct lio_take_leaf *leaf,
                         struct lio_vector *ret_vector, struct lio_error *err)
{
    struct lio_pick *first = &leaf->pieces[0].pick;

    first->picked.rows = leaf->nrows;
    return lio_pick_decode(first, ret_vector, err);
}
