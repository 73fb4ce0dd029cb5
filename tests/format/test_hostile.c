/*
 * Files that somebody broke: cut short, with fields changed, with single bits
 * flipped.  Whatever the bytes, the reader answers with sound arrays or with an
 * error that names the file; run under the sanitizers, it touches nothing it
 * should not.
 *
 * Without arguments, some places of one file of each kind.  With arguments,
 * FLIPS FILE..., each of these files is cut at each byte, and about FLIPS bits
 * of its metadata and as many of its data are flipped (0: all).
 */
#include "column/arrow_array.h"
#include "column/dataset.h"

#include "support/arrow_check.h"

#include <stdarg.h>
#include <stdlib.h>
#include <setjmp.h>
#include <cmocka.h>
#include <glob.h>

#define STEM "broken"
#define NAME STEM ".lance"
#define DECODED_MAX                                                            \
    (UINT64_C(1) << 24) /* bytes of a page: keeps this quick                   \
                         */

struct file {
    uint8_t *bytes;
    size_t nbytes;
    size_t metadata_at;
};

/* One file of each kind of pages and values. */
static const char *const tables[] = {
    "ints_nullable/v2_0",
    "ints_nullable/v2_1",
    "ints_nullable/v2_2",
    "strings_nullable/v2_0",
    "comp_fsst/v2_1",
    "low_cardinality/v2_0",
    "low_cardinality/v2_2",
    "forced_fullzip/v2_1",
    "comp_zstd/v2_0",
    "comp_zstd/v2_2",
    "constants/v2_2",
    "bools/v2_1",
    "lists/v2_0",
    "lists/v2_1",
    "lists/v2_2",
    "list_struct/v2_2",
    "structs/v2_0",
    "structs_nullable/v2_1",
    "map/v2_2",
    "fsl_struct/v2_2",
    "dictionary/v2_0",
    "dictionary/v2_2",
    "blob/v2_0",
    "blob/v2_1",
    "embeddings_null_items/v2_1",
    "packed_struct/v2_0",
    "packed_struct_var/v2_2",
    "all_null_struct/v2_2",
    "forced_fullzip/v2_2",
    "blob_in_struct/v2_1",
    "blob_22_nested/v2_2",
    "list_fsl_struct_list/v2_2",
    "packed_nested_22/v2_2",
    "null_items/v2_1",
    "fsl_struct_20/v2_0",
};

#define NTABLES (sizeof(tables) / sizeof(tables[0]))

static uint64_t footer_u64(const struct file *file, size_t at)
{
    return lio_load_u64(file->bytes + file->nbytes - LIO_FOOTER_BYTES + at);
}

static struct file load_path(const char *path)
{
    struct file file = { 0 };
    FILE *in = fopen(path, "rb");

    assert_non_null(in);
    assert_int_equal(fseek(in, 0, SEEK_END), 0);
    file.nbytes = (size_t)ftell(in);
    rewind(in);
    file.bytes = malloc(file.nbytes);
    assert_int_equal(fread(file.bytes, 1, file.nbytes, in), file.nbytes);
    (void)fclose(in);
    file.metadata_at = (size_t)footer_u64(&file, 0);
    return file;
}

static struct file load(const char *table)
{
    struct file file;
    char *pattern;
    glob_t found;

    assert_true(asprintf(&pattern, "%s/types/%s.lance/data/*.lance",
                         getenv("LIO_TEST_DATA"), table) >= 0);
    assert_int_equal(glob(pattern, 0, NULL, &found), 0);
    file = load_path(found.gl_pathv[0]);
    globfree(&found);
    free(pattern);
    return file;
}

/* Blobs may be said to be in a file beside it, which is not there. */
static void says_what(int rc, const struct lio_error *err)
{
    if (rc != LIO_ECORRUPT && rc != LIO_EUNSUPPORTED && rc != LIO_ENOMEM &&
        rc != LIO_ENOTFOUND)
        fail_msg("%d is no way to refuse a file: %s", rc, err->msg);
    assert_int_equal(rc, err->code);
    if (!strstr(err->msg, STEM))
        fail_msg("'%s' does not name the file", err->msg);
}

/* A bit may change the text of strings and which rows are null: that is no
 * fault of the reader's. */
