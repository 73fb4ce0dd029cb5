/* Cycles of steps: found, followed, and read ahead of. */
#include "strided.h"

#include <stdlib.h>

struct lio_strided *lio_strided_open(const struct lio_strided_config *config)
{
    struct lio_strided *strided = calloc(1, sizeof(*strided));

    if (!strided)
        return NULL;
    strided->config = *config;
    lio_distance_init(&strided->distance, config->min_bytes, config->max_bytes);
    return strided;
}

/* -- the pattern --------------------------------------------------------- */

static void count_repeats(struct lio_strided *strided, int64_t delta,
                          uint64_t length)
{
    for (uint32_t period = 1; period <= LIO_MAX_PERIOD; period++) {
        uint32_t *repeats = &strided->repeats[period];
        uint64_t before =
            (strided->naccesses + LIO_MAX_PERIOD - period) % LIO_MAX_PERIOD;

        if (strided->naccesses <= period || strided->deltas[before] != delta ||
            strided->lengths[before] != length)
            *repeats = 0;
        else if (*repeats < UINT32_MAX)
            ++*repeats;
    }
}

static uint32_t find_period(const struct lio_strided *strided)
{
    for (uint32_t period = 1; period <= LIO_MAX_PERIOD; period++)
        if (strided->repeats[period] >= (period > 2 ? period : 2))
            return period;
    return 0;
}

/* The number, modulo LIO_MAX_PERIOD, of the access that the one `steps` from
 * now repeats. */
static uint64_t twin_of(const struct lio_strided *strided, uint64_t steps)
{
    uint64_t last = strided->naccesses - 1;

    return (last - strided->period + 1 + (steps - 1) % strided->period) %
           LIO_MAX_PERIOD;
}

/* Sums of one cycle. */
static void measure_cycle(const struct lio_strided *strided,
                          int64_t *ret_advance, uint64_t *ret_bytes)
{
    int64_t advance = 0;
    uint64_t bytes = 0;

    for (uint32_t i = 1; i <= strided->period; i++) {
        advance += strided->deltas[twin_of(strided, i)];
        bytes += strided->lengths[twin_of(strided, i)];
    }
    *ret_advance = advance;
    *ret_bytes = bytes;
}

/* Is there anything to read ahead?  Not where the accesses stay in one place,
 * nor where each begins at the end of the one before. */
static bool leads_somewhere(const struct lio_strided *strided)
{
    uint64_t bytes;
    int64_t advance;

    measure_cycle(strided, &advance, &bytes);
    if (strided->period == 1)
        return advance > 0 ? (uint64_t)advance > bytes : advance < 0;
    return advance != 0;
}

/* Take in the access, and find out what it belongs to. */
static void follow(struct lio_strided *strided, const struct lio_range *range)
{
    int64_t delta = (int64_t)(range->offset - strided->last_offset);
    uint64_t at = strided->naccesses % LIO_MAX_PERIOD;
    uint32_t period;

    count_repeats(strided, delta, range->length);
    strided->deltas[at] = delta;
    strided->lengths[at] = range->length;
    strided->last_offset = range->offset;
    strided->naccesses++;

    period = find_period(strided);
    if (period != strided->period)
        strided->nahead = 0;
    strided->period = period;
    if (period && !leads_somewhere(strided))
        strided->period = 0;
}

/* -- reading ahead ------------------------------------------------------- */

/* Move `*offset` on by `delta`; false if that leaves the file. */
static bool step(uint64_t *offset, int64_t delta, uint64_t length)
{
    uint64_t to = *offset + (uint64_t)delta;

    if (to > INT64_MAX || (delta > 0) != (to > *offset) ||
        length > INT64_MAX - to)
        return false;
    *offset = to;
    return true;
}

/* Accesses to be ahead. */
static uint64_t wanted(const struct lio_strided *strided)
{
    uint64_t bytes, naccesses;
    int64_t advance;

    measure_cycle(strided, &advance, &bytes);
    naccesses = strided->distance.bytes / (bytes / strided->period);
    if (naccesses == 0)
        naccesses = 1;
    return naccesses < strided->repeats[strided->period]
               ? naccesses
               : strided->repeats[strided->period];
}

static int32_t propose(struct lio_strided *strided, struct lio_range *out,
                       uint32_t max)
{
    uint64_t until = wanted(strided);
    uint64_t offset = strided->nahead > 0 ? strided->tip : strided->last_offset;
    int32_t n = 0;

    /* A few at a time share a system call. */
    if (until < strided->nahead + until / 4 + 1)
        return 0;
    while (strided->nahead < until && (uint32_t)n < max) {
        uint64_t twin = twin_of(strided, (uint64_t)strided->nahead + 1);
        uint64_t length = strided->lengths[twin];

        if (!step(&offset, strided->deltas[twin], length))
            break;
        out[n++] = (struct lio_range){ offset, length };
        strided->nahead++;
        strided->tip = offset;
    }
    return n;
}

int32_t lio_strided_observe(struct lio_strided *strided,
                            const struct lio_access *access,
                            struct lio_range *out, uint32_t max)
{
    bool expected;

    follow(strided, &access->range);
    if (!strided->period)
        return LIO_PREFETCH_UNKNOWN;

    expected = strided->nahead > 0;
    if (expected)
        strided->nahead--;
    if (expected) {
        uint64_t length = access->range.length;

        lio_distance_judge(&strided->distance, length, access->flags,
                           strided->nahead * length);
    }
    return max > 0 ? propose(strided, out, max) : 0;
}
