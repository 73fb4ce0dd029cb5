# bash completion for lanceio.  It asks the command for its verbs, options, keys
# and plugins, so it knows what the installed version knows.

# Verbs: the lines between "Commands:" and the next empty line.
_lanceio_verbs()
{
    "$1" --help 2>/dev/null | sed -n '/^Commands:/,/^$/s/^  \([a-z]*\).*/\1/p'
}

# Options: whatever the help of a verb (or, with "", the command) begins a line
# with.
_lanceio_options()
{
    "$1" ${2:+"$2"} --help 2>/dev/null |
        sed -n 's/^ *\(-[a-z], \)\{0,1\}\(--[a-z-]*\).*/\2/p'
}

# Keys as section.key=, from the configuration in force.
_lanceio_keys()
{
    "$1" config 2>/dev/null |
        awk '/^\[/ { gsub(/[][]/, ""); section = $1; next }
             /^[a-z]/ { print section "." $1 "=" }'
}

_lanceio_plugins()
{
    "$1" plugins 2>/dev/null |
        sed -nE 's/^  ((backend|filter|cache|prefetch|coalesce)-[^ ]+).*/\1/p'
}

# After section.key=: plugins of the section's kind, where a key takes them.
_lanceio_values()
{
    local section=${2%%.*}

    case $2 in
    *.plugin | *.fallback)
        _lanceio_plugins "$1" | grep "^$section-"
        [[ $section == backend && $2 == *.plugin ]] || echo none
        ;;
    esac
}

_lanceio()
{
    local command=$1 word=$2 verb='' words='' i
    local before=${COMP_WORDS[COMP_CWORD - 1]}

    COMPREPLY=()
    for ((i = 1; i < COMP_CWORD; i++)); do
        case ${COMP_WORDS[i]} in
        -c | --config | -s | --set) ((i++)) ;;
        -* | = | *.*=*) ;;
        *)
            [[ ${COMP_WORDS[i - 1]} == = ]] || verb=${verb:-${COMP_WORDS[i]}}
            ;;
        esac
    done

    # Bash cuts words at "=", so a value comes after one.
    [[ $word == = ]] && before='=' word=
    if [[ $before == = ]]; then
        i=$COMP_CWORD
        [[ ${COMP_WORDS[i]} == = ]] || ((i--))
        words=$(_lanceio_values "$command" "${COMP_WORDS[i - 1]}")
    elif [[ $before == -s || $before == --set ]]; then
        words=$(_lanceio_keys "$command")
        compopt -o nospace 2>/dev/null
    elif [[ $word == -* ]]; then
        words=$(_lanceio_options "$command" "$verb")
    elif [[ $before == --format ]]; then
        words='ndjson csv table none'
        [[ $verb != write ]] || words='ndjson csv'
        [[ $verb != stats ]] || words='table csv json ndjson'
    elif [[ $before == --mode ]]; then
        words='create append overwrite file'
    elif [[ $before == --file-version ]]; then
        words='2.0 2.1 2.2'
    elif [[ $before == --compression ]]; then
        words='none fsst lz4 zstd'
    elif [[ $before == --policy ]]; then
        words=$(_lanceio_plugins "$command" | sed -n 's/^cache-//p')
    elif [[ -z $verb ]]; then
        words=$(_lanceio_verbs "$command")
    elif [[ $verb == plugins ]]; then
        words=$(_lanceio_plugins "$command")
    elif [[ $before == stats ]]; then
        words='show sql'
    elif [[ $verb == stats && $before == show ]]; then
        words='last'
    fi
    # shellcheck disable=SC2207 # words hold no blanks
    COMPREPLY=($(compgen -W "$words" -- "$word"))
}

complete -o default -F _lanceio lanceio
