/*
 * What the conformance tests of backends share: the plugin under test, a folder
 * for files, and a driver that runs a batch of operations through a backend of
 * either shape.
 */
#ifndef LIO_TESTS_BACKEND_FIXTURE_H
#define LIO_TESTS_BACKEND_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <lanceio/plugin.h>

/* An instance of the backend and an empty folder, for one test. */
struct fixture {
    const struct lio_backend_ops *ops;
    void *backend;
    void *next_backend; /* of a filter */
    char *dir;
};

/* A file opened through the backend. */
struct opened {
    void *handle;
    struct lio_file_info info;
};

/*
 * Load the plugin that all tests are about: a backend, or a filter followed by
 * the asynchronous backend it is to stand in front of.  Then "key=value" for
 * its parameters, as in lanceio.ini.  Returns 0, 77 if it cannot run here, or
 * 1; says why.
 */
int fixture_load(int argc, char **argv);

int fixture_setup(void **state);
int fixture_teardown(void **state);

/* Is the plugin of the blocking shape, so that it has no queues? */
bool fixture_blocks(void);

/* An instance with the parameters given, or their defaults, as the core would
 * open it: `f` gets the instance and nothing else. */
void open_instance(struct fixture *f, uint32_t depth);
void close_instance(struct fixture *f);

/* -- files ---------------------------------------------------------------- */

/* "DIR/NAME"; to be freed. */
char *path_of(const struct fixture *f, const char *name);

/* Every byte of a test file follows from its offset. */
unsigned char byte_at(uint64_t offset);

/* Write `bytes` bytes of that pattern to the file. */
void make_file(const struct fixture *f, const char *name, uint64_t bytes);

struct opened open_file(const struct fixture *f, const char *name,
                        uint32_t flags);
void close_file(const struct fixture *f, struct opened *file);

/* A file whose reads do not end by themselves, but when something is written to
 * `*ret_writer`, which is to be closed. */
struct opened open_endless_file(const struct fixture *f, int *ret_writer);

/* -- operations ----------------------------------------------------------- */

struct lio_op read_op(const struct opened *file, struct lio_iovec *iov,
                      uint32_t niov, uint64_t offset);
struct lio_op write_op(const struct opened *file, struct lio_iovec *iov,
                       uint32_t niov, uint64_t offset);
struct lio_op sync_op(const struct opened *file);

/* Give them the ids 0 .. n-1, run them, and store the result of ops[i] in
 * results[i].  Fails unless each completes exactly once. */
void run_ops(const struct fixture *f, struct lio_op *ops, uint32_t n,
             int64_t *results);

/* The same for one. */
int64_t run_op(const struct fixture *f, struct lio_op *op);

/* A queue of the fixture's instance. */
void *open_queue(const struct fixture *f, uint32_t depth);

/* As reap(), again after -EINTR. */
int reap_some(const struct fixture *f, void *queue, struct lio_completion *out,
              uint32_t max, uint32_t min);

/*
 * One-byte to four-page reads of a test file, each with memory of its own, that
 * know what they must bring.
 */
struct reads {
    uint32_t n;
    struct lio_op *ops;
    struct lio_iovec *iov;
    struct lio_op **list; /* of ops, for submit() */
    bool *done;
    unsigned char *memory;
};

/* `n` reads within the first `file_bytes` bytes; ids first_id and up. */
void reads_init(struct reads *reads, const struct opened *file,
                uint64_t file_bytes, uint32_t n, uint64_t first_id);

/* Note completions: fails if one is unknown, comes twice or is wrong.  With
 * `may_cancel`, ECANCELED will do.  Returns `got`. */
uint32_t reads_done(struct reads *reads, const struct lio_completion *out,
                    int got, bool may_cancel);
void reads_release(struct reads *reads);

/* -- memory --------------------------------------------------------------- */

/* Memory with a margin on both sides that must not change. */
struct guarded {
    unsigned char *bytes;
    size_t len;
    unsigned char *block; /* with the margins */
};

/* The bytes begin at a multiple of 4096. */
struct guarded guarded_alloc(size_t len);

/* Checks the margins, too. */
void guarded_free(struct guarded *memory);

/* Fails unless the `n` bytes are those of a test file at `offset`. */
void assert_pattern(const unsigned char *bytes, uint64_t n, uint64_t offset);

#endif
