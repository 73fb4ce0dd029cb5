/*
 * large DIRECTORY MEGABYTES CEILING [DIM]: scan what does not fit.
 *
 * Writes a dataset of each file version with MEGABYTES of values, a page for
 * each column of a file, and scans it in a stream that may hold CEILING
 * megabytes: every value has to be the one written, as have those of a row that
 * is taken then, and the process may have had no more memory than the ceiling
 * and what a program, an engine and two batches take.  A child writes, so that
 * its memory does not count.  Two more are mostly text, in pages of 2.0 that
 * are compressed as a whole.
 *
 *     id int64 | text string | vector float32[DIM] | list int32
 *
 * Values are functions of their row.  LIO_TEST_BACKEND names the backend to
 * read through, from LIO_TEST_PLUGINS; without, there is no engine.
 */
#include "support/sanitizer.h"

#include <lanceio/column.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define BATCH_ROWS 2048
#define TEXT_MAX   180
#define LIST_MAX   7
#define NCOLUMNS   4
#define NTABLES    5

/* MB of memory besides the ceiling: the program, an engine, two batches, and
 * what the dataset's pool keeps for the next scan. */
#define BESIDES 32

static uint64_t dim = 128;

/* -- values -------------------------------------------------------------- */

static uint32_t text_bytes(uint64_t row)
{
    return 20 + (uint32_t)(row * 7919 % (TEXT_MAX - 20));
}

static char text_at(uint64_t row, uint32_t i)
{
    return (char)('a' + (row + i * 3) % 26);
}

static float item_at(uint64_t row, uint64_t i)
{
    return (float)((row * 31 + i * 17) % 65521);
}

static uint32_t list_items(uint64_t row)
{
    return (uint32_t)(row % LIST_MAX);
}

static int32_t list_at(uint64_t row, uint32_t i)
{
    return (int32_t)(row * 3 + i);
}

static uint64_t count_rows(uint64_t megabytes)
{
    return (megabytes << 20) / (8 + (TEXT_MAX + 20) / 2 + dim * 4 + 12);
}

/* -- writing ------------------------------------------------------------- */

static void die(const char *what)
{
    fprintf(stderr, "large: %s\n", what);
    exit(1);
}

static void check(int rc, const struct lio_error *err)
{
    if (rc < 0)
        die(err->msg);
}

static void *room(size_t bytes)
{
    void *data = calloc(1, bytes + 64);

    if (!data)
        die("no memory");
    return data;
}

static void release_schema(struct ArrowSchema *schema)
{
    for (int64_t i = 0; i < schema->n_children; i++) {
        schema->children[i]->release(schema->children[i]);
        free(schema->children[i]);
    }
    free(schema->children);
    schema->release = NULL;
}

static struct ArrowSchema *make_schema(const char *format, const char *name,
                                       int64_t nchildren)
{
    struct ArrowSchema *schema = room(sizeof(*schema));

    *schema = (struct ArrowSchema){ .format = format,
                                    .name = name,
                                    .n_children = nchildren,
                                    .children = room((size_t)nchildren *
                                                     sizeof(schema->children)),
                                    .release = release_schema };
    return schema;
}

static struct ArrowSchema *table_schema(void)
{
    static char fixed[32];
    struct ArrowSchema *schema = make_schema("+s", "", NCOLUMNS);

    (void)snprintf(fixed, sizeof(fixed), "+w:%llu", (unsigned long long)dim);
    schema->children[0] = make_schema("l", "id", 0);
    schema->children[1] = make_schema("u", "text", 0);
    schema->children[2] = make_schema(fixed, "vector", 1);
    schema->children[2]->children[0] = make_schema("f", "item", 0);
    schema->children[3] = make_schema("+l", "list", 1);
    schema->children[3]->children[0] = make_schema("i", "item", 0);
    return schema;
}

