/*
 * The parser.  It goes through the text once; the first thing that is wrong
 * stops it, and is told with its place.
 */
#include "rules.h"

#include <stdlib.h>

#include "common/suggest.h"
#include "common/units.h"

#define BLANKS         " \t"
#define WORD_MAX       64u
#define LATE_PRESET    UINT64_C(20000000) /* ns */
#define REORDER_PRESET 4u

struct parser {
    const char *key;
    const char *text; /* all of it */
    const char *at;   /* what comes next */
    const char *word; /* that is being read, for messages */
    uint32_t number;  /* of the rule, from 1 */
    struct lio_error *err;
};

static int complain(const struct parser *p, const char *fmt, ...)
    LIO_PRINTF(2, 3);

static int complain(const struct parser *p, const char *fmt, ...)
{
    char what[320];
    va_list args;

    va_start(args, fmt);
    (void)vsnprintf(what, sizeof(what), fmt, args);
    va_end(args);
    return lio_error_set(
        p->err, LIO_ECONFIG, "[filter-fault] %s: rule %u, character %zu: %s",
        p->key, p->number, (size_t)(p->word - p->text) + 1, what);
}

/* -- words ---------------------------------------------------------------- */

/* A name or a value, up to one of `ends`, without the blanks around it. */
static int take_word(struct parser *p, const char *ends, char word[WORD_MAX])
{
    size_t len;

    p->at += strspn(p->at, BLANKS);
    p->word = p->at;
    len = strcspn(p->at, ends);
    p->at += len;
    while (len > 0 && strchr(BLANKS, p->word[len - 1]))
        len--;
    if (len == 0)
        return complain(p, "there is a word missing");
    if (len >= WORD_MAX)
        return complain(p, "the word is too long");
    memcpy(word, p->word, len);
    word[len] = '\0';
    return 0;
}

static int unknown(const struct parser *p, const char *what, const char *word,
                   const char *const *names, size_t n)
{
    const char *nearest = lio_suggest(word, names, n);

    return complain(p, "unknown %s '%s'%s%s%s", what, word,
                    nearest ? "; did you mean '" : "", nearest ? nearest : "",
                    nearest ? "'?" : "");
}

/* A number in one of the notations of common/units.h. */
static int take_number(const struct parser *p, const char *value,
                       const char *(*parse)(const char *, uint64_t *),
                       uint64_t min, uint64_t *ret_number)
{
    const char *wrong = parse(value, ret_number);

    if (wrong)
        return complain(p, "'%s' %s", value, wrong);
    if (*ret_number < min)
        return complain(p, "'%s' is too small: at least %llu", value,
                        (unsigned long long)min);
    return 0;
}

/* -- conditions ----------------------------------------------------------- */

/* 0.01, .5, 1: decimal in every locale. */
static int take_rate(struct parser *p, const char *value, struct lio_rule *rule)
{
    uint32_t rate = 0, digit = LIO_RATE_ONE;
    const char *c = value;

    for (; *c == '0' || *c == '1'; c++)
        rate = rate * 10 + (uint32_t)(*c - '0') * LIO_RATE_ONE;
    if (c > value + 1)
        return complain(p, "'%s' is not a rate: write 0 .. 1", value);
    if (*c == '.')
        for (c++; *c >= '0' && *c <= '9' && digit > 1; c++)
            rate += (uint32_t)(*c - '0') * (digit /= 10);
    if (*c || rate > LIO_RATE_ONE || !strcmp(value, "."))
        return complain(p,
                        "'%s' is not a rate: write 0 .. 1, with at most 9 "
                        "digits after the point",
                        value);
    rule->rate = rate;
    return 0;
}

/* FROM-TO, both included; "FROM-" is up to the end. */
static int take_range(struct parser *p, char *value, struct lio_rule *rule)
{
    char *dash = strchr(value, '-');
    int rc;

    if (!dash)
        return complain(p, "'%s' is no range: write FROM-TO", value);
    *dash = '\0';
    rc = take_number(p, value, lio_size_parse, 0, &rule->from_at);
    rule->to_at = UINT64_MAX;
    if (rc == 0 && dash[1])
        rc = take_number(p, dash + 1, lio_size_parse, 0, &rule->to_at);
    if (rc == 0 && rule->from_at > rule->to_at)
        rc = complain(p, "the range ends before it begins");
    return rc;
}

static int take_file(struct parser *p, const char *value, struct lio_rule *rule)
{
    if (rule->file)
        return complain(p, "there is a second file");
    rule->file = strdup(value);
    return rule->file ? 0 : lio_error_set(p->err, LIO_ENOMEM, "no memory");
}

