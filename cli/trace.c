/*
 * Reading numbers, fast: traces have millions of lines, and they should take
 * less time than what is done with them.
 */
#include "cli/trace.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK_BYTES 65536

/* What has been read of the line that is being read. */
enum part {
    BEFORE,  /* nothing but blanks */
    NUMBER,  /* some of its digits */
    AFTER,   /* all of it, and blanks */
    COMMENT, /* the rest does not count */
};

struct reader {
    const char *name;
    struct cli_trace trace;
    size_t room;   /* for blocks */
    uint64_t line; /* from 1 */
    uint64_t number;
    enum part part;
    bool has_number; /* on this line */
};

static int add_block(struct reader *reader, struct lio_error *err)
{
    struct cli_trace *trace = &reader->trace;

    if (trace->nblocks == reader->room) {
        size_t room = reader->room ? 2 * reader->room : 1024;
        uint64_t *blocks = reallocarray(trace->blocks, room, sizeof(*blocks));

        if (!blocks)
            return lio_error_set(err, LIO_ENOMEM,
                                 "%s: no memory for more than %zu requests",
                                 reader->name, trace->nblocks);
        trace->blocks = blocks;
        reader->room = room;
    }
    trace->blocks[trace->nblocks++] = reader->number;
    return 0;
}

static int end_line(struct reader *reader, struct lio_error *err)
{
    int rc = reader->has_number ? add_block(reader, err) : 0;

    reader->part = BEFORE;
    reader->number = 0;
    reader->has_number = false;
    reader->line++;
    return rc;
}

static int refuse(const struct reader *reader, struct lio_error *err)
{
    return lio_error_set(
        err, LIO_ECORRUPT,
        "%s:%" PRIu64 ": there should be a block number, 0 to %" PRIu64
        ", alone on its line; a compressed trace comes through a pipe: "
        "xzcat TRACE | lanceio simulate -",
        reader->name, reader->line, UINT64_MAX);
}

static int add_digit(struct reader *reader, unsigned digit,
                     struct lio_error *err)
{
    if (reader->part == COMMENT)
        return 0;
    if (reader->part == AFTER || reader->number > (UINT64_MAX - digit) / 10)
        return refuse(reader, err);
    reader->number = reader->number * 10 + digit;
    reader->part = NUMBER;
    reader->has_number = true;
    return 0;
}

static int take_char(struct reader *reader, char c, struct lio_error *err)
{
    if (c >= '0' && c <= '9')
        return add_digit(reader, (unsigned)(c - '0'), err);
    if (c == '\n')
        return end_line(reader, err);
    if (reader->part == COMMENT)
        return 0;
    if (c == '#')
        reader->part = COMMENT;
    else if (c == ' ' || c == '\t' || c == '\r')
        reader->part = reader->has_number ? AFTER : BEFORE;
    else
        return refuse(reader, err);
    return 0;
}

static int read_chunks(struct reader *reader, FILE *in, char *chunk,
                       struct lio_error *err)
{
    size_t n;
    int rc = 0;

    while (rc == 0 && (n = fread(chunk, 1, CHUNK_BYTES, in)) > 0)
        for (size_t i = 0; rc == 0 && i < n; i++)
            rc = take_char(reader, chunk[i], err);
    if (rc == 0 && ferror(in))
        rc = lio_error_set(err, LIO_EIO, "%s: cannot be read: %s", reader->name,
                           strerror(errno));
    /* The last line need not end. */
    if (rc == 0)
        rc = end_line(reader, err);
    if (rc == 0 && reader->trace.nblocks == 0)
        rc = lio_error_set(err, LIO_ECORRUPT, "%s: no requests in it",
                           reader->name);
    return rc;
}

int cli_trace_read(FILE *in, const char *name, struct cli_trace *ret_trace,
                   struct lio_error *err)
{
    struct reader reader = { .name = name, .line = 1 };
    char *chunk = malloc(CHUNK_BYTES);
    int rc;

    if (!chunk)
        return lio_error_set(err, LIO_ENOMEM, "%s: no memory to read it", name);
    rc = read_chunks(&reader, in, chunk, err);
    free(chunk);
    if (rc < 0)
        free(reader.trace.blocks);
    else
        *ret_trace = reader.trace;
    return rc;
}

int cli_trace_load(const struct cli *cli, const char *path,
                   struct cli_trace *ret_trace)
{
    bool from_stdin = strcmp(path, "-") == 0;
    FILE *in = from_stdin ? stdin : fopen(path, "r");
    struct lio_error err;
    int rc;

    if (!in) {
        (void)lio_error_set(&err, LIO_EIO, "%s: %s", path, strerror(errno));
        return cli_fail(cli, &err);
    }
    rc = cli_trace_read(in, from_stdin ? "stdin" : path, ret_trace, &err);
    if (!from_stdin)
        (void)fclose(in); /* only read: nothing can be lost */
    return rc < 0 ? cli_fail(cli, &err) : CLI_DONE;
}

void cli_trace_release(struct cli_trace *trace)
{
    free(trace->blocks);
    trace->blocks = NULL;
    trace->nblocks = 0;
}
