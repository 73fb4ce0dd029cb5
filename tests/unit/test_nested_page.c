/*
 * Pages of what holds values: those that the tables at hand do not have.
 */
#include "column/blob.h"
#include "column/page.h"

#include "support/decoding.h"
#include "support/vector_text.h"

#include <stdlib.h>

static const struct lio_type int8_type = { .kind = LIO_KIND_FIXED,
                                           .bits = 8,
                                           .arrow = (char *)"c" };
static const struct lio_type int16_type = { .kind = LIO_KIND_FIXED,
                                            .bits = 16,
                                            .arrow = (char *)"s" };
static const struct lio_type text_type = { .kind = LIO_KIND_VARIABLE,
                                           .bits = 32,
                                           .arrow = (char *)"u" };
static const struct lio_type *bytes[] = { &int8_type };
static const struct lio_type list_type = {
    .kind = LIO_KIND_LIST, .bits = 32, .nchildren = 1, .children = bytes
};
static const struct lio_type pair_type = { .kind = LIO_KIND_FIXED_LIST,
                                           .dimension = 2,
                                           .nchildren = 1,
                                           .children = bytes };
static const struct lio_type *pairs[] = { &pair_type };
static const struct lio_type triple_type = { .kind = LIO_KIND_FIXED_LIST,
                                             .dimension = 3,
                                             .nchildren = 1,
                                             .children = pairs };
static const struct lio_type *fields[] = { &int16_type, &text_type };
static const struct lio_type struct_type = { .kind = LIO_KIND_STRUCT,
                                             .nchildren = 2,
                                             .children = fields };
static const struct lio_type *texts[] = { &text_type };
static const struct lio_type text_pair_type = { .kind = LIO_KIND_FIXED_LIST,
                                                .dimension = 2,
                                                .nchildren = 1,
                                                .children = texts };
static const struct lio_type *outer_fields[] = { &int8_type, &struct_type };
static const struct lio_type outer_type = { .kind = LIO_KIND_STRUCT,
                                            .nchildren = 2,
                                            .children = outer_fields };
static const struct lio_type bool_type = { .kind = LIO_KIND_FIXED,
                                           .bits = 1,
                                           .arrow = (char *)"b" };
static const struct lio_type *bools[] = { &bool_type };
static const struct lio_type bool_dictionary_type = { .kind =
                                                          LIO_KIND_DICTIONARY,
                                                      .bits = 8,
                                                      .arrow = (char *)"c",
                                                      .nchildren = 1,
                                                      .children = bools };
static const struct lio_type empty_type = { .kind = LIO_KIND_STRUCT };
static const struct lio_type dictionary_type = { .kind = LIO_KIND_DICTIONARY,
                                                 .bits = 8,
                                                 .arrow = (char *)"c",
                                                 .nchildren = 1,
                                                 .children = texts };

struct fixture {
    struct decoding d;
    struct lio_page page;
    Lio__Pb__PageLayout layout;
    struct lio_leaf leaf;
    struct lio_mem *buffers[3];
    struct lio_vector vector;
};

static int setup(void **state)
{
    static struct fixture f;

    f = (struct fixture){ 0 };
    decoding_begin(&f.d);
    f.page.layout = &f.layout;
    *state = &f;
    return 0;
}

static void drop_buffers(struct fixture *f)
{
    for (uint32_t i = 0; i < f->page.nbuffers; i++)
        lio_mem_put(f->buffers[i]);
    f->page.nbuffers = 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    lio_vector_release(&f->vector);
    drop_buffers(f);
    decoding_end(&f->d);
    return 0;
}

static uint8_t *add_buffer(struct fixture *f, const void *data, size_t n)
{
    struct lio_mem *mem = lio_mem_new(n);

    assert_non_null(mem);
    memcpy(mem->data, data, n);
    f->buffers[f->page.nbuffers++] = mem;
    return mem->data;
}

static int decode(struct fixture *f)
{
    lio_vector_release(&f->vector);
    return lio_page_decode(&f->d.dec, &f->page, &f->leaf, f->buffers,
                           &f->vector);
}

static void holds(struct fixture *f, const char *want)
{
    char *text;

    if (decode(f) < 0)
        fail_msg("%s", f->d.err.msg);
    text = vector_text(&f->vector);
    assert_string_equal(text, want);
    free(text);
}

