/* From the global options to a configuration. */
#include "cli/cli.h"

int cli_load_config(const struct cli *cli, struct lio_config **ret_config)
{
    struct lio_error err;

    if (lio_config_load(cli->config_path, cli->overrides, cli->noverrides,
                        ret_config, &err) < 0)
        return cli_fail(cli, &err);
    return CLI_DONE;
}

int cli_check_config(const struct cli *cli)
{
    struct lio_config *config;
    int code;

    if (!cli->config_path && cli->noverrides == 0)
        return CLI_DONE;
    code = cli_load_config(cli, &config);
    if (!code)
        lio_config_free(config);
    return code;
}