static void release_array(struct ArrowArray *array)
{
    for (int64_t i = 0; i < array->n_children; i++) {
        array->children[i]->release(array->children[i]);
        free(array->children[i]);
    }
    for (int64_t i = 0; i < array->n_buffers; i++)
        free((void *)(uintptr_t)array->buffers[i]);
    free(array->children);
    free((void *)array->buffers);
    array->release = NULL;
}

static struct ArrowArray *make_array(uint64_t rows, int64_t nbuffers,
                                     int64_t nchildren)
{
    struct ArrowArray *array = room(sizeof(*array));

    *array = (struct ArrowArray){
        .length = (int64_t)rows,
        .n_buffers = nbuffers,
        .n_children = nchildren,
        .buffers = room((size_t)nbuffers * sizeof(array->buffers)),
        .children = room((size_t)nchildren * sizeof(array->children)),
        .release = release_array
    };
    return array;
}

static struct ArrowArray *make_ids(uint64_t first, uint64_t rows)
{
    struct ArrowArray *array = make_array(rows, 2, 0);
    int64_t *ids = room(rows * sizeof(*ids));

    for (uint64_t i = 0; i < rows; i++)
        ids[i] = (int64_t)(first + i);
    array->buffers[1] = ids;
    return array;
}

static struct ArrowArray *make_texts(uint64_t first, uint64_t rows)
{
    struct ArrowArray *array = make_array(rows, 3, 0);
    int32_t *offsets = room((rows + 1) * sizeof(*offsets));
    char *text = room(rows * TEXT_MAX);

    for (uint64_t i = 0; i < rows; i++) {
        uint32_t bytes = text_bytes(first + i);

        for (uint32_t k = 0; k < bytes; k++)
            text[(uint32_t)offsets[i] + k] = text_at(first + i, k);
        offsets[i + 1] = offsets[i] + (int32_t)bytes;
    }
    array->buffers[1] = offsets;
    array->buffers[2] = text;
    return array;
}

static struct ArrowArray *make_vectors(uint64_t first, uint64_t rows)
{
    struct ArrowArray *array = make_array(rows, 1, 1);
    struct ArrowArray *items = make_array(rows * dim, 2, 0);
    float *values = room(rows * dim * sizeof(*values));

    for (uint64_t i = 0; i < rows * dim; i++)
        values[i] = item_at(first + i / dim, i % dim);
    items->buffers[1] = values;
    array->children[0] = items;
    return array;
}

static struct ArrowArray *make_lists(uint64_t first, uint64_t rows)
{
    struct ArrowArray *array = make_array(rows, 2, 1);
    int32_t *offsets = room((rows + 1) * sizeof(*offsets));
    int32_t *values = room(rows * LIST_MAX * sizeof(*values));

    for (uint64_t i = 0; i < rows; i++) {
        offsets[i + 1] = offsets[i];
        for (uint32_t k = 0; k < list_items(first + i); k++)
            values[offsets[i + 1]++] = list_at(first + i, k);
    }
    array->buffers[1] = offsets;
    array->children[0] = make_array((uint64_t)offsets[rows], 2, 0);
    array->children[0]->buffers[1] = values;
    return array;
}

static struct ArrowArray *make_batch(uint64_t first, uint64_t rows)
{
    struct ArrowArray *batch = make_array(rows, 1, NCOLUMNS);

    batch->children[0] = make_ids(first, rows);
    batch->children[1] = make_texts(first, rows);
    batch->children[2] = make_vectors(first, rows);
    batch->children[3] = make_lists(first, rows);
    return batch;
}

