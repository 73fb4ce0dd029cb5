/*
 * lanceio config: every setting in force and where it came from.
 *
 * What it prints is a lanceio.ini again: the origins are comments, so the
 * settings of a run that was tuned with -s can be saved and used as a file.
 */
#include "cli/cli.h"
#include "cli/json.h"

#include <stdio.h>
#include <string.h>

#define LINE_MAX_CHARS                                                         \
    180 /* what lanceio.ini takes on one line, and a little */
#define KEY_WIDTH   16
#define VALUE_WIDTH 16

static const struct option longs[] = {
    { "json", no_argument, NULL, 'j' },
    { NULL, 0, NULL, 0 },
};

static const struct cli_syntax syntax = {
    .longs = longs,
    .help = "Usage: lanceio config [OPTION...]\n"
            "\n"
            "Print every setting in force and where it came from: built-in,\n"
            "plugin (a plugin's own default), FILE:LINE, or -s.  The output\n"
            "can be used as a lanceio.ini.\n"
            "\n"
            "      --json                   print JSON, with a line of help "
            "on each key\n"
            "\n"
            "Examples:\n"
            "  lanceio config\n"
            "  lanceio config -s cache.size=1G > lanceio.ini\n"
            "  lanceio --config tuned.ini config | grep -v built-in\n",
};

/* -- as lanceio.ini ------------------------------------------------------ */

/* The origin stands behind the value; on a line of its own where both would be
 * longer than a line may be. */
static int print_setting(const struct lio_setting *setting, void *user)
{
    const char **section = user; /* of the setting before */
    size_t chars = strlen(setting->value) + strlen(setting->origin);

    if (strcmp(*section, setting->section))
        printf("\n[%s]\n", setting->section);
    *section = setting->section;
    if (chars > LINE_MAX_CHARS - KEY_WIDTH - VALUE_WIDTH)
        printf("; %s\n%s = %s\n", setting->origin, setting->key,
               setting->value);
    else
        printf("%-*s = %-*s ; %s\n", KEY_WIDTH, setting->key, VALUE_WIDTH,
               setting->value, setting->origin);
    return 0;
}

static int print_ini(struct cli *cli, const struct lio_config *config)
{
    const char *section = "";

    printf("; lanceio %s, configuration: %s\n", lio_version(),
           lio_config_source(config));
    (void)lio_config_each(config, print_setting, &section);
    return cli_finish_printf(cli);
}

/* -- as JSON ------------------------------------------------------------- */

static int put_setting(const struct lio_setting *setting, void *user)
{
    struct cli_json *json = user;

    cli_json_open_flat(json, NULL, '{');
    cli_json_text(json, "section", setting->section);
    cli_json_text(json, "key", setting->key);
    cli_json_text(json, "value", setting->value);
    cli_json_text(json, "origin", setting->origin);
    cli_json_text(json, "help", setting->help);
    cli_json_close(json, '}');
    return 0;
}

static int print_json(struct cli *cli, const struct lio_config *config)
{
    struct cli_out out;
    struct cli_json json = { .out = &out };
    int code;

    if (cli_out_init(&out, stdout))
        return cli_no_memory(cli);
    cli_json_open(&json, NULL, '{');
    cli_json_text(&json, "source", lio_config_source(config));
    cli_json_open(&json, "settings", '[');
    (void)lio_config_each(config, put_setting, &json);
    cli_json_close(&json, ']');
    cli_json_close(&json, '}');
    code = cli_finish_out(cli, &out);
    cli_out_release(&out);
    return code;
}

int cmd_config(struct cli *cli, int argc, char **argv)
{
    struct lio_config *config;
    bool as_json = false;
    int opt, code;

    while ((opt = cli_getopt(cli, argc, argv, &syntax)) >= 0)
        as_json = true; /* the only one there is */
    if (opt == CLI_STOP)
        return cli->exit_code;
    if (optind < argc)
        return cli_usage(cli, "'%s' is one operand too many", argv[optind]);
    code = cli_load_config(cli, &config);
    if (code)
        return code;
    code = as_json ? print_json(cli, config) : print_ini(cli, config);
    lio_config_free(config);
    return code;
}
