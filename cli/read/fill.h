/*
 * JSON into builders: what cli_json_events tell goes to where the schema has
 * it, with the way there remembered for messages.
 *
 *     {"at":{"x":[1,2]}}       way: rows {at, at {x, x [2
 */
#ifndef LIO_CLI_READ_FILL_H
#define LIO_CLI_READ_FILL_H

#include "cli/read/builder.h"
#include "cli/read/json.h"

/* What has begun and not ended. */
struct cli_fill_frame {
    struct cli_builder *builder;
    struct cli_builder
        *child;     /* of a struct: whose key was the last, or NULL */
    size_t *guess;  /* of a struct: which child is expected next */
    int64_t first;  /* of a list: rows of its child at its start */
    bool is_object; /* of a map: it is written as an object */
};

struct cli_fill {
    struct cli_builder *target; /* the next value's, outside of all frames */
    size_t depth;
    struct cli_fill_frame frames[CLI_VALUE_MAX_DEPTH + 2];
};

/* The sink of a parser is a struct cli_fill. */
extern const struct cli_json_events cli_fill_events;

/* Begin: one value for `target`. */
void cli_fill_start(struct cli_fill *fill, struct cli_builder *target);

/* Where the value is that was not accepted: "at.x[1]", or "" for the whole. */
void cli_fill_path(const struct cli_fill *fill, char *ret_path, size_t room);

#endif
