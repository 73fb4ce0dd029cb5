/*
 * The deadlock mill.
 *
 *     16 threads    requests of 0 bytes to more than the budget, every class
 *                   and priority, reads, views, writes, syncs, deadlines,
 *                   batches, plans; waited for by id, by queue, by callback;
 *                   cancelled, dropped, left to others, held for long
 *     meanwhile     each closes its file and its queue again and again, with
 *                   whatever is under way there, and opens others; callbacks
 *                   cancel and submit; somebody dumps
 *     settings      budget 1 byte, none, 256K; depth 1, 64; coalescing on, off
 *     all along     no wait longer than the scheduler's bound (core/scheduler.c
 *                   holds every request to it)
 *     at the end    every ledger at zero, every byte right
 *
 * A write writes what is there already: so every read knows what it must see,
 * whatever else is under way.
 *
 * LIO_SEED=n runs one of the settings, picked by n, with that seed.  The order
 * in which threads run is not the seed's, so a replay makes the same requests
 * but may not meet the same hang.
 */
#include "fixture.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

#include "common/clock.h"
#include "tests/support/seed.h"
#include "support/sanitizer.h"
#include "watchdog.h"

#define NTHREADS   16u
#define NREQUESTS  (LIO_TEST_SLOW ? 1600u : 10000u)
#define NLEAVERS   5u
#define EARLY      (NREQUESTS / NTHREADS / 4) /* of one who leaves */
#define REST       (NREQUESTS - NLEAVERS * EARLY + NTHREADS) /* rounded up */
#define WINDOW     24u /* requests that a thread has under way */
#define BATCH      6u  /* of these, submitted at once, at most */
#define HELD       4u  /* views that a thread sits on */
#define GRAVES     4u  /* buffers of dropped requests */
#define FILE_BYTES (2 * MIB + 321u)
#define MOST_BYTES (384 * KIB) /* more than the largest budget */
#define SECONDS    240u
#define POISON     0x5a

/* What all threads share. */
struct mill {
    struct lio_engine *engine;
    const char *path;
    struct lio_file *file; /* open all along; every worker has its own, too */
    FILE *nowhere;
    const char *bytes; /* what the file holds */
    pthread_mutex_t lock;
    struct slot *left; /* by threads that have gone; the lock */
};

enum slot_state { FREE, BY_ID, BY_QUEUE, BY_CALLBACK };

/* A request; lio_request.user points at it. */
struct slot {
    struct slot *next; /* in mill.left */
    enum slot_state state;
    struct lio_request request;
    uint64_t id;
    bool stopped; /* cancelled: it may say so */

    /* For its callback. */
    struct worker *owner;
    uint64_t victim;          /* to be cancelled by it, or 0 */
    bool again;               /* to be submitted by it once more */
    bool called;              /* owner's lock */
    struct lio_result result; /* likewise */
};

struct worker {
    struct mill *mill;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t called;
    struct lio_file *file;
    uint64_t seed;
    uint32_t n;
    bool leaves; /* with requests under way */
    struct lio_cq *queue;
    struct slot *slots[WINDOW];
    struct lio_result held[HELD];
    struct {
        char *buf;
        size_t len;
    } graves[GRAVES];
    uint32_t nheld, ngraves;
    char wrong[160]; /* the first thing that was, or "" */
};

static uint64_t draw(struct worker *w, uint64_t n)
{
    return lio_test_random(&w->seed) % n;
}

static void complain(struct worker *w, const struct lio_result *r,
                     const char *what)
{
    if (!w->wrong[0])
        (void)snprintf(w->wrong, sizeof(w->wrong),
                       "%s: kind %u, %llu bytes at %llu: code %d, errno %d, "
                       "%llu bytes",
                       what, r->kind, (unsigned long long)r->length,
                       (unsigned long long)r->offset, r->code, r->os_errno,
                       (unsigned long long)r->bytes);
}

/* -- what came back ------------------------------------------------------- */

static bool right_view(const struct mill *mill, const struct lio_result *r)
{
    uint64_t at = r->offset;

    for (uint32_t i = 0; i < r->view->nsegments; i++) {
        const struct lio_segment *s = &r->view->segments[i];

        if (s->len > FILE_BYTES - at ||
            memcmp(s->base, mill->bytes + at, s->len))
            return false;
        at += s->len;
    }
    return at - r->offset == r->bytes;
}

static void put_view(struct worker *w, const struct lio_result *r)
{
    if (!right_view(w->mill, r))
        complain(w, r, "a view that was held has changed");
    lio_view_put(r->view);
}

