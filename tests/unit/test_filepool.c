/*
 * The file pool, over a backend that keeps its files in an array.
 */
#include "core/filepool.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define NFILES 16

/* Files are named by their number; the inode behind a name can be changed. */
struct disk {
    uint64_t ino[NFILES], size[NFILES];
    int64_t mtime[NFILES];
    int opens[NFILES];
    int nopen, most_open, limit;
};

static int disk_file_open(void *arg, const char *uri, uint32_t flags,
                          void **ret_handle, struct lio_file_info *ret_info,
                          struct lio_error *err)
{
    struct disk *disk = arg;
    int n = atoi(uri);

    if (disk->ino[n] == 0)
        return lio_error_set(err, LIO_ENOTFOUND, "%s: no such file", uri);
    if (disk->nopen == disk->limit) {
        lio_error_set(err, LIO_EIO, "%s: too many open files", uri);
        err->os_errno = EMFILE;
        return LIO_EIO;
    }
    if (++disk->nopen > disk->most_open)
        disk->most_open = disk->nopen;
    disk->opens[n]++;
    *ret_handle = &disk->ino[n];
    *ret_info = (struct lio_file_info){
        .size_bytes = disk->size[n],
        .dev = 1,
        .ino = disk->ino[n],
        .mtime_ns = disk->mtime[n],
        .offset_align = 1,
        .memory_align = 1,
        .direct = flags & LIO_OPEN_DIRECT ? 1 : 0,
    };
    return 0;
}

static int disk_file_stat(void *arg, void *handle, struct lio_file_info *info,
                          struct lio_error *err LIO_UNUSED)
{
    struct disk *disk = arg;
    size_t n = (size_t)((uint64_t *)handle - disk->ino);

    *info = (struct lio_file_info){ .size_bytes = disk->size[n],
                                    .dev = 1,
                                    .ino = disk->ino[n],
                                    .mtime_ns = disk->mtime[n] };
    return 0;
}

static void disk_file_close(void *arg, void *handle LIO_UNUSED)
{
    ((struct disk *)arg)->nopen--;
}

static const struct lio_backend_ops disk_ops = {
    .file_open = disk_file_open,
    .file_stat = disk_file_stat,
    .file_close = disk_file_close,
};

struct fixture {
    struct disk disk;
    struct lio_filepool *pool;
};

static int setup(void **state)
{
    static struct fixture fixture;
    struct fixture *f = &fixture;

    memset(f, 0, sizeof(*f));
    f->disk.limit = 100;
    for (int i = 0; i < NFILES; i++) {
        f->disk.ino[i] = 50u + (unsigned)i;
        f->disk.size[i] = 1000u * (unsigned)i;
    }
    assert_int_equal(lio_filepool_open(&disk_ops, &f->disk, 3, &f->pool, NULL),
                     0);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    lio_filepool_close(f->pool);
    assert_int_equal(f->disk.nopen, 0);
    return 0;
}

static struct lio_handle *get(struct fixture *f, const char *name,
                              uint32_t flags)
{
    struct lio_handle *handle = NULL;
    struct lio_error err;

    assert_int_equal(lio_filepool_get(f->pool, name, flags, &handle, &err), 0);
    return handle;
}

static void one_file_has_one_handle_a_mode(void **state)
{
    struct fixture *f = *state;
    struct lio_handle *a = get(f, "1", LIO_OPEN_READ);
    struct lio_handle *b = get(f, "1", LIO_OPEN_READ);
    struct lio_handle *c = get(f, "1", LIO_OPEN_READ | LIO_OPEN_WRITE);

    assert_ptr_equal(a, b);
    assert_ptr_not_equal(a, c);
    assert_ptr_equal(a->node, c->node);
    assert_int_equal(f->disk.nopen, 2);
    lio_filepool_put(f->pool, a);
    lio_filepool_put(f->pool, b);
    lio_filepool_put(f->pool, c);
    assert_int_equal(f->disk.nopen, 0);
}

static void two_names_of_an_inode_share_a_node(void **state)
{
    struct fixture *f = *state;
    struct lio_handle *a, *b;

    f->disk.ino[2] = f->disk.ino[1];
    f->disk.size[2] = f->disk.size[1];
    a = get(f, "1", LIO_OPEN_READ);
    b = get(f, "2", LIO_OPEN_READ | LIO_OPEN_WRITE);
    assert_ptr_equal(a->node, b->node);
    lio_filepool_put(f->pool, a);
    lio_filepool_put(f->pool, b);
}

static void idle_handles_make_room(void **state)
{
    struct fixture *f = *state;
    struct lio_handle *handles[NFILES];
    char name[16];

    for (int i = 0; i < NFILES; i++) {
        (void)snprintf(name, sizeof(name), "%d", i);
        handles[i] = get(f, name, LIO_OPEN_READ);
    }
    assert_int_equal(f->disk.most_open, 3);
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < NFILES; i++) {
            assert_int_equal(lio_handle_acquire(f->pool, handles[i], NULL), 0);
            assert_ptr_equal(handles[i]->backend, &f->disk.ino[i]);
            assert_false(lio_handle_release(f->pool, handles[i]));
        }
    }
    assert_int_equal(f->disk.most_open, 3);
    for (int i = 0; i < NFILES; i++)
        lio_filepool_put(f->pool, handles[i]);
}

