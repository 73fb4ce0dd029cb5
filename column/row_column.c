/*
 * Columns of row numbers.
 */
#include "column/row_column.h"

#include "common/checked.h"

static char arrow_format[] = "L";

const struct lio_type lio_row_column_type = {
    .kind = LIO_KIND_FIXED,
    .bits = 64,
    .arrow = arrow_format,
};

#define FRAGMENT_SHIFT 32

uint32_t lio_row_column_find(const char *name)
{
    if (strcmp(name, "_rowid") == 0)
        return LIO_ROW_COLUMN_ID;
    return strcmp(name, "_rowaddr") == 0 ? LIO_ROW_COLUMN_ADDRESS : 0;
}

const char *lio_row_column_name(uint32_t number)
{
    return number == LIO_ROW_COLUMN_ID ? "_rowid" : "_rowaddr";
}

static int make(uint64_t n, struct lio_vector *ret_vector)
{
    struct lio_vector vector = { .type = &lio_row_column_type, .rows = n };
    uint64_t bytes;

    if (!lio_checked_mul(n, sizeof(uint64_t), &bytes))
        return LIO_ENOMEM;
    vector.values = lio_mem_new(bytes);
    if (!vector.values)
        return LIO_ENOMEM;
    *ret_vector = vector;
    return 0;
}

/* The number of a physical row.  `*run` is how many rows it is for, of a
 * fragment: less if their numbers do not follow each other. */
static uint64_t number_of(const struct lio_dataset *dataset, uint32_t number,
                          uint64_t physical, uint64_t *run)
{
    const struct lio_fragment *fragment =
        lio_dataset_fragment_of(dataset, physical);
    uint64_t row = physical - fragment->first_physical, follow, id;

    if (number == LIO_ROW_COLUMN_ADDRESS || !dataset->stable_row_ids)
        return fragment->id << FRAGMENT_SHIFT | row;
    id = lio_row_ids_at(&fragment->row_ids, row, &follow);
    if (follow < *run)
        *run = follow;
    return id;
}

int lio_row_column_read(const struct lio_dataset *dataset, uint32_t number,
                        uint64_t row, uint64_t n, struct lio_vector *ret_vector)
{
    uint64_t *out, run;
    int rc = make(n, ret_vector);

    if (rc < 0)
        return rc;
    out = (uint64_t *)(void *)ret_vector->values->data;
    for (uint64_t done = 0; done < n; done += run) {
        uint64_t physical = lio_dataset_physical(dataset, row + done, &run);
        uint64_t first = number_of(dataset, number, physical, &run);

        run = run < n - done ? run : n - done;
        for (uint64_t i = 0; i < run; i++)
            out[done + i] = first + i;
    }
    return 0;
}

int lio_row_column_take(const struct lio_dataset *dataset, uint32_t number,
                        const uint64_t *physical, const uint64_t *order,
                        uint64_t n, struct lio_vector *ret_vector)
{
    uint64_t *out;
    int rc = make(n, ret_vector);

    if (rc < 0)
        return rc;
    out = (uint64_t *)(void *)ret_vector->values->data;
    for (uint64_t i = 0; i < n; i++) {
        uint64_t run = 1;

        out[i] = number_of(dataset, number, physical[order[i]], &run);
    }
    return 0;
}
