/*
 * Which reads become one: what the core does around a coalescer plugin.
 *
 *     members, any order      sorted               groups
 *     ┌───────────────┐      ┌───────────────┐    ┌─ [0] ─┐ read 1
 *     │ c  a  ∅  d  b │ ───► │ a  b  c  d │ ∅ │ ─► │ a  b  │
 *     └───────────────┘      └────────────┴──┘    └───────┘
 *                                     empty       ┌─ [1] ─┐ read 2
 *                                                 │ c  d  │
 *                                                 └───────┘
 *
 * The core sorts, sets aside what is empty, asks the plugin, and believes
 * nothing it says: an answer that breaks one rule of struct lio_coalesce_ops is
 * counted and dropped whole, and each member becomes a read of its own, as it
 * does without a plugin.  So a bad coalescer can be slow but not wrong.
 *
 * Nothing is allocated: a call takes at most LIO_COALESCE_MAX members, and all
 * it makes is on the caller's stack.
 */
#ifndef LIO_CORE_COALESCE_H
#define LIO_CORE_COALESCE_H

#include <lanceio/plugin.h>

#include <stdatomic.h>

#include "core/device.h"

struct lio_loaded;

/* One read of a file that might be merged with others of the same file. */
struct lio_member {
    uint64_t offset, length; /* bytes; ends at INT64_MAX at most */
    uint32_t index;          /* the caller's, untouched */
};

/* What is read at once.  A group of one member is that member. */
struct lio_merged {
    struct lio_range range;
    uint32_t first, count; /* members, among the sorted ones */
    uint32_t tier;         /* enum lio_coalesce_tier */
    uint64_t asked; /* bytes of the range that some member covers; the rest is
                       waste */
};

struct lio_coalesce_plan {
    uint32_t nmembers; /* that are not empty: members[0 .. nmembers-1], sorted;
                          the empty ones stand behind them */
    uint32_t ngroups;
    struct lio_merged groups[LIO_COALESCE_MAX]; /* in the order of members */
};

/* What the device is busy with, besides the members. */
struct lio_coalesce_load {
    const struct lio_device *device;
    uint32_t in_flight; /* operations, now */
    uint32_t depth;     /* the most there can be at once */
    uint32_t queued;    /* operations that wait for room already */
};

struct lio_coalescer {
    struct lio_coalesce_ops ops; /* plan NULL: none */
    void *instance;
    uint64_t max_bytes;
    uint32_t max_members;
    _Atomic uint64_t refused; /* answers that broke a rule */
};

/*
 * `plugin` NULL: none, and the rest is not looked at.  No merged read will be
 * longer than `max_bytes`, unless one member is, or have more than
 * `max_members` (1 .. LIO_COALESCE_MAX).  `values`, in the order of the
 * plugin's parameters, live as long as the coalescer.  On failure `coalescer`
 * is as after none.
 */
int lio_coalescer_open(struct lio_coalescer *coalescer,
                       const struct lio_loaded *plugin,
                       const union lio_value *values, uint64_t max_bytes,
                       uint32_t max_members, struct lio_error *err);

/* Accepts one that could not be opened. */
void lio_coalescer_close(struct lio_coalescer *coalescer);

/*
 * Sort `members`, n <= LIO_COALESCE_MAX of them, in place, and say which are
 * read together.  They may be in any order, overlap, repeat and be empty.
 * Threads: any, at once.
 */
void lio_coalesce(struct lio_coalescer *coalescer, struct lio_member *members,
                  uint32_t n, const struct lio_coalesce_load *load,
                  struct lio_coalesce_plan *ret_plan);

#endif
