/*
 * lio-bench-requery: the same queries again and again, through one cache.
 *
 *     lio-bench-requery DATASET PASSES [--least-later R] [--least-all R]
 *                       [--most-read R] [--take N] [-s section.key=value]...
 *
 * A pass scans each column, scans a tenth of the rows with all columns, and
 * takes 1,000 rows (or N) at random, the same ones each time.  Prints, for each
 * pass and for all, which share of the sectors was found in the cache, and what
 * the device had to read.  Fails if the passes after the first, or all
 * together, have found less than the share asked for, or if those after the
 * first had more read from the device than that part of what the first had:
 * what goes past the cache is not looked for there, and so not missed.
 */
#include <lanceio/column.h>

#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TAKEN        1000u /* at most */
#define MAX_SETTINGS 32u

struct bench {
    struct lio_engine *engine;
    struct lio_dataset *dataset;
    struct ArrowSchema schema;
    uint64_t rows;
    uint64_t numbers[TAKEN];
    uint32_t ntaken;
};

struct found {
    uint64_t hits, misses, read_bytes;
};

/* What is asked for. */
struct limits {
    double least_later, least_all, most_read;
};

static int fail(const struct lio_error *err)
{
    fprintf(stderr, "lio-bench-requery: %s\n", err->msg);
    return 1;
}

/* -- queries ------------------------------------------------------------- */

static int scan(struct bench *bench, const struct lio_scan *what,
                struct lio_error *err)
{
    struct ArrowArrayStream stream;
    struct ArrowArray batch;
    int rc = lio_scan_stream(bench->dataset, what, &stream, err);

    while (rc == 0) {
        if (stream.get_next(&stream, &batch) != 0)
            rc = lio_error_set(err, LIO_EIO, "%s",
                               stream.get_last_error(&stream));
        else if (!batch.release)
            break;
        else
            batch.release(&batch);
    }
    if (stream.release)
        stream.release(&stream);
    return rc;
}

static int scan_columns(struct bench *bench, struct lio_error *err)
{
    int rc = 0;

    for (int64_t i = 0; i < bench->schema.n_children && rc == 0; i++) {
        const char *column = bench->schema.children[i]->name;
        struct lio_scan what = { .columns = &column, .ncolumns = 1 };

        rc = scan(bench, &what, err);
    }
    return rc;
}

static int scan_part(struct bench *bench, struct lio_error *err)
{
    struct lio_scan what = {
        .offset = bench->rows / 2,
        .limit = bench->rows / 10 + 1,
    };

    return scan(bench, &what, err);
}

static int take(struct bench *bench, struct lio_error *err)
{
    struct ArrowArray array;
    int rc = lio_take_rows(bench->dataset, bench->numbers, bench->ntaken, NULL,
                           &array, err);

    if (rc == 0)
        array.release(&array);
    return rc;
}

static int run_pass(struct bench *bench, struct lio_error *err)
{
    int rc = scan_columns(bench, err);

    if (rc == 0)
        rc = scan_part(bench, err);
    if (rc == 0 && bench->ntaken > 0)
        rc = take(bench, err);
    return rc;
}

/* -- figures ------------------------------------------------------------- */

static struct found found_by(struct bench *bench)
{
    struct lio_engine_stats stats;

    lio_engine_stats(bench->engine, &stats);
    return (struct found){ stats.cache_hits, stats.cache_misses,
                           stats.device_bytes_read };
}

static struct found since(struct found before, struct found now)
{
    return (struct found){ now.hits - before.hits, now.misses - before.misses,
                           now.read_bytes - before.read_bytes };
}

static double share(struct found found)
{
    uint64_t all = found.hits + found.misses;

    return all ? (double)found.hits / (double)all : 0;
}

static void report(const char *what, struct found found)
{
    printf("%-8s %7.3f %% of %8" PRIu64 " sectors found, %8.1f MB read\n", what,
           100 * share(found), found.hits + found.misses,
           (double)found.read_bytes / 1e6);
}

