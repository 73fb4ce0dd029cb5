/*
 * The ledger of memory for requests.
 */
#include "core/memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

static void what_is_got_is_counted_in_pages(void **state)
{
    struct lio_memory memory = { 0 };
    void *a = lio_memory_get(&memory, 1), *b = lio_memory_get(&memory, 4097);

    (void)state;
    assert_non_null(a);
    assert_non_null(b);
    assert_int_equal((uintptr_t)a % 4096, 0);
    memset(b, 1, 4097);
    assert_int_equal(atomic_load(&memory.taken_bytes), 3 * 4096);
    lio_memory_put(&memory, a, 1);
    lio_memory_put(&memory, b, 4097);
    lio_memory_put(&memory, NULL, 99);
    assert_int_equal(atomic_load(&memory.taken_bytes), 0);
}

static void the_limit_is_kept(void **state)
{
    struct lio_memory memory = { .limit_bytes = 8192 };
    void *a = lio_memory_get(&memory, 4096), *b = lio_memory_get(&memory, 4096);

    (void)state;
    assert_non_null(a);
    assert_non_null(b);
    assert_null(lio_memory_get(&memory, 1));
    lio_memory_put(&memory, a, 4096);
    assert_null(lio_memory_get(&memory, 8192));
    a = lio_memory_get(&memory, 4096);
    assert_non_null(a);
    lio_memory_put(&memory, a, 4096);
    lio_memory_put(&memory, b, 4096);
    assert_int_equal(atomic_load(&memory.taken_bytes), 0);
}

static void absurd_sizes_are_refused(void **state)
{
    struct lio_memory memory = { 0 };

    (void)state;
    assert_null(lio_memory_get(&memory, UINT64_MAX));
    assert_null(lio_memory_get(&memory, (uint64_t)INT64_MAX + 1));
    assert_int_equal(atomic_load(&memory.taken_bytes), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_got_is_counted_in_pages),
        cmocka_unit_test(the_limit_is_kept),
        cmocka_unit_test(absurd_sizes_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
