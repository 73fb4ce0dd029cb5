/*
 * Queues and files under several threads, signals and fork.
 *
 * Only the main thread asserts: the others note what they saw.
 */
#include "backend_fixture.h"
#include "conformance_backend.h"

#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define FILE_BYTES 1000000u
#define DEPTH      8u

static pthread_t start(void *(*run)(void *), void *arg)
{
    pthread_t thread;

    assert_int_equal(pthread_create(&thread, NULL, run, arg), 0);
    return thread;
}

static void join(pthread_t thread)
{
    assert_int_equal(pthread_join(thread, NULL), 0);
}

static void await(sem_t *sem)
{
    while (sem_wait(sem) < 0)
        ; /* a signal */
}

/* -- reaping what another thread submitted -------------------------------- */

struct sender {
    const struct fixture *f;
    void *queue;
    struct lio_op **list;
    uint32_t n;
    uint32_t taken;
    int flushed;
    bool stay; /* sleep until told to leave */
    sem_t sent, leave;
};

static void *send_all(void *arg)
{
    struct sender *sender = arg;

    sender->taken =
        sender->f->ops->submit(sender->queue, sender->list, sender->n);
    sender->flushed = sender->f->ops->flush(sender->queue);
    (void)sem_post(&sender->sent);
    if (sender->stay)
        await(&sender->leave);
    return NULL;
}

static void sender_init(struct sender *sender, const struct fixture *f,
                        void *queue, struct lio_op **list, uint32_t n)
{
    *sender = (struct sender){ .f = f, .queue = queue, .list = list, .n = n };
    assert_int_equal(sem_init(&sender->sent, 0, 0), 0);
    assert_int_equal(sem_init(&sender->leave, 0, 0), 0);
}

static void sender_release(struct sender *sender)
{
    (void)sem_destroy(&sender->sent);
    (void)sem_destroy(&sender->leave);
}

static void reap_all(const struct fixture *f, void *queue, struct reads *reads,
                     bool may_cancel)
{
    struct lio_completion out[DEPTH];

    for (uint32_t done = 0; done < reads->n;)
        done += reads_done(reads, out, reap_some(f, queue, out, DEPTH, 1),
                           may_cancel);
}

static void a_thread_reaps_for_one_that_sleeps(void **state)
{
    struct fixture *f = *state;
    struct sender sender;
    struct reads reads;
    struct opened file;
    pthread_t thread;
    void *queue;

    make_file(f, "data", FILE_BYTES);
    file = open_file(f, "data", LIO_OPEN_READ);
    queue = open_queue(f, DEPTH);
    reads_init(&reads, &file, FILE_BYTES, DEPTH, 0);
    sender_init(&sender, f, queue, reads.list, DEPTH);
    sender.stay = true;
    thread = start(send_all, &sender);
    await(&sender.sent);
    reap_all(f, queue, &reads, false);
    (void)sem_post(&sender.leave);
    join(thread);
    assert_int_equal(sender.taken, DEPTH);
    assert_int_equal(sender.flushed, 0);
    sender_release(&sender);
    f->ops->queue_close(queue);
    close_file(f, &file);
    reads_release(&reads);
}

/* What the kernel was still working on may come back cancelled. */
static void reads_of_a_thread_that_exited_complete(void **state)
{
    struct fixture *f = *state;
    struct sender sender;
    struct reads reads;
    struct opened file;
    void *queue;

    make_file(f, "data", FILE_BYTES);
    file = open_file(f, "data", LIO_OPEN_READ);
    queue = open_queue(f, DEPTH);
    for (int round = 0; round < 20; round++) {
        reads_init(&reads, &file, FILE_BYTES, DEPTH, 0);
        sender_init(&sender, f, queue, reads.list, DEPTH);
        join(start(send_all, &sender));
        assert_int_equal(sender.taken, DEPTH);
        reap_all(f, queue, &reads, true);
        sender_release(&sender);
        reads_release(&reads);
    }
    f->ops->queue_close(queue);
    close_file(f, &file);
}

/* Reads so long that a backend may give them to threads of its own, or of the
 * kernel's, which may go with the thread that submitted them. */
