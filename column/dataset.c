/*
 * Datasets: opened from a path or a source, closed, and what they are.
 *
 *     directory   dataset_table.c ──┐
 *                                   ├─► dataset_pages.c
 *     file        dataset_single.c ─┘
 *
 * Either way the result is the same: fields, and for each fragment the file and
 * column of each field.
 */
#include "column/dataset_open.h"
#include "column/pool.h"
#include "column/refs.h"
#include "column/table_path.h"

#include <inttypes.h>
#include <stdlib.h>
#include <sys/stat.h>

/* Memory kept for the next read: what a scan turns over. */
#define IDLE_MAX (UINT64_C(24) << 20)

int lio_dataset_no_memory(const struct lio_dataset *dataset,
                          struct lio_error *err)
{
    return lio_error_set(err, LIO_ENOMEM, "%s: no memory to open it",
                         dataset->path);
}

/* -- open and close ------------------------------------------------------ */

static int make(const char *path, struct lio_engine *engine,
                struct lio_dataset **ret_dataset, struct lio_error *err)
{
    struct lio_dataset *dataset = calloc(1, sizeof(*dataset));

    if (!dataset || !(dataset->path = strdup(path)) ||
        !(dataset->pool = lio_pool_new(IDLE_MAX))) {
        if (dataset)
            free(dataset->path);
        free(dataset);
        return lio_error_set(err, LIO_ENOMEM, "%s: no memory to open it", path);
    }
    /* "table.lance/" is "table.lance". */
    for (size_t n = strlen(path); n > 1 && path[n - 1] == '/'; n--)
        dataset->path[n - 1] = '\0';
    dataset->engine = engine;
    dataset->page_decoded_max = LIO_PAGE_DECODED_MAX;
    *ret_dataset = dataset;
    return 0;
}

int lio_dataset_open_source(struct lio_source *source,
                            struct lio_dataset **ret_dataset,
                            struct lio_error *err)
{
    struct lio_dataset *dataset;
    int rc = make(lio_source_name(source), NULL, &dataset, err);

    if (rc < 0) {
        lio_source_close(source);
        return rc;
    }
    rc = lio_dataset_open_single(dataset, source, err);
    if (rc < 0) {
        lio_dataset_close(dataset);
        return rc;
    }
    *ret_dataset = dataset;
    return 0;
}

/* Root, branch and version of what is wanted. */
static int choose_version(struct lio_dataset *dataset,
                          const struct lio_dataset_options *options,
                          uint64_t *ret_version, struct lio_error *err)
{
    int rc = 0;

    *ret_version = options->version;
    if (options->tag && (options->version > 0 || options->branch))
        return lio_error_set(err, LIO_EINVAL,
                             "%s: a tag names a version and a branch already: "
                             "give none beside it",
                             dataset->path);
    if (options->tag)
        rc = lio_tag_read(dataset->path, options->tag, ret_version,
                          &dataset->branch, err);
    else if (options->branch && !(dataset->branch = strdup(options->branch)))
        rc = lio_dataset_no_memory(dataset, err);
    if (rc < 0)
        return rc;
    return lio_branch_root(dataset->path, dataset->branch, &dataset->root, err);
}

static int open_file(struct lio_dataset *dataset,
                     const struct lio_dataset_options *options,
                     struct lio_error *err)
{
    struct lio_source *source;
    int rc;

    if (options->version > 0 || options->tag || options->branch)
        return lio_error_set(err, LIO_EINVAL,
                             "%s: is a data file, which has no versions, tags "
                             "or branches",
                             dataset->path);
    rc = lio_source_open(dataset->engine, dataset->path, &source, err);
    return rc < 0 ? rc : lio_dataset_open_single(dataset, source, err);
}

static int open_path(struct lio_dataset *dataset,
                     const struct lio_dataset_options *options,
                     struct lio_error *err)
{
    uint64_t version;
    struct stat st;
    int rc;

    if (stat(dataset->path, &st) < 0)
        return lio_error_set(err, lio_code_of_errno(errno),
                             "%s: cannot open: %s", dataset->path,
                             strerror(errno));
    if (!S_ISDIR(st.st_mode))
        return open_file(dataset, options, err);
    rc = choose_version(dataset, options, &version, err);
    return rc < 0 ? rc : lio_dataset_open_table(dataset, version, err);
}

int lio_dataset_open(struct lio_engine *engine, const char *path,
                     struct lio_dataset **ret_dataset, struct lio_error *err)
{
    const struct lio_dataset_options latest = { .version = 0 };

    return lio_dataset_open_with(engine, path, &latest, ret_dataset, err);
}

int lio_dataset_open_with(struct lio_engine *engine, const char *path,
                          const struct lio_dataset_options *options,
                          struct lio_dataset **ret_dataset,
                          struct lio_error *err)
{
    struct lio_dataset *dataset;
    int rc = make(path, engine, &dataset, err);

    if (rc < 0)
        return rc;
    rc = open_path(dataset, options, err);
    if (rc < 0) {
        lio_dataset_close(dataset);
        return rc;
    }
    *ret_dataset = dataset;
    return 0;
}

