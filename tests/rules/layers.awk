# Check #include lines against layers.txt, the first file read; see there.
# The sources follow, named relative to the root, which is the present folder.

function matches(path, pattern) {
    if (pattern ~ /^\*/)
        return substr(path, length(path) - length(pattern) + 2) == \
               substr(pattern, 2)
    if (pattern ~ /\*$/)
        return index(path, substr(pattern, 1, length(pattern) - 1)) == 1
    return path == pattern
}

function is_libc(path,    i) {
    for (i = 1; i <= nlibc; i++)
        if (matches(path, libc[i]))
            return 1
    return 0
}

function allowed(path, folder,    row, word, words, n) {
    for (row = 1; row <= nrows; row++) {
        if (index(FILENAME, begins[row]) != 1)
            continue
        n = split(sees[row], words, " ")
        for (word = 1; word <= n; word++) {
            if (words[word] == "libc" && is_libc(path))
                return 1
            if (words[word] == "./*" && matches(path, folder "/*"))
                return 1
            if (matches(path, words[word]))
                return 1
        }
    }
    return 0
}

function has_row(    row) {
    for (row = 1; row <= nrows; row++)
        if (index(FILENAME, begins[row]) == 1)
            return 1
    return 0
}

# The path from the root, of a header written relative to its includer.
function resolve(path, folder,    line, here) {
    here = folder "/" path
    if ((getline line < here) >= 0) {
        close(here)
        return here
    }
    return path
}

function complain(what) {
    printf "%s:%d: %s\n", FILENAME, FNR, what
    bad++
}

NR == FNR {
    if ($0 ~ /^#/ || NF == 0)
        next
    if ($1 == "libc:") {
        for (i = 2; i <= NF; i++)
            libc[++nlibc] = $i
        next
    }
    begins[++nrows] = $1
    sub(/^[^ ]+ +/, "")
    sees[nrows] = $0
    next
}

FNR == 1 && !has_row() {
    complain("no row of layers.txt says what this file may see")
}

/^[ \t]*#[ \t]*include[ \t]*["<]/ {
    header = $0
    sub(/^[^"<]*["<]/, "", header)
    sub(/[">].*/, "", header)
    folder = FILENAME
    sub(/\/[^\/]*$/, "", folder)
    if ($0 ~ /include[ \t]*"/)
        header = resolve(header, folder)
    if (!allowed(header, folder))
        complain("may not include " header)
    includes++
}

END {
    if (!includes) {
        print "layers: no #include line found, so nothing was checked"
        bad++
    }
    exit bad > 0
}
