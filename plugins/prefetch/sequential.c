/* Runs: found, extended, merged, and read ahead of. */
#include "sequential.h"

#include "common/minmax.h"

#include <stdlib.h>

#define ENOUGH     2u /* accesses in a row that make a run */
#define MAX_DOUBT  6u
#define SMALL_UNIT 4096u /* proposals below a block end at a multiple of it */

/* Proposals of this size make operations that the device likes, and leave the
 * reader a few accesses between two of them. */
#define MAX_STEP (UINT64_C(256) * 1024)

/* A run of n accesses is kept n times longer than one of a single access, up to
 * so many: else random accesses between two of its own would push it out. */
#define MAX_TRUST 16u

static uint64_t distance_between(uint64_t a, uint64_t b)
{
    return a < b ? b - a : a - b;
}

struct lio_sequential *
lio_sequential_open(const struct lio_sequential_config *config)
{
    struct lio_sequential *seq =
        calloc(1, sizeof(*seq) + config->nruns * sizeof(seq->runs[0]));

    if (seq)
        seq->config = *config;
    return seq;
}

static bool believed(const struct lio_sequential *seq,
                     const struct lio_run *run)
{
    return run->frontier > 0 || run->naccesses >= ENOUGH + seq->doubt;
}

/* -- which run ----------------------------------------------------------- */

/* Within which of its end a run takes accesses.  A young run has to be read
 * nearly in order, because a window of each around 16 chance finds would catch
 * a good part of a small file. */
static uint64_t window_of(const struct lio_sequential *seq,
                          const struct lio_run *run)
{
    return lio_min_u64(seq->config.window_bytes, run->bytes / 2);
}

static bool touches(const struct lio_sequential *seq, const struct lio_run *run,
                    const struct lio_range *range)
{
    if (run->naccesses == 0)
        return false;
    if (range->offset == run->high || range->offset + range->length == run->low)
        return true;
    return believed(seq, run) &&
           distance_between(range->offset, run->high) <= window_of(seq, run);
}

static struct lio_run *find_run(struct lio_sequential *seq,
                                const struct lio_range *range)
{
    for (uint32_t i = 0; i < seq->config.nruns; i++)
        if (touches(seq, &seq->runs[i], range))
            return &seq->runs[i];
    return NULL;
}

/* A run that is given up has been a success or not. */
static void learn_from(struct lio_sequential *seq, const struct lio_run *run)
{
    uint64_t wasted = run->frontier > run->high ? run->frontier - run->high : 0;

    if (run->frontier == 0)
        return;
    if (wasted > run->bytes / 2)
        seq->doubt = (uint32_t)lio_min_u64(seq->doubt + 1, MAX_DOUBT);
    else if (seq->doubt > 0)
        seq->doubt--;
}

/* The place that is free, or that can be missed most. */
static struct lio_run *worst_run(struct lio_sequential *seq)
{
    struct lio_run *worst = NULL;
    uint64_t most = 0;

    for (uint32_t i = 0; i < seq->config.nruns; i++) {
        struct lio_run *run = &seq->runs[i];
        uint64_t age = seq->naccesses - run->used_at;

        if (run->naccesses == 0)
            return run;
        age /= lio_min_u64(run->naccesses, MAX_TRUST);
        if (!worst || age > most) {
            worst = run;
            most = age;
        }
    }
    return worst;
}

static void begin_run(struct lio_sequential *seq, const struct lio_range *range)
{
    struct lio_run *run = worst_run(seq);

    learn_from(seq, run);
    *run = (struct lio_run){
        .low = range->offset,
        .high = range->offset + range->length,
        .bytes = range->length,
        .used_at = seq->naccesses,
        .naccesses = 1,
    };
    lio_distance_init(&run->distance, seq->config.min_bytes,
                      seq->config.max_bytes);
}

/* -- growing ------------------------------------------------------------- */

static uint64_t gap_before(const struct lio_run *run,
                           const struct lio_range *range)
{
    return range->offset > run->high ? range->offset - run->high : 0;
}