static void refused(struct fixture *f, const char *words)
{
    assert_int_equal(decode(f), LIO_ECORRUPT);
    decoding_says(&f->d, words);
}

static Lio__Pb__CompressiveEncoding flat8 = FLAT(8), flat16 = FLAT(16),
                                    flat32 = FLAT(32),
                                    variable = VARIABLE(&flat32);

#define FIXED_LIST(n_, values_, validity_)                                     \
    {                                                                          \
        .compression_case = ENCODING_CASE(FIXED_SIZE_LIST),                    \
        .fixed_size_list = &(Lio__Pb__FixedSizeList)                           \
        {                                                                      \
            .items_per_value = (n_), .values = (values_),                      \
            .has_validity = (validity_)                                        \
        }                                                                      \
    }

/* -- full-zip ------------------------------------------------------------ */

static uint32_t list_layers[] = { 3, 6 }, leaf_layers[] = { 3 },
                valid_layers[] = { 1 };

static void list_page(struct fixture *f, Lio__Pb__FullZipLayout *zip)
{
    *zip = (Lio__Pb__FullZipLayout){
        .details_case = LIO__PB__FULL_ZIP_LAYOUT__DETAILS_BITS_PER_VALUE,
        .bits_per_value = 8,
        .nitems = 5,
        .nvisible_items = 3,
        .value_compression = &flat8,
        .n_layers = 2,
        .layers = list_layers,
    };
    f->layout.layout_case = LIO__PB__PAGE_LAYOUT__LAYOUT_FULL_ZIP;
    f->layout.full_zip = zip;
    f->leaf =
        (struct lio_leaf){ .nlayers = 2, .types = { &int8_type, &list_type } };
    f->page.rows = 4;
}

/* [7 null] null [] [9], the levels in words of every width. */
static void control_words_have_one_two_or_four_bytes(void **state)
{
    static const uint32_t reps[] = { 1, 0, 1, 1, 1 },
                          defs[] = { 0, 1, 2, 3, 0 };
    static const struct {
        uint32_t bits_rep;
        uint32_t bits_def;
        size_t bytes;
    } widths[] = { { 1, 2, 1 }, { 4, 4, 1 },  { 1, 8, 2 },
                   { 8, 8, 2 }, { 1, 16, 4 }, { 16, 16, 4 } };
    static const uint8_t values[] = { 7, 0, 0, 0, 9 };
    struct fixture *f = *state;
    Lio__Pb__FullZipLayout zip;

    list_page(f, &zip);
    for (size_t w = 0; w < sizeof(widths) / sizeof(widths[0]); w++) {
        uint8_t data[5 * 5];
        size_t n = 0;

        zip.bits_rep = widths[w].bits_rep;
        zip.bits_def = widths[w].bits_def;
        for (int i = 0; i < 5; i++) {
            uint32_t word = reps[i] << zip.bits_def | defs[i];

            memcpy(data + n, &word, widths[w].bytes);
            n += widths[w].bytes;
            if (defs[i] <= 1)
                data[n++] = values[i];
        }
        drop_buffers(f);
        (void)add_buffer(f, data, n);
        holds(f, "[7 ~] ~ [] [9]");
    }
}

static void broken_lists_are_found(void **state)
{
    struct fixture *f = *state;
    Lio__Pb__FullZipLayout zip;
    uint8_t *data;

    list_page(f, &zip);
    zip.bits_rep = 1;
    zip.bits_def = 2;
    data = add_buffer(f, "\4\7\1\0\6\7\4\11", 8);
    holds(f, "[7 ~] ~ [] [9]");
    data[0] = 0;
    refused(f, "levels of 3 rows in a page of 4");
    data[0] = 4;
    data[4] = 4;
    refused(f, "more entries with values than 3");
    data[4] = 6 + 8;
    refused(f, "repetition level 3");
    data[4] = 6;
    zip.nvisible_items = 2;
    refused(f, "2 values of 1 bytes do not fill");
    zip.nvisible_items = 6;
    refused(f, "6 values for 5 entries");
    zip.nvisible_items = 3;
    zip.bits_rep = 0;
    refused(f, "lists, but no repetition levels");
    zip.bits_rep = 17;
    refused(f, "levels of 17 and 2 bits");
}

/* -- fixed-size lists of fixed-size lists -------------------------------- */

