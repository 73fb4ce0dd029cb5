/*
 * LZ4 blocks, sequence by sequence:
 *
 *     token | more of the literals' length | literals
 *           | offset (u16) | more of the match's length
 *
 * The token has four bits of each length; 15 of them mean that bytes follow, to
 * be added up to the first that is not 255.  The last sequence ends with its
 * literals.
 *
 * What is decompressed goes to its reader at once.  Of what went there before,
 * matches may reach the last 64 KiB, and so a copy of them is kept:
 *
 *     | 64 KiB before: history |   made so far   |  room  |
 *                              out               to       end
 *
 * Sequences that are there as a whole, which most are, are copied in words that
 * may run over their ends; those at the ends of input or room go byte by byte.
 */
#include "column/lz4_stream.h"

#include <stdlib.h>

#define REACH        ((size_t)64 << 10) /* of matches */
#define HISTORY_ROOM (3 * REACH)

#define LENGTH_MORE 15u /* in a token */
#define MATCH_MIN   4u

/* Bytes that are copied at once, whether they are needed or not. */
#define WORD   8u
#define STRIDE (4 * WORD)

/* What a sequence as a whole may need beside its literals and match: of input,
 * its offset and what is read too much; of room, what is written too much. */
#define SLACK_IN  (2 + STRIDE)
#define SLACK_OUT STRIDE

/* The longest match whose length is in its token, and what a sequence may need
 * that has no more of both. */
#define SHORT_MATCH (LENGTH_MORE - 1 + MATCH_MIN)
#define SHORT_IN    (1 + LENGTH_MORE + 2)
#define SHORT_OUT   (2 * LENGTH_MORE + STRIDE)

/* From here on the library's copy is faster. */
#define LONG_COPY 256u

enum state {
    TOKEN,
    LITERALS_MORE,
    LITERALS,
    OFFSET_LOW,
    OFFSET_HIGH,
    MATCH_MORE,
    MATCH
};

struct lio_lz4_stream {
    enum state state;
    uint64_t literals; /* of the sequence, left to copy */
    uint64_t match;
    size_t offset;
    size_t kept; /* bytes of history */
    uint8_t history[HISTORY_ROOM + STRIDE];
};

/* Where the bytes of a run go. */
struct output {
    uint8_t *out;
    uint8_t *to;
    uint8_t *end;
};

struct lio_lz4_stream *lio_lz4_stream_new(void)
{
    struct lio_lz4_stream *stream = malloc(sizeof(*stream));

    if (!stream)
        return NULL;
    stream->state = TOKEN;
    stream->kept = 0;
    return stream;
}

void lio_lz4_stream_free(struct lio_lz4_stream *stream)
{
    free(stream);
}

size_t lio_lz4_stream_bytes(void)
{
    return sizeof(struct lio_lz4_stream);
}

bool lio_lz4_stream_ended(const struct lio_lz4_stream *stream)
{
    return stream->state == OFFSET_LOW;
}

static size_t least(uint64_t a, size_t b)
{
    return a < b ? (size_t)a : b;
}

static void take(struct lio_bytes *in, size_t n)
{
    in->data += n;
    in->bytes -= n;
}

/* -- matches ------------------------------------------------------------- */

/* Whether there is something so far before. */
static bool is_there(const struct lio_lz4_stream *stream,
                     const struct output *put, size_t offset)
{
    return offset > 0 && offset <= (size_t)(put->to - put->out) + stream->kept;
}

/* Copy the part of a match that was made before this run; returns how much. */
static size_t copy_kept(const struct lio_lz4_stream *stream, struct output *put,
                        size_t offset, size_t n)
{
    size_t made = (size_t)(put->to - put->out), before;

    if (offset <= made)
        return 0;
    before = least(offset - made, n);
    memcpy(put->to, stream->history + stream->kept - (offset - made), before);
    put->to += before;
    return before;
}

/* A match may repeat what it makes itself: then `offset` bytes are there to be
 * copied, and twice as many the next time. */
static void copy_match(const struct lio_lz4_stream *stream, struct output *put,
                       size_t offset, size_t n)
{
    size_t back = offset;

    n -= copy_kept(stream, put, offset, n);
    while (n > 0) {
        size_t now = least(back, n);

        memcpy(put->to, put->to - back, now);
        put->to += now;
        n -= now;
        back += now;
    }
}

/* -- one byte after the other -------------------------------------------- */

static void start_literals(struct lio_lz4_stream *stream, uint8_t token)
{
    stream->literals = token >> 4;
    stream->match = token & 15u;
    stream->state = stream->literals == LENGTH_MORE ? LITERALS_MORE : LITERALS;
}

static void add_literals(struct lio_lz4_stream *stream, uint8_t more)
{
    stream->literals += more;
    if (more < UINT8_MAX)
        stream->state = LITERALS;
}

