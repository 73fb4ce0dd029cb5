/*
 * The rules of filter-fault, right and wrong, and the counts behind their
 * rates.
 */
#include "plugins/filter-fault/places.h"
#include "plugins/filter-fault/rules.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static const struct lio_rule *must_parse(struct lio_rules *rules,
                                         const char *text)
{
    struct lio_error err = { 0 };

    if (lio_rules_parse(rules, "rules", text, &err) < 0)
        fail_msg("%s", err.msg);
    return rules->rules;
}

static void no_text_is_no_rule(void **state)
{
    static const char *const texts[] = { "", " ", ";", " ; ;; " };
    struct lio_rules rules = { 0 };

    (void)state;
    for (uint32_t i = 0; i < LIO_COUNT(texts); i++)
        (void)must_parse(&rules, texts[i]);
    assert_int_equal(rules.n, 0);
    lio_rules_release(&rules);
}

static void a_rule_holds_what_was_written(void **state)
{
    struct lio_rules rules = { 0 };
    const struct lio_rule *rule = must_parse(
        &rules, "read:file=a b*.lance:range=4K-8191:rate=0.25:nth=3:max=9:"
                "errno=ESTALE");

    (void)state;
    assert_int_equal(rules.n, 1);
    assert_int_equal(rule->ops, LIO_RULE_READ);
    assert_string_equal(rule->file, "a b*.lance");
    assert_int_equal(rule->from_at, 4096);
    assert_int_equal(rule->to_at, 8191);
    assert_int_equal(rule->rate, LIO_RATE_ONE / 4);
    assert_int_equal(rule->nth, 3);
    assert_int_equal(rule->max, 9);
    assert_int_equal(rule->effect, LIO_EFFECT_ERRNO);
    assert_int_equal(rule->amount, ESTALE);
    lio_rules_release(&rules);
}

static void what_is_not_written_is_any(void **state)
{
    struct lio_rules rules = { 0 };
    const struct lio_rule *rule = must_parse(&rules, "any:duplicate");

    (void)state;
    assert_int_equal(rule->ops, LIO_RULE_ANY);
    assert_null(rule->file);
    assert_int_equal(rule->from_at, 0);
    assert_true(rule->to_at == UINT64_MAX);
    assert_int_equal(rule->rate, LIO_RATE_ONE);
    assert_int_equal(rule->nth, 0);
    assert_int_equal(rule->max, 0);
    lio_rules_release(&rules);
}

static void effects_have_their_amounts(void **state)
{
    static const struct {
        const char *text;
        enum lio_effect effect;
        uint64_t amount;
    } cases[] = {
        { "write:short=512", LIO_EFFECT_SHORT, 512 },
        { "read:short=4K", LIO_EFFECT_SHORT, 4096 },
        { "sync:delay=2ms", LIO_EFFECT_DELAY, 2000000 },
        { "any:late", LIO_EFFECT_LATE, 20000000 },
        { "any:late=1s", LIO_EFFECT_LATE, 1000000000 },
        { "any:reorder", LIO_EFFECT_REORDER, 4 },
        { "any:reorder=1", LIO_EFFECT_REORDER, 1 },
        { "open:errno=EMFILE", LIO_EFFECT_ERRNO, EMFILE },
    };

    (void)state;
    for (uint32_t i = 0; i < LIO_COUNT(cases); i++) {
        struct lio_rules rules = { 0 };
        const struct lio_rule *rule = must_parse(&rules, cases[i].text);

        assert_int_equal(rule->effect, cases[i].effect);
        assert_int_equal(rule->amount, cases[i].amount);
        lio_rules_release(&rules);
    }
}

static void rates_are_decimal(void **state)
{
    static const struct {
        const char *text;
        uint32_t rate;
    } cases[] = {
        { "0", 0 },
        { "1", 1000000000 },
        { "1.0", 1000000000 },
        { "0.5", 500000000 },
        { ".01", 10000000 },
        { "0.000000001", 1 },
        { "1.", 1000000000 },
        { "0.123456789", 123456789 },
    };
    char text[64];

    (void)state;
    for (uint32_t i = 0; i < LIO_COUNT(cases); i++) {
        struct lio_rules rules = { 0 };

        (void)snprintf(text, sizeof(text), "any:rate=%s:late", cases[i].text);
        assert_int_equal(must_parse(&rules, text)->rate, cases[i].rate);
        lio_rules_release(&rules);
    }
}

static void blanks_do_not_matter(void **state)
{
    struct lio_rules rules = { 0 };
    const struct lio_rule *rule =
        must_parse(&rules, "  read : range = 1-2 : errno = EIO ; sync:late ;");

    (void)state;
    assert_int_equal(rules.n, 2);
    assert_int_equal(rule[0].to_at, 2);
    assert_int_equal(rule[0].amount, EIO);
    assert_int_equal(rule[1].ops, LIO_RULE_SYNC);
    lio_rules_release(&rules);
}

