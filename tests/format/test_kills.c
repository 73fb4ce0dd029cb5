/*
 * Writers that are killed, SIGKILL, at any instant: the dataset has its old
 * version or the whole new one, and the next writer finds nothing of them.
 *
 * LIO_KILLS says how many (scripts/kill-writer: 1000), LIO_SEED where the
 * random numbers begin.  Instants are drawn evenly from the time that a run
 * takes, and a little more.
 */
#include "tests/format/reading.h"

#include "support/sequence.h"
#include "support/temp_dir.h"

#include <dirent.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define KILLS_PRESET 50
#define ROWS         3000 /* a run writes */
#define FILES        3    /* of so many data files */
#define ROWS_MAX     (20 * ROWS)

/* What the dataset is known to be. */
static struct {
    char *folder, *path;
    int64_t rows; /* -1: it is not there */
    int64_t first;
    unsigned data_files; /* of all versions */
    unsigned versions;
} table;

/* What became of the runs. */
static struct {
    unsigned before, after, ended;
} counts;

static struct lio_engine *open_engine(void)
{
    const char *backend = getenv("LIO_TEST_BACKEND");
    char *ini = reading_path("../../config/lanceio.ini"), *plugin, *dir;
    struct lio_engine *engine = NULL;
    struct lio_config *config;
    struct lio_error err;

    assert_true(asprintf(&plugin, "backend.plugin=%s",
                         backend && *backend ? backend : "backend-pread") > 0);
    assert_true(
        asprintf(&dir, "engine.plugin_dir=%s", getenv("LIO_TEST_PLUGINS")) > 0);
    if (lio_config_load(ini,
                        (const char *[]){ plugin, dir, "cache.size=1M",
                                          "stats.database=off" },
                        4, &config, &err) < 0 ||
        lio_engine_open(config, &engine, &err) < 0) {
        (void)fprintf(stderr, "%s\n", err.msg);
        _exit(3);
    }
    lio_config_free(config);
    free(plugin);
    free(dir);
    free(ini);
    return engine;
}

/* -- a run that is killed ------------------------------------------------ */

/* In a child, which says by `ready` that its engine is up: returns its exit
 * code. */
static int run(uint32_t mode, uint64_t first, int ready)
{
    const struct sequence_write rows = {
        .engine = open_engine(),
        .path = table.path,
        .options = { .mode = mode, .rows_per_file = ROWS / FILES },
        .first = first,
        .rows = ROWS,
        .batch_rows = 500,
    };
    struct lio_error err;

    if (write(ready, "", 1) != 1)
        return 2;
    if (sequence_write(&rows, NULL, &err) < 0) {
        (void)fprintf(stderr, "%s\n", err.msg);
        return 1;
    }
    return 0;
}

static int64_t now_ns(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000000 + now.tv_nsec;
}

static void pause_for(int64_t ns)
{
    struct timespec time = { ns / 1000000000, ns % 1000000000 };

    while (nanosleep(&time, &time) < 0 && errno == EINTR)
        ;
}

static void wait_ready(int ready)
{
    char byte;

    /* Nothing comes from a child that has failed, which is told later. */
    if (read(ready, &byte, 1) < 0)
        fail_msg("cannot hear of the writer: %s", strerror(errno));
}

