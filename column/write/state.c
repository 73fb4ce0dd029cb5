/*
 * Reading what is to be built on: the latest manifest, and the index section
 * of its file, which is handed on as it is.
 */
#include "column/write/state.h"

#include <inttypes.h>
#include <stdlib.h>

static int read_indices(struct lio_source *source, struct lio_state *state,
                        struct lio_error *err)
{
    if (!state->manifest->has_indices_at)
        return 0;
    return lio_manifest_section(source, state->manifest->indices_at,
                                &state->indices, err);
}

static int check(const struct lio_state *state, struct lio_error *err)
{
    const struct lio_version *version = &state->version;

    if (state->manifest->version != version->number)
        return lio_error_set(err, LIO_ECORRUPT,
                             "%s: says to be the manifest of version %" PRIu64,
                             version->manifest, state->manifest->version);
    return lio_manifest_writable(version->manifest, state->manifest, err);
}

static int read_manifest(struct lio_engine *engine, struct lio_state *state,
                         struct lio_error *err)
{
    struct lio_source *source;
    int rc = lio_source_open(engine, state->version.manifest, &source, err);

    if (rc < 0)
        return rc;
    rc = lio_manifest_read(source, &state->manifest, err);
    if (rc == 0)
        rc = check(state, err);
    if (rc == 0)
        rc = read_indices(source, state, err);
    lio_source_close(source);
    return rc;
}

int lio_state_read(struct lio_engine *engine, const char *root,
                   struct lio_state *ret_state, struct lio_error *err)
{
    struct lio_state state = { 0 };
    int rc = lio_version_latest(root, &state.version, err);

    if (rc == LIO_ENOTFOUND) {
        *ret_state = state;
        return 0;
    }
    if (rc == 0)
        rc = read_manifest(engine, &state, err);
    if (rc < 0)
        lio_state_release(&state);
    else
        *ret_state = state;
    return rc;
}

void lio_state_release(struct lio_state *state)
{
    lio_manifest_free(state->manifest);
    lio_mem_put(state->indices);
    free(state->version.manifest);
    *state = (struct lio_state){ 0 };
}