/* Items of both levels may be null: | 3 bits | 6 bits | 6 values | */
static void zipped_lists_have_validity_at_every_level(void **state)
{
    struct fixture *f = *state;
    Lio__Pb__CompressiveEncoding inner = FIXED_LIST(2, &flat8, 1),
                                 outer = FIXED_LIST(3, &inner, 1);
    Lio__Pb__FullZipLayout zip = {
        .details_case = LIO__PB__FULL_ZIP_LAYOUT__DETAILS_BITS_PER_VALUE,
        .bits_per_value = 64,
        .nitems = 2,
        .value_compression = &outer,
        .n_layers = 1,
        .layers = valid_layers,
    };

    f->layout.layout_case = LIO__PB__PAGE_LAYOUT__LAYOUT_FULL_ZIP;
    f->layout.full_zip = &zip;
    f->leaf = lio_leaf_alone(&triple_type);
    f->page.rows = 2;
    (void)add_buffer(f, "\5\75\1\2\3\4\5\6\7\77\1\2\3\4\5\6", 16);
    holds(f, "[[1 ~] ~ [5 6]] [[1 2] [3 4] [5 6]]");
    inner.fixed_size_list->items_per_value = 3;
    refused(f, "lists of 3 items where 2 are due");
    inner.fixed_size_list->items_per_value = 2;
    zip.bits_per_value = 56;
    refused(f, "its values are not of 64 bits");
}

static void chunks_have_validity_before_values(void **state)
{
    static const uint8_t chunk[] = {
        0,    0,    1, 0, 2, 0, 12, 0, /* sizes */
        0x3d, 0,    0, 0, 0, 0, 0,  0, /* of pairs */
        0xfd, 0x0f, 0, 0, 0, 0, 0,  0, /* of items */
        1,    2,    3, 4, 5, 6, 7,  8, 9, 10, 11, 12, 0, 0, 0, 0,
    };
    struct fixture *f = *state;
    Lio__Pb__CompressiveEncoding inner = FIXED_LIST(2, &flat8, 1),
                                 outer = FIXED_LIST(3, &inner, 1);
    Lio__Pb__MiniBlockLayout block = {
        .value_compression = &outer,
        .n_layers = 1,
        .layers = valid_layers,
        .nbuffers = 3,
        .nitems = 2,
    };

    f->layout.layout_case = LIO__PB__PAGE_LAYOUT__LAYOUT_MINI_BLOCK;
    f->layout.mini_block = &block;
    f->leaf = lio_leaf_alone(&triple_type);
    f->page.rows = 2;
    (void)add_buffer(f, "\x40\0", 2);
    (void)add_buffer(f, chunk, sizeof(chunk));
    holds(f, "[[1 ~] ~ [5 6]] [[7 8] [9 10] [11 12]]");
}

/* A constant without a value says that all items are null, at any level:
 * | 3 bits | 0 bits said again of the items of what is null */
static void zipped_lists_may_hold_nothing(void **state)
{
    Lio__Pb__Constant none = LIO__PB__CONSTANT__INIT;
    Lio__Pb__CompressiveEncoding constant = { .compression_case =
                                                  ENCODING_CASE(CONSTANT),
                                              .constant = &none };
    Lio__Pb__CompressiveEncoding inner = FIXED_LIST(2, &constant, 1),
                                 outer = FIXED_LIST(3, &inner, 1);
    Lio__Pb__FullZipLayout zip = {
        .details_case = LIO__PB__FULL_ZIP_LAYOUT__DETAILS_BITS_PER_VALUE,
        .bits_per_value = 16,
        .nitems = 2,
        .value_compression = &outer,
        .n_layers = 1,
        .layers = valid_layers,
    };
    struct fixture *f = *state;

    f->layout.layout_case = LIO__PB__PAGE_LAYOUT__LAYOUT_FULL_ZIP;
    f->layout.full_zip = &zip;
    f->leaf = lio_leaf_alone(&triple_type);
    f->page.rows = 2;
    (void)add_buffer(f, "\5\0\7\0", 4);
    holds(f, "[[~ ~] ~ [~ ~]] [[~ ~] [~ ~] [~ ~]]");
    outer.fixed_size_list->values = &constant;
    zip.bits_per_value = 8;
    drop_buffers(f);
    (void)add_buffer(f, "\0\0", 2);
    holds(f, "[~ ~ ~] [~ ~ ~]");
    f->leaf = lio_leaf_alone(&text_pair_type);
    zip.value_compression = &inner;
    holds(f, "[~ ~] [~ ~]");
}

