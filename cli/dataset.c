/* From options to an open dataset. */
#include "cli/dataset.h"

int cli_dataset_option(const struct cli *cli, int opt,
                       struct lio_dataset_options *options)
{
    int code = CLI_DONE;

    switch (opt) {
    case CLI_OPT_BRANCH:
        options->branch = optarg;
        break;
    case CLI_OPT_TAG:
        options->tag = optarg;
        break;
    default:
        code = cli_parse_number(cli, "--version", optarg, &options->version);
        if (code == CLI_DONE && options->version == 0)
            code = cli_usage(cli, "--version 0: versions count from 1");
    }
    return code;
}

int cli_dataset_path(const struct cli *cli, int argc, char **argv,
                     const char **ret_path)
{
    if (optind == argc)
        return cli_usage(cli, "the path of a dataset is missing");
    if (optind + 1 < argc)
        return cli_usage(cli, "'%s' is one path too many", argv[optind + 1]);
    *ret_path = argv[optind];
    return CLI_DONE;
}

int cli_dataset_open(const struct cli *cli, struct lio_engine *engine,
                     const char *path,
                     const struct lio_dataset_options *options,
                     struct lio_dataset **ret_dataset)
{
    struct lio_error err;
    int rc = lio_dataset_open_with(engine, path, options, ret_dataset, &err);

    if (rc == LIO_EINVAL) /* options that do not go together */
        return cli_usage(cli, "%s", err.msg);
    return rc < 0 ? cli_fail(cli, &err) : CLI_DONE;
}