/* -- effects -------------------------------------------------------------- */

static const struct {
    const char *name;
    int number;
} errnos[] = {
#define E(name)                                                                \
    {                                                                          \
#name, name                                                            \
    }
    E(EACCES),    E(EAGAIN),       E(EBADF),     E(EBUSY),    E(ECANCELED),
    E(ECOMM),     E(ECONNRESET),   E(EDQUOT),    E(EFAULT),   E(EFBIG),
    E(EHOSTDOWN), E(EHOSTUNREACH), E(EILSEQ),    E(EINTR),    E(EINVAL),
    E(EIO),       E(EISDIR),       E(EMFILE),    E(ENETDOWN), E(ENETRESET),
    E(ENFILE),    E(ENODATA),      E(ENODEV),    E(ENOENT),   E(ENOLINK),
    E(ENOMEM),    E(ENOSPC),       E(ENOTDIR),   E(ENXIO),    E(EOPNOTSUPP),
    E(EPERM),     E(EPIPE),        E(EREMOTEIO), E(EROFS),    E(ESTALE),
    E(ETIMEDOUT),
#undef E
};

static int take_errno(struct parser *p, const char *value,
                      struct lio_rule *rule)
{
    const char *names[LIO_COUNT(errnos)];

    for (uint32_t i = 0; i < LIO_COUNT(errnos); i++) {
        if (!strcmp(errnos[i].name, value)) {
            rule->amount = (uint64_t)errnos[i].number;
            return 0;
        }
        names[i] = errnos[i].name;
    }
    return unknown(p, "errno", value, names, LIO_COUNT(errnos));
}

/* What a name of a rule means. */
enum word { RATE, NTH, MAX, RANGE, FILE_, EFFECT };

static const struct word_of_rule {
    const char *name;
    enum word word;
    enum lio_effect effect;
    bool needs_value, takes_value;
} words[] = {
    { "rate", RATE, 0, true, true },
    { "nth", NTH, 0, true, true },
    { "max", MAX, 0, true, true },
    { "range", RANGE, 0, true, true },
    { "file", FILE_, 0, true, true },
    { "errno", EFFECT, LIO_EFFECT_ERRNO, true, true },
    { "short", EFFECT, LIO_EFFECT_SHORT, true, true },
    { "delay", EFFECT, LIO_EFFECT_DELAY, true, true },
    { "late", EFFECT, LIO_EFFECT_LATE, false, true },
    { "reorder", EFFECT, LIO_EFFECT_REORDER, false, true },
    { "duplicate", EFFECT, LIO_EFFECT_DUPLICATE, false, false },
};

static int take_effect(struct parser *p, const struct word_of_rule *word,
                       const char *value, struct lio_rule *rule)
{
    if (rule->effect)
        return complain(p, "'%s' is a second effect: a rule has one",
                        word->name);
    rule->effect = word->effect;
    switch (word->effect) {
    case LIO_EFFECT_ERRNO:
        return take_errno(p, value, rule);
    case LIO_EFFECT_SHORT:
        return take_number(p, value, lio_size_parse, 1, &rule->amount);
    case LIO_EFFECT_DELAY:
    case LIO_EFFECT_LATE:
        rule->amount = LATE_PRESET;
        return value ? take_number(p, value, lio_time_parse, 0, &rule->amount)
                     : 0;
    case LIO_EFFECT_REORDER:
        rule->amount = REORDER_PRESET;
        return value ? take_number(p, value, lio_uint_parse, 1, &rule->amount)
                     : 0;
    default:
        return 0;
    }
}

/* -- a rule --------------------------------------------------------------- */

static int apply(struct parser *p, const struct word_of_rule *word, char *value,
                 struct lio_rule *rule)
{
    switch (word->word) {
    case RATE:
        return take_rate(p, value, rule);
    case NTH:
        return take_number(p, value, lio_uint_parse, 1, &rule->nth);
    case MAX:
        return take_number(p, value, lio_uint_parse, 1, &rule->max);
    case RANGE:
        return take_range(p, value, rule);
    case FILE_:
        return take_file(p, value, rule);
    default:
        return take_effect(p, word, value, rule);
    }
}

