/*
 * Output.
 *
 * Writes on the engine name a completion queue, which whoever needs the memory
 * back waits on.  Their number is not bounded here: the file's writer bounds
 * what it holds.
 */
#include "column/write/output.h"

#include "column/write/failed.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#define REAP_MAX 16 /* results at once */

/* One that is under way. */
struct write {
    struct write *next, *prev; /* in the output's list */
    struct lio_mem *mem;
    uint64_t bytes;
};

struct lio_output {
    char *path;
    int fd;                    /* without an engine, else -1 */
    struct lio_engine *engine; /* or NULL */
    struct lio_file *file;
    struct lio_cq *queue;
    pthread_mutex_t lock; /* guards what follows; a leaf */
    uint64_t pending;     /* bytes under way */
    struct write *writes; /* that are */
    struct lio_error first;
};

/* -- errors -------------------------------------------------------------- */

static void keep_error(struct lio_output *output, const struct lio_error *err)
{
    pthread_mutex_lock(&output->lock);
    if (output->first.code == 0)
        output->first = *err;
    pthread_mutex_unlock(&output->lock);
}

int lio_output_status(struct lio_output *output, struct lio_error *err)
{
    int code;

    pthread_mutex_lock(&output->lock);
    code = output->first.code;
    if (code < 0 && err)
        *err = output->first;
    pthread_mutex_unlock(&output->lock);
    return code;
}

/* -- opening and closing ------------------------------------------------- */

static void end_write(struct lio_output *output, struct write *write)
{
    pthread_mutex_lock(&output->lock);
    if (write->prev)
        write->prev->next = write->next;
    else
        output->writes = write->next;
    if (write->next)
        write->next->prev = write->prev;
    output->pending -= write->bytes;
    pthread_mutex_unlock(&output->lock);
    lio_mem_put(write->mem);
    free(write);
}

static int open_plain(struct lio_output *output, struct lio_error *err)
{
    output->fd = open(output->path, O_WRONLY | O_CLOEXEC);
    return output->fd < 0 ? lio_write_failed(output->path, "open", errno, err)
                          : 0;
}

static int open_on_engine(struct lio_output *output, struct lio_error *err)
{
    int rc = lio_cq_open(output->engine, &output->queue, err);

    if (rc < 0)
        return rc;
    return lio_file_open(output->engine, output->path, LIO_WRITE, &output->file,
                         err);
}

int lio_output_open(struct lio_engine *engine, const char *path,
                    struct lio_output **ret_output, struct lio_error *err)
{
    struct lio_output *output = calloc(1, sizeof(*output));
    int rc;

    if (!output || !(output->path = strdup(path))) {
        free(output);
        return lio_write_no_memory(path, err);
    }
    pthread_mutex_init(&output->lock, NULL);
    output->fd = -1;
    output->engine = engine;
    rc = engine ? open_on_engine(output, err) : open_plain(output, err);
    if (rc < 0) {
        lio_output_close(output);
        return rc;
    }
    *ret_output = output;
    return 0;
}

void lio_output_close(struct lio_output *output)
{
    if (!output)
        return;
    while (lio_output_reap(output, true))
        ;
    while (output->writes) /* of an engine that was closed, so they are over */
        end_write(output, output->writes);
    if (output->queue)
        lio_cq_close(output->queue);
    lio_file_close(output->file);
    if (output->fd >= 0)
        (void)close(output->fd); /* what matters was synced */
    pthread_mutex_destroy(&output->lock);
    free(output->path);
    free(output);
}

/* -- writing ------------------------------------------------------------- */

static void write_plain(struct lio_output *output, const uint8_t *from,
                        uint64_t bytes, uint64_t at)
{
    struct lio_error err;

    while (bytes > 0) {
        ssize_t put = pwrite(output->fd, from, (size_t)bytes, (off_t)at);

        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0) {
            (void)lio_write_failed(output->path, "write", put < 0 ? errno : EIO,
                                   &err);
            err.offset = at;
            err.length = bytes;
            keep_error(output, &err);
            return;
        }
        from += put;
        at += (uint64_t)put;
        bytes -= (uint64_t)put;
    }
}

/* NULL without memory. */
static struct write *begin_write(struct lio_output *output, struct lio_mem *mem,
                                 uint64_t bytes)
{
    struct write *write = malloc(sizeof(*write));

    if (!write)
        return NULL;
    *write = (struct write){ .mem = mem, .bytes = bytes };
    pthread_mutex_lock(&output->lock);
    write->next = output->writes;
    if (write->next)
        write->next->prev = write;
    output->writes = write;
    output->pending += bytes;
    pthread_mutex_unlock(&output->lock);
    return write;
}

static void submit(struct lio_output *output, struct lio_mem *mem,
                   uint64_t bytes, uint64_t at)
{
    struct write *write = begin_write(output, mem, bytes);
    struct lio_request request = {
        .file = output->file,
        .kind = LIO_REQUEST_WRITE,
        .offset = at,
        .length = bytes,
        .buf = mem->data,
        .queue = output->queue,
        .user = write,
    };
    struct lio_error err;

    if (!write) {
        (void)lio_write_no_memory(output->path, &err);
        keep_error(output, &err);
        lio_mem_put(mem);
        return;
    }
    if (lio_submit(output->engine, &request, 1, NULL, &err) == 0)
        return;
    keep_error(output, &err);
    end_write(output, write);
}

void lio_output_write(struct lio_output *output, struct lio_mem *mem,
                      uint64_t bytes, uint64_t at)
{
    /* What follows a write that failed will never be looked at. */
    if (bytes == 0 || lio_output_status(output, NULL) < 0) {
        lio_mem_put(mem);
        return;
    }
    if (output->engine) {
        submit(output, mem, bytes, at);
        return;
    }
    write_plain(output, mem->data, bytes, at);
    lio_mem_put(mem);
}

/* -- completion ---------------------------------------------------------- */

uint64_t lio_output_pending(struct lio_output *output)
{
    uint64_t pending;

    pthread_mutex_lock(&output->lock);
    pending = output->pending;
    pthread_mutex_unlock(&output->lock);
    return pending;
}

bool lio_output_reap(struct lio_output *output, bool wait)
{
    struct lio_result results[REAP_MAX];
    int n;

    if (lio_output_pending(output) == 0)
        return false;
    n = lio_cq_wait(output->queue, results, REAP_MAX, wait, wait ? -1 : 0);
    for (int i = 0; i < n; i++) {
        struct lio_error err;

        if (lio_result_error(&results[i], &err) < 0)
            keep_error(output, &err);
        end_write(output, results[i].user);
    }
    return n >= 0;
}

int lio_output_sync(struct lio_output *output, struct lio_error *err)
{
    int rc;

    while (lio_output_reap(output, true))
        ;
    rc = lio_output_status(output, err);
    if (rc < 0)
        return rc;
    if (output->engine)
        rc = lio_sync(output->file, err);
    else if (fdatasync(output->fd) < 0)
        rc = lio_write_failed(output->path, "sync", errno, err);
    if (rc < 0 && err)
        keep_error(output, err);
    return rc;
}