/* Items are values like others, one after the other. */
static void chunks_hold_lists_of_strings(void **state)
{
    static const uint8_t chunk[] = {
        0,  0, 25, 0, 0,   0,   0,   0, /* sizes */
        20, 0, 0,  0, 21,  0,   0,   0,   23,  0, 0, 0, 23, 0, 0, 0,
        25, 0, 0,  0, 'a', 'b', 'c', 'd', 'e', 0, 0, 0, 0,  0, 0, 0, /* pad */
    };
    struct fixture *f = *state;
    Lio__Pb__CompressiveEncoding list = FIXED_LIST(2, &variable, 0);
    Lio__Pb__MiniBlockLayout block = {
        .value_compression = &list,
        .n_layers = 1,
        .layers = valid_layers,
        .nbuffers = 1,
        .nitems = 2,
    };

    f->layout.layout_case = LIO__PB__PAGE_LAYOUT__LAYOUT_MINI_BLOCK;
    f->layout.mini_block = &block;
    f->leaf = lio_leaf_alone(&text_pair_type);
    f->page.rows = 2;
    (void)add_buffer(f, "\x40\0", 2);
    (void)add_buffer(f, chunk, 40);
    holds(f, "[\"a\" \"bc\"] [\"\" \"de\"]");
}

/* -- structs without fields ---------------------------------------------- */

/* One layer, whatever lies above, and all are there. */
static void structs_without_fields_are_there(void **state)
{
    static const struct lio_type *inner[] = { &empty_type };
    static const struct lio_type above = { .kind = LIO_KIND_STRUCT,
                                           .nchildren = 1,
                                           .children = inner };
    Lio__Pb__ConstantLayout constant = { .n_layers = 1, .layers = leaf_layers };
    struct fixture *f = *state;

    f->layout.layout_case = LIO__PB__PAGE_LAYOUT__LAYOUT_CONSTANT;
    f->layout.constant = &constant;
    f->leaf = lio_leaf_alone(&empty_type);
    f->page.rows = UINT64_C(1) << 40;
    assert_int_equal(decode(f), 0);
    assert_true(f->vector.rows == f->page.rows && f->vector.nulls == 0);
    f->leaf.types[f->leaf.nlayers++] = &above;
    assert_int_equal(decode(f), 0);
    assert_ptr_equal(f->vector.type, &above);
    assert_int_equal(f->vector.nulls, 0);
    assert_true(f->vector.children->all[0].rows == f->page.rows);
    f->leaf.types[1] = &list_type;
    refused(f, "lists of structs without fields, and no levels");
}

/* -- packed structs ------------------------------------------------------ */

static void structs_with_strings_are_walked(void **state)
{
    Lio__Pb__PackedField number = {
        .value = &flat16,
        .width_case = LIO__PB__PACKED_FIELD__WIDTH_BITS_PER_VALUE,
        .bits_per_value = 16,
    };
    Lio__Pb__PackedField text = {
        .value = &variable,
        .width_case = LIO__PB__PACKED_FIELD__WIDTH_BITS_PER_LENGTH,
        .bits_per_length = 8,
    };
    Lio__Pb__PackedField *both[] = { &number, &text };
    Lio__Pb__VariablePackedStruct packed = { .n_fields = 2, .fields = both };
    Lio__Pb__CompressiveEncoding enc = {
        .compression_case = ENCODING_CASE(VARIABLE_PACKED_STRUCT),
        .variable_packed_struct = &packed,
    };
    Lio__Pb__FullZipLayout zip = {
        .bits_def = 1,
        .details_case = LIO__PB__FULL_ZIP_LAYOUT__DETAILS_BITS_PER_OFFSET,
        .bits_per_offset = 32,
        .nitems = 2,
        .value_compression = &enc,
        .n_layers = 1,
        .layers = leaf_layers,
    };
    struct fixture *f = *state;
    uint8_t *data;

    f->layout.layout_case = LIO__PB__PAGE_LAYOUT__LAYOUT_FULL_ZIP;
    f->layout.full_zip = &zip;
    f->leaf = lio_leaf_alone(&struct_type);
    f->page.rows = 2;
    data = add_buffer(f, "\0\5\0\0\0\7\0\2hi\1", 11);
    holds(f, "{7 \"hi\"} ~");
    data[7] = 1;
    refused(f, "longer than its fields");
    data[7] = 3;
    refused(f, "shorter than its fields");
    data[7] = 2;
    packed.n_fields = 1;
    refused(f, "1 fields where 2 are due");
    packed.n_fields = 2;
    text.bits_per_length = 7;
    refused(f, "lengths of 7 bits");
}

