/*
 * The rows.
 */
#include "bench/write/rows.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BUFFERS_MAX 3
#define TEXT_MAX    128 /* of one text */
#define ALIGN       64

enum kind { FIXED, STRING, VECTOR };

static const struct column {
    const char *name, *format;
    enum kind kind;
    bool nullable;
    size_t width; /* of what is fixed, or of an item */
} all_columns[ROWS_COLUMNS] = {
    { "id", "l", FIXED, false, 8 },        { "i32", "i", FIXED, false, 4 },
    { "f64", "g", FIXED, false, 8 },       { "ts", "tsu:", FIXED, false, 8 },
    { "cat", "u", STRING, true, 0 },       { "text", "u", STRING, false, 0 },
    { "emb", "+w:512", VECTOR, false, 4 },
};

/* One column of one batch; buffers as the Arrow format has them, a vector's
 * being that of its items. */
struct values {
    void *buffers[BUFFERS_MAX];
    size_t bytes[BUFFERS_MAX];
    int64_t nulls;
    const void *views[BUFFERS_MAX];
    struct ArrowArray array, items;
    struct ArrowArray *child;
};

struct rows_batch {
    int64_t nrows;
    struct values columns[ROWS_COLUMNS];
    struct ArrowArray *children[ROWS_COLUMNS];
    const void *no_buffer;
};

/* -- chance -------------------------------------------------------------- */

