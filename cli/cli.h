/*
 * What the commands of `lanceio` share: global options, messages, exit codes.
 *
 * A command is a function in cmd_<verb>.c and a line in main.c's table.  It
 * returns its exit code, prints results on stdout and everything else on
 * stderr, and reports an error once, with cli_fail() or cli_usage():
 *
 *     int cmd_frob(struct cli *cli, int argc, char **argv)
 *     {
 *         int opt, code;
 *
 *         while ((opt = cli_getopt(cli, argc, argv, &frob_syntax)) >= 0)
 *             ...
 *         if (opt == CLI_STOP)
 *             return cli->exit_code;
 *         ... argv[optind] and following are the operands ...
 *         code = cli_open_engine(cli, &engine);
 *         if (code)
 *             return code;
 *
 * SIGPIPE is ignored, so that a run whose reader has gone still closes its
 * engine and marks its statistics clean: a command that prints much stops when
 * ferror(stdout) says so and returns as usual; main() finds the cause.
 */
#ifndef LIO_CLI_CLI_H
#define LIO_CLI_CLI_H

#include <lanceio/lanceio.h>

#include <getopt.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum cli_exit {
    CLI_DONE = 0,
    CLI_FAILED = 1, /* the work could not be done */
    CLI_USAGE = 2,  /* wrong option, operand or configuration */
    CLI_PIPE = 141  /* the reader of stdout has gone: 128 + SIGPIPE */
};

/* The options before or after the verb that every command takes. */
struct cli {
    const char *command;     /* the verb, or "" before it is known */
    const char *config_path; /* --config FILE, or NULL */
    const char **overrides;  /* each -s section.key=value, in order */
    size_t noverrides;
    bool quiet;       /* --quiet: results and errors only */
    int exit_code;    /* of CLI_STOP, see cli_getopt() */
    int output_errno; /* why stdout could not be written, as far as known */
};

int cmd_config(struct cli *cli, int argc, char **argv);
int cmd_plugins(struct cli *cli, int argc, char **argv);
int cmd_scan(struct cli *cli, int argc, char **argv);
int cmd_take(struct cli *cli, int argc, char **argv);
int cmd_write(struct cli *cli, int argc, char **argv);
int cmd_copy(struct cli *cli, int argc, char **argv);
int cmd_inspect(struct cli *cli, int argc, char **argv);
int cmd_simulate(struct cli *cli, int argc, char **argv);
int cmd_stats(struct cli *cli, int argc, char **argv);

/* -- options (options.c) ------------------------------------------------- */

/* A command's own options, as for getopt_long(3), and its --help. */
struct cli_syntax {
    const char *shorts;         /* "jn:"; not c, h, q, s */
    const struct option *longs; /* ends with { 0 }; val in 1 .. 999 */
    const char *help;           /* from "Usage: " to the examples */
};

#define CLI_END (-1) /* no more options */
#define CLI_STOP                                                               \
    (-2) /* return cli->exit_code: --help was given, or an error               \
            has been reported */

/*
 * The next option that is the command's own (its value; optarg is set), or
 * CLI_END, or CLI_STOP.  Deals with the global ones, and refuses values and
 * operands that are empty.
 */
int cli_getopt(struct cli *cli, int argc, char **argv,
               const struct cli_syntax *syntax);

/*
 * Parse `text`, a plain number or one with K, M, G or T (powers of 1024), given
 * for `what` ("--limit").  Returns 0, or CLI_USAGE after reporting it.
 */
int cli_parse_number(const struct cli *cli, const char *what, const char *text,
                     uint64_t *ret_number);

/* -- messages (options.c) ------------------------------------------------ */

/* Print "lanceio VERB: sentence" and a pointer to --help; returns CLI_USAGE. */
int cli_usage(const struct cli *cli, const char *fmt, ...) LIO_PRINTF(2, 3);

/* Print err->msg, once; returns the exit code it asks for. */
int cli_fail(const struct cli *cli, const struct lio_error *err);

/* Say that there is no memory; returns CLI_FAILED. */
int cli_no_memory(const struct cli *cli);

/* Print a line on stderr unless --quiet: summaries, what fell back and why. */
void cli_note(const struct cli *cli, const char *fmt, ...) LIO_PRINTF(2, 3);

/* -- results (results.c) -------------------------------------------------- */

struct cli_out;

/*
 * Flush what was printed through `out` to stdout, or with printf(3).  Returns 0
 * or an exit code.  That stdout failed is main()'s to report, which can tell a
 * closed pipe.
 */
int cli_finish_out(struct cli *cli, struct cli_out *out);
int cli_finish_printf(struct cli *cli);

/* -- configuration (settings.c) and engine (engine.c) --------------------- */

/* Load what --config and -s say.  Returns 0 or an exit code, reported. */
int cli_load_config(const struct cli *cli, struct lio_config **ret_config);

/* For a command that needs no configuration: if --config or -s is given it must
 * be right all the same.  Returns 0 or an exit code, reported. */
int cli_check_config(const struct cli *cli);

/* The same, then open the engine; notes a fallback and a lost statistics
 * database.  Returns 0 or an exit code, reported. */
int cli_open_engine(const struct cli *cli, struct lio_engine **ret_engine);

/* Close it; notes that the statistics could not be written to the end. */
void cli_close_engine(const struct cli *cli, struct lio_engine *engine);

#endif
