/*
 * FSST: strings written with symbols.
 *
 * A byte of the output is the number of a symbol, or 255 and then a byte that
 * stands for itself.
 */
#include "column/write/symbols.h"

#define ESCAPE      255
#define MAGIC       UINT64_C(0x46535354) /* "FSST" */
#define COMPRESSED  (UINT64_C(1) << 24)
#define GUESS_BYTES (UINT64_C(64) << 10)

static inline uint64_t mask_of(uint32_t length)
{
    return UINT64_MAX >> (64 - 8 * length);
}

static inline uint32_t match(const struct lio_symbols *symbols, uint64_t word,
                             uint64_t left)
{
    uint32_t at = left >= 3 ? symbols->chains[lio_symbols_chain(word)] : 0;

    while (at > 0) {
        const struct lio_symbol *symbol = &symbols->all[at - 1];

        if (symbol->length <= left &&
            ((word ^ symbol->bytes) & mask_of(symbol->length)) == 0)
            return at;
        at = symbol->next;
    }
    at = left >= 2 ? symbols->pairs[word & 0xffff] : 0;
    return at > 0 ? at : symbols->singles[word & 0xff];
}

uint32_t lio_symbols_match(const struct lio_symbols *symbols, uint64_t word,
                           uint64_t left)
{
    return match(symbols, word, left);
}

/* The next eight bytes; past the end of the string they may be anything, but
 * past the end of all strings they cannot be read. */
static inline uint64_t load_word(const uint8_t *at, uint64_t left_of_all)
{
    uint64_t word = 0;

    memcpy(&word, at, left_of_all < 8 ? left_of_all : 8);
    return word;
}

/* Compress a string; returns the end of what was written, which is at most two
 * bytes for each of the string. */
static uint8_t *pack(const struct lio_symbols *symbols, struct lio_bytes value,
                     const uint8_t *end_of_all, uint8_t *to)
{
    const uint8_t *at = value.data, *end = value.data + value.bytes;

    while (at < end) {
        uint64_t word = end_of_all - at >= 8
                            ? lio_load_u64(at)
                            : load_word(at, (uint64_t)(end_of_all - at));
        uint32_t code = match(symbols, word, (uint64_t)(end - at));

        if (code > 0) {
            *to++ = (uint8_t)(code - 1);
            at += symbols->all[code - 1].length;
        } else {
            *to++ = ESCAPE;
            *to++ = *at++;
        }
    }
    return to;
}

static uint64_t longest(const struct lio_spans *spans)
{
    uint64_t most = 0;

    for (uint64_t i = 0; i < spans->n; i++)
        if (lio_span(spans, i).bytes > most)
            most = lio_span(spans, i).bytes;
    return most;
}

int lio_symbols_encode(const struct lio_encode *enc,
                       const struct lio_symbols *symbols,
                       const struct lio_spans *spans, uint64_t most,
                       struct lio_spans *ret_packed, bool *ret_fits)
{
    uint64_t bytes = lio_spans_bytes(spans), *offsets;
    const uint8_t *end = spans->data + bytes;
    uint64_t room = 2 * bytes, enough = 2 * longest(spans);
    uint8_t *out, *to;
    int rc = lio_encode_alloc(enc, (spans->n + 1) * sizeof(*offsets), &offsets);

    if (most < room && room - most > enough)
        room = most + enough;
    if (rc == 0)
        rc = lio_encode_alloc(enc, room, &out);
    if (rc < 0)
        return rc;
    to = out;
    offsets[0] = 0;
    for (uint64_t i = 0; i < spans->n && offsets[i] <= most; i++) {
        to = pack(symbols, lio_span(spans, i), end, to);
        offsets[i + 1] = (uint64_t)(to - out);
    }
    *ret_fits = (uint64_t)(to - out) <= most;
    *ret_packed = (struct lio_spans){ spans->n, spans->bits, offsets, out };
    return 0;
}

uint64_t lio_symbols_guess(const struct lio_symbols *symbols,
                           const struct lio_spans *spans)
{
    uint64_t bytes = lio_spans_bytes(spans), tried = 0, packed = 0;
    uint64_t step = bytes / GUESS_BYTES + 1;
    const uint8_t *end = spans->data + bytes;
    uint8_t out[2 * 1024];

    for (uint64_t i = 0; i < spans->n; i += step) {
        struct lio_bytes value = lio_span(spans, i);

        value.bytes = value.bytes < 1024 ? value.bytes : 1024;
        tried += value.bytes;
        packed += (uint64_t)(pack(symbols, value, end, out) - out);
    }
    return tried == 0
               ? 0
               : (uint64_t)((double)bytes * (double)packed / (double)tried);
}

void lio_symbols_write(const struct lio_symbols *symbols, uint8_t *out)
{
    uint64_t head = MAGIC << 32 | COMPRESSED | symbols->n;
    uint8_t *to = out + sizeof(head);

    memset(out, 0, LIO_SYMBOLS_BYTES);
    memcpy(out, &head, sizeof(head));
    for (uint32_t i = 0; i < symbols->n; i++, to += LIO_FSST_SYMBOL_MAX)
        memcpy(to, &symbols->all[i].bytes, LIO_FSST_SYMBOL_MAX);
    for (uint32_t i = 0; i < symbols->n; i++)
        *to++ = (uint8_t)symbols->all[i].length;
}
