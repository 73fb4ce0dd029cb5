/*
 * Data files, found from their end:
 *
 *     page buffers | schema | column metadata | tables | footer
 *                           A                 B        EOF - 40
 *
 * The last 64 KiB hold all of the metadata of most files; where they do not,
 * one more read fetches what is missing back to A.  Files are read together: a
 * batch of all tails, a batch of all rests.
 */
#include "column/data_file.h"

#include "column/proto.h"

#include "common/checked.h"
#include "common/cursor.h"

#include <inttypes.h>
#include <stdlib.h>

#define TAIL_BYTES    (64u << 10)
#define FILES_AT_ONCE 64 /* bounds the memory for tails */

static int no_memory(const struct lio_data_file *file, struct lio_error *err)
{
    return lio_error_set(err, LIO_ENOMEM, "%s: no memory for its metadata",
                         lio_source_name(file->source));
}

/* -- reading ------------------------------------------------------------- */

/* -- reading ------------------------------------------------------------- */

static int plan_tail(struct lio_data_file *file, struct lio_source_read *read,
                     struct lio_error *err)
{
    uint64_t bytes = lio_source_size(file->source);

    file->tail_at = bytes > TAIL_BYTES ? bytes - TAIL_BYTES : 0;
    file->tail = lio_mem_new(bytes - file->tail_at);
    if (!file->tail)
        return no_memory(file, err);
    *read = (struct lio_source_read){ .source = file->source,
                                      .offset = file->tail_at,
                                      .bytes = file->tail->bytes,
                                      .into = file->tail->data };
    return 0;
}

static int parse_footer(struct lio_data_file *file, struct lio_error *err)
{
    const char *name = lio_source_name(file->source);
    struct lio_bytes tail = { file->tail->data, file->tail->bytes };
    int rc;

    if (tail.bytes > LIO_FOOTER_BYTES) {
        tail.data += tail.bytes - LIO_FOOTER_BYTES;
        tail.bytes = LIO_FOOTER_BYTES;
    }
    rc = lio_footer_parse(name, lio_source_size(file->source), tail,
                          &file->footer, err);
    if (rc < 0)
        return rc;
    /* One more than needed: no columns is no failed allocation. */
    file->columns =
        calloc((size_t)file->footer.ncolumns + 1, sizeof(*file->columns));
    return file->columns ? 0 : no_memory(file, err);
}

/* Make the tail reach back to the column metadata; `*read` is what is still to
 * be read for that, 0 bytes if nothing. */
static int plan_rest(struct lio_data_file *file, struct lio_source_read *read,
                     struct lio_error *err)
{
    uint64_t from = file->footer.column_meta_at;
    struct lio_mem *longer;
    uint64_t more;

    *read = (struct lio_source_read){ .source = file->source };
    if (from >= file->tail_at)
        return 0;
    more = file->tail_at - from;
    longer = lio_mem_new(more + file->tail->bytes);
    if (!longer)
        return no_memory(file, err);
    memcpy(longer->data + more, file->tail->data, file->tail->bytes);
    lio_mem_put(file->tail);
    file->tail = longer;
    file->tail_at = from;
    read->offset = from;
    read->bytes = (size_t)more;
    read->into = longer->data;
    return 0;
}

static int read_group(struct lio_data_file *files, uint32_t n,
                      struct lio_error *err)
{
    struct lio_source_read reads[FILES_AT_ONCE];
    int rc = 0;

    for (uint32_t i = 0; i < n && rc == 0; i++)
        rc = plan_tail(&files[i], &reads[i], err);
    if (rc == 0)
        rc = lio_source_read_metadata(reads, n, err);
    for (uint32_t i = 0; i < n && rc == 0; i++) {
        rc = parse_footer(&files[i], err);
        if (rc == 0)
            rc = plan_rest(&files[i], &reads[i], err);
    }
    if (rc == 0)
        rc = lio_source_read_metadata(reads, n, err);
    return rc;
}

int lio_data_files_read(struct lio_data_file *files, uint32_t n,
                        struct lio_error *err)
{
    uint32_t group;
    int rc = 0;

    for (uint32_t i = 0; i < n && rc == 0; i += group) {
        group = n - i < FILES_AT_ONCE ? n - i : FILES_AT_ONCE;
        rc = read_group(files + i, group, err);
    }
    return rc;
}

/* -- the schema ---------------------------------------------------------- */

/* -- the schema ---------------------------------------------------------- */

/* A pointer into the tail, or, if it is not there, into `*ret_mem`. */
static int schema_bytes(struct lio_data_file *file, struct lio_mem **ret_mem,
                        struct lio_bytes *ret_bytes, struct lio_error *err)
{
    struct lio_source_read read = { .source = file->source };
    struct lio_cursor cur = lio_cursor_over(
        file->tail->data + (file->footer.global_table_at - file->tail_at),
        LIO_TABLE_ENTRY_BYTES);
    uint64_t at = lio_cursor_u64(&cur), bytes = lio_cursor_u64(&cur);
    int rc;

    if (!lio_range_fits(at, bytes, file->footer.column_meta_at))
        return lio_error_set(err, LIO_ECORRUPT,
                             "%s: its schema, %" PRIu64
                             " bytes at byte %" PRIu64
                             ", runs past byte %" PRIu64,
                             lio_source_name(file->source), bytes, at,
                             file->footer.column_meta_at);
    ret_bytes->bytes = (size_t)bytes;
    if (at >= file->tail_at) {
        *ret_mem = NULL;
        ret_bytes->data = file->tail->data + (at - file->tail_at);
        return 0;
    }
    *ret_mem = lio_mem_new(bytes);
    if (!*ret_mem)
        return no_memory(file, err);
    read.offset = at;
    read.bytes = (size_t)bytes;
    read.into = (*ret_mem)->data;
    rc = lio_source_read_metadata(&read, 1, err);
    if (rc < 0) {
        lio_mem_put(*ret_mem);
        return rc;
    }
    ret_bytes->data = (*ret_mem)->data;
    return 0;
}

int lio_data_file_schema(struct lio_data_file *file,
                         Lio__Pb__FileDescriptor **ret_schema,
                         struct lio_error *err)
{
    ProtobufCMessage *message;
    struct lio_bytes bytes;
    struct lio_mem *mem;
    int rc;

    if (file->footer.nglobals < 1)
        return lio_error_set(err, LIO_ECORRUPT, "%s: carries no schema",
                             lio_source_name(file->source));
    rc = schema_bytes(file, &mem, &bytes, err);
    if (rc < 0)
        return rc;
    rc = lio_proto_unpack(&lio__pb__file_descriptor__descriptor, bytes,
                          &message);
    lio_mem_put(mem);
    if (rc < 0)
        return lio_error_set(err, rc,
                             rc == LIO_ENOMEM ? "%s: no memory for its schema"
                                              : "%s: its schema is damaged",
                             lio_source_name(file->source));
    *ret_schema = (Lio__Pb__FileDescriptor *)message;
    return 0;
}

/* -- the end ------------------------------------------------------------- */

void lio_data_file_forget(struct lio_data_file *file)
{
    lio_mem_put(file->tail);
    file->tail = NULL;
}

void lio_data_file_release(struct lio_data_file *file)
{
    for (uint32_t i = 0; file->columns && i < file->footer.ncolumns; i++) {
        struct lio_column *column = &file->columns[i];

        for (uint32_t k = 0; k < column->npages; k++)
            lio_page_release(&column->pages[k]);
        free(column->pages);
    }
    free(file->columns);
    lio_mem_put(file->tail);
    lio_source_close(file->source);
    *file = (struct lio_data_file){ 0 };
}
