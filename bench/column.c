/*
 * lio-bench-column: rows of a dataset, scanned or taken, and given back.
 *
 *     lio-bench-column [options] DATASET
 *       --columns A,B          only these
 *       --take N               N rows spread over all, instead of a scan
 *       --batch-rows N         of a scan's batches
 *       --passes N             the same again, of which the last is measured
 *       -s SECTION.KEY=VALUE   a setting of the engine
 *
 * Prints one line of JSON: rows, seconds with opening, CPU seconds,
 * milliseconds until the first batch, and the most memory the process had.
 */
#include "bench/engine.h"

#include <lanceio/column.h>

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#define MAX_NAMES 64

struct bench {
    const char *path;
    const char *columns[MAX_NAMES];
    uint32_t ncolumns;
    struct bench_settings settings;
    uint64_t take, batch_rows, passes;
    uint64_t rows; /* read */
    double first_s;
};

static long peak_mb(void)
{
    struct rusage use;

    getrusage(RUSAGE_SELF, &use);
    return use.ru_maxrss / 1024;
}

/* -- what is measured ---------------------------------------------------- */

static void scan(struct bench *bench, struct lio_dataset *dataset,
                 double start_s)
{
    const struct lio_scan wanted = { .columns = bench->columns,
                                     .ncolumns = bench->ncolumns,
                                     .batch_rows =
                                         (uint32_t)bench->batch_rows };
    struct ArrowArrayStream stream;
    struct ArrowArray batch;
    struct lio_error err;

    bench_check(lio_scan_stream(dataset, &wanted, &stream, &err), &err);
    bench->rows = 0;
    for (;;) {
        if (stream.get_next(&stream, &batch))
            bench_die(stream.get_last_error(&stream));
        if (!batch.release)
            break;
        if (bench->rows == 0)
            bench->first_s = bench_now_s() - start_s;
        bench->rows += (uint64_t)batch.length;
        batch.release(&batch);
    }
    stream.release(&stream);
}

/* Multiples of a prime, which compare uses for the others, too. */
static void take(struct bench *bench, struct lio_dataset *dataset,
                 double start_s)
{
    const struct lio_scan wanted = { .columns = bench->columns,
                                     .ncolumns = bench->ncolumns };
    uint64_t *rows = calloc((size_t)bench->take, sizeof(*rows));
    struct lio_dataset_info info;
    struct ArrowArray array;
    struct lio_error err;

    lio_dataset_info(dataset, &info);
    if (!rows || info.rows == 0)
        bench_die("no memory, or no rows to take");
    for (uint64_t i = 0; i < bench->take; i++)
        rows[i] = i * 179424673 % info.rows;
    bench_check(
        lio_take_rows(dataset, rows, bench->take, &wanted, &array, &err), &err);
    bench->first_s = bench_now_s() - start_s;
    bench->rows = (uint64_t)array.length;
    array.release(&array);
    free(rows);
}

static void run(struct bench *bench, struct lio_engine *engine)
{
    double start_s = bench_now_s(), start_cpu_s = bench_cpu_s();
    struct lio_dataset *dataset;
    struct lio_error err;

    bench_check(lio_dataset_open(engine, bench->path, &dataset, &err), &err);
    if (bench->take > 0)
        take(bench, dataset, start_s);
    else
        scan(bench, dataset, start_s);
    lio_dataset_close(dataset);
    if (bench->passes > 1)
        return;
    printf("{\"rows\": %llu, \"seconds\": %.6f, \"cpu\": %.6f, "
           "\"first_ms\": %.3f, \"peak_mb\": %ld}\n",
           (unsigned long long)bench->rows, bench_now_s() - start_s,
           bench_cpu_s() - start_cpu_s, bench->first_s * 1e3, peak_mb());
}

/* -- options ------------------------------------------------------------- */

static void set_columns(struct bench *bench, char *names)
{
    for (char *name = strtok(names, ","); name; name = strtok(NULL, ",")) {
        if (bench->ncolumns == MAX_NAMES)
            bench_die("too many columns");
        bench->columns[bench->ncolumns++] = name;
    }
}

static void set_option(struct bench *bench, int option)
{
    switch (option) {
    case 'c':
        set_columns(bench, optarg);
        break;
    case 't':
        bench->take = bench_number(optarg);
        break;
    case 'b':
        bench->batch_rows = bench_number(optarg);
        break;
    case 'p':
        bench->passes = bench_number(optarg);
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
        { "columns", required_argument, NULL, 'c' },
        { "take", required_argument, NULL, 't' },
        { "batch-rows", required_argument, NULL, 'b' },
        { "passes", required_argument, NULL, 'p' },
        { NULL, 0, NULL, 0 },
    };
    int option;

    while ((option = getopt_long(argc, argv, "s:", options, NULL)) >= 0)
        set_option(bench, option);
    if (optind + 1 != argc)
        bench_die("the path of a dataset is missing");
    bench->path = argv[optind];
}

int main(int argc, char **argv)
{
    struct bench bench = { .passes = 1 };
    struct lio_engine *engine;

    parse(&bench, argc, argv);
    engine = bench_engine_open(&bench.settings);
    for (; bench.passes > 0; bench.passes--)
        run(&bench, engine);
    lio_engine_close(engine);
    return 0;
}