/* A struct in a row has its length, as a string has: {3 {7 "hi"}} ~ */
static void structs_in_structs_are_walked(void **state)
{
    Lio__Pb__PackedField byte = {
        .value = &flat8,
        .width_case = LIO__PB__PACKED_FIELD__WIDTH_BITS_PER_VALUE,
        .bits_per_value = 8,
    };
    Lio__Pb__PackedField number = {
        .value = &flat16,
        .width_case = LIO__PB__PACKED_FIELD__WIDTH_BITS_PER_VALUE,
        .bits_per_value = 16,
    };
    Lio__Pb__PackedField text = {
        .value = &variable,
        .width_case = LIO__PB__PACKED_FIELD__WIDTH_BITS_PER_LENGTH,
        .bits_per_length = 8,
    };
    Lio__Pb__PackedField *both[] = { &number, &text };
    Lio__Pb__VariablePackedStruct packed = { .n_fields = 2, .fields = both };
    Lio__Pb__CompressiveEncoding enc = {
        .compression_case = ENCODING_CASE(VARIABLE_PACKED_STRUCT),
        .variable_packed_struct = &packed,
    };
    Lio__Pb__PackedField inner = {
        .value = &enc,
        .width_case = LIO__PB__PACKED_FIELD__WIDTH_BITS_PER_LENGTH,
        .bits_per_length = 16,
    };
    Lio__Pb__PackedField *outer_both[] = { &byte, &inner };
    Lio__Pb__VariablePackedStruct outer = { .n_fields = 2,
                                            .fields = outer_both };
    Lio__Pb__CompressiveEncoding outer_enc = {
        .compression_case = ENCODING_CASE(VARIABLE_PACKED_STRUCT),
        .variable_packed_struct = &outer,
    };
    Lio__Pb__FullZipLayout zip = {
        .bits_def = 1,
        .details_case = LIO__PB__FULL_ZIP_LAYOUT__DETAILS_BITS_PER_OFFSET,
        .bits_per_offset = 32,
        .nitems = 2,
        .value_compression = &outer_enc,
        .n_layers = 1,
        .layers = leaf_layers,
    };
    struct fixture *f = *state;
    uint8_t *data;

    f->layout.layout_case = LIO__PB__PAGE_LAYOUT__LAYOUT_FULL_ZIP;
    f->layout.full_zip = &zip;
    f->leaf = lio_leaf_alone(&outer_type);
    f->page.rows = 2;
    data = add_buffer(f, "\0\10\0\0\0\3\5\0\7\0\2hi\1", 14);
    holds(f, "{3 {7 \"hi\"}} ~");
    assert_int_equal(f->vector.children->all[1].rows, 2);
    data[6] = 4; /* of the struct inside */
    refused(f, "shorter than its fields");
    data[6] = 6;
    refused(f, "shorter than its fields");
    data[6] = 5;
    data[10] = 1; /* of its string */
    refused(f, "longer than its fields");
    data[10] = 2;
    inner.value = &variable;
    assert_int_equal(decode(f), LIO_EUNSUPPORTED);
    decoding_says(&f->d, "'variable' is not supported for packed structs");
    inner.value = &enc;
    outer_both[0] = &inner;
    refused(f, "lengths for values of fixed width");
}

