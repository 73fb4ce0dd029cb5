# Sourced by the checks of models, with $model set: builds and searches in a
# directory of its own, which is the working directory from then on.  Exit 77
# (skipped) without spin or a C compiler.

command -v spin >/dev/null && command -v gcc >/dev/null || {
    echo "skipped: needs spin and gcc"
    exit 77
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

# build <flags for gcc> <flags for spin>...: makes ./pan
build() {
    cflags=$1
    shift
    spin -a "$@" "$model" >spin.out 2>&1 || {
        cat spin.out
        exit 1
    }
    # What spin writes is not held to our warnings.
    gcc -w -O1 $cflags -o pan pan.c
}

# search <what> <arguments of pan>...: succeeds if it found nothing wrong
search() {
    what=$1
    shift
    ./pan -m200000 "$@" >pan.out 2>&1 || true
    grep -q "errors:" pan.out && ! grep -q "max search depth" pan.out || {
        echo "$what: the search did not end"
        cat pan.out
        exit 1
    }
    states=$(sed -n 's/^ *\([0-9]*\) states, stored.*/\1/p' pan.out)
    grep -q "errors: 0" pan.out
}

expect_sound() {
    search "$@" || {
        echo "$1: NOT SOUND"
        cat pan.out
        exit 1
    }
    echo "$1: sound, $states states"
}

# expect_found <mistake>: the search of what was built must find it
expect_found() {
    if search "$1"; then
        echo "$1: NOT FOUND by the model"
        exit 1
    fi
    echo "$1: found: $(grep -m 1 '^pan:1:' pan.out | cut -d ' ' -f 2-)"
}