/* Sit on a view; the one that was held longest goes. */
static void hold(struct worker *w, const struct lio_result *r)
{
    struct lio_result *place = &w->held[w->nheld++ % HELD];

    if (place->view)
        put_view(w, place);
    *place = *r;
}

static bool excused(const struct slot *slot, int code)
{
    return (code == LIO_ECANCELED && slot->stopped) ||
           (code == LIO_EAGAIN && slot->request.flags & LIO_NOWAIT) ||
           (code == LIO_ETIMEDOUT && slot->request.deadline_ns);
}

static void check_read_result(struct worker *w, const struct lio_result *r)
{
    uint64_t there = r->offset < FILE_BYTES ? FILE_BYTES - r->offset : 0;

    if (r->bytes != (r->length < there ? r->length : there))
        complain(w, r, "the read is short");
    else if (r->view)
        hold(w, r);
    else if (r->bytes && memcmp(((struct slot *)r->user)->request.buf,
                                w->mill->bytes + r->offset, r->bytes))
        complain(w, r, "the bytes are wrong");
}

static void release(struct slot *slot)
{
    drop_at(slot->request.buf);
    slot->request.buf = NULL;
    slot->state = FREE;
}

static void take(struct worker *w, const struct lio_result *r)
{
    struct slot *slot = r->user;

    if (slot->state == FREE)
        complain(w, r, "delivered twice");
    else if (r->code && !excused(slot, r->code))
        complain(w, r, "failed");
    else if (r->code == 0 && r->kind == LIO_REQUEST_READ)
        check_read_result(w, r);
    release(slot);
}

/* -- four ways to get rid of a request ------------------------------------ */

static void wait_at_queue(struct worker *w, struct slot *slot)
{
    struct lio_result r = { .id = slot->id, .user = slot };

    if (lio_cq_wait(w->queue, &r, 1, 1, -1) == 1) {
        take(w, &r);
    } else {
        complain(w, &r, "the queue is empty");
        release(slot);
    }
}

/* For it or another one; now and then without patience at first. */
static void wait_for_id(struct worker *w, struct slot *slot)
{
    struct slot *other = w->slots[draw(w, WINDOW)];
    struct lio_result r = { .id = slot->id, .user = slot };
    uint64_t ids[2] = { slot->id };
    bool both = other && other != slot && other->state == BY_ID;
    int rc = LIO_ETIMEDOUT;

    if (both)
        ids[1] = other->id;
    if (draw(w, 4) == 0)
        rc = lio_wait_any(w->mill->engine, ids, 1u + both,
                          (int64_t)draw(w, 50000), &r);
    if (rc == LIO_ETIMEDOUT)
        rc = lio_wait_any(w->mill->engine, ids, 1u + both, -1, &r);
    if (rc == 0) {
        take(w, &r);
    } else {
        r.code = rc;
        complain(w, &r, "no result");
        release(slot);
    }
}

static void wait_for_callback(struct worker *w, struct slot *slot)
{
    pthread_mutex_lock(&w->lock);
    while (!slot->called)
        pthread_cond_wait(&w->called, &w->lock);
    pthread_mutex_unlock(&w->lock);
    take(w, &slot->result);
}

static void wait_for_slot(struct worker *w, struct slot *slot)
{
    while (slot->state == BY_QUEUE)
        wait_at_queue(w, slot);
    while (slot->state == BY_ID)
        wait_for_id(w, slot);
    if (slot->state == BY_CALLBACK)
        wait_for_callback(w, slot);
}

static void cancel(struct worker *w, struct slot *slot)
{
    slot->stopped = true;
    (void)lio_cancel(w->mill->engine, slot->id); /* stale if it is done */
}

static void look_into_grave(struct worker *w, char *buf, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (buf[i] != POISON && !w->wrong[0])
            (void)snprintf(w->wrong, sizeof(w->wrong),
                           "byte %zu of %zu was written after a drop", i, len);
    drop_at(buf);
}

/* From now on its memory is ours: anything may be done with it. */
static void drop(struct worker *w, struct slot *slot)
{
    uint32_t at = w->ngraves++ % GRAVES;

    if (lio_drop(w->mill->engine, slot->id) < 0)
        complain(w, &(struct lio_result){ .id = slot->id }, "no drop");
    if (w->graves[at].buf)
        look_into_grave(w, w->graves[at].buf, w->graves[at].len);
    w->graves[at].buf = slot->request.buf;
    w->graves[at].len = slot->request.buf ? slot->request.length : 0;
    if (slot->request.buf)
        memset(slot->request.buf, POISON, slot->request.length);
    slot->request.buf = NULL;
    slot->state = FREE;
}

