/*
 * coalesce-tiered: neighbouring reads become one, for three reasons.
 *
 *     ranges       ■■■■■■        ■■■■   ■■■            ■■■■■■■■■    ■■■■■■■
 *                     ■■■■■■
 *     0 touching   ├───────┤     ├──┤   ├─┤            ├───────┤    ├─────┤
 *     1 gap        ├───────┤     ├────────┤            ├───────┤    ├─────┤
 *     2 extent     ├───────┤     ├────────┤            ├──────────────────┤
 *
 * Each tier goes over the runs that the one before it made, once, from left to
 * right, and joins neighbours in place.
 *
 * What a gap may cost.  With D operations in flight that take L each, one is
 * done every L / D; in that time the device moves L * bandwidth / D bytes.  A
 * gap of so many bytes costs as much as the operation it saves: the break-even.
 * But an operation is only worth that if another has to wait for it.  A device
 * with time to spare serves it beside the others and for nothing: L is no more
 * than a read takes that is alone.  So a gap is
 *
 *     paid    out of the part of L that a read alone does not take: the device
 *             serves reads in turn, and each that is saved shortens the queue;
 *     lent    out of what the plan can spare: the break-even for each read that
 *             finds no room in the queue, since so many can be saved before
 *             saving one gains nothing; and a little of what one read takes,
 *             for which the processor has fewer operations to handle.
 *
 * Neither is worth more than the time in which the device would be idle, while
 * the bytes of the other reads in the queue are transferred.
 *
 * This keeps a merged read from being slower than separate ones, and so do:
 *
 *     MARGIN          A gap may cost two thirds of the break-even.  Near it
 *                     nothing is gained, and the model may be off by that much.
 *     GAPS_IN_A_READ  A read with gaps is nine of the longest gaps long.  A
 *                     tenth of its time is then the cost of an operation: a
 *                     longer one gains no more, and takes from the queue what
 *                     could be under way beside it.
 *     SPARE           The little of what one read takes: a twentieth.
 *
 * With 4 KiB reads, 32 deep, on an NVMe disk behind virtio (0.32 ms without the
 * transfers, 1.5 GB/s) that is 9.8 KiB and 88 KiB; measured there: 8 KiB gaps
 * are 1.4 times as fast merged, best in reads of 40 to 90 KiB; 12 KiB gaps 1.2
 * times at 52 KiB, and slower from 250 KiB on.
 */
#include <lanceio/plugin.h>

#include <stdlib.h>

#define KIB UINT64_C(1024)
#define MIB (KIB * KIB)
#define GIB (MIB * KIB)

#define MARGIN         2 / 3
#define GAPS_IN_A_READ 9u
#define SPARE          20u

enum { GAP, MAX_SIZE, WASTE, DENSE }; /* in the order of tiered_params */

struct tiered {
    uint64_t gap; /* 0: the device model decides */
    uint64_t max_bytes;
    uint64_t waste; /* percent */
    uint64_t dense; /* percent */
    uint32_t max_members;
};

/* Ranges that will be one read. */
struct run {
    uint64_t offset, end;
    uint64_t longest; /* member */
    uint64_t asked;   /* bytes of it that some member wants */
    uint32_t first, count;
    uint32_t tier;
    uint32_t touching; /* runs of tier 0 in it */
    uint64_t lent;     /* bytes of its gaps that were not paid */
};

/* What a read with gaps may be. */
struct bounds {
    uint64_t bytes; /* all of it */
    uint64_t gap;   /* one of its gaps */
    uint64_t paid;  /* a gap that the queue pays for */
    uint64_t spare; /* what can still be lent to longer gaps */
};

static int tiered_open(const struct lio_coalesce_setup *setup,
                       void **ret_coalescer, struct lio_error *err)
{
    const union lio_value *params = setup->params;
    struct tiered *tiered = malloc(sizeof(*tiered));

    if (!tiered)
        return lio_error_set(err, LIO_ENOMEM,
                             "coalesce-tiered: no memory for its parameters");
    tiered->gap = params[GAP].u;
    tiered->max_bytes = params[MAX_SIZE].u < setup->max_bytes
                            ? params[MAX_SIZE].u
                            : setup->max_bytes;
    tiered->waste = params[WASTE].u;
    tiered->dense = params[DENSE].u;
    tiered->max_members = setup->max_members;
    *ret_coalescer = tiered;
    return 0;
}

/* -- runs ---------------------------------------------------------------- */

