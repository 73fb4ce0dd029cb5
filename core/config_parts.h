/*
 * What the files of the configuration share: entries, and the struct itself.
 */
#ifndef LIO_CORE_CONFIG_PARTS_H
#define LIO_CORE_CONFIG_PARTS_H

#include <stdatomic.h>
#include <stdio.h>

#include "core/config.h"
#include "core/settings.h"

#define LIO_BUILT_IN  "built-in"
#define LIO_OVERRIDE  "-s"
#define LIO_MAX_NAMES 128u /* of one message */

/* One line of a file, or one override. */
struct lio_entry {
    struct lio_entry *next;
    const char *section;
    const char *key; /* NULL for the [section] line itself */
    const char *value;
    const char *origin; /* "built-in", "FILE:LINE" or "-s" */
    const char *source; /* the text it is from: compared as a pointer */
    uint32_t line;
};

/* A string of the configuration. */
struct lio_text {
    struct lio_text *next;
    char chars[];
};

struct lio_config {
    atomic_uint refs;
    struct lio_settings settings;
    struct lio_loader *loader;
    const char *source;     /* the file, or "built-in" */
    struct lio_text *texts; /* all strings below and in settings */
    struct lio_entry *first, **end;
    const struct lio_loaded **plugins; /* in use or mentioned, by name */
    uint32_t nplugins;
    struct lio_setting *list; /* what lio_config_each() shows */
    uint32_t nlist;
};

/* -- entries (config_entry.c) --------------------------------------------- */

/* A copy that lives as long as the configuration, or NULL. */
const char *lio_config_keep(struct lio_config *config, const char *chars,
                            size_t len);
const char *lio_config_keep_all(struct lio_config *config, const char *chars);

/* Takes strings that are kept already. */
int lio_config_add(struct lio_config *config, struct lio_entry entry);

/* The entry in force, or NULL. */
const struct lio_entry *lio_config_find(const struct lio_config *config,
                                        const char *section, const char *key);

/* -- messages (config_entry.c) --------------------------------------------- */

int lio_config_no_memory(struct lio_error *err);

/* "FILE:LINE: [section] key = value: ..." */
int lio_config_complain(const struct lio_entry *entry, struct lio_error *err,
                        const char *fmt, ...) LIO_PRINTF(3, 4);

/* Names for a message, from a table or a callback. */
struct lio_known {
    const char *names[LIO_MAX_NAMES];
    uint32_t n;
};

void lio_known_add(struct lio_known *known, const char *name);

/* "unknown WHAT; known WHATs: a, b, c; did you mean 'b'?" */
int lio_config_unknown(const struct lio_entry *entry, const char *what,
                       const char *word, const struct lio_known *known,
                       struct lio_error *err);

/* -- the steps ------------------------------------------------------------- */

/* A text with lines (config_text.c).  `source` lives as long as the
 * configuration, `text` as long as this call. */
int lio_config_parse(struct lio_config *config, const char *source,
                     const char *text, struct lio_error *err);

/* "section.key=value" (config_text.c). */
int lio_config_override(struct lio_config *config, const char *text,
                        struct lio_error *err);

/* One file at most: the first there is (config_files.c).  1 if there was. */
int lio_config_parse_file(struct lio_config *config, const char *path,
                          struct lio_error *err);

/* All entries, and into `settings` (config_check.c). */
int lio_config_check(struct lio_config *config, struct lio_error *err);

/* Fill `list` (config_list.c). */
int lio_config_list(struct lio_config *config, struct lio_error *err);

#endif
