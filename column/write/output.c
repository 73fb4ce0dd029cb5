/*
 * Output.
 *
 * Writes on the engine name a completion queue, which whoever needs the memory
 * back waits on.  Their number is not bounded here: the file's writer bounds
 * what it holds.
 *
 * Past the page cache, a write that makes a file longer is alone on it (ext4
 * and XFS lock the inode).  So the file is made longer ahead of them, in steps,
 * and cut to its length in the end:
 *
 *     written ......... | reserved ..... |      end: ftruncate(), sync
 */
#include "column/write/output.h"

#include "column/write/failed.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#define REAP_MAX 16 /* results at once */

/* O_DIRECT wants memory, place and length at multiples of this at the most. */
#define BLOCK 4096

/* Reserved at once: as much again as there is, and no more than that. */
#define RESERVE_MAX (UINT64_C(128) << 20)

/* One that is under way. */
struct write {
    struct write *next, *prev; /* in the output's list */
    struct lio_mem *mem;
    uint64_t bytes;
};

struct lio_output {
    char *path;
    int fd;        /* without an engine, else -1 */
    int direct_fd; /* past the page cache; -1: not wanted, or not possible */
    uint64_t reserved;         /* the length that the file was given; 0: none */
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

/* A file system that knows no O_DIRECT says that with EINVAL. */
static int open_direct(struct lio_output *output, struct lio_error *err)
{
    output->direct_fd = open(output->path, O_WRONLY | O_DIRECT | O_CLOEXEC);
    return output->direct_fd < 0 && errno != EINVAL
               ? lio_write_failed(output->path, "open", errno, err)
               : 0;
}

static int open_plain(struct lio_output *output, struct lio_error *err)
{
    output->fd = open(output->path, O_WRONLY | O_CLOEXEC);
    return output->fd < 0 ? lio_write_failed(output->path, "open", errno, err)
                          : 0;
}

static int open_on_engine(struct lio_output *output, bool direct,
                          struct lio_error *err)
{
    uint32_t flags = LIO_WRITE | (direct ? LIO_DIRECT : 0);
    int rc = lio_cq_open(output->engine, &output->queue, err);

    if (rc < 0)
        return rc;
    return lio_file_open(output->engine, output->path, flags, &output->file,
                         err);
}

int lio_output_open(struct lio_engine *engine, const char *path, bool direct,
                    struct lio_output **ret_output, struct lio_error *err)
{
    struct lio_output *output = calloc(1, sizeof(*output));
    int rc;

    if (!output || !(output->path = strdup(path))) {
        free(output);
        return lio_write_no_memory(path, err);
    }
    pthread_mutex_init(&output->lock, NULL);
    output->fd = output->direct_fd = -1;
    output->engine = engine;
    rc = engine ? open_on_engine(output, direct, err) : open_plain(output, err);
    if (rc == 0 && direct)
        rc = open_direct(output, err);
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
    if (output->direct_fd >= 0)
        (void)close(output->direct_fd);
    pthread_mutex_destroy(&output->lock);
    free(output->path);
    free(output);
}

/* -- writing ------------------------------------------------------------- */

/* Whether that may go past the page cache. */
static bool fills_blocks(const uint8_t *from, uint64_t bytes, uint64_t at)
{
    return ((uintptr_t)from | bytes | at) % BLOCK == 0;
}

/* Whether a file may have that length: to ask for more raises SIGXFSZ. */
static bool may_have(uint64_t bytes)
{
    struct rlimit limit;

    return getrlimit(RLIMIT_FSIZE, &limit) == 0 && bytes <= limit.rlim_cur;
}

/* Make the file longer ahead of a write.  A file system that cannot, or has no
 * room, says nothing here: it will be heard of when the bytes come. */
static void reserve(struct lio_output *output, uint64_t end)
{
    uint64_t more = end < RESERVE_MAX ? end : RESERVE_MAX;

    if (output->direct_fd < 0 || end <= output->reserved ||
        !may_have(end + more))
        return;
    output->reserved = end + more;
    (void)fallocate(output->direct_fd, 0, 0, (off_t)output->reserved);
}

static ssize_t write_some(const struct lio_output *output, const uint8_t *from,
                          uint64_t bytes, uint64_t at)
{
    ssize_t put = -1;

    errno = EINVAL;
    if (output->direct_fd >= 0 && fills_blocks(from, bytes, at))
        put = pwrite(output->direct_fd, from, (size_t)bytes, (off_t)at);
    /* The same for blocks that are larger than ours. */
    return put < 0 && errno == EINVAL
               ? pwrite(output->fd, from, (size_t)bytes, (off_t)at)
               : put;
}

static void write_plain(struct lio_output *output, const uint8_t *from,
                        uint64_t bytes, uint64_t at)
{
    struct lio_error err;

    while (bytes > 0) {
        ssize_t put = write_some(output, from, bytes, at);

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
    if (fills_blocks(mem->data, bytes, at))
        reserve(output, at + bytes);
    if (output->engine) {
        submit(output, mem, bytes, at);
        return;
    }
    write_plain(output, mem->data, bytes, at);
    lio_mem_put(mem);
}

/* -- completion ---------------------------------------------------------- */

/* Bytes that are under way. */
static uint64_t pending_bytes(struct lio_output *output)
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

    if (pending_bytes(output) == 0)
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

/* What was reserved and not written is given back. */
static int cut(struct lio_output *output, uint64_t bytes, struct lio_error *err)
{
    if (output->reserved == 0 ||
        ftruncate(output->direct_fd, (off_t)bytes) == 0)
        return 0;
    return lio_write_failed(output->path, "truncate", errno, err);
}

int lio_output_end(struct lio_output *output, uint64_t bytes,
                   struct lio_error *err)
{
    int rc;

    while (lio_output_reap(output, true))
        ;
    rc = lio_output_status(output, err);
    if (rc < 0)
        return rc;
    rc = cut(output, bytes, err);
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
