/*
 * Traces of block requests: files of numbers.
 */
#ifndef LIO_CLI_TRACE_H
#define LIO_CLI_TRACE_H

#include "cli/cli.h"

#include <stdio.h>

struct cli_trace {
    uint64_t *blocks; /* in the order they were asked for */
    size_t nblocks;
};

/*
 * Read a trace: one block number on each line; empty lines and what follows a
 * '#' do not count.  `path` "-" is stdin.  Returns 0, with at least one block,
 * or an exit code after reporting why.
 */
int cli_trace_load(const struct cli *cli, const char *path,
                   struct cli_trace *ret_trace);

void cli_trace_release(struct cli_trace *trace);

/* The same from an open stream, called `name` in errors: 0 or LIO_E code. */
int cli_trace_read(FILE *in, const char *name, struct cli_trace *ret_trace,
                   struct lio_error *err);

#endif
