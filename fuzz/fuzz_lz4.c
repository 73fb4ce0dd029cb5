/*
 * Any bytes as an LZ4 block, decompressed a piece at a time, at once as the
 * format has it, and by the library: all three must say the same.
 *
 * The first four bytes are the seed of how input and output are cut, the fifth
 * how long pieces are.
 */
#include "support/lz4_reference.h"

#include "fuzz/random.h"

#include <lz4.h>

#define MAX  ((size_t)96 << 10)
#define HEAD 5u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct pieces {
    struct random random;
    uint32_t log_most;
};

static size_t next_piece(void *user)
{
    struct pieces *pieces = user;

    return 1 + random_below(&pieces->random, (size_t)1 << pieces->log_most);
}

static void check(bool holds)
{
    if (!holds)
        abort();
}

/* What the library asks of the last bytes, the format asks of writers; and it
 * does not look for offsets of 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *reference = malloc(MAX), *other = malloc(MAX);
    struct pieces pieces;
    struct lio_bytes in;
    ptrdiff_t n;
    int library;
    bool zero;

    if (size < HEAD) {
        free(reference);
        free(other);
        return 0;
    }
    pieces.random = (struct random){ lio_load_u32(data) };
    pieces.log_most = data[HEAD - 1] % 18;
    in = (struct lio_bytes){ data + HEAD, size - HEAD };
    n = lz4_reference(in, reference, MAX, &zero);
    check(lz4_reference_stream(in, other, MAX, next_piece, &pieces) == n);
    check(n <= 0 || memcmp(reference, other, (size_t)n) == 0);
    library = LZ4_decompress_safe((const char *)in.data, (char *)other,
                                  (int)in.bytes, n < 0 ? (int)MAX : (int)n);
    check(library < 0 || zero || library == n);
    check(library <= 0 || zero ||
          memcmp(reference, other, (size_t)library) == 0);
    free(reference);
    free(other);
    return 0;
}
