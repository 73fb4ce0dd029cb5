#include "backend_fixture.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/units.h"
#include "support/descriptor.h"

#define EXIT_SKIP    77
#define MARGIN_BYTES 4096
#define MARGIN_FILL  0xa5
#define DRIVER_DEPTH 8u

#define PARAMS_MAX 32u

/* A plugin and what it is opened with. */
struct loaded {
    const struct lio_plugin *plugin;
    union lio_value values[PARAMS_MAX];
};

static struct loaded tested, next; /* next.plugin NULL: `tested` is a backend */

/* -- loading -------------------------------------------------------------- */

static int load(const char *path, uint32_t kind, struct loaded *ret_loaded)
{
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    const struct lio_plugin *plugin;
    lio_plugin_entry_fn entry;

    *(void **)&entry = library ? dlsym(library, LIO_PLUGIN_ENTRY) : NULL;
    if (!entry) {
        fprintf(stderr, "%s\n", dlerror());
        return 1;
    }
    plugin = entry();
    if ((kind && plugin->kind != kind) || plugin->nparams > PARAMS_MAX) {
        fprintf(stderr, "%s is no plugin this program can test\n", path);
        return 1;
    }
    ret_loaded->plugin = plugin;
    for (uint32_t i = 0; i < plugin->nparams; i++) {
        const struct lio_param *param = &plugin->params[i];

        if (param->type == LIO_PARAM_STRING)
            ret_loaded->values[i].s =
                param->preset_text ? param->preset_text : "";
        else
            ret_loaded->values[i].u = param->preset;
    }
    return 0;
}

/* "key=value", of the types that filters have. */
static int set_param(const char *text)
{
    const struct lio_plugin *plugin = tested.plugin;
    const char *equals = strchr(text, '=');
    size_t len = equals ? (size_t)(equals - text) : 0;

    for (uint32_t i = 0; equals && i < plugin->nparams; i++) {
        const struct lio_param *param = &plugin->params[i];
        union lio_value *value = &tested.values[i];
        const char *wrong = NULL;

        if (strncmp(param->name, text, len) || param->name[len])
            continue;
        if (param->type == LIO_PARAM_STRING)
            value->s = equals + 1;
        else if (param->type == LIO_PARAM_TIME)
            wrong = lio_time_parse(equals + 1, &value->u);
        else if (param->type == LIO_PARAM_SIZE)
            wrong = lio_size_parse(equals + 1, &value->u);
        else
            wrong = lio_uint_parse(equals + 1, &value->u);
        if (!wrong)
            return 0;
    }
    fprintf(stderr, "%s: no such parameter, or no such value\n", text);
    return 1;
}

static bool is_filter(void)
{
    return tested.plugin->kind == LIO_KIND_FILTER;
}

static int load_all(int argc, char **argv)
{
    int rc = argc > 0 ? load(argv[0], 0, &tested) : 1, at = 1;

    if (rc == 0 && is_filter())
        rc = argc > 1 ? load(argv[at++], LIO_KIND_BACKEND, &next) : 1;
    else if (rc == 0 && tested.plugin->kind != LIO_KIND_BACKEND)
        rc = 1;
    for (; rc == 0 && at < argc; at++)
        rc = set_param(argv[at]);
    return rc;
}

/* -- life ----------------------------------------------------------------- */

static int try_open_one(struct loaded *loaded, uint32_t depth,
                        const struct fixture *behind, void **ret_backend,
                        struct lio_error *err)
{
    const struct lio_backend_ops *ops = loaded->plugin->ops;
    struct lio_backend_setup setup = {
        .params = loaded->values,
        .nlanes = 1,
        .queue_depth = depth,
    };

    if (behind) {
        setup.next = next.plugin->ops;
        setup.next_backend = behind->next_backend;
    }
    return ops->open(&setup, ret_backend, err);
}

static int try_open(struct fixture *f, uint32_t depth, struct lio_error *err)
{
    const struct lio_backend_ops *behind;
    int rc;

    f->ops = tested.plugin->ops;
    if (!is_filter())
        return try_open_one(&tested, depth, NULL, &f->backend, err);
    rc = try_open_one(&next, depth, NULL, &f->next_backend, err);
    if (rc < 0)
        return rc;
    rc = try_open_one(&tested, depth, f, &f->backend, err);
    if (rc < 0) {
        behind = next.plugin->ops;
        behind->close(f->next_backend);
    }
    return rc;
}

void open_instance(struct fixture *f, uint32_t depth)
{
    struct lio_error err = { 0 };

    if (try_open(f, depth, &err) < 0)
        fail_msg("%s", err.msg);
}

