/* A file through a buffer that grows to the longest line. */
#include "cli/read/source.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define READ_BYTES ((size_t)256 << 10)

static int fail_errno(const struct cli_source *source, const char *what,
                      struct lio_error *err)
{
    int os_errno = errno, code = LIO_EIO;

    if (os_errno == ENOENT)
        code = LIO_ENOTFOUND;
    else if (os_errno == EACCES || os_errno == EPERM)
        code = LIO_EACCES;
    lio_error_set(err, code, "%s: %s: %s", source->name, what,
                  strerror(os_errno));
    if (err)
        err->os_errno = os_errno;
    return code;
}

/* -- reading ------------------------------------------------------------- */

/* Room behind the end for a read and an LF. */
static int make_room(struct cli_source *source, struct lio_error *err)
{
    size_t used = source->end - source->start;
    char *base;

    if (source->room - source->end > READ_BYTES)
        return 0;
    if (!source->keeping && source->start > used) {
        memcpy(source->base, source->base + source->start, used);
        source->start = 0;
        source->end = used;
        return make_room(source, err);
    }
    base = realloc(source->base, 2 * source->room);
    if (!base)
        return lio_error_set(err, LIO_ENOMEM, "%s: no memory for line %" PRIu64,
                             source->name, source->line + 1);
    source->base = base;
    source->room *= 2;
    return make_room(source, err);
}

/* Read once. */
static int read_more(struct cli_source *source, struct lio_error *err)
{
    ssize_t got;
    int rc = make_room(source, err);

    if (rc < 0)
        return rc;
    if (source->interrupt && cli_interrupt_wait(source->interrupt, source->fd))
        return lio_error_set(err, LIO_ECANCELED, "%s: interrupted",
                             source->name);
    do
        got = read(source->fd, source->base + source->end, READ_BYTES);
    while (got < 0 && errno == EINTR);
    if (got < 0)
        return fail_errno(source, "cannot be read", err);
    source->at_end = got == 0;
    source->end += (size_t)got;
    return 0;
}

static int refuse_long_line(const struct cli_source *source,
                            struct lio_error *err)
{
    return lio_error_set(err, LIO_EUNSUPPORTED,
                         "%s: line %" PRIu64
                         " is longer than %zu MiB; is this a text file?",
                         source->name, source->line + 1, CLI_LINE_MAX >> 20);
}

int cli_source_line(struct cli_source *source, char **ret_text,
                    size_t *ret_bytes, struct lio_error *err)
{
    size_t searched = 0; /* of what is not given out */
    char *text, *lf;
    int rc;

    for (;;) {
        size_t left = source->end - source->start;

        text = source->base + source->start;
        lf = memchr(text + searched, '\n', left - searched);
        if (lf || source->at_end)
            break;
        if (left > CLI_LINE_MAX)
            return refuse_long_line(source, err);
        searched = left;
        rc = read_more(source, err);
        if (rc < 0)
            return rc;
    }
    if (!lf && source->start == source->end)
        return 0;
    if (!lf) {
        lf = source->base + source->end;
        *lf = '\n';
        source->end++;
    }
    *ret_text = text;
    *ret_bytes = (size_t)(lf - text) + 1;
    source->start += *ret_bytes;
    source->taken += *ret_bytes;
    source->line++;
    return 1;
}

/* -- the beginning ------------------------------------------------------- */

static bool begins(const struct cli_source *source, const char *bytes, size_t n)
{
    return source->end >= n && memcmp(source->base, bytes, n) == 0;
}

/* Files that are text once something has been done about it. */
static int refuse_other(const struct cli_source *source, struct lio_error *err)
{
    static const struct {
        const char *bytes;
        size_t n;
        const char *what, *unpack;
    } others[] = {
        { "\x1f\x8b", 2, "gzip", "gzip -dc" },
        { "\x28\xb5\x2f\xfd", 4, "zstd", "zstd -dc" },
        { "\xfd"
          "7zXZ",
          5, "xz", "xz -dc" },
        { "BZh", 3, "bzip2", "bzip2 -dc" },
        { "\xff\xfe", 2, "UTF-16", "iconv -f UTF-16 -t UTF-8" },
        { "\xfe\xff", 2, "UTF-16", "iconv -f UTF-16 -t UTF-8" },
    };

    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        if (begins(source, others[i].bytes, others[i].n))
            return lio_error_set(err, LIO_EUNSUPPORTED,
                                 "%s: is %s; unpack it on the way: %s FILE | "
                                 "lanceio write ... --from -",
                                 source->name, others[i].what,
                                 others[i].unpack);
    return 0;
}

/* Enough bytes to tell what it is. */
static int look(struct cli_source *source, struct lio_error *err)
{
    static const char mark[] = "\xef\xbb\xbf";
    int rc = 0;

    while (rc == 0 && source->end < 6 && !source->at_end)
        rc = read_more(source, err);
    if (rc == 0)
        rc = refuse_other(source, err);
    if (rc < 0)
        return rc;
    source->has_mark = begins(source, mark, strlen(mark));
    source->start = source->has_mark ? strlen(mark) : 0;
    return 0;
}

static int open_fd(const char *path, struct cli_source *source,
                   struct lio_error *err)
{
    struct stat status;

    if (strcmp(path, "-") == 0) {
        source->name = "stdin";
        source->fd = STDIN_FILENO;
        return 0;
    }
    source->name = path;
    source->fd = open(path, O_RDONLY | O_CLOEXEC);
    if (source->fd < 0)
        return fail_errno(source, "cannot be opened", err);
    if (fstat(source->fd, &status) == 0 && S_ISREG(status.st_mode))
        source->bytes = (uint64_t)status.st_size;
    return 0;
}

int cli_source_open(const char *path, struct cli_source *ret_source,
                    struct lio_error *err)
{
    struct cli_source source = { .room = 2 * READ_BYTES };
    int rc = open_fd(path, &source, err);

    if (rc < 0)
        return rc;
    source.base = malloc(source.room);
    if (source.base)
        rc = look(&source, err);
    else
        rc = lio_error_set(err, LIO_ENOMEM, "%s: no memory to read it",
                           source.name);
    if (rc < 0) {
        cli_source_close(&source);
        return rc;
    }
    *ret_source = source;
    return 0;
}

void cli_source_close(struct cli_source *source)
{
    if (source->fd > STDERR_FILENO)
        (void)close(source->fd);
    free(source->base);
    *source = (struct cli_source){ .fd = -1 };
}

void cli_source_keep(struct cli_source *source)
{
    source->keeping = true;
}

void cli_source_rewind(struct cli_source *source)
{
    source->keeping = false;
    source->start = source->has_mark ? 3 : 0;
    source->line = 0;
    source->taken = 0;
}