/* Of what cannot be packed, too, all may be null. */
static void packed_lists_may_be_null(void **state)
{
    static const struct lio_type *lists[] = { &list_type };
    static const struct lio_type of_lists = { .kind = LIO_KIND_STRUCT,
                                              .nchildren = 1,
                                              .children = lists };
    Lio__Pb__PackedField list = {
        .value = &variable,
        .width_case = LIO__PB__PACKED_FIELD__WIDTH_BITS_PER_LENGTH,
        .bits_per_length = 8,
    };
    Lio__Pb__PackedField *one[] = { &list };
    Lio__Pb__VariablePackedStruct packed = { .n_fields = 1, .fields = one };
    Lio__Pb__CompressiveEncoding enc = {
        .compression_case = ENCODING_CASE(VARIABLE_PACKED_STRUCT),
        .variable_packed_struct = &packed,
    };
    Lio__Pb__FullZipLayout zip = {
        .details_case = LIO__PB__FULL_ZIP_LAYOUT__DETAILS_BITS_PER_OFFSET,
        .bits_per_offset = 32,
        .nitems = 1,
        .value_compression = &enc,
        .n_layers = 1,
        .layers = valid_layers,
    };
    Lio__Pb__ConstantLayout constant = { .n_layers = 1, .layers = leaf_layers };
    struct fixture *f = *state;

    f->layout.layout_case = LIO__PB__PAGE_LAYOUT__LAYOUT_CONSTANT;
    f->layout.constant = &constant;
    f->leaf = lio_leaf_alone(&of_lists);
    f->page.rows = 2;
    holds(f, "~ ~");
    assert_int_equal(lio_vector_offset(&f->vector.children->all[0], 2), 0);
    f->layout.layout_case = LIO__PB__PAGE_LAYOUT__LAYOUT_FULL_ZIP;
    f->layout.full_zip = &zip;
    f->page.rows = 1;
    (void)add_buffer(f, "\0\0\0\0", 4);
    assert_int_equal(decode(f), LIO_EUNSUPPORTED);
    decoding_says(&f->d, "packed structs of lists");
}

/* As writers put them: 32 bits of the number and one of the bool, of which
 * nothing is there. */
static void bools_that_were_not_stored_are_said(void **state)
{
    uint64_t widths[] = { 32, 1 };
    Lio__Pb__CompressiveEncoding flat33 = FLAT(33);
    Lio__Pb__PackedStruct packed = { .n_bits = 2,
                                     .bits = widths,
                                     .values = &flat33 };
    Lio__Pb__CompressiveEncoding enc = {
        .compression_case = ENCODING_CASE(PACKED_STRUCT),
        .packed_struct = &packed,
    };
    Lio__Pb__MiniBlockLayout block = { .value_compression = &enc,
                                       .n_layers = 1,
                                       .layers = valid_layers };
    struct fixture *f = *state;

    f->layout.layout_case = LIO__PB__PAGE_LAYOUT__LAYOUT_MINI_BLOCK;
    f->layout.mini_block = &block;
    f->leaf = lio_leaf_alone(&struct_type);
    assert_int_equal(decode(f), LIO_EUNSUPPORTED);
    decoding_says(&f->d, "the bools of its packed structs were not stored");
}

/* -- dictionaries -------------------------------------------------------- */

/* true, false: bits 01, and rows 1 0 0 */
static void items_may_be_bits(void **state)
{
    static const uint8_t chunk[] = { 0, 0, 3, 0, 0, 0, 0, 0,
                                     1, 0, 0, 0, 0, 0, 0, 0 };
    Lio__Pb__CompressiveEncoding flat1 = FLAT(1);
    Lio__Pb__MiniBlockLayout block = {
        .value_compression = &flat8,
        .dictionary = &flat1,
        .ndictionary_items = 2,
        .n_layers = 1,
        .layers = valid_layers,
        .nbuffers = 1,
        .nitems = 3,
    };
    struct fixture *f = *state;

    f->layout.layout_case = LIO__PB__PAGE_LAYOUT__LAYOUT_MINI_BLOCK;
    f->layout.mini_block = &block;
    f->leaf = lio_leaf_alone(&bool_dictionary_type);
    f->page.rows = 3;
    (void)add_buffer(f, "\x10\0", 2);
    (void)add_buffer(f, chunk, sizeof(chunk));
    (void)add_buffer(f, "\1", 1);
    holds(f, "0 1 1");
    f->leaf = lio_leaf_alone(&bool_type);
    holds(f, "0 1 1");
    block.ndictionary_items = 1;
    refused(f, "an index is none of the 1 items");
    block.ndictionary_items = 9;
    refused(f, "9 values of 1 bits are not in a buffer of 1 bytes");
}

