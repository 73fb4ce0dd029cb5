/*
 * lio-bench-queued: COUNT reads submitted at once, far above the limits.
 *
 *     lio-bench-queued FILE COUNT [-s section.key=value]...
 *
 * All but the first few wait in the scheduler, in every class and level.  What
 * a request costs must not depend on how many others wait: bench/count-queued
 * counts instructions for more and more of them.
 */
#include "bench/engine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define READ_BYTES 4096u

static int fail(const struct lio_error *err)
{
    fprintf(stderr, "lio-bench-queued: %s\n", err->msg);
    return 1;
}

/* Every class, and inside demand every level; they all read into one page,
 * because nobody looks at it. */
static void describe(struct lio_request *requests, uint32_t n,
                     struct lio_file *file, struct lio_cq *queue, void *page)
{
    uint64_t npages = lio_file_size(file) / READ_BYTES;

    for (uint32_t i = 0; i < n; i++) {
        requests[i].file = file;
        requests[i].offset = (i * 7919ull) % npages * READ_BYTES;
        requests[i].length = READ_BYTES;
        requests[i].buf = page;
        requests[i].queue = queue;
        requests[i].io_class = LIO_CLASS_METADATA + i % LIO_CLASS_BACKGROUND;
        requests[i].priority = (int32_t)(i % 8) - 4;
    }
}

static int take_all(struct lio_cq *queue, uint32_t n)
{
    struct lio_result results[64];
    struct lio_error err;

    while (n > 0) {
        int got = lio_cq_wait(queue, results, 64, 1, -1);

        for (int i = 0; i < got; i++)
            if (lio_result_error(&results[i], &err) < 0)
                return fail(&err);
        if (got < 0)
            return 1;
        n -= (uint32_t)got;
    }
    return 0;
}

static int run(struct lio_engine *engine, const char *path, uint32_t n)
{
    struct lio_request *requests = calloc(n, sizeof(*requests));
    void *page = aligned_alloc(READ_BYTES, READ_BYTES);
    struct lio_cq *queue = NULL;
    struct lio_file *file = NULL;
    struct lio_error err;
    int code = 1;

    if (!requests || !page) {
        fprintf(stderr, "lio-bench-queued: no memory for %u reads\n", n);
        goto out;
    }
    if (lio_file_open(engine, path, LIO_READ, &file, &err) < 0 ||
        lio_cq_open(engine, &queue, &err) < 0) {
        code = fail(&err);
        goto out;
    }
    if (lio_file_size(file) < READ_BYTES) {
        fprintf(stderr, "lio-bench-queued: %s is smaller than a page\n", path);
        goto out;
    }
    describe(requests, n, file, queue, page);
    code = lio_submit(engine, requests, n, NULL, &err) < 0 ? fail(&err)
                                                           : take_all(queue, n);
out:
    lio_cq_close(queue);
    lio_file_close(file);
    free(page);
    free(requests);
    return code;
}

int main(int argc, char **argv)
{
    struct bench_settings settings = {
        .all = { "cache.plugin=none", "stats.database=off" }, .n = 2
    };
    struct lio_engine *engine;
    unsigned long count;
    int code;

    if (argc < 3 || (count = strtoul(argv[2], NULL, 10)) == 0 ||
        count > 10000000) {
        fprintf(stderr, "usage: lio-bench-queued FILE COUNT [-s KEY=VALUE]\n");
        return 2;
    }
    for (int i = 3; i + 1 < argc; i += 2)
        bench_set(&settings, argv[i + 1]);
    engine = bench_engine_open(&settings);
    code = run(engine, argv[1], (uint32_t)count);
    lio_engine_close(engine);
    return code;
}
