/* A filter that asks the next one for files of another name: what is said of
 * the order of filters can be seen in it.  Everything else it hands through. */
#include <lanceio/plugin.h>

#include <stdlib.h>
#include <string.h>

enum { SUFFIX }; /* as in suffix_params */

static const struct lio_param suffix_params[] = {
    { .name = "suffix",
      .type = LIO_PARAM_STRING,
      .help = "what file names end in" },
};

struct filter {
    const struct lio_backend_ops *next;
    void *next_backend;
    const char *suffix;
};

struct queue {
    const struct lio_backend_ops *next;
    void *next_queue;
};

static int suffix_open(const struct lio_backend_setup *setup,
                       void **ret_backend, struct lio_error *err)
{
    struct filter *filter;

    if (!strcmp(setup->params[SUFFIX].s, "refuse"))
        return lio_error_set(err, LIO_ECONFIG, "this suffix is refused");
    filter = malloc(sizeof(*filter));
    if (!filter)
        return lio_error_set(err, LIO_ENOMEM, "no memory");
    filter->next = setup->next;
    filter->next_backend = setup->next_backend;
    filter->suffix = setup->params[SUFFIX].s;
    *ret_backend = filter;
    return 0;
}

static int suffix_file_open(void *backend, const char *uri, uint32_t flags,
                            void **ret_handle, struct lio_file_info *ret_info,
                            struct lio_error *err)
{
    const struct filter *filter = backend;
    char *longer;
    int rc;

    if (asprintf(&longer, "%s%s", uri, filter->suffix) < 0)
        return lio_error_set(err, LIO_ENOMEM, "no memory");
    rc = filter->next->file_open(filter->next_backend, longer, flags,
                                 ret_handle, ret_info, err);
    free(longer);
    return rc;
}

static int suffix_file_stat(void *backend, void *handle,
                            struct lio_file_info *ret_info,
                            struct lio_error *err)
{
    const struct filter *filter = backend;

    return filter->next->file_stat(filter->next_backend, handle, ret_info, err);
}

static void suffix_file_close(void *backend, void *handle)
{
    const struct filter *filter = backend;

    filter->next->file_close(filter->next_backend, handle);
}

static int suffix_queue_open(void *backend, uint32_t depth, void **ret_queue,
                             struct lio_error *err)
{
    const struct filter *filter = backend;
    struct queue *queue = malloc(sizeof(*queue));
    int rc;

    if (!queue)
        return lio_error_set(err, LIO_ENOMEM, "no memory");
    queue->next = filter->next;
    rc = queue->next->queue_open(filter->next_backend, depth,
                                 &queue->next_queue, err);
    if (rc < 0) {
        free(queue);
        return rc;
    }
    *ret_queue = queue;
    return 0;
}

static void suffix_queue_close(void *arg)
{
    struct queue *queue = arg;

    queue->next->queue_close(queue->next_queue);
    free(queue);
}

static uint32_t suffix_submit(void *arg, struct lio_op *const *ops,
                              uint32_t nops)
{
    const struct queue *queue = arg;

    return queue->next->submit(queue->next_queue, ops, nops);
}

static int suffix_flush(void *arg)
{
    const struct queue *queue = arg;

    return queue->next->flush(queue->next_queue);
}

static int suffix_reap(void *arg, struct lio_completion *out, uint32_t max,
                       uint32_t min, int64_t timeout_ns)
{
    const struct queue *queue = arg;

    return queue->next->reap(queue->next_queue, out, max, min, timeout_ns);
}

static int suffix_cancel(void *arg, uint64_t id)
{
    const struct queue *queue = arg;

    return queue->next->cancel(queue->next_queue, id);
}

static int suffix_wake(void *arg)
{
    const struct queue *queue = arg;

    return queue->next->wake(queue->next_queue);
}

static const struct lio_backend_ops suffix_ops = {
    .open = suffix_open,
    .close = free,
    .file_open = suffix_file_open,
    .file_stat = suffix_file_stat,
    .file_close = suffix_file_close,
    .queue_open = suffix_queue_open,
    .queue_close = suffix_queue_close,
    .submit = suffix_submit,
    .flush = suffix_flush,
    .reap = suffix_reap,
    .cancel = suffix_cancel,
    .wake = suffix_wake,
};

LIO_FILTER_PLUGIN(FILTER_NAME, "0.1", "a filter for tests", suffix_params,
                  LIO_COUNT(suffix_params), suffix_ops)
