/*
 * Who is writing to a dataset, and who was.
 *
 *     table.lance/.lanceio-ID.BOOT.writing         locked as long as its writer
 *                                                  lives
 *     table.lance/data/ID-0.lance, ID-1.lance      what it has made so far
 *     table.lance/_transactions/5-ID.txn
 *     table.lance/_versions/.lanceio-ID.6.next
 *
 * A writer that is killed leaves these behind, and the kernel lets go of the
 * lock: the next writer then removes them.
 */
#ifndef LIO_COLUMN_WRITE_LEASE_H
#define LIO_COLUMN_WRITE_LEASE_H

#include <lanceio/lanceio.h>

struct lio_lease {
    char id[37]; /* a random UUID; all that a writer makes is named by it */
    char *path;
    int fd;
};

/* Enter into directory `root`, which is made if it is not there: then
 * `*ret_made_root` is set, else left alone. */
LIO_MUST_CHECK int lio_lease_take(const char *root, struct lio_lease *ret_lease,
                                  int *ret_made_root, struct lio_error *err);

/* Nothing that the writer has made is left, or all of it counts. */
void lio_lease_end(struct lio_lease *lease);

/* Something could not be removed: leave that to the next writer. */
void lio_lease_leave(struct lio_lease *lease);

/*
 * Remove what dead writers have left below `root`, as far as it is certain
 * that they are dead and that no version of the dataset has it.  What cannot
 * be removed stays for the next time.  Returns after how many writers nothing
 * is left.
 */
int lio_lease_sweep(const char *root);

#endif
