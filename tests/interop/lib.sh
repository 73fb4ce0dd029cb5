# What the tests against LanceDB share.  The sourcing script sets `here`, the
# top of the source tree.
#
#     same TABLE.lance        both see the same
#     lancedb VERB TABLE...   see lancedb.js
#     lanceio VERB ...        the command, without configuration

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

find_command()
{
    for command in "${LANCEIO-}" "$here/build/release/cli/lanceio" \
        "$here/build/dev/cli/lanceio" "$(command -v lanceio || true)"; do
        if [ -n "$command" ] && [ -x "$command" ]; then
            printf '%s\n' "$command"
            return
        fi
    done
    echo "interop: there is no lanceio to test: build it, or set LANCEIO" >&2
    return 1
}

find_modules()
{
    for modules in "${LANCEDB_MODULES-}" "$here/build/interop/node_modules"; do
        if [ -n "$modules" ] && [ -d "$modules/@lancedb/lancedb" ]; then
            printf '%s\n' "$modules"
            return
        fi
    done
}

LANCEIO=$(find_command)
NODE_PATH=$(find_modules)
export NODE_PATH
if ! command -v node >/dev/null || [ -z "$NODE_PATH" ]; then
    echo "interop: LanceDB is not installed (scripts/install-deps interop)"
    exit 77
fi

lanceio()
{
    command=$1
    shift
    "$LANCEIO" "$command" "$@" --quiet -s stats.database=off
}

# LanceDB warns of every table that it makes.
lancedb()
{
    RUST_LOG=error node "$here/tests/interop/lancedb.js" "$@"
}

same()
{
    lanceio scan "$1" --raw --format ndjson >"$work/rows.ndjson"
    lanceio inspect "$1" --json >"$work/inspected.json"
    lancedb check "$1" "$work/rows.ndjson" "$work/inspected.json"
}