static void write_table(const char *path, const char *version,
                        const char *compression, uint64_t rows)
{
    const struct lio_write_options options = {
        .mode = LIO_WRITE_OVERWRITE,
        .format_version = version,
        .memory = UINT64_C(2) << 30,
        .page_bytes = UINT64_C(256) << 20,
        .compression = compression,
    };
    struct ArrowSchema *schema = table_schema();
    struct lio_writer *writer;
    struct lio_error err;

    check(lio_writer_open(NULL, path, schema, &options, &writer, &err), &err);
    for (uint64_t row = 0; row < rows; row += BATCH_ROWS) {
        uint64_t n = rows - row < BATCH_ROWS ? rows - row : BATCH_ROWS;
        struct ArrowArray *batch = make_batch(row, n);

        check(lio_writer_append(writer, batch, &err), &err);
        free(batch);
    }
    check(lio_writer_finish(writer, NULL, &err), &err);
    lio_writer_close(writer);
    schema->release(schema);
    free(schema);
}

static void write_in_child(const char *path, const char *version,
                           const char *compression, uint64_t rows)
{
    pid_t pid = fork();
    int status;

    if (pid < 0)
        die("cannot fork");
    if (pid == 0) {
        write_table(path, version, compression, rows);
        exit(0);
    }
    if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status) ||
        WEXITSTATUS(status) != 0)
        die("the child that writes has failed");
}

/* -- scanning ------------------------------------------------------------ */

static void wrong(uint64_t row, const char *column)
{
    fprintf(stderr, "large: row %llu of '%s' is wrong\n",
            (unsigned long long)row, column);
    exit(1);
}

static void compare_texts(const struct ArrowArray *array, uint64_t first)
{
    const int32_t *offsets = (const int32_t *)array->buffers[1] + array->offset;
    const char *text = array->buffers[2];

    for (int64_t i = 0; i < array->length; i++) {
        uint64_t row = first + (uint64_t)i;
        uint32_t bytes = (uint32_t)(offsets[i + 1] - offsets[i]);

        if (bytes != text_bytes(row))
            wrong(row, "text");
        for (uint32_t k = 0; k < bytes; k++)
            if (text[(uint32_t)offsets[i] + k] != text_at(row, k))
                wrong(row, "text");
    }
}

static void compare_vectors(const struct ArrowArray *array, uint64_t first)
{
    const struct ArrowArray *items = array->children[0];
    const float *values = (const float *)items->buffers[1] + items->offset +
                          (uint64_t)array->offset * dim;

    for (uint64_t i = 0; i < (uint64_t)array->length * dim; i++)
        if (values[i] != item_at(first + i / dim, i % dim))
            wrong(first + i / dim, "vector");
}

static void compare_lists(const struct ArrowArray *array, uint64_t first)
{
    const struct ArrowArray *items = array->children[0];
    const int32_t *offsets = (const int32_t *)array->buffers[1] + array->offset;
    const int32_t *values = (const int32_t *)items->buffers[1] + items->offset;

    for (int64_t i = 0; i < array->length; i++) {
        uint64_t row = first + (uint64_t)i;
        uint32_t n = (uint32_t)(offsets[i + 1] - offsets[i]);

        if (n != list_items(row))
            wrong(row, "list");
        for (uint32_t k = 0; k < n; k++)
            if (values[(uint32_t)offsets[i] + k] != list_at(row, k))
                wrong(row, "list");
    }
}

static void compare_batch(const struct ArrowArray *batch, uint64_t first)
{
    const struct ArrowArray *array = batch->children[0];
    const int64_t *ids = (const int64_t *)array->buffers[1] + array->offset;

    for (int64_t i = 0; i < batch->length; i++)
        if (ids[i] != (int64_t)first + i)
            wrong(first + (uint64_t)i, "id");
    compare_texts(batch->children[1], first);
    compare_vectors(batch->children[2], first);
    compare_lists(batch->children[3], first);
}

static void take_row(struct lio_dataset *dataset, uint64_t row)
{
    struct ArrowArray batch;
    struct lio_error err;

    check(lio_take_rows(dataset, &row, 1, NULL, &batch, &err), &err);
    compare_batch(&batch, row);
    batch.release(&batch);
}

