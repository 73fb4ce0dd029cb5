/*
 * Constant pages with levels, which are read in windows: whatever the levels
 * are packed with, each window has the rows that the page read whole has.
 *
 * The files are made here, of levels by chance.
 */
#include "fuzz/parts.h"

#include "column/dataset.h"
#include "column/fastlanes.h"
#include "column/levels.h"

#include "support/decoding.h"

#include <stdlib.h>

#define FEW_ROWS  1500
#define MANY_ROWS 66000 /* more than a piece of levels */
#define FILE_MAX  (4u << 20)

/* -- tables -------------------------------------------------------------- */

enum packing { PLAIN, RUNS, BLOCKS, FLAT_16, ZSTD, NPACKINGS };

struct table_case {
    const char *types[4]; /* from the top to the leaf */
    uint32_t layers[4];   /* from the leaf to the top */
    uint32_t nlayers;
    uint32_t group; /* of what the page counts are a row; 0: one */
    uint16_t lists;
    uint16_t def_max;
    uint16_t def_visible; /* the highest of an entry that has a slot */
    const char *inline_value;
    const char *value; /* in a buffer */
};

static const struct table_case tables[] = {
    { .types = { "int32" },
      .layers = { LIO_LAYER_NULLABLE_ITEM },
      .nlayers = 1,
      .def_max = 1,
      .def_visible = 1,
      .inline_value = "abcd" },
    { .types = { "struct", "struct", "string" },
      .layers = { LIO_LAYER_NULLABLE_ITEM, LIO_LAYER_NULLABLE_ITEM,
                  LIO_LAYER_NULLABLE_ITEM },
      .nlayers = 3,
      .def_max = 3,
      .def_visible = 3,
      .value = "the only one" },
    { .types = { "struct", "int32" },
      .layers = { LIO_LAYER_NULLABLE_ITEM, LIO_LAYER_NULLABLE_ITEM },
      .nlayers = 2,
      .def_max = 2,
      .def_visible = 2 },
    { .types = { "list", "int32" },
      .layers = { LIO_LAYER_NULLABLE_ITEM, LIO_LAYER_NULLABLE_EMPTYABLE_LIST },
      .nlayers = 2,
      .lists = 1,
      .def_max = 3,
      .def_visible = 1,
      .inline_value = "abcd" },
    { .types = { "list", "struct", "int32" },
      .layers = { LIO_LAYER_NULLABLE_ITEM, LIO_LAYER_NULLABLE_ITEM,
                  LIO_LAYER_NULLABLE_EMPTYABLE_LIST },
      .nlayers = 3,
      .lists = 1,
      .def_max = 4,
      .def_visible = 2 },
    { .types = { "list", "list", "string" },
      .layers = { LIO_LAYER_ITEM, LIO_LAYER_EMPTYABLE_LIST,
                  LIO_LAYER_NULLABLE_LIST },
      .nlayers = 3,
      .lists = 2,
      .def_max = 2,
      .def_visible = 0,
      .value = "item" },
    { .types = { "list", "string" },
      .layers = { LIO_LAYER_ITEM, LIO_LAYER_LIST },
      .nlayers = 2,
      .lists = 1,
      .value = "all there" },
    { .types = { "string" },
      .layers = { LIO_LAYER_ITEM },
      .nlayers = 1,
      .value = "in each row" },
    { .types = { "fixed_size_list:struct:3", "struct", "int32" },
      .layers = { LIO_LAYER_NULLABLE_ITEM, LIO_LAYER_ITEM, LIO_LAYER_ITEM },
      .nlayers = 3,
      .group = 3,
      .def_max = 1,
      .def_visible = 1,
      .inline_value = "abcd" },
    { .types = { "fixed_size_list:struct:3", "struct", "list", "int32" },
      .layers = { LIO_LAYER_NULLABLE_ITEM, LIO_LAYER_NULLABLE_EMPTYABLE_LIST,
                  LIO_LAYER_ITEM, LIO_LAYER_ITEM },
      .nlayers = 4,
      .group = 3,
      .lists = 1,
      .def_max = 3,
      .def_visible = 1,
      .inline_value = "abcd" },
};

