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
