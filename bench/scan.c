/*
 * bench-scan: a caller that reads a cold file and works on each block.
 *
 *     bench-scan [options] FILE
 *       --way lanceio|direct|buffered|random    through the engine, or by
 *                   pread(2): past the page cache, through it, or through it
 *                   with the kernel's readahead off
 *       --read BYTES       of one call                              (64K)
 *       --columns N        read N stretches of the file in turn     (1)
 *       --stride BYTES     from one read to the next of a column    (as --read)
 *       --work NS          of work after each read                  (0)
 *       --plan             tell the engine what will be read
 *       --shuffle          in random order
 *       --passes N         the same again, N times in all         (1)
 *       --bytes BYTES      to read in all                           (the file)
 *       -s SECTION.KEY=VALUE  a setting of the engine
 *
 * Prints one line: way, bytes, seconds, MB/s, CPU seconds, checksum, and what
 * the engine read ahead.  scan.sh runs the ways in turn and compares them.
 *
 * The file is dropped from the page cache first.
 */
#include "bench/engine.h"

#include <lanceio/lanceio.h>

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct scan {
    const char *path, *way;
    uint64_t file_bytes;
    uint64_t read_bytes, stride, total_bytes;
    uint64_t columns, work_ns, npasses;
    bool planned, shuffled;
    struct bench_settings settings;

    uint64_t *offsets; /* noffsets of them, in order */
    size_t noffsets;

    int fd;
    struct lio_engine *engine;
    struct lio_file *file;
    unsigned char *buf;
    uint64_t sum;
};

/* -- what is read -------------------------------------------------------- */

/* Column c of n begins at c/n of the file, and row r is r strides further. */
static void lay_out(struct scan *scan)
{
    uint64_t part = scan->file_bytes / scan->columns;
    uint64_t rows = part / scan->stride;
    uint64_t most = scan->total_bytes / scan->read_bytes;

    part -= part % 65536;
    scan->offsets = calloc(most + scan->columns, sizeof(*scan->offsets));
    if (!scan->offsets)
        bench_die("no memory");
    for (uint64_t row = 0; row < rows && scan->noffsets < most; row++)
        for (uint64_t c = 0; c < scan->columns; c++) {
            uint64_t at = c * part + row * scan->stride;

            if (at + scan->read_bytes <= scan->file_bytes)
                scan->offsets[scan->noffsets++] = at;
        }
}

static void shuffle(struct scan *scan)
{
    uint64_t seed = 42;

    for (size_t i = scan->noffsets; i-- > 1;) {
        size_t j;
        uint64_t was = scan->offsets[i];

        seed = seed * 6364136223846793005u + 1442695040888963407u;
        j = (size_t)((seed >> 33) % (i + 1));
        scan->offsets[i] = scan->offsets[j];
        scan->offsets[j] = was;
    }
}

/* -- how ----------------------------------------------------------------- */

static void open_engine(struct scan *scan)
{
    struct lio_error err;

    scan->engine = bench_engine_open(&scan->settings);
    bench_check(
        lio_file_open(scan->engine, scan->path, LIO_READ, &scan->file, &err),
        &err);
}

static void open_plain(struct scan *scan)
{
    bool direct = strcmp(scan->way, "direct") == 0;

    scan->fd = open(scan->path, O_RDONLY | (direct ? O_DIRECT : 0));
    if (scan->fd < 0)
        bench_die(strerror(errno));
    if (strcmp(scan->way, "random") == 0)
        (void)posix_fadvise(scan->fd, 0, 0, POSIX_FADV_RANDOM);
}

/* Pages that are dirty or mapped elsewhere stay. */
static void drop_cached(const struct scan *scan)
{
    int fd = open(scan->path, O_RDONLY);

    if (fd < 0)
        bench_die(strerror(errno));
    (void)posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
    close(fd);
}

static void plan(struct scan *scan)
{
    struct lio_plan_range *ranges = calloc(scan->noffsets, sizeof(*ranges));
    struct lio_error err;

    if (!ranges)
        bench_die("no memory");
    for (size_t i = 0; i < scan->noffsets; i++)
        ranges[i] =
            (struct lio_plan_range){ scan->offsets[i], scan->read_bytes };
    if (lio_file_plan(scan->file, ranges, scan->noffsets, &err) < 0)
        bench_die(err.msg);
    free(ranges);
}

static void read_one(struct scan *scan, uint64_t at)
{
    struct lio_error err;

    if (scan->engine) {
        if (lio_read(scan->file, scan->buf, scan->read_bytes, at, LIO_EXACT,
                     NULL, &err) < 0)
            bench_die(err.msg);
    } else if (pread(scan->fd, scan->buf, scan->read_bytes, (off_t)at) !=
               (ssize_t)scan->read_bytes) {
        bench_die("short read");
    }
}

/* Work that takes a fixed time, whoever else is on the machine. */
static void work(const struct scan *scan)
{
    uint64_t until;

    if (scan->work_ns == 0)
        return;
    until = bench_now_ns() + scan->work_ns;
    while (bench_now_ns() < until)
        ;
}