static void run_literals(struct lio_lz4_stream *stream, struct lio_bytes *in,
                         struct output *put)
{
    size_t n =
        least(stream->literals, least(in->bytes, (size_t)(put->end - put->to)));

    if (n > 0)
        memcpy(put->to, in->data, n);
    take(in, n);
    put->to += n;
    stream->literals -= n;
    if (stream->literals == 0)
        stream->state = OFFSET_LOW;
}

static bool start_match(struct lio_lz4_stream *stream, const struct output *put)
{
    stream->state = stream->match == LENGTH_MORE ? MATCH_MORE : MATCH;
    stream->match += MATCH_MIN;
    return is_there(stream, put, stream->offset);
}

static void run_match(struct lio_lz4_stream *stream, struct output *put)
{
    size_t n = least(stream->match, (size_t)(put->end - put->to));

    copy_match(stream, put, stream->offset, n);
    stream->match -= n;
    if (stream->match == 0)
        stream->state = TOKEN;
}

/* A byte of the input, where the state needs one; false: it is damaged. */
static bool run_byte(struct lio_lz4_stream *stream, uint8_t byte,
                     const struct output *put)
{
    switch (stream->state) {
    case TOKEN:
        start_literals(stream, byte);
        return true;
    case LITERALS_MORE:
        add_literals(stream, byte);
        return true;
    case OFFSET_LOW:
        stream->offset = byte;
        stream->state = OFFSET_HIGH;
        return true;
    case OFFSET_HIGH:
        stream->offset |= (size_t)byte << 8;
        return start_match(stream, put);
    default: /* MATCH_MORE */
        stream->match += byte;
        if (byte < UINT8_MAX)
            stream->state = MATCH;
        return true;
    }
}

/* Whether nothing can be done without more input. */
static bool starves(const struct lio_lz4_stream *stream, struct lio_bytes in)
{
    return in.bytes == 0 && stream->state != MATCH &&
           (stream->state != LITERALS || stream->literals > 0);
}

/* One step of the sequence that is begun. */
static bool step(struct lio_lz4_stream *stream, struct lio_bytes *in,
                 struct output *put)
{
    uint8_t byte;

    if (stream->state == LITERALS) {
        run_literals(stream, in, put);
        return true;
    }
    if (stream->state == MATCH) {
        run_match(stream, put);
        return true;
    }
    byte = in->data[0];
    take(in, 1);
    return run_byte(stream, byte, put);
}

/* -- whole sequences ----------------------------------------------------- */

/* Add the bytes of a length; NULL if they do not end before `end`. */
static inline const uint8_t *add_length(const uint8_t *from, const uint8_t *end,
                                        size_t *length)
{
    uint8_t byte = UINT8_MAX;

    while (byte == UINT8_MAX) {
        if (from == end)
            return NULL;
        byte = *from++;
        *length += byte;
    }
    return from;
}

/* At least once, and in strides: what is too much is overwritten later. */
static inline void copy_strides(uint8_t *to, const uint8_t *from, size_t n)
{
    const uint8_t *end = to + n;

    do {
        memcpy(to, from, STRIDE / 2);
        memcpy(to + STRIDE / 2, from + STRIDE / 2, STRIDE / 2);
        to += STRIDE;
        from += STRIDE;
    } while (to < end);
}

static inline void copy_literals(uint8_t *to, const uint8_t *from, size_t n)
{
    if (n >= LONG_COPY)
        memcpy(to, from, n);
    else
        copy_strides(to, from, n);
}

/* In words, which may overlap with what is copied. */
static inline void copy_words(uint8_t *to, const uint8_t *from, size_t n)
{
    const uint8_t *end = to + n;

    do {
        memcpy(to, from, WORD);
        to += WORD;
        from += WORD;
    } while (to < end);
}

/* A match that repeats what it makes itself, after less than a word: its first
 * word is made byte by byte, and then repeated from some words back. */
static inline void repeat(uint8_t *to, size_t offset, size_t n)
{
    size_t back = (WORD + offset - 1) / offset * offset;

    for (size_t i = 0; i < WORD; i++)
        to[i] = to[(ptrdiff_t)i - (ptrdiff_t)offset];
    if (n > WORD)
        copy_words(to + WORD, to + WORD - back, n - WORD);
}

/* Where the bytes are that a match at `to` repeats; NULL if they are not in one
 * piece, or overlap within a word. */
static inline const uint8_t *find_match(const struct lio_lz4_stream *stream,
                                        const uint8_t *out, const uint8_t *to,
                                        size_t offset, size_t n)
{
    size_t made = (size_t)(to - out), before;

    if (offset <= made)
        return offset >= WORD ? to - offset : NULL;
    before = offset - made;
    return before >= n && before <= stream->kept
               ? stream->history + stream->kept - before
               : NULL;
}

/* A sequence whose lengths are in its token: without any loop.  NULL if it is
 * not so simple. */
