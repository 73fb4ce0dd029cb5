/*
 * The two formats of filter-trace, which say the same of each operation:
 *
 *     CSV      # lanceio trace 1
 *              submit_ns,done_ns,op,file,offset,length,result,lane
 *              # file 1 /data/flights.lance
 *              102,250,read,1,65536,131072,131072,0
 *              # end records=1 lost=0
 *
 *     binary   "LIOTRACE", u32 version, u32 bytes of a record; then chunks:
 *              u32 type, u32 bytes, and so many bytes; all little endian
 *                1  a file's number and path        3  u64 records, u64 lost
 *                2  records: u64 submit, u64 done, u64 offset, u64 length,
 *                   i64 result, u32 file, u16 lane, u16 kind
 *
 * Records come as operations end, lane by lane; what counts for a cache is when
 * they were asked for, so they are sorted before they become blocks.
 */
#include "cli/trace.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_BYTES 65536u

/* A block's number: the file above, the block in the file below. */
#define FILE_SHIFT 40
#define MAX_FILE   ((UINT64_C(1) << 24) - 1)
#define MAX_OFFSET ((UINT64_C(1) << FILE_SHIFT) * BLOCK_BYTES)
/* The most that [engine] max_op_size allows. */
#define MAX_LENGTH (UINT64_C(1) << 30)

#define HEADER_BYTES 16u
#define RECORD_BYTES 48u
#define MAX_RECORD   4096u
enum { CHUNK_RECORDS = 2, CHUNK_END = 3 };
enum { KIND_READ = 1 };

/* A read. */
struct op {
    uint64_t submit_ns;
    uint64_t offset, length; /* bytes that came */
    uint64_t file;
    size_t order; /* in the trace */
};

struct ops {
    const char *name; /* of the trace */
    struct op *ops;
    size_t nops, room;
    uint64_t lost;
};

/* -- from reads to blocks ------------------------------------------------- */

/* One read of which `result` bytes came; errors and ends of files are none.
 * `at` and `unit` say where it stands. */
static int add_op(struct ops *ops, struct op op, int64_t result,
                  const char *unit, uint64_t at, struct lio_error *err)
{
    if (op.file > MAX_FILE || op.offset >= MAX_OFFSET ||
        op.length > MAX_LENGTH || op.length > MAX_OFFSET - op.offset)
        return lio_error_set(err, LIO_ECORRUPT,
                             "%s: %s %" PRIu64 ": no operation can be so large "
                             "or lie there",
                             ops->name, unit, at);
    if (result <= 0)
        return 0;
    if ((uint64_t)result < op.length)
        op.length = (uint64_t)result;
    if (ops->nops == ops->room) {
        size_t room = ops->room ? 2 * ops->room : 1024;
        struct op *grown = reallocarray(ops->ops, room, sizeof(*grown));

        if (!grown)
            return lio_error_set(err, LIO_ENOMEM,
                                 "%s: no memory for more than %zu operations",
                                 ops->name, ops->nops);
        ops->ops = grown;
        ops->room = room;
    }
    op.order = ops->nops;
    ops->ops[ops->nops++] = op;
    return 0;
}

static int by_submission(const void *left, const void *right)
{
    const struct op *a = left, *b = right;

    if (a->submit_ns != b->submit_ns)
        return a->submit_ns < b->submit_ns ? -1 : 1;
    return a->order < b->order ? -1 : a->order > b->order;
}

static int add_blocks(const struct op *op, const char *name,
                      struct cli_trace *trace, struct lio_error *err)
{
    uint64_t block = op->offset / BLOCK_BYTES;
    uint64_t last = (op->offset + op->length - 1) / BLOCK_BYTES;
    int rc = 0;

    for (; rc == 0 && block <= last; block++)
        rc = cli_trace_add(trace, op->file << FILE_SHIFT | block, name, err);
    return rc;
}