/* -- levels -------------------------------------------------------------- */

struct levels {
    uint64_t rows;
    uint64_t n;
    uint16_t *rep;
    uint16_t *def;
};

static uint32_t draw(uint32_t *state, uint32_t below)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state % below;
}

/* A level of definition that an entry may have: of a list that has more of
 * them, one that has a value. */
static uint16_t draw_def(const struct table_case *table, uint32_t *state,
                         bool alone)
{
    uint16_t least = table->inline_value || table->value ? 0 : 1;
    uint16_t most = alone ? table->def_max : table->def_visible;

    /* Runs, too. */
    if (draw(state, 3) > 0 || most < least)
        return least;
    return (uint16_t)(least + draw(state, most - least + 1u));
}

static void draw_levels(const struct table_case *table, uint64_t rows,
                        struct levels *levels)
{
    uint32_t state = 77777;
    size_t room = (size_t)rows * 8;

    *levels = (struct levels){ .rows = rows };
    levels->rep = calloc(room, sizeof(*levels->rep));
    levels->def = calloc(room, sizeof(*levels->def));
    assert_true(levels->rep && levels->def);
    for (uint64_t row = 0; row < rows; row++) {
        uint32_t entries = table->lists > 0 ? 1 + draw(&state, 7) : 1;

        if (draw(&state, 20) < 10)
            entries = 1;
        for (uint32_t i = 0; i < entries; i++) {
            uint16_t rep =
                i == 0 ? table->lists
                       : (uint16_t)draw(&state,
                                        table->lists > 0 ? table->lists : 1u);

            levels->rep[levels->n] = rep;
            levels->def[levels->n++] = draw_def(table, &state, entries == 1);
        }
    }
}

static void release_levels(struct levels *levels)
{
    free(levels->rep);
    free(levels->def);
}

/* -- packing ------------------------------------------------------------- */

static Lio__Pb__CompressiveEncoding flat8 = FLAT(8), flat16 = FLAT(16),
                                    packed3 = FLAT(3),
                                    runs = RLE(&flat16, &flat8),
                                    blocks = OUT_OF_LINE(16, &packed3),
                                    zstd = GENERAL(2, &flat16);

