/*
 * From fields as people write them down to an Arrow schema: they become the
 * messages that a file would have, so that what is read and what is made up is
 * checked by the same code.
 */
#include "column/arrow_array.h"
#include "column/metadata.h"

#include <lanceio/column.h>

#include <inttypes.h>
#include <stdlib.h>

static const char *name_of(const struct lio_field_info *field)
{
    return field->name ? field->name : "";
}

static bool is_blob(const struct lio_field_info *field)
{
    return field->logical_type &&
           strcmp(field->logical_type, "lance.blob.v2") == 0;
}

/* Blobs of 2.2 are given out as bytes: their type is that of these. */
static const char *logical_of(const struct lio_field_info *field)
{
    if (is_blob(field))
        return "large_binary";
    return field->logical_type ? field->logical_type : "";
}

/* What the parser of files would call damage, with less to go by. */
static int check_field(const struct lio_field_info *fields, uint32_t number,
                       struct lio_error *err)
{
    const struct lio_field_info *field = &fields[number];
    struct lio_type type;
    int rc;

    if (field->parent < -1 || field->parent >= (int64_t)number)
        return lio_error_set(err, LIO_EINVAL,
                             "field '%s': its parent is number %" PRId32
                             ", which does not come before it",
                             name_of(field), field->parent);
    rc = lio_type_parse(logical_of(field), &type);
    if (rc == LIO_ENOMEM)
        return lio_error_set(err, rc, "no memory for a schema");
    if (rc < 0 || type.kind == LIO_KIND_UNSUPPORTED)
        return lio_error_set(err, LIO_EINVAL, "field '%s': '%s' is not a type",
                             name_of(field), logical_of(field));
    lio_type_release(&type);
    return 0;
}

static int make_message(const struct lio_field_info *field, uint32_t number,
                        Lio__Pb__Field *message, struct lio_error *err)
{
    int rc;

    lio__pb__field__init(message);
    message->name = (char *)name_of(field);
    message->has_id = message->has_parent_id = message->has_nullable = 1;
    message->id = (int32_t)number;
    message->parent_id = field->parent;
    message->logical_type = (char *)logical_of(field);
    message->nullable = field->nullable != 0;
    if (is_blob(field)) { /* as in a manifest */
        message->logical_type = (char *)"struct";
        message->extension_name = (char *)field->logical_type;
    }
    rc = lio_metadata_unpack(field->metadata, &message->metadata,
                             &message->n_metadata);
    if (rc < 0)
        return lio_error_set(err, rc, "field '%s': %s", name_of(field),
                             rc == LIO_EINVAL ? "its metadata is damaged"
                                              : "no memory for its metadata");
    return 0;
}

static int make_messages(const struct lio_field_info *fields, uint32_t nfields,
                         Lio__Pb__Field *messages, Lio__Pb__Field **list,
                         struct lio_error *err)
{
    int rc = 0;

    for (uint32_t i = 0; i < nfields && rc == 0; i++) {
        list[i] = &messages[i];
        rc = check_field(fields, i, err);
        if (rc == 0)
            rc = make_message(&fields[i], i, &messages[i], err);
    }
    return rc;
}

static int refuse_unsupported(const struct lio_schema *schema,
                              struct lio_error *err)
{
    for (uint32_t i = 0; i < schema->nfields; i++)
        if (schema->fields[i].unsupported)
            return lio_error_set(err, LIO_EUNSUPPORTED, "field '%s' %s",
                                 schema->fields[i].path,
                                 schema->fields[i].unsupported);
    return 0;
}

/* Of everything in `schema`. */
static int make_arrow(const struct lio_schema *schema,
                      struct ArrowSchema *ret_schema, struct lio_error *err)
{
    struct lio_projection all;
    int rc = refuse_unsupported(schema, err);

    if (rc == 0)
        rc = lio_projection_init(&all, schema, NULL, 0, "the schema", err);
    if (rc < 0)
        return rc;
    rc = lio_arrow_schema(&all, ret_schema);
    lio_projection_release(&all);
    return rc < 0 ? lio_error_set(err, rc, "no memory for a schema") : 0;
}

int lio_schema_make(const struct lio_field_info *fields, uint32_t nfields,
                    struct ArrowSchema *ret_schema, struct lio_error *err)
{
    /* One more, so that none does not look like no memory. */
    Lio__Pb__Field *messages = calloc(nfields + (size_t)1, sizeof(*messages));
    Lio__Pb__Field **list = calloc(nfields + (size_t)1, sizeof(*list));
    struct lio_schema schema;
    int rc;

    if (messages && list)
        rc = make_messages(fields, nfields, messages, list, err);
    else
        rc = lio_error_set(err, LIO_ENOMEM, "no memory for a schema");
    if (rc == 0) {
        rc = lio_schema_parse("the schema", list, nfields, &schema, err);
        if (rc == LIO_ECORRUPT) { /* no file is: the caller's fields are */
            rc = LIO_EINVAL;
            if (err)
                err->code = rc;
        }
    }
    if (rc == 0) {
        rc = make_arrow(&schema, ret_schema, err);
        lio_schema_release(&schema);
    }
    for (uint32_t i = 0; messages && i < nfields; i++)
        free(messages[i].metadata);
    free(messages);
    free(list);
    return rc;
}
