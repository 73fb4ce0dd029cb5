#!/bin/sh
# scan.sh [-r ROUNDS] [-d BUILD] FILE: what reading ahead gains, on this machine.
#
# Runs each case of bench-scan against its rivals in turn, ROUNDS times, and
# prints medians and their ratios.  The page cache is dropped before each run,
# which takes root; without, the buffered ways are left out, as they would not
# be cold.  Judge ratios: other tenants of a machine move all figures at once.
#
# FILE should be larger than the device's cache, and read once before: blocks
# that were never read since boot are slower on virtual disks.
set -eu
rounds=9
build=build/release
while getopts r:d: option; do
    case $option in
    r) rounds=$OPTARG ;;
    d) build=$OPTARG ;;
    *) exit 2 ;;
    esac
done
shift $((OPTIND - 1))
file=$1
scan=$build/bench/bench-scan
ours="--way lanceio -s stats.database=off -s files.direct=on"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

cold() {
    sync
    echo 3 2>/dev/null >/proc/sys/vm/drop_caches
}
root=yes
(cold) 2>/dev/null || root=

# fio prints bandwidth in KiB/s as field 7 of its terse output.
run_fio() {
    fio --name=scan --filename="$file" --readonly --rw=read --bs=64k --direct=1 \
        --ioengine=io_uring --iodepth=16 --size="$1" --fadvise_hint=0 \
        --output-format=terse --terse-version=3 | awk -F ';' '
        { printf "%.1f\n", $7 * 1024 / 1e6 }'
}

# measure NAME ARGUMENTS...: append MB/s to the case's file of that name.
measure() {
    name=$1
    shift
    [ -z "$root" ] || cold
    if [ "$1" = fio ]; then
        run_fio "$2"
    else
        # The words of $1 are arguments.
        "$scan" "$@" "$file" | awk '{ print $4 }'
    fi >>"$scratch/$name"
}

median() {
    sort -n "$scratch/$1" | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'
}

# report CASE AIM...: each AIM is rival=ratio.
report() {
    title=$1
    shift
    mine=$(median ours)
    printf '%-28s %8.1f MB/s\n' "$title" "$mine"
    for aim in "$@"; do
        rival=${aim%%=*}
        [ -s "$scratch/$rival" ] || continue
        theirs=$(median "$rival")
        awk -v m="$mine" -v t="$theirs" -v r="$rival" -v a="${aim#*=}" 'BEGIN {
            printf "    %-24s %8.1f MB/s  ratio %5.2f  aim %s\n", r, t, m / t, a
        }'
    done
    rm -f "$scratch"/*
}

i=0
while [ $((i += 1)) -le "$rounds" ]; do
    measure ours $ours
    measure direct --way direct
    measure unprefetched $ours -s prefetch.max_bytes=0
    measure fio fio "$(stat -c %s "$file")"
    [ -z "$root" ] || measure random --way random
    [ -z "$root" ] || measure buffered --way buffered
done
report "in order, 64 KiB" direct=1.9 random=2.3 buffered=1.0 fio=0.9 \
    unprefetched=-

i=0
while [ $((i += 1)) -le "$rounds" ]; do
    measure ours $ours --read 16K --bytes 256M
    measure direct --way direct --read 16K --bytes 256M
done
report "in order, 16 KiB" direct=3.0

i=0
while [ $((i += 1)) -le "$rounds" ]; do
    measure ours $ours --columns 4 --stride 256K --bytes 256M
    measure direct --way direct --columns 4 --stride 256K --bytes 256M
    measure planned $ours --plan --columns 4 --stride 256K --bytes 256M
done
report "4 columns, strided" direct=2.0 planned=-

i=0
while [ $((i += 1)) -le "$rounds" ]; do
    measure ours $ours --work 22000
    measure direct --way direct --work 22000
done
report "64 KiB, 22 us of work" direct=3.0

i=0
while [ $((i += 1)) -le "$rounds" ]; do
    measure ours $ours --read 16K --bytes 256M --work 22000
    measure direct --way direct --read 16K --bytes 256M --work 22000
done
report "16 KiB, 22 us of work" direct=3.0

i=0
while [ $((i += 1)) -le 3 ]; do
    slow="-s backend.filters=filter-throttle -s filter-throttle.latency=5ms"
    measure ours $ours $slow --bytes 64M
    measure unprefetched $ours $slow -s prefetch.max_bytes=0 --bytes 16M
done
report "5 ms device" unprefetched=10

i=0
while [ $((i += 1)) -le "$rounds" ]; do
    measure ours $ours --shuffle --read 4K --bytes 64M
    measure unprefetched $ours -s prefetch.max_bytes=0 --shuffle --read 4K \
        --bytes 64M
done
report "random, 4 KiB" unprefetched=0.99
