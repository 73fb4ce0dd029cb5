/*
 * Lists of fields with those of blobs spelled out.
 */
#include "column/write/blob_fields.h"

#include <lanceio/error.h>

#include <stdlib.h>
#include <string.h>

#define BLOB_KEY   "lance-encoding:blob"
#define BLOB_TYPE  "lance.blob.v2"
#define PARTS_MAX  5
#define ADDED_MAX  2 /* entries of metadata */
#define NO_ID      (-1)
#define OF_STRUCTS ".struct"

/* A blob, and what it is made of. */
struct lio_blob_field {
    Lio__Pb__Field self;
    Lio__Pb__Field parts[PARTS_MAX];
    Lio__Pb__MetadataEntry added[ADDED_MAX];
    Lio__Pb__MetadataEntry **metadata;
};

struct part {
    const char *name, *type;
};

static const struct part table_parts[] = { { "data", "large_binary" },
                                           { "uri", "string" } };
static const struct part file_parts[PARTS_MAX] = { { "kind", "uint8" },
                                                   { "position", "uint64" },
                                                   { "size", "uint64" },
                                                   { "blob_id", "uint32" },
                                                   { "blob_uri", "string" } };

static bool is_entry(const Lio__Pb__MetadataEntry *entry, const char *key)
{
    return entry->key && strcmp(entry->key, key) == 0;
}

bool lio_field_is_blob(const Lio__Pb__Field *field)
{
    for (size_t i = 0; i < field->n_metadata; i++) {
        const Lio__Pb__MetadataEntry *entry = field->metadata[i];

        if (is_entry(entry, BLOB_KEY) && entry->value.len == strlen("true") &&
            memcmp(entry->value.data, "true", entry->value.len) == 0)
            return true;
    }
    return false;
}

/* -- blobs --------------------------------------------------------------- */

static void add_entry(struct lio_blob_field *blob, const char *key,
                      const char *value)
{
    Lio__Pb__MetadataEntry *entry = &blob->added[blob->self.n_metadata];

    lio__pb__metadata_entry__init(entry);
    entry->key = (char *)key;
    entry->has_value = true;
    entry->value =
        (ProtobufCBinaryData){ strlen(value), (uint8_t *)(uintptr_t)value };
    blob->metadata[blob->self.n_metadata++] = entry;
}

/* A table keeps what else is said about the field; a file does not. */
static int make_metadata(const Lio__Pb__Field *field,
                         enum lio_field_place place,
                         struct lio_blob_field *blob)
{
    blob->metadata =
        calloc(field->n_metadata + ADDED_MAX, sizeof(*blob->metadata));
    if (!blob->metadata)
        return LIO_ENOMEM;
    blob->self.metadata = blob->metadata;
    blob->self.n_metadata = 0;
    if (place == LIO_FIELDS_OF_FILE) {
        add_entry(blob, "lance-encoding:packed", "true");
        add_entry(blob, BLOB_KEY, "true");
        return 0;
    }
    add_entry(blob, "ARROW:extension:name", BLOB_TYPE);
    for (size_t i = 0; i < field->n_metadata; i++)
        if (!is_entry(field->metadata[i], BLOB_KEY))
            blob->metadata[blob->self.n_metadata++] = field->metadata[i];
    return 0;
}

static void make_part(const Lio__Pb__Field *field, enum lio_field_place place,
                      uint32_t number, Lio__Pb__Field *part)
{
    bool table = place == LIO_FIELDS_OF_TABLE;
    const struct part *like =
        table ? &table_parts[number] : &file_parts[number];

    lio__pb__field__init(part);
    part->name = (char *)like->name;
    part->logical_type = (char *)like->type;
    part->has_nullable = part->nullable = table;
    part->has_id = part->has_parent_id = true;
    part->id = table ? field->id + 1 + (int32_t)number : NO_ID;
    part->parent_id = table ? field->id : NO_ID;
}

static int add_blob(struct lio_field_list *list, const Lio__Pb__Field *field,
                    enum lio_field_place place)
{
    struct lio_blob_field *blob = &list->blobs[list->nblobs++];
    uint32_t nparts = place == LIO_FIELDS_OF_TABLE
                          ? sizeof(table_parts) / sizeof(table_parts[0])
                          : PARTS_MAX;

    blob->self = *field;
    blob->self.logical_type = (char *)"struct";
    if (place == LIO_FIELDS_OF_TABLE)
        blob->self.extension_name = (char *)BLOB_TYPE;
    if (make_metadata(field, place, blob) < 0)
        return LIO_ENOMEM;
    list->all[list->n++] = &blob->self;
    for (uint32_t i = 0; i < nparts; i++) {
        make_part(field, place, i, &blob->parts[i]);
        list->all[list->n++] = &blob->parts[i];
    }
    return 0;
}

/* -- lists --------------------------------------------------------------- */

/* Lists of structs have a type of their own, and so have those of blobs. */
static Lio__Pb__Field *list_of_blobs(struct lio_field_list *list,
                                     Lio__Pb__Field *field, size_t number)
{
    static const char *const types[][2] = {
        { "list", "list" OF_STRUCTS }, { "large_list", "large_list" OF_STRUCTS }
    };

    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
        if (strcmp(field->logical_type, types[i][0]) == 0) {
            list->lists[number] = *field;
            list->lists[number].logical_type = (char *)types[i][1];
            return &list->lists[number];
        }
    return field;
}

static int fill(Lio__Pb__Field **messages, size_t n, enum lio_field_place place,
                struct lio_field_list *list)
{
    for (size_t i = 0; i < n; i++) {
        bool before = i + 1 < n && lio_field_is_blob(messages[i + 1]);

        if (!lio_field_is_blob(messages[i]))
            list->all[list->n++] =
                before ? list_of_blobs(list, messages[i], i) : messages[i];
        else if (add_blob(list, messages[i], place) < 0)
            return LIO_ENOMEM;
    }
    return 0;
}

static size_t count_blobs(Lio__Pb__Field **messages, size_t n)
{
    size_t blobs = 0;

    for (size_t i = 0; i < n; i++)
        blobs += lio_field_is_blob(messages[i]);
    return blobs;
}

int lio_field_list_make(Lio__Pb__Field **messages, size_t n,
                        enum lio_format format, enum lio_field_place place,
                        struct lio_field_list *ret_list)
{
    size_t blobs = format < LIO_FORMAT_22 ? 0 : count_blobs(messages, n);
    struct lio_field_list list = {
        .all = calloc(n + blobs * PARTS_MAX + 1, sizeof(*list.all)),
        .blobs = calloc(blobs + 1, sizeof(*list.blobs)),
        .lists = calloc(blobs > 0 ? n : 1, sizeof(*list.lists)),
    };
    int rc = list.all && list.blobs && list.lists ? 0 : LIO_ENOMEM;

    if (rc == 0 && blobs > 0) {
        rc = fill(messages, n, place, &list);
    } else if (rc == 0) {
        memcpy(list.all, messages, n * sizeof(*list.all));
        list.n = n;
    }
    if (rc < 0) {
        lio_field_list_release(&list);
        return rc;
    }
    *ret_list = list;
    return 0;
}

void lio_field_list_release(struct lio_field_list *list)
{
    for (size_t i = 0; i < list->nblobs; i++)
        free(list->blobs[i].metadata);
    free(list->all);
    free(list->blobs);
    free(list->lists);
    *list = (struct lio_field_list){ 0 };
}