static void long_reads_of_a_thread_that_exited_complete(void **state)
{
    enum { LONG_BYTES = 300000 };
    struct fixture *f = *state;
    struct lio_op ops[DEPTH], *list[DEPTH];
    struct lio_completion out[DEPTH];
    struct guarded memory[DEPTH];
    struct lio_iovec iov[DEPTH];
    bool seen[DEPTH] = { false };
    struct sender sender;
    struct opened file;
    void *queue;

    make_file(f, "data", FILE_BYTES);
    file = open_file(f, "data", LIO_OPEN_READ);
    queue = open_queue(f, DEPTH);
    for (uint32_t i = 0; i < DEPTH; i++) {
        memory[i] = guarded_alloc(LONG_BYTES);
        iov[i] = (struct lio_iovec){ memory[i].bytes, LONG_BYTES };
        ops[i] = read_op(&file, &iov[i], 1, i * 1000);
        ops[i].id = i;
        list[i] = &ops[i];
    }
    sender_init(&sender, f, queue, list, DEPTH);
    join(start(send_all, &sender));
    for (uint32_t done = 0; done < DEPTH;) {
        int got = reap_some(f, queue, out, DEPTH, 1);

        assert_true(got >= 0);
        for (int i = 0; i < got; i++) {
            uint64_t id = out[i].id;

            assert_true(id < DEPTH && !seen[id]);
            seen[id] = true;
            if (out[i].result == -ECANCELED)
                continue;
            assert_int_equal(out[i].result, LONG_BYTES);
            assert_pattern(memory[id].bytes, LONG_BYTES, ops[id].offset);
        }
        done += (uint32_t)got;
    }
    for (uint32_t i = 0; i < DEPTH; i++)
        guarded_free(&memory[i]);
    sender_release(&sender);
    f->ops->queue_close(queue);
    close_file(f, &file);
}

/* -- many submitters, one reaper ------------------------------------------ */

#define NSUBMITTERS 2u
#define NREADS      600u

/* As the core does it: submit and flush under a lock, reap without. */
struct lane {
    const struct fixture *f;
    void *queue;
    pthread_mutex_t lock; /* submit, flush */
    sem_t room;           /* counts free places in the queue */
    _Atomic int worst;    /* error of a flush, or 0 */
};

struct submitter {
    struct lane *lane;
    struct reads reads;
};

static void *submit_singly(void *arg)
{
    struct submitter *submitter = arg;
    struct lane *lane = submitter->lane;
    struct reads *reads = &submitter->reads;

    for (uint32_t i = 0; i < reads->n; i++) {
        int rc;

        await(&lane->room);
        /* The reaper looks at this memory: only the queue is between us. */
        memset(reads->iov[i].base, 0, reads->iov[i].len);
        pthread_mutex_lock(&lane->lock);
        if (lane->f->ops->submit(lane->queue, &reads->list[i], 1) != 1)
            atomic_store(&lane->worst, -ENOBUFS);
        rc = lane->f->ops->flush(lane->queue);
        pthread_mutex_unlock(&lane->lock);
        if (rc < 0 && rc != -EAGAIN && rc != -EBUSY)
            atomic_store(&lane->worst, rc);
    }
    return NULL;
}

static void one_thread_reaps_while_others_submit(void **state)
{
    struct fixture *f = *state;
    struct submitter submitters[NSUBMITTERS];
    struct lane lane = { .f = f, .lock = PTHREAD_MUTEX_INITIALIZER };
    struct lio_completion out[DEPTH];
    pthread_t threads[NSUBMITTERS];
    struct opened file;

    make_file(f, "data", FILE_BYTES);
    file = open_file(f, "data", LIO_OPEN_READ);
    lane.queue = open_queue(f, DEPTH);
    assert_int_equal(sem_init(&lane.room, 0, DEPTH), 0);
    for (uint32_t i = 0; i < NSUBMITTERS; i++) {
        submitters[i].lane = &lane;
        reads_init(&submitters[i].reads, &file, FILE_BYTES, NREADS, i * NREADS);
        threads[i] = start(submit_singly, &submitters[i]);
    }
    for (uint32_t done = 0; done < NSUBMITTERS * NREADS;) {
        int got = reap_some(f, lane.queue, out, DEPTH, 1);

        for (int i = 0; i < got; i++) {
            uint64_t who = out[i].id / NREADS;

            assert_true(who < NSUBMITTERS);
            (void)reads_done(&submitters[who].reads, &out[i], 1, false);
            (void)sem_post(&lane.room);
        }
        assert_true(got >= 0);
        done += (uint32_t)got;
    }
    for (uint32_t i = 0; i < NSUBMITTERS; i++) {
        join(threads[i]);
        reads_release(&submitters[i].reads);
    }
    assert_int_equal(atomic_load(&lane.worst), 0);
    (void)sem_destroy(&lane.room);
    f->ops->queue_close(lane.queue);
    close_file(f, &file);
}

