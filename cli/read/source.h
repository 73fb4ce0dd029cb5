/*
 * Lines of a text file or of stdin.
 *
 * The lines at the beginning can be kept, looked at, and given out again from
 * the first one on, also of a pipe:
 *
 *     cli_source_keep(&source);
 *     ... cli_source_line(&source, ...) ...
 *     cli_source_rewind(&source);
 *
 * Memory is that of the longest line and of what is kept.
 */
#ifndef LIO_CLI_READ_SOURCE_H
#define LIO_CLI_READ_SOURCE_H

#include "cli/interrupt.h"

#include <lanceio/error.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Lines are no longer: what has none, such as a disk image, must not fill the
 * memory. */
#define CLI_LINE_MAX ((size_t)256 << 20)

struct cli_source {
    const char *name;                /* of the file, or "stdin" */
    struct cli_interrupt *interrupt; /* that ends waiting, or NULL */
    int fd;
    char *base; /* `room` bytes, of which start .. end are not given out */
    size_t room, start, end;
    bool keeping;   /* what is before `start`, too */
    bool at_end;    /* nothing is left to be read */
    uint64_t line;  /* number of the line given out last, from 1; 0: none */
    uint64_t taken; /* bytes given out */
    uint64_t bytes; /* that the file has, or 0: not known */
    bool has_mark;  /* begins with a byte order mark, which is stepped over */
};

/* Open `path`, or stdin for "-".  Errors name the file: LIO_ENOTFOUND,
 * LIO_EACCES, LIO_EIO, LIO_ENOMEM, LIO_EUNSUPPORTED for what is compressed or
 * UTF-16. */
LIO_MUST_CHECK int cli_source_open(const char *path,
                                   struct cli_source *ret_source,
                                   struct lio_error *err);
void cli_source_close(struct cli_source *source);

/*
 * The next line, with its LF, which the last one is given if it has none.
 * `*ret_text` may be written to, and is valid until the next call.  Returns 1,
 * 0 after the last, or LIO_EIO, LIO_ENOMEM, LIO_EUNSUPPORTED (too long),
 * LIO_ECANCELED (interrupted).
 */
LIO_MUST_CHECK int cli_source_line(struct cli_source *source, char **ret_text,
                                   size_t *ret_bytes, struct lio_error *err);

/* Keep all lines from here on, which must be the first; and go back to it. */
void cli_source_keep(struct cli_source *source);
void cli_source_rewind(struct cli_source *source);

#endif