/* What an access adds to a run's credit: nothing for a step back, and for a
 * step ahead its bytes less those it left out. */
static void extend(const struct lio_sequential *seq, struct lio_run *run,
                   const struct lio_range *range)
{
    uint64_t end = range->offset + range->length;
    uint64_t gap = gap_before(run, range);

    if (end <= run->high) {
        run->low = lio_min_u64(run->low, range->offset);
        return;
    }
    if (gap < range->length)
        run->bytes += range->length - gap;
    run->naccesses++;
    run->high = end;
    /* What lies far behind is not this run's any more: another reader may be
     * there. */
    run->low =
        lio_max_u64(run->low, end - lio_min_u64(end, seq->config.window_bytes));
}

/* Reads that came out of order began runs of their own: take in those that
 * `run` has reached. */
static void absorb(struct lio_sequential *seq, struct lio_run *run)
{
    for (uint32_t i = 0; i < seq->config.nruns; i++) {
        struct lio_run *other = &seq->runs[i];

        if (other == run || other->naccesses == 0 || other->low > run->high ||
            other->high < run->low)
            continue;
        run->low = lio_min_u64(run->low, other->low);
        run->high = lio_max_u64(run->high, other->high);
        run->frontier = lio_max_u64(run->frontier, other->frontier);
        run->proposed_from =
            lio_max_u64(run->proposed_from, other->proposed_from);
        run->bytes += other->bytes;
        run->naccesses += other->naccesses;
        run->distance.bytes =
            lio_max_u64(run->distance.bytes, other->distance.bytes);
        *other = (struct lio_run){ 0 };
    }
}

/* -- reading ahead ------------------------------------------------------- */

static uint64_t round_up(uint64_t n, uint64_t unit)
{
    return (n + unit - 1) / unit * unit;
}

static int32_t propose(const struct lio_sequential *seq, struct lio_run *run,
                       struct lio_range *out)
{
    uint64_t ahead = lio_min_u64(run->distance.bytes, run->bytes);
    uint64_t block = seq->config.block_bytes;
    uint64_t unit = ahead < block ? SMALL_UNIT : block;
    uint64_t from = lio_max_u64(run->frontier, run->high);
    uint64_t until = round_up(run->high + ahead, unit);
    uint64_t step = lio_max_u64(unit, lio_min_u64(ahead / 4, MAX_STEP));

    if (until < from || until - from < step)
        return 0;
    *out = (struct lio_range){ from, until - from };
    if (from != run->frontier)
        run->proposed_from = from;
    run->frontier = until;
    return 1;
}

/* Has the distance been right for this access? */
static void judge(struct lio_run *run, const struct lio_access *access)
{
    const struct lio_range *range = &access->range;
    uint64_t end = range->offset + range->length;
    uint32_t flags = access->flags;

    if (run->frontier == 0 || range->offset < run->proposed_from)
        return;
    /* Past the frontier nothing could be there.  But that the reader came so
     * far, or found a part, says that the frontier is too near. */
    if (end > run->frontier)
        flags = LIO_ACCESS_AHEAD | LIO_ACCESS_WAITED;
    lio_distance_judge(&run->distance, range->length, flags,
                       run->frontier - lio_min_u64(run->high, run->frontier));
}

int32_t lio_sequential_observe(struct lio_sequential *seq,
                               const struct lio_access *access,
                               struct lio_range *out, uint32_t max)
{
    const struct lio_range *range = &access->range;
    struct lio_run *run = find_run(seq, range);

    seq->naccesses++;
    if (!run) {
        if (access->flags) /* what is in memory needs no help */
            begin_run(seq, range);
        return LIO_PREFETCH_UNKNOWN;
    }
    run->used_at = seq->naccesses;
    extend(seq, run, range);
    absorb(seq, run);
    if (!believed(seq, run))
        return LIO_PREFETCH_UNKNOWN;
    judge(run, access);
    return max > 0 ? propose(seq, run, out) : 0;
}
