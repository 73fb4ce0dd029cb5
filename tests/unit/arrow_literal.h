/*
 * Arrow schemas and arrays written down in a test, and a value of one as text.
 *
 *     struct ArrowSchema ints = SCHEMA("i");
 *     struct ArrowArray array = ARRAY(3, NULL, (int32_t[]){ 1, 2, 3 });
 *     assert_json("2", &ints, 0, &array, 1);
 *
 * They live as long as the block they stand in.
 */
#ifndef LIO_TESTS_ARROW_LITERAL_H
#define LIO_TESTS_ARROW_LITERAL_H

#include "cli/value.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#define SCHEMA(format_)                                                        \
    {                                                                          \
        .format = (format_), .name = "x"                                       \
    }
#define FIELD(name_, format_)                                                  \
    {                                                                          \
        .format = (format_), .name = (name_)                                   \
    }
#define PARENT_SCHEMA(name_, format_, n, ...)                                  \
    {                                                                          \
        .format = (format_), .name = (name_), .n_children = (n),               \
        .children = (struct ArrowSchema *[])                                   \
        {                                                                      \
            __VA_ARGS__                                                        \
        }                                                                      \
    }

/* The buffers, validity first; nulls are not counted, as Arrow allows. */
#define ARRAY(length_, ...)                                                    \
    {                                                                          \
        .length = (length_), .null_count = -1, .buffers = (const void *[])     \
        {                                                                      \
            __VA_ARGS__                                                        \
        }                                                                      \
    }
#define PARENT_ARRAY(length_, buffers_, n, ...)                                \
    {                                                                          \
        .length = (length_), .null_count = -1, .buffers = (buffers_),          \
        .n_children = (n), .children = (struct ArrowArray *[])                 \
        {                                                                      \
            __VA_ARGS__                                                        \
        }                                                                      \
    }
#define BUFFERS(...)                                                           \
    (const void *[])                                                           \
    {                                                                          \
        __VA_ARGS__                                                            \
    }

typedef void (*put_fn)(const struct cli_value *, const struct ArrowArray *,
                       int64_t, struct cli_out *);

static inline void assert_written(const char *expected, put_fn put,
                                  const struct ArrowSchema *schema,
                                  uint32_t flags,
                                  const struct ArrowArray *array, int64_t row)
{
    struct cli_value *value;
    struct cli_out out;
    struct lio_error err;

    assert_int_equal(cli_out_init_memory(&out), 0);
    assert_int_equal(cli_value_open(schema, flags, &value, &err), 0);
    put(value, array, row, &out);
    cli_out_char(&out, '\0');
    assert_string_equal(out.base, expected);
    cli_value_close(value);
    cli_out_release(&out);
}

static inline void assert_json(const char *expected,
                               const struct ArrowSchema *schema, uint32_t flags,
                               const struct ArrowArray *array, int64_t row)
{
    assert_written(expected, cli_value_json, schema, flags, array, row);
}

static inline void assert_text(const char *expected,
                               const struct ArrowSchema *schema, uint32_t flags,
                               const struct ArrowArray *array, int64_t row)
{
    assert_written(expected, cli_value_text, schema, flags, array, row);
}

#endif
