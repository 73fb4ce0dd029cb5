/*
 * lio-bench-randread: random reads at a depth, through the whole engine.
 *
 *     each thread:   queue ──► up to `batch` results ──► as many new reads
 *                      ▲                                    │ LIO_STAGE
 *                      └── one system call submits and waits ┘
 *
 * This is the loop that fio's io_uring engine runs too, so the two can be
 * compared figure by figure (bench/compare-fio).  CPU time and context switches
 * are those of the process between the first and the last read, so the engine's
 * own threads count.
 */
#include "bench/measure.h"

#include <lanceio/lanceio.h>

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#define MAX_SETTINGS 32u
#define MAX_DEPTH    4096u
#define MAX_THREADS  256u
#define ALIGNMENT    4096u

/* Latencies in buckets of an eighth of a power of two. */
#define HIST_BUCKETS 512u

struct options {
    const char *path;
    const char *config;
    char *backend; /* a setting made from --backend, or NULL */
    const char *settings[MAX_SETTINGS];
    uint32_t nsettings;
    uint64_t bytes; /* of a read */
    uint32_t depth; /* reads in flight, of each thread */
    uint32_t batch; /* results taken at once, at most */
    uint32_t threads;
    double seconds;
    uint64_t count; /* reads of each thread; 0: by time */
    uint64_t seed;
    bool direct, json, latencies;
};

struct runner {
    pthread_t thread;
    const struct options *options;
    struct lio_engine *engine;
    struct lio_file *file;
    pthread_barrier_t *start;
    uint64_t nblocks;   /* of the file */
    uint64_t random;    /* state of the generator */
    uint64_t deadline;  /* ns, set behind the barrier */
    uint64_t submitted; /* reads */
    uint64_t done;
    uint64_t *started_ns; /* by buffer */
    unsigned char *memory;
    uint64_t latencies[HIST_BUCKETS];
    struct lio_error err; /* code 0: it went well */
};

/* What a run has cost. */
struct figures {
    double seconds;
    uint64_t reads;
    double cpu_us;
    uint64_t voluntary, involuntary;
    uint64_t latencies[HIST_BUCKETS];
};

/* -- latencies ----------------------------------------------------------- */

static uint32_t bucket_of(uint64_t ns)
{
    uint32_t shift;

    if (ns < 8)
        return (uint32_t)ns;
    shift = 60u - (uint32_t)__builtin_clzll(ns);
    return (shift + 1u) * 8u + (uint32_t)((ns >> shift) & 7u);
}

static uint64_t bucket_floor(uint32_t bucket)
{
    if (bucket < 8)
        return bucket;
    return (uint64_t)(8u + bucket % 8u) << (bucket / 8u - 1u);
}

static uint64_t percentile(const struct figures *f, double share)
{
    uint64_t total = 0, seen = 0;

    for (uint32_t i = 0; i < HIST_BUCKETS; i++)
        total += f->latencies[i];
    for (uint32_t i = 0; i < HIST_BUCKETS; i++) {
        seen += f->latencies[i];
        if (total > 0 && (double)seen >= share * (double)total)
            return bucket_floor(i);
    }
    return 0;
}

/* -- one thread ---------------------------------------------------------- */

/* xorshift64*: as cheap as a random block number should be. */
static uint64_t random_block(struct runner *r)
{
    r->random ^= r->random >> 12;
    r->random ^= r->random << 25;
    r->random ^= r->random >> 27;
    return (r->random * 0x2545f4914f6cdd1dull >> 11) % r->nblocks;
}

static bool goes_on(const struct runner *r, uint64_t now)
{
    if (r->options->count > 0)
        return r->submitted < r->options->count;
    return now < r->deadline;
}

static void prepare(struct runner *r, struct lio_request *request,
                    uint32_t buffer, uint64_t now)
{
    uint64_t bytes = r->options->bytes;

    request->buf = r->memory + buffer * bytes;
    request->user = (void *)(uintptr_t)buffer;
    request->offset = random_block(r) * bytes;
    r->started_ns[buffer] = now;
    r->submitted++;
}

