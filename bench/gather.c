/*
 * lio-bench-gather: scattered reads in batches, as a query makes them that
 * takes rows of a table.
 *
 *     a batch    ■ ··· ■ · ■ ······ ■ ·· ■     `reads` of `length` each, about
 *                                              `gap` apart, in random order
 *
 * Either one read after the other (--sync), or all of a batch at once.  With a
 * coalescer in the settings the engine may merge what is submitted together.
 * compare-slow runs the ways in turn, on devices that filter-throttle plays.
 *
 * Prints one line: reads, seconds, reads a second, CPU seconds, and what the
 * device was asked for: operations and MB.
 */
#include "bench/engine.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_READS 4096u
#define UNIT      4096u /* places and lengths are multiples of it */

struct gather {
    const char *path;
    uint64_t nreads, nbatches, length, gap;
    bool sync;
    struct bench_settings settings;

    struct lio_engine *engine;
    struct lio_file *file;
    unsigned char *memory; /* nreads * length */
    struct lio_request requests[MAX_READS];
    uint64_t ids[MAX_READS];
    uint64_t random;
};

static uint64_t draw(struct gather *g, uint64_t below)
{
    g->random = g->random * 6364136223846793005u + 1442695040888963407u;
    return (g->random >> 20) % below;
}

/* -- a batch ------------------------------------------------------------- */

static void shuffle(struct gather *g)
{
    for (uint64_t i = g->nreads; i-- > 1;) {
        uint64_t j = draw(g, i + 1);
        struct lio_request other = g->requests[j];

        g->requests[j] = g->requests[i];
        g->requests[i] = other;
    }
}

/* Somewhere in the file, from there on with gaps of 0 to twice the mean. */
static void lay_out(struct gather *g)
{
    uint64_t most = g->nreads * (g->length + 2 * g->gap);
    uint64_t places = (lio_file_size(g->file) - most) / UNIT;
    uint64_t at = draw(g, places) * UNIT;

    for (uint64_t i = 0; i < g->nreads; i++) {
        g->requests[i] = (struct lio_request){
            .file = g->file,
            .kind = LIO_REQUEST_READ,
            .flags = LIO_EXACT,
            .offset = at,
            .length = g->length,
            .buf = g->memory + i * g->length,
        };
        at += g->length + draw(g, 2 * g->gap / UNIT + 1) * UNIT;
    }
    shuffle(g);
}

static void read_in_turn(struct gather *g)
{
    struct lio_error err;

    for (uint64_t i = 0; i < g->nreads; i++)
        if (lio_read(g->file, g->requests[i].buf, g->length,
                     g->requests[i].offset, LIO_EXACT, NULL, &err) < 0)
            bench_die(err.msg);
}

static void read_at_once(struct gather *g)
{
    struct lio_result result;
    struct lio_error err;

    if (lio_submit(g->engine, g->requests, (uint32_t)g->nreads, g->ids, &err) <
        0)
        bench_die(err.msg);
    for (uint64_t i = 0; i < g->nreads; i++)
        if (lio_wait(g->engine, g->ids[i], -1, &result) < 0 ||
            lio_result_error(&result, &err) < 0)
            bench_die("a read failed");
}

/* -- the command line ---------------------------------------------------- */

static void parse(struct gather *g, int argc, char **argv)
{
    static const struct option options[] = {
        { "sync", no_argument, NULL, 'y' },
        { "reads", required_argument, NULL, 'r' },
        { "batches", required_argument, NULL, 'b' },
        { "length", required_argument, NULL, 'l' },
        { "gap", required_argument, NULL, 'g' },
        { NULL, 0, NULL, 0 },
    };
    int option;

    while ((option = getopt_long(argc, argv, "s:", options, NULL)) != -1)
        switch (option) {
        case 'y':
            g->sync = true;
            break;
        case 'r':
            g->nreads = bench_number(optarg);
            break;
        case 'b':
            g->nbatches = bench_number(optarg);
            break;
        case 'l':
            g->length = bench_number(optarg);
            break;
        case 'g':
            g->gap = bench_number(optarg);
            break;
        case 's':
            bench_set(&g->settings, optarg);
            break;
        default:
            exit(2);
        }
    if (optind + 1 != argc || g->nreads == 0 || g->nreads > MAX_READS ||
        g->length == 0 || g->length % UNIT)
        bench_die("usage: lio-bench-gather [options] FILE; see bench/gather.c");
    g->path = argv[optind];
}

static void open_all(struct gather *g)
{
    uint64_t most = g->nreads * (g->length + 2 * g->gap);
    struct lio_error err;

    g->engine = bench_engine_open(&g->settings);
    bench_check(lio_file_open(g->engine, g->path, LIO_READ, &g->file, &err),
                &err);
    if (lio_file_size(g->file) < most + UNIT)
        bench_die("the file is too small for a batch");
    g->memory = aligned_alloc(UNIT, g->nreads * g->length);
    if (!g->memory)
        bench_die("no memory");
    memset(g->memory, 1, g->nreads * g->length);
}

int main(int argc, char **argv)
{
    static struct gather g = {
        .nreads = 64,
        .nbatches = 20,
        .length = 4096,
        .gap = 16384,
        .random = 42,
    };
    struct lio_engine_stats stats;
    double began, seconds, cpu;

    parse(&g, argc, argv);
    open_all(&g);
    cpu = bench_cpu_s();
    began = bench_now_s();
    for (uint64_t i = 0; i < g.nbatches; i++) {
        lay_out(&g);
        if (g.sync)
            read_in_turn(&g);
        else
            read_at_once(&g);
    }
    seconds = bench_now_s() - began;
    cpu = bench_cpu_s() - cpu;
    lio_engine_stats(g.engine, &stats);
    printf("%" PRIu64 " %.4f %.0f %.3f ops=%" PRIu64 " MB=%.1f\n",
           g.nbatches * g.nreads, seconds,
           (double)(g.nbatches * g.nreads) / seconds, cpu, stats.device_reads,
           (double)stats.device_bytes_read / 1e6);
    lio_file_close(g.file);
    lio_engine_close(g.engine);
    free(g.memory);
    return 0;
}
