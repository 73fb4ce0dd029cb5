/*
 * lio-bench-cache: how many look-ups a second, by how many threads?
 *
 *     lio-bench-cache --policy PLUGIN [--way lanceio|list|lists64]
 *                     [--threads N] [--lookups N] [--blocks N] [--keys N]
 *
 * Each thread looks up keys drawn evenly from N, in a table with room for so
 * many blocks; before the clock starts, all keys have been looked up once.
 * Prints look-ups a second by the clock, those a second of processor time, and
 * the share that was found.
 */
#include "bench/cache/table.h"

#include <getopt.h>
#include <inttypes.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define MAX_THREADS 64u

struct options {
    const struct table *way;
    const char *policy;
    uint32_t threads, blocks, keys;
    uint64_t lookups; /* of each thread */
};

struct runner {
    const struct options *options;
    void *table;
    pthread_barrier_t *start;
    uint32_t number;
    uint64_t found;
    uint64_t cpu_ns, begun_ns, ended_ns;
};

static uint64_t clock_of(clockid_t clock)
{
    struct timespec time;

    clock_gettime(clock, &time);
    return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

/* xorshift64*; the product picks evenly without a division. */
static uint64_t draw(uint64_t *seed, uint32_t below)
{
    *seed ^= *seed >> 12;
    *seed ^= *seed << 25;
    *seed ^= *seed >> 27;
    return ((*seed * UINT64_C(2685821657736338717)) >> 32) * below >> 32;
}

/* A processor of its own, as far as there are enough; where that is not allowed
 * the kernel chooses. */
static void settle(uint32_t number)
{
    long ncpus = sysconf(_SC_NPROCESSORS_ONLN);
    cpu_set_t set;

    CPU_ZERO(&set);
    CPU_SET(number % (ncpus > 0 ? (uint32_t)ncpus : 1), &set);
    (void)pthread_setaffinity_np(pthread_self(), sizeof(set), &set);
}

static void *run(void *arg)
{
    struct runner *runner = arg;
    const struct options *options = runner->options;
    bool (*look_up)(void *, uint32_t, uint64_t) = options->way->look_up;
    uint64_t seed = 0x9e3779b97f4a7c15 * (runner->number + 1), found = 0;

    settle(runner->number);
    pthread_barrier_wait(runner->start);
    runner->begun_ns = clock_of(CLOCK_MONOTONIC);
    runner->cpu_ns = clock_of(CLOCK_THREAD_CPUTIME_ID);
    for (uint64_t i = 0; i < options->lookups; i++)
        found +=
            look_up(runner->table, runner->number, draw(&seed, options->keys));
    runner->cpu_ns = clock_of(CLOCK_THREAD_CPUTIME_ID) - runner->cpu_ns;
    runner->ended_ns = clock_of(CLOCK_MONOTONIC);
    runner->found = found;
    return NULL;
}

static void report(const struct options *options, const struct runner *runners)
{
    uint64_t begun = UINT64_MAX, ended = 0, cpu = 0, found = 0;
    double lookups = (double)options->lookups * options->threads;

    for (uint32_t i = 0; i < options->threads; i++) {
        begun = runners[i].begun_ns < begun ? runners[i].begun_ns : begun;
        ended = runners[i].ended_ns > ended ? runners[i].ended_ns : ended;
        cpu += runners[i].cpu_ns;
        found += runners[i].found;
    }
    printf("%s %" PRIu32 " threads: %.2f million a second, %.2f million a "
           "processor second, %.2f %% found\n",
           options->way->name, options->threads,
           lookups * 1e3 / (double)(ended - begun), lookups * 1e3 / (double)cpu,
           100.0 * (double)found / lookups);
}

static int measure(const struct options *options)
{
    void *table = options->way->open(options->blocks, options->threads);
    struct runner runners[MAX_THREADS] = { 0 };
    pthread_t threads[MAX_THREADS];
    pthread_barrier_t start;

    for (uint32_t key = 0; key < options->keys; key++)
        (void)options->way->look_up(table, 0, key);
    pthread_barrier_init(&start, NULL, options->threads);
    for (uint32_t i = 0; i < options->threads; i++) {
        runners[i] = (struct runner){
            .options = options,
            .table = table,
            .start = &start,
            .number = i,
        };
        if (pthread_create(&threads[i], NULL, run, &runners[i]) != 0) {
            fprintf(stderr, "lio-bench-cache: no thread\n");
            return 1;
        }
    }
    for (uint32_t i = 0; i < options->threads; i++)
        pthread_join(threads[i], NULL);
    report(options, runners);
    options->way->close(table);
    return 0;
}

static const struct table *find_way(const char *name)
{
    const struct table *const ways[] = { &table_lanceio, &table_list,
                                         &table_lists };

    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
        if (strcmp(ways[i]->name, name) == 0)
            return ways[i];
    return NULL;
}

static int usage(void)
{
    fprintf(stderr,
            "usage: lio-bench-cache --policy PLUGIN "
            "[--way lanceio|list|lists64]\n"
            "                       [--threads N] [--lookups N] [--blocks N] "
            "[--keys N]\n");
    return 2;
}

static int parse(int argc, char **argv, struct options *options)
{
    static const struct option known[] = {
        { "way", required_argument, NULL, 'w' },
        { "policy", required_argument, NULL, 'p' },
        { "threads", required_argument, NULL, 't' },
        { "lookups", required_argument, NULL, 'l' },
        { "blocks", required_argument, NULL, 'b' },
        { "keys", required_argument, NULL, 'k' },
        { 0 },
    };
    int option;

    while ((option = getopt_long(argc, argv, "", known, NULL)) != -1) {
        uint64_t number = optarg ? strtoull(optarg, NULL, 10) : 0;

        switch (option) {
        case 'w':
            options->way = find_way(optarg);
            break;
        case 'p':
            options->policy = optarg;
            break;
        case 't':
            options->threads = number <= MAX_THREADS ? (uint32_t)number : 0;
            break;
        case 'l':
            options->lookups = number;
            break;
        case 'b':
            options->blocks = (uint32_t)number;
            break;
        case 'k':
            options->keys = (uint32_t)number;
            break;
        default:
            return usage();
        }
    }
    if (!options->way || !options->threads || !options->lookups ||
        options->blocks < MAX_THREADS || !options->keys ||
        (options->way == &table_lanceio && !options->policy))
        return usage();
    table_lanceio_use(options->policy);
    return 0;
}

int main(int argc, char **argv)
{
    struct options options = {
        .way = &table_lanceio,
        .threads = 1,
        .lookups = 10000000,
        .blocks = 16384,
        .keys = 12288,
    };
    int rc = parse(argc, argv, &options);

    return rc ? rc : measure(&options);
}
