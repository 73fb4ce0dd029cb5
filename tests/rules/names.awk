# The core knows kinds of plugins but no plugin: no string in its code holds a
# name such as <kind>-<word>.  Comments may.

FNR == 1 {
    in_comment = 0
}

{
    line = $0
    code = ""
    while (line != "") {
        if (in_comment) {
            at = index(line, "*/")
            if (!at)
                break
            line = substr(line, at + 2)
            in_comment = 0
        } else if (match(line, /"([^"\\]|\\.)*"|\/\*/)) {
            if (substr(line, RSTART, 2) == "/*")
                in_comment = 1
            else
                code = code substr(line, RSTART, RLENGTH)
            line = substr(line, RSTART + RLENGTH)
        } else {
            break
        }
    }
    if (code ~ /(^|[^a-z])(backend|cache|prefetch|coalesce|filter)-[a-z]/) {
        printf "%s:%d: the core names a plugin: %s\n", FILENAME, FNR, code
        bad++
    }
    lines++
}

END {
    if (!lines) {
        print "names: no source found, so nothing was checked"
        bad++
    }
    exit bad > 0
}