static bool is_within(const struct limits *limits, struct found first,
                      struct found later, struct found all)
{
    return share(later) >= limits->least_later &&
           share(all) >= limits->least_all &&
           (double)later.read_bytes <=
               (double)first.read_bytes * limits->most_read;
}

static int run_passes(struct bench *bench, uint32_t npasses,
                      const struct limits *limits, struct lio_error *err)
{
    struct found begun = found_by(bench), first = begun, before = begun, all;
    struct found later;
    char name[32];

    for (uint32_t pass = 1; pass <= npasses; pass++) {
        int rc = run_pass(bench, err);

        if (rc < 0)
            return fail(err);
        snprintf(name, sizeof(name), "pass %" PRIu32, pass);
        report(name, since(before, found_by(bench)));
        before = found_by(bench);
        if (pass == 1)
            first = before;
    }
    all = since(begun, before);
    later = since(first, before);
    report("later", later);
    report("all", all);
    if (is_within(limits, since(begun, first), later, all))
        return 0;
    fprintf(stderr, "lio-bench-requery: less was found than asked for\n");
    return 1;
}

/* -- start --------------------------------------------------------------- */

static uint64_t count_rows(struct lio_dataset *dataset)
{
    struct lio_dataset_info info;

    lio_dataset_info(dataset, &info);
    return info.rows;
}

static void choose_rows(struct bench *bench)
{
    uint64_t seed = 88172645463325252;

    for (uint32_t i = 0; i < TAKEN; i++) {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        bench->numbers[i] = seed % bench->rows;
    }
}

static int open_all(struct bench *bench, const char *path,
                    const char *const *settings, size_t nsettings,
                    struct lio_error *err)
{
    static const struct lio_scan everything;
    struct lio_config *config;
    int rc = lio_config_load(NULL, settings, nsettings, &config, err);

    if (rc < 0)
        return rc;
    rc = lio_engine_open(config, &bench->engine, err);
    lio_config_free(config);
    if (rc == 0)
        rc = lio_dataset_open(bench->engine, path, &bench->dataset, err);
    if (rc == 0)
        rc = lio_scan_schema(bench->dataset, &everything, &bench->schema, err);
    if (rc < 0)
        return rc;
    bench->rows = count_rows(bench->dataset);
    if (bench->rows == 0)
        return lio_error_set(err, LIO_EINVAL, "%s: it has no rows", path);
    choose_rows(bench);
    return 0;
}

static void close_all(struct bench *bench)
{
    if (bench->schema.release)
        bench->schema.release(&bench->schema);
    lio_dataset_close(bench->dataset);
    lio_engine_close(bench->engine);
}

int main(int argc, char **argv)
{
    const char *settings[MAX_SETTINGS];
    struct limits limits = { .most_read = HUGE_VAL };
    struct bench bench = { .ntaken = TAKEN };
    size_t nsettings = 0;
    struct lio_error err;
    int rc, i;

    for (i = 3; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], "--least-later") == 0)
            limits.least_later = atof(argv[i + 1]);
        else if (strcmp(argv[i], "--least-all") == 0)
            limits.least_all = atof(argv[i + 1]);
        else if (strcmp(argv[i], "--most-read") == 0)
            limits.most_read = atof(argv[i + 1]);
        else if (strcmp(argv[i], "--take") == 0)
            bench.ntaken = (uint32_t)atoi(argv[i + 1]);
        else if (strcmp(argv[i], "-s") == 0 && nsettings < MAX_SETTINGS)
            settings[nsettings++] = argv[i + 1];
        else
            break;
    }
    if (argc < 3 || i < argc || atoi(argv[2]) < 2 || bench.ntaken > TAKEN) {
        fprintf(stderr,
                "usage: lio-bench-requery DATASET PASSES [--least-later R]"
                " [--least-all R]\n"
                "                         [--most-read R] [--take N]"
                " [-s section.key=value]...\n");
        return 2;
    }
    rc = open_all(&bench, argv[1], settings, nsettings, &err);
    if (rc < 0)
        rc = fail(&err);
    else
        rc = run_passes(&bench, (uint32_t)atoi(argv[2]), &limits, &err);
    close_all(&bench);
    return rc;
}
