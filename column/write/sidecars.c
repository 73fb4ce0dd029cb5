/*
 * Files beside a data file.
 *
 *     files    [0] packed, grows    [1] own    [2] own    [3] own ...
 *               stays open           written, not yet durable
 *
 * Each blob of its own has a file of its own, so there may be thousands: those
 * that are complete are made durable and closed as soon as some are open, by
 * the thread that may wait.
 */
#include "column/write/sidecars.h"

#include "column/write/disk.h"
#include "column/write/failed.h"
#include "column/write/output.h"

#include <assert.h>
#include <dirent.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#define SUFFIX   ".lance"
#define ID_BITS  32
#define OPEN_MAX 8 /* files that are complete */

/* One that gets no more bytes. */
struct complete {
    struct lio_output *output;
    uint64_t bytes;
};

struct lio_sidecars {
    struct lio_engine *engine; /* or NULL */
    char *directory;
    uint32_t last_id;
    uint32_t pack_id;     /* 0: none is open */
    uint64_t pack_used;   /* bytes of it */
    uint64_t bytes;       /* of all */
    pthread_mutex_t lock; /* guards what follows; a leaf */
    struct lio_output *pack;
    struct complete *complete;
    size_t ncomplete, room;
};

/* -- names --------------------------------------------------------------- */

static char *directory_of(const char *data_path)
{
    size_t bytes = strlen(data_path), tail = strlen(SUFFIX);

    assert(bytes > tail && strcmp(data_path + bytes - tail, SUFFIX) == 0);
    return strndup(data_path, bytes - tail);
}

static char *path_of(const struct lio_sidecars *sidecars, uint32_t id)
{
    char bits[ID_BITS + 1], *path;

    for (int i = 0; i < ID_BITS; i++)
        bits[i] = (char)('0' + (id >> i & 1));
    bits[ID_BITS] = '\0';
    return asprintf(&path, "%s/%s.blob", sidecars->directory, bits) < 0 ? NULL
                                                                        : path;
}

/* -- opening and closing ------------------------------------------------- */

int lio_sidecars_open(struct lio_engine *engine, const char *data_path,
                      struct lio_sidecars **ret_sidecars, struct lio_error *err)
{
    struct lio_sidecars *sidecars = calloc(1, sizeof(*sidecars));

    if (!sidecars || !(sidecars->directory = directory_of(data_path))) {
        free(sidecars);
        return lio_write_no_memory(data_path, err);
    }
    pthread_mutex_init(&sidecars->lock, NULL);
    sidecars->engine = engine;
    *ret_sidecars = sidecars;
    return 0;
}

void lio_sidecars_close(struct lio_sidecars *sidecars)
{
    if (!sidecars)
        return;
    for (size_t i = 0; i < sidecars->ncomplete; i++)
        lio_output_close(sidecars->complete[i].output);
    lio_output_close(sidecars->pack);
    pthread_mutex_destroy(&sidecars->lock);
    free(sidecars->complete);
    free(sidecars->directory);
    free(sidecars);
}

/* -- files --------------------------------------------------------------- */

static int open_file(struct lio_sidecars *sidecars, uint32_t *ret_id,
                     struct lio_output **ret_output, struct lio_error *err)
{
    uint32_t id = sidecars->last_id + 1;
    char *path = path_of(sidecars, id);
    int made = 0, rc;

    if (!path)
        return lio_write_no_memory(sidecars->directory, err);
    rc = lio_disk_create(path, &made, err);
    if (rc == 0)
        rc = lio_output_open(sidecars->engine, path, false, ret_output, err);
    free(path);
    if (rc < 0)
        return rc;
    sidecars->last_id = id;
    *ret_id = id;
    return 0;
}

/* The file gets no more bytes. */
static int complete(struct lio_sidecars *sidecars, struct lio_output *output,
                    uint64_t bytes, struct lio_error *err)
{
    int rc = 0;

    pthread_mutex_lock(&sidecars->lock);
    if (sidecars->ncomplete == sidecars->room) {
        size_t room = sidecars->room > 0 ? sidecars->room * 2 : OPEN_MAX;
        struct complete *more =
            realloc(sidecars->complete, room * sizeof(*more));

        if (more) {
            sidecars->complete = more;
            sidecars->room = room;
        } else {
            rc = LIO_ENOMEM;
        }
    }
    if (rc == 0)
        sidecars->complete[sidecars->ncomplete++] =
            (struct complete){ output, bytes };
    pthread_mutex_unlock(&sidecars->lock);
    return rc < 0 ? lio_write_no_memory(sidecars->directory, err) : 0;
}

static void set_pack(struct lio_sidecars *sidecars, struct lio_output *pack)
{
    pthread_mutex_lock(&sidecars->lock);
    sidecars->pack = pack;
    pthread_mutex_unlock(&sidecars->lock);
}

