/*
 * filter-fault: what its parts share.
 */
#ifndef LIO_FAULT_H
#define LIO_FAULT_H

#include <lanceio/plugin.h>

#include "plugins/filter/paths.h"
#include "places.h"
#include "rules.h"

/* A file, as long as the instance lives. */
struct fault_file {
    struct lio_path path;
    uint64_t name_hash; /* of the last part of the path */
    uint64_t rules;     /* bit i: rule i is for files of this name */
    pthread_mutex_t lock;
    struct lio_places places; /* of its operations; the lock */
};

struct fault {
    const struct lio_backend_ops *next;
    void *next_backend;
    uint64_t seed;
    struct lio_rules rules;
    struct lio_paths files; /* of struct fault_file */
};

/* An open file. */
struct fault_handle {
    void *next; /* the next one's */
    struct fault_file *file;
    uint32_t step; /* what a transfer can be cut to a multiple of, bytes */
};

/* Set up what the rules say of files of this name; for lio_paths_get(). */
void lio_fault_file_init(struct lio_path *entry, void *fault);
void lio_fault_file_release(struct lio_path *entry);

/*
 * The rule that an operation falls to, or NULL: it goes well.  `op` is one of
 * enum lio_rule_op.  Each call counts as one operation.
 */
const struct lio_rule *lio_fault_decide(struct fault *fault,
                                        struct fault_file *file, uint32_t op,
                                        uint64_t offset, uint64_t length);

/* queue.c */
int fault_queue_open(void *backend, uint32_t depth, void **ret_queue,
                     struct lio_error *err);
void fault_queue_close(void *queue);
uint32_t fault_submit(void *queue, struct lio_op *const *ops, uint32_t nops);
int fault_flush(void *queue);
int fault_cancel(void *queue, uint64_t id);

#endif