/* The results' buffers become the next reads, as many as still shall be. */
static uint32_t next_reads(struct runner *r, struct lio_request *requests,
                           const struct lio_result *results, uint32_t n)
{
    uint64_t now = bench_now_ns();
    uint32_t next = 0;

    for (uint32_t i = 0; i < n; i++) {
        uint32_t buffer = (uint32_t)(uintptr_t)results[i].user;

        if (lio_result_error(&results[i], &r->err) < 0)
            return 0;
        r->done++;
        if (r->options->latencies)
            r->latencies[bucket_of(now - r->started_ns[buffer])]++;
        if (goes_on(r, now))
            prepare(r, &requests[next++], buffer, now);
    }
    return next;
}

static int submit(struct runner *r, const struct lio_request *requests,
                  uint32_t n)
{
    return n ? lio_submit(r->engine, requests, n, NULL, &r->err) : 0;
}

static void read_all(struct runner *r, struct lio_cq *queue,
                     struct lio_request *requests, struct lio_result *results)
{
    const struct options *o = r->options;
    uint64_t now = bench_now_ns();
    uint32_t n;

    for (n = 0; n < o->depth && goes_on(r, now); n++)
        prepare(r, &requests[n], n, now);
    if (submit(r, requests, n) < 0)
        return;
    while (r->done < r->submitted) {
        int got = lio_cq_wait(queue, results, o->batch, 1, -1);

        if (got < 0) {
            lio_error_set(&r->err, got, "the queue cannot be waited for");
            return;
        }
        n = next_reads(r, requests, results, (uint32_t)got);
        if (r->err.code || submit(r, requests, n) < 0)
            return;
    }
}

static void *run(void *arg)
{
    struct runner *r = arg;
    const struct options *o = r->options;
    struct lio_request *requests = calloc(o->depth, sizeof(*requests));
    struct lio_result *results = calloc(o->batch, sizeof(*results));
    struct lio_cq *queue = NULL;

    if (!requests || !results)
        lio_error_set(&r->err, LIO_ENOMEM, "no memory for a thread");
    else if (lio_cq_open(r->engine, &queue, &r->err) < 0)
        queue = NULL; /* the error says why, and nothing is read */
    for (uint32_t i = 0; queue && i < o->depth; i++)
        requests[i] = (struct lio_request){
            .file = r->file,
            .kind = LIO_REQUEST_READ,
            .flags = LIO_STAGE | LIO_EXACT,
            .length = o->bytes,
            .queue = queue,
        };
    pthread_barrier_wait(r->start); /* all are ready, or have an error */
    pthread_barrier_wait(r->start); /* the clock runs */
    if (queue)
        read_all(r, queue, requests, results);
    lio_cq_close(queue);
    free(results);
    free(requests);
    return NULL;
}

/* -- all threads --------------------------------------------------------- */

/* Memory is touched now: a first touch inside the loop would be counted. */
static int runner_init(struct runner *r, const struct options *o)
{
    size_t bytes = o->depth * o->bytes;

    bytes += (ALIGNMENT - bytes % ALIGNMENT) % ALIGNMENT;
    r->options = o;
    r->started_ns = calloc(o->depth, sizeof(*r->started_ns));
    r->memory = aligned_alloc(ALIGNMENT, bytes);
    if (!r->started_ns || !r->memory)
        return LIO_ENOMEM;
    memset(r->memory, 1, bytes);
    return 0;
}

static double cpu_us(const struct rusage *usage)
{
    return ((double)usage->ru_utime.tv_sec + (double)usage->ru_stime.tv_sec) *
               1e6 +
           (double)usage->ru_utime.tv_usec + (double)usage->ru_stime.tv_usec;
}

/* Start the clock for everybody, wait for the end, add up. */
static void measure(struct runner *runners, const struct options *o,
                    pthread_barrier_t *start, struct figures *figures)
{
    struct rusage before, after;
    uint64_t began;

    pthread_barrier_wait(start);
    getrusage(RUSAGE_SELF, &before);
    began = bench_now_ns();
    for (uint32_t i = 0; i < o->threads; i++)
        runners[i].deadline = began + (uint64_t)(o->seconds * 1e9);
    pthread_barrier_wait(start);
    for (uint32_t i = 0; i < o->threads; i++)
        (void)pthread_join(runners[i].thread, NULL);
    figures->seconds = (double)(bench_now_ns() - began) / 1e9;
    getrusage(RUSAGE_SELF, &after);

    figures->cpu_us = cpu_us(&after) - cpu_us(&before);
    figures->voluntary = (uint64_t)(after.ru_nvcsw - before.ru_nvcsw);
    figures->involuntary = (uint64_t)(after.ru_nivcsw - before.ru_nivcsw);
    for (uint32_t i = 0; i < o->threads; i++) {
        figures->reads += runners[i].done;
        for (uint32_t b = 0; b < HIST_BUCKETS; b++)
            figures->latencies[b] += runners[i].latencies[b];
    }
}

