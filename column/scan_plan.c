/*
 * Plans of scans.
 *
 * All columns of a scan move on by the same rows, so each gets a share of the
 * memory by what a row of it takes:
 *
 *     id          8 bytes a row     window of    64 KiB, a few ahead
 *     embedding   2 KiB a row       window of     2 MiB, a few ahead
 *
 * A scan of more than half the cache would leave little in it but its end, and
 * is read past it, into the memory that is decoded or given out.  A smaller one
 * is read through it, along a plan, so that the next one finds it there.
 */
#include "column/scan_plan.h"

#include "column/pool.h"

#include <inttypes.h>
#include <stdlib.h>

#define SCAN_MEMORY (UINT64_C(64) << 20)

/* Of a batch, if the caller does not say how many rows it has.  The first one
 * comes when all of its memory has been touched for the first time; huge pages
 * take two to be worth it. */
#define BATCH_BYTES      (UINT64_C(2) << 20)
#define BATCH_BYTES_HUGE (UINT64_C(4) << 20)
#define BATCH_MIN        16u

/* Beyond this a device gains nothing from longer reads, and a processor's
 * caches lose; but one window a batch saves putting it together. */
#define WINDOW_MAX (UINT64_C(128) << 10)
#define WINDOW_MIN (UINT64_C(64) << 10)

/* Under way past the cache, where windows are small: what a device needs. */
#define AHEAD_MAX (UINT64_C(4) << 20)

/* However little memory there is: what a read costs is worth more than this. */
#define WINDOW_LEAST (UINT64_C(1) << 10)

/* Windows that are held at once, in bytes stored: one in use and three ahead,
 * each decoded to up to twice as much. */
#define WINDOWS_HELD  12u
#define WINDOWS_AHEAD 3u

/* -- sizes --------------------------------------------------------------- */

/* What is known of a column before it is read. */
struct column_size {
    uint64_t stored; /* bytes of all its pages */
    bool blob;
};

static struct column_size size_of(const struct lio_dataset *dataset,
                                  uint32_t field)
{
    struct column_size size = { 0 };

    for (uint32_t i = 0; i < dataset->nfragments; i++) {
        const struct lio_place *place = &dataset->fragments[i].places[field];
        const struct lio_column *column;

        if (place->file == LIO_NO_FILE)
            continue;
        column = lio_dataset_column(dataset, place);
        size.blob |= column->blob;
        for (uint32_t k = 0; k < column->npages; k++)
            size.stored += lio_page_bytes(&column->pages[k]);
    }
    return size;
}

/* Bytes that a row of a column takes, stored or decoded: one at the least. */
static uint64_t row_bytes(const struct lio_dataset *dataset, uint32_t field)
{
    const struct lio_field *wanted = &dataset->schema.fields[field];
    const struct lio_type *type = &wanted->type;
    struct column_size size = size_of(dataset, field);
    uint64_t rows = dataset->physical_rows > 0 ? dataset->physical_rows : 1;
    uint64_t decoded = lio_type_is_fixed(type) ? lio_type_bits(type) / 8 : 4;
    /* Where blobs are, pages do not tell. */
    uint64_t stored = (size.blob ? dataset->bytes : size.stored) / rows;

    /* Each factor is below 2^33; more than that is no row. */
    decoded *= wanted->row_items;
    decoded = decoded < UINT32_MAX ? decoded : UINT32_MAX;
    return (stored > decoded ? stored : decoded) + 1;
}

typedef void each_column(struct lio_column_cursor *cursor, void *user);

static void for_columns(const struct lio_scan_run *run, each_column *call,
                        void *user)
{
    for (uint32_t i = 0; i < run->projection.ncolumns; i++)
        for (uint32_t k = 0; k < run->cursors[i].ncolumns; k++)
            call(&run->cursors[i].columns[k], user);
}

/* All columns together. */
struct sums {
    uint64_t ncolumns;
    uint64_t row_bytes;
    uint64_t stored;
};

