/*
 * Pools: what comes back is used again, within bounds, and outlives its pool.
 */
#include "column/pool.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <string.h>
#include <cmocka.h>

#define LARGE (UINT64_C(100) << 10)

/* From here on memory has a mapping of its own. */
#define MAPPED ((size_t)1 << 20)

static struct lio_pool_use use_of(struct lio_pool *pool)
{
    struct lio_pool_use use;

    lio_pool_use(pool, &use);
    return use;
}

static void memory_is_used_again(void **state)
{
    struct lio_pool *pool = lio_pool_new(4 * LARGE);
    struct lio_mem *mem = lio_pool_take(pool, LARGE), *again;
    const uint8_t *at = mem->data;

    (void)state;
    assert_true(use_of(pool).bytes >= LARGE);
    lio_mem_put(mem);
    assert_int_equal(use_of(pool).bytes, 0);
    again = lio_pool_take(pool, LARGE - 100);
    assert_ptr_equal(again->data, at);
    assert_int_equal(again->bytes, LARGE - 100);
    for (int i = 0; i < LIO_MEM_SLACK; i++)
        assert_int_equal(again->data[again->bytes + (size_t)i], 0);
    lio_mem_put(again);
    lio_pool_close(pool);
}

static void much_larger_memory_is_not_taken(void **state)
{
    struct lio_pool *pool = lio_pool_new(8 * LARGE);
    struct lio_mem *mem = lio_pool_take(pool, 4 * LARGE), *small;

    (void)state;
    lio_mem_put(mem);
    small = lio_pool_take(pool, LARGE);
    assert_true(small->room < 2 * LARGE);
    lio_mem_put(small);
    lio_pool_close(pool);
}

static void idle_memory_is_bounded(void **state)
{
    struct lio_pool *pool = lio_pool_new(2 * LARGE);
    struct lio_mem *mem[4];

    (void)state;
    for (int i = 0; i < 4; i++)
        mem[i] = lio_pool_take(pool, LARGE - 1000);
    assert_true(use_of(pool).peak >= 4 * (LARGE - 1000));
    for (int i = 0; i < 4; i++)
        lio_mem_put(mem[i]);
    assert_true(use_of(pool).idle <= 2 * LARGE);
    assert_true(use_of(pool).idle >= LARGE);
    lio_pool_close(pool);
}

static void what_no_pool_could_keep_is_freed(void **state)
{
    struct lio_pool *pool = lio_pool_new(LARGE);

    (void)state;
    lio_mem_put(lio_pool_take(pool, 2 * LARGE));
    assert_int_equal(use_of(pool).idle, 0);
    lio_pool_close(pool);
}

/* Sanitizers say if the pool goes too early, or never. */
static void memory_outlives_its_pool(void **state)
{
    struct lio_pool *pool = lio_pool_new(4 * LARGE);
    struct lio_mem *mem = lio_pool_take(pool, LARGE);
    struct lio_mem *like = lio_pool_like(mem, LARGE);

    (void)state;
    lio_mem_put(lio_pool_take(pool, 2 * LARGE));
    lio_pool_close(pool);
    mem->data[0] = 1;
    lio_mem_put(mem);
    like->data[0] = 1;
    lio_mem_put(like);
}

static void small_memory_and_none_come_from_the_heap(void **state)
{
    struct lio_pool *pool = lio_pool_new(LARGE);
    struct lio_mem *small = lio_pool_take(pool, 10);
    struct lio_mem *none = lio_pool_take(NULL, LARGE);
    struct lio_mem *like = lio_pool_like(NULL, LARGE);

    (void)state;
    assert_int_equal(use_of(pool).bytes, 0);
    assert_null(none->pool);
    assert_null(like->pool);
    lio_mem_put(small);
    lio_mem_put(none);
    lio_mem_put(like);
    lio_pool_close(pool);
    lio_pool_close(NULL);
}

/* As O_DIRECT wants it, to the end of the last page. */
static void mapped_memory_fills_pages(void **state)
{
    static const size_t odd[] = { 0, 1, 4000, LIO_MEM_PAGE - 1 };
    struct lio_pool *pool = lio_pool_new(0);

    (void)state;
    for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
        size_t bytes = MAPPED + odd[i];
        size_t end = MAPPED + (odd[i] > 0 ? LIO_MEM_PAGE : 0);
        struct lio_mem *mem = lio_pool_take(pool, bytes);

        assert_int_equal((uintptr_t)mem->data % LIO_MEM_PAGE, 0);
        memset(mem->data, 1, bytes);
        assert_true(lio_mem_pad(mem, bytes, end));
        assert_int_equal(mem->data[bytes - 1], 1);
        for (size_t j = bytes; j < end; j++)
            assert_int_equal(mem->data[j], 0);
        assert_false(lio_mem_pad(mem, bytes, mem->room + LIO_MEM_SLACK + 1));
        lio_mem_put(mem);
    }
    lio_pool_close(pool);
}

