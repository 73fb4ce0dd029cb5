/*
 * Runs of deleted rows.
 */
#include "column/gaps.h"

#include <stdlib.h>

static int grow(struct lio_gaps *gaps)
{
    size_t room = gaps->room > 0 ? gaps->room * 2 : 16;
    struct lio_gap *all = realloc(gaps->all, room * sizeof(*all));

    if (!all)
        return LIO_ENOMEM;
    gaps->all = all;
    gaps->room = room;
    return 0;
}

int lio_gaps_add(struct lio_gaps *gaps, uint64_t first, uint64_t rows)
{
    struct lio_gap *last = gaps->n > 0 ? &gaps->all[gaps->n - 1] : NULL;
    int rc = 0;

    if (first < lio_gaps_end(gaps))
        return LIO_EINVAL;
    if (last && first == last->first + last->rows) {
        last->rows += rows;
        gaps->rows += rows;
        return 0;
    }
    if (gaps->n == gaps->room)
        rc = grow(gaps);
    if (rc < 0)
        return rc;
    gaps->all[gaps->n++] =
        (struct lio_gap){ .first = first, .rows = rows, .before = gaps->rows };
    gaps->rows += rows;
    return 0;
}

void lio_gaps_release(struct lio_gaps *gaps)
{
    free(gaps->all);
    *gaps = (struct lio_gaps){ 0 };
}

uint64_t lio_gaps_end(const struct lio_gaps *gaps)
{
    if (gaps->n == 0)
        return 0;
    return gaps->all[gaps->n - 1].first + gaps->all[gaps->n - 1].rows;
}

/* A gap starts before row `live` of the rows that are left if its first row,
 * less what is deleted before it, is no greater. */
uint64_t lio_gaps_row(const struct lio_gaps *gaps, uint64_t live)
{
    size_t low = 0, high = gaps->n;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (gaps->all[middle].first - gaps->all[middle].before <= live)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == 0)
        return live;
    return live + gaps->all[low - 1].before + gaps->all[low - 1].rows;
}

uint64_t lio_gaps_skip(const struct lio_gaps *gaps, uint64_t row,
                       uint64_t *ret_end)
{
    size_t low = 0, high = gaps->n;

    /* The first gap that ends after `row`. */
    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (gaps->all[middle].first + gaps->all[middle].rows <= row)
            low = middle + 1;
        else
            high = middle;
    }
    /* Gaps do not touch, so behind this one there is a row. */
    if (low < gaps->n && gaps->all[low].first <= row) {
        row = gaps->all[low].first + gaps->all[low].rows;
        low++;
    }
    *ret_end = low < gaps->n ? gaps->all[low].first : UINT64_MAX;
    return row;
}
