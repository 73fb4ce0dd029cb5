/* The end of what a command prints. */
#include "cli/cli.h"

#include "cli/out.h"

int cli_finish_out(struct cli *cli, struct cli_out *out)
{
    if (!cli_out_flush(out))
        return CLI_DONE;
    if (!ferror(stdout))
        return cli_no_memory(cli);
    cli->output_errno = out->os_errno;
    return CLI_FAILED;
}
