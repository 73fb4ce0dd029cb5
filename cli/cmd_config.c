/*
 * lanceio config: every setting in force and where it came from.
 *
 * What it prints is a lanceio.ini again: the origins are comments, so the
 * output of a run that was tuned with -s can be saved and used as a file.
 */
#include "cli/cli.h"

#include <stdio.h>
#include <string.h>

#define LINE_MAX_CHARS                                                         \
    180 /* what lanceio.ini takes on one line, and a little */
#define KEY_WIDTH   12
#define VALUE_WIDTH 16

static const struct cli_syntax syntax = {
    .help = "Usage: lanceio config [OPTION...]\n"
            "\n"
            "Print every setting in force and where it came from: built-in,\n"
            "plugin (a plugin's own default), FILE:LINE, or -s.\n"
            "\n"
            "Examples:\n"
            "  lanceio config\n"
            "  lanceio config -s cache.size=1G > lanceio.ini\n"
            "  lanceio --config tuned.ini config | grep -v built-in\n",
};

struct printer {
    const char *section; /* of the setting before, or "" */
};

/* The origin stands behind the value; on a line of its own where both would be
 * longer than a line may be. */
static int print_setting(const struct lio_setting *setting, void *user)
{
    struct printer *printer = user;
    size_t chars = strlen(setting->value) + strlen(setting->origin);

    if (strcmp(printer->section, setting->section)) {
        printf("\n[%s]\n", setting->section);
        printer->section = setting->section;
    }
    if (chars > LINE_MAX_CHARS - KEY_WIDTH - VALUE_WIDTH)
        printf("; %s\n%s = %s\n", setting->origin, setting->key,
               setting->value);
    else
        printf("%-*s = %-*s ; %s\n", KEY_WIDTH, setting->key, VALUE_WIDTH,
               setting->value, setting->origin);
    return 0;
}

int cmd_config(struct cli *cli, int argc, char **argv)
{
    struct printer printer = { .section = "" };
    struct lio_config *config;
    int opt, code;

    opt = cli_getopt(cli, argc, argv, &syntax);
    if (opt == CLI_STOP)
        return cli->exit_code;
    if (optind < argc)
        return cli_usage(cli, "'%s' is one operand too many", argv[optind]);
    code = cli_load_config(cli, &config);
    if (code)
        return code;
    printf("; lanceio %s, configuration: %s\n", lio_version(),
           lio_config_source(config));
    (void)lio_config_each(config, print_setting, &printer);
    lio_config_free(config);
    return CLI_DONE;
}
