/*
 * filter-trace: writes down every operation that passes.
 *
 *     submit: note the time ─────► next one
 *     reap:   note the time ◄───── next one
 *                │
 *                ▼
 *     records of this queue  ── full ──► output.c ──► the file
 *
 * Records are put into words, and written, by the thread that reaps, some
 * hundreds at a time: into the page cache, as a rule, which costs less for each
 * record than handing it to a thread that writes would.
 */
#include <lanceio/plugin.h>

#include <stdatomic.h>
#include <stdlib.h>

#include "common/clock.h"
#include "output.h"
#include "plugins/filter/ids.h"
#include "plugins/filter/paths.h"

#define PASS_MAX 64u /* operations handed on at once */

enum { PATH, FORMAT, RECORDS }; /* as in the table */

static const char *const formats[] = { "csv", "binary", NULL };

static const struct lio_param trace_params[] = {
    { .name = "path",
      .type = LIO_PARAM_STRING,
      .help = "file that the trace is written to; must be set" },
    { .name = "format",
      .type = LIO_PARAM_ENUM,
      .choices = formats,
      .preset = LIO_TRACE_CSV,
      .help = "of the trace" },
    { .name = "records",
      .type = LIO_PARAM_UINT,
      .min = 1,
      .max = 65536,
      .preset = 512,
      .help = "operations of a lane that are buffered and written together" },
};

struct trace {
    const struct lio_backend_ops *next;
    void *next_backend;
    uint32_t nrecords;
    _Atomic uint32_t nqueues; /* opened, ever */
    struct lio_trace_output output;
    struct lio_paths files;
};

/* An open file. */
struct handle {
    void *next;
    uint32_t number;
};

/* An operation in flight, by slot. */
struct flight {
    struct lio_op op; /* with the next one's handle */
    uint64_t submit_ns;
    uint32_t file;
};

struct queue {
    struct trace *trace;
    void *next_queue;
    uint16_t lane;

    pthread_mutex_t lock; /* guards these two */
    struct lio_ids ids;
    struct flight *flights;

    struct lio_trace_record *records; /* the reaping side's */
    uint32_t nrecords;
    char *text;
};

/* -- life ----------------------------------------------------------------- */

static int trace_open(const struct lio_backend_setup *setup, void **ret_backend,
                      struct lio_error *err)
{
    struct trace *trace = calloc(1, sizeof(*trace));
    int rc;

    if (!trace)
        return lio_error_set(err, LIO_ENOMEM, "no memory for filter-trace");
    trace->next = setup->next;
    trace->next_backend = setup->next_backend;
    trace->nrecords = (uint32_t)setup->params[RECORDS].u;
    rc = lio_paths_init(&trace->files, sizeof(struct lio_path), err);
    if (rc < 0)
        goto fail;
    rc = lio_trace_output_open(&trace->output, setup->params[PATH].s,
                               (enum lio_trace_format)setup->params[FORMAT].u,
                               err);
    if (rc < 0) {
        lio_paths_release(&trace->files, NULL);
        goto fail;
    }
    *ret_backend = trace;
    return 0;

fail:
    free(trace);
    return rc;
}

static void trace_close(void *backend)
{
    struct trace *trace = backend;

    lio_trace_output_close(&trace->output);
    lio_paths_release(&trace->files, NULL);
    free(trace);
}

/* -- files ---------------------------------------------------------------- */

static void name_file(struct lio_path *entry, void *user)
{
    struct trace *trace = user;

    lio_trace_output_file(&trace->output, entry->number, entry->path);
}

static int no_memory(struct lio_error *err)
{
    (void)lio_error_set(err, LIO_ENOMEM, "no memory for an open file");
    err->os_errno = ENOMEM;
    return err->code;
}

static int trace_file_open(void *backend, const char *uri, uint32_t flags,
                           void **ret_handle, struct lio_file_info *ret_info,
                           struct lio_error *err)
{
    struct trace *trace = backend;
    struct handle *handle = malloc(sizeof(*handle));
    const struct lio_path *file;
    int rc;

    if (!handle)
        return no_memory(err);
    file = lio_paths_get(&trace->files, uri, name_file, trace);
    if (!file) {
        free(handle);
        return no_memory(err);
    }
    handle->number = file->number;
    rc = trace->next->file_open(trace->next_backend, uri, flags, &handle->next,
                                ret_info, err);
    if (rc < 0) {
        free(handle);
        return rc;
    }
    *ret_handle = handle;
    return 0;
}

static int trace_file_stat(void *backend, void *arg,
                           struct lio_file_info *ret_info,
                           struct lio_error *err)
{
    const struct trace *trace = backend;
    const struct handle *handle = arg;

    return trace->next->file_stat(trace->next_backend, handle->next, ret_info,
                                  err);
}

static void trace_file_close(void *backend, void *arg)
{
    const struct trace *trace = backend;
    struct handle *handle = arg;

    trace->next->file_close(trace->next_backend, handle->next);
    free(handle);
}

/* -- queues --------------------------------------------------------------- */

static void write_records(struct queue *q)
{
    lio_trace_output_records(&q->trace->output, q->records, q->nrecords,
                             q->text);
    q->nrecords = 0;
}

static void free_queue(struct queue *q)
{
    lio_ids_release(&q->ids);
    free(q->flights);
    free(q->records);
    free(q->text);
    free(q);
}

static int allocate(struct queue *q, uint32_t depth, struct lio_error *err)
{
    uint32_t n = q->trace->nrecords;
    int rc = lio_ids_init(&q->ids, depth, err);

    if (rc < 0)
        return rc;
    q->flights = calloc(depth, sizeof(*q->flights));
    q->records = calloc(n, sizeof(*q->records));
    q->text = malloc((size_t)n * LIO_TRACE_RECORD_MAX);
    if (!q->flights || !q->records || !q->text)
        return lio_error_set(err, LIO_ENOMEM,
                             "no memory for a trace of %u operations", n);
    return 0;
}