static void leave(struct worker *w, struct slot *slot)
{
    pthread_mutex_lock(&w->mill->lock);
    slot->next = w->mill->left;
    w->mill->left = slot;
    pthread_mutex_unlock(&w->mill->lock);
}

static void dispose(struct worker *w, struct slot *slot)
{
    uint64_t how = draw(w, 16);

    if (slot->state == FREE)
        return;
    if (how < 2)
        cancel(w, slot);
    if (how == 2 && slot->state == BY_ID)
        drop(w, slot);
    else
        wait_for_slot(w, slot);
}

/* What threads that have gone have left. */
static void inherit(struct worker *w)
{
    struct slot *slot;

    for (;;) {
        pthread_mutex_lock(&w->mill->lock);
        slot = w->mill->left;
        if (slot)
            w->mill->left = slot->next;
        pthread_mutex_unlock(&w->mill->lock);
        if (!slot)
            return;
        dispose(w, slot);
        free(slot);
    }
}

/* -- requests ------------------------------------------------------------- */

static size_t random_length(struct worker *w)
{
    uint64_t kind = draw(w, 100);

    if (kind < 5)
        return 0;
    if (kind < 60)
        return 1 + draw(w, 4096);
    return 1 + draw(w, kind < 92 ? 32 * KIB : MOST_BYTES);
}

static void as_write(struct worker *w, struct lio_request *request)
{
    if (request->length > FILE_BYTES - request->offset)
        request->length = FILE_BYTES - request->offset;
    request->kind = LIO_REQUEST_WRITE;
    memcpy(request->buf, w->mill->bytes + request->offset, request->length);
}

static void random_read_flags(struct worker *w, struct lio_request *request)
{
    static const uint32_t flags[] = { LIO_NOCACHE, LIO_STAGE, LIO_NOWAIT };

    for (uint32_t i = 0; i < 3; i++)
        if (draw(w, 8) == 0)
            request->flags |= flags[i];
    if (draw(w, 4) == 0) {
        request->flags |= LIO_VIEW;
        drop_at(request->buf);
        request->buf = NULL;
    }
}

/* By any thread.  Last it says that it was here: the slot may be gone then. */
static void called_back(const struct lio_result *r, void *user)
{
    struct slot *slot = user;
    struct worker *w = slot->owner;
    struct lio_engine *engine = w->mill->engine;

    if (slot->victim)
        (void)lio_cancel(engine, slot->victim); /* stale if it is done */
    if (slot->again) {
        slot->again = false;
        lio_view_put(r->view);
        slot->request.file = w->mill->file; /* the other may be closed */
        if (lio_submit(engine, &slot->request, 1, NULL, NULL) < 0)
            abort();
        return;
    }
    pthread_mutex_lock(&w->lock);
    slot->result = *r;
    slot->called = true;
    pthread_cond_signal(&w->called);
    pthread_mutex_unlock(&w->lock);
}

static void by_callback(struct worker *w, struct slot *slot)
{
    struct slot *victim = w->slots[draw(w, WINDOW)];

    slot->request.callback = called_back;
    slot->owner = w;
    slot->again = draw(w, 4) == 0;
    slot->called = false;
    slot->victim = 0;
    if (draw(w, 4) == 0 &&
        (victim->state == BY_ID || victim->state == BY_QUEUE)) {
        victim->stopped = true;
        slot->victim = victim->id;
    }
}

static void random_way_back(struct worker *w, struct slot *slot)
{
    uint64_t way = w->leaves ? 0 : draw(w, 16);

    if (way >= 12)
        slot->request.queue = w->queue;
    else if (way >= 10)
        by_callback(w, slot);
}

static void random_request(struct worker *w, struct slot *slot)
{
    struct lio_request *request = &slot->request;
    uint64_t kind = draw(w, 200);

    *request = (struct lio_request){
        .file = w->file,
        .offset = draw(w, FILE_BYTES),
        .length = random_length(w),
        .io_class = (uint32_t)draw(w, LIO_CLASS_BACKGROUND + 1),
        .priority = (int32_t)draw(w, 8) - 4,
        .user = slot,
    };
    request->buf =
        grab_at(request->length, draw(w, 3) ? request->offset : draw(w, 4096));
    if (kind == 0)
        request->kind = LIO_REQUEST_SYNC;
    else if (kind < 20)
        as_write(w, request);
    else
        random_read_flags(w, request);
    if (draw(w, 32) == 0)
        request->deadline_ns =
            lio_clock_ns() + draw(w, draw(w, 2) ? 1000000 : 20000);
    slot->stopped = false;
    random_way_back(w, slot);
}