#define GIVE_BASE(message, name)                                               \
    ((message)->base = (ProtobufCMessage)PROTOBUF_C_MESSAGE_INIT(              \
         &lio__pb__##name##__descriptor))

/* Literals can be decoded with, but not packed. */
static int setup(void **state)
{
    Lio__Pb__CompressiveEncoding *const all[] = { &flat8, &flat16, &packed3,
                                                  &runs,  &blocks, &zstd };

    (void)state;
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
        GIVE_BASE(all[i], compressive_encoding);
    GIVE_BASE(flat8.flat, flat);
    GIVE_BASE(flat16.flat, flat);
    GIVE_BASE(packed3.flat, flat);
    GIVE_BASE(runs.rle, rle);
    GIVE_BASE(blocks.out_of_line_bitpacking, out_of_line_bitpacking);
    GIVE_BASE(zstd.general, general);
    GIVE_BASE(zstd.general->compression, buffer_compression);
    blocks.out_of_line_bitpacking->has_plain_bits = 1;
    zstd.general->compression->has_scheme = 1;
    return 0;
}

static Lio__Pb__CompressiveEncoding *encoding_of(enum packing packing)
{
    switch (packing) {
    case FLAT_16:
        return &flat16;
    case RUNS:
        return &runs;
    case BLOCKS:
        return &blocks;
    case ZSTD:
        return &zstd;
    default:
        return NULL;
    }
}

static size_t pack_runs(const uint16_t *levels, uint64_t n, uint8_t *to)
{
    uint8_t *values = to + 8, *lengths = malloc((size_t)n + 1);
    uint64_t nruns = 0, bytes;

    assert_non_null(lengths);
    for (uint64_t i = 0; i < n;) {
        uint64_t run = 1;

        while (i + run < n && run < 255 && levels[i + run] == levels[i])
            run++;
        memcpy(values + nruns * 2, &levels[i], 2);
        lengths[nruns++] = (uint8_t)run;
        i += run;
    }
    bytes = nruns * 2;
    memcpy(to, &bytes, 8);
    memcpy(values + bytes, lengths, (size_t)nruns);
    free(lengths);
    return (size_t)(8 + bytes + nruns);
}

/* Full blocks of three bits, and the rest as another if that is shorter. */
static size_t pack_blocks(const uint16_t *levels, uint64_t n, uint8_t *to)
{
    size_t block = lio_fastlanes_bytes(3), used = 0;
    uint16_t last[LIO_FASTLANES_BLOCK] = { 0 };

    for (; n >= LIO_FASTLANES_BLOCK; n -= LIO_FASTLANES_BLOCK) {
        lio_fastlanes_pack((const uint8_t *)levels, 16, 3, to + used);
        levels += LIO_FASTLANES_BLOCK;
        used += block;
    }
    if (n * 2 <= block) {
        memcpy(to + used, levels, (size_t)n * 2);
        return used + (size_t)n * 2;
    }
    memcpy(last, levels, (size_t)n * 2);
    lio_fastlanes_pack((const uint8_t *)last, 16, 3, to + used);
    return used + block;
}

/* A frame of one block that is stored as it is: of some kilobytes at the most.
 */
static size_t pack_zstd(const uint16_t *levels, uint64_t n, uint8_t *to)
{
    static const uint8_t magic[] = { 0x28, 0xb5, 0x2f, 0xfd, 0xa0 };
    uint64_t bytes = n * 2;
    uint32_t size = (uint32_t)bytes, head = (uint32_t)(bytes << 3) | 1;

    memcpy(to, &bytes, 8);
    memcpy(to + 8, magic, sizeof(magic));
    memcpy(to + 13, &size, 4);
    memcpy(to + 17, &head, 3);
    memcpy(to + 20, levels, (size_t)bytes);
    return 20 + (size_t)bytes;
}

static size_t pack_levels(enum packing packing, const uint16_t *levels,
                          uint64_t n, uint8_t *to)
{
    switch (packing) {
    case RUNS:
        return pack_runs(levels, n, to);
    case BLOCKS:
        return pack_blocks(levels, n, to);
    case ZSTD:
        return pack_zstd(levels, n, to);
    default:
        memcpy(to, levels, (size_t)n * 2);
        return (size_t)n * 2;
    }
}

/* -- files --------------------------------------------------------------- */

/* A file of one column, and what a test may change of it. */
struct file {
    const struct table_case *table;
    struct levels levels;
    uint64_t page_rows;
    enum packing packing;
    Lio__Pb__ConstantLayout layout;
    uint8_t *data; /* buffers, one behind the other */
    uint64_t at[3], bytes[3];
    uint32_t nbuffers;
    uint8_t *image;
    size_t image_bytes;
};

static uint8_t *add_buffer(struct file *file, size_t bytes)
{
    uint32_t n = file->nbuffers++;

    file->at[n] = n > 0 ? file->at[n - 1] + file->bytes[n - 1] : 0;
    file->bytes[n] = bytes;
    return file->data + file->at[n];
}

static void add_value(struct file *file, const char *value)
{
    uint32_t bytes = (uint32_t)strlen(value);
    const uint32_t head[] = { 2, 8, bytes, 0, bytes };
    uint8_t *to = add_buffer(file, sizeof(head) + bytes);

    memcpy(to, head, sizeof(head));
    memcpy(to + sizeof(head), value, bytes);
}

static void add_levels(struct file *file, const uint16_t *levels, bool any)
{
    uint8_t *to = add_buffer(file, 0);

    if (any)
        file->bytes[file->nbuffers - 1] =
            pack_levels(file->packing, levels, file->levels.n, to);
}

static void begin_file(struct file *file, const struct table_case *table,
                       uint64_t rows, enum packing packing)
{
    *file = (struct file){ .table = table,
                           .page_rows = rows,
                           .packing = packing,
                           .data = calloc(1, FILE_MAX),
                           .image = malloc(FILE_MAX) };
    assert_true(file->data && file->image);
    draw_levels(table, rows, &file->levels);
    lio__pb__constant_layout__init(&file->layout);
    file->layout.n_layers = table->nlayers;
    file->layout.layers = (uint32_t *)(uintptr_t)table->layers;
    if (table->inline_value) {
        file->layout.has_inline_value = 1;
        file->layout.inline_value.data =
            (uint8_t *)(uintptr_t)table->inline_value;
        file->layout.inline_value.len = strlen(table->inline_value);
    }
    if (table->value)
        add_value(file, table->value);
    if (table->lists == 0 && table->def_max == 0)
        return;
    add_levels(file, file->levels.rep, table->lists > 0);
    add_levels(file, file->levels.def, table->def_max > 0);
    if (packing == PLAIN)
        return;
    file->layout.rep_compression = file->layout.def_compression =
        encoding_of(packing);
    file->layout.has_nrep_values = file->layout.has_ndef_values = 1;
    file->layout.nrep_values = file->layout.ndef_values = file->levels.n;
}

static ProtobufCBinaryData packed(const ProtobufCMessage *message)
{
    ProtobufCBinaryData bytes = { .len = protobuf_c_message_get_packed_size(
                                      message) };

    bytes.data = malloc(bytes.len + 1);
    assert_non_null(bytes.data);
    (void)protobuf_c_message_pack(message, bytes.data);
    return bytes;
}

/* The page's encoding: a message in one in one. */
static ProtobufCBinaryData pack_layout(struct file *file)
{
    Lio__Pb__PageLayout layout = LIO__PB__PAGE_LAYOUT__INIT;
    Lio__Pb__AnyMessage any = LIO__PB__ANY_MESSAGE__INIT;
    ProtobufCBinaryData bytes;

    layout.layout_case = LIO__PB__PAGE_LAYOUT__LAYOUT_CONSTANT;
    layout.constant = &file->layout;
    any.type_url = (char *)"/lance.encodings21.PageLayout";
    any.has_value = 1;
    any.value = packed(&layout.base);
    bytes = packed(&any.base);
    free(any.value.data);
    return bytes;
}

static void join(struct file *file, Lio__Pb__ColumnMetadata *column,
                 Lio__Pb__Schema *schema)
{
    Lio__Pb__FileDescriptor descriptor = LIO__PB__FILE_DESCRIPTOR__INIT;
    const struct parts parts = {
        .format = LIO_FORMAT_22,
        .data = file->data,
        .ndata =
            (size_t)(file->nbuffers > 0 ? file->at[file->nbuffers - 1] +
                                              file->bytes[file->nbuffers - 1]
                                        : 0),
        .schema = &descriptor,
        .columns = &column,
        .ncolumns = 1,
    };

    descriptor.schema = schema;
    descriptor.has_rows = 1;
    descriptor.rows =
        file->page_rows / (file->table->group > 0 ? file->table->group : 1);
    file->image_bytes = parts_join(&parts, file->image, FILE_MAX);
    assert_true(file->image_bytes > 0);
}

static void make_file(struct file *file)
{
    Lio__Pb__ColumnMetadata column = LIO__PB__COLUMN_METADATA__INIT;
    Lio__Pb__ColumnPage page = LIO__PB__COLUMN_PAGE__INIT, *pages = &page;
    Lio__Pb__Encoding encoding = LIO__PB__ENCODING__INIT;
    Lio__Pb__DirectEncoding direct = LIO__PB__DIRECT_ENCODING__INIT;
    Lio__Pb__Schema schema = LIO__PB__SCHEMA__INIT;
    Lio__Pb__Field fields[4], *list[4];

    for (int32_t i = 0; i < (int32_t)file->table->nlayers; i++) {
        fields[i] = (Lio__Pb__Field)LIO__PB__FIELD__INIT;
        fields[i].name = (char *)"f";
        fields[i].logical_type = (char *)(uintptr_t)file->table->types[i];
        fields[i].has_id = fields[i].has_parent_id = 1;
        fields[i].has_nullable = fields[i].nullable = 1;
        fields[i].id = i;
        fields[i].parent_id = i - 1;
        list[i] = &fields[i];
    }
    schema.n_fields = file->table->nlayers;
    schema.fields = list;
    direct.has_any = 1;
    direct.any = pack_layout(file);
    encoding.location_case = LIO__PB__ENCODING__LOCATION_DIRECT;
    encoding.direct = &direct;
    page.n_buffer_at = page.n_buffer_bytes = file->nbuffers;
    page.buffer_at = file->at;
    page.buffer_bytes = file->bytes;
    page.has_rows = 1;
    page.rows = file->page_rows;
    page.encoding = &encoding;
    column.n_pages = 1;
    column.pages = &pages;
    join(file, &column, &schema);
    free(direct.any.data);
}

static struct lio_dataset *open_file(struct file *file)
{
    struct lio_source *source;
    struct lio_dataset *dataset;
    struct lio_error err;

    make_file(file);
    assert_int_equal(lio_source_over("made.lance", file->image,
                                     file->image_bytes, &source, &err),
                     0);
    if (lio_dataset_open_source(source, &dataset, &err) < 0)
        fail_msg("%s", err.msg);
    return dataset;
}

static void release_file(struct file *file)
{
    release_levels(&file->levels);
    free(file->data);
    free(file->image);
}

/* -- rows as text -------------------------------------------------------- */

struct text {
    char bytes[1000];
    size_t n;
};

static void put(struct text *text, const void *bytes, size_t n)
{
    assert_true(n < sizeof(text->bytes) - text->n);
    memcpy(text->bytes + text->n, bytes, n);
    text->n += n;
    text->bytes[text->n] = '\0';
}

static bool is_null(const struct ArrowArray *array, int64_t at)
{
    const uint8_t *bits = array->buffers[0];

    return bits && !(bits[at / 8] >> at % 8 & 1);
}

static void put_row(struct text *text, const struct ArrowSchema *schema,
                    const struct ArrowArray *array, int64_t row)
{
    int64_t at = array->offset + row;
    const int32_t *ends = array->n_buffers > 1 ? array->buffers[1] : NULL;

    if (is_null(array, at)) {
        put(text, "~", 1);
    } else if (strcmp(schema->format, "+s") == 0) {
        put(text, "{", 1);
        put_row(text, schema->children[0], array->children[0], at);
        put(text, "}", 1);
    } else if (strcmp(schema->format, "+w:3") == 0) {
        for (int64_t i = at * 3; i < at * 3 + 3; i++)
            put_row(text, schema->children[0], array->children[0], i);
    } else if (strcmp(schema->format, "+l") == 0) {
        put(text, "[", 1);
        for (int32_t i = ends[at]; i < ends[at + 1]; i++)
            put_row(text, schema->children[0], array->children[0], i);
        put(text, "]", 1);
    } else if (strcmp(schema->format, "u") == 0) {
        put(text, (const char *)array->buffers[2] + ends[at],
            (size_t)(ends[at + 1] - ends[at]));
        put(text, ".", 1);
    } else {
        put(text, &ends[at], sizeof(ends[at]));
        put(text, ".", 1);
    }
}

static void same_row(const struct ArrowSchema *schema,
                     const struct ArrowArray *whole, uint64_t row,
                     const struct ArrowArray *array, int64_t at)
{
    struct text want = { .n = 0 }, have = { .n = 0 };

    put_row(&want, schema, whole, (int64_t)row);
    put_row(&have, schema, array, at);
    if (have.n != want.n || memcmp(have.bytes, want.bytes, want.n) != 0)
        fail_msg("row %u is '%s', and '%s' in the page", (unsigned)row,
                 have.bytes, want.bytes);
}

/* -- comparing ----------------------------------------------------------- */

/* A scan in windows; how many there are, of which the least may be told by the
 * memory that it may hold. */
static void compare_scan(struct lio_dataset *dataset,
                         const struct lio_scan *scan,
                         const struct ArrowArray *whole)
{
    struct ArrowArrayStream stream;
    struct ArrowSchema schema;
    struct ArrowArray batch;
    struct lio_error err;
    uint64_t row = scan->offset;

    if (lio_scan_stream(dataset, scan, &stream, &err) < 0)
        fail_msg("%s", err.msg);
    assert_int_equal(stream.get_schema(&stream, &schema), 0);
    for (;;) {
        if (stream.get_next(&stream, &batch) != 0)
            fail_msg("%s", stream.get_last_error(&stream));
        if (!batch.release)
            break;
        for (int64_t i = 0; i < batch.length; i++)
            same_row(schema.children[0], whole, row++, batch.children[0], i);
        batch.release(&batch);
    }
    assert_int_equal(row, whole->length);
    schema.release(&schema);
    stream.release(&stream);
}

static void compare_take(struct lio_dataset *dataset,
                         const struct ArrowArray *whole)
{
    uint64_t n = (uint64_t)whole->length;
    const uint64_t rows[] = { n - 1, 0, n / 2, n / 2 + 1, 7, n / 2 + 2, 8 };
    struct ArrowSchema schema;
    struct ArrowArray taken;
    struct lio_error err;

    assert_int_equal(lio_scan_schema(dataset, NULL, &schema, NULL), 0);
    if (lio_take_rows(dataset, rows, 7, NULL, &taken, &err) < 0)
        fail_msg("%s", err.msg);
    for (int64_t i = 0; i < 7; i++)
        same_row(schema.children[0], whole, rows[i], taken.children[0], i);
    taken.release(&taken);
    schema.release(&schema);
}

static void compare_all(struct file *file, uint64_t memory)
{
    struct lio_dataset *dataset = open_file(file);
    struct lio_dataset_memory held;
    struct ArrowArray whole;
    struct lio_error err;
    uint64_t middle;

    if (lio_read_page(dataset, 0, &whole, &err) < 0)
        fail_msg("%s", err.msg);
    middle = (uint64_t)whole.length / 2 + 1;
    compare_scan(dataset, &(struct lio_scan){ .memory = memory }, &whole);
    compare_scan(dataset,
                 &(struct lio_scan){
                     .memory = memory, .batch_rows = 77, .offset = middle },
                 &whole);
    compare_take(dataset, &whole);
    whole.release(&whole);
    lio_dataset_memory(dataset, &held);
    assert_int_equal(held.whole_pages, 0);
    lio_dataset_close(dataset);
}

static void windows_hold_what_the_page_does(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
        for (enum packing packing = 0; packing < NPACKINGS; packing++) {
            struct file file;

            begin_file(&file, &tables[i], FEW_ROWS, packing);
            compare_all(&file, 1);
            release_file(&file);
        }
}

/* Levels of several pieces; in each way in which such are found. */
static void pieces_of_levels_follow_each_other(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
        for (enum packing packing = 0; packing < FLAT_16; packing++) {
            struct file file;

            /* Of lists fewer have as many. */
            begin_file(&file, &tables[i],
                       tables[i].lists > 0 ? MANY_ROWS / 2 : MANY_ROWS,
                       packing);
            compare_all(&file, 64 << 10);
            release_file(&file);
        }
}

/* What was compared above is what the levels say. */
static void rows_are_what_their_levels_say(void **state)
{
    static uint16_t rep[] = { 1, 0, 0, 1, 1, 1 }, def[] = { 0, 1, 0, 3, 2, 0 };
    static const char *const want[] = { "[abcd.~abcd.]", "[]", "~", "[abcd.]" };
    struct ArrowSchema schema;
    struct ArrowArray rows;
    struct lio_dataset *dataset;
    struct file file;

    (void)state;
    begin_file(&file, &tables[3], 4, PLAIN);
    memcpy(file.data + file.at[0], rep, sizeof(rep));
    file.at[1] = sizeof(rep);
    memcpy(file.data + file.at[1], def, sizeof(def));
    file.bytes[0] = file.bytes[1] = sizeof(rep);
    dataset = open_file(&file);
    assert_int_equal(lio_scan_schema(dataset, NULL, &schema, NULL), 0);
    assert_int_equal(lio_take_rows(dataset, (const uint64_t[]){ 0, 1, 2, 3 }, 4,
                                   NULL, &rows, NULL),
                     0);
    for (int64_t i = 0; i < 4; i++) {
        struct text text = { .n = 0 };

        put_row(&text, schema.children[0], rows.children[0], i);
        assert_string_equal(text.bytes, want[i]);
    }
    rows.release(&rows);
    schema.release(&schema);
    lio_dataset_close(dataset);
    release_file(&file);
}

/* -- broken -------------------------------------------------------------- */

static int scan_all(struct lio_dataset *dataset, struct lio_error *err)
{
    const struct lio_scan scan = { .memory = 1, .batch_rows = 10 };
    struct ArrowArrayStream stream;
    struct ArrowArray batch;
    int rc = 0;

    if (lio_scan_stream(dataset, &scan, &stream, err) < 0)
        return err->code;
    while ((rc = stream.get_next(&stream, &batch)) == 0 && batch.release)
        batch.release(&batch);
    if (rc != 0)
        (void)snprintf(err->msg, sizeof(err->msg), "%s",
                       stream.get_last_error(&stream));
    stream.release(&stream);
    return rc;
}

/* Both ways; windows say it in these words. */
static void refused(struct file *file, const char *words)
{
    struct lio_dataset *dataset = open_file(file);
    struct ArrowArray whole;
    struct lio_error err = { 0 };

    assert_int_equal(lio_read_page(dataset, 0, &whole, &err), LIO_ECORRUPT);
    assert_int_not_equal(scan_all(dataset, &err), 0);
    if (!strstr(err.msg, "made.lance: column 'f") || !strstr(err.msg, words))
        fail_msg("'%s' does not say '%s'", err.msg, words);
    lio_dataset_close(dataset);
    release_file(file);
}

static void levels_too_few_or_too_many_are_refused(void **state)
{
    struct file file;

    (void)state;
    begin_file(&file, &tables[0], FEW_ROWS, PLAIN);
    file.bytes[1] -= 2;
    refused(&file, "1499 levels for 1500 rows");
    begin_file(&file, &tables[0], FEW_ROWS, PLAIN);
    file.bytes[1] += 2;
    refused(&file, "1501 levels for 1500 rows");
    begin_file(&file, &tables[3], FEW_ROWS, PLAIN);
    file.bytes[1] -= 2;
    refused(&file, "definition levels");
    begin_file(&file, &tables[3], FEW_ROWS, PLAIN);
    file.bytes[1] = 0;
    refused(&file, "nulls in a page without nulls");
    begin_file(&file, &tables[3], FEW_ROWS, FLAT_16);
    file.layout.nrep_values = file.layout.ndef_values = file.levels.n + 1;
    refused(&file, "are not in a buffer of");
    begin_file(&file, &tables[3], FEW_ROWS, BLOCKS);
    file.layout.nrep_values = file.layout.ndef_values = file.levels.n + 3000;
    refused(&file, "packed to 3 bits, are not in");
    begin_file(&file, &tables[3], MANY_ROWS, BLOCKS);
    file.bytes[0]--;
    refused(&file, "bit-packed values are missing");
    begin_file(&file, &tables[3], MANY_ROWS, BLOCKS);
    file.bytes[0] /= 2;
    refused(&file, "packed to 3 bits, are not in");
}

static void rows_too_few_or_too_many_are_refused(void **state)
{
    struct file file;

    (void)state;
    begin_file(&file, &tables[3], FEW_ROWS, PLAIN);
    file.page_rows++;
    refused(&file, "levels of 1500 rows in a page of 1501");
    begin_file(&file, &tables[3], FEW_ROWS, RUNS);
    file.page_rows--;
    refused(&file, "levels of more than 1499 rows in a page of 1499");
    begin_file(&file, &tables[3], FEW_ROWS, PLAIN);
    memset(file.data + file.at[0], 0, 2);
    refused(&file, "its first entry starts no row");
}

static void runs_that_end_too_early_are_refused(void **state)
{
    struct file file;
    uint64_t bytes;

    (void)state;
    begin_file(&file, &tables[0], FEW_ROWS, RUNS);
    file.bytes[1]--;
    refused(&file, "the runs hold");
    begin_file(&file, &tables[0], FEW_ROWS, RUNS);
    bytes = file.bytes[1];
    memcpy(file.data + file.at[1], &bytes, 8);
    refused(&file, "runs of levels are not in a buffer");
    begin_file(&file, &tables[0], FEW_ROWS, RUNS);
    bytes = 2;
    memcpy(file.data + file.at[1], &bytes, 8);
    refused(&file, "runs of levels are not in a buffer");
    begin_file(&file, &tables[0], FEW_ROWS, RUNS);
    file.bytes[1] = 5;
    refused(&file, "runs of levels are not in a buffer");
    /* All of length 0. */
    begin_file(&file, &tables[0], FEW_ROWS, RUNS);
    memcpy(&bytes, file.data + file.at[1], 8);
    memset(file.data + file.at[1] + 8 + bytes, 0, (size_t)(bytes / 2));
    refused(&file, "the runs hold 0 levels of 1500");
}

/* As old writers wrote them. */
static void the_last_run_may_overshoot(void **state)
{
    struct file file;

    (void)state;
    begin_file(&file, &tables[0], FEW_ROWS, RUNS);
    file.data[file.at[1] + file.bytes[1] - 1] = 255;
    compare_all(&file, 1);
    release_file(&file);
}

static void levels_that_no_layer_has_are_refused(void **state)
{
    struct file file;
    uint16_t level = 7;

    (void)state;
    begin_file(&file, &tables[0], FEW_ROWS, PLAIN);
    memcpy(file.data + file.at[1] + 400, &level, 2);
    refused(&file, "level");
    begin_file(&file, &tables[3], FEW_ROWS, PLAIN);
    memcpy(file.data + file.at[1] + 400, &level, 2);
    refused(&file, "definition level 7");
    begin_file(&file, &tables[3], FEW_ROWS, PLAIN);
    memcpy(file.data + file.at[0] + 400, &level, 2);
    refused(&file, "repetition level 7");
    begin_file(&file, &tables[2], FEW_ROWS, PLAIN);
    level = 0;
    memcpy(file.data + file.at[1] + 400, &level, 2);
    refused(&file, "1 entries that are not null, and no value");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(windows_hold_what_the_page_does),
        cmocka_unit_test(pieces_of_levels_follow_each_other),
        cmocka_unit_test(rows_are_what_their_levels_say),
        cmocka_unit_test(levels_too_few_or_too_many_are_refused),
        cmocka_unit_test(rows_too_few_or_too_many_are_refused),
        cmocka_unit_test(runs_that_end_too_early_are_refused),
        cmocka_unit_test(the_last_run_may_overshoot),
        cmocka_unit_test(levels_that_no_layer_has_are_refused),
    };

    return cmocka_run_group_tests(tests, setup, NULL);
}