static void texts_add_up(void **state)
{
    struct lio_rules rules = { 0 };

    (void)state;
    (void)must_parse(&rules, "read:late; read:late");
    (void)must_parse(&rules, "write:range=5-:late");
    assert_int_equal(rules.n, 3);
    assert_int_equal(rules.rules[2].from_at, 5);
    assert_true(rules.rules[2].to_at == UINT64_MAX);
    lio_rules_release(&rules);
}

static void what_is_wrong_is_told_with_its_place(void **state)
{
    static const struct {
        const char *text, *why;
    } cases[] = {
        { "raed:errno=EIO",
          "rule 1, character 1: unknown operation 'raed'; did you mean "
          "'read'?" },
        { "read:errno=EIO; read:erno=EIO",
          "rule 2, character 22: unknown word 'erno'; did you mean "
          "'errno'?" },
        { "read:errno=EOI", "character 12: unknown errno 'EOI'; did you mean "
                            "'EIO'?" },
        { "read", "character 1: the rule has no effect" },
        { "read:", "character 6: there is a word missing" },
        { "read::late", "character 6: there is a word missing" },
        { "read:errno=", "character 12: there is a word missing" },
        { "read:errno", "'errno' needs a value" },
        { "read:duplicate=2", "'duplicate' takes no value" },
        { "read:late:duplicate", "'duplicate' is a second effect" },
        { "read:rate=1.1:late", "'1.1' is not a rate" },
        { "read:rate=10:late", "'10' is not a rate" },
        { "read:rate=11111111111:late", "is not a rate" },
        { "read:rate=-1:late", "'-1' is not a rate" },
        { "read:rate=.:late", "'.' is not a rate" },
        { "read:rate=0,5:late", "'0,5' is not a rate" },
        { "read:rate=0.0000000001:late", "at most 9 digits" },
        { "read:range=4096:late", "is no range" },
        { "read:range=9-8:late", "ends before it begins" },
        { "read:range=x-8:late", "'x'" },
        { "read:range=1-x:late", "'x'" },
        { "read:nth=0:late", "'0' is too small" },
        { "read:nth=one:late", "'one'" },
        { "read:max=0:late", "'0' is too small" },
        { "read:short=0", "'0' is too small" },
        { "read:delay=2", "'2'" },
        { "read:reorder=0", "'0' is too small" },
        { "read:file=a:file=b:late", "there is a second file" },
        { "open:late", "an open can only fail" },
        { "open:range=1-2:errno=EIO", "only reads and writes have a range" },
        { "sync:range=1-2:late", "only reads and writes have a range" },
        { "sync:short=1", "only reads and writes can be short" },
        { "read:"
          "0123456789012345678901234567890123456789012345678901234567890123456",
          "the word is too long" },
    };

    (void)state;
    for (uint32_t i = 0; i < LIO_COUNT(cases); i++) {
        struct lio_rules rules = { 0 };
        struct lio_error err = { 0 };

        assert_int_equal(lio_rules_parse(&rules, "rules9", cases[i].text, &err),
                         LIO_ECONFIG);
        if (strncmp(err.msg, "[filter-fault] rules9: rule ", 28) ||
            !strstr(err.msg, cases[i].why))
            fail_msg("'%s': '%s' does not say '%s'", cases[i].text, err.msg,
                     cases[i].why);
        lio_rules_release(&rules);
    }
}

static void there_are_64_rules_at_most(void **state)
{
    struct lio_rules rules = { 0 };
    struct lio_error err = { 0 };

    (void)state;
    for (uint32_t i = 0; i < LIO_RULES_MAX; i++)
        (void)must_parse(&rules, "read:late");
    assert_int_equal(lio_rules_parse(&rules, "rules", "read:late", &err),
                     LIO_ECONFIG);
    assert_int_equal(rules.n, LIO_RULES_MAX);
    lio_rules_release(&rules);
}

/* -- places --------------------------------------------------------------- */

static void every_place_is_counted_by_itself(void **state)
{
    struct lio_places places = { 0 };

    (void)state;
    for (uint64_t round = 0; round < 3; round++)
        for (uint64_t key = 0; key < 5000; key++)
            assert_int_equal(lio_places_count(&places, key * key), round);
    lio_places_release(&places);
}

static void too_many_places_share(void **state)
{
    struct lio_places places = { 0 };

    (void)state;
    for (uint64_t key = 0; key < LIO_PLACES_MAX; key++)
        assert_int_equal(lio_places_count(&places, key), 0);
    for (uint64_t key = 0; key < 1000; key++)
        assert_true(lio_places_count(&places, key + LIO_PLACES_MAX) > 0);
    assert_int_equal(places.n, LIO_PLACES_MAX);
    lio_places_release(&places);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_text_is_no_rule),
        cmocka_unit_test(a_rule_holds_what_was_written),
        cmocka_unit_test(what_is_not_written_is_any),
        cmocka_unit_test(effects_have_their_amounts),
        cmocka_unit_test(rates_are_decimal),
        cmocka_unit_test(blanks_do_not_matter),
        cmocka_unit_test(texts_add_up),
        cmocka_unit_test(what_is_wrong_is_told_with_its_place),
        cmocka_unit_test(there_are_64_rules_at_most),
        cmocka_unit_test(every_place_is_counted_by_itself),
        cmocka_unit_test(too_many_places_share),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
