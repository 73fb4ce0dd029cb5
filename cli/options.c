/*
 * Options, numbers and messages, the same for every command.
 *
 * The global options are accepted on both sides of the verb, so cli_getopt()
 * appends them to the command's own and swallows them.
 */
#include "cli/cli.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/suggest.h"

#define MAX_OPTIONS 64

enum { OPT_VERSION = 1000 };

static const char global_shorts[] = "c:s:qh";

static const struct option global_longs[] = {
    { "config", required_argument, NULL, 'c' },
    { "set", required_argument, NULL, 's' },
    { "quiet", no_argument, NULL, 'q' },
    { "help", no_argument, NULL, 'h' },
    { "version", no_argument, NULL, OPT_VERSION },
};

static const char global_help[] =
    "\nEvery command takes:\n"
    "  -c, --config FILE            read FILE instead of the lanceio.ini "
    "found\n"
    "  -s, --set SECTION.KEY=VALUE  override one setting; may be repeated\n"
    "  -q, --quiet                  results and errors only\n"
    "  -h, --help                   this text\n";
static const char version_help[] =
    "      --version                the version of lanceio\n";

static int stop(struct cli *cli, int exit_code)
{
    cli->exit_code = exit_code;
    return CLI_STOP;
}

/* Commands that read a dataset have a --version of their own: the dataset's. */
static bool has_own_version(const struct cli_syntax *syntax)
{
    const struct option *own = syntax->longs;

    while (own && own->name && strcmp(own->name, "version") != 0)
        own++;
    return own && own->name;
}

static int show_help(struct cli *cli, const struct cli_syntax *syntax)
{
    printf("%s%s%s", syntax->help, global_help,
           has_own_version(syntax) ? "" : version_help);
    return stop(cli, CLI_DONE);
}

static int show_version(struct cli *cli)
{
    printf("lanceio %s\n", lio_version());
    return stop(cli, CLI_DONE);
}

/* The two tables as one, with its terminator. */
static void join_longs(const struct cli_syntax *syntax,
                       struct option longs[MAX_OPTIONS])
{
    size_t n = 0, nglobal = sizeof(global_longs) / sizeof(global_longs[0]);

    for (const struct option *own = syntax->longs; own && own->name; own++) {
        assert(n + nglobal + 1 < MAX_OPTIONS);
        longs[n++] = *own;
    }
    memcpy(longs + n, global_longs, sizeof(global_longs));
    memset(longs + n + nglobal, 0, sizeof(longs[0]));
}

/* The option that a long one which is not known was meant to be, or NULL. */
static const char *meant_by(const char *given, const struct option *longs)
{
    const char *names[MAX_OPTIONS], *nearest = NULL;
    char *word = strndup(given + 2, strcspn(given + 2, "="));
    size_t n = 0;

    for (; longs[n].name; n++)
        names[n] = longs[n].name;
    if (word)
        nearest = lio_suggest(word, names, n);
    free(word);
    return nearest;
}

static void refuse_long(struct cli *cli, const char *given,
                        const struct option *longs)
{
    const char *meant = meant_by(given, longs);

    if (meant)
        cli_usage(cli, "option %s is not known; did you mean --%s?", given,
                  meant);
    else
        cli_usage(cli, "option %s is not known or ambiguous", given);
}

/* For a long option optopt is 0, or its value if it was known and given a value
 * that it does not take; the argument itself says more than that. */
static int refuse(struct cli *cli, int what, char **argv,
                  const struct option *longs)
{
    const char *given = argv[optind - 1];

    if (strncmp(given, "--", 2) != 0)
        cli_usage(cli, "option -%c %s", optopt,
                  what == ':' ? "needs a value" : "is not known");
    else if (what == ':')
        cli_usage(cli, "option %s needs a value", given);
    else if (optopt)
        cli_usage(cli, "option %s takes no value", given);
    else
        refuse_long(cli, given, longs);
    return stop(cli, CLI_USAGE);
}

/* No value and no operand means anything if it is empty: it is what a variable
 * that nobody has set leaves. */
static int refuse_empty_value(struct cli *cli, char **argv)
{
    const char *given = argv[optind - 1];

    if (!*given) /* the value stands by itself */
        given = argv[optind - 2];
    cli_usage(cli, "option %.*s has an empty value", (int)strcspn(given, "="),
              given);
    return stop(cli, CLI_USAGE);
}

