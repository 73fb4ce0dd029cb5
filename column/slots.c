/*
 * Slots.
 */
#include "column/slots.h"

#include "common/checked.h"

#include <inttypes.h>

/* The items of fixed-size lists do, each by itself. */
bool lio_slots_entries(const struct lio_leaf *leaf, uint64_t rows,
                       uint64_t *ret_entries)
{
    bool listed = false;

    *ret_entries = rows;
    for (uint32_t i = leaf->nlayers; i-- > 1;) {
        listed |= leaf->types[i]->kind == LIO_KIND_LIST;
        if (leaf->types[i]->kind != LIO_KIND_FIXED_LIST)
            continue;
        if (listed)
            *ret_entries = LIO_ENTRIES_OPEN;
        else if (!lio_checked_mul(*ret_entries, leaf->types[i]->dimension,
                                  ret_entries))
            return false;
    }
    return true;
}

int lio_slots_init(struct lio_decode *dec, const struct lio_leaf *leaf,
                   uint64_t rows, const uint32_t *kinds, size_t nkinds,
                   struct lio_slots *ret_slots)
{
    struct lio_slots slots = { .leaf = leaf, .rows = rows };
    int rc = lio_levels_init(dec, leaf, kinds, nkinds, &slots.levels);

    if (rc == 0 && !lio_slots_entries(leaf, rows, &slots.entries))
        rc = lio_decode_corrupt(dec, "%" PRIu64 " rows of lists", rows);
    if (rc == 0)
        *ret_slots = slots;
    return rc;
}

void lio_slots_release(struct lio_slots *slots)
{
    lio_levels_release(&slots->levels);
    lio_builder_release(&slots->builder);
}

static int check_rows(struct lio_decode *dec, const struct lio_slots *slots,
                      uint64_t n)
{
    if (n == slots->entries)
        return 0;
    return lio_decode_corrupt(dec, "%" PRIu64 " values for %" PRIu64 " rows", n,
                              slots->entries);
}

/* How many there are in lists, or in runs, is seen later. */
static int check_values(struct lio_decode *dec, const struct lio_slots *slots,
                        uint64_t n)
{
    return lio_slots_listed(slots) || slots->runs ? 0
                                                  : check_rows(dec, slots, n);
}

int lio_slots_alloc(struct lio_decode *dec, struct lio_slots *slots, uint64_t n)
{
    bool bitmap = lio_levels_flat(&slots->levels) && lio_slots_nullable(slots);
    int rc = check_values(dec, slots, n);

    return rc < 0 ? rc
                  : lio_builder_init(dec, slots->leaf->types[0], n, bitmap,
                                     &slots->builder);
}

int lio_slots_alloc_bare(struct lio_decode *dec, struct lio_slots *slots,
                         uint64_t n)
{
    int rc = check_values(dec, slots, n);

    return rc < 0 ? rc
                  : lio_builder_init_bare(dec, slots->leaf->types[0], n,
                                          &slots->builder);
}

int lio_slots_levels(struct lio_decode *dec, struct lio_slots *slots,
                     uint64_t slot, const uint16_t *rep, const uint16_t *def,
                     uint64_t n, uint64_t *ret_slots)
{
    *ret_slots = n;
    if (!lio_levels_flat(&slots->levels))
        return lio_levels_append(dec, &slots->levels, rep, def, n, ret_slots);
    if (!lio_slots_nullable(slots))
        return 0;
    if (n > slots->builder.rows - slot)
        return lio_decode_corrupt(dec, "more levels than values");
    return lio_builder_levels(dec, &slots->builder, slot, def, n);
}

/* Leave what rows are made of. */
static int keep_runs(struct lio_decode *dec, struct lio_slots *slots, bool flat,
                     struct lio_vector *values)
{
    int rc =
        lio_groups_keep(dec, slots->runs, flat ? NULL : &slots->levels, values);

    if (rc < 0)
        return rc;
    return flat ? check_rows(dec, slots, values->rows)
                : lio_levels_check(dec, &slots->levels, slots->entries,
                                   values->rows);
}

int lio_slots_finish(struct lio_decode *dec, struct lio_slots *slots,
                     struct lio_vector *ret_vector)
{
    bool flat = lio_levels_flat(&slots->levels);
    struct lio_vector values;
    int rc = 0;

    if (!flat)
        rc = lio_levels_check(dec, &slots->levels,
                              slots->runs ? LIO_ENTRIES_OPEN : slots->entries,
                              slots->builder.rows);
    if (rc < 0)
        return rc;
    lio_builder_finish(&slots->builder, &values);
    if (slots->runs)
        rc = keep_runs(dec, slots, flat, &values);
    if (rc < 0) {
        lio_vector_release(&values);
        return rc;
    }
    if (!flat)
        return lio_levels_unravel(dec, &slots->levels, slots->leaf, slots->rows,
                                  &values, ret_vector);
    *ret_vector = values;
    return 0;
}
