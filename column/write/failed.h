/*
 * How a write that failed is told: the same words for data files and commits.
 */
#ifndef LIO_COLUMN_WRITE_FAILED_H
#define LIO_COLUMN_WRITE_FAILED_H

#include <lanceio/error.h>

/*
 * Fill in `err`, which may be NULL: "PATH: cannot OP: ...", and with it op,
 * file and os_errno.  Returns the code that stands for the errno.
 */
int lio_write_failed(const char *path, const char *op, int os_errno,
                     struct lio_error *err);

/* "PATH: no memory to write it".  Returns LIO_ENOMEM. */
int lio_write_no_memory(const char *path, struct lio_error *err);

#endif
