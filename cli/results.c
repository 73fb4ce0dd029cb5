/* The end of what a command prints. */
#include "cli/cli.h"

#include "cli/out.h"

#include <errno.h>

int cli_finish_out(struct cli *cli, struct cli_out *out)
{
    if (!cli_out_flush(out))
        return CLI_DONE;
    if (!ferror(stdout))
        return cli_no_memory(cli);
    cli->output_errno = out->os_errno;
    return CLI_FAILED;
}

int cli_finish_printf(struct cli *cli)
{
    errno = 0;
    if (!fflush(stdout) && !ferror(stdout))
        return CLI_DONE;
    cli->output_errno = errno;
    return CLI_FAILED;
}