static int find_word(const struct parser *p, const char *name,
                     const struct word_of_rule **ret_word)
{
    const char *names[LIO_COUNT(words)];

    for (uint32_t i = 0; i < LIO_COUNT(words); i++) {
        if (!strcmp(words[i].name, name)) {
            *ret_word = &words[i];
            return 0;
        }
        names[i] = words[i].name;
    }
    return unknown(p, "word", name, names, LIO_COUNT(words));
}

static int parse_word(struct parser *p, struct lio_rule *rule)
{
    char name[WORD_MAX], value[WORD_MAX];
    const struct word_of_rule *word;
    bool has_value;
    int rc;

    rc = take_word(p, ":;=", name);
    if (rc == 0)
        rc = find_word(p, name, &word);
    if (rc < 0)
        return rc;
    has_value = *p->at == '=';
    if (has_value && !word->takes_value)
        return complain(p, "'%s' takes no value", name);
    if (!has_value && word->needs_value)
        return complain(p, "'%s' needs a value: %s=...", name, name);
    if (has_value) {
        p->at++;
        rc = take_word(p, ":;", value);
    }
    return rc < 0 ? rc : apply(p, word, has_value ? value : NULL, rule);
}

static int parse_op(struct parser *p, struct lio_rule *rule)
{
    static const char *const names[] = { "read", "write", "sync", "any",
                                         "open" };
    static const uint32_t ops[] = { LIO_RULE_READ, LIO_RULE_WRITE,
                                    LIO_RULE_SYNC, LIO_RULE_ANY,
                                    LIO_RULE_OPEN };
    char name[WORD_MAX];
    int rc = take_word(p, ":;", name);

    if (rc < 0)
        return rc;
    for (uint32_t i = 0; i < LIO_COUNT(names); i++)
        if (!strcmp(names[i], name)) {
            rule->ops = ops[i];
            return 0;
        }
    return unknown(p, "operation", name, names, LIO_COUNT(names));
}

/* What can only be seen once the rule is whole; told at its start. */
static int check_rule(struct parser *p, const char *start,
                      const struct lio_rule *rule)
{
    bool ranged = rule->from_at > 0 || rule->to_at < UINT64_MAX;

    p->word = start;
    if (!rule->effect)
        return complain(p, "the rule has no effect: errno, short, delay, "
                           "late, reorder or duplicate");
    if (rule->ops == LIO_RULE_OPEN && rule->effect != LIO_EFFECT_ERRNO)
        return complain(p, "an open can only fail: errno=...");
    if ((rule->ops == LIO_RULE_OPEN || rule->ops == LIO_RULE_SYNC) && ranged)
        return complain(p, "only reads and writes have a range");
    if (rule->ops == LIO_RULE_SYNC && rule->effect == LIO_EFFECT_SHORT)
        return complain(p, "only reads and writes can be short");
    return 0;
}

static int parse_rule(struct parser *p, struct lio_rule *rule)
{
    const char *start = p->at + strspn(p->at, BLANKS);
    int rc = parse_op(p, rule);

    while (rc == 0 && *p->at == ':') {
        p->at++;
        rc = parse_word(p, rule);
    }
    return rc < 0 ? rc : check_rule(p, start, rule);
}

/* -- all of them ---------------------------------------------------------- */

static struct lio_rule *add_rule(struct lio_rules *rules)
{
    struct lio_rule *grown =
        realloc(rules->rules, (rules->n + 1) * sizeof(*grown));

    if (!grown)
        return NULL;
    rules->rules = grown;
    grown += rules->n++;
    memset(grown, 0, sizeof(*grown));
    grown->to_at = UINT64_MAX;
    grown->rate = LIO_RATE_ONE;
    return grown;
}

int lio_rules_parse(struct lio_rules *rules, const char *key, const char *text,
                    struct lio_error *err)
{
    struct parser p = { .key = key, .text = text, .at = text, .err = err };
    struct lio_rule *rule;
    int rc = 0;

    for (;;) {
        p.at += strspn(p.at, BLANKS ";");
        if (!*p.at)
            return 0;
        p.number++;
        p.word = p.at;
        if (rules->n == LIO_RULES_MAX)
            return complain(&p, "there are more than %u rules", LIO_RULES_MAX);
        rule = add_rule(rules);
        if (!rule)
            return lio_error_set(err, LIO_ENOMEM, "no memory for the rules");
        rc = parse_rule(&p, rule);
        if (rc < 0)
            return rc;
    }
}

void lio_rules_release(struct lio_rules *rules)
{
    for (uint32_t i = 0; i < rules->n; i++)
        free(rules->rules[i].file);
    free(rules->rules);
    *rules = (struct lio_rules){ 0 };
}
