/*
 * lanceio, the command: global options, the verb, and how the process ends.
 */
#include "cli/cli.h"
#include "cli/live.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/suggest.h"

struct command {
    const char *name;
    int (*run)(struct cli *cli, int argc, char **argv);
    const char *summary; /* one line of `lanceio --help` */
};

static const struct command commands[] = {
    { "scan", cmd_scan, "print the rows of a dataset" },
    { "take", cmd_take, "print single rows of a dataset" },
    { "write", cmd_write, "make a dataset of ndjson or csv" },
    { "copy", cmd_copy, "copy a dataset, or columns and rows of it" },
    { "inspect", cmd_inspect, "show how a dataset is laid out" },
    { "simulate", cmd_simulate, "count the misses of cache policies" },
    { "config", cmd_config, "print every setting and where it came from" },
    { "plugins", cmd_plugins, "list the plugins found and their parameters" },
    { "stats", cmd_stats, "list past runs, show one, query them in SQL" },
    { NULL, NULL, NULL },
};

static const char main_usage[] =
    "Usage: lanceio [OPTION...] COMMAND [ARGUMENT...]\n"
    "\n"
    "Asynchronous I/O for columnar files: read and write Lance datasets, see "
    "how\n"
    "they are laid out, and what reading them cost.\n"
    "\n"
    "Commands:\n";

static const char main_examples[] =
    "\n"
    "Examples:\n"
    "  lanceio scan flights.lance --columns origin,delay --limit 10\n"
    "  lanceio write flights.lance --from flights.csv\n"
    "  lanceio -s backend.plugin=backend-pread scan flights.lance\n"
    "  lanceio config > lanceio.ini\n"
    "  lanceio COMMAND --help\n"
    "\n"
    "Exit codes: 0 done, 1 failed, 2 wrong usage or configuration, 128 + N "
    "signal N.\n";

/* The help of the command as a whole, made from the table. */
static char *make_help(void)
{
    size_t bytes;
    char *help = NULL;
    FILE *out = open_memstream(&help, &bytes);

    if (!out)
        return NULL;
    fputs(main_usage, out);
    for (const struct command *c = commands; c->name; c++)
        fprintf(out, "  %-10s %s\n", c->name, c->summary);
    fputs(main_examples, out);
    if (fclose(out) == 0)
        return help;
    free(help);
    return NULL;
}

static const struct command *find_command(const char *name)
{
    for (const struct command *c = commands; c->name; c++)
        if (!strcmp(c->name, name))
            return c;
    return NULL;
}

static int no_such_command(struct cli *cli, const char *name)
{
    const char *all[sizeof(commands) / sizeof(commands[0])], *nearest;
    char names[128] = "";
    size_t len = 0, n = 0;

    for (const struct command *c = commands; c->name; c++) {
        all[n++] = c->name;
        if (len < sizeof(names))
            len += (size_t)snprintf(names + len, sizeof(names) - len, "%s%s",
                                    len ? ", " : "", c->name);
    }
    nearest = lio_suggest(name, all, n);
    return cli_usage(cli, "'%s' is not a command; there are %s%s%s%s", name,
                     names, nearest ? "; did you mean '" : "",
                     nearest ? nearest : "", nearest ? "'?" : "");
}

static int run_command(struct cli *cli, int argc, char **argv)
{
    const struct command *command;

    if (argc == 0)
        return cli_usage(cli, "a command is missing");
    command = find_command(argv[0]);
    if (!command)
        return no_such_command(cli, argv[0]);
    cli->command = command->name;
    optind = 0; /* 0, not 1: makes glibc start over in the new vector */
    return command->run(cli, argc, argv);
}

static int run(struct cli *cli, int argc, char **argv)
{
    struct cli_syntax syntax = { .shorts = "+" }; /* stop at the verb */
    char *help = make_help();
    int opt, exit_code;

    if (!help)
        return cli_no_memory(cli);
    syntax.help = help;
    opt = cli_getopt(cli, argc, argv, &syntax);
    if (opt == CLI_STOP)
        exit_code = cli->exit_code;
    else
        exit_code = run_command(cli, argc - optind, argv + optind);
    free(help);
    return exit_code;
}

/* errno is long gone when the failure is noticed; the pipe itself can tell. */
static bool reader_has_gone(void)
{
    struct pollfd fd = { .fd = STDOUT_FILENO, .events = POLLOUT };

    return poll(&fd, 1, 0) == 1 && (fd.revents & (POLLERR | POLLHUP));
}

/* Results that did not reach their reader are a failure, whatever the command
 * thought of its work. */
static int finish_output(const struct cli *cli, int exit_code)
{
    int flushed = fflush(stdout);
    int os_errno = flushed ? errno : cli->output_errno;

    if (!flushed && !ferror(stdout))
        return exit_code;
    if (reader_has_gone())
        return CLI_PIPE;
    fprintf(stderr, "lanceio: the output could not be written%s%s\n",
            os_errno ? ": " : "", os_errno ? strerror(os_errno) : "");
    return CLI_FAILED;
}

/* A standard stream that the caller has closed: its number would become that of
 * the next file that is opened, and messages and rows would go into it.  It is
 * taken by what can be used as little as a closed one. */
static void occupy_closed_streams(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0)
            (void)open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
}

int main(int argc, char **argv)
{
    struct cli cli = { .command = "" };
    int exit_code;

    occupy_closed_streams();
    (void)signal(SIGPIPE, SIG_IGN);
    cli_live_prepare();
    cli.overrides = calloc((size_t)argc + 1, sizeof(*cli.overrides));
    if (!cli.overrides)
        return cli_no_memory(&cli);
    exit_code = run(&cli, argc, argv);
    free(cli.overrides);
    return finish_output(&cli, exit_code);
}
