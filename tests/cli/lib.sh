# What the tests of the command share: a directory to work in, in which no
# configuration of the user's is found, and checks that say what was wrong.
#
#     . "$(dirname "$0")/lib.sh"
#     run 0 "$LANCEIO" --version
#     has out '^lanceio '

set -u
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
unset LANCEIO_CONFIG XDG_CONFIG_HOME XDG_STATE_HOME
HOME=$work
export HOME
step='before the first run'

fail()
{
    echo "after: $step"
    echo "$1"
    echo '--- stdout'
    head -n 40 "$work/out"
    echo '--- stderr'
    head -n 40 "$work/err"
    exit 1
}

# run CODE COMMAND...: stdout goes to $work/out, stderr to $work/err.
run()
{
    expected=$1
    shift
    step=$*
    code=0
    "$@" >"$work/out" 2>"$work/err" </dev/null || code=$?
    [ "$code" -eq "$expected" ] || fail "exit code $code, not $expected"
}

# has out|err PATTERN: some line matches the basic regular expression.
has()
{
    grep -q -e "$2" "$work/$1" || fail "nothing in $1 matches: $2"
}

hasnt()
{
    ! grep -q -e "$2" "$work/$1" || fail "something in $1 matches: $2"
}

# Without the line that comes first where io_uring is not allowed.
said()
{
    sed '1{/^lanceio: [^ ]* runs instead of /d;}' "$work/$1"
}

# lines out|err N: so many lines.
lines()
{
    n=$(said "$1" | wc -l)
    [ "$n" -eq "$2" ] || fail "$n lines in $1, not $2"
}

is_empty()
{
    [ "$(said "$1" | wc -c)" -eq 0 ] || fail "$1 is not empty"
}
