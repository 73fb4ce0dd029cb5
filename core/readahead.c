/*
 * Reading ahead.
 *
 * Lock order: a file's lock, the readahead's, then those of lanes and shards.
 */
#include "core/readahead.h"

#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "core/engine.h"
#include "core/read.h"
#include "core/settings.h"

#define STACK_MAX     8u
#define PROPOSALS_MAX 16u

/* Ranges that a file's queue holds for the prefetchers; for a plan it grows. */
#define QUEUE_MIN 64u

/* Operations of 256 KiB cost half the processor time of those of 64 KiB, and
 * a reader that catches up with one waits for no more than four blocks. */
#define OP_BYTES (UINT64_C(256) * 1024)

/* What is unused after so many times the limit has been asked for is given up.
 */
#define PATIENCE 4u

/* Loads that are remembered for that; with smaller ones, patience ends sooner.
 */
#define LOADS_MAX 1024u

/* A stream may pass through so many reads' worth of cached blocks and still be
 * known at their end; where more hit in a row, nothing is shown any more, and a
 * hit costs nothing here. */
#define QUIET_HITS 64u

/* A part of a file that was asked for: blocks of one generation. */
struct load {
    uint64_t first_key;
    uint64_t nblocks;
    uint64_t at_bytes; /* by the clock, which counts bytes asked for */
};

struct prefetcher {
    struct lio_prefetch_ops ops;
    union lio_value *params;
};

struct lio_readahead {
    struct lio_engine *engine;
    struct prefetcher stack[STACK_MAX];
    uint32_t nstack;
    uint64_t max_bytes;
    _Atomic uint32_t *in_flight; /* operations, by lane */

    pthread_mutex_t lock; /* guards all below */
    uint64_t clock_bytes;
    struct load loads[LOADS_MAX]; /* a ring */
    uint32_t first_load, nloads;
};

struct lio_readahead_file {
    struct lio_readahead *readahead;
    _Atomic uint32_t nhits; /* in a row, up to QUIET_HITS; roughly */
    pthread_mutex_t lock;   /* guards all below; also calls on the streams */
    uint32_t generation;
    void *streams[STACK_MAX]; /* NULL: could not be opened */
    struct lio_range *queue;  /* queue[first] is next; room for `room` */
    size_t first, nqueued, room;
    bool planned; /* the queue holds a caller's plan */
};

/* -- the engine's part --------------------------------------------------- */

static int open_prefetcher(struct lio_readahead *readahead, const char *name,
                           size_t len, struct lio_error *err)
{
    struct prefetcher *top = &readahead->stack[readahead->nstack];
    struct lio_engine *engine = readahead->engine;
    const struct lio_loaded *plugin;
    char *copy = strndup(name, len);
    int rc;

    if (!copy)
        return lio_error_set(err, LIO_ENOMEM, "no memory for a prefetcher");
    rc = lio_loader_find(lio_config_loader(engine->config), copy,
                         LIO_KIND_PREFETCH, &plugin, err);
    free(copy);
    if (rc == 0)
        rc = lio_config_values(engine->config, plugin, &top->params, err);
    if (rc < 0)
        return rc;
    top->ops = plugin->ops.prefetch;
    readahead->nstack++;
    return 0;
}

static int open_stack(struct lio_readahead *readahead, struct lio_error *err)
{
    const char *list = readahead->engine->settings->prefetch.plugin, *name;
    size_t len;
    int rc = 0;

    if (strcmp(list, "none") == 0)
        return 0;
    while (rc == 0 && (name = lio_list_next(&list, &len))) {
        if (readahead->nstack == STACK_MAX)
            return lio_error_set(err, LIO_ECONFIG,
                                 "[prefetch] plugin: more than %u plugins",
                                 STACK_MAX);
        rc = open_prefetcher(readahead, name, len, err);
    }
    return rc;
}

int lio_readahead_open(struct lio_engine *engine,
                       struct lio_readahead **ret_readahead,
                       struct lio_error *err)
{
    struct lio_readahead *readahead;
    struct lio_cache_stats cache;
    uint64_t half;
    int rc;