static int run_threads(struct lio_engine *engine, struct lio_file *file,
                       const struct options *o, struct figures *figures,
                       struct lio_error *err)
{
    struct runner *runners = calloc(o->threads, sizeof(*runners));
    pthread_barrier_t start;
    int rc = 0;

    if (!runners)
        return lio_error_set(err, LIO_ENOMEM, "no memory for the threads");
    pthread_barrier_init(&start, NULL, o->threads + 1);
    for (uint32_t i = 0; i < o->threads && rc == 0; i++) {
        struct runner *r = &runners[i];

        r->engine = engine;
        r->file = file;
        r->start = &start;
        r->nblocks = lio_file_size(file) / o->bytes;
        r->random = (o->seed + i + 1) * 0x9e3779b97f4a7c15ull;
        rc = runner_init(r, o);
    }
    if (rc < 0) {
        lio_error_set(err, rc, "no memory for %u reads of %" PRIu64 " bytes",
                      o->depth, o->bytes);
        goto out;
    }
    for (uint32_t i = 0; i < o->threads; i++) {
        if (pthread_create(&runners[i].thread, NULL, run, &runners[i]) == 0)
            continue;
        fprintf(stderr, "lio-bench-randread: %u threads cannot be started\n",
                o->threads);
        exit(1); /* those that run wait at the barrier for the others */
    }
    measure(runners, o, &start, figures);
    for (uint32_t i = 0; i < o->threads && rc == 0; i++) {
        rc = runners[i].err.code;
        if (rc < 0)
            *err = runners[i].err;
    }
out:
    for (uint32_t i = 0; i < o->threads; i++) {
        free(runners[i].memory);
        free(runners[i].started_ns);
    }
    pthread_barrier_destroy(&start);
    free(runners);
    return rc;
}

/* -- printing ------------------------------------------------------------ */

static void print_json(const struct options *o, const struct figures *f,
                       const struct lio_engine_info *info)
{
    double reads = (double)f->reads;

    printf("{\"reads\": %" PRIu64 ", \"seconds\": %.6f, \"iops\": %.1f, "
           "\"cpu_us_per_read\": %.4f, \"voluntary_per_read\": %.6f, "
           "\"involuntary_per_read\": %.6f, \"bytes\": %" PRIu64
           ", \"depth\": %u, \"batch\": %u, \"threads\": %u, \"direct\": %s, "
           "\"backend\": \"%s\", \"cache\": \"%s\"",
           f->reads, f->seconds, reads / f->seconds, f->cpu_us / reads,
           (double)f->voluntary / reads, (double)f->involuntary / reads,
           o->bytes, o->depth, o->batch, o->threads,
           o->direct ? "true" : "false", info->backend_used, info->cache);
    if (o->latencies)
        printf(", \"p50_us\": %.1f, \"p99_us\": %.1f, \"p999_us\": %.1f",
               (double)percentile(f, 0.50) / 1e3,
               (double)percentile(f, 0.99) / 1e3,
               (double)percentile(f, 0.999) / 1e3);
    printf("}\n");
}

