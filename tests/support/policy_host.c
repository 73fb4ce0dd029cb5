/* A host for replacement policies, and lines of keys. */
#include "support/policy_host.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define NACCESSES 50000u

/* Of the plugin under test. */
const struct lio_plugin *lio_plugin_entry(void);

static bool host_evictable(void *arg, uint32_t slot)
{
    const struct policy_host *host = arg;

    assert_true(slot < host->nslots);
    return !host->pinned[slot];
}

struct policy_host *policy_host_open(uint32_t nslots,
                                     const union lio_value *params)
{
    struct policy_host *host = calloc(1, sizeof(*host));
    struct lio_cache_setup setup = {
        .params = params,
        .nslots = nslots,
        .evictable = host_evictable,
        .host = host,
    };

    assert_non_null(host);
    assert_true(nslots <= HOST_KEYS);
    host->ops = lio_plugin_entry()->ops;
    host->nslots = nslots;
    memset(host->slot_of, 0xff, sizeof(host->slot_of));
    assert_int_equal(host->ops->open(&setup, &host->policy, NULL), 0);
    return host;
}

void policy_host_close(struct policy_host *host)
{
    host->ops->close(host->policy);
    free(host);
}

uint32_t policy_host_access(struct policy_host *host, uint32_t key)
{
    uint32_t victim = NO_KEY, slot = host->slot_of[key];

    if (slot != LIO_NO_SLOT) {
        host->ops->hit(host->policy, slot, key);
        return NO_KEY;
    }
    host->misses++;
    if (host->nused < host->nslots) {
        slot = host->nused++;
    } else {
        slot = host->ops->evict(host->policy, key);
        assert_true(slot < host->nslots);
        victim = host->key_of[slot];
        host->slot_of[victim] = LIO_NO_SLOT;
    }
    host->ops->insert(host->policy, slot, key);
    host->slot_of[key] = slot;
    host->key_of[slot] = key;
    return victim;
}

/* -- textbooks ----------------------------------------------------------- */

uint32_t line_find(const struct line *line, uint32_t key)
{
    for (uint32_t at = 0; at < line->count; at++)
        if (line->keys[at] == key)
            return at;
    return NO_KEY;
}

void line_push(struct line *line, uint32_t key)
{
    memmove(&line->keys[1], &line->keys[0], line->count * sizeof(key));
    line->keys[0] = key;
    line->count++;
}

uint32_t line_pop_oldest(struct line *line)
{
    return line->keys[--line->count];
}

bool line_take(struct line *line, uint32_t key)
{
    uint32_t at = line_find(line, key);

    if (at == NO_KEY)
        return false;
    line->count--;
    memmove(&line->keys[at], &line->keys[at + 1],
            (line->count - at) * sizeof(key));
    return true;
}

/* Each power of two of keys is as popular as the next, by xorshift64*. */
static uint32_t skewed_key(uint64_t *seed)
{
    uint64_t drawn;

    *seed ^= *seed >> 12;
    *seed ^= *seed << 25;
    *seed ^= *seed >> 27;
    drawn = *seed * UINT64_C(2685821657736338717);
    return (uint32_t)((drawn >> 40) %
                      (1u << (drawn >> 32) % (HOST_KEY_BITS + 1)));
}

void compare_with_textbook(struct policy_host *host,
                           uint32_t (*access)(void *book, uint32_t key),
                           void *book)
{
    uint64_t seed = 42;

    for (uint32_t i = 0; i < NACCESSES; i++) {
        uint32_t key = skewed_key(&seed);

        assert_int_equal(policy_host_access(host, key), access(book, key));
    }
    assert_in_range(host->misses, 1, NACCESSES - 1);
}
