/*
 * What tests of encoders share: values made up by type, and what decoding made
 * of them compared with what went in.
 *
 *     struct sample s;
 *
 *     sample_make(&s, "int32", 1000, SHAPE_SMALL, seed);
 *     ... encode s.plain, decode to a vector ...
 *     sample_equals(&s.plain, &vector);
 *     sample_release(&s);
 */
#ifndef LIO_TESTS_PLAIN_H
#define LIO_TESTS_PLAIN_H

#include "column/vector.h"
#include "column/write/encoders.h"

/* What values look like. */
enum shape {
    SHAPE_RANDOM,   /* any bits at all, strings of up to 40 bytes */
    SHAPE_SMALL,    /* numbers below 1000, short words */
    SHAPE_EQUAL,    /* one value */
    SHAPE_RUNS,     /* the same for a while */
    SHAPE_FEW,      /* some twenty values, in no order */
    SHAPE_EXTREMES, /* all ones, and zero; empty strings, and long ones */
    SHAPE_COUNT
};

struct sample {
    struct lio_type type;
    struct lio_plain plain;
    struct lio_arena arena; /* of the values */
};

/* A fixed sequence of numbers for a seed. */
static inline uint64_t sample_random(uint64_t *seed)
{
    uint64_t z = *seed += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

/* `n` values of a type, one of `nulls` of which is null; 0: none is.  Items of
 * lists are null as often. */
void sample_make(struct sample *sample, const char *logical, uint64_t n,
                 enum shape shape, uint32_t nulls, uint64_t seed);
void sample_release(struct sample *sample);

#define SAMPLE_FIELDS_MAX 4

/* A packed struct. */
struct sample_struct {
    struct sample fields[SAMPLE_FIELDS_MAX];
    struct lio_plain children[SAMPLE_FIELDS_MAX];
    const struct lio_type *types[SAMPLE_FIELDS_MAX];
    struct lio_type type;
    struct lio_plain plain;
};

/* `n` rows of fields of these types, of which the first has nulls. */
void sample_struct_make(struct sample_struct *sample,
                        const char *const *logicals, uint32_t nfields,
                        uint64_t n, enum shape shape, uint32_t nulls);
void sample_struct_release(struct sample_struct *sample);

/* A column of type dictionary: `n` indices into `nitems` values. */
struct sample_dictionary {
    struct sample rows;
    struct sample items;
    struct lio_plain plain;
};

void sample_dictionary_make(struct sample_dictionary *sample,
                            const char *logical, uint64_t n, uint64_t nitems,
                            uint32_t nulls);
void sample_dictionary_release(struct sample_dictionary *sample);

/* Fails the test if a valid slot of `plain` has another value in `vector`. */
void sample_equals(const struct lio_plain *plain,
                   const struct lio_vector *vector);

#endif
