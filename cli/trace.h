/*
 * Traces of block requests, from files in three formats:
 *
 *     block numbers   one on each line; empty lines and what follows a '#' do
 *                     not count
 *     filter-trace    the CSV and the binary file that this plugin writes: its
 *                     reads, as blocks of 64 KiB, in the order of submission
 */
#ifndef LIO_CLI_TRACE_H
#define LIO_CLI_TRACE_H

#include "cli/cli.h"

#include <stdio.h>

struct cli_trace {
    uint64_t *blocks; /* in the order they were asked for */
    size_t nblocks;
    size_t room;   /* for blocks */
    uint64_t lost; /* operations that the recorder could not write */
};

/* Read a trace; `path` "-" is stdin.  Returns 0, with at least one block, or an
 * exit code after reporting why. */
int cli_trace_load(const struct cli *cli, const char *path,
                   struct cli_trace *ret_trace);

/* The same from an open stream, called `name` in errors: 0 or a LIO_E code. */
int cli_trace_read(FILE *in, const char *name, struct cli_trace *ret_trace,
                   struct lio_error *err);

void cli_trace_release(struct cli_trace *trace);

/* -- for the readers of the formats --------------------------------------- */

/* Append a block.  Returns 0 or LIO_ENOMEM. */
int cli_trace_add(struct cli_trace *trace, uint64_t block, const char *name,
                  struct lio_error *err);

/* What filter-trace wrote, as CSV after its first line and as binary from the
 * start (trace_ops.c). */
int cli_trace_read_csv(FILE *in, const char *name, struct cli_trace *trace,
                       struct lio_error *err);
int cli_trace_read_binary(FILE *in, const char *name, struct cli_trace *trace,
                          struct lio_error *err);

#endif