static void dictionary_column_keeps_its_indices(void **state)
{
    static const uint8_t items[] = { 32, 0, 0, 0, 20, 0, 0, 0, 0,   0,   0,  0,
                                     1,  0, 0, 0, 3,  0, 0, 0, 'a', 'b', 'c' };
    struct fixture *f = *state;
    Lio__Pb__MiniBlockLayout block = {
        .value_compression = &flat8,
        .dictionary = &variable,
        .ndictionary_items = 2,
        .n_layers = 1,
        .layers = valid_layers,
        .nbuffers = 1,
        .nitems = 3,
    };
    uint8_t *chunk;

    f->layout.layout_case = LIO__PB__PAGE_LAYOUT__LAYOUT_MINI_BLOCK;
    f->layout.mini_block = &block;
    f->leaf = lio_leaf_alone(&dictionary_type);
    f->page.rows = 3;
    (void)add_buffer(f, "\x10\0", 2);
    chunk = add_buffer(f, "\0\0\3\0????\1\0\1?????", 16);
    (void)add_buffer(f, items, sizeof(items));
    holds(f, "\"bc\" \"a\" \"bc\"");
    assert_int_equal(f->vector.children->all[0].rows, 2);
    chunk[9] = 2;
    refused(f, "an index is none of the 2 items");
}

static void constant_of_a_dictionary_is_its_only_value(void **state)
{
    struct fixture *f = *state;
    Lio__Pb__ConstantLayout constant = { .n_layers = 1,
                                         .layers = valid_layers };

    f->layout.layout_case = LIO__PB__PAGE_LAYOUT__LAYOUT_CONSTANT;
    f->layout.constant = &constant;
    f->leaf = lio_leaf_alone(&dictionary_type);
    f->page.rows = 2;
    (void)add_buffer(f, "\2\0\0\0\10\0\0\0\2\0\0\0\0\0\0\0\2\0\0\0hi", 22);
    holds(f, "\"hi\" \"hi\"");
    assert_int_equal(f->vector.children->all[0].rows, 1);
}

/* -- constants ----------------------------------------------------------- */

static void constant_lists_have_levels(void **state)
{
    static const uint16_t rep[] = { 1, 0, 1, 1 }, def[] = { 0, 1, 2, 3 };
    struct fixture *f = *state;
    Lio__Pb__ConstantLayout constant = {
        .n_layers = 2,
        .layers = list_layers,
        .has_inline_value = 1,
        .inline_value = { 1, (uint8_t *)"\5" },
    };
    uint8_t *levels;

    f->layout.layout_case = LIO__PB__PAGE_LAYOUT__LAYOUT_CONSTANT;
    f->layout.constant = &constant;
    f->leaf =
        (struct lio_leaf){ .nlayers = 2, .types = { &int8_type, &list_type } };
    f->page.rows = 3;
    (void)add_buffer(f, rep, sizeof(rep));
    levels = add_buffer(f, def, sizeof(def));
    holds(f, "[5 ~] ~ []");
    constant.has_inline_value = 0;
    refused(f, "1 entries that are not null, and no value");
    levels[0] = 1;
    holds(f, "[~ ~] ~ []");
}

/* -- blobs --------------------------------------------------------------- */

static uint64_t descriptor_widths[] = { 64, 64 };
static Lio__Pb__CompressiveEncoding flat128 = FLAT(128);
static Lio__Pb__PackedStruct packed_descriptor = { .n_bits = 2,
                                                   .bits = descriptor_widths,
                                                   .values = &flat128 };
static Lio__Pb__CompressiveEncoding descriptor_enc = {
    .compression_case = ENCODING_CASE(PACKED_STRUCT),
    .packed_struct = &packed_descriptor,
};
static Lio__Pb__FullZipLayout zipped_descriptors = {
    .details_case = LIO__PB__FULL_ZIP_LAYOUT__DETAILS_BITS_PER_VALUE,
    .bits_per_value = 128,
    .nitems = 2,
    .value_compression = &descriptor_enc,
    .n_layers = 1,
    .layers = valid_layers,
};
static Lio__Pb__PageLayout two_descriptors = {
    .layout_case = LIO__PB__PAGE_LAYOUT__LAYOUT_FULL_ZIP,
    .full_zip = &zipped_descriptors,
};

static void blob_page_holds_descriptors(void **state)
{
    Lio__Pb__BlobLayout blob = { .inner = &two_descriptors };
    static const uint64_t rows[] = { 100, 7, 1, 0 };
    struct fixture *f = *state;

    f->layout.layout_case = LIO__PB__PAGE_LAYOUT__LAYOUT_BLOB;
    f->layout.blob = &blob;
    f->leaf = lio_leaf_alone(&lio_blob_type);
    f->page.rows = 2;
    (void)add_buffer(f, rows, sizeof(rows));
    holds(f, "{100 7} {1 0}");
    descriptor_widths[1] = 32;
    refused(f, "field 1 of a packed struct has 32 bits");
    descriptor_widths[1] = 64;
}