static void a_handle_in_use_is_never_closed(void **state)
{
    struct fixture *f = *state;
    struct lio_handle *used[3], *more;
    struct lio_error err;

    used[0] = get(f, "0", LIO_OPEN_READ);
    used[1] = get(f, "1", LIO_OPEN_READ);
    used[2] = get(f, "2", LIO_OPEN_READ);
    for (int i = 0; i < 3; i++)
        assert_int_equal(lio_handle_acquire(f->pool, used[i], &err), 0);

    assert_int_equal(lio_filepool_get(f->pool, "3", LIO_OPEN_READ, &more, &err),
                     LIO_EAGAIN);
    (void)lio_handle_release(f->pool, used[1]);
    more = get(f, "3", LIO_OPEN_READ);
    assert_int_equal(lio_handle_acquire(f->pool, more, &err), 0);

    /* All three places are in use again: file 1 must wait, and is told when
     * one of them becomes idle. */
    assert_int_equal(lio_handle_acquire(f->pool, used[1], &err), LIO_EAGAIN);
    assert_true(lio_handle_release(f->pool, more));
    assert_int_equal(lio_handle_acquire(f->pool, used[1], &err), 0);
    lio_filepool_fed(f->pool);

    for (int i = 0; i < 3; i++) {
        assert_false(lio_handle_release(f->pool, used[i]));
        lio_filepool_put(f->pool, used[i]);
    }
    lio_filepool_put(f->pool, more);
}

static void a_descriptor_limit_below_ours_is_kept(void **state)
{
    struct fixture *f = *state;
    struct lio_handle *a, *b;
    struct lio_error err;

    f->disk.limit = 1;
    a = get(f, "1", LIO_OPEN_READ);
    b = get(f, "2", LIO_OPEN_READ); /* closes the idle one, and tries again */
    assert_int_equal(lio_handle_acquire(f->pool, a, &err), 0);
    assert_int_equal(lio_handle_acquire(f->pool, b, &err), LIO_EAGAIN);
    lio_filepool_fed(f->pool);
    (void)lio_handle_release(f->pool, a);
    lio_filepool_put(f->pool, a);
    lio_filepool_put(f->pool, b);

    f->disk.limit = 0;
    assert_int_equal(lio_filepool_get(f->pool, "3", LIO_OPEN_READ, &a, &err),
                     LIO_EIO);
    assert_int_equal(err.os_errno, EMFILE);
    assert_non_null(strstr(err.msg, "max_open"));
}

static void a_replaced_file_is_not_taken_for_the_old_one(void **state)
{
    struct fixture *f = *state;
    struct lio_handle *old = get(f, "1", LIO_OPEN_READ);
    struct lio_handle *others[3];
    struct lio_error err;

    others[0] = get(f, "2", LIO_OPEN_READ);
    others[1] = get(f, "3", LIO_OPEN_READ);
    others[2] = get(f, "4", LIO_OPEN_READ); /* file 1 was closed for it */
    f->disk.ino[1] = 999;
    assert_int_equal(lio_handle_acquire(f->pool, old, &err), LIO_EIO);
    assert_int_equal(err.os_errno, ESTALE);

    f->disk.ino[1] = 0;
    assert_int_equal(lio_handle_acquire(f->pool, old, &err), LIO_ENOTFOUND);
    lio_filepool_put(f->pool, old);
    for (int i = 0; i < 3; i++)
        lio_filepool_put(f->pool, others[i]);
}

static void what_changes_a_file_changes_its_generation(void **state)
{
    struct fixture *f = *state;
    struct lio_handle *handle = get(f, "5", LIO_OPEN_READ);
    uint32_t before, after;
    uint64_t size;

    lio_node_look(handle->node, &size, &before);
    assert_int_equal(size, 5000);
    lio_node_written(f->pool, handle->node, 4000); /* inside */
    lio_node_look(handle->node, &size, &after);
    assert_int_equal(size, 5000);
    assert_int_not_equal(before, after);

    lio_node_written(f->pool, handle->node, 7000); /* grows it */
    lio_node_look(handle->node, &size, &before);
    assert_int_equal(size, 7000);
    lio_node_truncated(f->pool, handle->node, 6000);
    lio_node_look(handle->node, &size, &after);
    assert_int_equal(size, 6000);
    assert_int_not_equal(before, after);
    lio_node_truncated(f->pool, handle->node, 6500); /* not a truncation */
    lio_node_look(handle->node, &size, &before);
    assert_int_equal(size, 6000);
    assert_int_equal(before, after);

    f->disk.size[5] = 8000;
    f->disk.mtime[5] = 1;
    assert_int_equal(lio_handle_stat(f->pool, handle, NULL), 0);
    lio_node_look(handle->node, &size, &after);
    assert_int_equal(size, 8000);
    assert_int_not_equal(before, after);
    assert_int_equal(lio_handle_stat(f->pool, handle, NULL), 0);
    lio_node_look(handle->node, &size, &before);
    assert_int_equal(before, after);
    lio_filepool_put(f->pool, handle);
}

static void opening_a_missing_file_says_so(void **state)
{
    struct fixture *f = *state;
    struct lio_handle *handle = NULL;
    struct lio_error err;

    f->disk.ino[7] = 0;
    assert_int_equal(
        lio_filepool_get(f->pool, "7", LIO_OPEN_READ, &handle, &err),
        LIO_ENOTFOUND);
    assert_null(handle);
    assert_int_equal(lio_filepool_nopen(f->pool), 0);
}

#define pool_test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        pool_test(one_file_has_one_handle_a_mode),
        pool_test(two_names_of_an_inode_share_a_node),
        pool_test(idle_handles_make_room),
        pool_test(a_handle_in_use_is_never_closed),
        pool_test(a_descriptor_limit_below_ours_is_kept),
        pool_test(a_replaced_file_is_not_taken_for_the_old_one),
        pool_test(what_changes_a_file_changes_its_generation),
        pool_test(opening_a_missing_file_says_so),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