/* Ends the reading of either format. */
static int finish(struct ops *ops, int rc, struct cli_trace *trace,
                  struct lio_error *err)
{
    if (rc == 0 && ops->nops > 0)
        qsort(ops->ops, ops->nops, sizeof(*ops->ops), by_submission);
    for (size_t i = 0; rc == 0 && i < ops->nops; i++)
        rc = add_blocks(&ops->ops[i], ops->name, trace, err);
    trace->lost = ops->lost;
    free(ops->ops);
    return rc;
}

/* -- CSV ------------------------------------------------------------------ */

/* A number that ends with `end`; moves `at` behind that. */
static bool take_number(const char **at, char end, uint64_t *ret)
{
    char *behind;

    if (**at < '0' || **at > '9')
        return false;
    errno = 0;
    *ret = strtoull(*at, &behind, 10);
    if (errno || *behind != end)
        return false;
    *at = behind + 1;
    return true;
}

/* The same with a sign. */
static bool take_signed(const char **at, char end, int64_t *ret)
{
    bool negative = **at == '-';
    uint64_t number;

    *at += negative;
    if (!take_number(at, end, &number) || number > INT64_MAX)
        return false;
    *ret = negative ? -(int64_t)number : (int64_t)number;
    return true;
}

static int take_row(struct ops *ops, const char *row, uint64_t line,
                    struct lio_error *err)
{
    const char *at = row, *kind;
    uint64_t done_ns, lane;
    struct op op = { 0 };
    int64_t result;
    bool good;

    good =
        take_number(&at, ',', &op.submit_ns) && take_number(&at, ',', &done_ns);
    kind = at;
    at += strcspn(at, ",");
    at += *at == ',';
    good = good && take_number(&at, ',', &op.file) &&
           take_number(&at, ',', &op.offset) &&
           take_number(&at, ',', &op.length) &&
           take_signed(&at, ',', &result) && take_number(&at, '\n', &lane);
    if (!good)
        return lio_error_set(err, LIO_ECORRUPT,
                             "%s:%" PRIu64 ": is no row of a trace, or was cut "
                             "short",
                             ops->name, line);
    if (strncmp(kind, "read,", 5) != 0)
        return 0;
    return add_op(ops, op, result, "line", line, err);
}

static int take_line(struct ops *ops, const char *text, uint64_t line,
                     struct lio_error *err)
{
    uint64_t records;

    if (sscanf(text, "# end records=%" SCNu64 " lost=%" SCNu64, &records,
               &ops->lost) == 2 ||
        *text == '#' || strncmp(text, "submit_ns,", 10) == 0)
        return 0;
    return take_row(ops, text, line, err);
}

int cli_trace_read_csv(FILE *in, const char *name, struct cli_trace *trace,
                       struct lio_error *err)
{
    struct ops ops = { .name = name };
    uint64_t line = 2; /* the first has been read */
    char *text = NULL;
    size_t room = 0;
    int rc = 0;

    while (rc == 0 && getline(&text, &room, in) >= 0)
        rc = take_line(&ops, text, line++, err);
    free(text);
    return finish(&ops, rc, trace, err);
}

/* -- binary --------------------------------------------------------------- */

struct binary {
    FILE *in;
    struct ops ops;
    uint32_t record_bytes;
    uint64_t at; /* bytes read */
};

static uint64_t number_at(const unsigned char *from, unsigned bytes)
{
    uint64_t number = 0;

    for (unsigned i = 0; i < bytes; i++)
        number |= (uint64_t)from[i] << 8 * i;
    return number;
}

static int cut_short(const struct binary *bin, struct lio_error *err)
{
    return lio_error_set(err, LIO_ECORRUPT,
                         "%s: byte %" PRIu64 ": the trace was cut short there",
                         bin->ops.name, bin->at);
}

static int take_bytes(struct binary *bin, void *to, size_t n,
                      struct lio_error *err)
{
    size_t got = fread(to, 1, n, bin->in);