/* -- waking and cancelling a sleeping reaper ------------------------------ */

struct sleeper {
    const struct fixture *f;
    void *queue;
    _Atomic int asked; /* written before each wake-up */
    _Atomic int seen;  /* `asked`, as it was after a reap */
    sem_t awake;
};

#define WAKES 500

static void *reap_and_look(void *arg)
{
    struct sleeper *sleeper = arg;
    struct lio_completion out;
    int seen = 0;

    while (seen < WAKES) {
        (void)sleeper->f->ops->reap(sleeper->queue, &out, 1, 1, -1);
        /* Relaxed: the wake-up itself must have made it visible. */
        seen = atomic_load_explicit(&sleeper->asked, memory_order_relaxed);
        atomic_store(&sleeper->seen, seen);
        (void)sem_post(&sleeper->awake);
    }
    return NULL;
}

static void every_wake_gets_through_to_the_reaper(void **state)
{
    struct fixture *f = *state;
    struct sleeper sleeper = { .f = f };
    pthread_t thread;

    sleeper.queue = open_queue(f, DEPTH);
    assert_int_equal(sem_init(&sleeper.awake, 0, 0), 0);
    thread = start(reap_and_look, &sleeper);
    for (int i = 1; i <= WAKES; i++) {
        atomic_store_explicit(&sleeper.asked, i, memory_order_relaxed);
        assert_int_equal(f->ops->wake(sleeper.queue), 0);
        while (atomic_load(&sleeper.seen) < i)
            await(&sleeper.awake);
    }
    join(thread);
    (void)sem_destroy(&sleeper.awake);
    f->ops->queue_close(sleeper.queue);
}

struct reaper {
    const struct fixture *f;
    void *queue;
    struct lio_completion out;
};

static void *reap_one(void *arg)
{
    struct reaper *reaper = arg;

    while (reaper->f->ops->reap(reaper->queue, &reaper->out, 1, 1, -1) < 1)
        ; /* signals and wake-ups */
    return NULL;
}

static void a_cancel_reaches_a_sleeping_reaper(void **state)
{
    struct fixture *f = *state;
    struct reaper reaper = { .f = f };
    unsigned char byte;
    struct lio_iovec iov = { &byte, 1 };
    struct lio_op op, *list[] = { &op };
    struct opened endless;
    pthread_t thread;
    int writer;

    endless = open_endless_file(f, &writer);
    op = read_op(&endless, &iov, 1, 0);
    op.id = 9;
    reaper.queue = open_queue(f, DEPTH);
    for (int i = 0; i < 50; i++) {
        thread = start(reap_one, &reaper);
        assert_int_equal(f->ops->submit(reaper.queue, list, 1), 1);
        assert_int_equal(f->ops->flush(reaper.queue), 0);
        assert_int_equal(f->ops->cancel(reaper.queue, 9), 0);
        join(thread);
        assert_true(reaper.out.id == 9);
        assert_int_equal(reaper.out.result, -ECANCELED);
    }
    f->ops->queue_close(reaper.queue);
    close_file(f, &endless);
    assert_int_equal(close(writer), 0);
}

/* -- signals -------------------------------------------------------------- */

struct pounder {
    pthread_t target;
    _Atomic bool stop;
};

static void ignore_signal(int signal LIO_UNUSED)
{
}

