#include "output.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

#define VERSION      1u
#define RECORD_BYTES 48u
#define NEW_MODE     0666

/* Chunks of the binary format. */
enum { CHUNK_FILE = 1, CHUNK_RECORDS = 2, CHUNK_END = 3 };

static const char *const kind_names[] = {
    [LIO_OP_READ] = "read", [LIO_OP_WRITE] = "write", [LIO_OP_SYNC] = "sync"
};

static const char *kind_name(uint16_t kind)
{
    return kind < LIO_COUNT(kind_names) && kind_names[kind] ? kind_names[kind]
                                                            : "other";
}

/* -- writing -------------------------------------------------------------- */

/* All of it, or not.  Under the lock. */
static bool write_all(struct lio_trace_output *output, const char *bytes,
                      size_t n)
{
    size_t done = 0;

    while (done < n) {
        ssize_t rc = write(output->fd, bytes + done, n - done);

        if (rc < 0 && errno == EINTR)
            continue;
        if (rc <= 0)
            return false;
        done += (size_t)rc;
    }
    return true;
}

/* Under the lock.  A file that cannot be cut (a pipe) is left as it is. */
static void put(struct lio_trace_output *output, const char *bytes, size_t n,
                uint32_t nrecords)
{
    if (!output->stopped && !write_all(output, bytes, n)) {
        output->stopped = true;
        (void)!ftruncate(output->fd, (off_t)output->bytes);
    }
    if (output->stopped) {
        output->lost += nrecords;
        return;
    }
    output->bytes += n;
    output->records += nrecords;
}

/* -- binary --------------------------------------------------------------- */

/* Little endian, whatever the machine is. */
static char *put_number(char *to, uint64_t number, uint32_t bytes)
{
    for (uint32_t i = 0; i < bytes; i++)
        *to++ = (char)(number >> 8 * i & 0xff);
    return to;
}

static char *put_chunk(char *to, uint32_t type, size_t bytes)
{
    to = put_number(to, type, 4);
    return put_number(to, bytes, 4);
}

static char *put_record(char *to, const struct lio_trace_record *record)
{
    to = put_number(to, record->submit_ns, 8);
    to = put_number(to, record->done_ns, 8);
    to = put_number(to, record->offset, 8);
    to = put_number(to, record->length, 8);
    to = put_number(to, (uint64_t)record->result, 8);
    to = put_number(to, record->file, 4);
    to = put_number(to, record->lane, 2);
    return put_number(to, record->kind, 2);
}

/* -- CSV ------------------------------------------------------------------ */

static char *add_number(char *to, uint64_t number, char end)
{
    char digits[20];
    uint32_t n = 0;

    do
        digits[n++] = (char)('0' + number % 10);
    while (number /= 10);
    while (n > 0)
        *to++ = digits[--n];
    *to++ = end;
    return to;
}

/* By hand: printf() would take most of the time that a trace costs. */
static char *add_row(char *to, const struct lio_trace_record *record)
{
    const char *kind = kind_name(record->kind);
    size_t len = strlen(kind);

    to = add_number(to, record->submit_ns, ',');
    to = add_number(to, record->done_ns, ',');
    memcpy(to, kind, len);
    to += len;
    *to++ = ',';
    to = add_number(to, record->file, ',');
    to = add_number(to, record->offset, ',');
    to = add_number(to, record->length, ',');
    if (record->result < 0)
        *to++ = '-';
    to = add_number(to,
                    record->result < 0 ? 0 - (uint64_t)record->result
                                       : (uint64_t)record->result,
                    ',');
    return add_number(to, record->lane, '\n');
}

/* A path on one line: what would break it is written as \n or \\. */
static char *add_escaped(char *to, const char *path)
{
    for (; *path; path++) {
        if (*path == '\n' || *path == '\\')
            *to++ = '\\';
        *to++ = *path == '\n' ? 'n' : *path;
    }
    return to;
}

/* -- the pieces of a trace ------------------------------------------------ */