static void add_column(struct lio_column_cursor *cursor, void *user)
{
    struct sums *sums = user;

    sums->ncolumns++;
    sums->row_bytes += row_bytes(cursor->dataset, cursor->field);
    sums->stored += size_of(cursor->dataset, cursor->field).stored;
}

/* -- limits -------------------------------------------------------------- */

/* A power of two, as chunks of rows are. */
static uint32_t choose_batch_rows(const struct sums *sums, uint64_t bytes)
{
    uint32_t rows = LIO_BATCH_ROWS;

    while (rows > BATCH_MIN && rows > bytes / sums->row_bytes)
        rows /= 2;
    return rows;
}

/* What the cursors' limits follow from. */
struct budget {
    const struct lio_scan_run *run;
    struct sums sums;
    uint64_t memory;
    bool past_cache;
    uint64_t batch_bytes;
    uint64_t batch_from;
};

static uint64_t bounded(uint64_t value, uint64_t least, uint64_t most)
{
    return value < least ? least : value > most ? most : value;
}

static void limit_column(struct lio_column_cursor *cursor, void *user)
{
    const struct budget *budget = user;
    uint64_t bytes = row_bytes(cursor->dataset, cursor->field);
    uint64_t all = budget->memory / WINDOWS_HELD + 1;
    uint64_t equal = all / budget->sums.ncolumns;
    uint64_t share =
        bytes < UINT64_MAX / all ? bytes * all / budget->sums.row_bytes : equal;
    uint64_t batch = budget->run->batch_rows * bytes;
    uint64_t least = bounded(equal, WINDOW_LEAST, WINDOW_MIN);
    uint64_t most = bounded(batch, WINDOW_MAX, budget->batch_bytes);
    struct lio_read_limits limits = {
        .window_bytes = bounded(share, least, most),
        .batch_rows = budget->run->batch_rows,
        .batch_from = budget->batch_from,
        .past_cache = budget->past_cache,
    };

    /* The first batch should not wait for more than itself. */
    limits.first_bytes =
        batch < limits.window_bytes ? batch : limits.window_bytes;
    limits.ahead_bytes = limits.window_bytes * WINDOWS_AHEAD;
    /* Nobody else reads ahead then. */
    if (budget->past_cache)
        limits.ahead_bytes = bounded(share, limits.ahead_bytes, AHEAD_MAX);
    lio_column_cursor_limit(cursor, &limits);
}

/* A window for all rows that are wanted, and a page that has not many more of
 * them whole. */
static void limit_to_rows(struct lio_column_cursor *cursor, void *user)
{
    const struct lio_scan_run *run = user;
    uint64_t bytes = row_bytes(cursor->dataset, cursor->field);
    uint64_t rows = run->end - run->row;
    uint64_t all =
        rows <= UINT64_MAX / 2 / bytes ? rows * bytes * 2 : UINT64_MAX;
    const struct lio_read_limits limits = {
        .window_bytes = bounded(all, WINDOW_MIN, UINT64_MAX),
        .first_bytes = bounded(all, WINDOW_MIN, UINT64_MAX),
        .ahead_bytes = 1,
    };

    lio_column_cursor_limit(cursor, &limits);
}

void lio_scan_plan_once(struct lio_scan_run *run)
{
    if (run->row < run->end)
        for_columns(run, limit_to_rows, run);
}

/* -- what the engine is told --------------------------------------------- */

/* A page that will be read. */
struct planned {
    uint64_t row;
    const struct lio_page *page;
    struct lio_source *source;
};

struct plan {
    struct planned *pages;
    size_t n;
    size_t room;       /* 0: they are but counted */
    uint64_t from, to; /* physical rows */
};

static void add_page(struct plan *plan, const struct planned *page)
{
    if (plan->n < plan->room)
        plan->pages[plan->n] = *page;
    plan->n++;
}