    bin->at += got;
    return got == n ? 0 : cut_short(bin, err);
}

static int take_header(struct binary *bin, struct lio_error *err)
{
    unsigned char header[HEADER_BYTES];
    int rc = take_bytes(bin, header, sizeof(header), err);

    if (rc < 0)
        return rc;
    bin->record_bytes = (uint32_t)number_at(header + 12, 4);
    if (memcmp(header, "LIOTRACE", 8) != 0 || number_at(header + 8, 4) != 1 ||
        bin->record_bytes < RECORD_BYTES || bin->record_bytes > MAX_RECORD)
        return lio_error_set(err, LIO_ECORRUPT,
                             "%s: is not a trace of version 1", bin->ops.name);
    return 0;
}

static int take_record(struct binary *bin, struct lio_error *err)
{
    unsigned char record[MAX_RECORD];
    uint64_t at = bin->at;
    int rc = take_bytes(bin, record, bin->record_bytes, err);
    struct op op;

    if (rc < 0 || number_at(record + 46, 2) != KIND_READ)
        return rc;
    op = (struct op){
        .submit_ns = number_at(record, 8),
        .offset = number_at(record + 16, 8),
        .length = number_at(record + 24, 8),
        .file = number_at(record + 40, 4),
    };
    return add_op(&bin->ops, op, (int64_t)number_at(record + 32, 8), "byte", at,
                  err);
}

static int take_records(struct binary *bin, uint32_t bytes,
                        struct lio_error *err)
{
    int rc = 0;

    if (bytes % bin->record_bytes != 0)
        return lio_error_set(err, LIO_ECORRUPT,
                             "%s: byte %" PRIu64 ": %" PRIu32
                             " bytes are no whole records",
                             bin->ops.name, bin->at, bytes);
    for (uint32_t n = bytes / bin->record_bytes; rc == 0 && n > 0; n--)
        rc = take_record(bin, err);
    return rc;
}

/* Chunks that do not matter here, or that a later version has added. */
static int skip_bytes(struct binary *bin, uint32_t bytes, struct lio_error *err)
{
    unsigned char skipped[4096];
    int rc = 0;

    while (rc == 0 && bytes > 0) {
        uint32_t n = bytes < sizeof(skipped) ? bytes : sizeof(skipped);

        rc = take_bytes(bin, skipped, n, err);
        bytes -= n;
    }
    return rc;
}

static int take_end(struct binary *bin, uint32_t bytes, struct lio_error *err)
{
    unsigned char end[16];
    int rc;

    if (bytes < sizeof(end))
        return cut_short(bin, err);
    rc = take_bytes(bin, end, sizeof(end), err);
    if (rc < 0)
        return rc;
    bin->ops.lost = number_at(end + 8, 8);
    return skip_bytes(bin, bytes - (uint32_t)sizeof(end), err);
}

/* Returns 1 if there is none left. */
static int take_chunk(struct binary *bin, struct lio_error *err)
{
    unsigned char header[8];
    size_t got = fread(header, 1, sizeof(header), bin->in);
    uint32_t bytes;

    bin->at += got;
    if (got == 0)
        return 1;
    if (got < sizeof(header))
        return cut_short(bin, err);
    bytes = (uint32_t)number_at(header + 4, 4);
    switch (number_at(header, 4)) {
    case CHUNK_RECORDS:
        return take_records(bin, bytes, err);
    case CHUNK_END:
        return take_end(bin, bytes, err);
    default:
        return skip_bytes(bin, bytes, err);
    }
}

int cli_trace_read_binary(FILE *in, const char *name, struct cli_trace *trace,
                          struct lio_error *err)
{
    struct binary bin = { .in = in, .ops = { .name = name } };
    int rc = take_header(&bin, err);

    while (rc == 0)
        rc = take_chunk(&bin, err);
    return finish(&bin.ops, rc < 0 ? rc : 0, trace, err);
}
