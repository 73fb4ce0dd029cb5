/*
 * Sequences of rows.
 */
#include "support/sequence.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define NAME_BYTES 16

int sequence_schema(const char *id, struct ArrowSchema *ret_schema,
                    struct lio_error *err)
{
    const struct lio_field_info fields[] = {
        { .name = id, .logical_type = "int64", .id = 0, .parent = -1 },
        { .name = "name",
          .logical_type = "string",
          .id = 1,
          .parent = -1,
          .nullable = 1 },
    };

    return lio_schema_make(fields, 2, ret_schema, err);
}

/* -- a batch ------------------------------------------------------------- */

/* All that a batch points to. */
struct memory {
    struct ArrowArray columns[2];
    struct ArrowArray *children[2];
    const void *struct_buffers[1];
    const void *id_buffers[2];
    const void *name_buffers[3];
    int64_t *ids;
    int32_t *offsets;
    char *names;
};

static void release_column(struct ArrowArray *column)
{
    column->release = NULL;
}

static void release_memory(struct memory *memory)
{
    free(memory->ids);
    free(memory->offsets);
    free(memory->names);
    free(memory);
}

static void release_batch(struct ArrowArray *batch)
{
    release_memory(batch->private_data);
    batch->release = NULL;
}

static struct memory *make_memory(uint64_t n)
{
    struct memory *memory = calloc(1, sizeof(*memory));

    if (!memory)
        return NULL;
    memory->ids = calloc(n + 1, sizeof(*memory->ids));
    memory->offsets = calloc(n + 1, sizeof(*memory->offsets));
    memory->names = calloc(n + 1, NAME_BYTES);
    if (memory->ids && memory->offsets && memory->names)
        return memory;
    release_memory(memory);
    return NULL;
}

static void fill(struct memory *memory, uint64_t first, uint64_t n)
{
    for (uint64_t i = 0; i < n; i++) {
        char *at = memory->names + memory->offsets[i];

        memory->ids[i] = (int64_t)(first + i);
        memory->offsets[i + 1] =
            memory->offsets[i] +
            snprintf(at, NAME_BYTES, "row %" PRIu64, first + i);
    }
}

static void link_memory(struct memory *memory, uint64_t n)
{
    memory->id_buffers[1] = memory->ids;
    memory->name_buffers[1] = memory->offsets;
    memory->name_buffers[2] = memory->names;
    for (int i = 0; i < 2; i++) {
        memory->children[i] = &memory->columns[i];
        memory->columns[i].length = (int64_t)n;
        memory->columns[i].n_buffers = 2 + i;
        memory->columns[i].buffers =
            i ? memory->name_buffers : memory->id_buffers;
        memory->columns[i].release = release_column;
    }
}

int sequence_batch(uint64_t first, uint64_t n, struct ArrowArray *ret_batch)
{
    struct memory *memory = make_memory(n);

    if (!memory)
        return LIO_ENOMEM;
    fill(memory, first, n);
    link_memory(memory, n);
    *ret_batch = (struct ArrowArray){ .length = (int64_t)n,
                                      .n_buffers = 1,
                                      .buffers = memory->struct_buffers,
                                      .n_children = 2,
                                      .children = memory->children,
                                      .release = release_batch,
                                      .private_data = memory };
    return 0;
}

/* -- writing ------------------------------------------------------------- */

static int append_all(struct lio_writer *writer,
                      const struct sequence_write *write, struct lio_error *err)
{
    uint64_t done = 0;

    while (done < write->rows) {
        uint64_t n = write->rows - done;
        struct ArrowArray batch;
        int rc;

        if (write->batch_rows > 0 && n > write->batch_rows)
            n = write->batch_rows;
        rc = sequence_batch(write->first + done, n, &batch);
        if (rc < 0)
            return lio_error_set(err, rc, "no memory for a batch");
        rc = lio_writer_append(writer, &batch, err);
        if (rc < 0)
            return rc;
        done += n;
    }
    return 0;
}

int sequence_write(const struct sequence_write *write,
                   struct lio_write_summary *ret_summary, struct lio_error *err)
{
    struct lio_writer *writer;
    struct ArrowSchema schema;
    int rc = sequence_schema("id", &schema, err);

    if (rc < 0)
        return rc;
    rc = lio_writer_open(write->engine, write->path, &schema, &write->options,
                         &writer, err);
    schema.release(&schema);
    if (rc < 0)
        return rc;
    rc = append_all(writer, write, err);
    if (rc == 0)
        rc = lio_writer_finish(writer, ret_summary, err);
    lio_writer_close(writer);
    return rc;
}

/* -- reading ------------------------------------------------------------- */

static int check_row(const struct ArrowArray *batch, int64_t row, int64_t id)
{
    const struct ArrowArray *ids = batch->children[0],
                            *names = batch->children[1];
    const int64_t *values = ids->buffers[1];
    const int32_t *offsets = names->buffers[1];
    const char *bytes = names->buffers[2];
    int64_t at = names->offset + row;
    char name[NAME_BYTES];
    int n = snprintf(name, sizeof(name), "row %" PRId64, id);

    if (values[ids->offset + row] != id || offsets[at + 1] - offsets[at] != n ||
        memcmp(bytes + offsets[at], name, (size_t)n) != 0)
        return LIO_ECORRUPT;
    return 0;
}

static int64_t check_rows(const struct ArrowArray *batch, int64_t *ret_first,
                          struct lio_error *err)
{
    const struct ArrowArray *ids = batch->children[0];
    const int64_t *values = ids->buffers[1];

    if (batch->length == 0)
        return 0;
    *ret_first = values[ids->offset];
    for (int64_t i = 0; i < batch->length; i++)
        if (check_row(batch, i, *ret_first + i) < 0)
            return lio_error_set(err, LIO_ECORRUPT,
                                 "row %" PRId64 " is not row %" PRId64
                                 " of the sequence",
                                 i, *ret_first + i);
    return batch->length;
}

int64_t sequence_read(const char *path, uint64_t version, int64_t *ret_first,
                      struct lio_error *err)
{
    const struct lio_dataset_options options = { .version = version };
    const struct lio_scan scan = { 0 };
    struct lio_dataset *dataset;
    struct ArrowArray batch;
    int64_t rc = lio_dataset_open_with(NULL, path, &options, &dataset, err);

    if (rc < 0)
        return rc;
    rc = lio_scan_read(dataset, &scan, &batch, err);
    lio_dataset_close(dataset);
    if (rc < 0)
        return rc;
    rc = check_rows(&batch, ret_first, err);
    batch.release(&batch);
    return rc;
}
