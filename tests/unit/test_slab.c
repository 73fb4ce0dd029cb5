/*
 * Request objects: ids, generations, and the edges between states.
 */
#include "core/io.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#define LANE 3u

static int setup(void **state)
{
    static struct lio_slab slab;

    assert_int_equal(lio_slab_init(&slab), 0);
    *state = &slab;
    return 0;
}

static int teardown(void **state)
{
    lio_slab_release(*state);
    return 0;
}

static struct lio_io *find(const struct lio_slab *slab, uint64_t id)
{
    enum lio_io_state state;
    struct lio_io *io = lio_slab_at(slab, (uint32_t)id & 0xffffffu);

    return io && lio_io_is(io, id, &state) ? io : NULL;
}

static void an_id_leads_to_its_object(void **state)
{
    struct lio_slab *slab = *state;

    for (int i = 0; i < 1000; i++) {
        struct lio_io *io = lio_slab_get(slab, NULL, LANE);

        assert_non_null(io);
        assert_int_equal((uint32_t)lio_io_id(io) >> 24, LANE);
        assert_ptr_equal(find(slab, lio_io_id(io)), io);
        assert_int_equal(io->op.id, lio_io_id(io));
    }
    assert_int_equal(slab->nused, 1000);
}

static void an_old_id_leads_nowhere(void **state)
{
    struct lio_slab *slab = *state;
    struct lio_io *io = lio_slab_get(slab, NULL, LANE);
    uint64_t old = lio_io_id(io);

    lio_slab_put(slab, io);
    assert_null(find(slab, old));
    assert_ptr_equal(lio_slab_get(slab, NULL, LANE), io); /* the same memory */
    assert_null(find(slab, old));
    assert_int_not_equal(lio_io_id(io), old);
}

static void an_object_is_born_without_a_past(void **state)
{
    struct lio_slab *slab = *state;
    struct lio_io *io = lio_slab_get(slab, NULL, LANE);

    atomic_store(&io->failure, 1);
    atomic_store(&io->cancelled, LIO_ECANCELED);
    io->moved = 77;
    io->tries = 3;
    lio_slab_put(slab, io);
    io = lio_slab_get(slab, NULL, LANE);
    assert_int_equal(lio_io_code(io), 0);
    assert_int_equal(atomic_load(&io->cancelled), 0);
    assert_int_equal(io->moved, 0);
    assert_int_equal(io->tries, 0);
}

static void a_place_never_used_has_no_object(void **state)
{
    struct lio_slab *slab = *state;

    assert_null(lio_slab_at(slab, 0));
    assert_non_null(lio_slab_get(slab, NULL, LANE));
    assert_non_null(lio_slab_at(slab, LIO_SLAB_CHUNK - 1));
    assert_null(lio_slab_at(slab, LIO_SLAB_CHUNK));
    assert_null(lio_slab_at(slab, 0xffffffu));
}

static void an_edge_is_taken_once(void **state)
{
    struct lio_slab *slab = *state;
    struct lio_io *io = lio_slab_get(slab, NULL, LANE);

    assert_false(lio_io_move(io, LIO_IO_QUEUED, LIO_IO_ISSUED));
    assert_true(lio_io_move(io, LIO_IO_NEW, LIO_IO_QUEUED));
    assert_false(lio_io_move(io, LIO_IO_NEW, LIO_IO_QUEUED));
    assert_true(lio_io_move(io, LIO_IO_QUEUED, LIO_IO_ISSUED));
    assert_true(lio_io_move(io, LIO_IO_ISSUED, LIO_IO_DONE));
    assert_true(lio_io_claim(io, lio_io_id(io)));
    assert_false(lio_io_claim(io, lio_io_id(io)));
}

static void a_result_is_not_claimed_by_an_old_id(void **state)
{
    struct lio_slab *slab = *state;
    struct lio_io *io = lio_slab_get(slab, NULL, LANE);
    uint64_t old = lio_io_id(io);

    lio_slab_put(slab, io);
    io = lio_slab_get(slab, NULL, LANE);
    assert_true(lio_io_move(io, LIO_IO_NEW, LIO_IO_QUEUED));
    assert_true(lio_io_move(io, LIO_IO_QUEUED, LIO_IO_DONE));
    assert_false(lio_io_claim(io, old));
    assert_true(lio_io_claim(io, lio_io_id(io)));
}

static void lists_keep_order(void **state)
{
    struct lio_slab *slab = *state;
    struct lio_io *io[4];
    struct lio_io_list list = { 0 };

    for (int i = 0; i < 4; i++)
        io[i] = lio_slab_get(slab, NULL, LANE);
    lio_io_append(&list, io[1]);
    lio_io_append(&list, io[2]);
    lio_io_prepend(&list, io[0]);
    lio_io_append(&list, io[3]);
    lio_io_unlink(&list, io[2]);
    assert_ptr_equal(lio_io_pop(&list), io[0]);
    assert_ptr_equal(lio_io_pop(&list), io[1]);
    assert_ptr_equal(lio_io_pop(&list), io[3]);
    assert_null(lio_io_pop(&list));
    assert_null(list.tail);
}

static void pages_are_used_again(void **state)
{
    struct lio_slab *slab = *state;
    void *one = lio_slab_get_page(slab), *other = lio_slab_get_page(slab);

    assert_true(one && other && one != other);
    assert_int_equal((uintptr_t)one % 4096, 0);
    assert_int_equal((uintptr_t)other % 4096, 0);
    memset(one, 0xff, 4096);
    lio_slab_put_page(slab, one);
    lio_slab_put_page(slab, other);
    assert_ptr_equal(lio_slab_get_page(slab), other);
    assert_ptr_equal(lio_slab_get_page(slab), one);
    lio_slab_put_page(slab, one);
    lio_slab_put_page(slab, other);
}

static void fills_are_used_again(void **state)
{
    struct lio_slab *slab = *state;
    struct lio_fill *fill = lio_slab_get_fill(slab);

    assert_non_null(fill);
    lio_slab_put_fill(slab, fill);
    assert_ptr_equal(lio_slab_get_fill(slab), fill);
    lio_slab_put_fill(slab, fill);
}

#define slab_test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        slab_test(an_id_leads_to_its_object),
        slab_test(an_old_id_leads_nowhere),
        slab_test(an_object_is_born_without_a_past),
        slab_test(a_place_never_used_has_no_object),
        slab_test(an_edge_is_taken_once),
        slab_test(a_result_is_not_claimed_by_an_old_id),
        slab_test(lists_keep_order),
        slab_test(pages_are_used_again),
        slab_test(fills_are_used_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
