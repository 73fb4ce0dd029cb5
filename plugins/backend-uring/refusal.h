/*
 * Why io_uring cannot be used here, and what helps.
 */
#ifndef LIO_URING_REFUSAL_H
#define LIO_URING_REFUSAL_H

#include <lanceio/error.h>

/* `call` failed with `os_errno`.  Fills in `err` and returns its code. */
int lio_uring_refusal(struct lio_error *err, const char *call, int os_errno);

#endif