static void put_start(struct lio_trace_output *output)
{
    static const char csv[] =
        "# lanceio trace 1\n"
        "submit_ns,done_ns,op,file,offset,length,result,lane\n";
    char binary[16], *end = binary;

    if (output->format == LIO_TRACE_CSV) {
        put(output, csv, sizeof(csv) - 1, 0);
        return;
    }
    memcpy(end, "LIOTRACE", 8);
    end = put_number(end + 8, VERSION, 4);
    end = put_number(end, RECORD_BYTES, 4);
    put(output, binary, (size_t)(end - binary), 0);
}

/* The one piece that can follow a stop: if there is room again for it, it says
 * how much is missing. */
static void put_end(struct lio_trace_output *output)
{
    char text[96], *end = text;
    int n;

    if (output->stopped && lseek(output->fd, 0, SEEK_END) < 0)
        return;
    if (output->format == LIO_TRACE_CSV) {
        n = snprintf(text, sizeof(text),
                     "# end records=%" PRIu64 " lost=%" PRIu64 "\n",
                     output->records, output->lost);
        end += n > 0 ? n : 0;
    } else {
        end = put_chunk(end, CHUNK_END, 16);
        end = put_number(end, output->records, 8);
        end = put_number(end, output->lost, 8);
    }
    output->stopped = false;
    put(output, text, (size_t)(end - text), 0);
}

void lio_trace_output_file(struct lio_trace_output *output, uint32_t number,
                           const char *path)
{
    size_t len = strlen(path);
    char *text = malloc(32 + 2 * len), *end = text;

    if (text && output->format == LIO_TRACE_CSV) {
        memcpy(end, "# file ", 7);
        end = add_number(end + 7, number, ' ');
        end = add_escaped(end, path);
        *end++ = '\n';
    } else if (text) {
        end = put_chunk(end, CHUNK_FILE, 4 + len);
        end = put_number(end, number, 4);
        memcpy(end, path, len);
        end += len;
    }
    pthread_mutex_lock(&output->lock);
    if (text)
        put(output, text, (size_t)(end - text), 0);
    else
        output->stopped = true; /* numbers without names are no trace */
    pthread_mutex_unlock(&output->lock);
    free(text);
}

void lio_trace_output_records(struct lio_trace_output *output,
                              const struct lio_trace_record *records,
                              uint32_t n, char *text)
{
    char *end = text;

    if (n == 0)
        return;
    if (output->format == LIO_TRACE_BINARY)
        end = put_chunk(end, CHUNK_RECORDS, (size_t)n * RECORD_BYTES);
    for (uint32_t i = 0; i < n; i++)
        end = output->format == LIO_TRACE_CSV ? add_row(end, &records[i])
                                              : put_record(end, &records[i]);
    pthread_mutex_lock(&output->lock);
    put(output, text, (size_t)(end - text), n);
    pthread_mutex_unlock(&output->lock);
}

/* -- life ----------------------------------------------------------------- */

int lio_trace_output_open(struct lio_trace_output *output, const char *path,
                          enum lio_trace_format format, struct lio_error *err)
{
    *output = (struct lio_trace_output){ .format = format };
    if (!*path)
        return lio_error_set(err, LIO_ECONFIG,
                             "[filter-trace] path is not set: say where the "
                             "trace goes, for instance -s filter-trace.path="
                             "trace.csv");
    output->fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, NEW_MODE);
    if (output->fd < 0) {
        (void)lio_error_set(err, LIO_ECONFIG,
                            "[filter-trace] path = %s: cannot be written: %s",
                            path, strerror(errno));
        err->os_errno = errno;
        return LIO_ECONFIG;
    }
    pthread_mutex_init(&output->lock, NULL);
    put_start(output);
    return 0;
}

void lio_trace_output_close(struct lio_trace_output *output)
{
    put_end(output);
    (void)close(output->fd);
    pthread_mutex_destroy(&output->lock);
}