static void print_text(const struct options *o, const struct figures *f,
                       const struct lio_engine_info *info)
{
    double reads = (double)f->reads;

    printf("%" PRIu64 " reads of %" PRIu64 " bytes in %.3f s, depth %u, "
           "%u thread%s, %s, cache %s\n",
           f->reads, o->bytes, f->seconds, o->depth, o->threads,
           o->threads == 1 ? "" : "s", info->backend_used, info->cache);
    printf("  reads a second       %12.0f\n", reads / f->seconds);
    printf("  MB a second          %12.1f\n",
           reads * (double)o->bytes / f->seconds / 1e6);
    printf("  CPU us a read        %12.3f\n", f->cpu_us / reads);
    printf("  voluntary switches   %12.4f a read\n",
           (double)f->voluntary / reads);
    printf("  involuntary switches %12.4f a read\n",
           (double)f->involuntary / reads);
    if (o->latencies)
        printf("  latency us           %12.1f p50 %.1f p99 %.1f p99.9\n",
               (double)percentile(f, 0.50) / 1e3,
               (double)percentile(f, 0.99) / 1e3,
               (double)percentile(f, 0.999) / 1e3);
}

/* -- options ------------------------------------------------------------- */

static const char usage_text[] =
    "usage: lio-bench-randread [options] FILE\n"
    "\n"
    "Random reads of FILE at aligned offsets; prints what they cost.\n"
    "\n"
    "  --bytes N        of a read, with K or M (4K)\n"
    "  --depth N        reads in flight, of each thread (64)\n"
    "  --batch N        results taken and replaced at once, at most (8)\n"
    "  --threads N      (1)\n"
    "  --seconds S      how long (1)\n"
    "  --count N        reads of each thread, instead of a time\n"
    "  --seed N         of the random offsets (1)\n"
    "  --direct         past the page cache\n"
    "  --latencies      print percentiles\n"
    "  --backend NAME   short for -s backend.plugin=NAME\n"
    "  --config FILE    lanceio.ini to start from\n"
    "  -s KEY=VALUE     override a setting; the cache is off unless one\n"
    "                   names it: -s cache.plugin=cache-lru\n"
    "  --json           one line of JSON\n"
    "  --help           this text\n";

enum {
    OPT_BYTES = 256,
    OPT_DEPTH,
    OPT_BATCH,
    OPT_THREADS,
    OPT_SECONDS,
    OPT_COUNT,
    OPT_SEED,
    OPT_DIRECT,
    OPT_LATENCIES,
    OPT_BACKEND,
    OPT_CONFIG,
    OPT_JSON,
    OPT_HELP
};

static const struct option long_options[] = {
    { "bytes", required_argument, NULL, OPT_BYTES },
    { "depth", required_argument, NULL, OPT_DEPTH },
    { "batch", required_argument, NULL, OPT_BATCH },
    { "threads", required_argument, NULL, OPT_THREADS },
    { "seconds", required_argument, NULL, OPT_SECONDS },
    { "count", required_argument, NULL, OPT_COUNT },
    { "seed", required_argument, NULL, OPT_SEED },
    { "direct", no_argument, NULL, OPT_DIRECT },
    { "latencies", no_argument, NULL, OPT_LATENCIES },
    { "backend", required_argument, NULL, OPT_BACKEND },
    { "config", required_argument, NULL, OPT_CONFIG },
    { "json", no_argument, NULL, OPT_JSON },
    { "help", no_argument, NULL, OPT_HELP },
    { NULL, 0, NULL, 0 },
};

/* A whole number from 1 to `max`, perhaps with K or M; 0 if it is none. */
static uint64_t parse_number(const char *text, uint64_t max)
{
    unsigned long long value;
    uint64_t unit = 1;
    char *end;

    errno = 0;
    value = strtoull(text, &end, 10);
    if (*end == 'K' || *end == 'M')
        unit = *end++ == 'K' ? 1024 : 1024 * 1024;
    if (errno || end == text || *end || text[0] == '-' || value > max / unit)
        return 0;
    return value * unit;
}

static double parse_seconds(const char *text)
{
    char *end;
    double value = strtod(text, &end);

    return end != text && !*end && value > 0 && value < 1e6 ? value : 0;
}

static bool add_setting(struct options *o, const char *setting)
{
    if (o->nsettings == MAX_SETTINGS)
        return false;
    o->settings[o->nsettings++] = setting;
    return true;
}