static inline const uint8_t *copy_short(const struct lio_lz4_stream *stream,
                                        const uint8_t *from, const uint8_t *out,
                                        uint8_t **to)
{
    size_t literals = *from >> 4, match = *from & 15u;
    uint8_t *at = *to + literals;
    const uint8_t *before;

    if (literals == LENGTH_MORE || match == LENGTH_MORE)
        return NULL;
    memcpy(*to, from + 1, LENGTH_MORE + 1);
    from += 1 + literals;
    before = find_match(stream, out, at, lio_load_u16(from), SHORT_MATCH);
    if (!before)
        return NULL;
    memcpy(at, before, WORD);
    memcpy(at + WORD, before + WORD, WORD);
    memcpy(at + 2 * WORD, before + 2 * WORD, SHORT_MATCH - 2 * WORD);
    *to = at + match + MATCH_MIN;
    return from + sizeof(uint16_t);
}

/* Returns where it ends. */
static inline uint8_t *copy_whole_match(const struct lio_lz4_stream *stream,
                                        uint8_t *out, uint8_t *to,
                                        size_t offset, size_t n)
{
    const uint8_t *before = find_match(stream, out, to, offset, n);

    if (n >= LONG_COPY || (!before && offset > (size_t)(to - out))) {
        struct output put = { .out = out, .to = to, .end = to + n };

        copy_match(stream, &put, offset, n);
    } else if (!before) {
        repeat(to, offset, n);
    } else if (offset < STRIDE / 2) {
        copy_words(to, before, n);
    } else {
        copy_strides(to, before, n);
    }
    return to + n;
}

/* Any other that is there as a whole, has room, and is sound; NULL: it is
 * not. */
static inline const uint8_t *copy_long(const struct lio_lz4_stream *stream,
                                       const uint8_t *from, const uint8_t *end,
                                       const struct output *put, uint8_t **to)
{
    size_t literals = *from >> 4, match = *from & 15u, offset;
    const uint8_t *start;

    from++;
    if (literals == LENGTH_MORE)
        from = add_length(from, end, &literals);
    if (!from || (size_t)(end - from) < SLACK_IN ||
        literals > (size_t)(end - from) - SLACK_IN)
        return NULL;
    start = from;
    from += literals;
    offset = lio_load_u16(from);
    from += sizeof(uint16_t);
    if (match == LENGTH_MORE)
        from = add_length(from, end, &match);
    match += MATCH_MIN;
    if (!from || literals + match + SLACK_OUT > (size_t)(put->end - *to) ||
        offset == 0 ||
        offset > (size_t)(*to - put->out) + literals + stream->kept)
        return NULL;
    copy_literals(*to, start, literals);
    *to = copy_whole_match(stream, put->out, *to + literals, offset, match);
    return from;
}

/* As many sequences as are there as a whole, have room, and are sound.
 * Lengths are less than 255 for each byte of the input: nothing overflows. */
static void run_whole(struct lio_lz4_stream *stream, struct lio_bytes *in,
                      struct output *output)
{
    const uint8_t *from = in->data, *end = in->data + in->bytes;
    const struct output put = *output;
    uint8_t *to = put.to;

    while ((size_t)(end - from) >= SHORT_IN &&
           (size_t)(put.end - to) >= SHORT_OUT) {
        const uint8_t *next = copy_short(stream, from, put.out, &to);

        if (!next)
            next = copy_long(stream, from, end, &put, &to);
        if (!next)
            break;
        from = next;
    }
    take(in, (size_t)(from - in->data));
    output->to = to;
}

/* -- all ----------------------------------------------------------------- */

static bool run(struct lio_lz4_stream *stream, struct lio_bytes *in,
                struct output *put)
{
    while (put->to < put->end && !starves(stream, *in)) {
        if (stream->state == TOKEN)
            run_whole(stream, in, put);
        if (starves(stream, *in))
            break;
        if (!step(stream, in, put))
            return false;
    }
    return true;
}

/* Keep what matches may reach of what was made. */
static void keep(struct lio_lz4_stream *stream, const uint8_t *made, size_t n)
{
    size_t old;

    if (n > REACH) {
        made += n - REACH;
        n = REACH;
    }
    if (n > HISTORY_ROOM - stream->kept) {
        old = least(stream->kept, REACH);
        memmove(stream->history, stream->history + stream->kept - old, old);
        stream->kept = old;
    }
    memcpy(stream->history + stream->kept, made, n);
    stream->kept += n;
}

ptrdiff_t lio_lz4_stream_run(struct lio_lz4_stream *stream,
                             struct lio_bytes *in, uint8_t *out, size_t room)
{
    struct output put = { .out = out, .to = out, .end = out + room };

    if (!run(stream, in, &put))
        return -1;
    keep(stream, out, (size_t)(put.to - out));
    return put.to - out;
}
