/*
 * lio-bench-write: batches in memory, written to a new dataset and made
 * durable.
 *
 *     lio-bench-write [options] OUT.lance
 *       --rows N               (500000: 1.1 GB)
 *       --only COLUMN          that one instead of all: see rows.h
 *       --batch-rows N         (8192)
 *       --sync                 no engine: the caller encodes and writes
 *       --threads N, --memory BYTES, --format V, --compression NAME,
 *       --rows-per-file N, --page-cache
 *                              as struct lio_write_options has them
 *       --dump FILE            also leave the batches there, for others
 *       -s SECTION.KEY=VALUE   a setting of the engine
 *
 * Prints one line of JSON: rows, bytes of the batches and of the files, seconds
 * from opening the writer to its last sync, those of them after the last batch
 * was taken, CPU seconds of the process meanwhile, and by how much its memory
 * grew at the most.  The batches are made before the clock starts, and are all
 * different.
 */
#include "bench/engine.h"
#include "bench/write/rows.h"

#include <lanceio/column.h>

#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct bench {
    const char *path, *dump, *only;
    uint64_t nrows, batch_rows;
    bool no_engine;
    struct lio_write_options options;
    struct bench_settings settings;
    struct rows rows;
    struct lio_write_summary summary;
    double seconds, finish_s, cpu_s;
    long grown_kb;
};

/* -- memory -------------------------------------------------------------- */

/* A line of /proc/self/status, in KB; 0 where there is none. */
static long status_kb(const char *name)
{
    FILE *status = fopen("/proc/self/status", "r");
    char line[256];
    long kb = 0;

    while (status && fgets(line, sizeof(line), status))
        if (strncmp(line, name, strlen(name)) == 0)
            kb = strtol(line + strlen(name), NULL, 10);
    if (status)
        (void)fclose(status);
    return kb;
}

/* What was the most so far does not count: the batches were made. */
static long forget_peak(void)
{
    FILE *refs = fopen("/proc/self/clear_refs", "w");

    if (refs) {
        (void)fputs("5", refs);
        (void)fclose(refs);
    }
    return status_kb("VmRSS:");
}

/* -- what is measured ---------------------------------------------------- */

static void write_rows(struct bench *bench, struct lio_engine *engine)
{
    struct lio_writer *writer;
    struct ArrowSchema schema;
    struct ArrowArray batch;
    struct lio_error err;
    double last_s;

    rows_schema(&bench->rows, &schema);
    bench_check(lio_writer_open(engine, bench->path, &schema, &bench->options,
                                &writer, &err),
                &err);
    for (uint64_t i = 0; i < bench->rows.nbatches; i++) {
        rows_batch(&bench->rows, i, &batch);
        bench_check(lio_writer_append(writer, &batch, &err), &err);
    }
    last_s = bench_now_s();
    bench_check(lio_writer_finish(writer, &bench->summary, &err), &err);
    bench->finish_s = bench_now_s() - last_s;
    lio_writer_close(writer);
}

static void measure(struct bench *bench, struct lio_engine *engine)
{
    long before_kb = forget_peak();
    double start_s = bench_now_s(), start_cpu_s = bench_cpu_s();

    write_rows(bench, engine);
    bench->seconds = bench_now_s() - start_s;
    bench->cpu_s = bench_cpu_s() - start_cpu_s;
    bench->grown_kb = status_kb("VmHWM:") - before_kb;
}

static void run(struct bench *bench)
{
    struct lio_engine *engine = NULL;

    if (!bench->no_engine)
        engine = bench_engine_open(&bench->settings);
    measure(bench, engine);
    lio_engine_close(engine);
}

static void report(const struct bench *bench)
{
    const struct lio_write_summary *summary = &bench->summary;

    printf("{\"rows\": %llu, \"batch_bytes\": %llu, \"file_bytes\": %llu, "
           "\"files\": %u, \"seconds\": %.6f, \"finish\": %.6f, \"cpu\": %.6f, "
           "\"grown_mb\": %.1f}\n",
           (unsigned long long)summary->rows,
           (unsigned long long)bench->rows.bytes,
           (unsigned long long)summary->bytes, summary->nfiles, bench->seconds,
           bench->finish_s, bench->cpu_s, (double)bench->grown_kb / 1024);
}

/* -- options ------------------------------------------------------------- */

static void set_option(struct bench *bench, int option)
{
    switch (option) {
    case 'r':
        bench->nrows = bench_number(optarg);
        break;
    case 'o':
        bench->only = optarg;
        break;
    case 'b':
        bench->batch_rows = bench_number(optarg);
        break;
    case 'y':
        bench->no_engine = true;
        break;
    case 't':
        bench->options.threads = (uint32_t)strtoul(optarg, NULL, 10);
        break;
    case 'm':
        bench->options.memory = bench_number(optarg);
        break;
    case 'v':
        bench->options.format_version = optarg;
        break;
    case 'c':
        bench->options.compression = optarg;
        break;
    case 'n':
        bench->options.rows_per_file = bench_number(optarg);
        break;
    case 'p':
        bench->options.page_cache = 1;
        break;
    case 'd':
        bench->dump = optarg;
        break;
    case 's':
        bench_set(&bench->settings, optarg);
        break;
    default:
        exit(2);
    }
}

static void parse(struct bench *bench, int argc, char **argv)
{
    static const struct option options[] = {
        { "rows", required_argument, NULL, 'r' },
        { "only", required_argument, NULL, 'o' },
        { "batch-rows", required_argument, NULL, 'b' },
        { "sync", no_argument, NULL, 'y' },
        { "threads", required_argument, NULL, 't' },
        { "memory", required_argument, NULL, 'm' },
        { "format", required_argument, NULL, 'v' },
        { "compression", required_argument, NULL, 'c' },
        { "rows-per-file", required_argument, NULL, 'n' },
        { "page-cache", no_argument, NULL, 'p' },
        { "dump", required_argument, NULL, 'd' },
        { NULL, 0, NULL, 0 },
    };
    int option;

    while ((option = getopt_long(argc, argv, "s:", options, NULL)) >= 0)
        set_option(bench, option);
    if (optind + 1 != argc || bench->batch_rows == 0)
        bench_die("the path to write to is missing, or batches have no rows");
    bench->path = argv[optind];
}

int main(int argc, char **argv)
{
    struct bench bench = { .nrows = 500000, .batch_rows = 8192 };

    parse(&bench, argc, argv);
    if (!rows_make(&bench.rows, bench.nrows, bench.batch_rows, bench.only))
        bench_die("no memory for the batches, or no such column");
    if (bench.dump && !rows_dump(&bench.rows, bench.dump))
        bench_die("the dump cannot be written");
    run(&bench);
    report(&bench);
    rows_release(&bench.rows);
    return 0;
}
