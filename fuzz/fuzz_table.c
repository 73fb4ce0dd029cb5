/*
 * Manifests out of thin air over the data and deletion files of real tables:
 * what they say of fragments, columns, deletions and row ids is believed as far
 * as the files bear it out.
 *
 * A directory is made that has the files of all tables; their names are unique.
 * An input becomes its only version.
 */
#include "fuzz/change_message.h"
#include "fuzz/read_file.h"

#include "column/dataset.h"
#include "column/lance_row_ids.pb-c.h"
#include "column/lance_table.pb-c.h"
#include "column/proto.h"

#include "common/cursor.h"

#include "support/temp_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define FOOTER_BYTES 16 /* u64 position, u16 major, u16 minor, "LANC" */

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max,
                               unsigned seed);

static char *root;

/* -- the directory ------------------------------------------------------- */

static void remove_root(void)
{
    temp_dir_remove(root);
}

static char *path_of(const char *directory, const char *name)
{
    char *path;

    if (asprintf(&path, "%s/%s/%s", root, directory, name) < 0)
        abort();
    return path;
}

/* Link to what all tables have in a directory of this name. */
static void link_files(const char *tables, const char *directory)
{
    char *own = path_of(directory, ""), *pattern;
    glob_t found;

    if (mkdir(own, 0755) < 0 ||
        asprintf(&pattern, "%s/types/*/*.lance/%s/*", tables, directory) < 0)
        abort();
    if (glob(pattern, 0, NULL, &found) == 0) {
        for (size_t i = 0; i < found.gl_pathc; i++) {
            const char *file = found.gl_pathv[i];
            char *path = path_of(directory, strrchr(file, '/') + 1);

            if (symlink(file, path) < 0 && errno != EEXIST)
                abort();
            free(path);
        }
        globfree(&found);
    }
    free(pattern);
    free(own);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    const char *tables = getenv("LIO_TEST_DATA");
    char *versions;

    (void)argc;
    (void)argv;
    if (!tables || *tables != '/') {
        (void)fprintf(stderr, "LIO_TEST_DATA is not the path of tests/data\n");
        exit(EXIT_FAILURE);
    }
    root = temp_dir_make();
    if (!root || atexit(remove_root) != 0)
        abort();
    link_files(tables, "data");
    link_files(tables, "_deletions");
    versions = path_of("_versions", "");
    if (mkdir(versions, 0755) < 0)
        abort();
    free(versions);
    return 0;
}

static void write_manifest(const uint8_t *data, size_t size)
{
    char *path = path_of("_versions", "1.manifest");
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

    if (fd < 0 || write(fd, data, size) != (ssize_t)size || close(fd) < 0)
        abort();
    free(path);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct lio_dataset *dataset;

    write_manifest(data, size);
    if (lio_dataset_open(NULL, root, &dataset, NULL) < 0)
        return 0;
    read_dataset(dataset);
    lio_dataset_close(dataset);
    return 0;
}

/* -- manifests that are changed ------------------------------------------ */

static Lio__Pb__Manifest *take_manifest(const uint8_t *data, size_t size)
{
    ProtobufCMessage *message;
    struct lio_cursor cur;
    struct lio_bytes bytes;

    if (size < FOOTER_BYTES)
        return NULL;
    cur = lio_cursor_over(data + size - FOOTER_BYTES, FOOTER_BYTES);
    bytes.bytes = (size_t)lio_cursor_u64(&cur);
    if (bytes.bytes > size)
        return NULL;
    cur = lio_cursor_over(data + bytes.bytes, size - bytes.bytes);
    bytes.bytes = lio_cursor_u32(&cur);
    bytes.data = lio_cursor_take(&cur, bytes.bytes);
    if (!bytes.data ||
        lio_proto_unpack(&lio__pb__manifest__descriptor, bytes, &message) < 0)
        return NULL;
    return (Lio__Pb__Manifest *)message;
}

static size_t put_manifest(const Lio__Pb__Manifest *manifest, uint8_t *to,
                           size_t max)
{
    static const uint8_t footer[FOOTER_BYTES] = "\0\0\0\0\0\0\0\0\0\0\0\0LANC";
    size_t bytes = protobuf_c_message_get_packed_size(&manifest->base);
    uint32_t length = (uint32_t)bytes;

    if (sizeof(length) + bytes + FOOTER_BYTES > max)
        return 0;
    memcpy(to, &length, sizeof(length));
    (void)protobuf_c_message_pack(&manifest->base, to + sizeof(length));
    memcpy(to + sizeof(length) + bytes, footer, FOOTER_BYTES);
    return sizeof(length) + bytes + FOOTER_BYTES;
}

static void change_row_ids(const Lio__Pb__Manifest *manifest,
                           struct random *random)
{
    Lio__Pb__DataFragment *fragment;

    if (manifest->n_fragments == 0)
        return;
    fragment = manifest->fragments[random_below(random, manifest->n_fragments)];
    if (fragment->has_row_ids)
        change_packed(&lio__pb__id_sequence__descriptor, &fragment->row_ids,
                      random);
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max,
                               unsigned seed)
{
    struct random random = { seed };
    Lio__Pb__Manifest *manifest = take_manifest(data, size);
    size_t bytes;

    if (!manifest)
        return LLVMFuzzerMutate(data, size, max);
    do {
        if (random_below(&random, 4) == 0)
            change_row_ids(manifest, &random);
        else
            change_message(&manifest->base, &random);
    } while (random_below(&random, 2) == 0);
    bytes = put_manifest(manifest, data, max);
    protobuf_c_message_free_unpacked(&manifest->base, NULL);
    return bytes > 0 ? bytes : LLVMFuzzerMutate(data, size, max);
}
