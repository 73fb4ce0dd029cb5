/* lanceio stats sql: a statement of the user's, and what is wrong with it. */
#include "cli/stats/stats.h"

#include <sqlite3.h>
#include <string.h>

#define EXCERPT_BYTES 40 /* of SQL, shown where it is wrong */

/* Say what is wrong with the user's SQL, and where. */
static int fail_sql(const struct cli_stats *stats, const char *text)
{
    int at = sqlite3_error_offset(stats->sql);
    int rc = sqlite3_errcode(stats->sql);
    const char *why = sqlite3_errmsg(stats->sql);

    /* The code differs with the statement. */
    if (stats->was_denied)
        return cli_usage(stats->cli, "the database can be read only: "
                                     "give a SELECT without side effects");
    if (rc != SQLITE_ERROR)
        return cli_stats_fail(stats);
    if (at < 0 || (size_t)at > strlen(text))
        return cli_usage(stats->cli, "%s", why);
    return cli_usage(stats->cli, "%s, at character %d: \"%.*s\"", why, at + 1,
                     EXCERPT_BYTES, text + at);
}

/* Does anything follow the first statement? */
static bool has_more(const char *tail)
{
    return tail[strspn(tail, " \t\r\n;")] != '\0';
}

int cli_stats_sql(struct cli_stats *stats, const char *text)
{
    sqlite3_stmt *query = NULL;
    const char *tail;
    int code;

    if (sqlite3_prepare_v2(stats->sql, text, -1, &query, &tail) != SQLITE_OK)
        return fail_sql(stats, text);
    if (!query)
        return cli_usage(stats->cli, "there is no statement in \"%s\"", text);
    if (has_more(tail))
        code = cli_usage(stats->cli, "one statement at a time, please");
    else if (!sqlite3_stmt_readonly(query))
        code = cli_usage(stats->cli, "the database can be read only");
    else
        code = cli_stats_print(stats, query, NULL);
    (void)sqlite3_finalize(query); /* its error has been told */
    return code;
}
