/*
 * An arena gives aligned memory, and back what was taken since a mark.
 */
#include "column/write/arena.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void memory_is_aligned_and_its_own(void **state)
{
    struct lio_arena arena = { 0 };
    uint8_t *blocks[200];

    (void)state;
    for (size_t i = 0; i < 200; i++) {
        blocks[i] = lio_arena_alloc(&arena, i * 37);
        assert_non_null(blocks[i]);
        assert_int_equal((uintptr_t)blocks[i] % 64, 0);
        memset(blocks[i], (int)i, i * 37);
    }
    for (size_t i = 1; i < 200; i++) {
        assert_int_equal(blocks[i][0], i);
        assert_int_equal(blocks[i][i * 37 - 1], i);
    }
    lio_arena_release(&arena);
    assert_int_equal(arena.bytes, 0);
}

static void small_things_are_zeroed(void **state)
{
    struct lio_arena arena = { 0 };
    static const uint8_t zero[100];
    struct lio_arena_mark mark = lio_arena_mark(&arena);
    uint8_t *thing;

    (void)state;
    for (int again = 0; again < 2; again++) {
        thing = lio_arena_zeroed(&arena, sizeof(zero));
        assert_non_null(thing);
        assert_memory_equal(thing, zero, sizeof(zero));
        memset(thing, 0xff, sizeof(zero));
        lio_arena_rewind(&arena, mark);
    }
    lio_arena_release(&arena);
}

static void marks_are_gone_back_to(void **state)
{
    struct lio_arena arena = { 0 };
    uint8_t *kept = lio_arena_alloc(&arena, 10), *next, *again;
    struct lio_arena_mark mark = lio_arena_mark(&arena);
    uint64_t bytes = arena.bytes;

    (void)state;
    assert_non_null(kept);
    kept[0] = 7;
    next = lio_arena_alloc(&arena, 10);
    assert_non_null(lio_arena_alloc(&arena, 10 << 20));
    assert_true(arena.bytes > bytes);
    lio_arena_rewind(&arena, mark);
    assert_int_equal(arena.bytes, bytes);
    again = lio_arena_alloc(&arena, 10);
    assert_ptr_equal(again, next);
    assert_int_equal(kept[0], 7);
    lio_arena_release(&arena);
}

static void more_than_there_is_is_refused(void **state)
{
    struct lio_arena arena = { 0 };

    (void)state;
    assert_null(lio_arena_alloc(&arena, UINT64_MAX));
    assert_null(lio_arena_alloc(&arena, UINT64_MAX / 2 - 10));
    lio_arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_is_aligned_and_its_own),
        cmocka_unit_test(small_things_are_zeroed),
        cmocka_unit_test(marks_are_gone_back_to),
        cmocka_unit_test(more_than_there_is_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
