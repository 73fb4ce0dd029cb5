#include "common/suggest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const char *const names[] = { "engine", "cache",         "queue_depth",
                                     "size",   "backend-uring", "cache-lru" };

static const char *suggest(const char *word)
{
    return lio_suggest(word, names, sizeof(names) / sizeof(names[0]));
}

static void one_letter_too_few_is_near(void **state)
{
    (void)state;
    assert_string_equal(suggest("engin"), "engine");
}

static void one_letter_too_many_is_near(void **state)
{
    (void)state;
    assert_string_equal(suggest("sizes"), "size");
}

static void a_wrong_letter_is_near(void **state)
{
    (void)state;
    assert_string_equal(suggest("queue-depth"), "queue_depth");
}

static void swapped_neighbours_count_once(void **state)
{
    (void)state;
    assert_string_equal(suggest("cahce"), "cache");
    assert_string_equal(suggest("szie"), "size");
}

static void letter_case_does_not_count(void **state)
{
    (void)state;
    assert_string_equal(suggest("CACHE"), "cache");
}

static void the_word_of_a_plugin_finds_it(void **state)
{
    (void)state;
    assert_string_equal(suggest("uring"), "backend-uring");
    assert_string_equal(suggest("lur"), "cache-lru");
}

static void the_kind_of_a_plugin_makes_nothing_near(void **state)
{
    (void)state;
    assert_string_equal(suggest("cache-lur"), "cache-lru");
    assert_string_equal(suggest("cahce-lru"), "cache-lru");
    assert_null(suggest("cache-foo"));
}

static void one_letter_is_no_mistyped_other(void **state)
{
    static const char *const letters[] = { "a", "b" };

    (void)state;
    assert_null(lio_suggest("z", letters, 2));
    assert_string_equal(lio_suggest("B", letters, 2), "b");
}

static void the_nearer_of_two_wins(void **state)
{
    static const char *const two[] = { "shard", "shards" };

    (void)state;
    assert_string_equal(lio_suggest("shards", two, 2), "shards");
    assert_string_equal(lio_suggest("shard", two, 2), "shard");
}

static void of_equally_near_names_the_first_wins(void **state)
{
    static const char *const two[] = { "cat", "car" };

    (void)state;
    assert_string_equal(lio_suggest("cap", two, 2), "cat");
}

static void nothing_near_is_null(void **state)
{
    (void)state;
    assert_null(suggest("elephant"));
    assert_null(suggest(""));
    assert_null(lio_suggest("cache", names, 0));
}

static void a_word_of_any_length_is_safe(void **state)
{
    char word[1000];

    (void)state;
    memset(word, 'c', sizeof(word) - 1);
    word[sizeof(word) - 1] = '\0';
    assert_null(suggest(word));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_letter_too_few_is_near),
        cmocka_unit_test(one_letter_too_many_is_near),
        cmocka_unit_test(a_wrong_letter_is_near),
        cmocka_unit_test(swapped_neighbours_count_once),
        cmocka_unit_test(letter_case_does_not_count),
        cmocka_unit_test(the_word_of_a_plugin_finds_it),
        cmocka_unit_test(the_kind_of_a_plugin_makes_nothing_near),
        cmocka_unit_test(one_letter_is_no_mistyped_other),
        cmocka_unit_test(the_nearer_of_two_wins),
        cmocka_unit_test(of_equally_near_names_the_first_wins),
        cmocka_unit_test(nothing_near_is_null),
        cmocka_unit_test(a_word_of_any_length_is_safe),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
