/*
 * Rules: which operations go wrong, and how.
 *
 *     read : file=*.lance : range=4096-8191 : rate=0.01 : errno=EIO ; write ...
 *     └op┘   └─────────── conditions, all of them ───┘   └effect┘
 *
 * The grammar, with blanks free everywhere between words:
 *
 *     rules  = [ rule { ";" rule } ]
 *     rule   = op { ":" word }                 conditions and one effect
 *     op     = "read" | "write" | "sync" | "any" | "open"
 *     word   = name [ "=" value ]
 *
 * README.md says what the words mean.
 */
#ifndef LIO_FAULT_RULES_H
#define LIO_FAULT_RULES_H

#include <lanceio/plugin.h>

#include <stdatomic.h>

#define LIO_RULES_MAX 64u /* one bit each */

/* Operations as bits; the first three by enum lio_op_kind. */
enum lio_rule_op {
    LIO_RULE_READ = 1u << LIO_OP_READ,
    LIO_RULE_WRITE = 1u << LIO_OP_WRITE,
    LIO_RULE_SYNC = 1u << LIO_OP_SYNC,
    LIO_RULE_OPEN = 1u << 0,
    LIO_RULE_ANY = LIO_RULE_READ | LIO_RULE_WRITE | LIO_RULE_SYNC
};

enum lio_effect {
    LIO_EFFECT_NONE,
    LIO_EFFECT_ERRNO,     /* fails with `amount`, without reaching the device */
    LIO_EFFECT_SHORT,     /* moves `amount` bytes at most */
    LIO_EFFECT_DELAY,     /* reaches the device `amount` ns later */
    LIO_EFFECT_LATE,      /* likewise, and cannot be cancelled */
    LIO_EFFECT_REORDER,   /* completes after `amount` others */
    LIO_EFFECT_DUPLICATE, /* completes twice */
    LIO_EFFECTS
};

/* "In 1" of a rate. */
#define LIO_RATE_ONE 1000000000u

struct lio_rule {
    uint32_t ops;     /* enum lio_rule_op */
    char *file;       /* pattern for the last part of the path; NULL: any */
    uint64_t from_at; /* bytes from_at .. to_at; 0 .. UINT64_MAX: any */
    uint64_t to_at;
    uint32_t rate; /* in LIO_RATE_ONE */
    uint64_t nth;  /* only this one of those that match, from 1; 0: any */
    uint64_t max;  /* times at most; 0: any number */
    enum lio_effect effect;
    uint64_t amount;

    _Atomic uint64_t matched; /* operations that met op, file and range */
    _Atomic uint64_t fired;
};

struct lio_rules {
    struct lio_rule *rules;
    uint32_t n;
};

/*
 * Add what `text`, the value of parameter `key`, says.  LIO_ECONFIG names the
 * rule, the character and the reason.  On failure, too, the rules are to be
 * released.
 */
int lio_rules_parse(struct lio_rules *rules, const char *key, const char *text,
                    struct lio_error *err);
void lio_rules_release(struct lio_rules *rules);

#endif
