/*
 * lanceio plugins: what can be named in lanceio.ini, and what was refused.
 */
#include "cli/cli.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME_WIDTH  18
#define PARAM_WIDTH 16

static const struct cli_syntax syntax = {
    .help = "Usage: lanceio plugins [OPTION...] [NAME...]\n"
            "\n"
            "List the plugins found: kind, name, version, what they do and\n"
            "their parameters, which stand in section [NAME] of lanceio.ini;\n"
            "then the files that were refused, with the reason.\n"
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
    bool refused;  /* the pass: the refused ones, or the usable ones */
    char kind[16]; /* of the plugin shown before */
    int nshown;
};

/* Does the user want this one?  Marks the name as found. */
static bool wanted(struct listing *listing, const char *name)
{
    for (int i = 0; i < listing->nnames; i++) {
        if (!strcmp(listing->names[i], name)) {
            listing->found[i] = true;
            return true;
        }
    }
    return listing->nnames == 0;
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

static void print_usable(struct listing *listing,
                         const struct lio_plugin_info *info)
{
    if (strcmp(listing->kind, info->kind)) {
        printf("%s%s\n", listing->nshown ? "\n" : "", info->kind);
        (void)snprintf(listing->kind, sizeof(listing->kind), "%s", info->kind);
    }
    printf("  %-*s %-8s %s\n", NAME_WIDTH, info->name, info->version,
           info->summary);
    for (uint32_t i = 0; i < info->nparams; i++)
        print_param(&info->params[i]);
    listing->nshown++;
}

static void print_refused(struct listing *listing,
                          const struct lio_plugin_info *info)
{
    if (strcmp(listing->kind, "refused")) {
        printf("%srefused\n", listing->nshown ? "\n" : "");
        (void)snprintf(listing->kind, sizeof(listing->kind), "refused");
    }
    printf("  %s\n      %s\n", info->path, info->refused);
    listing->nshown++;
}

static int print_plugin(const struct lio_plugin_info *info, void *user)
{
    struct listing *listing = user;

    if (listing->refused != (info->refused != NULL) ||
        !wanted(listing, info->name))
        return 0;
    if (info->refused)
        print_refused(listing, info);
    else
        print_usable(listing, info);
    return 0;
}

/* Two passes, so that the refused ones stand at the end; the second costs
 * nothing, since the files are open by then. */
static int print_all(const struct cli *cli, const struct lio_config *config,
                     struct listing *listing)
{
    int rc = lio_plugins_each(config, print_plugin, listing);

    listing->refused = true;
    if (rc == 0)
        rc = lio_plugins_each(config, print_plugin, listing);
    if (rc < 0) {
        fprintf(stderr, "lanceio %s: out of memory\n", cli->command);
        return CLI_FAILED;
    }
    for (int i = 0; i < listing->nnames; i++)
        if (!listing->found[i])
            return cli_usage(cli,
                             "there is no plugin '%s'; 'lanceio plugins' "
                             "lists those found",
                             listing->names[i]);
    return CLI_DONE;
}

int cmd_plugins(struct cli *cli, int argc, char **argv)
{
    struct listing listing = { .kind = "" };
    struct lio_config *config;
    int opt, code;

    opt = cli_getopt(cli, argc, argv, &syntax);
    if (opt == CLI_STOP)
        return cli->exit_code;
    code = cli_load_config(cli, &config);
    if (code)
        return code;

    listing.names = argv + optind;
    listing.nnames = argc - optind;
    listing.found = calloc((size_t)listing.nnames + 1, sizeof(bool));
    if (listing.found) {
        code = print_all(cli, config, &listing);
    } else {
        fputs("lanceio plugins: out of memory\n", stderr);
        code = CLI_FAILED;
    }
    free(listing.found);
    lio_config_free(config);
    return code;
}
