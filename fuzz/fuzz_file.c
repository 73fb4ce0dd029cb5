/*
 * A whole data file out of thin air: opened from memory, every page read.
 */
#include "column/dataset.h"

#include <stddef.h>
#include <stdint.h>

#define DECODED_MAX (UINT64_C(1) << 24) /* bytes of a page */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_pages(struct lio_dataset *dataset)
{
    for (uint32_t i = 0; i < dataset->npages; i++) {
        struct ArrowArray array;

        if (lio_read_page(dataset, i, &array, NULL) == 0)
            array.release(&array);
    }
}

static void read_rows(struct lio_dataset *dataset)
{
    const struct lio_scan scan = { .offset = 3,
                                   .limit = 5000,
                                   .batch_rows = 1000 };
    struct ArrowArrayStream stream;
    struct ArrowArray batch;

    if (lio_scan_stream(dataset, &scan, &stream, NULL) < 0)
        return;
    while (stream.get_next(&stream, &batch) == 0 && batch.release)
        batch.release(&batch);
    stream.release(&stream);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct lio_dataset *dataset;
    struct lio_source *source;
    struct lio_error err;

    if (lio_source_over("input", data, size, &source, NULL) < 0)
        return 0;
    if (lio_dataset_open_source(source, &dataset, &err) < 0)
        return 0;
    dataset->page_decoded_max = DECODED_MAX;
    read_pages(dataset);
    read_rows(dataset);
    lio_dataset_close(dataset);
    return 0;
}
