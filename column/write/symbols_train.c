/*
 * FSST: finding symbols.
 *
 * Each round compresses the sample with the symbols so far and counts how often
 * each was used, and each after which.  The next table is made of those symbols
 * and pairs whose use would cover most bytes:
 *
 *     gain = how often it was seen * its length
 *
 * A byte that no symbol covers counts as one of its own, so the first round,
 * which has no symbols, finds bytes and pairs of bytes.
 *
 * A symbol that covers much may yet do harm, by taking the first byte of what
 * had a better one.  So tables do not get better from round to round, and the
 * one is taken with which the sample came out smallest.  Rounds that keep
 * little, between others, clear away what was in the way.
 */
#include "column/write/symbols.h"

#include "common/hash.h"

#include <stdlib.h>

#define SAMPLE_BYTES (16u << 10)
#define PIECE_BYTES                                                            \
    512u /* of a string, so that one does not fill the sample                  \
          */

/* Codes while counting: symbols, and then bytes as they are. */
#define BYTE_CODE 256u
#define CODES     512u

/* Seen less often, a symbol is left out of the table of a round. */
static const unsigned char seen_min[] = { 3, 3, 3, 3, 3, 8, 3, 8, 3 };

#define ROUNDS (sizeof(seen_min) / sizeof(seen_min[0]))

/* A single byte saves an escape, too, and is what all else is made of. */
#define SINGLE_WEIGHT 8

#define CANDIDATE_BITS 14
#define CANDIDATES     (1u << CANDIDATE_BITS)

struct candidate {
    uint64_t bytes;
    uint32_t length; /* 0: there is none */
    uint32_t gain;
};

struct trainer {
    struct lio_symbols *symbols;
    struct lio_spans sample; /* copied together, so that words can be loaded */
    uint32_t *singles;       /* CODES: how often each was used */
    uint16_t *pairs;         /* CODES * CODES: how often one after the other */
    struct candidate *candidates; /* an open hash table */
    uint32_t ncandidates;
    struct lio_symbol *best; /* the table that made the sample smallest */
    uint32_t nbest;
    uint64_t best_bytes;
};

/* -- the sample ---------------------------------------------------------- */

/* Pieces of strings from all over the page, always the same ones. */
static int take_sample(const struct lio_encode *enc,
                       const struct lio_spans *spans, struct lio_spans *sample)
{
    uint64_t step = lio_spans_bytes(spans) / SAMPLE_BYTES + 1, *offsets;
    uint64_t most = spans->n / step + 1, n = 0;
    uint8_t *data;
    int rc = lio_encode_alloc(enc, (most + 1) * sizeof(*offsets), &offsets);

    if (rc == 0)
        rc = lio_encode_alloc(enc, SAMPLE_BYTES + PIECE_BYTES, &data);
    if (rc < 0)
        return rc;
    offsets[0] = 0;
    for (uint64_t i = 0; i < spans->n && offsets[n] < SAMPLE_BYTES; i += step) {
        struct lio_bytes value = lio_span(spans, i);
        size_t bytes = value.bytes < PIECE_BYTES ? value.bytes : PIECE_BYTES;
        /* Not always the start of it. */
        size_t skip = (value.bytes - bytes) / 7 * (i % 7);

        if (bytes > 0)
            memcpy(data + offsets[n], value.data + skip, bytes);
        offsets[n + 1] = offsets[n] + bytes;
        n++;
    }
    *sample = (struct lio_spans){ n, spans->bits, offsets, data };
    return 0;
}

/* -- counting ------------------------------------------------------------ */

static uint32_t take_code(const struct lio_symbols *symbols, const uint8_t **at,
                          const uint8_t *end)
{
    /* The sample has slack behind. */
    uint32_t number =
        lio_symbols_match(symbols, lio_load_u64(*at), (uint64_t)(end - *at));

    if (number == 0)
        return BYTE_CODE + *(*at)++;
    *at += symbols->all[number - 1].length;
    return number - 1;
}

static void count_pair(struct trainer *trainer, uint32_t first, uint32_t second)
{
    uint16_t *pair = &trainer->pairs[first * CODES + second];

    *pair = (uint16_t)(*pair + (*pair < UINT16_MAX));
}