/* Returns how long it took, or -1 if it was killed. */
static int64_t run_and_kill(uint32_t mode, uint64_t first, int64_t after_ns)
{
    int64_t start;
    int status, ends[2];
    pid_t child;

    assert_int_equal(pipe(ends), 0);
    child = fork();
    assert_true(child >= 0);
    if (child == 0)
        _exit(run(mode, first, ends[1]));
    (void)close(ends[1]);
    wait_ready(ends[0]);
    (void)close(ends[0]);
    start = now_ns();
    if (after_ns >= 0) {
        pause_for(after_ns);
        (void)kill(child, SIGKILL);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
        return -1;
    if (status != 0)
        fail_msg("the writer ended with status %d", status);
    return now_ns() - start;
}

/* -- what it leaves ------------------------------------------------------ */

/* Entries of a directory of the dataset that match; all if `part` is "". */
static unsigned count_names(const char *name, const char *part)
{
    const struct dirent *entry;
    unsigned n = 0;
    char *path;
    DIR *dir;

    assert_true(asprintf(&path, "%s/%s", table.path, name) > 0);
    dir = opendir(path);
    free(path);
    if (!dir)
        return 0;
    while ((entry = readdir(dir)))
        n += temp_dir_is_file(dir, entry) && strstr(entry->d_name, part);
    (void)closedir(dir);
    return n;
}

/* Rows of the latest version, -1 if there is none. */
static int64_t read_rows(int64_t *ret_first)
{
    struct lio_error err = { 0 };
    int64_t rows = sequence_read(table.path, 0, ret_first, &err);

    if (rows == LIO_ENOTFOUND)
        return -1;
    if (rows < 0)
        fail_msg("after %u kills: %s", counts.before + counts.after, err.msg);
    return rows;
}

/* The rows are the old ones or the new ones.  Returns whether the latter. */
static bool is_committed(uint32_t mode, int64_t first)
{
    bool append = mode == LIO_WRITE_APPEND;
    int64_t found_first = -1, rows = read_rows(&found_first);

    if (rows == table.rows && (rows <= 0 || found_first == table.first))
        return false;
    assert_int_equal(rows, ROWS + (append ? table.rows : 0));
    assert_int_equal(found_first, append ? table.first : first);
    table.rows = rows;
    table.first = found_first;
    table.data_files += FILES;
    table.versions++;
    return true;
}

/* A writer that comes and goes. */
static void open_and_close(void)
{
    const struct lio_write_options options = { .mode = LIO_WRITE_OVERWRITE };
    struct lio_writer *writer;
    struct ArrowSchema schema;
    struct lio_error err;

    assert_int_equal(sequence_schema("id", &schema, &err), 0);
    if (lio_writer_open(NULL, table.path, &schema, &options, &writer, &err) < 0)
        fail_msg("%s", err.msg);
    lio_writer_close(writer);
    schema.release(&schema);
}

static void nothing_is_left(void)
{
    open_and_close();
    assert_int_equal(count_names("data", ""), table.data_files);
    assert_int_equal(count_names("_transactions", ""), table.versions);
    assert_int_equal(count_names("_versions", ".manifest"), table.versions);
    assert_int_equal(count_names("_versions", ".lanceio-"), 0);
    assert_int_equal(count_names("", ""), 0);
    if (table.rows < 0)
        assert_int_equal(access(table.path, F_OK), -1);
}

/* -- many of them -------------------------------------------------------- */

static void forget_table(void)
{
    static unsigned number;

    free(table.path);
    assert_true(asprintf(&table.path, "%s/t%u.lance", table.folder, number++) >
                0);
    table.rows = -1;
    table.first = -1;
    table.data_files = table.versions = 0;
}

static uint32_t next_mode(struct drand48_data *random)
{
    long number;

    if (table.rows < 0)
        return LIO_WRITE_CREATE;
    (void)lrand48_r(random, &number);
    return number % 3 ? LIO_WRITE_APPEND : LIO_WRITE_OVERWRITE;
}

static int64_t measure_run(void)
{
    int64_t longest = 0;

    for (int i = 0; i < 3; i++) {
        int64_t took;

        forget_table();
        took = run_and_kill(LIO_WRITE_CREATE, 0, -1);
        longest = took > longest ? took : longest;
    }
    forget_table();
    return longest + longest / 10;
}

static void kill_one(struct drand48_data *random, int64_t run_ns)
{
    uint32_t mode = next_mode(random);
    int64_t first =
        mode == LIO_WRITE_APPEND ? table.first + table.rows : table.first + 7;
    double share;
    int64_t took;

    (void)drand48_r(random, &share);
    took =
        run_and_kill(mode, (uint64_t)first, (int64_t)(share * (double)run_ns));
    if (is_committed(mode, first))
        counts.after += took < 0;
    else
        counts.before += took < 0;
    counts.ended += took >= 0;
    nothing_is_left();
    if (table.rows > ROWS_MAX)
        forget_table();
}

static unsigned setting(const char *name, unsigned preset)
{
    const char *text = getenv(name);

    return text && *text ? (unsigned)strtoul(text, NULL, 10) : preset;
}

static void killed_writers_leave_the_old_version_or_the_new_one(void **state)
{
    unsigned kills = setting("LIO_KILLS", KILLS_PRESET);
    unsigned seed = setting("LIO_SEED", 1);
    struct drand48_data random;
    int64_t run_ns;

    (void)state;
    (void)srand48_r(seed, &random);
    table.folder = temp_dir_make();
    assert_non_null(table.folder);
    run_ns = measure_run();
    while (counts.before + counts.after < kills)
        kill_one(&random, run_ns);
    (void)printf(
        "%u killed: %u before the commit, %u behind it; %u had ended\n", kills,
        counts.before, counts.after, counts.ended);
    free(table.path);
    temp_dir_remove(table.folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(killed_writers_leave_the_old_version_or_the_new_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
