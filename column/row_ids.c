/*
 * Ids of rows.  A segment of a sequence is one of
 *
 *     a range
 *     a range without some ids     their numbers, or a bitmap of those it has,
 *                                  the lowest bit of a byte first
 *     an array, sorted or not      offsets of 16 or 32 bits from a base, or ids
 */
#include "column/row_ids.h"

#include "column/bits.h"
#include "column/lance_row_ids.pb-c.h"
#include "column/proto.h"

#include <stdlib.h>

#define SEGMENT(name) LIO__PB__ID_SEGMENT__SEGMENT_##name
#define ARRAY(name)   LIO__PB__ID_ARRAY__ARRAY_##name

/* -- runs ---------------------------------------------------------------- */

static int grow(struct lio_row_ids *ids)
{
    size_t room = ids->room > 0 ? ids->room * 2 : 4;
    struct lio_id_run *runs = realloc(ids->runs, room * sizeof(*runs));

    if (!runs)
        return LIO_ENOMEM;
    ids->runs = runs;
    ids->room = room;
    return 0;
}

/* The next `n` rows have ids from `id` on. */
static int add(struct lio_row_ids *ids, uint64_t id, uint64_t n)
{
    const struct lio_id_run *last = ids->n > 0 ? &ids->runs[ids->n - 1] : NULL;
    int rc = 0;

    if (n == 0)
        return 0;
    if (n > (uint64_t)INT64_MAX - ids->rows)
        return LIO_ECORRUPT;
    if (!last || last->id + (ids->rows - last->row) != id) {
        if (ids->n == ids->room)
            rc = grow(ids);
        if (rc < 0)
            return rc;
        ids->runs[ids->n++] = (struct lio_id_run){ ids->rows, id };
    }
    ids->rows += n;
    return 0;
}

uint64_t lio_row_ids_at(const struct lio_row_ids *ids, uint64_t row,
                        uint64_t *ret_run)
{
    size_t low = 0, high = ids->n;
    uint64_t end;

    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;

        if (ids->runs[middle].row <= row)
            low = middle;
        else
            high = middle;
    }
    end = low + 1 < ids->n ? ids->runs[low + 1].row : ids->rows;
    *ret_run = end - row;
    return ids->runs[low].id + (row - ids->runs[low].row);
}

/* -- arrays -------------------------------------------------------------- */

/* An array as it lies in the message. */
struct array {
    uint64_t base;
    const uint8_t *data;
    uint64_t n;
    unsigned width;
};

static bool open_array(const Lio__Pb__IdArray *from, struct array *array)
{
    const ProtobufCBinaryData *data;

    *array = (struct array){ 0 };
    switch (from ? from->array_case : ARRAY(_NOT_SET)) {
    case ARRAY(U16):
        array->base = from->u16->first;
        array->width = sizeof(uint16_t);
        data = &from->u16->offsets;
        break;
    case ARRAY(U32):
        array->base = from->u32->first;
        array->width = sizeof(uint32_t);
        data = &from->u32->offsets;
        break;
    case ARRAY(U64):
        array->width = sizeof(uint64_t);
        data = &from->u64->values;
        break;
    default:
        return false;
    }
    array->data = data->data;
    array->n = data->len / array->width;
    return data->len % array->width == 0;
}

static uint64_t array_at(const struct array *array, uint64_t i)
{
    uint64_t offset = 0;

    memcpy(&offset, array->data + i * array->width, array->width);
    return array->base + offset;
}

/* -- segments ------------------------------------------------------------ */

static int add_array(struct lio_row_ids *ids, const Lio__Pb__IdArray *from)
{
    struct array array;
    int rc = open_array(from, &array) ? 0 : LIO_ECORRUPT;

    for (uint64_t i = 0; i < array.n && rc == 0; i++)
        rc = add(ids, array_at(&array, i), 1);
    return rc;
}

static int add_holes(struct lio_row_ids *ids,
                     const Lio__Pb__IdRangeWithHoles *range)
{
    uint64_t id = range->start;
    struct array holes;
    int rc = open_array(range->holes, &holes) ? 0 : LIO_ECORRUPT;

    for (uint64_t i = 0; i < holes.n && rc == 0; i++) {
        uint64_t hole = array_at(&holes, i);

        if (hole < id || hole >= range->end)
            return LIO_ECORRUPT;
        rc = add(ids, id, hole - id);
        id = hole + 1;
    }
    if (rc < 0 || range->end < id)
        return rc < 0 ? rc : LIO_ECORRUPT;
    return add(ids, id, range->end - id);
}

static int add_bitmap(struct lio_row_ids *ids,
                      const Lio__Pb__IdRangeWithBitmap *range)
{
    uint64_t n = range->end - range->start;
    int rc = 0;

    if (range->end < range->start || n / 8 > range->bitmap.len ||
        lio_bits_bytes(n) > range->bitmap.len)
        return LIO_ECORRUPT;
    for (uint64_t i = 0; i < n && rc == 0; i++)
        if (lio_bit_get(range->bitmap.data, i))
            rc = add(ids, range->start + i, 1);
    return rc;
}

static int add_segment(struct lio_row_ids *ids,
                       const Lio__Pb__IdSegment *segment)
{
    switch (segment->segment_case) {
    case SEGMENT(RANGE):
        if (segment->range->end < segment->range->start)
            return LIO_ECORRUPT;
        return add(ids, segment->range->start,
                   segment->range->end - segment->range->start);
    case SEGMENT(HOLES):
        return add_holes(ids, segment->holes);
    case SEGMENT(BITMAP):
        return add_bitmap(ids, segment->bitmap);
    case SEGMENT(SORTED_ARRAY):
        return add_array(ids, segment->sorted_array);
    case SEGMENT(ARRAY):
        return add_array(ids, segment->array);
    default:
        return LIO_ECORRUPT;
    }
}

int lio_row_ids_parse(struct lio_bytes in, struct lio_row_ids *ret_ids,
                      const char **ret_why)
{
    struct lio_row_ids ids = { 0 };
    const Lio__Pb__IdSequence *sequence;
    ProtobufCMessage *message;
    int rc = lio_proto_unpack(&lio__pb__id_sequence__descriptor, in, &message);

    *ret_why = "their message is damaged";
    if (rc < 0)
        return rc;
    *ret_why = "a segment of them makes no sense";
    sequence = (const Lio__Pb__IdSequence *)message;
    for (size_t i = 0; i < sequence->n_segments && rc == 0; i++)
        rc = add_segment(&ids, sequence->segments[i]);
    protobuf_c_message_free_unpacked(message, NULL);
    if (rc < 0) {
        lio_row_ids_release(&ids);
        return rc;
    }
    *ret_ids = ids;
    return 0;
}

void lio_row_ids_release(struct lio_row_ids *ids)
{
    free(ids->runs);
    *ids = (struct lio_row_ids){ 0 };
}
