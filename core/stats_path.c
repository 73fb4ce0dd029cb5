/*
 * Where the statistics database lies, and the directories on the way there.
 *
 * XDG Base Directory Specification: state that should survive a restart but
 * matters to nobody else goes below $XDG_STATE_HOME, with mode 0700; a
 * relative path in that variable is to be ignored.
 */
#include "core/stats_db.h"

#include <stdbool.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *absolute_env(const char *name)
{
    const char *value = getenv(name);

    return value && *value == '/' ? value : NULL;
}

/* Split what `setting` means into two strings to be joined; false if there is
 * no directory to put it in. */
static bool path_parts(const char *setting, const char **ret_base,
                       const char **ret_rest)
{
    bool automatic = !strcmp(setting, "auto");
    bool at_home = !strncmp(setting, "~/", 2);
    const char *state = automatic ? absolute_env("XDG_STATE_HOME") : NULL;

    if (!automatic && !at_home) {
        *ret_base = "";
        *ret_rest = setting;
        return true;
    }
    if (state) {
        *ret_base = state;
        *ret_rest = "/lanceio/stats.db";
        return true;
    }
    *ret_base = absolute_env("HOME");
    *ret_rest = automatic ? "/.local/state/lanceio/stats.db" : setting + 1;
    return *ret_base != NULL;
}

int lio_stats_db_path(const char *setting, char *ret_path, size_t bytes,
                      struct lio_error *err)
{
    const char *base, *rest;

    if (!*setting)
        return lio_error_set(err, LIO_ECONFIG,
                             "[stats] database is empty; give a path, \"auto\" "
                             "or \"off\"");
    if (!path_parts(setting, &base, &rest))
        return lio_error_set(
            err, LIO_ECONFIG,
            "[stats] database = %s needs $HOME%s, which is not "
            "set to an absolute path; give a path or \"off\"",
            setting, *setting == '~' ? "" : " or $XDG_STATE_HOME");
    if (strlen(base) + strlen(rest) >= bytes)
        return lio_error_set(err, LIO_ECONFIG,
                             "[stats] database: the path %s%s has more than "
                             "%zu bytes; give a shorter one",
                             base, rest, bytes - 1);
    (void)snprintf(ret_path, bytes, "%s%s", base, rest);
    return 0;
}

/* mkdir() for every directory above `path`; writes into it and restores it. */
static int make_parents(char *path)
{
    int os_errno = 0;

    for (char *at = path + 1; *at && !os_errno; at++) {
        if (*at != '/')
            continue;
        *at = '\0';
        if (mkdir(path, 0700) < 0 && errno != EEXIST)
            os_errno = errno;
        *at = '/';
    }
    return os_errno;
}

/* The directory that `path` lies in, with its slash, so that a file in its
 * place is told from it; free() it.  NULL: out of memory. */
static char *directory_of(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? strndup(path, (size_t)(slash - path) + 1) : strdup("./");
}

int lio_stats_db_make_directory(const char *path, struct lio_error *err)
{
    char *directory = directory_of(path), *copy = strdup(path);
    int os_errno = 0;

    if (!directory || !copy)
        os_errno = ENOMEM;
    else if (access(directory, F_OK) < 0)
        os_errno = make_parents(copy);
    free(directory);
    free(copy);
    if (!os_errno)
        return 0;
    (void)lio_error_set(
        err, lio_code_of_errno(os_errno),
        "statistics database %s: its directory cannot be made: "
        "%s; set [stats] database to another path or to \"off\"",
        path, strerror(os_errno));
    if (err)
        err->os_errno = os_errno;
    return lio_code_of_errno(os_errno);
}

int lio_stats_db_access(const char *path)
{
    char *directory = directory_of(path);
    int os_errno = 0;

    if (directory && access(directory, W_OK | X_OK) < 0)
        os_errno = errno;
    else if (access(path, F_OK) == 0 && access(path, R_OK | W_OK) < 0)
        os_errno = errno;
    free(directory);
    return os_errno;
}
