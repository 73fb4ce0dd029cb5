/* lanceio stats: the latest runs, a line each. */
#include "cli/stats/stats.h"

#include <sqlite3.h>

int cli_stats_list(struct cli_stats *stats, uint64_t limit)
{
    static const char text[] =
        "SELECT run_id AS run, started, command, backend, requests,"
        " device_ops, round(mb_per_s, 1) AS \"MB/s\","
        " round(hit_ratio, 3) AS hit_ratio,"
        " CASE clean WHEN 1 THEN 'yes' ELSE 'no' END AS clean"
        " FROM run_summary ORDER BY run_id DESC LIMIT ?1";
    int64_t number = limit < INT64_MAX ? (int64_t)limit : INT64_MAX;
    sqlite3_stmt *query;
    int code = cli_stats_prepare(stats, text, number, &query);

    if (code == CLI_DONE) {
        code = cli_stats_print(stats, query, NULL);
        (void)sqlite3_finalize(query); /* its error has been told */
    }
    return code;
}