void lio_dataset_close(struct lio_dataset *dataset)
{
    if (!dataset)
        return;
    for (uint32_t i = 0; i < dataset->nfiles; i++)
        lio_data_file_release(&dataset->files[i]);
    for (uint32_t i = 0; i < dataset->nfragments; i++) {
        lio_gaps_release(&dataset->fragments[i].gaps);
        lio_row_ids_release(&dataset->fragments[i].row_ids);
        free(dataset->fragments[i].places);
    }
    lio_schema_release(&dataset->schema);
    free(dataset->files);
    free(dataset->fragments);
    for (uint32_t i = 0; dataset->chunks && i < dataset->npages; i++)
        lio_mem_put(dataset->chunks->pages[i]);
    free(dataset->chunks);
    lio_pool_close(dataset->pool);
    free(dataset->pages);
    lio_bases_release(&dataset->bases);
    free(dataset->branch);
    free(dataset->root);
    free(dataset->path);
    free(dataset);
}

/* -- what it is ---------------------------------------------------------- */

int lio_dataset_check_field(const struct lio_dataset *dataset, uint32_t field,
                            struct lio_error *err)
{
    const struct lio_field *wanted = &dataset->schema.fields[field];

    if (!wanted->unsupported)
        return 0;
    return lio_error_set(err, LIO_EUNSUPPORTED, "%s: column '%s': %s",
                         dataset->path, wanted->path, wanted->unsupported);
}

/* The fragment that a row is in, or the last. */
static const struct lio_fragment *
find_fragment(const struct lio_dataset *dataset, uint64_t row)
{
    uint32_t low = 0, high = dataset->nfragments;

    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;

        if (dataset->fragments[middle].first_row <= row)
            low = middle;
        else
            high = middle;
    }
    return &dataset->fragments[low];
}

const struct lio_fragment *
lio_dataset_fragment_of(const struct lio_dataset *dataset, uint64_t physical)
{
    uint32_t low = 0, high = dataset->nfragments;

    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;

        if (dataset->fragments[middle].first_physical <= physical)
            low = middle;
        else
            high = middle;
    }
    return &dataset->fragments[low];
}

uint64_t lio_dataset_physical(const struct lio_dataset *dataset, uint64_t row,
                              uint64_t *ret_run)
{
    const struct lio_fragment *fragment = find_fragment(dataset, row);
    uint64_t at = lio_gaps_row(&fragment->gaps, row - fragment->first_row);
    uint64_t end;

    (void)lio_gaps_skip(&fragment->gaps, at, &end);
    *ret_run = (end < fragment->rows ? end : fragment->rows) - at;
    return fragment->first_physical + at;
}

void lio_dataset_memory(const struct lio_dataset *dataset,
                        struct lio_dataset_memory *ret_memory)
{
    struct lio_pool_use use;

    lio_pool_use(dataset->pool, &use);
    *ret_memory = (struct lio_dataset_memory){
        .bytes = use.bytes,
        .peak = use.peak,
        .idle = use.idle,
        .whole_pages = use.whole_pages,
        .whole_bytes = use.whole_bytes,
    };
}

void lio_dataset_info(const struct lio_dataset *dataset,
                      struct lio_dataset_info *ret_info)
{
    *ret_info = (struct lio_dataset_info){
        .path = dataset->path,
        .version = dataset->version,
        .format_version = lio_format_name(dataset->format),
        .rows = dataset->rows,
        .nfragments = dataset->nfragments,
        .nfields = dataset->schema.nfields,
        .npages = dataset->npages,
        .bytes = dataset->bytes,
        .branch = dataset->branch,
    };
}

int lio_dataset_field(const struct lio_dataset *dataset, uint32_t number,
                      struct lio_field_info *ret_field)
{
    const struct lio_field *field;

    if (number >= dataset->schema.nfields)
        return LIO_EINVAL;
    field = &dataset->schema.fields[number];
    *ret_field = (struct lio_field_info){
        .name = field->name,
        .logical_type = field->logical_type,
        .id = field->id,
        .parent = field->parent,
        .nullable = field->nullable,
        .metadata = field->metadata,
        .unsupported = lio_schema_unsupported(&dataset->schema, number),
    };
    return 0;
}

int lio_dataset_fragment(const struct lio_dataset *dataset, uint32_t number,
                         struct lio_fragment_info *ret_fragment)
{
    const struct lio_fragment *fragment;

    if (number >= dataset->nfragments)
        return LIO_EINVAL;
    fragment = &dataset->fragments[number];
    *ret_fragment = (struct lio_fragment_info){
        .id = fragment->id,
        .physical_rows = fragment->rows,
        .deleted_rows = fragment->deleted_rows,
        .nfiles = fragment->nfiles,
    };
    return 0;
}

int lio_dataset_page(const struct lio_dataset *dataset, uint32_t number,
                     struct lio_page_info *ret_page)
{
    const struct lio_page_ref *ref;
    const struct lio_page *page;

    if (number >= dataset->npages)
        return LIO_EINVAL;
    ref = &dataset->pages[number];
    page = lio_dataset_page_of(dataset, ref);
    *ret_page = (struct lio_page_info){
        .number = number,
        .fragment = ref->fragment,
        .field = ref->field,
        .column = ref->column,
        .file = lio_source_name(dataset->files[ref->file].source),
        .first_row = page->first_row,
        .rows = page->rows,
        .encoding = page->description,
        .nbuffers = page->nbuffers,
        .buffers = page->buffers,
    };
    return 0;
}