/* Of the pack that is full, and a new one. */
static int next_pack(struct lio_sidecars *sidecars, struct lio_error *err)
{
    struct lio_output *pack = sidecars->pack;
    int rc = pack ? complete(sidecars, pack, sidecars->pack_used, err) : 0;

    if (rc < 0)
        return rc;
    set_pack(sidecars, NULL);
    rc = open_file(sidecars, &sidecars->pack_id, &pack, err);
    if (rc < 0)
        return rc;
    sidecars->pack_used = 0;
    set_pack(sidecars, pack);
    return 0;
}

/* -- writing ------------------------------------------------------------- */

int lio_sidecars_pack(struct lio_sidecars *sidecars, struct lio_mem *mem,
                      uint64_t pack_max, uint32_t *ret_id, uint64_t *ret_at,
                      struct lio_error *err)
{
    int rc = 0;

    if (!sidecars->pack || sidecars->pack_used >= pack_max)
        rc = next_pack(sidecars, err);
    if (rc < 0) {
        lio_mem_put(mem);
        return rc;
    }
    *ret_id = sidecars->pack_id;
    *ret_at = sidecars->pack_used;
    sidecars->pack_used += mem->bytes;
    sidecars->bytes += mem->bytes;
    lio_output_write(sidecars->pack, mem, mem->bytes, *ret_at);
    return 0;
}

int lio_sidecars_add(struct lio_sidecars *sidecars, struct lio_mem *mem,
                     uint32_t *ret_id, struct lio_error *err)
{
    struct lio_output *output = NULL;
    uint64_t bytes = mem->bytes; /* which is gone when it is written */
    int rc = open_file(sidecars, ret_id, &output, err);

    if (rc < 0) {
        lio_mem_put(mem);
        return rc;
    }
    sidecars->bytes += bytes;
    lio_output_write(output, mem, bytes, 0);
    rc = complete(sidecars, output, bytes, err);
    if (rc < 0)
        lio_output_close(output);
    return rc;
}

/* -- waiting ------------------------------------------------------------- */

/* The i-th file that is complete, then the pack; NULL behind them. */
static struct lio_output *file_at(struct lio_sidecars *sidecars, size_t i)
{
    struct lio_output *output = NULL;

    pthread_mutex_lock(&sidecars->lock);
    if (i < sidecars->ncomplete)
        output = sidecars->complete[i].output;
    else if (i == sidecars->ncomplete)
        output = sidecars->pack;
    pthread_mutex_unlock(&sidecars->lock);
    return output;
}

bool lio_sidecars_reap(struct lio_sidecars *sidecars, bool wait)
{
    struct lio_output *output;

    for (size_t i = 0; (output = file_at(sidecars, i)); i++)
        if (lio_output_reap(output, wait))
            return true;
    return false;
}

/* False if there are no more than `leave`. */
static bool take_complete(struct lio_sidecars *sidecars, size_t leave,
                          struct complete *ret_file)
{
    bool any;

    pthread_mutex_lock(&sidecars->lock);
    any = sidecars->ncomplete > leave;
    if (any)
        *ret_file = sidecars->complete[--sidecars->ncomplete];
    pthread_mutex_unlock(&sidecars->lock);
    return any;
}

static int end_all(struct lio_sidecars *sidecars, size_t leave,
                   struct lio_error *err)
{
    struct complete file;
    int rc = 0;

    while (rc == 0 && take_complete(sidecars, leave, &file)) {
        rc = lio_output_end(file.output, file.bytes, err);
        lio_output_close(file.output);
    }
    return rc;
}

int lio_sidecars_settle(struct lio_sidecars *sidecars, struct lio_error *err)
{
    return end_all(sidecars, OPEN_MAX, err);
}

int lio_sidecars_finish(struct lio_sidecars *sidecars, uint64_t *ret_bytes,
                        struct lio_error *err)
{
    int rc = end_all(sidecars, 0, err);

    if (rc == 0 && sidecars->pack)
        rc = lio_output_end(sidecars->pack, sidecars->pack_used, err);
    if (rc == 0 && sidecars->last_id > 0)
        rc = lio_disk_sync_dir(sidecars->directory, err);
    if (rc == 0)
        *ret_bytes = sidecars->bytes;
    return rc;
}

/* -- removing ------------------------------------------------------------ */

static bool is_blob_name(const char *name)
{
    return strspn(name, "01") == ID_BITS &&
           strcmp(name + ID_BITS, ".blob") == 0;
}

bool lio_sidecars_remove(const char *data_path)
{
    char *directory = directory_of(data_path);
    DIR *stream = directory ? opendir(directory) : NULL;
    bool clean = directory && (stream || errno == ENOENT);
    struct dirent *entry;

    while (stream && (entry = readdir(stream)))
        if (is_blob_name(entry->d_name) &&
            unlinkat(dirfd(stream), entry->d_name, 0) < 0 && errno != ENOENT)
            clean = false;
    if (stream) {
        (void)closedir(stream);
        clean &= rmdir(directory) == 0 || errno == ENOENT;
    }
    free(directory);
    return clean;
}
