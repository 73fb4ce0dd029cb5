/*
 * What type fits all values seen: a tree of what they looked like, and the line
 * of the first that looked so, for messages.
 *
 *     {"a":1,"b":[1.5]}         a  integer (line 1)
 *     {"a":null,"b":[2]}        b  list (line 1) of number (1), integer (2)
 *
 *     integers                  int64; uint64 if some need it
 *     numbers, or both          double
 *     true, false               bool
 *     text                      string
 *     lists, objects            list, struct
 *     null and nothing else     null
 *
 * Where values disagree JSON is refused, as it says what it means; in CSV all
 * is text, so what disagrees, or was never there, is a string.
 */
#ifndef LIO_CLI_READ_INFER_H
#define LIO_CLI_READ_INFER_H

#include "cli/read/fields.h"
#include "cli/read/json.h"

/* Deeper values are refused here, and less deep ones by the schema. */
#define CLI_INFER_DEPTH_MAX 100

/* More are no fields, but keys of what should be a map. */
#define CLI_INFER_FIELDS_MAX 10000

struct cli_inferred;

struct cli_infer {
    uint64_t line; /* that is looked at: the caller counts */
    struct cli_inferred *root;
    struct cli_inferred *target; /* whose the next value is */
    struct cli_inferred *frames[CLI_INFER_DEPTH_MAX];
    size_t depth;
    size_t nfields;
};

/* LIO_ENOMEM. */
LIO_MUST_CHECK int cli_infer_open(struct cli_infer *infer,
                                  struct lio_error *err);
void cli_infer_close(struct cli_infer *infer);

/* The sink of a parser is a struct cli_infer.  A value for the whole. */
extern const struct cli_json_events cli_infer_events;
void cli_infer_start(struct cli_infer *infer);

/* CSV: make the next column; and look at a field of column `number`, which is
 * text that may look like something else. */
LIO_MUST_CHECK int cli_infer_column(struct cli_infer *infer, const char *name,
                                    size_t bytes, struct lio_error *err);
void cli_infer_text(struct cli_infer *infer, size_t number, const char *text,
                    size_t bytes);

/* The fields of the whole, which looked like an object.  LIO_ENOMEM; not
 * `all_is_text`: LIO_EINVAL for values that disagree, a sentence in `err` that
 * does not name the file. */
LIO_MUST_CHECK int cli_infer_fields(const struct cli_infer *infer,
                                    bool all_is_text, struct cli_fields *fields,
                                    struct lio_error *err);

#endif