/* Returns what it comes to. */
static uint64_t count_string(struct trainer *trainer, struct lio_bytes value)
{
    const uint8_t *at = value.data, *end = value.data + value.bytes;
    uint32_t last = CODES;
    uint64_t bytes = 0;

    while (at < end) {
        uint32_t byte = BYTE_CODE + *at;
        const uint8_t *start = at;
        uint32_t code = take_code(trainer->symbols, &at, end);

        bytes += code < BYTE_CODE ? 1 : 2;
        trainer->singles[code]++;
        if (last < CODES)
            count_pair(trainer, last, code);
        /* What follows may do as well with but its first byte. */
        if (at - start > 1) {
            trainer->singles[byte]++;
            if (last < CODES)
                count_pair(trainer, last, byte);
        }
        last = code;
    }
    return bytes;
}

static uint64_t count(struct trainer *trainer)
{
    uint64_t bytes = 0;

    memset(trainer->singles, 0, CODES * sizeof(*trainer->singles));
    memset(trainer->pairs, 0, CODES * CODES * sizeof(*trainer->pairs));
    for (uint64_t i = 0; i < trainer->sample.n; i++)
        bytes += count_string(trainer, lio_span(&trainer->sample, i));
    return bytes;
}

/* -- choosing ------------------------------------------------------------ */

static struct lio_symbol symbol_of(const struct lio_symbols *symbols,
                                   uint32_t code)
{
    if (code >= BYTE_CODE)
        return (struct lio_symbol){ .bytes = code - BYTE_CODE, .length = 1 };
    return symbols->all[code];
}

/* The same candidate may come as more than one pair: their gains add up. */
static void add_candidate(struct trainer *trainer, uint64_t bytes,
                          uint32_t length, uint64_t gain)
{
    uint32_t at = lio_hash_place(bytes ^ length, CANDIDATE_BITS);
    struct candidate *place = &trainer->candidates[at];

    while (place->length > 0 &&
           (place->bytes != bytes || place->length != length)) {
        at = (at + 1) % CANDIDATES;
        place = &trainer->candidates[at];
    }
    if (place->length == 0) {
        /* Some room has to stay free, or a search would not end. */
        if (trainer->ncandidates >= CANDIDATES / 4 * 3)
            return;
        trainer->ncandidates++;
        *place = (struct candidate){ bytes, length, 0 };
    }
    gain += place->gain;
    place->gain = gain < UINT32_MAX ? (uint32_t)gain : UINT32_MAX;
}

static void add_pairs(struct trainer *trainer, uint32_t first, uint32_t least)
{
    const struct lio_symbol a = symbol_of(trainer->symbols, first);

    if (a.length == LIO_FSST_SYMBOL_MAX)
        return;
    for (uint32_t second = 0; second < CODES; second++) {
        uint32_t seen = trainer->pairs[first * CODES + second], length;
        struct lio_symbol b;

        if (seen < least)
            continue;
        b = symbol_of(trainer->symbols, second);
        length = a.length + b.length;
        length = length < LIO_FSST_SYMBOL_MAX ? length : LIO_FSST_SYMBOL_MAX;
        add_candidate(trainer,
                      (a.bytes | b.bytes << (8 * a.length)) &
                          UINT64_MAX >> (64 - 8 * length),
                      length, (uint64_t)seen * length);
    }
}

static void add_candidates(struct trainer *trainer, uint32_t least)
{
    memset(trainer->candidates, 0, CANDIDATES * sizeof(*trainer->candidates));
    trainer->ncandidates = 0;
    for (uint32_t code = 0; code < CODES; code++) {
        struct lio_symbol symbol;
        uint32_t weight;

        if (trainer->singles[code] < least)
            continue;
        symbol = symbol_of(trainer->symbols, code);
        weight = symbol.length == 1 ? SINGLE_WEIGHT : symbol.length;
        add_candidate(trainer, symbol.bytes, symbol.length,
                      (uint64_t)trainer->singles[code] * weight);
        add_pairs(trainer, code, least);
    }
}

/* The best first; of equals, a fixed order, so that tables are the same
 * everywhere. */
static int compare(const void *left, const void *right)
{
    const struct candidate *a = left, *b = right;

    if (a->gain != b->gain)
        return a->gain > b->gain ? -1 : 1;
    if (a->length != b->length)
        return a->length > b->length ? -1 : 1;
    return (a->bytes > b->bytes) - (a->bytes < b->bytes);
}

