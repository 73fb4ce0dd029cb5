/* From options to an open dataset, and the rows of it that are wanted. */
#include "cli/dataset.h"

#include <string.h>

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

/* -- rows ---------------------------------------------------------------- */

int cli_range_option(const struct cli *cli, int opt, struct cli_range *range)
{
    if (opt == CLI_OPT_OFFSET)
        return cli_parse_number(cli, "--offset", optarg, &range->offset);
    range->has_limit = true;
    return cli_parse_number(cli, "--limit", optarg, &range->limit);
}

uint64_t cli_range_rows(const struct cli_range *range,
                        const struct lio_dataset *dataset)
{
    struct lio_dataset_info info;
    uint64_t rows;

    lio_dataset_info(dataset, &info);
    rows = info.rows > range->offset ? info.rows - range->offset : 0;
    return range->has_limit && range->limit < rows ? range->limit : rows;
}

int cli_fail_stream(const struct cli *cli, struct ArrowArrayStream *stream,
                    int os_errno)
{
    const char *said = stream->get_last_error(stream);
    struct lio_error err;

    lio_error_set(&err, LIO_EIO, "%s", said ? said : strerror(os_errno));
    return cli_fail(cli, &err);
}