static enum slot_state state_of(const struct lio_request *request)
{
    return request->queue ? BY_QUEUE : request->callback ? BY_CALLBACK : BY_ID;
}

/* Some at once; each in a place whose last request is gone. */
static void submit_some(struct worker *w, uint32_t first, uint32_t n)
{
    struct lio_request requests[BATCH];
    uint64_t ids[BATCH];

    for (uint32_t i = 0; i < n; i++) {
        struct slot *slot = w->slots[(first + i) % WINDOW];

        dispose(w, slot);
        random_request(w, slot);
        requests[i] = slot->request;
    }
    if (lio_submit(w->mill->engine, requests, n, ids, NULL) < 0) {
        (void)snprintf(w->wrong, sizeof(w->wrong), "a submit was refused");
        return;
    }
    for (uint32_t i = 0; i < n; i++) {
        struct slot *slot = w->slots[(first + i) % WINDOW];

        slot->id = ids[i];
        slot->state = state_of(&slot->request);
    }
    if (draw(w, 3) == 0)
        cancel(w, w->slots[(first + draw(w, n)) % WINDOW]);
}

/* -- closing, with what is under way -------------------------------------- */

static void open_file(struct worker *w)
{
    uint32_t direct = draw(w, 2) ? LIO_DIRECT : 0;

    if (lio_file_open(w->mill->engine, w->mill->path,
                      LIO_READ | LIO_WRITE | direct, &w->file, NULL) < 0)
        abort();
}

static void another_file(struct worker *w)
{
    lio_file_close(w->file);
    open_file(w);
}

static void open_queue(struct worker *w)
{
    if (lio_cq_open(w->mill->engine, &w->queue, NULL) < 0)
        abort();
}

/* Results that nobody has taken are thrown away with it. */
static void another_queue(struct worker *w)
{
    for (uint32_t i = 0; i < WINDOW; i++)
        if (w->slots[i]->state == BY_QUEUE && draw(w, 2) == 0)
            cancel(w, w->slots[i]);
    lio_cq_close(w->queue);
    for (uint32_t i = 0; i < WINDOW; i++)
        if (w->slots[i]->state == BY_QUEUE)
            release(w->slots[i]);
    open_queue(w);
}

static void plan(struct worker *w)
{
    struct lio_plan_range ranges[3];

    for (uint32_t i = 0; i < 3; i++)
        ranges[i] =
            (struct lio_plan_range){ draw(w, FILE_BYTES), draw(w, 64 * KIB) };
    if (lio_file_plan(w->file, ranges, 1 + draw(w, 3), NULL) < 0)
        abort();
}

static void now_and_then(struct worker *w)
{
    uint64_t what = draw(w, 512);

    if (what == 0)
        lio_dump(w->mill->engine, w->mill->nowhere);
    else if (what < 24)
        another_file(w);
    else if (what < 48)
        another_queue(w);
    else if (what < 80)
        plan(w);
}

/* -- threads -------------------------------------------------------------- */

static void go(struct worker *w)
{
    for (uint32_t i = 0; i < WINDOW; i++) {
        w->slots[i] = calloc(1, sizeof(struct slot));
        if (!w->slots[i])
            abort();
    }
    open_file(w);
    open_queue(w);
    for (uint32_t done = 0; done < w->n && !w->wrong[0];) {
        uint32_t n = 1 + (uint32_t)draw(w, BATCH);

        submit_some(w, done % WINDOW, n);
        done += n;
        now_and_then(w);
    }
}

static void finish(struct worker *w)
{
    for (uint32_t i = 0; i < WINDOW; i++) {
        struct slot *slot = w->slots[i];

        w->slots[i] = NULL;
        if (w->leaves && slot->state == BY_ID) {
            leave(w, slot);
        } else {
            dispose(w, slot);
            free(slot);
        }
    }
    lio_cq_close(w->queue);
    lio_file_close(w->file);
    for (uint32_t i = 0; i < HELD; i++)
        if (w->held[i].view)
            put_view(w, &w->held[i]);
    for (uint32_t i = 0; i < GRAVES; i++)
        if (w->graves[i].buf)
            look_into_grave(w, w->graves[i].buf, w->graves[i].len);
}