/* Longest first within a chain. */
static void enchain(struct lio_symbols *symbols, uint32_t number)
{
    struct lio_symbol *symbol = &symbols->all[number];
    uint32_t chain = lio_symbols_chain(symbol->bytes);
    uint32_t at = symbols->chains[chain];
    struct lio_symbol *before = NULL;

    while (at > 0 && symbols->all[at - 1].length >= symbol->length) {
        before = &symbols->all[at - 1];
        at = before->next;
    }
    symbol->next = at;
    if (before)
        before->next = number + 1;
    else
        symbols->chains[chain] = (uint16_t)(number + 1);
}

/* A table of these symbols, with the ways to find them. */
static void set_symbols(struct lio_symbols *symbols,
                        const struct lio_symbol *from, uint32_t n)
{
    memset(symbols, 0, sizeof(*symbols));
    symbols->n = n;
    for (uint32_t i = 0; i < n; i++) {
        symbols->all[i] =
            (struct lio_symbol){ from[i].bytes, from[i].length, 0 };
        if (from[i].length == 1)
            symbols->singles[from[i].bytes] = (uint16_t)(i + 1);
        else if (from[i].length == 2)
            symbols->pairs[from[i].bytes] = (uint16_t)(i + 1);
        else
            enchain(symbols, i);
    }
}

static void take_best_candidates(struct trainer *trainer)
{
    struct lio_symbol chosen[LIO_SYMBOLS_MAX];
    uint32_t n = 0;

    for (uint32_t i = 0; i < CANDIDATES; i++)
        if (trainer->candidates[i].length > 0)
            trainer->candidates[n++] = trainer->candidates[i];
    qsort(trainer->candidates, n, sizeof(*trainer->candidates), compare);
    n = n < LIO_SYMBOLS_MAX ? n : LIO_SYMBOLS_MAX;
    for (uint32_t i = 0; i < n; i++)
        chosen[i] = (struct lio_symbol){ trainer->candidates[i].bytes,
                                         trainer->candidates[i].length, 0 };
    set_symbols(trainer->symbols, chosen, n);
}

static void keep_if_better(struct trainer *trainer, uint64_t bytes)
{
    const struct lio_symbols *symbols = trainer->symbols;

    if (symbols->n == 0 || bytes >= trainer->best_bytes)
        return;
    memcpy(trainer->best, symbols->all, symbols->n * sizeof(*symbols->all));
    trainer->nbest = symbols->n;
    trainer->best_bytes = bytes;
}

static void train(struct trainer *trainer)
{
    for (size_t round = 0; round < ROUNDS; round++) {
        keep_if_better(trainer, count(trainer));
        add_candidates(trainer, seen_min[round]);
        take_best_candidates(trainer);
    }
    keep_if_better(trainer, count(trainer));
    set_symbols(trainer->symbols, trainer->best, trainer->nbest);
}

static int open_trainer(const struct lio_encode *enc,
                        const struct lio_spans *spans, struct trainer *trainer)
{
    int rc = take_sample(enc, spans, &trainer->sample);

    if (rc == 0)
        rc = lio_encode_alloc(enc, CODES * sizeof(*trainer->singles),
                              &trainer->singles);
    if (rc == 0)
        rc = lio_encode_alloc(enc, CODES * CODES * sizeof(*trainer->pairs),
                              &trainer->pairs);
    if (rc == 0)
        rc = lio_encode_alloc(enc, CANDIDATES * sizeof(*trainer->candidates),
                              &trainer->candidates);
    return rc == 0
               ? lio_encode_alloc(enc, LIO_SYMBOLS_MAX * sizeof(*trainer->best),
                                  &trainer->best)
               : rc;
}

int lio_symbols_train(const struct lio_encode *enc,
                      const struct lio_spans *spans,
                      struct lio_symbols **ret_symbols)
{
    struct trainer trainer = { .best_bytes = UINT64_MAX };
    struct lio_symbols *symbols;
    struct lio_arena_mark mark;
    int rc = lio_encode_alloc(enc, sizeof(*symbols), &symbols);

    if (rc < 0)
        return rc;
    memset(symbols, 0, sizeof(*symbols));
    mark = lio_arena_mark(enc->arena);
    trainer.symbols = symbols;
    rc = open_trainer(enc, spans, &trainer);
    if (rc < 0)
        return rc;
    train(&trainer);
    lio_arena_rewind(enc->arena, mark);
    *ret_symbols = symbols;
    return 0;
}
