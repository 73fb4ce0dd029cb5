/*
 * Commits to datasets in a directory of the test's own.  Data files hold a few
 * letters: a commit does not look into them.
 */
#ifndef LIO_TESTS_COMMITS_H
#define LIO_TESTS_COMMITS_H

#include "column/manifest.h"
#include "column/write/commit.h"

/* Fields of a table, "id int64, where struct, where.lat double?": a part of
 * another field names it first, and what may be null ends in "?". */
struct commits_fields {
    Lio__Pb__Field *messages[16];
    struct lio_schema schema;
};

void commits_fields_init(struct commits_fields *fields, const char *text);
void commits_fields_release(struct commits_fields *fields);

/* The directory, and what is to be the dataset in it. */
struct commits {
    char *folder;
    char *table;
    struct commits_fields fields; /* "id int64, name string?" */
};

void commits_init(struct commits *commits);
void commits_release(struct commits *commits);

/* For cmocka: `*state` is a struct commits of this test. */
int commits_setup(void **state);
int commits_teardown(void **state);

/* Begin, with these fields; fails the test if that fails. */
struct lio_commit *commits_open(struct commits *commits,
                                enum lio_commit_mode mode);

/* A data file of so many rows.  Returns the first error. */
int commits_add(struct lio_commit *commit, uint64_t rows,
                struct lio_error *err);

/* All of it, with one data file; returns the version. */
uint64_t commits_run(struct commits *commits, enum lio_commit_mode mode,
                     uint64_t rows);

/* All names below a directory and their sizes, sorted, a line each. */
char *commits_list(const char *folder);

/* How many files below the folder have this in their names. */
unsigned commits_count(const struct commits *commits, const char *part);

/* The manifest of a version with V2 names. */
Lio__Pb__Manifest *commits_manifest(const struct commits *commits,
                                    uint64_t version);

/* Rows of a version, 0: the latest. */
uint64_t commits_rows(const struct commits *commits, uint64_t version);

/* Write a manifest by hand: the message behind a section. */
void commits_put(const struct commits *commits, const char *name,
                 struct lio_bytes section, const Lio__Pb__Manifest *manifest);

/* How many descriptors this process has. */
unsigned commits_descriptors(void);

#endif
