/*
 * Leases.  The proof that a writer is dead is that its lock can be had.
 *
 * Locks are a matter of one kernel, though: over a network some mounts keep
 * them to themselves.  So the name also says under which boot of which kernel
 * the file was made, and one from elsewhere counts as dead only when it is
 * older than a week, which is what LanceDB gives to files it does not know.
 * The name, because it is there as soon as the file is: a writer may be killed
 * before it has written anything.
 *
 * A writer may also be killed when its version was made already, just before
 * its lease ended: then its data files are those of the dataset.  Therefore
 * all manifests are asked before anything is removed, and where there are
 * branches, which have manifests of their own, data files stay.
 */
#include "column/write/lease.h"

#include "column/manifest.h"
#include "column/versions.h"
#include "column/write/disk.h"
#include "column/write/failed.h"
#include "column/write/sidecars.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define PREFIX       ".lanceio-"
#define SUFFIX       ".writing"
#define ID_CHARS     36
#define BOOT_AT      (sizeof(PREFIX) - 1 + ID_CHARS + 1)
#define BOOT_ID      "/proc/sys/kernel/random/boot_id"
#define WEEK_SECONDS (7 * 24 * 60 * 60)
#define TAKE_TRIES   100

/* The boot of the kernel, a UUID, or something that is none. */
struct boot {
    char text[ID_CHARS + 1];
};

static struct boot read_boot(void)
{
    struct boot boot = { "elsewhere" };
    int fd = open(BOOT_ID, O_RDONLY | O_CLOEXEC);
    char text[ID_CHARS];

    if (fd < 0)
        return boot;
    if (read(fd, text, sizeof(text)) == (ssize_t)sizeof(text) &&
        !memchr(text, '/', sizeof(text)))
        memcpy(boot.text, text, sizeof(text));
    (void)close(fd);
    return boot;
}

/* -- to take one --------------------------------------------------------- */

/* Version 4: random. */
static bool make_id(char id[ID_CHARS + 1])
{
    uint8_t b[16];

    if (getrandom(b, sizeof(b), 0) != (ssize_t)sizeof(b))
        return false;
    b[6] = (uint8_t)((b[6] & 0x0f) | 0x40);
    b[8] = (uint8_t)((b[8] & 0x3f) | 0x80);
    (void)snprintf(id, ID_CHARS + 1,
                   "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-"
                   "%02x%02x%02x%02x%02x%02x",
                   b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9],
                   b[10], b[11], b[12], b[13], b[14], b[15]);
    return true;
}

static int lock(int fd, int how)
{
    while (flock(fd, how) < 0)
        if (errno != EINTR)
            return errno;
    return 0;
}

/* Lock the file just made.  False if a sweeper was faster, who has found it
 * without a lock. */
static bool hold(int fd)
{
    struct stat st;

    /* Where there are no locks nobody can find that this writer is dead. */
    (void)lock(fd, LOCK_EX);
    return fstat(fd, &st) == 0 && st.st_nlink > 0;
}

static int take(struct lio_lease *lease, int *ret_made_root,
                struct lio_error *err)
{
    for (int tries = 0; tries < TAKE_TRIES; tries++) {
        int rc = lio_disk_create(lease->path, ret_made_root, err);

        if (rc < 0)
            return rc;
        lease->fd = open(lease->path, O_RDWR | O_CLOEXEC);
        if (lease->fd < 0 && errno == ENOENT)
            continue;
        if (lease->fd < 0) {
            rc = lio_write_failed(lease->path, "open", errno, err);
            (void)unlink(lease->path);
            return rc;
        }
        if (hold(lease->fd))
            return 0;
        (void)close(lease->fd);
    }
    return lio_error_set(err, LIO_ECONFLICT,
                         "%s: others keep removing it: begin again",
                         lease->path);
}

int lio_lease_take(const char *root, struct lio_lease *ret_lease,
                   int *ret_made_root, struct lio_error *err)
{
    const struct boot boot = read_boot();
    struct lio_lease lease = { .fd = -1 };
    int rc;

    if (!make_id(lease.id))
        return lio_error_set(err, LIO_EIO, "%s: no random numbers to be had",
                             root);
    if (asprintf(&lease.path, "%s/" PREFIX "%s.%s" SUFFIX, root, lease.id,
                 boot.text) < 0)
        return lio_write_no_memory(root, err);
    rc = take(&lease, ret_made_root, err);
    if (rc < 0)
        free(lease.path);
    else
        *ret_lease = lease;
    return rc;
}

void lio_lease_leave(struct lio_lease *lease)
{
    (void)close(lease->fd);
    free(lease->path);
}

void lio_lease_end(struct lio_lease *lease)
{
    /* While it is still locked: nobody sweeps what is no longer there. */
    (void)unlink(lease->path);
    lio_lease_leave(lease);
}

/* -- to sweep up after the dead ------------------------------------------ */

/* `name` is that of a lease. */
static bool is_from_here(const char *name)
{
    const struct boot boot = read_boot();

    return strncmp(name + BOOT_AT, boot.text, ID_CHARS) == 0;
}

static bool is_old(int fd)
{
    struct stat st;

    return fstat(fd, &st) == 0 &&
           difftime(time(NULL), st.st_mtime) > WEEK_SECONDS;
}

static bool is_dead(int fd, const char *name)
{
    return lock(fd, LOCK_EX | LOCK_NB) == 0 &&
           (is_from_here(name) || is_old(fd));
}

