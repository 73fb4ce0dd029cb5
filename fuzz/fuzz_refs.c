/*
 * What else a table says about itself: the JSON of tags and hints, and the
 * sequences of row ids.
 */
#include "column/json_fields.h"
#include "column/row_ids.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_json(struct lio_bytes in)
{
    struct lio_json_field fields[] = { { .name = "version" },
                                       { .name = "branch" },
                                       { .name = "a" } };

    if (!lio_json_find(in, fields, 3))
        return;
    for (int i = 0; i < 3; i++) {
        const uint8_t *value = fields[i].value.data;
        uint64_t number;
        char *text;

        if (fields[i].value.bytes == 0)
            continue;
        if (value < in.data ||
            value + fields[i].value.bytes > in.data + in.bytes)
            abort();
        (void)lio_json_u64(fields[i].value, &number);
        if (lio_json_string(fields[i].value, &text) == 0)
            free(text);
    }
}

static void read_row_ids(struct lio_bytes in)
{
    struct lio_row_ids ids;
    const char *why = NULL;
    uint64_t row = 0, run;
    int rc = lio_row_ids_parse(in, &ids, &why);

    if (rc < 0) {
        if (rc != LIO_ENOMEM && !why)
            abort();
        return;
    }
    /* Runs lead from the first row to the last. */
    while (row < ids.rows) {
        (void)lio_row_ids_at(&ids, row, &run);
        if (run == 0 || run > ids.rows - row)
            abort();
        row += run;
    }
    lio_row_ids_release(&ids);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct lio_bytes in = { data, size };

    read_json(in);
    read_row_ids(in);
    return 0;
}