static void add_pages(struct lio_column_cursor *cursor, void *user)
{
    const struct lio_dataset *dataset = cursor->dataset;
    struct plan *plan = user;

    for (uint32_t i = 0; i < dataset->nfragments; i++) {
        const struct lio_fragment *fragment = &dataset->fragments[i];
        const struct lio_place *place = &fragment->places[cursor->field];
        const struct lio_column *column;

        if (place->file == LIO_NO_FILE ||
            fragment->first_physical >= plan->to ||
            fragment->first_physical + fragment->rows <= plan->from)
            continue;
        column = lio_dataset_column(dataset, place);
        for (uint32_t k = 0; k < column->npages; k++)
            add_page(plan,
                     &(const struct planned){
                         fragment->first_physical + column->pages[k].first_row,
                         &column->pages[k],
                         dataset->files[place->file].source });
    }
}

static int compare_pages(const void *left, const void *right)
{
    const struct planned *a = left, *b = right;
    uint64_t from = a->page->buffers[0].offset;
    uint64_t other = b->page->buffers[0].offset;

    if (a->row != b->row)
        return a->row < b->row ? -1 : 1;
    return from < other ? -1 : from > other;
}

/* A plan is a hint: without memory for it there is none. */
void lio_scan_tell(struct lio_scan_run *run)
{
    struct plan plan = { .to = run->physical_end };
    uint64_t n;

    if (!run->plans || run->row == run->end)
        return;
    run->plans = false;
    run->planned = true;
    plan.from = lio_dataset_physical(run->dataset, run->row, &n);
    for_columns(run, add_pages, &plan);
    if (plan.n == 0)
        return;
    plan.pages = calloc(plan.n, sizeof(*plan.pages));
    if (!plan.pages)
        return;
    plan.room = plan.n;
    plan.n = 0;
    for_columns(run, add_pages, &plan);
    qsort(plan.pages, plan.n, sizeof(*plan.pages), compare_pages);
    for (size_t i = 0; i < plan.n; i++)
        lio_source_plan(plan.pages[i].source, plan.pages[i].page->buffers,
                        plan.pages[i].page->nbuffers);
    free(plan.pages);
}

void lio_scan_unplan(const struct lio_scan_run *run)
{
    if (!run->planned)
        return;
    for (uint32_t i = 0; i < run->dataset->nfiles; i++)
        lio_source_plan(run->dataset->files[i].source, NULL, 0);
}

/* -- all ----------------------------------------------------------------- */

static uint64_t cache_bytes(const struct lio_dataset *dataset)
{
    return dataset->nfiles > 0
               ? lio_source_cache_bytes(dataset->files[0].source)
               : 0;
}

/* Of `stored` bytes of columns, what the scan wants: rows of one size. */
static uint64_t wanted_of(const struct lio_scan_run *run, uint64_t stored,
                          uint64_t physical_from)
{
    return (uint64_t)((double)stored *
                      (double)(run->physical_end - physical_from) /
                      (double)run->dataset->physical_rows);
}

void lio_scan_plan(struct lio_scan_run *run, uint64_t memory,
                   uint32_t batch_rows)
{
    const struct lio_dataset *dataset = run->dataset;
    struct budget budget = { .run = run };
    uint64_t n, cache = cache_bytes(dataset);

    if (run->row == run->end)
        return;
    for_columns(run, add_column, &budget.sums);
    if (budget.sums.ncolumns == 0)
        return;
    budget.batch_bytes =
        lio_pool_wants_huge(dataset->pool) ? BATCH_BYTES_HUGE : BATCH_BYTES;
    run->batch_rows = batch_rows > 0
                          ? batch_rows
                          : choose_batch_rows(&budget.sums, budget.batch_bytes);
    budget.memory = memory > 0 ? memory : SCAN_MEMORY;
    budget.batch_from = lio_dataset_physical(dataset, run->row, &n);
    budget.past_cache =
        wanted_of(run, budget.sums.stored, budget.batch_from) > cache / 2;
    for_columns(run, limit_column, &budget);
    run->plans = cache > 0 && !budget.past_cache;
}
