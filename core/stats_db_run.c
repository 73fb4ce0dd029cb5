/*
 * What the statistics database says of a run once: who, where, with which
 * settings, plugins and files.
 */
#include "core/stats_db_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "core/loader.h"
#include "core/plugin_check.h"

#define COMMAND_BYTES 4096u /* of the command line, kept */

/* The command line, its arguments separated by blanks. */
static void read_command(char command[COMMAND_BYTES])
{
    int fd = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
    ssize_t bytes = fd < 0 ? 0 : read(fd, command, COMMAND_BYTES - 1);

    if (fd >= 0)
        (void)close(fd); /* nothing was written */
    if (bytes < 0)
        bytes = 0;
    while (bytes > 0 && !command[bytes - 1])
        bytes--;
    command[bytes] = '\0';
    for (ssize_t i = 0; i < bytes; i++)
        if (!command[i])
            command[i] = ' ';
}

static int insert_run(struct lio_stats_db *db, const struct lio_run *run)
{
    struct lio_row row = lio_row_begin(db, LIO_INSERT_RUN);
    struct utsname host = { .nodename = "" };
    long cpus = sysconf(_SC_NPROCESSORS_ONLN);
    char command[COMMAND_BYTES];
    int rc;

    (void)uname(&host); /* it fails for a bad pointer only */
    read_command(command);

    lio_row_integer(&row, db->started_ns);
    lio_row_text(&row, program_invocation_short_name);
    lio_row_text(&row, command);
    lio_row_integer(&row, (uint64_t)db->owner);
    lio_row_text(&row, host.nodename);
    lio_row_text(&row, host.release);
    lio_row_text(&row, host.machine);
    lio_row_integer(&row, cpus > 0 ? (uint64_t)cpus : 0);
    lio_row_text(&row, lio_version());
    lio_row_text(&row, lio_config_source(run->config));
    lio_row_text(&row, run->backend_wanted);
    lio_row_text(&row, run->backend_used);
    lio_row_text(&row, run->backend_reason);
    lio_row_integer(&row, run->nlanes);
    lio_row_integer(&row, run->queue_depth);
    rc = lio_row_end(&row);
    if (rc == SQLITE_OK)
        db->run_id = sqlite3_last_insert_rowid(db->sql);
    return rc;
}

static int insert_setting(const struct lio_setting *setting, void *user)
{
    struct lio_stats_db *db = user;
    struct lio_row row = lio_row_begin(db, LIO_INSERT_CONFIG);

    lio_row_integer(&row, (uint64_t)db->run_id);
    lio_row_text(&row, setting->section);
    lio_row_text(&row, setting->key);
    lio_row_text(&row, setting->value);
    lio_row_text(&row, setting->origin);
    return lio_row_end(&row);
}

static int insert_plugins(struct lio_stats_db *db, const struct lio_run *run)
{
    int rc = SQLITE_OK;

    for (uint32_t i = 0; i < run->nplugins && rc == SQLITE_OK; i++) {
        struct lio_row row = lio_row_begin(db, LIO_INSERT_PLUGIN);

        lio_row_integer(&row, (uint64_t)db->run_id);
        lio_row_text(&row, run->plugins[i]->name);
        lio_row_text(&row, lio_kind_name(run->plugins[i]->kind));
        lio_row_text(&row, run->plugins[i]->version);
        lio_row_text(&row, run->plugins[i]->path);
        rc = lio_row_end(&row);
    }
    return rc;
}

int lio_stats_db_insert_run(struct lio_stats_db *db, const struct lio_run *run)
{
    int rc = insert_run(db, run);

    if (rc == SQLITE_OK)
        rc = lio_config_each(run->config, insert_setting, db);
    if (rc == SQLITE_OK)
        rc = insert_plugins(db, run);
    if (rc == SQLITE_OK)
        rc = lio_stats_db_totals(db, &db->written);
    return rc;
}

int lio_stats_db_files(struct lio_stats_db *db,
                       const struct lio_file_figures *files, uint32_t nfiles)
{
    int rc = SQLITE_OK;

    for (uint32_t i = 0; i < nfiles && rc == SQLITE_OK; i++) {
        struct lio_row row = lio_row_begin(db, LIO_INSERT_FILE);

        lio_row_integer(&row, (uint64_t)db->run_id);
        lio_row_integer(&row, i + 1);
        lio_row_text(&row, files[i].path);
        lio_row_integer(&row, files[i].size_bytes);
        lio_row_integer(&row, files[i].reads);
        lio_row_integer(&row, files[i].writes);
        lio_row_integer(&row, files[i].bytes_read);
        lio_row_integer(&row, files[i].bytes_written);
        lio_row_integer(&row, files[i].errors);
        rc = lio_row_end(&row);
    }
    return rc;
}

int lio_stats_db_update_run(struct lio_stats_db *db, uint64_t mono_ns,
                            uint64_t nslow, bool clean)
{
    struct lio_row row = lio_row_begin(db, LIO_UPDATE_RUN);

    lio_row_integer(&row, (uint64_t)db->run_id);
    lio_row_integer(&row, lio_clock_of(CLOCK_REALTIME));
    lio_row_integer(&row, mono_ns - db->opened_ns);
    lio_row_integer(&row, nslow);
    lio_row_integer(&row, clean);
    return lio_row_end(&row);
}