static void relax(struct ArrowSchema *schema)
{
    schema->flags |= ARROW_FLAG_NULLABLE;
    if (schema->format[0] == 'u')
        schema->format = "z";
    else if (schema->format[0] == 'U')
        schema->format = "Z";
    for (int64_t i = 0; i < schema->n_children; i++)
        relax(schema->children[i]);
    if (schema->dictionary)
        relax(schema->dictionary);
}

static void check_array(struct ArrowSchema *schema,
                        const struct ArrowArray *array)
{
    char why[200];

    relax(schema);
    if (arrow_check(schema, array, why, sizeof(why)) < 0)
        fail_msg("%s", why);
}

/* A page has the shape of its column with nothing in it but its own field. */
static void check_page(const struct lio_dataset *dataset, uint32_t number,
                       const struct ArrowArray *array)
{
    const struct lio_schema *fields = &dataset->schema;
    uint32_t field = dataset->pages[number].field, top = field;
    bool *wanted = calloc(fields->nfields, sizeof(*wanted));
    struct lio_projection projection = {
        .schema = fields, .columns = &top, .ncolumns = 1, .wanted = wanted
    };
    struct ArrowSchema schema;

    for (uint32_t i = field; i < fields->nfields; i++)
        wanted[i] = lio_schema_is_below(fields, i, field);
    while (dataset->format != LIO_FORMAT_20 && fields->fields[top].parent >= 0)
        wanted[top = (uint32_t)fields->fields[top].parent] = true;
    assert_int_equal(lio_arrow_schema(&projection, &schema), 0);
    check_array(schema.children[0], array);
    schema.release(&schema);
    free(wanted);
}

/* Every column by itself, so that one that is broken hides no other. */
static void read_column(struct lio_dataset *dataset, const char *name)
{
    const struct lio_scan scan = { .columns = &name,
                                   .ncolumns = 1,
                                   .offset = 3,
                                   .limit = 3000,
                                   .batch_rows = 100,
                                   .memory = 1 };
    struct ArrowArrayStream stream;
    struct ArrowSchema schema;
    struct ArrowArray batch;
    struct lio_error err;
    int rc = lio_scan_stream(dataset, &scan, &stream, &err);

    if (rc < 0) {
        /* A bit may have made two names of one. */
        if (rc != LIO_EINVAL)
            says_what(rc, &err);
        return;
    }
    assert_int_equal(stream.get_schema(&stream, &schema), 0);
    while (stream.get_next(&stream, &batch) == 0 && batch.release) {
        check_array(&schema, &batch);
        batch.release(&batch);
    }
    schema.release(&schema);
    stream.release(&stream);
}

/* Single rows, for which parts of pages are read. */
static void take_some(struct lio_dataset *dataset)
{
    const uint64_t last = dataset->rows > 0 ? dataset->rows - 1 : 0;
    const uint64_t rows[] = { last, 0, last / 2, last };

    for (uint32_t i = 0; i < dataset->schema.nfields && dataset->rows > 0;
         i++) {
        const char *name = dataset->schema.fields[i].name;
        const struct lio_scan column = { .columns = &name, .ncolumns = 1 };
        struct ArrowSchema schema;
        struct ArrowArray array;
        struct lio_error err = { 0 };
        int rc;

        if (dataset->schema.fields[i].parent >= 0)
            continue;
        rc = lio_take_rows(dataset, rows, 4, &column, &array, &err);
        if (rc < 0) {
            /* A bit may have made two names of one. */
            if (rc != LIO_EINVAL)
                says_what(rc, &err);
            continue;
        }
        assert_int_equal(array.length, 4);
        assert_int_equal(lio_scan_schema(dataset, &column, &schema, NULL), 0);
        check_array(&schema, &array);
        schema.release(&schema);
        array.release(&array);
    }
}

/* Open the bytes and read every page.  Returns how many could be read, or -1 if
 * it could not be opened. */
