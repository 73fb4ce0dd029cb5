/*
 * The keys of the core's own sections: one table of what each means, what it
 * may be, and where in struct lio_settings it goes.
 */
#ifndef LIO_CORE_SETTINGS_H
#define LIO_CORE_SETTINGS_H

#include "core/config.h"

struct lio_key {
    const char *section;
    struct lio_param param; /* its preset is not used: lanceio.ini has it */
    size_t at;              /* of the value in struct lio_settings */
    uint32_t plugin_kind; /* a STRING that names a plugin of this kind, or 0 */
    bool may_be_none;     /* for such a STRING */
    bool is_list;         /* it names several, or none if it is empty */
    const char *(*check)(union lio_value value); /* NULL, or what is wrong */
};

/* All keys, section by section. */
const struct lio_key *lio_keys(uint32_t *ret_nkeys);

const struct lio_key *lio_key_find(const char *section, const char *name);

bool lio_section_known(const char *section);

/* LIO_ECONFIG as lio_param_parse() returns it. */
int lio_key_parse(const struct lio_key *key, const char *text,
                  union lio_value *ret_value, struct lio_error *err);

void lio_key_store(const struct lio_key *key, union lio_value value,
                   struct lio_settings *settings);

/* The plugin name, or list of them, that `key` (with plugin_kind) holds. */
const char *lio_key_plugin(const struct lio_key *key,
                           const struct lio_settings *settings);

/* The next name of a list, which commas or blanks separate, and its length;
 * `list` moves behind it.  NULL at the end. */
const char *lio_list_next(const char **list, size_t *ret_len);

#endif