static void run(struct scan *scan)
{
    uint64_t word;

    if (scan->planned)
        plan(scan);
    for (size_t i = 0; i < scan->noffsets; i++) {
        read_one(scan, scan->offsets[i]);
        memcpy(&word, scan->buf + scan->offsets[i] / 4096 % 8 * 8,
               sizeof(word));
        scan->sum = scan->sum * 31 + word;
        work(scan);
    }
}

static void print_ahead(const struct scan *scan)
{
    struct lio_engine_stats stats;

    lio_engine_stats(scan->engine, &stats);
    printf(" ahead=%.1fMB used=%.1f late=%.1f wasted=%.1f cancelled=%.1f "
           "unused=%.1f ops=%llu",
           (double)stats.prefetch_bytes / 1e6,
           (double)stats.prefetch_used_bytes / 1e6,
           (double)stats.prefetch_late_bytes / 1e6,
           (double)stats.prefetch_wasted_bytes / 1e6,
           (double)stats.prefetch_cancelled_bytes / 1e6,
           (double)stats.prefetch_unused_bytes / 1e6,
           (unsigned long long)stats.prefetches);
}

/* -- the command line ---------------------------------------------------- */

static void parse(struct scan *scan, int argc, char **argv)
{
    static const struct option options[] = {
        { "way", required_argument, NULL, 'w' },
        { "read", required_argument, NULL, 'r' },
        { "columns", required_argument, NULL, 'c' },
        { "stride", required_argument, NULL, 'd' },
        { "work", required_argument, NULL, 'n' },
        { "bytes", required_argument, NULL, 'b' },
        { "plan", no_argument, NULL, 'p' },
        { "shuffle", no_argument, NULL, 'x' },
        { "passes", required_argument, NULL, 't' },
        { NULL, 0, NULL, 0 },
    };
    int option;

    while ((option = getopt_long(argc, argv, "s:", options, NULL)) != -1)
        switch (option) {
        case 'w':
            scan->way = optarg;
            break;
        case 'r':
            scan->read_bytes = bench_number(optarg);
            break;
        case 'c':
            scan->columns = bench_number(optarg);
            break;
        case 'd':
            scan->stride = bench_number(optarg);
            break;
        case 'n':
            scan->work_ns = bench_number(optarg);
            break;
        case 'b':
            scan->total_bytes = bench_number(optarg);
            break;
        case 'p':
            scan->planned = true;
            break;
        case 'x':
            scan->shuffled = true;
            break;
        case 't':
            scan->npasses = bench_number(optarg);
            break;
        case 's':
            bench_set(&scan->settings, optarg);
            break;
        default:
            exit(2);
        }
    if (optind + 1 != argc || scan->columns == 0 || scan->read_bytes == 0)
        bench_die("usage: bench-scan [options] FILE; see bench/scan.c");
    scan->path = argv[optind];
}

static void prepare(struct scan *scan)
{
    struct stat info;

    if (stat(scan->path, &info) < 0)
        bench_die(strerror(errno));
    scan->file_bytes = (uint64_t)info.st_size;
    if (scan->stride == 0)
        scan->stride = scan->read_bytes;
    if (scan->total_bytes == 0 || scan->total_bytes > scan->file_bytes)
        scan->total_bytes = scan->file_bytes;
    lay_out(scan);
    if (scan->shuffled)
        shuffle(scan);
    scan->buf = aligned_alloc(4096, (scan->read_bytes + 4095) & ~4095ull);
    if (!scan->buf)
        bench_die("no memory");
    memset(scan->buf, 1, scan->read_bytes);
    drop_cached(scan);
    if (strcmp(scan->way, "lanceio") == 0)
        open_engine(scan);
    else
        open_plain(scan);
}

int main(int argc, char **argv)
{
    struct scan scan = {
        .way = "lanceio",
        .read_bytes = 65536,
        .columns = 1,
        .npasses = 1,
        .fd = -1,
    };
    uint64_t began, bytes;
    double seconds, cpu;

    parse(&scan, argc, argv);
    prepare(&scan);
    cpu = bench_cpu_s();
    began = bench_now_ns();
    for (uint64_t pass = 0; pass < scan.npasses; pass++)
        run(&scan);
    seconds = (double)(bench_now_ns() - began) / 1e9;
    cpu = bench_cpu_s() - cpu;
    bytes = scan.npasses * scan.noffsets * scan.read_bytes;
    printf("%s %llu %.4f %.1f %.3f %016llx", scan.way,
           (unsigned long long)bytes, seconds, (double)bytes / seconds / 1e6,
           cpu, (unsigned long long)scan.sum);
    if (scan.engine)
        print_ahead(&scan);
    printf("\n");
    if (scan.engine) {
        lio_file_close(scan.file);
        lio_engine_close(scan.engine);
    } else {
        close(scan.fd);
    }
    free(scan.offsets);
    free(scan.buf);
    return 0;
}
