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
    struct cli_trace *trace;
    uint64_t line; /* from 1 */
    uint64_t number;
    enum part part;
    bool has_number; /* on this line */
};

int cli_trace_add(struct cli_trace *trace, uint64_t block, const char *name,
                  struct lio_error *err)
{
    if (trace->nblocks == trace->room) {
        size_t room = trace->room ? 2 * trace->room : 1024;
        uint64_t *blocks = reallocarray(trace->blocks, room, sizeof(*blocks));

        if (!blocks)
            return lio_error_set(err, LIO_ENOMEM,
                                 "%s: no memory for more than %zu requests",
                                 name, trace->nblocks);
        trace->blocks = blocks;
        trace->room = room;
    }
    trace->blocks[trace->nblocks++] = block;
    return 0;
}

static int end_line(struct reader *reader, struct lio_error *err)
{
    int rc = 0;

    if (reader->has_number)
        rc = cli_trace_add(reader->trace, reader->number, reader->name, err);
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
    /* The last line need not end. */
    return rc == 0 ? end_line(reader, err) : rc;
}

/* `line`: of the file, the number of the first. */
static int read_numbers(FILE *in, const char *name, uint64_t line,
                        struct cli_trace *trace, struct lio_error *err)
{
    struct reader reader = { .name = name, .trace = trace, .line = line };
    char *chunk = malloc(CHUNK_BYTES);
    int rc;

    if (!chunk)
        return lio_error_set(err, LIO_ENOMEM, "%s: no memory to read it", name);
    rc = read_chunks(&reader, in, chunk, err);
    free(chunk);
    return rc;
}

/* A first line that begins with '#' is a comment or says what the rest is. */
static int read_after_comment(FILE *in, const char *name,
                              struct cli_trace *trace, struct lio_error *err)
{
    static const char csv[] = "# lanceio trace 1\n";
    char *line = NULL;
    size_t room = 0;
    bool is_csv;

    if (getline(&line, &room, in) < 0) {
        free(line);
        return lio_error_set(err, LIO_EIO, "%s: cannot be read: %s", name,
                             strerror(errno));
    }
    is_csv = strcmp(line, csv) == 0;
    free(line);
    return is_csv ? cli_trace_read_csv(in, name, trace, err)
                  : read_numbers(in, name, 2, trace, err);
}

static int read_any(FILE *in, const char *name, struct cli_trace *trace,
                    struct lio_error *err)
{
    int first = getc(in); /* one character can be put back, even into a pipe */

    (void)ungetc(first, in);
    if (first == '#')
        return read_after_comment(in, name, trace, err);
    if (first == 'L')
        return cli_trace_read_binary(in, name, trace, err);
    return read_numbers(in, name, 1, trace, err);
}

int cli_trace_read(FILE *in, const char *name, struct cli_trace *ret_trace,
                   struct lio_error *err)
{
    struct cli_trace trace = { 0 };
    int rc = read_any(in, name, &trace, err);

    if (rc == 0 && ferror(in))
        rc = lio_error_set(err, LIO_EIO, "%s: cannot be read: %s", name,
                           strerror(errno));
    if (rc == 0 && trace.nblocks == 0)
        rc = lio_error_set(err, LIO_ECORRUPT, "%s: no requests in it", name);
    if (rc < 0) {
        free(trace.blocks);
        return rc;
    }
    *ret_trace = trace;
    return 0;
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