static int read_everything(const uint8_t *bytes, size_t nbytes)
{
    struct lio_dataset *dataset;
    struct lio_source *source;
    struct lio_error err = { 0 };
    int rc, read = 0;

    assert_int_equal(lio_source_over(NAME, bytes, nbytes, &source, NULL), 0);
    rc = lio_dataset_open_source(source, &dataset, &err);
    if (rc < 0) {
        says_what(rc, &err);
        return -1;
    }
    dataset->page_decoded_max = DECODED_MAX;
    for (uint32_t i = 0; i < dataset->npages; i++) {
        struct ArrowArray array;

        rc = lio_read_page(dataset, i, &array, &err);
        if (rc < 0) {
            says_what(rc, &err);
            continue;
        }
        check_page(dataset, i, &array);
        array.release(&array);
        read++;
    }
    for (uint32_t i = 0; i < dataset->schema.nfields; i++)
        if (dataset->schema.fields[i].parent < 0)
            read_column(dataset, dataset->schema.fields[i].name);
    take_some(dataset);
    lio_dataset_close(dataset);
    return read;
}

/* -- cut short ----------------------------------------------------------- */

static void cut_file_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < NTABLES; i++) {
        struct file file = load(tables[i]);
        size_t step = file.nbytes / 150 + 1;

        for (size_t n = 0; n < file.nbytes; n += step)
            assert_int_equal(read_everything(file.bytes, n), -1);
        assert_int_equal(read_everything(file.bytes, file.nbytes - 1), -1);
        free(file.bytes);
    }
}

/* The beginning is missing: all positions are wrong. */
static void shifted_file_is_refused_or_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < NTABLES; i++) {
        struct file file = load(tables[i]);

        for (size_t n = 1; n < file.nbytes; n += file.nbytes / 50 + 1)
            (void)read_everything(file.bytes + n, file.nbytes - n);
        free(file.bytes);
    }
}

/* -- changed fields ------------------------------------------------------ */

static void put(uint8_t *at, size_t width, uint64_t value)
{
    memcpy(at, &value, width);
}

/* Every field of the footer and every entry of the tables, set to what is most
 * likely to be believed wrongly. */
static void broken_fields_are_found(void **state)
{
    (void)state;
    for (size_t i = 0; i < NTABLES; i++) {
        struct file file = load(tables[i]);
        uint8_t *copy = malloc(file.nbytes);
        size_t tables_at = (size_t)footer_u64(&file, 8);
        const uint64_t values[] = { 0,
                                    1,
                                    8,
                                    file.nbytes - LIO_FOOTER_BYTES,
                                    file.nbytes - 1,
                                    file.nbytes,
                                    UINT32_MAX,
                                    INT64_MAX,
                                    UINT64_MAX - 7,
                                    UINT64_MAX };

        memcpy(copy, file.bytes, file.nbytes);
        for (size_t at = tables_at; at + 4 <= file.nbytes; at += 4)
            for (size_t k = 0; k < sizeof(values) / sizeof(values[0]); k++)
                for (size_t width = 4; width <= 8; width += 4) {
                    if (at + width > file.nbytes)
                        continue;
                    put(copy + at, width, values[k]);
                    (void)read_everything(copy, file.nbytes);
                    memcpy(copy + at, file.bytes + at, width);
                }
        free(copy);
        free(file.bytes);
    }
}

/* -- flipped bits -------------------------------------------------------- */

/* About `n` bits of [from, to), one at a time.  Returns how many changes were
 * found out when opening or reading. */