static void *work(void *arg)
{
    struct worker *w = arg;

    go(w);
    if (!w->leaves)
        inherit(w);
    finish(w);
    return NULL;
}

/* -- the mill ------------------------------------------------------------- */

static void run_workers(struct mill *mill, uint64_t seed)
{
    struct worker *workers = calloc(NTHREADS + 1, sizeof(*workers));
    struct worker *heir = &workers[NTHREADS];

    assert_non_null(workers);
    for (uint32_t i = 0; i < NTHREADS; i++) {
        workers[i].mill = mill;
        pthread_mutex_init(&workers[i].lock, NULL);
        pthread_cond_init(&workers[i].called, NULL);
        workers[i].seed = lio_test_mix(seed + i);
        workers[i].leaves = i % 3 == 1;
        workers[i].n = workers[i].leaves ? EARLY : REST / (NTHREADS - NLEAVERS);
        assert_int_equal(
            pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
    }
    for (uint32_t i = 0; i < NTHREADS; i++)
        assert_int_equal(pthread_join(workers[i].thread, NULL), 0);
    heir->mill = mill;
    heir->seed = seed;
    inherit(heir);
    for (uint32_t i = 0; i < HELD; i++)
        if (heir->held[i].view)
            put_view(heir, &heir->held[i]);
    for (uint32_t i = 0; i < GRAVES; i++)
        drop_at(heir->graves[i].buf);
    for (uint32_t i = 0; i <= NTHREADS; i++)
        if (workers[i].wrong[0])
            fail_msg("LIO_SEED=%llu: %s", (unsigned long long)seed,
                     workers[i].wrong);
    for (uint32_t i = 0; i < NTHREADS; i++) {
        pthread_mutex_destroy(&workers[i].lock);
        pthread_cond_destroy(&workers[i].called);
    }
    free(workers);
}

/* The settings that `number` means. */
struct settings {
    const char *budget, *depth, *coalesce;
};

#define NSETTINGS 12u

static struct settings settings_of(uint64_t number)
{
    static const char *const budgets[] = { "engine.in_flight=1",
                                           "engine.in_flight=0",
                                           "engine.in_flight=256K" };

    return (struct settings){
        .budget = budgets[number % 3],
        .depth =
            number / 3 % 2 ? "engine.queue_depth=64" : "engine.queue_depth=1",
        .coalesce = number / 6 % 2 ? "coalesce.plugin=coalesce-tiered"
                                   : "coalesce.plugin=none",
    };
}

static void run_mill(uint64_t seed)
{
    struct settings s = settings_of(seed);
    const char *overrides[] = {
        s.budget,
        s.depth,
        s.coalesce,
        "cache.size=1M",
        "engine.lanes=2",
        "engine.max_op_size=128K",
        NULL,
    };
    struct fixture *f = fixture_open(overrides);
    struct mill mill = { .engine = f->engine };
    struct watchdog *dog;
    char what[128], *bytes = grab(FILE_BYTES);

    (void)snprintf(what, sizeof(what), "LIO_SEED=%llu: %s %s %s",
                   (unsigned long long)seed, s.budget, s.depth, s.coalesce);
    fixture_make(f, 1, FILE_BYTES);
    lio_test_fill(bytes, FILE_BYTES, 1, 0);
    mill.bytes = bytes;
    mill.file = fixture_file(f, 1, LIO_READ | LIO_WRITE);
    mill.path = fixture_path(f, 1);
    mill.nowhere = fopen("/dev/null", "w");
    assert_non_null(mill.nowhere);
    pthread_mutex_init(&mill.lock, NULL);
    dog = watchdog_start(f->engine, SECONDS, what);
    run_workers(&mill, seed);
    lio_file_close(mill.file);
    watchdog_stop(dog);
    (void)fclose(mill.nowhere);
    pthread_mutex_destroy(&mill.lock);
    assert_int_equal(fixture_stats(f).memory_bytes, 0);
    fixture_release(f); /* looks at the other ledgers */
    free(bytes);
}

static void ends_with_every_ledger_at_zero(void **state)
{
    uint64_t seed;

    (void)state;
    if (seed_given(&seed)) {
        run_mill(seed);
        return;
    }
    for (seed = 0; seed < NSETTINGS; seed++)
        run_mill(seed);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ends_with_every_ledger_at_zero),
    };
    int rc = fixture_arguments(argc, argv);

    return rc ? rc : cmocka_run_group_tests(tests, NULL, NULL);
}
