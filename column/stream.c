/*
 * Scans as Arrow streams.
 */
#include "column/scan_plan.h"

#include <stdlib.h>

/* Behind a stream: private_data. */
struct stream {
    struct lio_scan_run run;
    bool given;           /* the first batch, which waits for no plan */
    struct lio_error err; /* of the last call that failed */
    int failed;           /* its code: a stream that failed stays so */
};

/* A stream's calls return errnos. */
static int errno_of(int code)
{
    switch (code) {
    case 0:
        return 0;
    case LIO_ENOMEM:
        return ENOMEM;
    case LIO_EINVAL:
        return EINVAL;
    case LIO_EUNSUPPORTED:
        return ENOTSUP;
    default:
        return EIO;
    }
}

static int stream_get_schema(struct ArrowArrayStream *stream,
                             struct ArrowSchema *ret_schema)
{
    struct stream *state = stream->private_data;

    return errno_of(lio_scan_run_schema(&state->run, ret_schema, &state->err));
}

static int stream_get_next(struct ArrowArrayStream *stream,
                           struct ArrowArray *ret_array)
{
    struct stream *state = stream->private_data;

    /* Columns may have moved on by different amounts. */
    if (state->failed < 0)
        return errno_of(state->failed);
    if (state->run.row == state->run.end) {
        *ret_array = (struct ArrowArray){ 0 };
        return 0;
    }
    if (state->given)
        lio_scan_tell(&state->run);
    state->failed = lio_scan_run_next(&state->run, state->run.batch_rows,
                                      ret_array, &state->err);
    state->given = true;
    return errno_of(state->failed);
}

static const char *stream_get_last_error(struct ArrowArrayStream *stream)
{
    const struct stream *state = stream->private_data;

    return state->err.code < 0 ? state->err.msg : NULL;
}

static void stream_release(struct ArrowArrayStream *stream)
{
    struct stream *state = stream->private_data;

    lio_scan_unplan(&state->run);
    lio_scan_run_release(&state->run);
    free(state);
    stream->release = NULL;
}

int lio_scan_stream(struct lio_dataset *dataset, const struct lio_scan *scan,
                    struct ArrowArrayStream *ret_stream, struct lio_error *err)
{
    struct stream *state = calloc(1, sizeof(*state));
    int rc;

    if (!state)
        return lio_error_set(err, LIO_ENOMEM, "no memory for a stream");
    rc = lio_scan_run_init(&state->run, dataset, scan, err);
    if (rc < 0) {
        free(state);
        return rc;
    }
    lio_scan_plan(&state->run, scan ? scan->memory : 0,
                  scan ? scan->batch_rows : 0);
    *ret_stream = (struct ArrowArrayStream){
        .get_schema = stream_get_schema,
        .get_next = stream_get_next,
        .get_last_error = stream_get_last_error,
        .release = stream_release,
        .private_data = state,
    };
    return 0;
}
