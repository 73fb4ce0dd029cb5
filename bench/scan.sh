#!/bin/sh
# scan.sh [-r ROUNDS] [-d BUILD] FILE: what reading ahead gains, on this machine.
#
# Runs each case of bench-scan against its rivals in turn, ROUNDS times, and
# prints medians and their ratios.  The file is dropped from the page cache
# before each run.  Judge ratios: other tenants of a machine move all figures at
# once.  fio's is what the device gives to so many reads of this size at once, in
# order or not; where no way is faster than it, the device is at its end.
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

# run_fio RW BLOCK: reads 256 MiB.  fio prints bandwidth in KiB/s as field 7 of
# its terse output.
run_fio() {
    fio --name=scan --filename="$file" --readonly --rw="$1" --bs="$2" \
        --direct=1 --ioengine=io_uring --iodepth=16 --io_size=256M \
        --fadvise_hint=0 --output-format=terse --terse-version=3 |
        awk -F ';' '{ printf "%.1f\n", $7 * 1024 / 1e6 }'
}

# measure NAME ARGUMENTS...: append MB/s to the case's file of that name.
measure() {
    name=$1
    shift
    if [ "$1" = fio ]; then
        run_fio "$2" "$3"
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

part="--bytes 256M"
columns="--columns 4 --stride 256K $part"
i=0
while [ $((i += 1)) -le "$rounds" ]; do
    measure ours $ours $part
    measure direct --way direct $part
    measure unprefetched $ours -s prefetch.max_bytes=0 $part
    measure fio fio read 64k
    measure random --way random $part
    measure buffered --way buffered $part
done
report "in order, 64 KiB" direct=1.9 random=2.3 buffered=1.0 fio=0.9 \
    unprefetched=-

i=0
while [ $((i += 1)) -le "$rounds" ]; do
    measure ours $ours --read 16K $part
    measure direct --way direct --read 16K $part
done
report "in order, 16 KiB" direct=3.0

i=0
while [ $((i += 1)) -le "$rounds" ]; do
    measure ours $ours $columns
    measure direct --way direct $columns
    measure planned $ours --plan $columns
    measure fio fio randread 64k
done
report "4 columns, strided" direct=2.0 planned=- fio=-

i=0
while [ $((i += 1)) -le "$rounds" ]; do
    measure ours $ours --work 22000 $part
    measure direct --way direct --work 22000 $part
    measure fio fio read 64k
done
report "64 KiB, 22 us of work" direct=3.0 fio=-

i=0
while [ $((i += 1)) -le "$rounds" ]; do
    measure ours $ours --read 16K --work 22000 $part
    measure direct --way direct --read 16K --work 22000 $part
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
