/*
 * lanceio plugins: what can be named in lanceio.ini, and what was refused.
 */
#include "cli/cli.h"
#include "cli/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME_WIDTH  18
#define PARAM_WIDTH 16

static const struct option longs[] = {
    { "json", no_argument, NULL, 'j' },
    { NULL, 0, NULL, 0 },
};

static const struct cli_syntax syntax = {
    .longs = longs,
    .help = "Usage: lanceio plugins [OPTION...] [NAME...]\n"
            "\n"
            "List the plugins found: kind, name, version, what they do and\n"
            "their parameters, which stand in section [NAME] of lanceio.ini;\n"
            "then the files that were refused, with the reason.\n"
            "\n"
            "      --json                   print JSON\n"
            "\n"
            "Examples:\n"
            "  lanceio plugins\n"
            "  lanceio plugins cache-lru\n"
            "  lanceio plugins -s engine.plugin_dir=$HOME/plugins\n",
};

struct listing {
    char **names; /* show these only; all if there are none */
    int nnames;
    bool *found;   /* by name: there is such a file */
    bool refused;  /* which half is printed now */
    char kind[16]; /* heading of the plugin before, "" if there was none */
    struct cli_json *json;
};

/* Does the user want this one?  Marks the name as found. */
static bool wanted(struct listing *listing, const char *name)
{
    bool is_named = false;

    for (int i = 0; i < listing->nnames; i++)
        if (!strcmp(listing->names[i], name)) {
            listing->found[i] = true;
            is_named = true;
        }
    return is_named || listing->nnames == 0;
}

/* -- as text ------------------------------------------------------------- */

/* Plugins come sorted by name, and so by kind. */
static void print_heading(struct listing *listing, const char *kind)
{
    if (!strcmp(listing->kind, kind))
        return;
    printf("%s%s\n", *listing->kind ? "\n" : "", kind);
    (void)snprintf(listing->kind, sizeof(listing->kind), "%s", kind);
}

static void print_param(const struct lio_plugin_param *param)
{
    printf("      %-*s %s", PARAM_WIDTH, param->name, param->type);
    if (*param->range)
        printf(" %s", param->range);
    printf(", default %s\n", *param->preset ? param->preset : "empty");
    if (*param->help)
        printf("      %-*s %s\n", PARAM_WIDTH, "", param->help);
}

static int print_plugin(const struct lio_plugin_info *info, void *user)
{
    struct listing *listing = user;

    if (listing->refused != (info->refused != NULL) ||
        !wanted(listing, info->name))
        return 0;
    if (info->refused) {
        print_heading(listing, "refused");
        printf("  %s\n      %s\n", info->path, info->refused);
        return 0;
    }
    print_heading(listing, info->kind);
    printf("  %-*s %-8s %s\n", NAME_WIDTH, info->name, info->version,
           info->summary);
    for (uint32_t i = 0; i < info->nparams; i++)
        print_param(&info->params[i]);
    return 0;
}

/* Two passes, so that the refused ones stand at the end; the second costs
 * little, since the files are open by then. */
static int print_text(struct cli *cli, const struct lio_config *config,
                      struct listing *listing)
{
    int rc = lio_plugins_each(config, print_plugin, listing);

    listing->refused = true;
    if (rc == 0)
        rc = lio_plugins_each(config, print_plugin, listing);
    return rc < 0 ? cli_no_memory(cli) : cli_finish_printf(cli);
}

/* -- as JSON ------------------------------------------------------------- */

static void put_param(struct cli_json *json,
                      const struct lio_plugin_param *param)
{
    cli_json_open_flat(json, NULL, '{');
    cli_json_text(json, "name", param->name);
    cli_json_text(json, "type", param->type);
    cli_json_text(json, "range", param->range);
    cli_json_text(json, "default", param->preset);
    cli_json_text(json, "help", param->help);
    cli_json_close(json, '}');
}

static int put_plugin(const struct lio_plugin_info *info, void *user)
{
    struct listing *listing = user;
    struct cli_json *json = listing->json;

    if (!wanted(listing, info->name))
        return 0;
    cli_json_open(json, NULL, '{');
    cli_json_text(json, "name", info->name);
    cli_json_text(json, "path", info->path);
    cli_json_text(json, "refused", info->refused);
    if (!info->refused) {
        cli_json_text(json, "kind", info->kind);
        cli_json_text(json, "version", info->version);
        cli_json_text(json, "summary", info->summary);
        cli_json_open(json, "parameters", '[');
        for (uint32_t i = 0; i < info->nparams; i++)
            put_param(json, &info->params[i]);
        cli_json_close(json, ']');
    }
    cli_json_close(json, '}');
    return 0;
}

static int print_json(struct cli *cli, const struct lio_config *config,
                      struct listing *listing)
{
    struct cli_out out;
    struct cli_json json = { .out = &out };
    int rc, code;

    if (cli_out_init(&out, stdout))
        return cli_no_memory(cli);
    listing->json = &json;
    cli_json_open(&json, NULL, '[');
    rc = lio_plugins_each(config, put_plugin, listing);
    cli_json_close(&json, ']');
    code = rc < 0 ? cli_no_memory(cli) : cli_finish_out(cli, &out);
    cli_out_release(&out);
    return code;
}

/* -- the command --------------------------------------------------------- */

static int check_names(const struct cli *cli, const struct listing *listing)
{
    for (int i = 0; i < listing->nnames; i++)
        if (!listing->found[i])
            return cli_usage(cli,
                             "there is no plugin '%s'; 'lanceio plugins' "
                             "lists those found",
                             listing->names[i]);
    return CLI_DONE;
}

static int list(struct cli *cli, const struct lio_config *config,
                struct listing *listing, bool as_json)
{
    int code = as_json ? print_json(cli, config, listing)
                       : print_text(cli, config, listing);

    return code ? code : check_names(cli, listing);
}

int cmd_plugins(struct cli *cli, int argc, char **argv)
{
    struct listing listing = { .kind = "" };
    struct lio_config *config;
    bool as_json = false;
    int opt, code;

    while ((opt = cli_getopt(cli, argc, argv, &syntax)) >= 0)
        as_json = true; /* the only one there is */
    if (opt == CLI_STOP)
        return cli->exit_code;
    code = cli_load_config(cli, &config);
    if (code)
        return code;

    listing.names = argv + optind;
    listing.nnames = argc - optind;
    listing.found = calloc((size_t)listing.nnames + 1, sizeof(bool));
    code = listing.found ? list(cli, config, &listing, as_json)
                         : cli_no_memory(cli);
    free(listing.found);
    lio_config_free(config);
    return code;
}
