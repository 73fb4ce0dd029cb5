/*
 * What values of one place looked like: among the two files that look and
 * judge.
 */
#ifndef LIO_CLI_READ_INFERRED_H
#define LIO_CLI_READ_INFERRED_H

#include "cli/read/infer.h"

#include <stddef.h>
#include <stdint.h>

enum look {
    LOOK_BOOL,
    LOOK_INT,
    LOOK_NUMBER, /* with a point or an exponent */
    LOOK_WORD,   /* NaN, Infinity: a number among numbers, text among text */
    LOOK_TEXT,
    LOOK_LIST,
    LOOK_OBJECT,
    LOOKS
};

/* Lines count from 1: 0 is none. */
struct cli_inferred {
    char *name; /* of a field, else NULL */
    size_t name_bytes;
    uint64_t line[LOOKS];           /* of the first value that looked so */
    uint64_t negative;              /* of the first integer below 0, */
    uint64_t large;                 /* above INT64_MAX, */
    uint64_t beyond;                /* with more than 64 bits, */
    uint64_t inexact;               /* that no double equals */
    struct cli_inferred **children; /* fields of objects, items of lists */
    size_t nchildren;
    size_t first, after; /* as in a builder: see fill.c */
    size_t *guess;
};

#endif
