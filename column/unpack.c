/*
 * Decompression of a buffer, between those who want parts of it and those who
 * make them.
 *
 *     want ─► queue ─► make: pop, decompress ─► made
 *
 * Two locks: that of the queue is held for a moment, so that windows can be cut
 * while others are made; that of the work for as long as a part takes, reads
 * included, which need no task to go on.  Order: work, queue.
 */
#include "column/unpack.h"

#include "column/codec.h"
#include "column/compress.h"
#include "column/pool.h"

#include <assert.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>

/* Of what is stored, that is read at a time, and one ahead: so much that reads
 * are few. */
#define PIECE_BYTES (UINT64_C(128) << 10)

/* Of what is decompressed for nobody, at a time. */
#define SKIP_BYTES ((size_t)16 << 10)

struct lio_unpack_part {
    struct lio_unpack *unpack;
    struct lio_unpack_part *next; /* in the queue */
    uint64_t at;
    struct lio_mem *mem;
    bool queued;      /* guarded by the queue's lock */
    atomic_bool made; /* and never unmade */
};

/* Stored bytes. */
struct piece {
    struct lio_mem *mem;
    struct lio_source_batch *batch; /* NULL: they are there */
};

struct lio_unpack {
    struct lio_unpack_buffer buffer;
    atomic_uint refs;
    pthread_mutex_t queue_lock; /* guards these three; a leaf */
    struct lio_unpack_part *first;
    struct lio_unpack_part *last;
    struct lio_source_manner manner;
    pthread_mutex_t work_lock; /* guards the rest */
    struct lio_codec *codec;   /* NULL: not begun */
    struct piece now;
    struct piece coming;
    struct lio_bytes left;  /* of what is there */
    uint64_t asked;         /* stored bytes, there or on their way */
    uint64_t plain_bytes;   /* that the buffer says it has */
    uint64_t done;          /* of them */
    uint64_t charged;       /* the codec's memory, as the pool knows it */
    struct lio_mem *before; /* the part made last: the next may begin in it */
    uint64_t before_at;
    int code; /* of the error that stays */
    struct lio_error err;
};

/* -- references ---------------------------------------------------------- */

struct lio_unpack *lio_unpack_new(const struct lio_unpack_buffer *buffer)
{
    struct lio_unpack *unpack = calloc(1, sizeof(*unpack));

    if (!unpack)
        return NULL;
    if (pthread_mutex_init(&unpack->queue_lock, NULL) != 0) {
        free(unpack);
        return NULL;
    }
    if (pthread_mutex_init(&unpack->work_lock, NULL) != 0) {
        pthread_mutex_destroy(&unpack->queue_lock);
        free(unpack);
        return NULL;
    }
    unpack->buffer = *buffer;
    unpack->manner.hint = LIO_SCAN;
    atomic_init(&unpack->refs, 1);
    return unpack;
}

/* Tell the pool what the codec takes by now. */
static void charge(struct lio_unpack *unpack, uint64_t bytes)
{
    lio_pool_charge(unpack->buffer.pool, unpack->charged, bytes);
    unpack->charged = bytes;
}

void lio_unpack_put(struct lio_unpack *unpack)
{
    if (!unpack ||
        atomic_fetch_sub_explicit(&unpack->refs, 1, memory_order_acq_rel) > 1)
        return;
    lio_source_abandon(unpack->coming.batch);
    lio_mem_put(unpack->coming.mem);
    lio_mem_put(unpack->now.mem);
    lio_mem_put(unpack->before);
    lio_codec_close(unpack->codec);
    charge(unpack, 0);
    pthread_mutex_destroy(&unpack->work_lock);
    pthread_mutex_destroy(&unpack->queue_lock);
    free(unpack);
}

/* -- the queue ----------------------------------------------------------- */

int lio_unpack_want(struct lio_unpack *unpack, uint64_t at, struct lio_mem *mem,
                    struct lio_unpack_part **ret_part)
{
    struct lio_unpack_part *part = calloc(1, sizeof(*part));