void close_instance(struct fixture *f)
{
    const struct lio_backend_ops *behind;

    f->ops->close(f->backend);
    if (is_filter()) {
        behind = next.plugin->ops;
        behind->close(f->next_backend);
    }
}

int fixture_load(int argc, char **argv)
{
    struct lio_error err = { 0 };
    struct fixture f;

    if (load_all(argc, argv) != 0)
        return 1;
    if (try_open(&f, DRIVER_DEPTH, &err) < 0) {
        fprintf(stderr, "%s cannot run here: %s\n", tested.plugin->name,
                err.msg);
        return err.code == LIO_EUNSUPPORTED ? EXIT_SKIP : 1;
    }
    close_instance(&f);
    return 0;
}

bool fixture_blocks(void)
{
    const struct lio_backend_ops *ops = tested.plugin->ops;

    return ops->run != NULL;
}

int fixture_setup(void **state)
{
    char template[] = "conformance.XXXXXX";
    struct fixture *f = calloc(1, sizeof(*f));

    assert_non_null(f);
    assert_non_null(mkdtemp(template));
    f->dir = strdup(template);
    assert_non_null(f->dir);
    open_instance(f, DRIVER_DEPTH);
    *state = f;
    return 0;
}

static int remove_one(const char *path, const struct stat *st LIO_UNUSED,
                      int type LIO_UNUSED, struct FTW *where LIO_UNUSED)
{
    return remove(path);
}

