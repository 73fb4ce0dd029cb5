/*
 * Retry: what becomes of an operation that failed.
 *
 *     EINTR, EAGAIN, EBUSY, ENOMEM, a foreign      again at once, at most
 *     ECANCELED                                    MAX_TRIES times
 *     EFAULT                                       again at once, a few times
 *     EINVAL past the page cache                   again at once, through it
 *     EIO on a read                                2 more tries, with a pause
 *     ETIMEDOUT, ECONNRESET, ENETDOWN, ESTALE      5 more, with a pause; after
 *     and their like                               ESTALE the file is reopened
 *     EIO on a write, any other error of a sync,   over
 *     all others
 *
 * A foreign ECANCELED, or EFAULT, is what io_uring reports for work of a thread
 * that has exited; a bad address of the caller's stays bad.  Pauses double from
 * try to try, with jitter, and nothing is tried again past its deadline.
 *
 * A bucket of tokens for the whole engine stops storms: a try after a pause
 * costs 10, every success puts one back, and an empty bucket makes a passing
 * error final.
 */
#ifndef LIO_CORE_RETRY_H
#define LIO_CORE_RETRY_H

#include "core/batch.h"

enum lio_verdict {
    LIO_GIVE_UP,
    LIO_TRY_NOW,
    LIO_TRY_BUFFERED, /* now, through the page cache */
    LIO_TRY_LATER
};

struct lio_retry_bucket {
    _Atomic int32_t tokens;
};

void lio_retry_init(struct lio_retry_bucket *bucket);

/* An operation has succeeded. */
void lio_retry_success(struct lio_retry_bucket *bucket);

/*
 * What to do about `os_errno` of an operation.  `*ret_due_ns` is set with
 * LIO_TRY_LATER; the operation's count of failures is kept here.
 */
enum lio_verdict lio_retry_judge(struct lio_retry_bucket *bucket,
                                 struct lio_io *io, int os_errno,
                                 uint64_t now_ns, uint64_t *ret_due_ns);

/* Is it an error that may be gone when the operation is tried again, whether
 * it is or not? */
bool lio_retry_might_help(const struct lio_io *io, int os_errno);

#endif