    if (!part)
        return LIO_ENOMEM;
    atomic_fetch_add_explicit(&unpack->refs, 1, memory_order_relaxed);
    part->unpack = unpack;
    part->at = at;
    part->mem = lio_mem_get(mem);
    part->queued = true;
    atomic_init(&part->made, false);
    pthread_mutex_lock(&unpack->queue_lock);
    if (unpack->last)
        unpack->last->next = part;
    else
        unpack->first = part;
    unpack->last = part;
    pthread_mutex_unlock(&unpack->queue_lock);
    *ret_part = part;
    return 0;
}

static struct lio_unpack_part *pop(struct lio_unpack *unpack)
{
    struct lio_unpack_part *part;

    pthread_mutex_lock(&unpack->queue_lock);
    part = unpack->first;
    assert(part); /* the one that is to be made */
    unpack->first = part->next;
    if (!unpack->first)
        unpack->last = NULL;
    part->queued = false;
    pthread_mutex_unlock(&unpack->queue_lock);
    return part;
}

static void unlink_part(struct lio_unpack_part *part)
{
    struct lio_unpack *unpack = part->unpack;
    struct lio_unpack_part **at = &unpack->first, *before = NULL;

    pthread_mutex_lock(&unpack->queue_lock);
    if (part->queued) {
        for (; *at != part; at = &(*at)->next)
            before = *at;
        *at = part->next;
        if (unpack->last == part)
            unpack->last = before;
    }
    pthread_mutex_unlock(&unpack->queue_lock);
}

void lio_unpack_forget(struct lio_unpack_part *part)
{
    if (!part)
        return;
    if (!atomic_load_explicit(&part->made, memory_order_acquire)) {
        /* Another may be making it: until that is over. */
        pthread_mutex_lock(&part->unpack->work_lock);
        unlink_part(part);
        pthread_mutex_unlock(&part->unpack->work_lock);
    }
    lio_mem_put(part->mem);
    lio_unpack_put(part->unpack);
    free(part);
}

/* -- stored bytes -------------------------------------------------------- */

static int no_memory(const struct lio_unpack *unpack, struct lio_error *err)
{
    return lio_error_set(
        err, LIO_ENOMEM,
        "%s: column '%s', page %" PRIu64 ": no memory to decompress it",
        unpack->buffer.file, unpack->buffer.column, unpack->buffer.page);
}

/* Start to read the next piece, if there is one. */
static int ask(struct lio_unpack *unpack, struct lio_error *err)
{
    const struct lio_unpack_buffer *buffer = &unpack->buffer;
    uint64_t left = buffer->bytes - unpack->asked;
    uint64_t bytes = left < PIECE_BYTES ? left : PIECE_BYTES;
    struct lio_source_read read = { .source = buffer->source,
                                    .offset = buffer->offset + unpack->asked,
                                    .bytes = (size_t)bytes };
    struct lio_source_manner manner;
    int rc;

    if (bytes == 0)
        return 0;
    unpack->coming.mem = lio_pool_take_for(buffer->pool, bytes, read.offset,
                                           lio_source_align(buffer->source));
    if (!unpack->coming.mem)
        return no_memory(unpack, err);
    read.into = unpack->coming.mem->data;
    pthread_mutex_lock(&unpack->queue_lock);
    manner = unpack->manner;
    pthread_mutex_unlock(&unpack->queue_lock);
    rc = lio_source_start_with(&manner, &read, 1, &unpack->coming.batch, err);
    if (rc < 0) {
        lio_mem_put(unpack->coming.mem);
        unpack->coming = (struct piece){ 0 };
        return rc;
    }
    unpack->asked += bytes;
    return 0;
}

int lio_unpack_start(struct lio_unpack *unpack, struct lio_error *err)
{
    int rc;

    pthread_mutex_lock(&unpack->work_lock);
    rc = ask(unpack, err);
    pthread_mutex_unlock(&unpack->work_lock);
    return rc;
}