static uint64_t later(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

/* Bytes in `run` that nobody asked for. */
static uint64_t waste_of(const struct run *run)
{
    return run->end - run->offset - run->asked;
}

/* Is `part` at most `percent` of `whole`?  Both are far below 2^57: a read with
 * gaps is no longer than max_bytes, which is at most 1 GiB. */
static bool within(uint64_t part, uint64_t whole, uint64_t percent)
{
    return part * 100 <= whole * percent;
}

/* Two runs with a gap between them, as one. */
static struct run joined(const struct run *left, const struct run *right,
                         uint32_t tier)
{
    return (struct run){
        .offset = left->offset,
        .end = right->end,
        .longest = later(left->longest, right->longest),
        .asked = left->asked + right->asked,
        .first = left->first,
        .count = left->count + right->count,
        .tier = tier,
        .touching = left->touching + right->touching,
        .lent = left->lent + right->lent,
    };
}

/* Whether `right` can be read together with `left` as far as size and number
 * go.  If they touch after all, they were too much for tier 0 already. */
static bool can_join(const struct tiered *tiered, const struct run *left,
                     const struct run *right)
{
    return right->offset > left->end &&
           right->end - left->offset <= tiered->max_bytes &&
           right->count <= tiered->max_members - left->count;
}

/* -- tier 0: they touch -------------------------------------------------- */

static bool touches(const struct tiered *tiered, const struct run *run,
                    const struct lio_range *range)
{
    uint64_t end = later(run->end, range->offset + range->length);
    uint64_t longest = later(run->longest, range->length);

    return range->offset <= run->end && run->count < tiered->max_members &&
           end - run->offset <= later(tiered->max_bytes, longest);
}

static void add_range(struct run *run, const struct lio_range *range)
{
    run->end = later(run->end, range->offset + range->length);
    run->longest = later(run->longest, range->length);
    run->asked = run->end - run->offset;
    run->count++;
}

static uint32_t join_touching(const struct tiered *tiered,
                              const struct lio_range *ranges, uint32_t n,
                              struct run *runs)
{
    uint32_t nruns = 0;

    for (uint32_t i = 0; i < n; i++) {
        if (nruns > 0 && touches(tiered, &runs[nruns - 1], &ranges[i])) {
            add_range(&runs[nruns - 1], &ranges[i]);
            continue;
        }
        runs[nruns++] = (struct run){
            .offset = ranges[i].offset,
            .end = ranges[i].offset + ranges[i].length,
            .longest = ranges[i].length,
            .asked = ranges[i].length,
            .first = i,
            .count = 1,
            .tier = LIO_TIER_TOUCHING,
            .touching = 1,
        };
    }
    return nruns;
}

/* -- bounds -------------------------------------------------------------- */

/* Bytes the device moves in `ns`.  In floating point: the product may be larger
 * than any integer, and nothing here is exact. */
static uint64_t bytes_in(uint64_t ns, const struct lio_device_model *device)
{
    double bytes = (double)ns * (double)device->bandwidth_bytes_sec / 1e9;

    return bytes < (double)GIB ? (uint64_t)bytes : GIB;
}

/* Bytes that one of the runs asks for, on average. */
static uint64_t mean_length(const struct run *runs, uint32_t nruns)
{
    uint64_t sum = 0;

    for (uint32_t i = 0; i < nruns; i++)
        sum += runs[i].asked < GIB ? runs[i].asked : GIB;
    return sum / nruns;
}

static struct bounds automatic_bounds(const struct tiered *tiered,
                                      const struct lio_device_model *device,
                                      const struct run *runs, uint32_t nruns)
{
    uint64_t depth = device->in_flight > 0 ? device->in_flight : 1;
    uint64_t moved = bytes_in(device->latency_ns, device);
    uint64_t alone = bytes_in(device->latency_alone_ns, device);
    uint64_t queue = moved > alone ? moved - alone : 0;
    uint64_t others = mean_length(runs, nruns) * (depth - 1);
    uint64_t idle = moved > others ? moved - others : 0;
    struct bounds bounds = {
        .gap = moved / depth * MARGIN,
        .paid = (queue < idle ? queue : idle) / depth * MARGIN,
        .spare = alone / SPARE + device->waiting * (idle / depth * MARGIN),
    };

    bounds.bytes = bounds.gap * GAPS_IN_A_READ;
    if (bounds.bytes > tiered->max_bytes)
        bounds.bytes = tiered->max_bytes;
    return bounds;
}

static struct bounds bounds_of(const struct tiered *tiered,
                               const struct lio_device_model *device,
                               const struct run *runs, uint32_t nruns)
{
    if (tiered->gap == 0)
        return automatic_bounds(tiered, device, runs, nruns);
    return (struct bounds){
        .bytes = tiered->max_bytes,
        .gap = tiered->gap,
        .paid = UINT64_MAX,
        .spare = 0,
    };
}

/* -- tier 1: the gap is cheaper than an operation ------------------------- */

static bool worth_the_gap(const struct tiered *tiered,
                          const struct bounds *bounds, const struct run *left,
                          const struct run *right, struct run *ret_both)
{
    struct run both;
    uint64_t gap, bytes;

    if (!can_join(tiered, left, right))
        return false;
    gap = right->offset - left->end;
    if (gap > bounds->gap || (gap > bounds->paid && gap > bounds->spare))
        return false;
    both = joined(left, right, LIO_TIER_GAP);
    bytes = both.end - both.offset;
    if (bytes > bounds->bytes || !within(waste_of(&both), bytes, tiered->waste))
        return false;
    if (gap > bounds->paid)
        both.lent += gap;
    *ret_both = both;
    return true;
}

static uint32_t join_over_gaps(const struct tiered *tiered,
                               struct bounds *bounds, struct run *runs,
                               uint32_t nruns)
{
    uint32_t last = 0;

    for (uint32_t i = 1; i < nruns; i++) {
        struct run both;

        if (!worth_the_gap(tiered, bounds, &runs[last], &runs[i], &both)) {
            runs[++last] = runs[i];
            continue;
        }
        bounds->spare -= both.lent - runs[last].lent;
        runs[last] = both;
    }
    return last + 1;
}

/* -- tier 2: most of it was asked for ------------------------------------- */

/* What its gaps cost beyond what its saved operations pay, all together: some
 * may be longer than tier 1 takes if others are shorter. */
static uint64_t unpaid(const struct bounds *bounds, const struct run *run)
{
    uint64_t waste = waste_of(run), saved = run->touching - 1;

    return waste / saved < bounds->paid ? 0 : waste - saved * bounds->paid;
}

static bool is_dense(const struct tiered *tiered, const struct bounds *bounds,
                     const struct run *run)
{
    uint64_t bytes = run->end - run->offset, waste = waste_of(run);

    return within(waste, bytes, 100 - tiered->dense) &&
           within(waste, bytes, tiered->waste) &&
           unpaid(bounds, run) <= bounds->spare + run->lent;
}

/* The longest dense extent that begins with runs[0]; how many runs it takes. */
static uint32_t find_extent(const struct tiered *tiered,
                            const struct bounds *bounds, const struct run *runs,
                            uint32_t nruns, struct run *ret_extent)
{
    struct run extent = runs[0];
    uint32_t taken = 1;

    *ret_extent = extent;
    for (uint32_t i = 1; i < nruns && can_join(tiered, &extent, &runs[i]);
         i++) {
        extent = joined(&extent, &runs[i], LIO_TIER_EXTENT);
        if (is_dense(tiered, bounds, &extent)) {
            *ret_extent = extent;
            taken = i + 1;
        }
    }
    return taken;
}

static uint32_t join_extents(const struct tiered *tiered, struct bounds *bounds,
                             struct run *runs, uint32_t nruns)
{
    uint32_t nextents = 0, taken;
    struct run extent;

    for (uint32_t i = 0; i < nruns; i += taken) {
        taken = find_extent(tiered, bounds, runs + i, nruns - i, &extent);
        if (taken > 1) {
            /* What was lent to its runs is returned, what it needs is lent. */
            bounds->spare += extent.lent;
            bounds->spare -= unpaid(bounds, &extent);
        }
        runs[nextents++] = extent;
    }
    return nextents;
}

/* -- the table ----------------------------------------------------------- */

static uint32_t tiered_plan(void *coalescer, const struct lio_range *ranges,
                            uint32_t n, const struct lio_device_model *device,
                            struct lio_group *out)
{
    const struct tiered *tiered = coalescer;
    struct bounds bounds;
    struct run runs[LIO_COALESCE_MAX];
    uint32_t nruns;

    nruns = join_touching(tiered, ranges, n, runs);
    if (tiered->waste > 0 && nruns > 1) {
        bounds = bounds_of(tiered, device, runs, nruns);
        nruns = join_over_gaps(tiered, &bounds, runs, nruns);
        nruns = join_extents(tiered, &bounds, runs, nruns);
    }
    for (uint32_t i = 0; i < nruns; i++)
        out[i] = (struct lio_group){
            .range = { runs[i].offset, runs[i].end - runs[i].offset },
            .first = runs[i].first,
            .count = runs[i].count,
            .tier = runs[i].tier,
        };
    return nruns;
}

static const struct lio_param tiered_params[] = {
    { "gap", LIO_PARAM_SIZE, .min = 0, .max = GIB, .preset = 0,
      .help = "widest gap to read through; 0: by the speed of the device" },
    { "max_size", LIO_PARAM_SIZE, .min = 4 * KIB, .max = GIB, .preset = MIB,
      .help = "longest merged read" },
    { "waste", LIO_PARAM_UINT, .min = 0, .max = 99, .preset = 75,
      .help = "most percent of a merged read that no caller wants" },
    { "dense", LIO_PARAM_UINT, .min = 1, .max = 100, .preset = 90,
      .help = "percent wanted from which an extent is read whole" },
};

static const struct lio_coalesce_ops tiered_ops = {
    .open = tiered_open,
    .close = free,
    .plan = tiered_plan,
};

LIO_COALESCE_PLUGIN("coalesce-tiered", "1.0.0",
                    "merges reads that touch, or whose gap is cheap",
                    tiered_params, LIO_COUNT(tiered_params), tiered_ops)
