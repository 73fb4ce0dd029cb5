/*
 * What every program in tests/engine stands on.
 *
 *     argv[1]   the backend, e.g. backend-uring
 *     argv[2]   "cache" or "nocache"
 *
 * A fixture is an engine and a directory.  Files in it have numbers, and their
 * contents follow from them (support/pattern.h).  When a fixture is released
 * the engine's ledgers must be at zero: no test may end with anything in
 * flight, pinned, or submitted and not delivered.
 */
#ifndef LIO_TESTS_ENGINE_FIXTURE_H
#define LIO_TESTS_ENGINE_FIXTURE_H

#include <lanceio/lanceio.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/pattern.h"

#define KIB (1024u)
#define MIB (1024u * 1024u)

/* Long enough for the slowest machine, short enough to end a hung test. */
#define PATIENCE_NS (60 * INT64_C(1000000000))

struct fixture {
    struct lio_engine *engine;
    struct lio_error err;
    char *dir;
    char *path;      /* of fixture_path(), until its next call */
    bool duplicates; /* the device reports some operations twice */
};

/* Read argv; returns 0, or the exit code that main() is to end with: 2, or 77
 * if this backend cannot run here. */
int fixture_arguments(int argc, char **argv);

const char *fixture_backend(void);
bool fixture_cached(void);

/* Load a configuration for this backend and cache, without statistics, and
 * with `overrides` (NULL-terminated, or NULL) on top; open an engine with it.
 */
int fixture_engine(const char *const *overrides, struct lio_engine **ret_engine,
                   struct lio_error *err);

/* A fixture with an engine as of fixture_engine(); the test fails if there is
 * none.  release checks the ledgers and closes. */
struct fixture *fixture_open(const char *const *overrides);
void fixture_release(struct fixture *f);

/* A fixture with a directory alone: for children that open their own engine,
 * which are forked while the parent has no threads. */
struct fixture *fixture_open_dir(void);

/* The same as setup and teardown of a cmocka test, without overrides. */
int fixture_setup(void **state);
int fixture_teardown(void **state);
int fixture_setup_dir(void **state);

/* The path of file `number`; valid until the next call. */
const char *fixture_path(struct fixture *f, uint32_t number);

/* Make file `number` with `bytes` bytes of its contents, past the engine. */
void fixture_make(struct fixture *f, uint32_t number, uint64_t bytes);

/* Open file `number`; the test fails if that fails. */
struct lio_file *fixture_file(struct fixture *f, uint32_t number,
                              uint32_t flags);

struct lio_engine_stats fixture_stats(struct fixture *f);

/* The test fails unless `buf` is what file `number` holds at `offset`. */
void check_bytes(const void *buf, size_t len, uint32_t number, uint64_t offset);

/* Read and check: all of it must be there. */
void check_read(struct lio_file *file, uint32_t number, size_t len,
                uint64_t offset);

/* The same for the segments of a view. */
void check_view(const struct lio_view *view, uint32_t number, size_t len,
                uint64_t offset);

/* A read of `len` bytes into `buf`, waited for by its id. */
struct lio_request read_request(struct lio_file *file, void *buf, size_t len,
                                uint64_t offset);
struct lio_request write_request(struct lio_file *file, void *buf, size_t len,
                                 uint64_t offset);

/* Submit; the test fails if that is refused. */
uint64_t submit_one(struct fixture *f, const struct lio_request *request);
void submit_all(struct fixture *f, const struct lio_request *requests,
                uint32_t n, uint64_t *ret_ids);

/* Wait for `id` and take its result. */
struct lio_result wait_for(struct fixture *f, uint64_t id);

/* The same, and it must be a complete and correct read of file `number`. */
void wait_for_read(struct fixture *f, uint64_t id, uint32_t number);

/* malloc() that fails the test instead. */
void *grab(size_t bytes);

/* The same for memory whose address has `place` for a remainder by a page: that
 * of an offset is in step with the file there.  And free(), for such. */
void *grab_at(size_t bytes, uint64_t place);
void drop_at(void *memory); /* accepts NULL */

/* Run `body(f)` in a child of fork(); the test fails unless it ends with exit
 * code 0.  `body` returns that code. */
void check_in_child(int (*body)(struct fixture *f), struct fixture *f);

#endif
