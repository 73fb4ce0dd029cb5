/*
 * Deletion files out of thin air: the first byte says of which kind.  What is
 * read is asked for every row, as runs and as a bitmap, which must agree.
 */
#include "column/arrow_file.h"
#include "column/roaring.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ROWS_ASKED 3000 /* about as many, spread over all there are */

static void read_list(struct lio_bytes in)
{
    const char *why = NULL;
    uint32_t *rows;
    uint64_t n;
    int rc = lio_arrow_file_parse(in, &rows, &n, &why);

    if (rc == 0)
        free(rows);
    else if (rc != LIO_ENOMEM && !why)
        abort();
}

static void compare(const struct lio_gaps *runs, const struct lio_gaps *packed)
{
    uint64_t step = runs->end / ROWS_ASKED + 1;

    if (runs->rows != packed->rows || runs->end != packed->end)
        abort();
    for (uint64_t row = 0; row <= runs->end; row += step) {
        uint64_t end, same;

        if (lio_gaps_skip(runs, row, &end) !=
                lio_gaps_skip(packed, row, &same) ||
            end != same)
            abort();
        if (lio_gaps_row(runs, row) != lio_gaps_row(packed, row))
            abort();
    }
}

static void read_bitmap(struct lio_bytes in)
{
    struct lio_gaps runs = { 0 }, packed = { 0 };
    const char *why = NULL;
    int rc = lio_roaring_parse(in, &runs, &why);

    if (rc < 0 && rc != LIO_ENOMEM && !why)
        abort();
    if (rc == 0 && lio_roaring_parse(in, &packed, &why) == 0) {
        lio_gaps_pack(&packed);
        compare(&runs, &packed);
    }
    lio_gaps_release(&runs);
    lio_gaps_release(&packed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    if (data[0] % 2 == 0)
        read_list((struct lio_bytes){ data + 1, size - 1 });
    else
        read_bitmap((struct lio_bytes){ data + 1, size - 1 });
    return 0;
}
