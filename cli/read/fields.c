/* A list that grows. */
#include "cli/read/fields.h"

#include <stdlib.h>

static int make_room(struct cli_fields *fields)
{
    uint32_t room = fields->room ? 2 * fields->room : 16;
    struct lio_field_info *all;

    if (fields->n < fields->room)
        return 0;
    if (fields->n > INT32_MAX / 2)
        return LIO_ENOMEM;
    all = realloc(fields->all, room * sizeof(*all));
    if (!all)
        return LIO_ENOMEM;
    fields->all = all;
    fields->room = room;
    return 0;
}

int64_t cli_fields_add(struct cli_fields *fields, int32_t parent,
                       const char *name, size_t name_bytes,
                       const char *logical_type, bool nullable)
{
    struct lio_field_info field = {
        .name = strndup(name, name_bytes),
        .logical_type = strdup(logical_type),
        .id = (int32_t)fields->n,
        .parent = parent,
        .nullable = nullable,
    };

    if (!field.name || !field.logical_type || make_room(fields) < 0) {
        free((void *)field.name);
        free((void *)field.logical_type);
        return LIO_ENOMEM;
    }
    fields->all[fields->n] = field;
    return fields->n++;
}

void cli_fields_free(struct cli_fields *fields)
{
    for (uint32_t i = 0; i < fields->n; i++) {
        free((void *)fields->all[i].name);
        free((void *)fields->all[i].logical_type);
        free((void *)fields->all[i].metadata);
    }
    free(fields->all);
    *fields = (struct cli_fields){ 0 };
}