/* Returns false if the value is no good. */
static bool take_option(struct options *o, int opt, const char *value)
{
    switch (opt) {
    case OPT_BYTES:
        return (o->bytes = parse_number(value, 1u << 30)) > 0;
    case OPT_DEPTH:
        return (o->depth = (uint32_t)parse_number(value, MAX_DEPTH)) > 0;
    case OPT_BATCH:
        return (o->batch = (uint32_t)parse_number(value, MAX_DEPTH)) > 0;
    case OPT_THREADS:
        return (o->threads = (uint32_t)parse_number(value, MAX_THREADS)) > 0;
    case OPT_SECONDS:
        return (o->seconds = parse_seconds(value)) > 0;
    case OPT_COUNT:
        return (o->count = parse_number(value, UINT64_MAX)) > 0;
    case OPT_SEED:
        return (o->seed = parse_number(value, UINT64_MAX)) > 0;
    case OPT_DIRECT:
        return (o->direct = true);
    case OPT_LATENCIES:
        return (o->latencies = true);
    case OPT_JSON:
        return (o->json = true);
    case OPT_CONFIG:
        o->config = value;
        return true;
    case OPT_BACKEND:
        return !o->backend &&
               asprintf(&o->backend, "backend.plugin=%s", value) > 0 &&
               add_setting(o, o->backend);
    default:
        return add_setting(o, value);
    }
}

/* Returns -1 to go on, or the exit code. */
static int parse_options(struct options *o, int argc, char **argv)
{
    int opt, index = 0;

    (void)add_setting(o, "cache.plugin=none");
    while ((opt = getopt_long(argc, argv, "s:", long_options, &index)) != -1) {
        if (opt == OPT_HELP) {
            fputs(usage_text, stdout);
            return 0;
        }
        if (opt == '?')
            return 2;
        if (!take_option(o, opt, optarg)) {
            fprintf(stderr, "lio-bench-randread: --%s cannot be '%s'\n",
                    opt == 's' ? "s" : long_options[index].name, optarg);
            return 2;
        }
    }
    if (optind + 1 != argc) {
        fputs(usage_text, stderr);
        return 2;
    }
    o->path = argv[optind];
    return -1;
}

/* -- main ---------------------------------------------------------------- */

static int run_engine(const struct options *o, struct lio_engine *engine,
                      struct lio_error *err)
{
    struct figures *figures = calloc(1, sizeof(*figures));
    uint32_t flags = LIO_READ | (o->direct ? LIO_DIRECT : 0u);
    struct lio_engine_info info;
    struct lio_file *file = NULL;
    int rc;

    if (!figures)
        return lio_error_set(err, LIO_ENOMEM, "no memory for the figures");
    lio_engine_info(engine, &info); /* its statistics are open from here on */
    rc = lio_file_open(engine, o->path, flags, &file, err);
    if (rc == 0 && lio_file_size(file) < o->bytes)
        rc = lio_error_set(err, LIO_EINVAL,
                           "%s: holds no read of %" PRIu64 " bytes", o->path,
                           o->bytes);
    if (rc == 0)
        rc = run_threads(engine, file, o, figures, err);
    if (rc == 0)
        (o->json ? print_json : print_text)(o, figures, &info);
    if (*info.backend_reason)
        fprintf(stderr, "lio-bench-randread: %s runs: %s\n", info.backend_used,
                info.backend_reason);
    lio_file_close(file);
    free(figures);
    return rc;
}

/* Returns the exit code. */
static int bench(const struct options *o)
{
    struct lio_config *config = NULL;
    struct lio_engine *engine = NULL;
    struct lio_error err;
    int rc;

    rc = lio_config_load(o->config, o->settings, o->nsettings, &config, &err);
    if (rc == 0)
        rc = lio_engine_open(config, &engine, &err);
    if (rc == 0)
        rc = run_engine(o, engine, &err);
    if (rc < 0)
        fprintf(stderr, "lio-bench-randread: %s\n", err.msg);
    lio_engine_close(engine);
    lio_config_free(config);
    if (rc == LIO_ECONFIG || rc == LIO_EPLUGIN)
        return 2;
    return rc < 0 ? 1 : 0;
}

int main(int argc, char **argv)
{
    struct options options = { .bytes = 4096,
                               .depth = 64,
                               .batch = 8,
                               .threads = 1,
                               .seconds = 1,
                               .seed = 1 };
    int rc = parse_options(&options, argc, argv);

    if (rc < 0)
        rc = bench(&options);
    free(options.backend);
    return rc;
}