static void *pound(void *arg)
{
    struct pounder *pounder = arg;

    while (!atomic_load(&pounder->stop)) {
        (void)pthread_kill(pounder->target, SIGUSR1);
        (void)sched_yield();
    }
    return NULL;
}

static void signals_neither_lose_nor_double_a_completion(void **state)
{
    struct fixture *f = *state;
    struct sigaction quiet = { .sa_handler = ignore_signal }, before;
    struct pounder pounder = { .target = pthread_self() };
    struct lio_completion out[DEPTH];
    struct reads reads;
    struct opened file;
    pthread_t thread;
    void *queue;

    make_file(f, "data", FILE_BYTES);
    file = open_file(f, "data", LIO_OPEN_READ);
    queue = open_queue(f, DEPTH);
    reads_init(&reads, &file, FILE_BYTES, 500, 0);
    assert_int_equal(sigaction(SIGUSR1, &quiet, &before), 0);
    thread = start(pound, &pounder);
    for (uint32_t taken = 0, done = 0; done < reads.n;) {
        int got;

        taken += f->ops->submit(queue, reads.list + taken, reads.n - taken);
        got = f->ops->reap(queue, out, DEPTH, 2, -1);
        assert_true(got > 0 || got == -EINTR);
        if (got > 0)
            done += reads_done(&reads, out, got, false);
        if (done == taken) { /* now a signal meets a thread that waits */
            got = f->ops->reap(queue, out, DEPTH, 1, 100000);
            assert_true(got == 0 || got == -EINTR);
        }
    }
    atomic_store(&pounder.stop, true);
    join(thread);
    assert_int_equal(sigaction(SIGUSR1, &before, NULL), 0);
    f->ops->queue_close(queue);
    close_file(f, &file);
    reads_release(&reads);
}

/* -- fork ----------------------------------------------------------------- */

/* The child lives while the parent works, so it holds whatever it inherited. */
static pid_t fork_child(int *ret_leash)
{
    int leash[2];
    char byte;
    pid_t pid;

    assert_int_equal(pipe(leash), 0);
    pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        (void)close(leash[1]);
        _exit(read(leash[0], &byte, 1) == 0 ? 0 : 1);
    }
    assert_int_equal(close(leash[0]), 0);
    *ret_leash = leash[1];
    return pid;
}

static void a_fork_leaves_the_parent_undisturbed(void **state)
{
    struct fixture *f = *state;
    struct lio_completion out[DEPTH];
    int status, leash = -1;
    struct reads reads;
    struct opened file;
    void *queue;
    pid_t pid;

    make_file(f, "data", FILE_BYTES);
    file = open_file(f, "data", LIO_OPEN_READ);
    queue = open_queue(f, DEPTH);
    reads_init(&reads, &file, FILE_BYTES, 3 * DEPTH, 0);
    assert_int_equal(f->ops->submit(queue, reads.list, DEPTH), DEPTH);
    assert_int_equal(f->ops->flush(queue), 0);
    pid = fork_child(&leash);
    for (uint32_t taken = DEPTH, done = 0; done < reads.n;) {
        done +=
            reads_done(&reads, out, reap_some(f, queue, out, DEPTH, 1), false);
        taken += f->ops->submit(queue, reads.list + taken, reads.n - taken);
    }
    f->ops->queue_close(queue);
    assert_int_equal(close(leash), 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    close_file(f, &file);
    reads_release(&reads);
}

int test_backend_threads(void)
{
#define X(test)                                                                \
    cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)
    const struct CMUnitTest tests[] = {
        X(a_thread_reaps_for_one_that_sleeps),
        X(reads_of_a_thread_that_exited_complete),
        X(long_reads_of_a_thread_that_exited_complete),
        X(one_thread_reaps_while_others_submit),
        X(every_wake_gets_through_to_the_reaper),
        X(a_cancel_reaches_a_sleeping_reaper),
        X(signals_neither_lose_nor_double_a_completion),
        X(a_fork_leaves_the_parent_undisturbed),
    };
#undef X

    return cmocka_run_group_tests(tests, NULL, NULL);
}
