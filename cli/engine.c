/* From the global options to a running engine, and what to say about it. */
#include "cli/cli.h"

int cli_open_engine(const struct cli *cli, struct lio_engine **ret_engine)
{
    struct lio_engine_info info;
    struct lio_config *config;
    struct lio_error err;
    int code;

    code = cli_load_config(cli, &config);
    if (code)
        return code;
    if (lio_engine_open(config, ret_engine, &err) < 0) {
        lio_config_free(config);
        return cli_fail(cli, &err);
    }
    lio_config_free(config);

    lio_engine_info(*ret_engine, &info);
    if (*info.backend_reason)
        cli_note(cli, "lanceio: %s runs instead of %s: %s", info.backend_used,
                 info.backend_wanted, info.backend_reason);
    if (*info.stats_warning)
        cli_note(cli, "lanceio: no statistics of this run: %s",
                 info.stats_warning);
    return CLI_DONE;
}

void cli_close_engine(const struct cli *cli, struct lio_engine *engine)
{
    struct lio_error err;

    if (lio_engine_finish(engine, &err) < 0)
        cli_note(cli, "lanceio: the statistics of this run are incomplete: %s",
                 err.msg);
}
