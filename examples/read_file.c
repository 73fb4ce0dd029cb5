/*
 * read_file FILE: write a file to standard output, always eight pieces ahead.
 *
 *     piece     0   1   2   3   4   5   6   7   8   9  ...
 *             written   ^ waited for        ^ submitted next
 *
 * Piece n lives in buffer n % AHEAD, which is free again when it is written.
 * Whatever backend lanceio.ini names does the reading; nothing here knows it.
 */
#include <lanceio/lanceio.h>

#include <stdio.h>
#include <stdlib.h>

#define AHEAD       8u
#define PIECE_BYTES (256u * 1024u)

struct copy {
    struct lio_engine *engine;
    struct lio_file *file;
    uint64_t ids[AHEAD];
    char *buffers; /* AHEAD pieces */
};

static char *buffer_of(struct copy *copy, uint64_t piece)
{
    return copy->buffers + piece % AHEAD * PIECE_BYTES;
}

static int submit_piece(struct copy *copy, uint64_t piece,
                        struct lio_error *err)
{
    struct lio_request request = {
        .file = copy->file,
        .kind = LIO_REQUEST_READ,
        .offset = piece * PIECE_BYTES,
        .length = PIECE_BYTES, /* the last one comes back shorter */
        .buf = buffer_of(copy, piece),
    };

    return lio_submit(copy->engine, &request, 1, &copy->ids[piece % AHEAD],
                      err);
}

static int write_piece(struct copy *copy, uint64_t piece, struct lio_error *err)
{
    struct lio_result result;
    int rc = lio_wait(copy->engine, copy->ids[piece % AHEAD], -1, &result);

    if (rc < 0)
        return lio_error_set(err, rc, "piece %llu is lost",
                             (unsigned long long)piece);
    if (result.code < 0)
        return lio_result_error(&result, err);
    if (fwrite(buffer_of(copy, piece), 1, result.bytes, stdout) != result.bytes)
        return lio_error_set(err, LIO_EIO, "standard output is full or closed");
    return 0;
}

/* An error leaves pieces in flight: closing the file waits for them. */
static int copy_pieces(struct copy *copy, struct lio_error *err)
{
    uint64_t bytes = lio_file_size(copy->file);
    uint64_t npieces = bytes / PIECE_BYTES + (bytes % PIECE_BYTES != 0);
    uint64_t submitted = 0;
    int rc = 0;

    for (uint64_t piece = 0; piece < npieces && !rc; piece++) {
        while (!rc && submitted < npieces && submitted < piece + AHEAD)
            rc = submit_piece(copy, submitted++, err);
        if (!rc)
            rc = write_piece(copy, piece, err);
    }
    return rc;
}

static int copy_file(const char *path, struct lio_error *err)
{
    struct copy copy = { .buffers = malloc((size_t)AHEAD * PIECE_BYTES) };
    int rc;

    if (!copy.buffers)
        return lio_error_set(err, LIO_ENOMEM, "no memory for %u buffers",
                             AHEAD);
    rc = lio_engine_open(NULL, &copy.engine, err);
    if (!rc)
        rc = lio_file_open(copy.engine, path, LIO_READ, &copy.file, err);
    if (!rc)
        rc = copy_pieces(&copy, err);
    lio_file_close(copy.file);
    lio_engine_close(copy.engine);
    free(copy.buffers);
    return rc;
}

int main(int argc, char **argv)
{
    struct lio_error err;

    if (argc != 2) {
        fprintf(stderr, "usage: read_file FILE\n");
        return 2;
    }
    if (copy_file(argv[1], &err) < 0) {
        fprintf(stderr, "read_file: %s\n", err.msg);
        return 1;
    }
    return fflush(stdout) == 0 ? 0 : 1;
}