static void memory_for_devices_begins_with_a_huge_page(void **state)
{
    struct lio_pool *pool = lio_pool_new(0);
    struct lio_mem *large, *full, *small;

    (void)state;
    lio_pool_want_huge(pool);
    large = lio_pool_take(pool, 5 * MAPPED);
    full = lio_pool_take(pool, 5 * MAPPED + MAPPED * 3 / 4);
    assert_true(large->room < 6 * MAPPED - LIO_MEM_SLACK);
    assert_int_equal(full->room, 6 * MAPPED - LIO_MEM_SLACK);
    small = lio_pool_take(pool, MAPPED);
    assert_int_equal((uintptr_t)large->data % (2 * MAPPED), 0);
    assert_int_equal((uintptr_t)small->data % LIO_MEM_PAGE, 0);
    memset(large->data, 1, 5 * MAPPED);
    memset(small->data, 1, MAPPED);
    lio_mem_put(large);
    lio_mem_put(full);
    lio_mem_put(small);
    lio_pool_close(pool);
}

/* Where a device writes it, whatever it was used for before. */
static void memory_is_in_step_with_what_is_read(void **state)
{
    static const uint64_t places[] = { 0, 64, 4032, 4096, 8128, 12345678 };
    static const uint64_t sizes[] = { LARGE, LARGE - 64, 2 * MAPPED };
    struct lio_pool *pool = lio_pool_new(64 * LARGE);

    (void)state;
    for (size_t s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++)
        for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
            struct lio_mem *mem =
                lio_pool_take_for(pool, sizes[s], places[i], LIO_MEM_PAGE);

            assert_int_equal((uintptr_t)mem->data % LIO_MEM_PAGE,
                             places[i] % LIO_MEM_PAGE);
            assert_int_equal(mem->bytes, sizes[s]);
            memset(mem->data, 1, mem->bytes);
            assert_true(lio_mem_pad(mem, mem->bytes, mem->bytes));
            for (size_t k = 0; k < LIO_MEM_SLACK; k++)
                assert_int_equal(mem->data[mem->bytes + k], 0);
            assert_false(
                lio_mem_pad(mem, mem->bytes, mem->room + LIO_MEM_SLACK + 1));
            lio_mem_put(mem);
        }
    assert_true(use_of(pool).idle <=
                3 * (LARGE + 2 * LIO_MEM_PAGE) + 2 * MAPPED + 2 * LIO_MEM_PAGE);
    lio_pool_close(pool);
}

static void memory_in_step_is_used_again_anywhere(void **state)
{
    struct lio_pool *pool = lio_pool_new(8 * LARGE);
    struct lio_mem *mem = lio_pool_take_for(pool, LARGE, 100, LIO_MEM_PAGE);
    struct lio_mem *again;

    (void)state;
    lio_mem_put(mem);
    again = lio_pool_take(pool, LARGE);
    assert_ptr_equal(again, mem);
    assert_int_equal((uintptr_t)again->data % LIO_MEM_ALIGN, 0);
    lio_mem_put(again);
    lio_pool_close(pool);
}

/* The page cache does not mind, nor does what is copied anyway. */
static void memory_is_in_step_only_where_it_matters(void **state)
{
    struct lio_pool *pool = lio_pool_new(8 * LARGE);
    struct lio_mem *buffered = lio_pool_take_for(pool, LARGE, 100, 1);
    struct lio_mem *small = lio_pool_take_for(pool, 1000, 100, LIO_MEM_PAGE);

    (void)state;
    assert_int_equal((uintptr_t)buffered->data % LIO_MEM_ALIGN, 0);
    assert_true(buffered->room < LARGE + LIO_MEM_PAGE);
    assert_int_equal((uintptr_t)small->data % LIO_MEM_ALIGN, 0);
    assert_null(lio_pool_take_for(pool, UINT64_MAX, 0, LIO_MEM_PAGE));
    lio_mem_put(buffered);
    lio_mem_put(small);
    lio_pool_close(pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_is_used_again),
        cmocka_unit_test(much_larger_memory_is_not_taken),
        cmocka_unit_test(idle_memory_is_bounded),
        cmocka_unit_test(what_no_pool_could_keep_is_freed),
        cmocka_unit_test(memory_outlives_its_pool),
        cmocka_unit_test(small_memory_and_none_come_from_the_heap),
        cmocka_unit_test(mapped_memory_fills_pages),
        cmocka_unit_test(memory_for_devices_begins_with_a_huge_page),
        cmocka_unit_test(memory_is_in_step_with_what_is_read),
        cmocka_unit_test(memory_in_step_is_used_again_anywhere),
        cmocka_unit_test(memory_is_in_step_only_where_it_matters),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