    if (!engine->cache || engine->settings->prefetch.max_bytes == 0)
        return 0;
    readahead = calloc(1, sizeof(*readahead));
    if (!readahead)
        return lio_error_set(err, LIO_ENOMEM, "no memory for reading ahead");
    readahead->engine = engine;
    pthread_mutex_init(&readahead->lock, NULL);
    readahead->in_flight =
        calloc(engine->nlanes + 1, sizeof(*readahead->in_flight));
    if (!readahead->in_flight)
        rc = lio_error_set(err, LIO_ENOMEM, "no memory for reading ahead");
    else
        rc = open_stack(readahead, err);
    if (rc < 0) {
        lio_readahead_close(readahead);
        return rc;
    }
    lio_cache_stats(engine->cache, &cache);
    half = cache.nslots / 2 * LIO_BLOCK_BYTES;
    readahead->max_bytes = engine->settings->prefetch.max_bytes;
    if (readahead->max_bytes > half)
        readahead->max_bytes = half;
    *ret_readahead = readahead;
    return 0;
}

void lio_readahead_close(struct lio_readahead *readahead)
{
    if (!readahead)
        return;
    for (uint32_t i = 0; i < readahead->nstack; i++)
        free(readahead->stack[i].params);
    pthread_mutex_destroy(&readahead->lock);
    free(readahead->in_flight);
    free(readahead);
}

static void give_up(struct lio_readahead *readahead, const struct load *load)
{
    for (uint64_t i = 0; i < load->nblocks; i++)
        lio_cache_drop_ahead(readahead->engine->cache, load->first_key + i);
}

/* Remember a load, or none but the bytes that could not be asked for, and give
 * up those that are too old. */
static void tick(struct lio_readahead *readahead, uint64_t bytes,
                 const struct load *new_load)
{
    uint64_t patience = PATIENCE * readahead->max_bytes;

    pthread_mutex_lock(&readahead->lock);
    readahead->clock_bytes += bytes;
    while (readahead->nloads > 0) {
        struct load *oldest = &readahead->loads[readahead->first_load];

        if (readahead->nloads < LOADS_MAX &&
            readahead->clock_bytes - oldest->at_bytes <= patience)
            break;
        give_up(readahead, oldest);
        readahead->first_load = (readahead->first_load + 1) % LOADS_MAX;
        readahead->nloads--;
    }
    if (new_load) {
        struct load *last =
            &readahead->loads[(readahead->first_load + readahead->nloads++) %
                              LOADS_MAX];

        *last = *new_load;
        last->at_bytes = readahead->clock_bytes;
    }
    pthread_mutex_unlock(&readahead->lock);
}

/* -- a file's part ------------------------------------------------------- */

static void close_streams(struct lio_readahead_file *file)
{
    const struct lio_readahead *readahead = file->readahead;

    for (uint32_t i = 0; i < readahead->nstack; i++)
        if (file->streams[i])
            readahead->stack[i].ops.close(file->streams[i]);
    memset(file->streams, 0, sizeof(file->streams));
}

static void open_streams(struct lio_readahead_file *file)
{
    const struct lio_readahead *readahead = file->readahead;
    struct lio_prefetch_setup setup = { .block_bytes = LIO_BLOCK_BYTES };
    struct lio_error ignored;

    for (uint32_t i = 0; i < readahead->nstack; i++) {
        setup.params = readahead->stack[i].params;
        if (readahead->stack[i].ops.open(&setup, &file->streams[i], &ignored) !=
            0)
            file->streams[i] = NULL;
    }
}

static void empty_queue(struct lio_readahead_file *file)
{
    file->first = file->nqueued = 0;
    file->planned = false;
}

/* The streams of an older generation end here. */
static void renew(struct lio_readahead_file *file, uint32_t generation)
{
    if (file->generation == generation)
        return;
    close_streams(file);
    if (file->generation != 0)
        empty_queue(file);
    file->generation = generation;
    open_streams(file);
}

int lio_readahead_file_open(struct lio_readahead *readahead,
                            struct lio_readahead_file **ret_file)
{
    struct lio_readahead_file *file = calloc(1, sizeof(*file));

    if (!file)
        return LIO_ENOMEM;
    file->readahead = readahead;
    file->queue = calloc(QUEUE_MIN, sizeof(file->queue[0]));
    file->room = QUEUE_MIN;
    if (!file->queue) {
        free(file);
        return LIO_ENOMEM;
    }
    pthread_mutex_init(&file->lock, NULL);
    *ret_file = file;
    return 0;
}

void lio_readahead_file_close(struct lio_readahead_file *file)
{
    if (!file)
        return;
    close_streams(file);
    pthread_mutex_destroy(&file->lock);
    free(file->queue);
    free(file);
}

/* -- the queue ----------------------------------------------------------- */