/* xorshift64: fast, and the same everywhere. */
static uint64_t draw(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static uint32_t below(uint64_t *state, uint32_t n)
{
    return (uint32_t)((draw(state) >> 32) * n >> 32);
}

static double share(uint64_t *state)
{
    return (double)(draw(state) >> 11) / (double)(UINT64_C(1) << 53);
}

/* -- values -------------------------------------------------------------- */

static void *buffer(struct values *values, unsigned i, size_t bytes)
{
    size_t padded = (bytes + ALIGN) / ALIGN * ALIGN;

    values->buffers[i] = aligned_alloc(ALIGN, padded);
    values->bytes[i] = bytes;
    if (values->buffers[i])
        memset(values->buffers[i], 0, padded);
    return values->buffers[i];
}

static int64_t fixed_value(unsigned column, uint64_t row, uint64_t *state)
{
    double value;
    int64_t bits;

    switch (column) {
    case 0:
        return (int64_t)row;
    case 1:
        return below(state, 10000);
    case 2:
        value = share(state) * 1000;
        memcpy(&bits, &value, sizeof(bits));
        return bits;
    default:
        return INT64_C(1700000000000000) + (int64_t)row * 1000 +
               below(state, 900);
    }
}

static bool make_fixed(struct values *values, unsigned column, uint64_t first,
                       uint64_t n, uint64_t *state)
{
    size_t width = all_columns[column].width;
    uint8_t *to = buffer(values, 1, n * width);

    for (uint64_t i = 0; to && i < n; i++) {
        int64_t value = fixed_value(column, first + i, state);

        memcpy(to + i * width, &value, width); /* little endian */
    }
    return to != NULL;
}

static size_t put_category(char *to, uint64_t *state)
{
    return (size_t)sprintf(to, "category-%c", (char)('a' + below(state, 16)));
}

static size_t put_text(char *to, uint64_t *state)
{
    static const char *const words[] = {
        "the",   "of",    "and",  "to",     "in",    "is",    "you",    "that",
        "it",    "was",   "for",  "on",     "are",   "with",  "his",    "they",
        "have",  "from",  "one",  "word",   "what",  "all",   "were",   "when",
        "your",  "there", "each", "which",  "their", "will",  "other",  "about",
        "many",  "then",  "them", "would",  "like",  "into",  "time",   "look",
        "more",  "write", "see",  "number", "way",   "could", "people", "first",
        "water", "been",  "call", "find",   "long",  "down",  "day",    "come",
        "made",  "part",  "its",  "now",    "did",   "get",   "may",    "over",
    };
    size_t want = 80 + below(state, 32), at = 0;

    while (at < want) {
        const char *word =
            words[below(state, sizeof(words) / sizeof(words[0]))];
        size_t bytes = strlen(word);

        memcpy(to + at, word, bytes);
        to[at + bytes] = ' ';
        at += bytes + 1;
    }
    return at - 1;
}

static bool make_strings(struct values *values, bool category, uint64_t n,
                         uint64_t *state)
{
    uint8_t *valid = category ? buffer(values, 0, (n + 7) / 8) : NULL;
    int32_t *offsets = buffer(values, 1, (n + 1) * sizeof(*offsets));
    char *data = buffer(values, 2, n * TEXT_MAX);
    size_t at = 0;

    if ((category && !valid) || !offsets || !data)
        return false;
    for (uint64_t i = 0; i < n; i++) {
        if (category && below(state, 100) == 0) {
            values->nulls++;
        } else if (category) {
            valid[i / 8] = (uint8_t)(valid[i / 8] | 1u << i % 8);
            at += put_category(data + at, state);
        } else {
            at += put_text(data + at, state);
        }
        offsets[i + 1] = (int32_t)at;
    }
    values->bytes[2] = at;
    return true;
}

static bool make_vectors(struct values *values, uint64_t n, uint64_t *state)
{
    float *to = buffer(values, 1, n * ROWS_DIM * sizeof(*to));

    for (uint64_t i = 0; to && i < n * ROWS_DIM; i++)
        to[i] = (float)(share(state) * 2 - 1);
    return to != NULL;
}

static bool make_column(struct values *values, unsigned column, uint64_t first,
                        uint64_t n, uint64_t *state)
{
    switch (all_columns[column].kind) {
    case FIXED:
        return make_fixed(values, column, first, n, state);
    case STRING:
        return make_strings(values, all_columns[column].nullable, n, state);
    default:
        return make_vectors(values, n, state);
    }
}

static bool choose_columns(struct rows *rows, const char *only)
{
    unsigned c = 0;

    rows->end = ROWS_COLUMNS;
    if (!only)
        return true;
    while (c < ROWS_COLUMNS && strcmp(all_columns[c].name, only) != 0)
        c++;
    rows->first = c;
    rows->end = c + 1;
    return c < ROWS_COLUMNS;
}

bool rows_make(struct rows *rows, uint64_t nrows, uint64_t batch_rows,
               const char *only)
{
    uint64_t state = 88172645463325252u;

    *rows = (struct rows){ .nbatches = (nrows + batch_rows - 1) / batch_rows };
    if (!choose_columns(rows, only))
        return false;
    rows->batches = calloc(rows->nbatches + 1, sizeof(*rows->batches));
    for (uint64_t i = 0; rows->batches && i < rows->nbatches; i++) {
        struct rows_batch *batch = &rows->batches[i];
        uint64_t first = i * batch_rows, n = nrows - first;

        n = n < batch_rows ? n : batch_rows;
        batch->nrows = (int64_t)n;
        for (unsigned c = rows->first; c < rows->end; c++) {
            if (!make_column(&batch->columns[c], c, first, n, &state))
                return false;
            for (unsigned b = 0; b < BUFFERS_MAX; b++)
                rows->bytes += batch->columns[c].bytes[b];
        }
    }
    return rows->batches != NULL;
}

void rows_release(struct rows *rows)
{
    for (uint64_t i = 0; i < rows->nbatches; i++)
        for (unsigned c = 0; c < ROWS_COLUMNS; c++)
            for (unsigned b = 0; b < BUFFERS_MAX; b++)
                free(rows->batches[i].columns[c].buffers[b]);
    free(rows->batches);
}

/* -- as Arrow ------------------------------------------------------------ */

static void forget_schema(struct ArrowSchema *schema)
{
    schema->release = NULL;
}

static void forget_array(struct ArrowArray *array)
{
    array->release = NULL;
}

void rows_schema(struct rows *rows, struct ArrowSchema *ret_schema)
{
    struct rows_fields *fields = &rows->fields;

    fields->item = (struct ArrowSchema){ .format = "f",
                                         .name = "item",
                                         .flags = ARROW_FLAG_NULLABLE,
                                         .release = forget_schema };
    fields->item_child = &fields->item;
    for (unsigned c = rows->first; c < rows->end; c++) {
        const struct column *column = &all_columns[c];
        bool vector = column->kind == VECTOR;

        fields->columns[c] = (struct ArrowSchema){
            .format = column->format,
            .name = column->name,
            .flags = column->nullable ? ARROW_FLAG_NULLABLE : 0,
            .n_children = vector,
            .children = vector ? &fields->item_child : NULL,
            .release = forget_schema,
        };
        fields->children[c - rows->first] = &fields->columns[c];
    }
    *ret_schema = (struct ArrowSchema){ .format = "+s",
                                        .name = "",
                                        .n_children = rows->end - rows->first,
                                        .children = fields->children,
                                        .release = forget_schema };
}

static void view(struct values *values, enum kind kind, int64_t nrows)
{
    for (unsigned b = 0; b < BUFFERS_MAX; b++)
        values->views[b] = values->buffers[b];
    values->array = (struct ArrowArray){ .length = nrows,
                                         .null_count = values->nulls,
                                         .n_buffers = kind == STRING ? 3 : 2,
                                         .buffers = values->views,
                                         .release = forget_array };
    if (kind != VECTOR)
        return;
    values->items = values->array;
    values->items.length = nrows * ROWS_DIM;
    values->child = &values->items;
    values->array.n_buffers = 1; /* views[0], which is NULL */
    values->array.n_children = 1;
    values->array.children = &values->child;
}

void rows_batch(struct rows *rows, uint64_t i, struct ArrowArray *ret_batch)
{
    struct rows_batch *batch = &rows->batches[i];

    for (unsigned c = rows->first; c < rows->end; c++) {
        view(&batch->columns[c], all_columns[c].kind, batch->nrows);
        batch->children[c - rows->first] = &batch->columns[c].array;
    }
    *ret_batch = (struct ArrowArray){ .length = batch->nrows,
                                      .n_buffers = 1,
                                      .n_children = rows->end - rows->first,
                                      .buffers = &batch->no_buffer,
                                      .children = batch->children,
                                      .release = forget_array };
}

/* -- for others ---------------------------------------------------------- */

static bool dump_batch(const struct rows_batch *batch, FILE *out)
{
    static const char zeros[ALIGN];

    for (unsigned c = 0; c < ROWS_COLUMNS; c++)
        for (unsigned b = 0; b < BUFFERS_MAX; b++) {
            size_t bytes = batch->columns[c].bytes[b];
            size_t pad = (ALIGN - bytes % ALIGN) % ALIGN;

            if (bytes > 0 &&
                (fwrite(batch->columns[c].buffers[b], 1, bytes, out) != bytes ||
                 fwrite(zeros, 1, pad, out) != pad))
                return false;
        }
    return true;
}

bool rows_dump(const struct rows *rows, const char *path)
{
    FILE *out = fopen(path, "wb");
    bool good = out != NULL;

    for (uint64_t i = 0; i < rows->nbatches && good; i++)
        good = dump_batch(&rows->batches[i], out);
    return out && fclose(out) == 0 && good;
}