static bool starts_with_id(const char *name, const char *id)
{
    return strncmp(name, id, ID_CHARS) == 0;
}

static bool names_files_of(const Lio__Pb__Manifest *manifest, const char *id)
{
    if (manifest->transaction_file && strstr(manifest->transaction_file, id))
        return true;
    for (size_t i = 0; i < manifest->n_fragments; i++)
        for (size_t k = 0; k < manifest->fragments[i]->n_files; k++) {
            const char *name = manifest->fragments[i]->files[k]->path;

            if (name && starts_with_id(name, id))
                return true;
        }
    return false;
}

/* For lio_version_each(): 1 if a manifest names a file of writer `user`.  One
 * that cannot be asked, be it gone, is an error. */
static int ask_manifest(const char *path, void *user)
{
    Lio__Pb__Manifest *manifest;
    struct lio_source *source;
    int rc = lio_source_open(NULL, path, &source, NULL);

    if (rc < 0)
        return LIO_EIO;
    rc = lio_manifest_read(source, &manifest, NULL);
    lio_source_close(source);
    if (rc < 0)
        return LIO_EIO;
    rc = names_files_of(manifest, user);
    lio_manifest_free(manifest);
    return rc;
}

static bool has_branches(const char *root)
{
    bool there = true;
    char *path;

    if (asprintf(&path, "%s/tree", root) < 0)
        return there;
    there = access(path, F_OK) == 0;
    free(path);
    return there;
}

enum outcome { ABANDONED, COMMITTED, UNKNOWN };

static enum outcome outcome_of(const char *root, char *id)
{
    int rc = lio_version_each(root, ask_manifest, id, NULL);

    if (rc == 1)
        return COMMITTED;
    if (rc < 0 && rc != LIO_ENOTFOUND)
        return UNKNOWN;
    return has_branches(root) ? UNKNOWN : ABANDONED;
}

/* What a file name of a directory is to be looked at for. */
typedef bool (*lio_match)(const char *name, const char *id);

static bool is_data(const char *name, const char *id)
{
    return starts_with_id(name, id) && name[ID_CHARS] == '-';
}

/* 5-ID.txn */
static bool is_transaction(const char *name, const char *id)
{
    const char *dash = strchr(name, '-');

    return dash && starts_with_id(dash + 1, id);
}

static bool is_temporary(const char *name, const char *id)
{
    return strncmp(name, PREFIX, strlen(PREFIX)) == 0 &&
           starts_with_id(name + strlen(PREFIX), id);
}

/* data/ID-0, with what is in it. */
static bool remove_sidecars(const char *root, const char *dir, const char *name)
{
    bool clean;
    char *path;

    if (asprintf(&path, "%s/%s/%s.lance", root, dir, name) < 0)
        return false;
    clean = lio_sidecars_remove(path);
    free(path);
    return clean;
}

static bool remove_one(const char *root, const char *dir, int fd,
                       const char *name)
{
    if (unlinkat(fd, name, 0) == 0 || errno == ENOENT)
        return true;
    return (errno == EISDIR || errno == EPERM) &&
           remove_sidecars(root, dir, name);
}

/* Returns whether none is left. */
static bool remove_in(const char *root, const char *dir, lio_match matches,
                      const char *id)
{
    bool clean = true;
    struct dirent *entry;
    DIR *stream;
    char *path;

    if (asprintf(&path, "%s/%s", root, dir) < 0)
        return false;
    stream = opendir(path);
    free(path);
    if (!stream)
        return errno == ENOENT;
    while ((entry = readdir(stream)))
        if (matches(entry->d_name, id))
            clean &= remove_one(root, dir, dirfd(stream), entry->d_name);
    (void)closedir(stream);
    return clean;
}

/* Returns whether nothing is left that the writer was to remove. */
static bool sweep_up(const char *root, char *id)
{
    enum outcome outcome = outcome_of(root, id);

    if (outcome == UNKNOWN)
        return false;
    /* Temporary names first: while data files are there, what was committed
     * can be told from what was not. */
    return remove_in(root, "_versions", is_temporary, id) &&
           (outcome == COMMITTED ||
            (remove_in(root, "_transactions", is_transaction, id) &&
             remove_in(root, "data", is_data, id)));
}

static bool sweep_one(const char *root, int dir, const char *name)
{
    int fd = openat(dir, name, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    char id[ID_CHARS + 1] = "";
    bool swept;

    if (fd < 0)
        return false;
    memcpy(id, name + strlen(PREFIX), ID_CHARS);
    swept =
        is_dead(fd, name) && sweep_up(root, id) && unlinkat(dir, name, 0) == 0;
    (void)close(fd);
    return swept;
}

/* .lanceio-ID.BOOT.writing; where the boot is not known, it is shorter. */
static bool is_lease(const char *name)
{
    size_t bytes = strlen(name), tail = strlen(SUFFIX);

    return bytes > BOOT_AT + tail &&
           strncmp(name, PREFIX, strlen(PREFIX)) == 0 &&
           name[BOOT_AT - 1] == '.' && strcmp(name + bytes - tail, SUFFIX) == 0;
}

int lio_lease_sweep(const char *root)
{
    DIR *stream = opendir(root);
    struct dirent *entry;
    int swept = 0;

    if (!stream)
        return 0;
    while ((entry = readdir(stream)))
        if (is_lease(entry->d_name))
            swept += sweep_one(root, dirfd(stream), entry->d_name);
    (void)closedir(stream);
    return swept;
}
