/*
 * Vectors as text, for tests: 1 [2 ~] {3 "a"} ~ — integers, lists, structs,
 * strings, nulls.
 */
#ifndef LIO_TESTS_VECTOR_TEXT_H
#define LIO_TESTS_VECTOR_TEXT_H

#include "column/bits.h"
#include "column/bytes.h"
#include "column/vector.h"

#include <inttypes.h>
#include <stdio.h>

static inline int64_t vector_int(const struct lio_vector *vector, uint64_t row)
{
    uint32_t width = vector->type->bits / 8;
    uint64_t value = 0;
    unsigned spare = 64 - vector->type->bits;

    if (vector->type->bits == 1)
        return lio_bit_get(vector->values->data, row);
    memcpy(&value, vector->values->data + row * width, width);
    return (int64_t)(value << spare) >> spare;
}

static inline void vector_row_text(FILE *out, const struct lio_vector *vector,
                                   uint64_t row);

static inline void vector_rows_text(FILE *out, const struct lio_vector *vector,
                                    uint64_t from, uint64_t end)
{
    for (uint64_t i = from; i < end; i++) {
        if (i > from)
            (void)fputc(' ', out);
        vector_row_text(out, vector, i);
    }
}

static inline void
vector_struct_text(FILE *out, const struct lio_vector *vector, uint64_t row)
{
    (void)fputc('{', out);
    for (uint32_t i = 0; i < vector->children->n; i++) {
        if (i > 0)
            (void)fputc(' ', out);
        if (vector->children->all[i].type)
            vector_row_text(out, &vector->children->all[i], row);
    }
    (void)fputc('}', out);
}

static inline void vector_row_text(FILE *out, const struct lio_vector *vector,
                                   uint64_t row)
{
    enum lio_kind kind = vector->type->kind;
    uint64_t start = row, end = row + 1;

    if (kind == LIO_KIND_NULL ||
        (vector->validity && !lio_bit_get(vector->validity->data, row))) {
        (void)fputc('~', out);
        return;
    }
    if (kind == LIO_KIND_FIXED) {
        (void)fprintf(out, "%" PRId64, vector_int(vector, row));
        return;
    }
    if (kind == LIO_KIND_STRUCT) {
        vector_struct_text(out, vector, row);
        return;
    }
    if (kind == LIO_KIND_DICTIONARY) {
        vector_row_text(out, &vector->children->all[0],
                        (uint64_t)vector_int(vector, row));
        return;
    }
    if (kind == LIO_KIND_FIXED_LIST) {
        start *= vector->type->dimension;
        end *= vector->type->dimension;
    } else {
        start = lio_vector_offset(vector, row);
        end = lio_vector_offset(vector, row + 1);
    }
    if (kind == LIO_KIND_VARIABLE) {
        (void)fprintf(out, "\"%.*s\"", (int)(end - start),
                      (const char *)vector->data->data + start);
        return;
    }
    (void)fputc('[', out);
    vector_rows_text(out, &vector->children->all[0], start, end);
    (void)fputc(']', out);
}

/* All rows, for the caller to free. */
static inline char *vector_text(const struct lio_vector *vector)
{
    char *text = NULL;
    size_t n;
    FILE *out = open_memstream(&text, &n);

    vector_rows_text(out, vector, 0, vector->rows);
    (void)fclose(out);
    return text;
}

#endif
