/*
 * A host for replacement policies, as simple as can be: which key is in which
 * slot.  And textbooks to compare them with: lines of keys in arrays, searched
 * and shifted from end to end, and so hard to get wrong.
 */
#ifndef LIO_TESTS_POLICY_HOST_H
#define LIO_TESTS_POLICY_HOST_H

#include <lanceio/plugin.h>

#define HOST_KEY_BITS 12u
#define HOST_KEYS     (1u << HOST_KEY_BITS) /* keys are below */
#define NO_KEY        UINT32_MAX

/* -- the host ------------------------------------------------------------ */

struct policy_host {
    const struct lio_cache_ops *ops;
    void *policy;
    uint32_t nslots, nused;
    uint32_t slot_of[HOST_KEYS]; /* or LIO_NO_SLOT */
    uint32_t key_of[HOST_KEYS];  /* by slot */
    bool pinned[HOST_KEYS];      /* by slot */
    uint64_t misses;
};

/* The plugin that is linked in, with these parameters.  Fails the test if it
 * cannot be opened. */
struct policy_host *policy_host_open(uint32_t nslots,
                                     const union lio_value *params);
void policy_host_close(struct policy_host *host);

/* Ask for `key`; returns the key that was given up for it, or NO_KEY. */
uint32_t policy_host_access(struct policy_host *host, uint32_t key);

/* -- textbooks ----------------------------------------------------------- */

/* Keys, the newest first. */
struct line {
    uint32_t keys[HOST_KEYS];
    uint32_t count;
};

/* Where `key` stands, or NO_KEY. */
uint32_t line_find(const struct line *line, uint32_t key);
void line_push(struct line *line, uint32_t key);
uint32_t line_pop_oldest(struct line *line);

/* Take `key` out if it is there; returns whether it was. */
bool line_take(struct line *line, uint32_t key);

/*
 * Let policy and textbook do the same 50,000 accesses, skewed as Zipf's law
 * is, and compare each victim.  `access(book, key)` returns the key given up,
 * or NO_KEY.
 */
void compare_with_textbook(struct policy_host *host,
                           uint32_t (*access)(void *book, uint32_t key),
                           void *book);

#endif
