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
 */
#include "column/write/symbols.h"

#include "common/hash.h"

#include <stdlib.h>

#define ROUNDS       5
#define SAMPLE_BYTES (16u << 10)
#define PIECE_BYTES                                                            \
    512u /* of a string, so that one does not fill the sample                  \
          */

/* Codes while counting: symbols, and then bytes as they are. */
#define BYTE_CODE 256u
#define CODES     512u

/* Seen less often, a symbol is chance. */
#define SEEN_MIN 3

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

static void count_string(struct trainer *trainer, struct lio_bytes value)
{
    const uint8_t *at = value.data, *end = value.data + value.bytes;
    uint32_t last = CODES;

    while (at < end) {
        uint32_t byte = BYTE_CODE + *at;
        const uint8_t *start = at;
        uint32_t code = take_code(trainer->symbols, &at, end);

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
}

static void count(struct trainer *trainer)
{
    memset(trainer->singles, 0, CODES * sizeof(*trainer->singles));
    memset(trainer->pairs, 0, CODES * CODES * sizeof(*trainer->pairs));
    for (uint64_t i = 0; i < trainer->sample.n; i++)
        count_string(trainer, lio_span(&trainer->sample, i));
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

static void add_pairs(struct trainer *trainer, uint32_t first)
{
    const struct lio_symbol a = symbol_of(trainer->symbols, first);

    if (a.length == LIO_FSST_SYMBOL_MAX)
        return;
    for (uint32_t second = 0; second < CODES; second++) {
        uint32_t seen = trainer->pairs[first * CODES + second], length;
        struct lio_symbol b;

        if (seen < SEEN_MIN)
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

static void add_candidates(struct trainer *trainer, bool pairs)
{
    memset(trainer->candidates, 0, CANDIDATES * sizeof(*trainer->candidates));
    trainer->ncandidates = 0;
    for (uint32_t code = 0; code < CODES; code++) {
        struct lio_symbol symbol;
        uint32_t weight;

        if (trainer->singles[code] < SEEN_MIN)
            continue;
        symbol = symbol_of(trainer->symbols, code);
        weight = symbol.length == 1 ? SINGLE_WEIGHT : symbol.length;
        add_candidate(trainer, symbol.bytes, symbol.length,
                      (uint64_t)trainer->singles[code] * weight);
        if (pairs)
            add_pairs(trainer, code);
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

static void fill_table(struct trainer *trainer)
{
    struct lio_symbols *symbols = trainer->symbols;
    uint32_t n = 0;

    for (uint32_t i = 0; i < CANDIDATES; i++)
        if (trainer->candidates[i].length > 0)
            trainer->candidates[n++] = trainer->candidates[i];
    qsort(trainer->candidates, n, sizeof(*trainer->candidates), compare);
    n = n < LIO_SYMBOLS_MAX ? n : LIO_SYMBOLS_MAX;
    memset(symbols, 0, sizeof(*symbols));
    symbols->n = n;
    for (uint32_t i = 0; i < n; i++) {
        const struct candidate *from = &trainer->candidates[i];

        symbols->all[i] = (struct lio_symbol){ from->bytes, from->length, 0 };
        if (from->length == 1)
            symbols->singles[from->bytes] = (uint16_t)(i + 1);
        else if (from->length == 2)
            symbols->pairs[from->bytes] = (uint16_t)(i + 1);
        else
            enchain(symbols, i);
    }
}

int lio_symbols_train(const struct lio_encode *enc,
                      const struct lio_spans *spans,
                      struct lio_symbols **ret_symbols)
{
    struct lio_symbols *symbols;
    struct trainer trainer;
    struct lio_arena_mark mark;
    int rc = lio_encode_alloc(enc, sizeof(*symbols), &symbols);

    if (rc < 0)
        return rc;
    memset(symbols, 0, sizeof(*symbols));
    mark = lio_arena_mark(enc->arena);
    trainer.symbols = symbols;
    rc = take_sample(enc, spans, &trainer.sample);
    if (rc == 0)
        rc = lio_encode_alloc(enc, CODES * sizeof(*trainer.singles),
                              &trainer.singles);
    if (rc == 0)
        rc = lio_encode_alloc(enc, CODES * CODES * sizeof(*trainer.pairs),
                              &trainer.pairs);
    if (rc == 0)
        rc = lio_encode_alloc(enc, CANDIDATES * sizeof(*trainer.candidates),
                              &trainer.candidates);
    if (rc < 0)
        return rc;
    for (unsigned round = 0; round < ROUNDS; round++) {
        count(&trainer);
        add_candidates(&trainer, round + 1 < ROUNDS);
        fill_table(&trainer);
    }
    lio_arena_rewind(enc->arena, mark);
    *ret_symbols = symbols;
    return 0;
}