static int end(struct cli *cli, int argc, char **argv)
{
    for (int i = optind; i < argc; i++)
        if (!*argv[i]) {
            cli_usage(cli, "operand %d is empty", i - optind + 1);
            return stop(cli, CLI_USAGE);
        }
    return CLI_END;
}

int cli_getopt(struct cli *cli, int argc, char **argv,
               const struct cli_syntax *syntax)
{
    const char *own = syntax->shorts ? syntax->shorts : "";
    bool in_order = *own == '+';
    struct option longs[MAX_OPTIONS];
    char shorts[MAX_OPTIONS * 2];
    int opt;

    (void)snprintf(shorts, sizeof(shorts), "%s:%s%s", in_order ? "+" : "",
                   own + in_order, global_shorts);
    join_longs(syntax, longs);
    opterr = 0;

    while ((opt = getopt_long(argc, argv, shorts, longs, NULL)) != -1) {
        if (optarg && !*optarg)
            return refuse_empty_value(cli, argv);
        switch (opt) {
        case 'c':
            cli->config_path = optarg;
            break;
        case 's':
            /* main() made room for one an argument. */
            cli->overrides[cli->noverrides++] = optarg;
            break;
        case 'q':
            cli->quiet = true;
            break;
        case 'h':
            return show_help(cli, syntax);
        case OPT_VERSION:
            return show_version(cli);
        case '?':
        case ':':
            return refuse(cli, opt, argv, longs);
        default:
            return opt;
        }
    }
    return in_order ? CLI_END : end(cli, argc, argv);
}

static int number_refused(const struct cli *cli, const char *what,
                          const char *text, const char *why)
{
    return cli_usage(cli,
                     "%s %s: %s; give a number such as 100, or with "
                     "K, M, G or T: 64K",
                     what, text, why);
}

int cli_parse_number(const struct cli *cli, const char *what, const char *text,
                     uint64_t *ret_number)
{
    static const char units[] = "KMGT";
    const char *at = text, *unit;
    uint64_t number = 0;

    for (; *at >= '0' && *at <= '9'; at++) {
        unsigned digit = (unsigned)(*at - '0');

        if (number > (UINT64_MAX - digit) / 10)
            return number_refused(cli, what, text, "too large");
        number = number * 10 + digit;
    }
    if (!*text) /* between two commas */
        return cli_usage(cli, "%s: a number is missing", what);
    if (at == text)
        return number_refused(cli, what, text, "not a number");
    if (*at) {
        unit = strchr(units, *at >= 'a' ? *at - 'a' + 'A' : *at);
        if (!unit || at[1])
            return number_refused(cli, what, text, "not a number");
        for (const char *u = units; u <= unit; u++) {
            if (number > UINT64_MAX / 1024)
                return number_refused(cli, what, text, "too large");
            number *= 1024;
        }
    }
    *ret_number = number;
    return 0;
}

/* "lanceio: " or "lanceio VERB: " */
static void print_prefix(const struct cli *cli)
{
    fprintf(stderr, "lanceio%s%s: ", *cli->command ? " " : "", cli->command);
}

/* One line, whatever the names in it: those of files and columns may hold what
 * would break it, or move the cursor. */
static void print_line(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < 0x20 || *text == 0x7f)
            fprintf(stderr, "\\x%02x", (unsigned char)*text);
        else
            fputc(*text, stderr);
    fputc('\n', stderr);
}

int cli_usage(const struct cli *cli, const char *fmt, ...)
{
    char *text;
    va_list args;
    int n;

    va_start(args, fmt);
    n = vasprintf(&text, fmt, args);
    va_end(args);
    if (n < 0)
        return cli_no_memory(cli);
    print_prefix(cli);
    print_line(text);
    free(text);
    fprintf(stderr, "Try 'lanceio%s%s --help'.\n", *cli->command ? " " : "",
            cli->command);
    return CLI_USAGE;
}

int cli_fail(const struct cli *cli, const struct lio_error *err)
{
    print_prefix(cli);
    print_line(err->msg);
    return err->code == LIO_ECONFIG || err->code == LIO_EPLUGIN ? CLI_USAGE
                                                                : CLI_FAILED;
}

int cli_no_memory(const struct cli *cli)
{
    print_prefix(cli);
    fputs("there is no memory left\n", stderr);
    return CLI_FAILED;
}

void cli_note(const struct cli *cli, const char *fmt, ...)
{
    va_list args;

    if (cli->quiet)
        return;
    va_start(args, fmt);
    vfprintf(stderr, fmt, args);
    va_end(args);
    fputc('\n', stderr);
}