static int flip(const struct file *file, size_t from, size_t to, size_t n)
{
    uint8_t *copy = malloc(file->nbytes);
    size_t step = (to - from) * 8 / n + 1;
    int all = read_everything(file->bytes, file->nbytes), found = 0;

    assert_true(all >= 0);
    memcpy(copy, file->bytes, file->nbytes);
    for (size_t bit = from * 8; bit < to * 8; bit += step) {
        copy[bit / 8] ^= (uint8_t)(1u << bit % 8);
        found += read_everything(copy, file->nbytes) != all;
        copy[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    free(copy);
    return found;
}

static void flipped_metadata_is_refused_or_harmless(void **state)
{
    (void)state;
    for (size_t i = 0; i < NTABLES; i++) {
        struct file file = load(tables[i]);

        assert_true(flip(&file, file.metadata_at, file.nbytes, 500) > 0);
        free(file.bytes);
    }
}

static void flipped_data_is_refused_or_harmless(void **state)
{
    (void)state;
    for (size_t i = 0; i < NTABLES; i++) {
        struct file file = load(tables[i]);

        (void)flip(&file, 0, file.metadata_at, 500);
        free(file.bytes);
    }
}

/* -- all there is to break ----------------------------------------------- */

static size_t nflips;
static char **paths; /* up to NULL */

static void every_byte_is_missed(void **state)
{
    (void)state;
    for (char **path = paths; *path; path++) {
        struct file file = load_path(*path);

        for (size_t n = 0; n < file.nbytes; n++)
            if (read_everything(file.bytes, n) != -1)
                fail_msg("%s: read without its end from byte %zu on", *path, n);
        free(file.bytes);
    }
}

static void every_bit_is_flipped(void **state)
{
    (void)state;
    for (char **path = paths; *path; path++) {
        struct file file = load_path(*path);
        size_t n = nflips > 0 ? nflips : file.nbytes * 8;

        (void)flip(&file, file.metadata_at, file.nbytes, n);
        if (file.metadata_at > 0)
            (void)flip(&file, 0, file.metadata_at, n);
        free(file.bytes);
    }
}

static int break_all(char **arguments)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_byte_is_missed),
        cmocka_unit_test(every_bit_is_flipped),
    };

    nflips = strtoull(arguments[0], NULL, 10);
    paths = arguments + 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The strings of a page of 2.0, compressed as a whole. */
static struct lio_dataset *open_compressed(void)
{
    struct lio_dataset *dataset;
    char *path;

    assert_true(asprintf(&path, "%s/types/comp_zstd/v2_0.lance",
                         getenv("LIO_TEST_DATA")) >= 0);
    assert_int_equal(lio_dataset_open(NULL, path, &dataset, NULL), 0);
    free(path);
    return dataset;
}

/* A stream that may hold next to nothing must fail, and say so. */
static void stream_fails(struct lio_dataset *dataset, const char *words)
{
    const struct lio_scan scan = { .memory = 1 };
    struct ArrowArrayStream stream;
    struct ArrowArray batch = { 0 };
    struct lio_error err;

    assert_int_equal(lio_scan_stream(dataset, &scan, &stream, &err), 0);
    assert_int_not_equal(stream.get_next(&stream, &batch), 0);
    if (!strstr(stream.get_last_error(&stream), words))
        fail_msg("%s", stream.get_last_error(&stream));
    stream.release(&stream);
}

static void what_rows_are_decompressed_to_is_bounded(void **state)
{
    struct lio_dataset *dataset = open_compressed();

    (void)state;
    dataset->page_decoded_max = 1000;
    stream_fails(dataset, "decompressed to more than the limit");
    lio_dataset_close(dataset);
}

/* A page that has to be read whole is not, if it is too large for that. */
static void what_cannot_be_cut_is_counted_and_bounded(void **state)
{
    struct lio_dataset *dataset = open_compressed();
    uint32_t strings = dataset->fragments[0].places[3].column;
    Lio__Pb__BinaryArray *binary =
        dataset->files[0].columns[strings].pages[0].array->binary;
    struct lio_dataset_memory memory;

    (void)state;
    /* A buffer of the column, of which the format knows, and nobody writes. */
    binary->bytes->flat->buffer->kind = 1;
    dataset->page_decoded_max = 1000;
    stream_fails(dataset, "cannot be read in parts");
    lio_dataset_memory(dataset, &memory);
    assert_int_equal(memory.whole_pages, 1);
    assert_true(memory.whole_bytes > 1000);
    lio_dataset_close(dataset);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_rows_are_decompressed_to_is_bounded),
        cmocka_unit_test(what_cannot_be_cut_is_counted_and_bounded),
        cmocka_unit_test(cut_file_is_refused),
        cmocka_unit_test(shifted_file_is_refused_or_read),
        cmocka_unit_test(broken_fields_are_found),
        cmocka_unit_test(flipped_metadata_is_refused_or_harmless),
        cmocka_unit_test(flipped_data_is_refused_or_harmless),
    };

    return argc > 1 ? break_all(argv + 1)
                    : cmocka_run_group_tests(tests, NULL, NULL);
}