static void make_room(struct lio_readahead_file *file)
{
    if (file->first == 0)
        return;
    memmove(file->queue, file->queue + file->first,
            file->nqueued * sizeof(file->queue[0]));
    file->first = 0;
}

/* What goes on where the last one ends becomes one with it, and so larger
 * operations.  What does not fit is forgotten: the reader is far behind, and
 * reads it himself. */
static void enqueue(struct lio_readahead_file *file,
                    const struct lio_range *range)
{
    struct lio_range *last = file->nqueued > 0
                                 ? &file->queue[file->first + file->nqueued - 1]
                                 : NULL;

    if (range->length == 0 || range->offset > INT64_MAX ||
        range->length > INT64_MAX - range->offset)
        return;
    if (last && last->offset + last->length == range->offset) {
        last->length += range->length;
        return;
    }
    if (file->first + file->nqueued == file->room)
        make_room(file);
    if (file->nqueued < file->room)
        file->queue[file->first + file->nqueued++] = *range;
}

static void dequeue(struct lio_readahead_file *file)
{
    file->first++;
    if (--file->nqueued == 0)
        empty_queue(file);
}

/* Ask the prefetchers in turn; the first that knows the pattern decides. */
static void ask(struct lio_readahead_file *file,
                const struct lio_access *access)
{
    const struct lio_readahead *readahead = file->readahead;
    uint32_t max = file->planned ? 0 : PROPOSALS_MAX;
    struct lio_range proposals[PROPOSALS_MAX];

    for (uint32_t i = 0; i < readahead->nstack; i++) {
        int32_t n;

        if (!file->streams[i])
            continue;
        n = readahead->stack[i].ops.observe(file->streams[i], access, proposals,
                                            max);
        for (int32_t j = 0; j < n && j < (int32_t)max; j++)
            enqueue(file, &proposals[j]);
        if (n >= 0)
            max = 0;
    }
}

/* -- issuing ------------------------------------------------------------- */

/* How much may be asked for now; false if nothing. */
static bool find_limits(const struct lio_readahead *readahead,
                        const struct lio_lane *lane,
                        struct lio_read_ahead_limits *limits)
{
    uint64_t ahead = lio_cache_ahead_bytes(readahead->engine->cache);
    uint64_t most = readahead->engine->settings->engine.max_op_bytes;
    uint64_t least = readahead->max_bytes / 4;
    uint32_t nops = atomic_load(&readahead->in_flight[lane->index]);

    /* Not a block for each block used: room for a whole operation. */
    if (least > OP_BYTES)
        least = OP_BYTES;
    if (ahead >= readahead->max_bytes || readahead->max_bytes - ahead < least ||
        nops >= lane->depth / 2)
        return false;
    limits->op_bytes = most < OP_BYTES ? most : OP_BYTES;
    limits->bytes = readahead->max_bytes - ahead;
    limits->nops = lane->depth / 2 - nops;
    return true;
}

static void remember(struct lio_readahead *readahead,
                     const struct lio_readahead_file *ahead, uint64_t from,
                     uint64_t until, uint64_t bytes)
{
    struct load load = {
        .first_key = (uint64_t)ahead->generation << 32 | from / LIO_BLOCK_BYTES,
        .nblocks = (until - 1) / LIO_BLOCK_BYTES - from / LIO_BLOCK_BYTES + 1,
    };

    tick(readahead, bytes, &load);
}

/* Turn what is queued into operations, as far as the limits allow.  Returns how
 * many. */
static uint32_t issue(struct lio_readahead_file *ahead, struct lio_file *file,
                      struct lio_lane *lane, struct lio_batch *batch)
{
    struct lio_readahead *readahead = ahead->readahead;
    struct lio_read_ahead_limits limits;
    uint32_t nops, sum = 0;

    while (ahead->nqueued > 0 && find_limits(readahead, lane, &limits)) {
        struct lio_range *next = &ahead->queue[ahead->first];
        uint64_t from = next->offset, bytes;

        bytes = lio_read_ahead(file, lane, next, &limits, batch, &nops);
        atomic_fetch_add(&readahead->in_flight[lane->index], nops);
        sum += nops;
        if (bytes > 0)
            remember(readahead, ahead, from, next->offset, bytes);
        if (next->length == 0)
            dequeue(ahead);
    }
    return sum;
}

