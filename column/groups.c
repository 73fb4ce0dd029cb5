/*
 * Items of which rows are made.
 */
#include "column/groups.h"

#include <stdlib.h>

void lio_runs_add(struct lio_runs *runs, uint64_t first, uint64_t n)
{
    struct lio_run *last = runs->n > 0 ? &runs->all[runs->n - 1] : NULL;

    if (last && last->first + last->n == first)
        last->n += n;
    else
        runs->all[runs->n++] = (struct lio_run){ first, n };
}

/* -- levels -------------------------------------------------------------- */

static uint16_t level_at(const struct lio_mem *levels, uint64_t entry)
{
    return levels ? lio_load_u16(levels->data + entry * 2) : 0;
}

static void move_level(struct lio_mem *levels, uint64_t from, uint64_t to)
{
    if (levels)
        memmove(levels->data + to * 2, levels->data + from * 2, 2);
}

/* Leave the entries of items that are in runs; which slots these have. */
static void keep_entries(struct lio_levels *levels, const struct lio_runs *runs,
                         struct lio_runs *slots)
{
    const struct lio_run *run = runs->all, *end = run + runs->n;
    uint64_t items = 0, slot = 0, n = levels->n;

    levels->n = levels->slots = levels->rows = 0;
    for (uint64_t i = 0; i < n && run < end; i++) {
        bool starts = level_at(levels->rep, i) == levels->nlists;
        bool visible = level_at(levels->def, i) <= levels->visible_max;

        items += starts;
        while (run < end && items > run->first + run->n)
            run++;
        if (run < end && items > run->first) {
            move_level(levels->rep, i, levels->n);
            move_level(levels->def, i, levels->n);
            levels->n++;
            levels->rows += starts;
            levels->slots += visible;
            if (visible)
                lio_runs_add(slots, slot, 1);
        }
        slot += visible;
    }
}

/* -- values -------------------------------------------------------------- */

static int keep_values(const struct lio_runs *runs, struct lio_vector *values)
{
    struct lio_slice *slices =
        calloc((size_t)runs->n + 1, sizeof(struct lio_slice));
    struct lio_vector kept;
    int rc;

    if (!slices || runs->n >= UINT32_MAX) {
        free(slices);
        return LIO_ENOMEM;
    }
    slices[0].vector = *values; /* no row of it, if none is kept */
    for (uint64_t i = 0; i < runs->n; i++)
        slices[i] = (struct lio_slice){ .vector = *values,
                                        .from = runs->all[i].first,
                                        .rows = runs->all[i].n };
    rc = lio_vector_join(slices, runs->n > 0 ? (uint32_t)runs->n : 1, &kept);
    free(slices);
    if (rc < 0)
        return rc;
    lio_vector_release(values);
    *values = kept;
    return 0;
}

/* -- both ---------------------------------------------------------------- */

int lio_groups_keep(struct lio_decode *dec, const struct lio_runs *runs,
                    struct lio_levels *levels, struct lio_vector *values)
{
    struct lio_runs slots = {
        .all = calloc((size_t)runs->n + 1, sizeof(struct lio_run)),
    };
    int rc = LIO_ENOMEM;

    if (slots.all && levels)
        keep_entries(levels, runs, &slots);
    if (slots.all)
        rc = keep_values(levels ? &slots : runs, values);
    free(slots.all);
    if (rc < 0)
        return lio_error_set(dec->err, rc, "%s: no memory for a part of a page",
                             dec->file);
    return 0;
}
