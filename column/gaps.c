/*
 * Deleted rows, as runs or as a bitmap of those that are left.
 */
#include "column/gaps.h"

#include <stdlib.h>
#include <string.h>

#define WORD_BITS   64
#define BLOCK_WORDS 64
#define BLOCK_BITS  (UINT64_C(1) * WORD_BITS * BLOCK_WORDS)

/* -- runs ---------------------------------------------------------------- */

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

    if (first < gaps->end)
        return LIO_EINVAL;
    if (last && first == gaps->end) {
        last->rows += rows;
    } else {
        if (gaps->n == gaps->room)
            rc = grow(gaps);
        if (rc < 0)
            return rc;
        gaps->all[gaps->n++] = (struct lio_gap){ .first = first,
                                                 .rows = rows,
                                                 .before = gaps->rows };
    }
    gaps->rows += rows;
    gaps->end = first + rows;
    return 0;
}

void lio_gaps_release(struct lio_gaps *gaps)
{
    free(gaps->all);
    free(gaps->left);
    free(gaps->before);
    *gaps = (struct lio_gaps){ 0 };
}

/* A gap starts before row `live` of the rows that are left if its first row,
 * less what is deleted before it, is no greater. */
static uint64_t find_in_runs(const struct lio_gaps *gaps, uint64_t live)
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

static uint64_t skip_runs(const struct lio_gaps *gaps, uint64_t row,
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

/* -- a bitmap ------------------------------------------------------------ */

static uint64_t count_words(const struct lio_gaps *gaps)
{
    return gaps->end / WORD_BITS + (gaps->end % WORD_BITS != 0);
}

static uint64_t count_blocks(const struct lio_gaps *gaps)
{
    return count_words(gaps) / BLOCK_WORDS + 1;
}

static void clear_bits(uint64_t *words, uint64_t at, uint64_t n)
{
    for (; n > 0; at++, n--) {
        /* Whole words at once, as far as there are. */
        while (at % WORD_BITS == 0 && n >= WORD_BITS) {
            words[at / WORD_BITS] = 0;
            at += WORD_BITS;
            n -= WORD_BITS;
        }
        if (n == 0)
            break;
        words[at / WORD_BITS] &= ~(UINT64_C(1) << (at % WORD_BITS));
    }
}

static void fill_bitmap(struct lio_gaps *gaps)
{
    uint64_t nwords = count_words(gaps), deleted = 0;

    memset(gaps->left, 0xff, (size_t)nwords * sizeof(*gaps->left));
    for (size_t i = 0; i < gaps->n; i++)
        clear_bits(gaps->left, gaps->all[i].first, gaps->all[i].rows);
    for (uint64_t i = 0; i < nwords; i++) {
        if (i % BLOCK_WORDS == 0)
            gaps->before[i / BLOCK_WORDS] = deleted;
        deleted += (uint64_t)__builtin_popcountll(~gaps->left[i]);
    }
    if (nwords % BLOCK_WORDS == 0)
        gaps->before[nwords / BLOCK_WORDS] = deleted;
}

void lio_gaps_pack(struct lio_gaps *gaps)
{
    uint64_t nwords = count_words(gaps), nblocks = count_blocks(gaps);

    if (gaps->left ||
        nwords + nblocks >= gaps->n * sizeof(struct lio_gap) / sizeof(uint64_t))
        return;
    gaps->left = malloc((size_t)nwords * sizeof(*gaps->left));
    gaps->before = malloc((size_t)nblocks * sizeof(*gaps->before));
    if (!gaps->left || !gaps->before) {
        /* Without memory for less, they stay as they are. */
        free(gaps->left);
        free(gaps->before);
        gaps->left = gaps->before = NULL;
        return;
    }
    fill_bitmap(gaps);
    free(gaps->all);
    gaps->all = NULL;
    gaps->n = gaps->room = 0;
}

/* The rows that are left before a block. */
static uint64_t left_before(const struct lio_gaps *gaps, uint64_t block)
{
    return block * BLOCK_BITS - gaps->before[block];
}

static uint64_t find_in_bitmap(const struct lio_gaps *gaps, uint64_t live)
{
    uint64_t low = 0, high = count_blocks(gaps), word, bits;

    if (live >= gaps->end - gaps->rows)
        return live + gaps->rows;
    while (high - low > 1) {
        uint64_t middle = low + (high - low) / 2;

        if (left_before(gaps, middle) <= live)
            low = middle;
        else
            high = middle;
    }
    live -= left_before(gaps, low);
    word = low * BLOCK_WORDS;
    for (;; word++) {
        uint64_t n = (uint64_t)__builtin_popcountll(gaps->left[word]);

        if (live < n)
            break;
        live -= n;
    }
    for (bits = gaps->left[word]; live > 0; live--)
        bits &= bits - 1;
    return word * WORD_BITS + (uint64_t)__builtin_ctzll(bits);
}

/* The first row from `row` on that is left, or is not; behind `end` all are
 * left. */
static uint64_t find_bit(const struct lio_gaps *gaps, uint64_t row, bool left)
{
    while (row < gaps->end) {
        uint64_t word = gaps->left[row / WORD_BITS];
        uint64_t bits = (left ? word : ~word) >> (row % WORD_BITS);

        if (bits != 0)
            return row + (uint64_t)__builtin_ctzll(bits);
        row = (row / WORD_BITS + 1) * WORD_BITS;
    }
    return left ? row : UINT64_MAX;
}

uint64_t lio_gaps_left(const struct lio_gaps *gaps, uint64_t row)
{
    uint64_t word = row / WORD_BITS, shift = row % WORD_BITS;
    uint64_t nwords = count_words(gaps);
    uint64_t low = word < nwords ? gaps->left[word] : UINT64_MAX;
    uint64_t high = word + 1 < nwords ? gaps->left[word + 1] : UINT64_MAX;

    return shift == 0 ? low : low >> shift | high << (WORD_BITS - shift);
}

/* -- either -------------------------------------------------------------- */

uint64_t lio_gaps_row(const struct lio_gaps *gaps, uint64_t live)
{
    return gaps->left ? find_in_bitmap(gaps, live) : find_in_runs(gaps, live);
}

uint64_t lio_gaps_skip(const struct lio_gaps *gaps, uint64_t row,
                       uint64_t *ret_end)
{
    if (!gaps->left)
        return skip_runs(gaps, row, ret_end);
    row = find_bit(gaps, row, true);
    *ret_end = find_bit(gaps, row, false);
    return row;
}
