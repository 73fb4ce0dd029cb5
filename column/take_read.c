/*
 * Leaves read together.
 */
#include "column/take_read.h"

#include "column/crew.h"

#include <inttypes.h>
#include <stdlib.h>

/* Pieces of a step cost this much at the least, as far as there are any: what
 * it takes to hand one on is little beside it. */
#define STEP_COST (UINT64_C(256) << 10)

struct entry {
    struct lio_take_leaf *leaf;
    uint64_t piece;
};

struct step {
    struct entry *entries;
    uint64_t n;
    struct lio_reads reads;
};

struct take_read {
    const struct lio_dataset *dataset;
    struct lio_take_leaf *const *leaves;
    uint32_t nleaves;
    struct lio_source_manner manner;
    struct entry *entries; /* the pieces that are picked, and nothing else */
    struct step *steps;
    uint64_t nsteps;
};

static int no_memory(const struct take_read *take, struct lio_error *err)
{
    return lio_error_set(err, LIO_ENOMEM, "%s: no memory to take rows",
                         take->dataset->path);
}

/* -- ask ----------------------------------------------------------------- */

static int ask(const struct take_read *take, struct lio_error *err)
{
    struct lio_reads reads = { 0 };
    int rc = 0;

    for (uint32_t i = 0; i < take->nleaves && rc == 0; i++)
        rc = lio_take_leaf_ask(take->leaves[i], &reads, err);
    if (rc == 0)
        rc = lio_reads_run(&reads, err);
    lio_reads_release(&reads);
    for (uint32_t i = 0; i < take->nleaves && rc == 0; i++)
        rc = lio_take_leaf_cut(take->leaves[i], err);
    return rc;
}

/* -- the cache ----------------------------------------------------------- */

/* Blocks that the engine's cache loads as one. */
#define BLOCK_BYTES (UINT64_C(64) << 10)

/* Rows that are read one by one are read together this near, see reads.h. */
#define NEAR_BYTES (UINT64_C(1) << 10)

/* The blocks that rows of a piece lie in, in bytes: each row takes one of its
 * own, or what is between it and the one before if that is read, too. */
static uint64_t blocks_of(const struct lio_take_piece *piece)
{
    const struct lio_pick *pick = &piece->pick;
    uint64_t row_bytes = lio_page_bytes(pick->page) / pick->page->rows + 1;
    uint64_t near = lio_pick_has_parts(pick) ? BLOCK_BYTES : NEAR_BYTES;
    uint64_t bytes = BLOCK_BYTES;

    for (uint64_t i = 1; i < pick->nrows; i++) {
        uint64_t rows = pick->rows[i] - pick->rows[i - 1];

        bytes += rows < near / row_bytes ? rows * row_bytes : BLOCK_BYTES;
    }
    return bytes;
}

/* Rows all over a file that need more than half the cache would leave nothing
 * in it but themselves. */
static bool floods_cache(const struct take_read *take)
{
    uint64_t bytes = 0;
    uint64_t cache = lio_source_cache_bytes(take->dataset->files[0].source);

    for (uint64_t i = 0; i < take->nsteps; i++)
        for (uint64_t k = 0; k < take->steps[i].n; k++) {
            const struct entry *entry = &take->steps[i].entries[k];

            bytes += blocks_of(&entry->leaf->pieces[entry->piece]);
        }
    return bytes > cache / 2;
}

/* -- steps --------------------------------------------------------------- */

static void add_to_step(struct take_read *take, struct entry entry,
                        uint64_t *at, uint64_t *cost)
{
    if (take->nsteps == 0 || *cost >= STEP_COST) {
        take->steps[take->nsteps++].entries = &take->entries[*at];
        *cost = 0;
    }
    take->entries[(*at)++] = entry;
    take->steps[take->nsteps - 1].n++;
    *cost += entry.leaf->pieces[entry.piece].cost;
}

static int make_steps(struct take_read *take, struct lio_error *err)
{
    uint64_t n = 0, at = 0, cost = 0;

    for (uint32_t i = 0; i < take->nleaves; i++)
        n += take->leaves[i]->npieces;
    take->entries = calloc((size_t)n + 1, sizeof(*take->entries));
    take->steps = calloc((size_t)n + 1, sizeof(*take->steps));
    if (!take->entries || !take->steps)
        return no_memory(take, err);
    for (uint32_t i = 0; i < take->nleaves; i++)
        for (uint64_t k = 0; k < take->leaves[i]->npieces; k++)
            if (take->leaves[i]->pieces[k].picked)
                add_to_step(take, (struct entry){ take->leaves[i], k }, &at,
                            &cost);
    take->manner.past_cache = take->nsteps > 0 && floods_cache(take);
    return 0;
}

static int start_step(void *user, uint64_t number, struct lio_error *err)
{
    struct take_read *take = user;
    struct step *step = &take->steps[number];
    int rc = 0;

    for (uint64_t i = 0; i < step->n && rc == 0; i++) {
        const struct entry *entry = &step->entries[i];

        rc = lio_pick_get(&entry->leaf->pieces[entry->piece].pick, &step->reads,
                          err);
    }
    return rc < 0 ? rc : lio_reads_start(&step->reads, &take->manner, err);
}

static int finish_step(void *user, uint64_t number, struct lio_error *err)
{
    struct take_read *take = user;
    struct step *step = &take->steps[number];
    int rc = lio_reads_finish(&step->reads, err);

    for (uint64_t i = 0; i < step->n && rc == 0; i++) {
        const struct entry *entry = &step->entries[i];

        rc = lio_take_leaf_decode(entry->leaf, entry->piece, err);
    }
    lio_reads_release(&step->reads);
    return rc;
}

static int do_steps(struct take_read *take, struct lio_error *err)
{
    static const struct lio_crew_ops ops = { start_step, finish_step };

    return take->nsteps > 0 ? lio_crew_run(take->dataset->engine, &ops, take,
                                           take->nsteps, err)
                            : 0;
}

/* -- the rest ------------------------------------------------------------ */

/* Pages that are read whole: but one of them is in memory at a time. */
static int read_pages(struct lio_take_leaf *leaf, struct lio_error *err)
{
    int rc = 0;

    for (uint64_t i = 0; i < leaf->npieces && rc == 0; i++)
        if (leaf->pieces[i].whole)
            rc = lio_take_leaf_decode(leaf, i, err);
    return rc;
}

int lio_take_read(const struct lio_dataset *dataset,
                  struct lio_take_leaf *const *leaves, uint32_t nleaves,
                  struct lio_error *err)
{
    struct take_read take = { .dataset = dataset,
                              .leaves = leaves,
                              .nleaves = nleaves };
    int rc = ask(&take, err);

    if (rc == 0)
        rc = make_steps(&take, err);
    if (rc == 0)
        rc = do_steps(&take, err);
    for (uint32_t i = 0; i < nleaves && rc == 0; i++)
        rc = read_pages(leaves[i], err);
    for (uint64_t i = 0; i < take.nsteps; i++)
        lio_reads_release(&take.steps[i].reads);
    free(take.entries);
    free(take.steps);
    return rc;
}
