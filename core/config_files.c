/*
 * Which file is read: the one that was named, or the first there is.
 */
#include "core/config_parts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define MAX_FILE_BYTES (256u * 1024u)

static int read_failed(const char *path, const char *why, struct lio_error *err)
{
    return lio_error_set(err, LIO_ECONFIG,
                         "the configuration file %.300s cannot be read: %s",
                         path, why);
}

/* The whole file as a string; the caller frees it. */
static int read_file(const char *path, FILE *file, char **ret_text,
                     struct lio_error *err)
{
    char *text = malloc(MAX_FILE_BYTES + 1);
    size_t len;
    int rc = 0;

    if (!text)
        return lio_config_no_memory(err);
    errno = 0;
    len = fread(text, 1, MAX_FILE_BYTES + 1, file);
    if (ferror(file))
        rc = read_failed(path, strerror(errno), err);
    else if (len > MAX_FILE_BYTES)
        rc = read_failed(path, "it is larger than 256K", err);
    else if (memchr(text, '\0', len))
        rc = read_failed(path, "it holds a NUL byte, so it is no UTF-8 text",
                         err);
    if (rc < 0) {
        free(text);
        return rc;
    }
    text[len] = '\0';
    *ret_text = text;
    return 0;
}

static int parse_file(struct lio_config *config, const char *path, FILE *file,
                      struct lio_error *err)
{
    const char *kept = lio_config_keep_all(config, path);
    char *text = NULL;
    int rc;

    if (!kept)
        return lio_config_no_memory(err);
    rc = read_file(kept, file, &text, err);
    if (rc < 0)
        return rc;
    config->source = kept;
    rc = lio_config_parse(config, kept, text, err);
    free(text);
    return rc;
}

/* Returns 1 if the file was there and was read.  `must_exist` is for files
 * that somebody has named. */
static int try_file(struct lio_config *config, const char *path,
                    bool must_exist, struct lio_error *err)
{
    FILE *file = fopen(path, "re");
    int rc;

    if (!file) {
        if (!must_exist && (errno == ENOENT || errno == ENOTDIR))
            return 0;
        return read_failed(path, strerror(errno), err);
    }
    rc = parse_file(config, path, file, err);
    (void)fclose(file);
    return rc < 0 ? rc : 1;
}

/* The same for DIR/REST; a DIR that is not absolute does not count. */
static int try_file_in(struct lio_config *config, const char *dir,
                       const char *rest, struct lio_error *err)
{
    char *path;
    int rc;

    if (!dir || *dir != '/')
        return 0;
    if (asprintf(&path, "%s/%s", dir, rest) < 0)
        return lio_config_no_memory(err);
    rc = try_file(config, path, false, err);
    free(path);
    return rc;
}

static int try_user_file(struct lio_config *config, struct lio_error *err)
{
    const char *xdg = getenv("XDG_CONFIG_HOME");

    if (xdg && *xdg == '/')
        return try_file_in(config, xdg, "lanceio/lanceio.ini", err);
    return try_file_in(config, getenv("HOME"), ".config/lanceio/lanceio.ini",
                       err);
}

int lio_config_parse_file(struct lio_config *config, const char *path,
                          struct lio_error *err)
{
    int rc;

    if (!path)
        path = getenv("LANCEIO_CONFIG");
    if (path && *path)
        return try_file(config, path, true, err);
    rc = try_file(config, "./lanceio.ini", false, err);
    if (rc == 0)
        rc = try_user_file(config, err);
    if (rc == 0)
        rc = try_file_in(config, LIO_INSTALL_SYSCONFDIR, "lanceio/lanceio.ini",
                         err);
    return rc;
}