void lio_unpack_go_on(struct lio_unpack *unpack,
                      const struct lio_source_manner *manner)
{
    pthread_mutex_lock(&unpack->queue_lock);
    unpack->manner = *manner;
    unpack->manner.priority = 0;
    pthread_mutex_unlock(&unpack->queue_lock);
}

/* Have some more of the stored bytes; none if that was all. */
static int feed(struct lio_unpack *unpack, struct lio_error *err)
{
    static const uint8_t nothing[1];
    int rc;

    lio_mem_put(unpack->now.mem);
    unpack->now = unpack->coming;
    unpack->coming = (struct piece){ 0 };
    unpack->left = (struct lio_bytes){ nothing, 0 };
    if (!unpack->now.mem)
        return 0;
    rc = lio_source_finish(unpack->now.batch, err);
    unpack->now.batch = NULL;
    if (rc < 0)
        return rc;
    unpack->left =
        (struct lio_bytes){ unpack->now.mem->data, unpack->now.mem->bytes };
    return ask(unpack, err);
}

/* -- plain bytes --------------------------------------------------------- */

static struct lio_decode decode_of(const struct lio_unpack *unpack,
                                   struct lio_error *err)
{
    struct lio_decode dec;

    lio_decode_init(&dec, unpack->buffer.file, unpack->buffer.column,
                    unpack->buffer.page, unpack->buffer.window_max, err);
    return dec;
}

/* Have the first piece, and what it says of all. */
static int begin(struct lio_unpack *unpack, struct lio_decode *dec)
{
    uint32_t scheme = unpack->buffer.scheme;
    size_t head;
    int rc = feed(unpack, dec->err);

    if (rc < 0)
        return rc;
    /* Only the head is looked at, and that is there. */
    rc = lio_decompressed_bytes(
        dec, scheme,
        (struct lio_bytes){ unpack->left.data, (size_t)unpack->buffer.bytes },
        &unpack->plain_bytes);
    if (rc < 0)
        return rc;
    head = lio_compressed_head(scheme, unpack->left);
    unpack->left.data += head;
    unpack->left.bytes -= head;
    return lio_codec_open(dec, scheme, unpack->now.mem->data + head,
                          unpack->left.bytes, unpack->plain_bytes,
                          &unpack->codec);
}

int lio_unpack_bytes(struct lio_unpack *unpack, uint64_t *ret_bytes,
                     struct lio_error *err)
{
    int code;

    pthread_mutex_lock(&unpack->work_lock);
    if (!unpack->codec && unpack->code == 0) {
        struct lio_decode dec = decode_of(unpack, &unpack->err);

        unpack->code = begin(unpack, &dec);
    }
    code = unpack->code;
    if (code == 0)
        *ret_bytes = unpack->plain_bytes;
    else if (err)
        *err = unpack->err;
    pthread_mutex_unlock(&unpack->work_lock);
    return code;
}

/* The next `bytes`, which are less if that was all. */
static int run(struct lio_unpack *unpack, struct lio_decode *dec, uint8_t *out,
               size_t bytes, size_t *ret_bytes)
{
    size_t done = 0, got;
    int rc = 0;

    while (done < bytes && rc == 0) {
        if (unpack->left.bytes == 0) {
            rc = feed(unpack, dec->err);
            if (rc < 0)
                break;
        }
        rc = lio_codec_run(dec, unpack->codec, &unpack->left, out + done,
                           bytes - done, &got);
        if (rc < 0)
            break;
        done += got;
        if (got == 0 && !unpack->now.mem)
            break;
    }
    *ret_bytes = done;
    return rc;
}

static int run_all(struct lio_unpack *unpack, struct lio_decode *dec,
                   uint8_t *out, size_t bytes)
{
    size_t got;
    int rc = run(unpack, dec, out, bytes, &got);

    if (rc < 0)
        return rc;
    if (got < bytes)
        return lio_decode_corrupt(
            dec, "%" PRIu64 " bytes are decompressed to less than %" PRIu64,
            unpack->buffer.bytes, unpack->plain_bytes);
    unpack->done += bytes;
    return 0;
}

