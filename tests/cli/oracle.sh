# Compare `lanceio simulate` with the counts in tests/data/traces/oracle.csv.
#
#     agrees_with_oracle NAME TRACE.txt.xz
#
# for every policy and size that is listed for trace NAME: LRU, LFU and ARC
# exactly, 2Q within 0.01 %, S3-FIFO within 0.5 % of the misses.

oracle=$LIO_TEST_DATA/traces/oracle.csv

agrees_with_oracle()
{
    sizes=$(awk -F, -v trace="$1" '
        $1 == trace && !seen[$3]++ { printf "%s%s", comma, $3; comma = "," }' \
        "$oracle")
    [ -n "$sizes" ] || fail "no counts of $1 in $oracle"
    xzcat "$2" >trace.txt || fail "$2 cannot be unpacked"
    run 0 "$LANCEIO" simulate trace.txt --quiet --slots "$sizes" \
        --policy lru,lfu,2q,arc,s3fifo
    is_empty err
    awk -F, -v trace="$1" '
        BEGIN {
            name["LRU"] = "lru"; name["LFU"] = "lfu"; name["ARC"] = "arc"
            name["TwoQ"] = "2q"; name["S3FIFO"] = "s3fifo"
            percent["2q"] = 0.01; percent["s3fifo"] = 0.5
        }
        # The oracle: all rows but false ones, see tests/data/traces/README.md.
        NR == FNR {
            if ($1 == trace && $2 in name && $4 != $5)
                misses[name[$2] "," $3] = $5
            next
        }
        # Ours.
        ($1 "," $2) in misses {
            due = misses[$1 "," $2]
            off = $4 > due ? $4 - due : due - $4
            if (off * 100 > due * percent[$1]) {
                printf "%s: %d misses, not %d\n", $1 "," $2, $4, due
                bad++
            }
            delete misses[$1 "," $2]
            compared++
        }
        END {
            for (row in misses) {
                printf "%s: no count\n", row
                bad++
            }
            exit bad > 0 || compared == 0
        }' "$oracle" out >compared || {
        cat compared
        fail "the counts differ from the oracle's"
    }
}