int fixture_teardown(void **state)
{
    struct fixture *f = *state;

    close_instance(f);
    assert_int_equal(nftw(f->dir, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
    free(f->dir);
    free(f);
    return 0;
}

/* -- files ---------------------------------------------------------------- */

char *path_of(const struct fixture *f, const char *name)
{
    char *path = NULL;

    assert_true(asprintf(&path, "%s/%s", f->dir, name) > 0);
    return path;
}

unsigned char byte_at(uint64_t offset)
{
    return (unsigned char)((offset * UINT64_C(0x9e3779b97f4a7c15)) >> 56);
}

void make_file(const struct fixture *f, const char *name, uint64_t bytes)
{
    char *path = path_of(f, name);
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    for (uint64_t i = 0; i < bytes; i++)
        (void)putc_unlocked(byte_at(i), file);
    assert_int_equal(fclose(file), 0);
    free(path);
}

struct opened open_file(const struct fixture *f, const char *name,
                        uint32_t flags)
{
    char *path = path_of(f, name);
    struct lio_error err = { 0 };
    struct opened file;

    if (f->ops->file_open(f->backend, path, flags, &file.handle, &file.info,
                          &err) < 0)
        fail_msg("%s", err.msg);
    free(path);
    return file;
}

void close_file(const struct fixture *f, struct opened *file)
{
    f->ops->file_close(f->backend, file->handle);
}

struct opened open_endless_file(const struct fixture *f, int *ret_writer)
{
    char *path = path_of(f, "endless");
    struct opened file;

    make_file(f, "endless", 1);
    file = open_file(f, "endless", LIO_OPEN_READ);
    *ret_writer = put_pipe_behind(path);
    assert_true(*ret_writer >= 0);
    free(path);
    return file;
}

/* -- operations ----------------------------------------------------------- */

static struct lio_op transfer_op(uint16_t kind, const struct opened *file,
                                 struct lio_iovec *iov, uint32_t niov,
                                 uint64_t offset)
{
    struct lio_op op = {
        .handle = file->handle,
        .offset = offset,
        .iov = iov,
        .niov = niov,
        .kind = kind,
    };

    for (uint32_t i = 0; i < niov; i++)
        op.length += iov[i].len;
    return op;
}

struct lio_op read_op(const struct opened *file, struct lio_iovec *iov,
                      uint32_t niov, uint64_t offset)
{
    return transfer_op(LIO_OP_READ, file, iov, niov, offset);
}

struct lio_op write_op(const struct opened *file, struct lio_iovec *iov,
                       uint32_t niov, uint64_t offset)
{
    return transfer_op(LIO_OP_WRITE, file, iov, niov, offset);
}

struct lio_op sync_op(const struct opened *file)
{
    return transfer_op(LIO_OP_SYNC, file, NULL, 0, 0);
}

void *open_queue(const struct fixture *f, uint32_t depth)
{
    struct lio_error err = { 0 };
    void *queue;

    if (f->ops->queue_open(f->backend, depth, &queue, &err) < 0)
        fail_msg("%s", err.msg);
    return queue;
}

int reap_some(const struct fixture *f, void *queue, struct lio_completion *out,
              uint32_t max, uint32_t min)
{
    int n;

    do
        n = f->ops->reap(queue, out, max, min, -1);
    while (n == -EINTR);
    return n;
}

static void run_queued(const struct fixture *f, struct lio_op **ops, uint32_t n,
                       int64_t *results)
{
    void *queue = open_queue(f, DRIVER_DEPTH);
    bool *seen = calloc(n, sizeof(*seen));
    uint32_t taken = 0, done = 0;
    struct lio_completion out[3];

    assert_non_null(seen);
    while (done < n) {
        int got;

        taken += f->ops->submit(queue, ops + taken, n - taken);
        got = reap_some(f, queue, out, LIO_COUNT(out), 1);
        assert_true(got >= 0);
        for (int i = 0; i < got; i++) {
            assert_true(out[i].id < taken);
            assert_false(seen[out[i].id]);
            seen[out[i].id] = true;
            results[out[i].id] = out[i].result;
        }
        done += (uint32_t)got;
    }
    f->ops->queue_close(queue);
    free(seen);
}

void run_ops(const struct fixture *f, struct lio_op *ops, uint32_t n,
             int64_t *results)
{
    struct lio_op **list = calloc(n, sizeof(*list));

    assert_non_null(list);
    for (uint32_t i = 0; i < n; i++) {
        ops[i].id = i;
        list[i] = &ops[i];
    }
    if (!f->ops->run)
        run_queued(f, list, n, results);
    else
        for (uint32_t i = 0; i < n; i++)
            results[i] = f->ops->run(f->backend, list[i]);
    free(list);
}

int64_t run_op(const struct fixture *f, struct lio_op *op)
{
    int64_t result;

    run_ops(f, op, 1, &result);
    return result;
}

#define READ_BYTES_MAX 16384u

void reads_init(struct reads *reads, const struct opened *file,
                uint64_t file_bytes, uint32_t n, uint64_t first_id)
{
    reads->n = n;
    reads->ops = calloc(n, sizeof(*reads->ops));
    reads->iov = calloc(n, sizeof(*reads->iov));
    reads->list = calloc(n, sizeof(*reads->list));
    reads->done = calloc(n, sizeof(*reads->done));
    reads->memory = calloc(n, READ_BYTES_MAX);
    assert_true(reads->ops && reads->iov && reads->list && reads->done &&
                reads->memory);
    for (uint32_t i = 0; i < n; i++) {
        size_t len = 1 + (i * 2671u) % READ_BYTES_MAX;

        reads->iov[i].base = reads->memory + (size_t)i * READ_BYTES_MAX;
        reads->iov[i].len = len;
        reads->ops[i] = read_op(file, &reads->iov[i], 1,
                                i * UINT64_C(104729) % (file_bytes - len));
        reads->ops[i].id = first_id + i;
        reads->list[i] = &reads->ops[i];
    }
}

uint32_t reads_done(struct reads *reads, const struct lio_completion *out,
                    int got, bool may_cancel)
{
    assert_true(got >= 0);
    for (int i = 0; i < got; i++) {
        uint64_t at = out[i].id - reads->ops[0].id;
        const struct lio_op *op;

        assert_true(at < reads->n);
        assert_false(reads->done[at]);
        reads->done[at] = true;
        op = &reads->ops[at];
        if (may_cancel && out[i].result == -ECANCELED)
            continue;
        assert_int_equal(out[i].result, op->length);
        assert_pattern(op->iov->base, op->length, op->offset);
    }
    return (uint32_t)got;
}

void reads_release(struct reads *reads)
{
    free(reads->ops);
    free(reads->iov);
    free(reads->list);
    free(reads->done);
    free(reads->memory);
}

/* -- memory --------------------------------------------------------------- */

struct guarded guarded_alloc(size_t len)
{
    size_t total = MARGIN_BYTES + len + MARGIN_BYTES;
    struct guarded memory = { .len = len };
    void *block = NULL;

    assert_int_equal(posix_memalign(&block, MARGIN_BYTES, total), 0);
    memset(block, MARGIN_FILL, total);
    memory.block = block;
    memory.bytes = memory.block + MARGIN_BYTES;
    return memory;
}

void guarded_free(struct guarded *memory)
{
    const unsigned char *after = memory->bytes + memory->len;

    for (size_t i = 0; i < MARGIN_BYTES; i++) {
        assert_int_equal(memory->block[i], MARGIN_FILL);
        assert_int_equal(after[i], MARGIN_FILL);
    }
    free(memory->block);
}

void assert_pattern(const unsigned char *bytes, uint64_t n, uint64_t offset)
{
    for (uint64_t i = 0; i < n; i++)
        if (bytes[i] != byte_at(offset + i))
            fail_msg("byte %llu of a read at %llu is wrong",
                     (unsigned long long)i, (unsigned long long)offset);
}