static int trace_queue_open(void *backend, uint32_t depth, void **ret_queue,
                            struct lio_error *err)
{
    struct trace *trace = backend;
    struct queue *q = calloc(1, sizeof(*q));
    int rc;

    if (!q)
        return lio_error_set(err, LIO_ENOMEM, "no memory for a queue");
    q->trace = trace;
    rc = allocate(q, depth, err);
    if (rc == 0)
        rc = trace->next->queue_open(trace->next_backend, depth, &q->next_queue,
                                     err);
    if (rc < 0) {
        free_queue(q);
        return rc;
    }
    q->lane = (uint16_t)atomic_fetch_add(&trace->nqueues, 1);
    pthread_mutex_init(&q->lock, NULL);
    *ret_queue = q;
    return 0;
}

static void trace_queue_close(void *queue)
{
    struct queue *q = queue;

    q->trace->next->queue_close(q->next_queue);
    write_records(q);
    pthread_mutex_destroy(&q->lock);
    free_queue(q);
}

/* -- the submitting side -------------------------------------------------- */

/* Note up to PASS_MAX operations and hand them on; returns how many the next
 * one has taken.  The lock is held over both, so that none can come back before
 * it has been noted. */
static uint32_t pass_some(struct queue *q, struct lio_op *const *ops,
                          uint32_t nops, uint64_t now_ns)
{
    struct lio_op *list[PASS_MAX];
    uint32_t slots[PASS_MAX], n, taken;

    pthread_mutex_lock(&q->lock);
    for (n = 0; n < nops && n < PASS_MAX; n++) {
        const struct handle *handle = ops[n]->handle;
        struct flight *flight;

        slots[n] = lio_ids_add(&q->ids, ops[n]->id);
        if (slots[n] == LIO_NO_ID)
            break;
        flight = &q->flights[slots[n]];
        *flight = (struct flight){ *ops[n], now_ns, handle->number };
        flight->op.handle = handle->next;
        list[n] = &flight->op;
    }
    taken = q->trace->next->submit(q->next_queue, list, n);
    while (n > taken)
        lio_ids_remove(&q->ids, slots[--n]);
    pthread_mutex_unlock(&q->lock);
    return taken;
}

static uint32_t trace_submit(void *queue, struct lio_op *const *ops,
                             uint32_t nops)
{
    uint64_t now_ns = lio_clock_ns();
    uint32_t n = 0, taken;

    do {
        taken = pass_some(queue, ops + n, nops - n, now_ns);
        n += taken;
    } while (taken == PASS_MAX && n < nops);
    return n;
}

static int trace_flush(void *queue)
{
    struct queue *q = queue;

    return q->trace->next->flush(q->next_queue);
}

static int trace_cancel(void *queue, uint64_t id)
{
    struct queue *q = queue;

    return q->trace->next->cancel(q->next_queue, id);
}

static int trace_wake(void *queue)
{
    struct queue *q = queue;

    return q->trace->next->wake(q->next_queue);
}

/* -- the reaping side ----------------------------------------------------- */

static struct lio_trace_record record_of(const struct queue *q,
                                         const struct flight *flight,
                                         int64_t result, uint64_t now_ns)
{
    return (struct lio_trace_record){
        .submit_ns = flight->submit_ns,
        .done_ns = now_ns,
        .offset = flight->op.offset,
        .length = flight->op.length,
        .result = result,
        .file = flight->file,
        .lane = q->lane,
        .kind = flight->op.kind,
    };
}

/* Record those that we know, up to where the records are full; returns how
 * many were looked at. */
static uint32_t record_some(struct queue *q, const struct lio_completion *done,
                            uint32_t n, uint64_t now_ns)
{
    uint32_t i, slot;

    pthread_mutex_lock(&q->lock);
    for (i = 0; i < n && q->nrecords < q->trace->nrecords; i++) {
        slot = lio_ids_find(&q->ids, done[i].id);
        if (slot == LIO_NO_ID)
            continue;
        q->records[q->nrecords++] =
            record_of(q, &q->flights[slot], done[i].result, now_ns);
        lio_ids_remove(&q->ids, slot);
    }
    pthread_mutex_unlock(&q->lock);
    return i;
}

static int trace_reap(void *queue, struct lio_completion *out, uint32_t max,
                      uint32_t min, int64_t timeout_ns)
{
    struct queue *q = queue;
    int n = q->trace->next->reap(q->next_queue, out, max, min, timeout_ns);
    uint32_t done = 0;
    uint64_t now_ns;

    if (n <= 0)
        return n;
    now_ns = lio_clock_ns();
    while (done < (uint32_t)n) {
        done += record_some(q, out + done, (uint32_t)n - done, now_ns);
        if (q->nrecords == q->trace->nrecords)
            write_records(q);
    }
    return n;
}

/* -- the table ------------------------------------------------------------ */

static const struct lio_backend_ops trace_ops = {
    .open = trace_open,
    .close = trace_close,
    .file_open = trace_file_open,
    .file_stat = trace_file_stat,
    .file_close = trace_file_close,
    .queue_open = trace_queue_open,
    .queue_close = trace_queue_close,
    .submit = trace_submit,
    .flush = trace_flush,
    .reap = trace_reap,
    .cancel = trace_cancel,
    .wake = trace_wake,
};

LIO_FILTER_PLUGIN("filter-trace", "1.0.0",
                  "records every operation: times, place, result", trace_params,
                  LIO_COUNT(trace_params), trace_ops)