static int skip_to(struct lio_unpack *unpack, struct lio_decode *dec,
                   uint64_t at)
{
    uint8_t nobody[SKIP_BYTES];
    int rc = 0;

    while (unpack->done < at && rc == 0) {
        uint64_t left = at - unpack->done;

        rc = run_all(unpack, dec, nobody,
                     left < sizeof(nobody) ? (size_t)left : sizeof(nobody));
    }
    return rc;
}

/* It has to end where it said. */
static int check_end(struct lio_unpack *unpack, struct lio_decode *dec)
{
    uint8_t more;
    size_t got;
    int rc = run(unpack, dec, &more, sizeof(more), &got);

    if (rc < 0)
        return rc;
    return got > 0 || !lio_codec_ended(unpack->codec)
               ? lio_decode_corrupt(dec,
                                    "%" PRIu64 " bytes are not decompressed to "
                                    "%" PRIu64,
                                    unpack->buffer.bytes, unpack->plain_bytes)
               : 0;
}

/* Have `out` begin with what the part has in common with the last one made;
 * returns how much that is. */
static uint64_t repeat_before(const struct lio_unpack *unpack, uint64_t at,
                              uint8_t *out, uint64_t bytes)
{
    uint64_t common = unpack->done - at;

    common = common < bytes ? common : bytes;
    memcpy(out, unpack->before->data + (at - unpack->before_at),
           (size_t)common);
    return common;
}

static int make(struct lio_unpack *unpack, struct lio_decode *dec,
                const struct lio_unpack_part *part)
{
    uint64_t at = part->at, bytes = part->mem->bytes, common = 0;
    int rc;

    if (at > unpack->plain_bytes || bytes > unpack->plain_bytes - at ||
        (at < unpack->done && (!unpack->before || at < unpack->before_at)))
        return lio_decode_corrupt(dec,
                                  "%" PRIu64 " bytes at %" PRIu64
                                  " do not follow in its %" PRIu64,
                                  bytes, at, unpack->plain_bytes);
    if (at < unpack->done)
        common = repeat_before(unpack, at, part->mem->data, bytes);
    rc = skip_to(unpack, dec, at);
    if (rc == 0)
        rc = run_all(unpack, dec, part->mem->data + common,
                     (size_t)(bytes - common));
    if (rc == 0 && unpack->done == unpack->plain_bytes)
        rc = check_end(unpack, dec);
    charge(unpack, lio_codec_bytes(unpack->codec));
    return rc;
}

/* Keep the part that ends with what is made, for the next may begin within it:
 * one that lies within the last has nothing that the last has not. */
static void keep(struct lio_unpack *unpack, const struct lio_unpack_part *part)
{
    if (part->at + part->mem->bytes < unpack->done)
        return;
    lio_mem_put(unpack->before);
    unpack->before = lio_mem_get(part->mem);
    unpack->before_at = part->at;
}

static void make_first(struct lio_unpack *unpack)
{
    struct lio_unpack_part *part = pop(unpack);
    struct lio_decode dec = decode_of(unpack, &unpack->err);

    unpack->code = make(unpack, &dec, part);
    if (unpack->code < 0)
        return;
    keep(unpack, part);
    atomic_store_explicit(&part->made, true, memory_order_release);
}

int lio_unpack_make(struct lio_unpack_part *part, struct lio_error *err)
{
    struct lio_unpack *unpack = part->unpack;
    bool made = atomic_load_explicit(&part->made, memory_order_acquire);
    int code = 0;

    if (made)
        return 0;
    pthread_mutex_lock(&unpack->work_lock);
    while (!made && code == 0) {
        made = atomic_load_explicit(&part->made, memory_order_relaxed);
        code = made ? 0 : unpack->code;
        if (!made && code == 0)
            make_first(unpack);
    }
    if (code < 0 && err)
        *err = unpack->err;
    pthread_mutex_unlock(&unpack->work_lock);
    return code;
}