/* The second of two in a row is null: level 1 in place of a position. */
static void blobs_may_be_groups(void **state)
{
    static const uint64_t positions[] = { 100, 7, 1 << 16, 0 };
    uint32_t layers[] = { 3, 1, 1 };
    const struct lio_type *blobs[] = { &lio_blob_type };
    const struct lio_type record = { .kind = LIO_KIND_STRUCT,
                                     .nchildren = 1,
                                     .children = blobs };
    const struct lio_type *records[] = { &record };
    const struct lio_type pair = { .kind = LIO_KIND_FIXED_LIST,
                                   .dimension = 2,
                                   .nchildren = 1,
                                   .children = records };
    Lio__Pb__BlobLayout blob = { .inner = &two_descriptors,
                                 .n_layers = 3,
                                 .layers = layers };
    struct fixture *f = *state;

    f->layout.layout_case = LIO__PB__PAGE_LAYOUT__LAYOUT_BLOB;
    f->layout.blob = &blob;
    f->leaf = (struct lio_leaf){ .nlayers = 3,
                                 .types = { &lio_blob_type, &record, &pair } };
    f->page.rows = 1;
    (void)add_buffer(f, positions, sizeof(positions));
    holds(f, "[{{100 7}} {~}]");
    f->page.rows = 2;
    refused(f, "2 entries for 4 rows");
}

static void descriptors_are_not_null(void **state)
{
    uint32_t nullable[] = { 3 }, layers[] = { 3, 3 };
    const struct lio_type *blobs[] = { &lio_blob_type };
    const struct lio_type record = { .kind = LIO_KIND_STRUCT,
                                     .nchildren = 1,
                                     .children = blobs };
    Lio__Pb__ConstantLayout constant = { .n_layers = 1, .layers = nullable };
    Lio__Pb__PageLayout inner = {
        .layout_case = LIO__PB__PAGE_LAYOUT__LAYOUT_CONSTANT,
        .constant = &constant,
    };
    Lio__Pb__BlobLayout blob = { .inner = &inner,
                                 .n_layers = 2,
                                 .layers = layers };
    struct fixture *f = *state;

    f->layout.layout_case = LIO__PB__PAGE_LAYOUT__LAYOUT_BLOB;
    f->layout.blob = &blob;
    f->leaf =
        (struct lio_leaf){ .nlayers = 2, .types = { &lio_blob_type, &record } };
    f->page.rows = 3;
    refused(f, "3 descriptors that are null do not say what lies above them");
}

/* Levels are there of what is null, and of nothing else. */
static void lists_of_blobs_are_refused(void **state)
{
    uint32_t layers[] = { 3, 2 };
    Lio__Pb__PageLayout inner = LIO__PB__PAGE_LAYOUT__INIT;
    Lio__Pb__BlobLayout blob = { .inner = &inner,
                                 .n_layers = 2,
                                 .layers = layers };
    struct fixture *f = *state;

    f->layout.layout_case = LIO__PB__PAGE_LAYOUT__LAYOUT_BLOB;
    f->layout.blob = &blob;
    f->leaf = lio_leaf_alone(&lio_blob_type);
    f->leaf.types[f->leaf.nlayers++] = &list_type;
    f->page.rows = 2;
    assert_int_equal(decode(f), LIO_EUNSUPPORTED);
    decoding_says(&f->d, "do not say where they start");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        TEST(control_words_have_one_two_or_four_bytes),
        TEST(broken_lists_are_found),
        TEST(zipped_lists_have_validity_at_every_level),
        TEST(chunks_have_validity_before_values),
        TEST(zipped_lists_may_hold_nothing),
        TEST(chunks_hold_lists_of_strings),
        TEST(structs_without_fields_are_there),
        TEST(structs_with_strings_are_walked),
        TEST(structs_in_structs_are_walked),
        TEST(packed_lists_may_be_null),
        TEST(bools_that_were_not_stored_are_said),
        TEST(items_may_be_bits),
        TEST(dictionary_column_keeps_its_indices),
        TEST(constant_of_a_dictionary_is_its_only_value),
        TEST(constant_lists_have_levels),
        TEST(blob_page_holds_descriptors),
        TEST(blobs_may_be_groups),
        TEST(descriptors_are_not_null),
        TEST(lists_of_blobs_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