static void read_table(struct lio_engine *engine, const char *path,
                       uint64_t rows, uint64_t ceiling)
{
    const struct lio_scan scan = { .memory = ceiling << 20 };
    struct lio_dataset *dataset;
    struct ArrowArrayStream stream;
    struct ArrowArray batch;
    struct lio_error err;
    uint64_t row = 0;

    check(lio_dataset_open(engine, path, &dataset, &err), &err);
    check(lio_scan_stream(dataset, &scan, &stream, &err), &err);
    for (;;) {
        if (stream.get_next(&stream, &batch) != 0)
            die(stream.get_last_error(&stream));
        if (!batch.release)
            break;
        compare_batch(&batch, row);
        row += (uint64_t)batch.length;
        batch.release(&batch);
    }
    stream.release(&stream);
    if (row != rows)
        wrong(row, "id");
    take_row(dataset, rows - 1);
    lio_dataset_close(dataset);
}

/* -- all ----------------------------------------------------------------- */

static struct lio_engine *open_engine(void)
{
    const char *backend = getenv("LIO_TEST_BACKEND");
    const char *plugins = getenv("LIO_TEST_PLUGINS");
    struct lio_config *config;
    struct lio_engine *engine;
    struct lio_error err;
    char plugin[64], dir[4096];

    if (!backend || !*backend)
        return NULL;
    (void)snprintf(plugin, sizeof(plugin), "backend.plugin=%s", backend);
    (void)snprintf(dir, sizeof(dir), "engine.plugin_dir=%s",
                   plugins ? plugins : "");
    check(lio_config_load(NULL,
                          (const char *[]){ plugin, dir, "stats.database=off",
                                            "cache.size=8M" },
                          4, &config, &err),
          &err);
    check(lio_engine_open(config, &engine, &err), &err);
    lio_config_free(config);
    return engine;
}

static uint64_t peak_mb(void)
{
    struct rusage use;

    getrusage(RUSAGE_SELF, &use);
    return (uint64_t)use.ru_maxrss / 1024;
}

struct table {
    const char *version;
    const char *compression;
    uint64_t dim; /* 0: as it was told */
    uint64_t rows;
    char path[4096];
};

int main(int argc, char **argv)
{
    static struct table tables[] = {
        { .version = "2.0", .compression = "none" },
        { .version = "2.1", .compression = "none" },
        { .version = "2.2", .compression = "none" },
        { "2.0", "lz4", 1, 0, "" },
        { "2.0", "zstd", 1, 0, "" }
    };
    uint64_t megabytes, ceiling, told;
    struct lio_engine *engine;

    if (argc < 4)
        die("usage: large DIRECTORY MEGABYTES CEILING [DIM]");
    megabytes = strtoull(argv[2], NULL, 10);
    ceiling = strtoull(argv[3], NULL, 10);
    told = argc > 4 ? strtoull(argv[4], NULL, 10) : dim;
    for (int i = 0; i < NTABLES; i++) {
        struct table *table = &tables[i];

        dim = table->dim > 0 ? table->dim : told;
        table->rows = count_rows(megabytes);
        (void)snprintf(table->path, sizeof(table->path), "%s/v%s-%s.lance",
                       argv[1], table->version, table->compression);
        write_in_child(table->path, table->version, table->compression,
                       table->rows);
    }
    engine = open_engine();
    for (int i = 0; i < NTABLES; i++) {
        const struct table *table = &tables[i];

        dim = table->dim > 0 ? table->dim : told;
        read_table(engine, table->path, table->rows, ceiling);
        printf("%s, %s: %llu rows, %llu MB, read with %llu MB of memory\n",
               table->version, table->compression,
               (unsigned long long)table->rows, (unsigned long long)megabytes,
               (unsigned long long)peak_mb());
    }
    if (engine)
        lio_engine_close(engine);
    /* Sanitizers take a multiple of what they watch. */
    if (!LIO_TEST_SLOW && peak_mb() > ceiling + BESIDES)
        die("that is too much memory");
    return 0;
}