/* Is this one of many reads that find their data in memory? */
static bool is_quiet(struct lio_readahead_file *ahead, uint32_t flags)
{
    uint32_t nhits = atomic_load_explicit(&ahead->nhits, memory_order_relaxed);

    if (!flags && nhits >= QUIET_HITS)
        return true;
    if (!flags)
        atomic_store_explicit(&ahead->nhits, nhits + 1, memory_order_relaxed);
    else if (nhits > 0)
        atomic_store_explicit(&ahead->nhits, 0, memory_order_relaxed);
    return false;
}

void lio_readahead_access(struct lio_io *request, uint32_t generation,
                          uint32_t flags, struct lio_batch *batch)
{
    struct lio_readahead_file *ahead = request->file->ahead;
    struct lio_access access = {
        .range = { request->offset, request->length },
        .time_ns = batch->now_ns,
        .flags = flags,
    };

    if (!ahead || is_quiet(ahead, flags))
        return;
    if (flags)
        pthread_mutex_lock(&ahead->lock);
    else if (pthread_mutex_trylock(&ahead->lock) != 0)
        return; /* others read too, and a hit needs no help */
    renew(ahead, generation);
    ask(ahead, &access);
    if (issue(ahead, request->file, request->lane, batch) > 0 &&
        !(flags & LIO_ACCESS_WAITED))
        batch->hold = false; /* the reader will not come to send it */
    if (ahead->nqueued > 0)
        tick(ahead->readahead, request->length, NULL);
    pthread_mutex_unlock(&ahead->lock);
}

void lio_readahead_ended(const struct lio_io *io)
{
    struct lio_readahead *readahead = io->file->engine->readahead;

    atomic_fetch_sub(&readahead->in_flight[io->lane->index], 1);
}

void lio_readahead_collect(struct lio_engine *engine, struct lio_lane *lane)
{
    struct lio_readahead *readahead = engine->readahead;

    if (readahead && atomic_load(&readahead->in_flight[lane->index]) > 0)
        lio_lane_collect(lane);
}

/* -- the caller's plan --------------------------------------------------- */

static int grow_queue(struct lio_readahead_file *ahead, size_t nranges)
{
    struct lio_range *grown;

    make_room(ahead);
    if (nranges <= ahead->room - ahead->nqueued)
        return 0;
    if (nranges > SIZE_MAX / sizeof(*grown) - ahead->nqueued)
        return LIO_ENOMEM;
    grown = realloc(ahead->queue, (ahead->nqueued + nranges) * sizeof(*grown));
    if (!grown)
        return LIO_ENOMEM;
    ahead->queue = grown;
    ahead->room = ahead->nqueued + nranges;
    return 0;
}

/* A plan takes the place of what was guessed. */
static int take_plan(struct lio_readahead_file *ahead,
                     const struct lio_plan_range *ranges, size_t nranges)
{
    if (!ahead->planned || nranges == 0)
        empty_queue(ahead);
    if (grow_queue(ahead, nranges) < 0)
        return LIO_ENOMEM;
    for (size_t i = 0; i < nranges; i++)
        enqueue(ahead,
                &(struct lio_range){ ranges[i].offset, ranges[i].length });
    ahead->planned = ahead->nqueued > 0;
    return 0;
}

int lio_file_plan(struct lio_file *file, const struct lio_plan_range *ranges,
                  size_t nranges, struct lio_error *err)
{
    struct lio_readahead_file *ahead = file->ahead;
    struct lio_engine *engine = file->engine;
    uint32_t generation;
    struct lio_batch batch;
    uint64_t size;
    int rc;

    if (!lio_engine_ours(engine))
        return lio_engine_gone(err);
    if (!(file->flags & LIO_READ))
        return lio_error_set(err, LIO_EINVAL,
                             "%s: a plan is for a file opened for reading",
                             lio_file_name(file));
    if (!ahead)
        return 0;
    lio_batch_begin(&batch, engine);
    batch.now_ns = lio_clock_ns();
    lio_node_look(file->handle->node, &size, &generation);
    pthread_mutex_lock(&ahead->lock);
    renew(ahead, generation);
    rc = take_plan(ahead, ranges, nranges);
    if (rc == 0)
        (void)issue(ahead, file, lio_engine_lane(engine), &batch);
    pthread_mutex_unlock(&ahead->lock);
    lio_batch_end(&batch);
    if (rc < 0)
        return lio_error_set(err, rc, "%s: no memory for a plan of %zu ranges",
                             lio_file_name(file), nranges);
    return 0;
}
