#include "common/suggest.h"

#include <stdint.h>
#include <string.h>

#define MAX_WORD 64 /* longer ones are not typing mistakes */
#define FAR      UINT32_MAX

/* ASCII only, whatever the locale: keys and plugin names are. */
static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static uint32_t min(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

/*
 * Optimal string alignment: edits that turn `a` into `b`, where a swap of
 * neighbours counts once.  Three rows of the usual table are enough, because a
 * swap looks two rows back.
 */
static uint32_t distance(const char *a, const char *b)
{
    size_t a_len = strlen(a), b_len = strlen(b);
    uint32_t rows[3][MAX_WORD + 1];

    if (a_len > MAX_WORD || b_len > MAX_WORD)
        return FAR;
    for (size_t j = 0; j <= b_len; j++)
        rows[0][j] = (uint32_t)j;

    for (size_t i = 1; i <= a_len; i++) {
        uint32_t *row = rows[i % 3], *above = rows[(i + 2) % 3];
        const uint32_t *two_above = rows[(i + 1) % 3];

        row[0] = (uint32_t)i;
        for (size_t j = 1; j <= b_len; j++) {
            char ca = lower(a[i - 1]), cb = lower(b[j - 1]);

            row[j] =
                min(min(above[j], row[j - 1]) + 1, above[j - 1] + (ca != cb));
            if (i > 1 && j > 1 && ca == lower(b[j - 2]) &&
                cb == lower(a[i - 2]))
                row[j] = min(row[j], two_above[j - 2] + 1);
        }
    }
    return rows[a_len % 3][b_len];
}

static uint32_t distance_to_name(const char *word, const char *name)
{
    const char *dash = strchr(name, '-');
    uint32_t whole = distance(word, name);

    return dash ? min(whole, distance(word, dash + 1)) : whole;
}

/* Letters of the kind before a dash, if both have it: it says nothing about how
 * much alike they are. */
static size_t kind_of_both(const char *word, const char *name)
{
    const char *dash = strchr(name, '-');
    size_t kind = dash ? (size_t)(dash + 1 - name) : 0;

    return strncmp(word, name, kind) == 0 ? kind : 0;
}

/* The distance, FAR if it is over a third of the letters, or all of them. */
static uint32_t near_distance(const char *word, const char *name)
{
    size_t kind = kind_of_both(word, name);
    size_t letters = strlen(word + kind);
    uint32_t d = distance_to_name(word + kind, name + kind);

    return d <= (letters + 2) / 3 && d < letters ? d : FAR;
}

const char *lio_suggest(const char *word, const char *const *names, size_t n)
{
    uint32_t nearest_distance = FAR;
    const char *nearest = NULL;

    for (size_t i = 0; i < n; i++) {
        uint32_t d = near_distance(word, names[i]);

        if (d < nearest_distance) {
            nearest = names[i];
            nearest_distance = d;
        }
    }
    return nearest;
}
